//! `conversation`: an episode has at most its turns, what wakes no agent always passes, a refusal
//! names a code that the host knows, and what is said of the turns left is true.

use std::collections::BTreeMap;

use conversation::Conversation;
use conversation::episode::EPISODE_IDLE_MS;
use conversation::rule::{CONVERSATION_ENDED, RATE_LIMITED, TURN_LIMIT};
use guest::{Decision, Kind, Verdict};

use crate::play::{pair, play};

const CODES: [&str; 3] = [CONVERSATION_ENDED, RATE_LIMITED, TURN_LIMIT];

/// Settings, then messages.
pub fn holds(input: &[u8]) {
    let mut episodes: BTreeMap<(String, Option<String>), Episode> = BTreeMap::new();
    play::<Conversation>(input, |settings, scene| {
        let message = &scene.message;
        let said = &scene.decision.verdict;
        match message.kind {
            Kind::Text => {}
            Kind::Typing | Kind::ReadReceipt | Kind::End => {
                assert_eq!(said, &Verdict::Pass);
                return;
            }
        }
        let code = match said {
            Verdict::Pass => None,
            Verdict::Reject { code, .. } => Some(*code),
            Verdict::Rewrite(_) | Verdict::Hold { .. } => panic!("{said:?}"),
        };
        if let Some(code) = code {
            assert!(CODES.contains(&code), "{code}");
            return;
        }
        let (peer, conversation) = pair(message);
        let key = (peer.to_owned(), conversation.map(str::to_owned));
        let episode = episodes.entry(key).or_default();
        episode.take(message.now);
        let Some(most) = settings.max_turns else {
            return;
        };
        assert!(episode.turns <= most, "{} of {most}", episode.turns);
        if let Some(left) = turns_left(&scene.decision) {
            assert!(left <= most - episode.turns);
        }
        if episode.turns == most {
            assert_eq!(turns_left(&scene.decision), Some(0));
        }
    });
}

/// The turns of a conversation since it was last silent for long.
#[derive(Default)]
struct Episode {
    last: u64,
    turns: u64,
}

impl Episode {
    fn take(&mut self, now: u64) {
        if now - self.last >= EPISODE_IDLE_MS {
            self.turns = 0;
        }
        self.last = now;
        self.turns += 1;
    }
}

fn turns_left(decision: &Decision) -> Option<u64> {
    let mut said = decision.annotations.iter();
    let said = said.find(|said| said.key == "turns_left")?;
    Some(said.value.parse().expect("it is a number"))
}
