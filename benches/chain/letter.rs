//! The messages that are judged: one text from a thousand peers in turn, so far apart that no
//! policy has anything against them.

use opendialogue::policy::{Facts, Subject};
use opendialogue::types::{AgentId, ConversationId, Direction, Kind, MessageId, Timestamp, Trust};

/// How many peers write.
const PEERS: usize = 1_000;
/// When the first message came, and how far the next one is from it, in milliseconds: each peer
/// writes every three hours.
const START: u64 = 1_795_381_200_000;
const APART: u64 = 3 * 3_600_000 / PEERS as u64;

/// A text.
#[derive(Clone, Copy)]
pub(crate) enum Text {
    /// 100 bytes of ASCII.
    Short,
    /// 2,000 bytes of ASCII.
    Long,
    /// 2,000 bytes of several scripts, and emoji.
    Mixed,
}

impl Text {
    pub(crate) const ALL: [Self; 3] = [Self::Short, Self::Long, Self::Mixed];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Short => "ASCII 100 B",
            Self::Long => "ASCII 2,000 B",
            Self::Mixed => "mixed 2,000 B",
        }
    }

    pub(crate) fn content(self) -> String {
        match self {
            Self::Short => of(
                "Could you look at the second half of the report, and say what is missing? ",
                100,
            ),
            Self::Long => of(
                "The build is green again: the cache was stale, so I cleared it and ran all tests twice. ",
                2_000,
            ),
            Self::Mixed => of(
                "گزارش را خواندم، نامه‌ها رسید. 報告書を読みました。 👩🏽‍💻 हिन्दी में भी ठीक है। Да, and so on. ",
                2_000,
            ),
        }
    }
}

/// `sentence` over and over, in `length` bytes at most.
fn of(sentence: &str, length: usize) -> String {
    let mut text = sentence.repeat(length / sentence.len() + 1);
    let end = text.floor_char_boundary(length);
    text.truncate(end);
    text
}

/// Brings messages, one after the other.
pub(crate) struct Post {
    letters: Vec<Letter>,
    next: usize,
}

/// One message.
#[derive(Clone)]
pub(crate) struct Letter {
    pub(crate) id: MessageId,
    pub(crate) from: AgentId,
    pub(crate) to: AgentId,
    pub(crate) conversation: ConversationId,
    pub(crate) content: String,
    pub(crate) time: u64,
}

impl Post {
    pub(crate) fn of(text: Text) -> Self {
        let letter = |peer: usize| -> Result<Letter, Box<dyn std::error::Error>> {
            Ok(Letter {
                id: MessageId::new("m-1")?,
                from: AgentId::new(&format!("{}", 10_000_000 + peer))?,
                to: AgentId::new("20000002")?,
                conversation: ConversationId::new(&format!("c-{peer}"))?,
                content: text.content(),
                time: START + APART * peer as u64,
            })
        };
        let letters = (0..PEERS).map(letter).collect::<Result<_, _>>();
        Self {
            letters: letters.unwrap_or_default(),
            next: 0,
        }
    }

    /// The next message, of the next peer.
    pub(crate) fn next_letter(&mut self) -> &Letter {
        let place = self.next % PEERS;
        self.next += 1;
        let letter = &mut self.letters[place];
        letter.time += APART * PEERS as u64;
        letter
    }
}

impl Subject for &Letter {
    fn facts(&self) -> Facts<'_> {
        Facts {
            direction: Direction::Inbound,
            kind: Kind::Text,
            id: &self.id,
            from: &self.from,
            to: &self.to,
            trust: Trust::Known,
            conversation: Some(&self.conversation),
            turn: None,
            content: &self.content,
            time: Timestamp::from_millis(self.time),
            released_for: &[],
            annotations: &[],
        }
    }
}
