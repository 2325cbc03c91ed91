//! The rule: a turn is taken unless its conversation is closed, used up, new too soon, or a loop.
//!
//! Pure: the message, the settings and what is remembered in, a decision out. A turn is a text that
//! is admitted, either way; the author's own number for it is compared and never believed. Nothing
//! that is refused makes anything be remembered, but that a loop was found in a conversation that
//! is known already.

use guest::pages::{Page, Pages};
use guest::ring::{Entry, Ring};
use guest::{Annotation, Decision, Kind, Memory, Message, Verdict};

use crate::episode::{Episode, Shut, Standing, is_over};
use crate::fingerprint::Fingerprint;
use crate::loops::{self, Loop, Said};
use crate::peer::Peer;
use crate::settings::{Loops, Settings};

/// No more turns: the limit is reached, or a loop was found. The host sends one `end`.
pub const TURN_LIMIT: &str = "turn_limit";
/// The conversation was closed by an `end`.
pub const CONVERSATION_ENDED: &str = "conversation_ended";
/// A new conversation came too soon.
pub const RATE_LIMITED: &str = "rate_limited";
/// There is no room to count.
pub const NO_ROOM: &str = "no_room";

/// What follows for whoever wants to go on.
const OVER: &str = " and is over: what is still to be said needs a new one";

/// The conversations, under the peer's id, a bar and their own. At the 300 messages a minute that
/// `rate-limit` lets everyone write, the hand comes round in 33 minutes: what it meets is over.
const CONVERSATIONS: Ring = Ring {
    letter: b'c',
    slots: 10_000,
};
/// What is counted of each peer.
const PEERS: Pages = Pages {
    letter: b'p',
    pages: 2_048,
    records: 8,
    page_bytes: 1_200,
};

/// Decides about one message.
pub fn judge(settings: &Settings, message: &Message<'_>, memory: &mut impl Memory) -> Decision {
    match message.kind {
        Kind::Text => turn(settings, message, memory),
        Kind::Typing | Kind::ReadReceipt => Verdict::Pass.into(),
        Kind::End => end(message, memory),
    }
}

/// An `end` goes on in any case, and closes at once what there is to close.
fn end(message: &Message<'_>, memory: &mut impl Memory) -> Decision {
    let mut found = Found::of(message, memory);
    if let Some(entry) = found.entry {
        found.episode.end(message.direction, message.now);
        entry.replace(memory, &found.episode.to_bytes());
    }
    Verdict::Pass.into()
}

fn turn(settings: &Settings, message: &Message<'_>, memory: &mut impl Memory) -> Decision {
    let found = Found::of(message, memory);
    let page = PEERS.open(memory, message.peer());
    let peer = Peer::read(page.record(message.peer()), message.now);
    if let Some(refusal) = used_up(settings, message, &found, &peer) {
        return refusal.into();
    }
    let said = Said {
        direction: message.direction,
        fingerprint: Fingerprint::of(message.content),
    };
    let looped = match settings.loops {
        Loops::Reject | Loops::Annotate => found.loop_completed_by(&said),
        Loops::Off => None,
    };
    match (looped, settings.loops) {
        (Some(looped), Loops::Reject) => found.close_for(looped, memory),
        (Some(_), Loops::Annotate | Loops::Off) | (None, _) => {
            let book = Book { found, page, peer };
            book.take(settings, message, said, looped, memory)
        }
    }
}

/// What is known of a message's conversation.
struct Found {
    entry: Option<Entry>,
    episode: Episode,
}

impl Found {
    fn of(message: &Message<'_>, memory: &impl Memory) -> Self {
        let entry = CONVERSATIONS.find(memory, &name(message));
        let found = entry.as_ref().map(Entry::value);
        let episode = found.and_then(|bytes| Episode::read(bytes, message.now));
        Self {
            entry,
            episode: episode.unwrap_or_default(),
        }
    }

    fn turns(&self) -> u64 {
        u64::from(self.episode.turns)
    }

    fn loop_completed_by(&self, said: &Said) -> Option<Loop> {
        loops::completed(&self.episode.said, said)
    }

    fn close_for(mut self, looped: Loop, memory: &mut impl Memory) -> Decision {
        if let Some(entry) = self.entry {
            self.episode.standing = Standing::Looped;
            entry.replace(memory, &self.episode.to_bytes());
        }
        let reason = format!("the conversation goes in circles ({}){OVER}", looped.seen());
        Decision {
            verdict: Verdict::reject(TURN_LIMIT, reason),
            annotations: vec![annotation("loop", looped.word())],
        }
    }
}

/// The name of a message's conversation: the peer's id, a bar and its own.
fn name<'a>(message: &Message<'a>) -> [&'a str; 3] {
    let conversation = message.conversation.unwrap_or_default();
    [message.peer(), "|", conversation]
}

/// Why a turn cannot be taken, whatever it says.
fn used_up(
    settings: &Settings,
    message: &Message<'_>,
    found: &Found,
    peer: &Peer,
) -> Option<Verdict> {
    let now = message.now;
    let ended = || {
        let by = match found.episode.we_ended() {
            true => "this",
            false => "the other",
        };
        let reason = format!("the conversation was ended by {by} agent{OVER}");
        Verdict::reject(CONVERSATION_ENDED, reason)
    };
    // Where this side has sent its `end`, it is not asked for another one.
    let limit = |reason: String| match found.episode.we_ended() {
        true => ended(),
        false => Verdict::reject(TURN_LIMIT, reason),
    };
    match found.episode.may_go_on(message.direction, now) {
        Ok(()) => {}
        Err(Shut::Ended) => return Some(ended()),
        Err(Shut::Looped) => return Some(limit(format!("the conversation went in circles{OVER}"))),
    }
    if let Some(most) = settings.max_turns.filter(|m| found.turns() >= *m) {
        let reason = format!("the conversation has had its {most} turns, of both agents,{OVER}");
        return Some(limit(reason));
    }
    let a_day = settings.max_turns_per_peer_day;
    let a_day = a_day.filter(|most| peer.turns_of_day() >= *most);
    let of_a_day = |most| {
        format!(
            "the two agents have had their {most} turns of 24 hours, all conversations together: the \
             oldest must first be a day old"
        )
    };
    if found.entry.is_some() {
        return Some(limit(of_a_day(a_day?)));
    }
    // What never began needs no `end`.
    let too_soon = |reason, retry_after_ms| Verdict::Reject {
        code: RATE_LIMITED,
        reason,
        retry_after_ms: Some(retry_after_ms),
    };
    if let Some(most) = a_day {
        return Some(too_soon(of_a_day(most), peer.wait_for_turn(now)));
    }
    let most = settings.max_new_conversations?;
    let reason = format!(
        "the two agents have begun their {most} conversations of an hour, whoever began each: go on \
         in one of them, or wait"
    );
    let retry_after_ms = peer.wait_for_new(most, now)?;
    Some(too_soon(reason, retry_after_ms))
}

/// All that a turn is written into.
struct Book<'a> {
    found: Found,
    page: Page<'a>,
    peer: Peer,
}

impl Book<'_> {
    fn take(
        mut self,
        settings: &Settings,
        message: &Message<'_>,
        said: Said,
        looped: Option<Loop>,
        memory: &mut impl Memory,
    ) -> Decision {
        let now = message.now;
        if let (None, Some(most)) = (&self.found.entry, settings.max_new_conversations) {
            self.peer.begin(most, now);
        }
        self.found.episode.take(said, now);
        self.peer.take();
        let turns = self.found.turns();
        let used = [
            (settings.max_turns, turns),
            (settings.max_turns_per_peer_day, self.peer.turns_of_day()),
        ];
        if !self.keep(message, memory) {
            return Verdict::reject(NO_ROOM, "no room to count the turn").into();
        }
        let looped = looped.map(|looped| annotation("loop", looped.word()));
        let annotations = looped.into_iter().chain(turns_left(used));
        Decision {
            verdict: Verdict::Pass,
            annotations: annotations.chain(mismatch(message.turn, turns)).collect(),
        }
    }

    fn keep(self, message: &Message<'_>, memory: &mut impl Memory) -> bool {
        let (now, found) = (message.now, self.found);
        let episode = found.episode.to_bytes();
        let may_go = |episode: &[u8]| is_over(episode, now);
        let is_quiet = |peer: &[u8]| Peer::read(Some(peer), now).is_quiet();
        let kept = match found.entry {
            Some(entry) => entry.replace(memory, &episode),
            None => CONVERSATIONS.insert(memory, &name(message), &episode, may_go),
        };
        let peer = self.peer.to_bytes();
        kept && self
            .page
            .write(memory, message.peer(), Some(&peer), is_quiet)
    }
}

/// How many turns are left of the limits of which four fifths are used.
fn turns_left(used: [(Option<u64>, u64); 2]) -> Vec<Annotation> {
    let left = used.into_iter().filter_map(|(limit, used)| {
        let limit = limit?;
        (used * 5 >= limit * 4).then(|| limit.saturating_sub(used))
    });
    match left.min() {
        None => Vec::new(),
        Some(0) => vec![
            annotation("turns_left", "0"),
            annotation("last_turn", "true"),
        ],
        Some(left) => vec![annotation("turns_left", &left.to_string())],
    }
}

/// What the author counts, where it is something else.
fn mismatch(said: Option<u64>, counted: u64) -> Option<Annotation> {
    let said = said.filter(|said| *said != counted)?;
    let value = format!("it says {said}, it is {counted}");
    Some(annotation("turn_mismatch", &value))
}

fn annotation(key: &'static str, value: &str) -> Annotation {
    Annotation {
        key,
        value: value.to_owned(),
    }
}

#[cfg(test)]
mod tests;
