//! Agents, their lists and the nonces of their connections.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension, Result, Row, params};

use super::row::{broken, count, millis, parse, timestamp};
use crate::relay::store::{AgentRecord, Card, CardChange, List, Listed, NewAgent};
use crate::types::{AgentId, Nonce, Secret, Timestamp};
use crate::wire::Features;

/// How many nonces one step of the broom takes.
const SWEEP_STEP: u32 = 1_000;

pub(super) fn register(c: &Connection, new: &NewAgent) -> Result<bool> {
    let card = &new.card;
    let inserted = c
        .prepare_cached(
            "INSERT INTO agent
                (id, secret, name, version, capabilities, description, created_at, updated_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING",
        )?
        .execute(params![
            card.agent_id.as_str(),
            new.secret.expose(),
            card.name,
            card.version,
            names_column(&card.capabilities),
            card.description,
            millis(card.created_at),
            millis(card.updated_at),
        ])?;
    Ok(inserted == 1)
}

pub(super) fn load(c: &Connection, id: &AgentId) -> Result<Option<AgentRecord>> {
    let record = c
        .prepare_cached(
            "SELECT id, name, version, capabilities, description, created_at, updated_at,
                    secret, last_features, allowlist_enabled, revision
             FROM agent WHERE id = ?1",
        )?
        .query_row([id.as_str()], read_record)
        .optional()?;
    let Some(record) = record else {
        return Ok(None);
    };
    Ok(Some(AgentRecord {
        blocked: peers(c, List::Blocked, id)?,
        allowed: peers(c, List::Allowed, id)?,
        ..record
    }))
}

fn read_record(row: &Row<'_>) -> Result<AgentRecord> {
    let capabilities: String = row.get(3)?;
    let features: Option<String> = row.get(8)?;
    Ok(AgentRecord {
        card: Card {
            agent_id: parse(row, 0)?,
            name: row.get(1)?,
            version: row.get(2)?,
            capabilities: serde_json::from_str(&capabilities).map_err(|why| broken(3, why))?,
            description: row.get(4)?,
            created_at: timestamp(row, 5)?,
            updated_at: timestamp(row, 6)?,
        },
        secret: Secret::new(row.get::<_, String>(7)?),
        last_features: features.map(|names| Features::from_names(names.split(','))),
        blocked: HashSet::new(),
        allowed: HashSet::new(),
        allowlist_enabled: row.get(9)?,
        revision: count(row, 10)?,
    })
}

fn peers(c: &Connection, list: List, id: &AgentId) -> Result<HashSet<AgentId>> {
    c.prepare_cached("SELECT peer_id FROM listed WHERE agent_id = ?1 AND list = ?2")?
        .query_map([id.as_str(), list_word(list)], |row| parse(row, 0))?
        .collect()
}

pub(super) fn change_card(
    c: &Connection,
    id: &AgentId,
    change: &CardChange,
    now: Timestamp,
) -> Result<()> {
    let capabilities = change.capabilities.as_deref().map(names_column);
    c.prepare_cached(
        "UPDATE agent SET name = coalesce(?2, name), version = coalesce(?3, version),
            capabilities = coalesce(?4, capabilities), description = coalesce(?5, description),
            updated_at = ?6, revision = revision + 1
         WHERE id = ?1",
    )?
    .execute(params![
        id.as_str(),
        change.name,
        change.version,
        capabilities,
        change.description,
        millis(now),
    ])?;
    Ok(())
}

pub(super) fn note_features(c: &Connection, id: &AgentId, features: Features) -> Result<()> {
    c.prepare_cached("UPDATE agent SET last_features = ?2, revision = revision + 1 WHERE id = ?1")?
        .execute(params![id.as_str(), features.names().join(",")])?;
    Ok(())
}

pub(super) fn enlist(
    c: &Connection,
    list: List,
    id: &AgentId,
    peer: &Listed,
    max: usize,
) -> Result<bool> {
    let others: u64 = c
        .prepare_cached(
            "SELECT count(*) FROM listed WHERE agent_id = ?1 AND list = ?2 AND peer_id != ?3",
        )?
        .query_row([id.as_str(), list_word(list), peer.peer.as_str()], |row| {
            count(row, 0)
        })?;
    if others >= max as u64 {
        return Ok(false);
    }
    c.prepare_cached(
        "INSERT INTO listed (agent_id, list, peer_id, reason, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT DO UPDATE SET reason = excluded.reason",
    )?
    .execute(params![
        id.as_str(),
        list_word(list),
        peer.peer.as_str(),
        peer.reason,
        millis(peer.created_at),
    ])?;
    grow_revision(c, id)?;
    Ok(true)
}

pub(super) fn delist(c: &Connection, list: List, id: &AgentId, peer: &AgentId) -> Result<()> {
    c.prepare_cached("DELETE FROM listed WHERE agent_id = ?1 AND list = ?2 AND peer_id = ?3")?
        .execute([id.as_str(), list_word(list), peer.as_str()])?;
    grow_revision(c, id)
}

pub(super) fn listed(c: &Connection, list: List, id: &AgentId) -> Result<Vec<Listed>> {
    c.prepare_cached(
        "SELECT peer_id, reason, created_at FROM listed
         WHERE agent_id = ?1 AND list = ?2 ORDER BY created_at, peer_id",
    )?
    .query_map([id.as_str(), list_word(list)], |row| {
        Ok(Listed {
            peer: parse(row, 0)?,
            reason: row.get(1)?,
            created_at: timestamp(row, 2)?,
        })
    })?
    .collect()
}

pub(super) fn set_allowlist(c: &Connection, id: &AgentId, enabled: bool) -> Result<()> {
    c.prepare_cached(
        "UPDATE agent SET allowlist_enabled = ?2, revision = revision + 1 WHERE id = ?1",
    )?
    .execute(params![id.as_str(), enabled])?;
    Ok(())
}

pub(super) fn claim_nonce(
    c: &Connection,
    agent: &AgentId,
    nonce: &Nonce,
    until: Timestamp,
) -> Result<bool> {
    let inserted = c
        .prepare_cached(
            "INSERT INTO nonce (agent_id, nonce, until) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
        )?
        .execute(params![agent.as_str(), nonce.as_str(), millis(until)])?;
    Ok(inserted == 1)
}

/// Writes more than a page, and takes it back.
pub(super) fn try_room(c: &Connection) -> Result<()> {
    c.prepare_cached(
        "INSERT INTO nonce (agent_id, nonce, until) VALUES ('', hex(zeroblob(4096)), 0)",
    )?
    .execute([])?;
    c.prepare_cached("DELETE FROM nonce WHERE agent_id = ''")?
        .execute([])?;
    Ok(())
}

/// Deletes some of the nonces whose time has passed, and says how many those were.
pub(super) fn forget_some_nonces(c: &Connection, now: Timestamp) -> Result<usize> {
    c.prepare_cached(
        "DELETE FROM nonce WHERE (agent_id, nonce) IN
            (SELECT agent_id, nonce FROM nonce WHERE until < ?1 LIMIT ?2)",
    )?
    .execute(params![millis(now), SWEEP_STEP])
}

fn grow_revision(c: &Connection, id: &AgentId) -> Result<()> {
    c.prepare_cached("UPDATE agent SET revision = revision + 1 WHERE id = ?1")?
        .execute([id.as_str()])?;
    Ok(())
}

fn list_word(list: List) -> &'static str {
    match list {
        List::Blocked => "blocked",
        List::Allowed => "allowed",
    }
}

fn names_column(names: &[String]) -> String {
    serde_json::Value::from(names).to_string()
}
