//! Held rows of both boxes, found by their moment or their reason. Reads alone.

use rusqlite::{Connection, Row, params};

use crate::daemon::called::Place;
use crate::daemon::rows::{RowId, from_json, parsed, time, unreadable};
use crate::daemon::view::HeldMessage;
use crate::policy::Hold;
use crate::types::{AgentId, Direction, Timestamp};

/// Up to `limit` messages whose moment has come by `now`: the earliest moment first, and then in
/// the order of their rows, what goes out before what came in.
pub(super) fn due(
    connection: &Connection,
    now: Timestamp,
    limit: usize,
) -> rusqlite::Result<Vec<Place>> {
    connection
        .prepare_cached(
            "SELECT 'outbound' AS direction, row, json_extract(hold, '$.until') AS until
             FROM outbox WHERE state = 'held' AND json_extract(hold, '$.until') <= ?1
             UNION ALL
             SELECT 'inbound', row, json_extract(hold, '$.until')
             FROM inbox WHERE state = 'held' AND json_extract(hold, '$.until') <= ?1
             ORDER BY until, direction DESC, row LIMIT ?2",
        )?
        .query_map(params![now.as_millis(), limit], place)?
        .collect()
}

/// The earliest moment at which a held message is to be released.
pub(super) fn next_until(connection: &Connection) -> rusqlite::Result<Option<Timestamp>> {
    let next: Option<u64> = connection
        .prepare_cached(
            "SELECT min(until) FROM (
                 SELECT min(json_extract(hold, '$.until')) AS until FROM outbox WHERE state = 'held'
                 UNION ALL
                 SELECT min(json_extract(hold, '$.until')) FROM inbox WHERE state = 'held')",
        )?
        .query_row([], |row| row.get(0))?;
    Ok(next.map(Timestamp::from_millis))
}

/// What is held because a policy failed, in the order of its rows, what goes out first.
pub(super) fn failed(connection: &Connection) -> rusqlite::Result<Vec<Place>> {
    connection
        .prepare_cached(
            "SELECT 'outbound' AS direction, row FROM outbox
             WHERE state = 'held' AND json_extract(hold, '$.code') = 'policy_error'
             UNION ALL
             SELECT 'inbound', row FROM inbox
             WHERE state = 'held' AND json_extract(hold, '$.code') = 'policy_error'
             ORDER BY direction DESC, row",
        )?
        .query_map([], place)?
        .collect()
}

/// What is held, the oldest first, at most `limit`.
pub(super) fn list(
    connection: &Connection,
    me: &AgentId,
    limit: usize,
) -> rusqlite::Result<Vec<HeldMessage>> {
    connection
        .prepare_cached(
            "SELECT 'outbound' AS direction, row, id, author, recipient AS receiver, kind,
                    conversation, content, created_at AS at, hold, annotations,
                    coalesce((SELECT level FROM trust WHERE agent = recipient), 'unknown') AS trust
             FROM outbox WHERE state = 'held'
             UNION ALL
             SELECT 'inbound', row, id, sender, ?1, kind, conversation, content, received_at, hold,
                    annotations, trust
             FROM inbox WHERE state = 'held'
             ORDER BY at, direction, row LIMIT ?2",
        )?
        .query_map(params![me.as_str(), limit], view)?
        .collect()
}

fn view(row: &Row<'_>) -> rusqlite::Result<HeldMessage> {
    let hold: Hold = from_json(row, "hold")?;
    Ok(HeldMessage {
        message_id: parsed(row, "id")?,
        direction: place(row)?.direction,
        from: parsed(row, "author")?,
        to: parsed(row, "receiver")?,
        conversation_id: parsed(row, "conversation")?,
        kind: parsed(row, "kind")?,
        content: row.get("content")?,
        trust: parsed(row, "trust")?,
        at: time(row, "at")?,
        annotations: from_json(row, "annotations")?,
        policy: hold.policy,
        code: hold.code.to_string(),
        reason: hold.reason,
        until: hold.until,
        held_by: hold.held_by,
    })
}

fn place(row: &Row<'_>) -> rusqlite::Result<Place> {
    let direction: String = row.get("direction")?;
    let direction = match direction.as_str() {
        "inbound" => Direction::Inbound,
        "outbound" => Direction::Outbound,
        _ => return Err(unreadable("direction", &direction)),
    };
    Ok(Place {
        direction,
        row: RowId(row.get("row")?),
    })
}
