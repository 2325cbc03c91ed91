//! What an older program wrote, as this one finds it.

use std::time::Duration;

use rusqlite::Connection;

use super::MIGRATIONS;
use crate::daemon::outbound::outbox;
use crate::db::Database;
use crate::tasks::Tasks;
use crate::types::{AgentId, Timestamp};

const NOW: Timestamp = Timestamp::from_millis(1_795_373_464_750);

/// The steps before messages had an author and an end.
const BEFORE: usize = 3;

/// The steps before a dead letter could be dropped.
const BEFORE_DROPPED: usize = 5;

#[tokio::test]
async fn an_older_database_gets_authors_and_ends_and_loses_the_text_of_what_was_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("daemon.db");
    let tasks = Tasks::new();
    let old = Database::open(&path, &MIGRATIONS[..BEFORE], &tasks).unwrap();
    old.write(|c| {
        for state in ["waiting", "held", "delivered", "refused", "dead", "noted"] {
            c.execute(
                "INSERT INTO inbox (sender, id, kind, conversation, content, trust, received_at,
                     stored_at, state, annotations, verdicts)
                 VALUES ('1', ?1, 'text', 'c', 'grüße', 'unknown', 5, 7, ?1, '[]', '[]')",
                [state],
            )?;
        }
        for (id, state, attempts) in [
            ("queued", "queued", 3),
            ("by-policy", "refused", 0),
            ("by-relay", "refused", 1),
        ] {
            c.execute(
                "INSERT INTO outbox (id, recipient, kind, conversation, content, created_at, state,
                     annotations, verdicts, attempts)
                 VALUES (?1, '2', 'text', 'c', 'hello', 7, ?2, '[]', '[]', ?3)",
                rusqlite::params![id, state, attempts],
            )?;
        }
        Ok(())
    })
    .await
    .unwrap();
    old.close().await;
    drop(old);
    tasks.drain(Duration::from_secs(5)).await.unwrap();

    let db = Database::open(&path, MIGRATIONS, &Tasks::new()).unwrap();
    let inbox = "SELECT id, content, content_bytes, settled_at FROM inbox ORDER BY row";
    let end = Some(7);
    let expected = [
        ("waiting", "grüße", 7, None),
        ("held", "grüße", 7, None),
        ("delivered", "grüße", 7, end),
        ("refused", "", 7, end),
        ("dead", "grüße", 7, end),
        ("noted", "grüße", 7, end),
    ];
    assert_eq!(rows(&db, inbox).await, expected.map(owned));
    let outbox = "SELECT id, content, content_bytes, settled_at FROM outbox ORDER BY row";
    let expected = [
        ("queued", "hello", 5, None),
        ("by-policy", "", 5, end),
        ("by-relay", "hello", 5, end),
    ];
    assert_eq!(rows(&db, outbox).await, expected.map(owned));

    // Whose they are is what the state file said before.
    let (me, before) = (AgentId::new("9").unwrap(), AgentId::new("8").unwrap());
    let refused = db
        .write(move |c| outbox::refuse_all_of_others(c, &me, &before, NOW))
        .await
        .unwrap();
    assert_eq!(refused.len(), 1);
    let authors = |c: &Connection| {
        c.query_row(
            "SELECT group_concat(DISTINCT author) FROM outbox",
            [],
            |row| row.get::<_, String>(0),
        )
    };
    assert_eq!(db.read(authors).await.unwrap(), "8");
}

#[tokio::test]
async fn an_older_inbox_keeps_its_rows_and_never_gives_a_number_twice() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("daemon.db");
    let tasks = Tasks::new();
    let old = Database::open(&path, &MIGRATIONS[..BEFORE_DROPPED], &tasks).unwrap();
    let insert = "INSERT INTO inbox (sender, id, kind, conversation, content, trust, received_at,
                      stored_at, state, annotations, verdicts, may_repeat, attempts, content_bytes)
                  VALUES ('1', ?1, 'text', 'c', 'hello', 'unknown', 5, 7, 'dead', '[]', '[]', 1, 3, 5)";
    let wait = "UPDATE inbox SET state = 'waiting' WHERE id = 'b'";
    old.write(|c| {
        for id in ["a", "b", "c"] {
            c.execute(insert, [id])?;
        }
        c.execute(wait, [])?;
        c.execute("DELETE FROM inbox WHERE id IN ('a', 'c')", [])
    })
    .await
    .unwrap();
    old.close().await;
    drop(old);
    tasks.drain(Duration::from_secs(5)).await.unwrap();

    let db = Database::open(&path, MIGRATIONS, &Tasks::new()).unwrap();
    let last = db.write(|c| {
        c.execute(insert, ["d"])?;
        c.execute("UPDATE inbox SET state = 'dropped' WHERE id = 'd'", [])?;
        Ok(c.last_insert_rowid())
    });
    assert_eq!(last.await.unwrap(), 4);
    let kept = "SELECT id, content, may_repeat + attempts, row FROM inbox ORDER BY row";
    let expected = [("b", "hello", 4, Some(2)), ("d", "hello", 4, Some(4))];
    assert_eq!(rows(&db, kept).await, expected.map(owned));
    // What waited may have been under way, and alone.
    let bound = "SELECT id, content, 0, batch FROM inbox ORDER BY row";
    let expected = [("b", "hello", 0, Some(2)), ("d", "hello", 0, None)];
    assert_eq!(rows(&db, bound).await, expected.map(owned));
}

type Shown = (String, String, u64, Option<u64>);

fn owned((id, content, bytes, end): (&str, &str, u64, Option<u64>)) -> Shown {
    (id.to_owned(), content.to_owned(), bytes, end)
}

async fn rows(db: &Database, sql: &'static str) -> Vec<Shown> {
    db.read(move |c| {
        c.prepare(sql)?
            .query_map([], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
            })?
            .collect()
    })
    .await
    .unwrap()
}

#[test]
fn a_message_is_found_by_its_id_without_going_through_a_box() {
    let connection = Connection::open_in_memory().unwrap();
    for step in MIGRATIONS {
        connection.execute_batch(step).unwrap();
    }
    for table in ["inbox", "outbox"] {
        let ask = format!("EXPLAIN QUERY PLAN SELECT row FROM {table} WHERE id = 'm'");
        let plan: String = connection.query_row(&ask, [], |row| row.get(3)).unwrap();
        assert!(plan.starts_with("SEARCH"), "{plan}");
    }
}
