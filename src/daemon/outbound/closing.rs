//! The one `end` that this agent sends when a conversation's turns are used up.
//!
//! It is a draft like any other, judged in the transaction of the refusal that it follows. The
//! conversation is closed with it whatever becomes of it, so one episode has one `end`; and only a
//! text that was refused asks for it, so an `end` never answers an `end`.

use super::draft::{Draft, Drafted, draft};
use crate::daemon::lane::Bench;
use crate::daemon::story::About;
use crate::daemon::{dialogue, random};
use crate::fault::{self, Point};
use crate::policy::{Outcome, words};
use crate::types::{AgentId, Kind};

const USED_UP: &str = "it met a limit, which the refused message names";

/// Ends the conversation of the message `about`, if that message is a text which was refused
/// because the turns are used up, and if the conversation is still open.
pub(in crate::daemon) fn close_used_up(
    bench: &mut Bench<'_>,
    me: &AgentId,
    about: &About,
    kind: Kind,
    outcome: &Outcome,
) -> rusqlite::Result<Option<Drafted>> {
    if !is_used_up(kind, outcome) {
        return Ok(None);
    }
    let (peer, id) = (&about.peer, &about.conversation);
    // Where nothing was ever admitted there is nothing to end; else a peer could have an `end`
    // sent for every name that it makes up.
    let known = dialogue::find(bench.connection, peer, id)?;
    if known.is_none_or(|dialogue| dialogue.ended.is_some()) {
        return Ok(None);
    }
    let end = draft(
        bench,
        Draft {
            me: me.clone(),
            to: peer.clone(),
            kind: Kind::End,
            content: String::new(),
            conversation: Some(id.clone()),
            reply_session: None,
            idempotency_key: None,
            id: random::message_id(),
            new_conversation: id.clone(),
            drafted_at: bench.now,
            max_turns: None,
        },
    )?;
    dialogue::close(bench.connection, peer, id, bench.now, USED_UP)?;
    fault::point(Point::EndWritten);
    Ok(Some(end))
}

fn is_used_up(kind: Kind, outcome: &Outcome) -> bool {
    let is_refused_so = match outcome {
        Outcome::Refused(rejection) => rejection.code == words::TURN_LIMIT,
        Outcome::Admitted { .. } | Outcome::Held(_) => false,
    };
    match kind {
        Kind::Text => is_refused_so,
        Kind::End | Kind::Typing | Kind::ReadReceipt => false,
    }
}
