//! A held draft before the chain once more: as it was taken, with its own time, at the turn that
//! its conversation has reached.

use super::closing::close_used_up;
use super::draft::{Departure, follow_conversation, state_of};
use super::outbox::held::{Held, Standing};
use super::outbox::{self, RowState};
use crate::daemon::held::{Again, wait_for_room};
use crate::daemon::inbound::reason;
use crate::daemon::lane::Bench;
use crate::daemon::story::About;
use crate::daemon::{dialogue, story, trust};
use crate::policy::Outcome;
use crate::types::{AgentId, Message, TurnNumber};

const ENDED: &str = "its conversation ended while it was held";

/// Judges `held` again, with the holds of `released_for` answered, and writes what came of it.
pub(in crate::daemon) fn judge_again(
    bench: &mut Bench<'_>,
    me: &AgentId,
    held: Held,
    released_for: Vec<String>,
) -> rusqlite::Result<Again> {
    let Held {
        row, about, kind, ..
    } = &held;
    let known = dialogue::find(bench.connection, &about.peer, &about.conversation)?;
    if known.as_ref().is_some_and(|one| one.ended.is_some()) {
        outbox::held::refuse(bench.connection, *row, bench.now, ENDED)?;
        return told(bench, about, RowState::Refused, Some(ENDED.to_owned()));
    }
    let turns = known.map_or(0, |dialogue| dialogue.turns);
    let departure = depart(bench, me, &held, turns, released_for)?;
    let (departure, mut ruling) = bench.judge(departure)?.into_parts();
    ruling.outcome = wait_for_room(ruling.outcome, &departure.released_for, bench.now);
    let state = state_of(&ruling.outcome);
    let reason = reason(&ruling.outcome);
    let standing = Standing {
        state,
        turn: departure.message.turn,
        max_turns: departure.message.max_turns,
        reason: reason.as_deref(),
    };
    outbox::held::judged_again(bench.connection, *row, &standing, &ruling, bench.now)?;
    if matches!(ruling.outcome, Outcome::Admitted { .. }) {
        follow_conversation(bench, &about.peer, &about.conversation, *kind)?;
    }
    let mut again = told(bench, about, state, reason)?;
    if let Some(end) = close_used_up(bench, me, about, *kind, &ruling.outcome)? {
        again.story.extend(end.story);
        again.wakes_link |= end.wakes_link;
    }
    Ok(again)
}

fn depart(
    bench: &Bench<'_>,
    me: &AgentId,
    held: &Held,
    turns: u64,
    released_for: Vec<String>,
) -> rusqlite::Result<Departure> {
    let About {
        id,
        peer,
        conversation,
        ..
    } = &held.about;
    Ok(Departure {
        message: Message {
            id: id.clone(),
            from: me.clone(),
            to: peer.clone(),
            kind: held.kind,
            content: held.content.clone(),
            conversation: Some(conversation.clone()),
            turn: TurnNumber::new(turns + 1),
            max_turns: held.max_turns.filter(|_| turns == 0),
        },
        conversation: conversation.clone(),
        trust: trust::level(bench.connection, peer)?,
        drafted_at: held.created_at,
        released_for,
    })
}

/// Writes into its story how it stands now.
fn told(
    bench: &Bench<'_>,
    about: &About,
    state: RowState,
    reason: Option<String>,
) -> rusqlite::Result<Again> {
    let (connection, now) = (bench.connection, bench.now);
    let entry = story::write(connection, about, now, state.as_str(), reason.clone())?;
    Ok(Again {
        state: state.as_str(),
        reason,
        story: vec![entry],
        wakes_agent: false,
        wakes_link: state == RowState::Queued,
    })
}
