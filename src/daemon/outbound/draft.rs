//! One draft's way through the lane: idempotency, conversation, room, chain, row. All in the
//! transaction that the lane is in, so two drafts at once never open two conversations.

use rusqlite::Connection;

use super::closing::close_used_up;
use super::outbox::{self, NewRow, RowState};
use crate::daemon::inbound::reason;
use crate::daemon::lane::Bench;
use crate::daemon::load::{self, Counted};
use crate::daemon::room::{self, Place};
use crate::daemon::story::{self, About, Entry};
use crate::daemon::view::{SendAnswer, SendRefusal};
use crate::daemon::{dialogue, trust};
use crate::fault::{self, Point};
use crate::policy::{Facts, Judged, Outcome, Ruling, Subject};
use crate::types::{
    AgentId, ConversationId, Digest, Direction, Kind, Message, MessageId, Timestamp, Trust,
    TurnNumber,
};

/// Something that the local agent wants said. Ids are ready; which of them are used is decided in
/// the lane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::daemon) struct Draft {
    pub(in crate::daemon) me: AgentId,
    pub(in crate::daemon) to: AgentId,
    pub(in crate::daemon) kind: Kind,
    pub(in crate::daemon) content: String,
    pub(in crate::daemon) conversation: Option<ConversationId>,
    pub(in crate::daemon) reply_session: Option<String>,
    pub(in crate::daemon) idempotency_key: Option<String>,
    /// The message's id.
    pub(in crate::daemon) id: MessageId,
    /// The id of the conversation, should a new one be opened.
    pub(in crate::daemon) new_conversation: ConversationId,
    /// When the local caller asked: the message's time for every policy.
    pub(in crate::daemon) drafted_at: Timestamp,
    /// The limit that a new conversation proposes.
    pub(in crate::daemon) max_turns: Option<TurnNumber>,
}

/// What became of a draft, to be answered once it is on disk.
#[derive(Debug)]
pub(in crate::daemon) struct Drafted {
    pub(in crate::daemon) answer: Result<SendAnswer, SendRefusal>,
    pub(in crate::daemon) story: Vec<Entry>,
    pub(in crate::daemon) wakes_link: bool,
}

/// A draft with its place in a conversation: what the chain judges.
#[derive(Debug)]
pub(super) struct Departure {
    pub(super) message: Message,
    pub(super) conversation: ConversationId,
    pub(super) trust: Trust,
    pub(super) drafted_at: Timestamp,
    /// Whose hold was answered; nobody's before it was held.
    pub(super) released_for: Vec<String>,
}

impl Subject for Departure {
    fn facts(&self) -> Facts<'_> {
        Facts {
            direction: Direction::Outbound,
            kind: self.message.kind,
            id: &self.message.id,
            from: &self.message.from,
            to: &self.message.to,
            trust: self.trust,
            conversation: Some(&self.conversation),
            turn: self.message.turn,
            content: &self.message.content,
            time: self.drafted_at,
            released_for: &self.released_for,
            annotations: &[],
        }
    }
}

/// The door for what a local caller wants sent: answers a repeated key, has the chain judge, and
/// writes the row, all in the transaction of `bench`.
pub(in crate::daemon) fn draft(bench: &mut Bench<'_>, draft: Draft) -> rusqlite::Result<Drafted> {
    if let Some(answer) = answered_before(bench.connection, &draft)? {
        return Ok(refused_or_known(answer));
    }
    let departure = match depart(bench.connection, &draft)? {
        Ok(departure) => departure,
        Err(refusal) => return Ok(refused_or_known(Err(refusal))),
    };
    if let Err(refusal) = find_place(bench, &draft.to)? {
        return Ok(refused_or_known(Err(refusal)));
    }
    let judged = bench.judge(departure)?;
    keep(bench, &draft, judged)
}

/// Looks for a place. One receiver, who may be away for days, never takes those of all others.
fn find_place(bench: &Bench<'_>, to: &AgentId) -> rusqlite::Result<Result<(), SendRefusal>> {
    let waiting = load::all(bench.connection, Counted::Outbox)?;
    let for_peer = load::of_peer(bench.connection, Counted::Outbox, to)?;
    Ok(match room::place(bench.room.outbox, waiting, for_peer) {
        Place::Free => Ok(()),
        Place::None => Err(SendRefusal::Full),
        Place::ShareUsed => Err(SendRefusal::FullForReceiver),
    })
}

/// What was answered to the same request under the same key.
fn answered_before(
    connection: &Connection,
    draft: &Draft,
) -> rusqlite::Result<Option<Result<SendAnswer, SendRefusal>>> {
    let Some(key) = &draft.idempotency_key else {
        return Ok(None);
    };
    let Some(earlier) = outbox::by_key(connection, key)? else {
        return Ok(None);
    };
    if earlier.request != request_digest(draft) {
        return Ok(Some(Err(SendRefusal::KeyReused)));
    }
    Ok(Some(earlier.answer))
}

/// Finds the draft its conversation and its turn.
fn depart(
    connection: &Connection,
    draft: &Draft,
) -> rusqlite::Result<Result<Departure, SendRefusal>> {
    let known = match &draft.conversation {
        Some(id) => dialogue::find(connection, &draft.to, id)?,
        None => dialogue::current(connection, &draft.to)?,
    };
    let ended = known
        .as_ref()
        .is_some_and(|dialogue| dialogue.ended.is_some());
    let conversation = match (&draft.conversation, &known) {
        (Some(id), _) if ended => return Ok(Err(SendRefusal::ConversationEnded(id.clone()))),
        // Version 1 could mistake it for a turn number. Where a peer made it, it is answered there.
        (Some(id), None) if id.is_all_digits() => {
            let why = "a new `conversation_id` must not be digits alone".to_owned();
            return Ok(Err(SendRefusal::Malformed(why)));
        }
        (Some(id), _) => id.clone(),
        (None, Some(dialogue)) => dialogue.conversation.clone(),
        (None, None) => draft.new_conversation.clone(),
    };
    let turns = known.map_or(0, |dialogue| dialogue.turns);
    let trust = trust::level(connection, &draft.to)?;
    Ok(Ok(Departure {
        message: Message {
            id: draft.id.clone(),
            from: draft.me.clone(),
            to: draft.to.clone(),
            kind: draft.kind,
            content: draft.content.clone(),
            conversation: Some(conversation.clone()),
            turn: TurnNumber::new(turns + 1),
            max_turns: draft.max_turns.filter(|_| turns == 0),
        },
        conversation,
        trust,
        drafted_at: draft.drafted_at,
        released_for: Vec::new(),
    }))
}

fn keep(
    bench: &mut Bench<'_>,
    draft: &Draft,
    judged: Judged<Departure>,
) -> rusqlite::Result<Drafted> {
    let (departure, ruling) = judged.into_parts();
    let about = about(&departure);
    let state = state_of(&ruling.outcome);
    let mut story = store(bench, draft, &departure, &ruling, state)?;
    let id = &departure.conversation;
    match ruling.outcome {
        Outcome::Admitted { .. } => {
            follow_conversation(bench, &draft.to, id, draft.kind)?;
            keep_reply_session(bench, draft, &departure)?;
        }
        // What waits has its conversation already: the next message joins it there.
        Outcome::Held(_) => {
            dialogue::open(bench.connection, &draft.to, id, bench.now)?;
            keep_reply_session(bench, draft, &departure)?;
        }
        Outcome::Refused(_) => {}
    }
    let closing = close_used_up(bench, &draft.me, &about, draft.kind, &ruling.outcome)?;
    let ends = closing.as_ref().is_some_and(|end| end.wakes_link);
    story.extend(closing.into_iter().flat_map(|end| end.story));
    fault::point(Point::OutboxWritten);
    Ok(Drafted {
        answer: answer(&departure, &ruling),
        story,
        wakes_link: state == RowState::Queued || ends,
    })
}

/// Where a judged draft stands.
pub(super) fn state_of(outcome: &Outcome) -> RowState {
    match outcome {
        Outcome::Admitted { .. } => RowState::Queued,
        Outcome::Held(_) => RowState::Held,
        Outcome::Refused(_) => RowState::Refused,
    }
}

fn about(departure: &Departure) -> About {
    About {
        direction: Direction::Outbound,
        id: departure.message.id.clone(),
        author: departure.message.from.clone(),
        peer: departure.message.to.clone(),
        conversation: departure.conversation.clone(),
    }
}

fn store(
    bench: &Bench<'_>,
    draft: &Draft,
    departure: &Departure,
    ruling: &Ruling,
    state: RowState,
) -> rusqlite::Result<Vec<Entry>> {
    let reason = reason(&ruling.outcome);
    let row = NewRow {
        message: &departure.message,
        conversation: &departure.conversation,
        created_at: draft.drafted_at,
        state,
        reason: reason.as_deref(),
        idempotency_key: draft.idempotency_key.as_deref(),
        request: request_digest(draft),
    };
    outbox::insert(bench.connection, &row, ruling)?;
    let (connection, about) = (bench.connection, about(departure));
    let entry = story::write(connection, &about, bench.now, state.as_str(), reason)?;
    Ok(vec![entry])
}

/// What an admitted message does to its conversation.
pub(super) fn follow_conversation(
    bench: &Bench<'_>,
    peer: &AgentId,
    id: &ConversationId,
    kind: Kind,
) -> rusqlite::Result<()> {
    let connection = bench.connection;
    match kind {
        Kind::Text => dialogue::count_turn(connection, peer, id, bench.now),
        Kind::End => {
            dialogue::end(connection, peer, id, bench.now, "this agent ended it").map(drop)
        }
        Kind::Typing | Kind::ReadReceipt => Ok(()),
    }
}

fn keep_reply_session(
    bench: &Bench<'_>,
    draft: &Draft,
    departure: &Departure,
) -> rusqlite::Result<()> {
    let Some(session) = &draft.reply_session else {
        return Ok(());
    };
    dialogue::set_reply_session(
        bench.connection,
        &draft.to,
        &departure.conversation,
        session,
    )
}

fn answer(departure: &Departure, ruling: &Ruling) -> Result<SendAnswer, SendRefusal> {
    if let Outcome::Refused(rejection) = &ruling.outcome {
        return Err(SendRefusal::Policy {
            code: rejection.code.to_string(),
            reason: reason(&ruling.outcome).unwrap_or_default(),
            retry_after_ms: rejection.retry_after_ms,
        });
    }
    Ok(SendAnswer {
        ok: true,
        message_id: departure.message.id.clone(),
        conversation_id: departure.conversation.clone(),
        state: state_of(&ruling.outcome).as_str(),
    })
}

fn refused_or_known(answer: Result<SendAnswer, SendRefusal>) -> Drafted {
    Drafted {
        answer,
        story: Vec::new(),
        wakes_link: false,
    }
}

/// What was asked, apart from what the daemon adds: two requests under one key must agree in it.
fn request_digest(draft: &Draft) -> Digest {
    let conversation = draft.conversation.as_ref().map_or("", |id| id.as_str());
    let session = draft.reply_session.as_deref().unwrap_or_default();
    let fields = [
        draft.to.as_str(),
        draft.kind.as_str(),
        conversation,
        session,
        &draft.content,
    ];
    let mut bytes = Vec::new();
    for field in fields {
        bytes.extend_from_slice(&field.len().to_be_bytes());
        bytes.extend_from_slice(field.as_bytes());
    }
    Digest::of(&bytes)
}
