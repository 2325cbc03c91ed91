//! How far each peer is trusted. Owns the table; only the owner's word changes it.

use rusqlite::{Connection, OptionalExtension, params};

use super::rows::{parsed, time};
use super::view::TrustView;
use crate::types::{AgentId, Timestamp, Trust};

/// The level of `peer`: `unknown` where nobody has said anything.
pub(super) fn level(connection: &Connection, peer: &AgentId) -> rusqlite::Result<Trust> {
    let level = connection
        .prepare_cached("SELECT level FROM trust WHERE agent = ?1")?
        .query_row([peer.as_str()], |row| parsed(row, "level"))
        .optional()?;
    Ok(level.unwrap_or(Trust::Unknown))
}

/// Sets the level of `peer`.
pub(super) fn set(
    connection: &Connection,
    peer: &AgentId,
    level: Trust,
    now: Timestamp,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO trust (agent, level, changed_at) VALUES (?1, ?2, ?3)
             ON CONFLICT (agent) DO UPDATE SET level = excluded.level, changed_at = excluded.changed_at",
        )?
        .execute(params![peer.as_str(), level.as_str(), now.as_millis()])?;
    Ok(())
}

/// Every peer about whom the owner said something.
pub(super) fn list(connection: &Connection) -> rusqlite::Result<Vec<TrustView>> {
    connection
        .prepare_cached("SELECT agent, level, changed_at FROM trust ORDER BY agent")?
        .query_map([], |row| {
            Ok(TrustView {
                agent_id: parsed(row, "agent")?,
                level: parsed(row, "level")?,
                changed_at: time(row, "changed_at")?,
            })
        })?
        .collect()
}
