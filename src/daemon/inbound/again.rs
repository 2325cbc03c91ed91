//! A message that was held before the chain once more, or one that was given up before it for the
//! first time: as it came, with its own time, and with the holds that were answered since.

use super::inbox::{self, held::Original};
use super::judge::{self, is_proven};
use crate::daemon::held::{Again, wait_for_room};
use crate::daemon::lane::Bench;
use crate::daemon::outbound::close_used_up;
use crate::daemon::{dialogue, story, trust};
use crate::policy::{Annotation, Facts, Outcome, Subject};
use crate::types::{AgentId, Direction, Kind, Trust};

/// Such a message with what the host knows about it now: what the chain judges.
#[derive(Debug)]
struct Returning {
    me: AgentId,
    original: Original,
    trust: Trust,
    released_for: Vec<String>,
}

impl Subject for Returning {
    fn facts(&self) -> Facts<'_> {
        let Original { about, .. } = &self.original;
        Facts {
            direction: Direction::Inbound,
            kind: self.original.kind,
            id: &about.id,
            from: &about.author,
            to: &self.me,
            trust: self.trust,
            conversation: Some(&about.conversation),
            turn: self.original.turn,
            content: &self.original.content,
            time: self.original.received_at,
            released_for: &self.released_for,
            annotations: &self.original.annotations,
        }
    }
}

/// Judges `original`, with the holds of `released_for` answered, and writes what came of it.
pub(in crate::daemon) fn judge_again(
    bench: &mut Bench<'_>,
    me: &AgentId,
    original: Original,
    released_for: Vec<String>,
) -> rusqlite::Result<Again> {
    let level = trust::level(bench.connection, &original.about.peer)?;
    let returning = Returning {
        me: me.clone(),
        trust: believed(level, &original.annotations),
        original,
        released_for,
    };
    let (returning, mut ruling) = bench.judge(returning)?.into_parts();
    let Returning {
        original,
        trust,
        released_for,
        ..
    } = returning;
    ruling.outcome = wait_for_room(ruling.outcome, &released_for, bench.now);
    let (about, outcome) = (&original.about, &ruling.outcome);
    let state = judge::state_of(outcome, original.kind);
    let reason = judge::reason(outcome);
    let standing = (state, trust, reason.as_deref());
    inbox::held::judged_again(bench.connection, original.row, standing, &ruling, bench.now)?;
    let (connection, now) = (bench.connection, bench.now);
    let mut story = vec![story::write(
        connection,
        about,
        now,
        state.as_str(),
        reason.clone(),
    )?];
    if matches!(outcome, Outcome::Admitted { .. }) {
        follow_conversation(bench, &original)?;
    }
    let closing = close_used_up(bench, me, about, original.kind, outcome)?;
    let wakes_link = closing.as_ref().is_some_and(|end| end.wakes_link);
    story.extend(closing.into_iter().flat_map(|end| end.story));
    Ok(Again {
        state: state.as_str(),
        wakes_agent: matches!(outcome, Outcome::Admitted { .. }) && original.kind == Kind::Text,
        wakes_link,
        reason,
        story,
    })
}

/// The owner's word, as far as the relay over which the message came can be believed.
fn believed(level: Trust, annotations: &[Annotation]) -> Trust {
    match is_proven(annotations) {
        true => level,
        false => level.min(Trust::Unknown),
    }
}

/// A conversation that ended after the message came stays closed: the agent reads what was said
/// before the end.
fn follow_conversation(bench: &Bench<'_>, original: &Original) -> rusqlite::Result<()> {
    let (peer, id) = (&original.about.peer, &original.about.conversation);
    let known = dialogue::find(bench.connection, peer, id)?;
    let ended = known.and_then(|dialogue| dialogue.ended);
    if ended.is_some_and(|(at, _)| at > original.received_at) {
        return Ok(());
    }
    judge::follow_conversation(bench, peer, id, original.kind)
}
