//! What was before this start, brought in order while nobody listens yet: the plugin's conversations,
//! drafts of a former agent, messages of a daemon that was killed.

use rusqlite::Connection;
use tracing::{info, warn};

use crate::clock::Clock;
use crate::daemon::dialogue;
use crate::daemon::identity::Known;
use crate::daemon::inbound::inbox;
use crate::daemon::outbound::outbox;
use crate::db::{Database, DbError};

/// Imports what the TypeScript plugin left in the state file, once.
pub(super) async fn take_over(db: &Database, known: &Known, clock: &Clock) -> Result<(), DbError> {
    let inherited = known
        .state
        .conversations
        .iter()
        .map(|(peer, conversation)| {
            // The plugin counted by conversation, in older versions by peer.
            let turns = &known.state.conversation_turns;
            let turns = turns
                .get(conversation.id.as_str())
                .or_else(|| turns.get(peer.as_str()));
            let one = dialogue::Inherited {
                conversation: conversation.id.clone(),
                reply_session: conversation.reply_session.clone(),
                turns: turns.map_or(0, |turns| (*turns).min(u32::MAX.into())),
            };
            (peer.clone(), one)
        })
        .collect();
    let now = clock.now();
    let count = db
        .write(move |connection| dialogue::import(connection, &inherited, now))
        .await?;
    if count > 0 {
        info!("took over {count} conversations from the state file");
    }
    Ok(())
}

/// Refuses what this daemon was to send as the agent that it was before.
pub(super) async fn leave_behind(
    db: &Database,
    known: &Known,
    clock: &Clock,
) -> Result<(), DbError> {
    let (me, before) = (known.identity.agent_id.clone(), known.before.clone());
    let before = before.unwrap_or_else(|| me.clone());
    let now = clock.now();
    // Nobody listens yet, so nobody is told but by the rows.
    let refused = db
        .write(move |connection| outbox::refuse_all_of_others(connection, &me, &before, now))
        .await?;
    if !refused.is_empty() {
        let count = refused.len();
        warn!("{count} messages were drafted as another agent and will not be sent");
    }
    Ok(())
}

/// Marks what a daemon that was killed had handed over and heard nothing of.
pub(super) async fn mark_unheard(db: &Database, clock: &Clock) -> Result<(), DbError> {
    let now = clock.now();
    let mark = move |connection: &Connection| {
        let inbox = inbox::mark_unheard(connection, now)?.len();
        Ok(inbox + outbox::mark_unheard(connection, now)?.len())
    };
    let unheard = db.write(mark).await?;
    if unheard > 0 {
        warn!(
            "messages sent again, since they may have arrived before the daemon was killed: {unheard}"
        );
    }
    Ok(())
}
