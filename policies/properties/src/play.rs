//! A play: settings in the first line, then messages, a few bytes each, that follow one another in
//! time. So a file of a corpus can be read and written by hand, and any bytes are one.

use guest::{Decision, Direction, Kind, Message, Policy, Remembered, Trust};

/// When the first message comes, in Unix milliseconds.
const START: u64 = 1_795_381_200_000;
/// No play is longer: what goes wrong does so early, and a fuzzer is faster on short ones.
const MOST_MESSAGES: usize = 512;

const PEERS: [&str; 4] = ["10000001", "10000002", "10000003", "10000004"];
const CONVERSATIONS: [Option<&str>; 4] = [None, Some("c-1"), Some("c-2"), Some("c-3")];
/// How far a message is from the one before, in milliseconds, by two bits.
const APART: [u64; 4] = [0, 20, 2_000, 30 * 60_000];
/// What is said, by the low bits of a letter; the letter itself is said too.
const SAYINGS: [&str; 8] = [
    "",
    "ok",
    "thank you",
    "What is the price of",
    "I could not reach the server, please try again later:",
    "سلام، حال شما چطور است؟",
    "你好，请问你是谁？",
    "One two three four five six seven eight nine ten",
];

/// One message of a play, and what came of it.
pub(crate) struct Scene<'a> {
    /// The message.
    pub(crate) message: Message<'a>,
    /// What the policy decided.
    pub(crate) decision: Decision,
    /// What it remembered before.
    pub(crate) before: Remembered,
    /// What it remembers now.
    pub(crate) after: &'a Remembered,
}

/// Plays `input` for `P`, and shows `look` each scene. Settings that are refused end it at once;
/// their complaints name a setting each.
pub(crate) fn play<P: Policy>(input: &[u8], mut look: impl FnMut(&P::Settings, &Scene<'_>)) {
    let Some((settings, messages)) = opened::<P>(input) else {
        return;
    };
    let mut memory = Remembered::default();
    let mut now = START;
    for (place, bytes) in messages.chunks(3).take(MOST_MESSAGES).enumerate() {
        let [who, what, letter] = [0, 1, 2].map(|at| bytes.get(at).copied().unwrap_or_default());
        now += APART[usize::from(what >> 6)];
        let content = format!("{} {letter}", SAYINGS[usize::from(letter & 7)]);
        let id = format!("m-{}", place % 200);
        let message = message(who, what, &id, &content, now);
        let before = memory.clone();
        let decision = P::judge(&settings, &message, &mut memory);
        crate::is_taken(&decision);
        look(
            &settings,
            &Scene {
                message,
                decision,
                before,
                after: &memory,
            },
        );
    }
}

fn opened<P: Policy>(input: &[u8]) -> Option<(P::Settings, &[u8])> {
    let end = input.iter().position(|byte| *byte == b'\n')?;
    let (settings, messages) = input.split_at(end);
    let settings = std::str::from_utf8(settings).ok()?;
    match P::settings(settings) {
        Ok(settings) => Some((settings, &messages[1..])),
        Err(complaints) => {
            // The name may be empty, as a key in JSON may be.
            assert!(!complaints.is_empty());
            assert!(complaints.iter().all(|said| !said.problem.is_empty()));
            None
        }
    }
}

/// `who`: peer, conversation, trust, released, direction. `what`: kind, turn, time.
fn message<'a>(who: u8, what: u8, id: &'a str, content: &'a str, now: u64) -> Message<'a> {
    let peer = PEERS[usize::from(who & 3)];
    let direction = match who & 0x80 {
        0 => Direction::Inbound,
        _ => Direction::Outbound,
    };
    let (from, to) = match direction {
        Direction::Inbound => (peer, "20000002"),
        Direction::Outbound => ("20000002", peer),
    };
    Message {
        direction,
        kind: [Kind::Text, Kind::Typing, Kind::ReadReceipt, Kind::End][usize::from(what & 3)],
        trust: [Trust::Unknown, Trust::Known, Trust::Owner, Trust::Blocked]
            [usize::from(who >> 4 & 3)],
        released: who & 0x40 != 0,
        id,
        from,
        to,
        conversation: CONVERSATIONS[usize::from(who >> 2 & 3)],
        turn: (what & 0x20 != 0).then_some(u64::from(what >> 2 & 7)),
        content,
        now,
    }
}

/// The names by which a conversation is known.
pub(crate) fn pair<'a>(message: &Message<'a>) -> (&'a str, Option<&'a str>) {
    (message.peer(), message.conversation)
}
