//! One message's way through the lane: repeat, room, nonce, age, chain, row. In this order, each in the
//! transaction that the lane is in.

use std::sync::Arc;

use super::inbox::{self, NewRow, RowState};
use super::{Verified, live};
use crate::daemon::lane::{Bench, MAX_MESSAGE_AGE};
use crate::daemon::load::{self, Counted};
use crate::daemon::outbound::close_used_up;
use crate::daemon::room::{self, Place};
use crate::daemon::story::{self, About, Entry};
use crate::daemon::view::Event;
use crate::daemon::{dialogue, trust};
use crate::fault::{self, Point};
use crate::policy::{Annotation, Facts, Judged, Outcome, Ruling, Subject};
use crate::types::{AgentId, ConversationId, Direction, Kind, Message, Trust};
use crate::wire::frame::AckOutcome;

/// The host's word on a message whose author the relay does not prove.
pub(in crate::daemon) const UNAUTHENTICATED_RELAY: &str = "unauthenticated_relay";

/// Whether the relay proved who wrote the message that has these notes.
pub(in crate::daemon) fn is_proven(notes: &[Annotation]) -> bool {
    let is_ours = |note: &Annotation| note.policy() == Annotation::HOST;
    !notes
        .iter()
        .any(|note| is_ours(note) && note.key() == UNAUTHENTICATED_RELAY)
}

/// How a message stands that comes too late, and what its sender hears.
const TOO_LATE: (RowState, AckOutcome) = (RowState::Dead, AckOutcome::Accepted);
const LATE: &str = "it was on its way for more than 7 days";
/// How one stands for which there is no room.
const NO_ROOM: (RowState, AckOutcome) = (RowState::Refused, AckOutcome::Refused);

/// What came of bringing a message to the lane.
#[derive(Debug)]
pub(in crate::daemon) enum Intake {
    /// It was decided on.
    Taken(Taken),
    /// The inbox has no place: nothing was decided, and it is to be brought again.
    NoRoom,
}

/// What became of a message, to be acted on once it is on disk.
#[derive(Debug)]
pub(in crate::daemon) struct Taken {
    /// What the relay is told; nothing about what lives only for the moment.
    pub(in crate::daemon) ack: Option<AckOutcome>,
    pub(in crate::daemon) story: Vec<Entry>,
    pub(in crate::daemon) wakes_agent: bool,
    /// Set where the refusal closes the conversation, and an `end` goes out.
    pub(in crate::daemon) wakes_link: bool,
    /// Set for what lives only for the moment: told to listeners, neither kept nor acknowledged.
    pub(in crate::daemon) live: Option<Event>,
    /// Set where the message was taken before, and how this one relates to the first.
    pub(in crate::daemon) repeat: Option<&'static str>,
}

/// A verified message with what the host knows about it: what the chain judges.
#[derive(Debug)]
struct Arrival {
    verified: Arc<Verified>,
    trust: Trust,
    annotations: Vec<Annotation>,
}

impl Subject for Arrival {
    fn facts(&self) -> Facts<'_> {
        let message = self.verified.message();
        Facts {
            direction: Direction::Inbound,
            kind: message.kind,
            id: &message.id,
            from: &message.from,
            to: &message.to,
            trust: self.trust,
            conversation: Some(self.verified.conversation()),
            turn: message.turn,
            content: &message.content,
            time: self.verified.received_at(),
            released_for: &[],
            annotations: &self.annotations,
        }
    }
}

/// The door for what came in: tells a repeat, looks for a place, has the chain judge, and writes
/// what became of it, all in the transaction of `bench`.
pub(in crate::daemon) fn take(
    bench: &mut Bench<'_>,
    verified: Arc<Verified>,
) -> rusqlite::Result<Intake> {
    let message = verified.message();
    if let Some(first) = inbox::first_outcome(bench.connection, &message.from, &message.id)? {
        return Ok(Intake::Taken(repeat(&verified, &first)));
    }
    let place = place(bench, &verified)?;
    if place == Place::None {
        return Ok(Intake::NoRoom);
    }
    if !verified.take_nonce(bench.now) {
        return Ok(Intake::Taken(Taken {
            repeat: Some("its nonce was used in this session"),
            ..taken(&verified, AckOutcome::Refused)
        }));
    }
    let arrival = arrive(bench, verified)?;
    if place == Place::ShareUsed {
        let why = "as many messages of this agent wait as may";
        return settle_unjudged(bench, &arrival, NO_ROOM, why).map(Intake::Taken);
    }
    decide(bench, arrival).map(Intake::Taken)
}

/// The place that the inbox has for a message. What is left unacknowledged keeps all behind it
/// waiting, other peers' too; so who is beyond its share is refused, where its relay can say so.
fn place(bench: &Bench<'_>, verified: &Verified) -> rusqlite::Result<Place> {
    let message = verified.message();
    match message.kind {
        Kind::Text => {}
        Kind::End | Kind::Typing | Kind::ReadReceipt => return Ok(Place::Free),
    }
    let waiting = load::all(bench.connection, Counted::Waiting)?;
    let of_peer = load::of_peer(bench.connection, Counted::Waiting, &message.from)?;
    Ok(match room::place(bench.room.inbox, waiting, of_peer) {
        Place::ShareUsed if !verified.is_answered() => Place::None,
        place @ (Place::Free | Place::None | Place::ShareUsed) => place,
    })
}

fn decide(bench: &mut Bench<'_>, arrival: Arrival) -> rusqlite::Result<Taken> {
    if !arrival.verified.message().kind.is_lasting() {
        return bench.judge(arrival).map(pass_on);
    }
    if arrival.verified.age() > MAX_MESSAGE_AGE {
        return settle_unjudged(bench, &arrival, TOO_LATE, LATE);
    }
    let judged = bench.judge(arrival)?;
    keep(bench, judged)
}

/// Puts what the host knows beside the message.
fn arrive(bench: &Bench<'_>, verified: Arc<Verified>) -> rusqlite::Result<Arrival> {
    let said = trust::level(bench.connection, &verified.message().from)?;
    let mut annotations = Vec::new();
    let trust = if verified.relay_authenticates() {
        said
    } else {
        annotations.push(Annotation::host(
            UNAUTHENTICATED_RELAY,
            "the relay does not prove who sends",
        ));
        said.min(Trust::Unknown)
    };
    if verified.is_skewed() {
        annotations.push(Annotation::host(
            "clock_skew",
            "the sender's clock is more than 5 minutes off",
        ));
    }
    Ok(Arrival {
        verified,
        trust,
        annotations,
    })
}

fn keep(bench: &mut Bench<'_>, judged: Judged<Arrival>) -> rusqlite::Result<Taken> {
    let wakes_agent = matches!(judged.ruling().outcome, Outcome::Admitted { .. })
        && judged.message().verified.message().kind == Kind::Text;
    let outcome = match judged.ruling().outcome {
        Outcome::Admitted { .. } | Outcome::Held(_) => AckOutcome::Accepted,
        Outcome::Refused(_) => AckOutcome::Refused,
    };
    let (arrival, ruling) = judged.into_parts();
    if matches!(ruling.outcome, Outcome::Held(_)) && !may_be_held(bench, arrival.trust)? {
        return settle_unjudged(
            bench,
            &arrival,
            NO_ROOM,
            "as many messages are held as may be",
        );
    }
    let mut story = store(bench, &arrival, &ruling, outcome)?;
    let verified = &arrival.verified;
    let Message { from, to, kind, .. } = verified.message();
    if matches!(ruling.outcome, Outcome::Admitted { .. }) {
        follow_conversation(bench, from, verified.conversation(), *kind)?;
    }
    let closing = close_used_up(bench, to, &about(verified), *kind, &ruling.outcome)?;
    let wakes_link = closing.as_ref().is_some_and(|end| end.wakes_link);
    story.extend(closing.into_iter().flat_map(|end| end.story));
    fault::point(Point::InboxWritten);
    Ok(Taken {
        story,
        wakes_agent,
        wakes_link,
        ..taken(verified, outcome)
    })
}

/// What an admitted message does to its conversation.
pub(super) fn follow_conversation(
    bench: &Bench<'_>,
    peer: &AgentId,
    id: &ConversationId,
    kind: Kind,
) -> rusqlite::Result<()> {
    match kind {
        Kind::Text => dialogue::count_turn(bench.connection, peer, id, bench.now),
        Kind::End => {
            dialogue::end(bench.connection, peer, id, bench.now, "the peer ended it").map(drop)
        }
        Kind::Typing | Kind::ReadReceipt => Ok(()),
    }
}

fn store(
    bench: &Bench<'_>,
    arrival: &Arrival,
    ruling: &Ruling,
    outcome: AckOutcome,
) -> rusqlite::Result<Vec<Entry>> {
    let verified = &arrival.verified;
    let about = about(verified);
    let state = state_of(&ruling.outcome, verified.message().kind);
    let reason = reason(&ruling.outcome);
    let row = NewRow {
        verified,
        trust: arrival.trust,
        stored_at: bench.now,
        state,
        reason: reason.as_deref(),
        goes_at_once: bench.hands_on
            && state == RowState::Waiting
            && inbox::goes_at_once(bench.connection, verified)?,
    };
    inbox::insert(bench.connection, &row, ruling)?;
    inbox::remember(bench.connection, verified, outcome, bench.now)?;
    let received = story::write(bench.connection, &about, bench.now, "received", None)?;
    let judged = story::write(bench.connection, &about, bench.now, state.as_str(), reason)?;
    Ok(vec![received, judged])
}

/// Where a judged message stands.
pub(super) fn state_of(outcome: &Outcome, kind: Kind) -> RowState {
    match (outcome, kind) {
        (Outcome::Admitted { .. }, Kind::Text) => RowState::Waiting,
        (Outcome::Admitted { .. }, Kind::End | Kind::Typing | Kind::ReadReceipt) => RowState::Noted,
        (Outcome::Held(_), _) => RowState::Held,
        (Outcome::Refused(_), _) => RowState::Refused,
    }
}

/// A sentence on why a message is not admitted.
pub(in crate::daemon) fn reason(outcome: &Outcome) -> Option<String> {
    match outcome {
        Outcome::Admitted { .. } => None,
        Outcome::Held(hold) => Some(format!(
            "held by `{}` ({}): {}",
            hold.policy, hold.code, hold.reason
        )),
        Outcome::Refused(rejection) => Some(format!(
            "refused by `{}` ({}): {}",
            rejection.policy, rejection.code, rejection.reason
        )),
    }
}

/// Whether there is room to hold one more message of a peer with this trust.
fn may_be_held(bench: &Bench<'_>, trust: Trust) -> rusqlite::Result<bool> {
    let held = load::all(bench.connection, Counted::Held)?;
    Ok(room::may_be_held(bench.room.held, held, trust))
}

/// Settles a message that no policy is asked about: where a person can see it, or refused.
fn settle_unjudged(
    bench: &Bench<'_>,
    arrival: &Arrival,
    (state, outcome): (RowState, AckOutcome),
    why: &str,
) -> rusqlite::Result<Taken> {
    let verified = &arrival.verified;
    let row = NewRow {
        verified,
        trust: arrival.trust,
        stored_at: bench.now,
        state,
        reason: Some(why),
        goes_at_once: false,
    };
    inbox::insert_unjudged(bench.connection, &row, &arrival.annotations)?;
    inbox::remember(bench.connection, verified, outcome, bench.now)?;
    let (about, detail) = (about(verified), Some(why.to_owned()));
    let entry = story::write(bench.connection, &about, bench.now, state.as_str(), detail)?;
    Ok(Taken {
        story: vec![entry],
        ..taken(verified, outcome)
    })
}

fn pass_on(judged: Judged<Arrival>) -> Taken {
    let admitted = matches!(judged.ruling().outcome, Outcome::Admitted { .. });
    let (arrival, _) = judged.into_parts();
    let verified = &arrival.verified;
    Taken {
        live: admitted.then(|| live(verified)),
        ..taken(verified, AckOutcome::Accepted)
    }
}

fn repeat(verified: &Verified, first: &inbox::FirstOutcome) -> Taken {
    if first.digest == verified.digest() {
        Taken {
            repeat: Some("a repeat of what was taken"),
            ..taken(verified, first.outcome)
        }
    } else {
        Taken {
            repeat: Some("another content under an id that was taken"),
            ..taken(verified, AckOutcome::Refused)
        }
    }
}

fn taken(verified: &Verified, outcome: AckOutcome) -> Taken {
    let is_lasting = verified.message().kind.is_lasting();
    Taken {
        ack: is_lasting.then_some(outcome),
        story: Vec::new(),
        wakes_agent: false,
        wakes_link: false,
        live: None,
        repeat: None,
    }
}

fn about(verified: &Verified) -> About {
    About {
        direction: Direction::Inbound,
        id: verified.message().id.clone(),
        author: verified.message().from.clone(),
        peer: verified.message().from.clone(),
        conversation: verified.conversation().clone(),
    }
}
