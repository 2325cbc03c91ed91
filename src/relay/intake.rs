//! Takes a message in: gathers what the checks need to know, lets them decide, counts what passed
//! and sends it on its way.
//!
//! The facts are asked for in the order of the checks, which are asked again as facts arrive, so
//! nothing is looked up, counted or remembered for a frame that is already refused.

use std::sync::Arc;

use tracing::{debug, error};

use super::check::{Facts, Passed, Receiver, check};
use super::conversation::{Key, Standing, Turn, Via};
use super::directory::Resident;
use super::hub::Notice;
use super::node::Node;
use super::parcel::{Origin, Parcel, Settlement};
use super::recent::{Mark, Seen, Stage};
use super::route::route;
use super::store::{KeptTurn, StoreError};
use crate::types::{Kind, Message, Refusal, Timestamp};
use crate::wire::MessageFrame;
use crate::wire::frame::{ConversationEnded, EndReason};

/// Who brings a message, and what the session says of its signing.
#[derive(Debug)]
pub(super) struct Sender<'a> {
    /// The agent.
    pub(super) resident: &'a Arc<Resident>,
    /// How the message came.
    pub(super) via: Via,
    /// Whether the signature holds.
    pub(super) signature_holds: bool,
    /// Whether the nonce is new.
    pub(super) nonce_is_new: bool,
}

/// What the sender is told at once; nothing where the message is on its way and is settled later.
pub(super) type Answer = Option<Settlement>;

/// Takes in the message of `frame`; `origin` is who hears later what became of it.
pub(super) async fn take_in(
    node: &Arc<Node>,
    sender: Sender<'_>,
    frame: Box<MessageFrame>,
    origin: Origin,
    now: Timestamp,
) -> Answer {
    let Judged {
        passed,
        receiver,
        mark,
    } = match judge(node, &sender, &frame, now).await {
        Ok(Ok(passed)) => passed,
        Ok(Err(refusal)) => {
            debug!(
                agent.id = %sender.resident.id, message.id = %frame.message.id,
                code = %refusal.code, "refused a message of {}", sender.resident.id
            );
            return Some(Settlement::Refused(refusal));
        }
        Err(why) => {
            error!(message.id = %frame.message.id, "a message could not be checked: {why}");
            return Some(Settlement::Failed);
        }
    };
    let message = &frame.message;
    let ends = match passed {
        Passed::Repeat(stage) => return answer_to_repeat(stage),
        Passed::Again => (message.kind == Kind::End).then_some(EndReason::ParticipantEnded),
        Passed::New => count(node, &sender, message, now).await,
    };
    // The checks refuse a message to nobody, and a repeat was answered.
    let Some(receiver) = receiver else {
        error!(message.id = %frame.message.id, "a message passed the checks without a receiver");
        return Some(Settlement::Failed);
    };
    if let Some(mark) = mark {
        sender.resident.meter().recent.note(mark, Stage::InFlight);
    }
    if let (Some(reason), Some(conversation)) = (ends, message.conversation.clone()) {
        let ended = ConversationEnded {
            conversation,
            peer: Some(message.to.clone()),
            reason,
        };
        let notice = Notice::ConversationEnded(ended);
        node.bus.tell(&sender.resident.id, notice).await;
    }
    let parcel = Parcel {
        frame,
        received_at: now,
        sequence: node.next_sequence(),
        ends,
        stored: false,
        origin,
    };
    route(node, &receiver, parcel).await;
    None
}

/// A message that passed the checks.
struct Judged {
    passed: Passed,
    /// Whom it is for; nobody asked where it is a repeat.
    receiver: Option<Arc<Resident>>,
    /// The mark by which it is remembered; what lives only for the moment is not.
    mark: Option<Mark>,
}

async fn judge(
    node: &Node,
    sender: &Sender<'_>,
    frame: &MessageFrame,
    now: Timestamp,
) -> Result<Result<Judged, Refusal>, StoreError> {
    let message = &frame.message;
    let mut facts = Facts {
        agent: &sender.resident.id,
        message_max_bytes: node.settings.message_max_bytes,
        signature_holds: sender.signature_holds,
        signed_at: frame.timestamp,
        now,
        nonce_is_new: sender.nonce_is_new,
        seen: Seen::Never,
        rate_left: true,
        receiver: Receiver::Unasked,
        conversation: Standing::Open,
    };
    if let Err(refusal) = check(message, &facts) {
        return Ok(Err(refusal));
    }
    let mark;
    (facts.seen, facts.rate_left, mark) = count_rate(sender.resident, message, now);
    let judged = |passed, receiver| Judged {
        passed,
        receiver,
        mark,
    };
    match check(message, &facts) {
        Ok(Passed::New | Passed::Again) => {}
        settled => return Ok(settled.map(|repeat| judged(repeat, None))),
    }
    let receiver = node.directory.find(&message.to, now).await?;
    if receiver.is_some()
        && let Some(key) = Key::of(message)
    {
        let turn = turn_of(node, sender, message, &key);
        let store = node.store.as_ref();
        facts.conversation = node.book.standing(store, &key, &turn, now).await?;
    }
    let account = receiver.as_ref().map(|receiver| receiver.account());
    facts.receiver = match &account {
        Some(account) => Receiver::Known(account),
        None => Receiver::Unknown,
    };
    let checked = check(message, &facts);
    drop(account);
    Ok(checked.map(|passed| judged(passed, receiver)))
}

/// Takes a message out of its sender's rates: a new one once for its id, one that is judged or
/// routed again out of a rate of its own. What memory answers costs nothing.
fn count_rate(sender: &Resident, message: &Message, now: Timestamp) -> (Seen, bool, Option<Mark>) {
    let mut meter = sender.meter();
    if !message.kind.is_lasting() {
        return (Seen::Never, meter.take_message(now), None);
    }
    let (seen, mark) = meter.recent.look(message);
    let rate_left = match seen {
        Seen::Never => meter.take_message(now),
        Seen::Before(Stage::Counted | Stage::Taken) => meter.take_again(now),
        Seen::Before(Stage::InFlight | Stage::Queued | Stage::Sent | Stage::Rejected)
        | Seen::Otherwise => true,
    };
    if seen == Seen::Never && rate_left {
        meter.recent.note(mark, Stage::Counted);
    }
    (seen, rate_left, Some(mark))
}

/// Counts the turn and keeps it; says so if it is the last one.
async fn count(
    node: &Node,
    sender: &Sender<'_>,
    message: &Message,
    now: Timestamp,
) -> Option<EndReason> {
    if !message.kind.is_lasting() {
        return None;
    }
    let key = Key::of(message)?;
    let turn = turn_of(node, sender, message, &key);
    let max_turns = node.settings.max_turns;
    let (ends, conversation) = node.book.accept(&key, &turn, max_turns, now);
    let kept = KeptTurn {
        key,
        conversation,
        message: message.clone(),
        at: now,
    };
    // Nobody waits for this commit: a crash may lose the last moments of history and of the
    // count of turns, never mail.
    let _unwatched = node.store.keep_turn(kept).await;
    ends
}

fn turn_of(node: &Node, sender: &Sender<'_>, message: &Message, key: &Key) -> Turn {
    let other = match message.kind {
        Kind::End => node.hub.find(&message.to).map(|live| live.connection),
        Kind::Text | Kind::Typing | Kind::ReadReceipt => None,
    };
    Turn {
        from: key.side(&message.from),
        kind: message.kind,
        via: sender.via,
        wish: message.max_turns,
        other,
    }
}

fn answer_to_repeat(stage: Stage) -> Answer {
    match stage {
        Stage::Queued => Some(Settlement::Queued { may_repeat: false }),
        Stage::Sent => Some(Settlement::Sent),
        Stage::Rejected => Some(Settlement::Rejected),
        // On its way: the answer goes to the connection that the sender has by then.
        Stage::InFlight | Stage::Counted | Stage::Taken => None,
    }
}
