//! What stands in each box, of everybody and of one peer: read here, counted by the triggers of
//! `schema/0009_room.sql` whenever a row changes.

use rusqlite::{Connection, OptionalExtension, params};

use super::room::Load;
use crate::types::AgentId;

/// What counts against a room of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Counted {
    /// What waits for the agent.
    Waiting,
    /// What came in and is held.
    Held,
    /// What waits for the relay, or is held on its way there.
    Outbox,
}

impl Counted {
    fn as_str(self) -> &'static str {
        match self {
            Counted::Waiting => "waiting",
            Counted::Held => "held",
            Counted::Outbox => "outbox",
        }
    }
}

/// All that is in `of`.
pub(super) fn all(connection: &Connection, of: Counted) -> rusqlite::Result<Load> {
    read(connection, of, "")
}

/// What of it is from `peer`, or for it.
pub(super) fn of_peer(
    connection: &Connection,
    of: Counted,
    peer: &AgentId,
) -> rusqlite::Result<Load> {
    read(connection, of, peer.as_str())
}

fn read(connection: &Connection, of: Counted, peer: &str) -> rusqlite::Result<Load> {
    let load = connection
        .prepare_cached("SELECT messages, bytes FROM load WHERE box = ?1 AND peer = ?2")?
        .query_row(params![of.as_str(), peer], |row| {
            Ok(Load {
                messages: row.get(0)?,
                bytes: row.get(1)?,
            })
        })
        .optional()?;
    Ok(load.unwrap_or_default())
}
