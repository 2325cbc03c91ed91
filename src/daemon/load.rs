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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::daemon::schema::MIGRATIONS;

    /// Of which migration the counting is.
    const COUNTING: usize = 9;

    fn database(until: usize) -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        for step in &MIGRATIONS[..until] {
            connection.execute_batch(step).unwrap();
        }
        connection
    }

    fn comes(connection: &Connection, id: usize, state: &str) {
        connection
            .execute(
                "INSERT INTO inbox (sender, id, kind, conversation, content, trust, received_at,
                     stored_at, state, annotations, verdicts, content_bytes)
                 VALUES (?1, ?2, 'text', 'c', '', 'known', 1, 1, ?3, '[]', '[]', ?4)",
                params![(id / 2 % 2).to_string(), id.to_string(), state, 100 + id],
            )
            .unwrap();
    }

    fn goes(connection: &Connection, id: usize, state: &str) {
        connection
            .execute(
                "INSERT INTO outbox (author, id, recipient, kind, conversation, content, created_at,
                     state, annotations, verdicts, content_bytes)
                 VALUES ('9', ?2, ?1, 'text', 'c', '', 1, ?3, '[]', '[]', ?4)",
                params![(id / 2 % 2).to_string(), id.to_string(), state, 100 + id],
            )
            .unwrap();
    }

    /// What is counted, and what is there, by box and peer.
    fn both(connection: &Connection) -> [Vec<(String, String, u64, u64)>; 2] {
        let all = |sql: &str| {
            let mut query = connection.prepare(sql).unwrap();
            let rows = query.query_map([], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
            });
            rows.unwrap().collect::<rusqlite::Result<_>>().unwrap()
        };
        let counted = "SELECT * FROM load WHERE messages > 0 ORDER BY 1, 2";
        let there = "
            WITH each (box, peer, bytes) AS (
                SELECT state, sender, content_bytes FROM inbox WHERE state IN ('waiting', 'held')
                UNION ALL
                SELECT 'outbox', recipient, content_bytes FROM outbox
                WHERE state IN ('queued', 'held')),
            either AS (SELECT * FROM each UNION ALL SELECT box, '', bytes FROM each)
            SELECT box, peer, count(*), sum(bytes) FROM either GROUP BY box, peer ORDER BY 1, 2";
        [all(counted), all(there)]
    }

    #[test]
    fn what_is_counted_is_what_is_there_whatever_becomes_of_a_row() {
        let connection = database(MIGRATIONS.len());
        let inbox = ["waiting", "held", "delivered", "refused", "dead", "noted"];
        let outbox = ["queued", "held", "sent", "at_relay", "refused"];
        let mut id = 0;
        for (table, states) in [("inbox", &inbox[..]), ("outbox", &outbox[..])] {
            for before in states {
                for after in states {
                    id += 1;
                    match table {
                        "inbox" => comes(&connection, id, before),
                        _ => goes(&connection, id, before),
                    }
                    let [counted, there] = both(&connection);
                    assert_eq!(counted, there, "{table}: {before}");
                    let change = format!("UPDATE {table} SET state = ?1 WHERE id = ?2");
                    let changed = params![after, id.to_string()];
                    connection.execute(&change, changed).unwrap();
                    let [counted, there] = both(&connection);
                    assert_eq!(counted, there, "{table}: {before} to {after}");
                    // Every other one stays.
                    if id % 4 < 2 {
                        let delete = format!("DELETE FROM {table} WHERE id = ?1");
                        connection.execute(&delete, [id.to_string()]).unwrap();
                        let [counted, there] = both(&connection);
                        assert_eq!(counted, there, "{table}: {after}, gone");
                    }
                }
            }
        }
        let peer = AgentId::new("1").unwrap();
        let [counted, _] = both(&connection);
        for (of, name) in [
            (Counted::Waiting, "waiting"),
            (Counted::Held, "held"),
            (Counted::Outbox, "outbox"),
        ] {
            for (load, peer) in [
                (all(&connection, of).unwrap(), ""),
                (of_peer(&connection, of, &peer).unwrap(), "1"),
            ] {
                let read = (name.to_owned(), peer.to_owned(), load.messages, load.bytes);
                assert!(load.messages > 0 && counted.contains(&read), "{read:?}");
            }
        }
    }

    #[test]
    fn what_was_there_before_it_was_counted_is_counted_too() {
        let connection = database(COUNTING - 1);
        for (id, state) in [(1, "waiting"), (2, "waiting"), (3, "held"), (4, "dead")] {
            comes(&connection, id, state);
        }
        goes(&connection, 5, "queued");
        connection.execute_batch(MIGRATIONS[COUNTING - 1]).unwrap();
        let [counted, there] = both(&connection);
        assert_eq!(counted, there);
        assert_eq!(counted.len(), 7);
    }
}
