//! What goes and what stays: the plain decision, and the rows that it means.

use std::time::Duration;

use proptest::prelude::*;
use rusqlite::Connection;
use tempfile::TempDir;

use super::*;
use crate::daemon::schema::MIGRATIONS;
use crate::tasks::Tasks;

const NOW: Timestamp = Timestamp::from_millis(1_795_373_464_750);
const MOMENT: Duration = Duration::from_millis(1);

#[test]
fn only_what_is_at_its_end_has_bounds_and_a_dead_letter_has_no_age() {
    for (stage, kept, at_most) in [
        (Stage::Settled, Some(DAY * 30), 100_000),
        (Stage::Refused, Some(DAY * 14), 10_000),
        (Stage::Dead, None, 10_000),
    ] {
        assert_eq!(stage.bounds(), Some(Bounds { kept, at_most }), "{stage:?}");
        assert_eq!(stage.settled_at(NOW), Some(NOW.as_millis()));
    }
    assert_eq!(Stage::Open.bounds(), None);
    assert_eq!(Stage::Open.settled_at(NOW), None);
    // A refusal without its identity has no digest, and one that repeats would not be known.
    assert!(REFUSED_KEPT <= IDENTITY_KEPT);
    assert!(crate::daemon::lane::MAX_MESSAGE_AGE * 2 <= IDENTITY_KEPT);
}

#[test]
fn what_stays_first_is_told_by_age_or_by_number_whichever_lets_go_more() {
    let ended = |days: u32, row| Ended {
        at: NOW - DAY * days,
        row: RowId(row),
    };
    for (kept, last_of_number, expected) in [
        (Some(30), None, Some(ended(30, 0))),
        (Some(30), Some(ended(31, 7)), Some(ended(30, 0))),
        (Some(30), Some(ended(29, 7)), Some(ended(29, 7))),
        (None, Some(ended(29, 7)), Some(ended(29, 7))),
        (None, None, None),
    ] {
        let bounds = Bounds {
            kept: kept.map(|days| DAY * days),
            at_most: 1,
        };
        assert_eq!(first_to_stay(bounds, NOW, last_of_number), expected);
    }
}

proptest! {
    /// Said row by row: a message goes once it is too old, or as many newer ones are there as stay.
    #[test]
    fn a_message_goes_for_its_age_or_for_those_after_it_and_for_nothing_else(
        ages in prop::collection::vec(0_u64..100, 0..40),
        kept in prop::option::of(0_u64..100),
        at_most in 1_usize..40,
    ) {
        let mut all: Vec<Ended> = ages.iter().zip(1..).map(|(age, row)| Ended {
            at: NOW - Duration::from_millis(*age),
            row: RowId(row),
        }).collect();
        all.sort_unstable();
        all.reverse();
        let bounds = Bounds {
            kept: kept.map(Duration::from_millis),
            at_most: at_most as u64,
        };
        let edge = first_to_stay(bounds, NOW, all.get(at_most - 1).copied());
        for (newer, one) in all.iter().enumerate() {
            let too_old = bounds.kept.is_some_and(|kept| NOW.since(one.at) > kept);
            let goes = too_old || newer >= at_most;
            prop_assert_eq!(Some(*one) < edge, goes, "{:?} of {:?}", one, all);
        }
    }
}

#[tokio::test]
async fn what_is_at_its_end_goes_in_time_with_its_story_and_what_waits_never_does() {
    let (_dir, db) = open();
    let ages = [
        DAY * 14,
        DAY * 14 + MOMENT,
        DAY * 30,
        DAY * 30 + MOMENT,
        DAY * 9999,
    ];
    db.write(move |c| {
        for state in ["waiting", "held", "delivered", "noted", "refused", "dead"] {
            for (number, age) in ages.iter().enumerate() {
                let is_open = ["waiting", "held"].contains(&state);
                insert_inbox(c, &format!("{state}-{number}"), state, is_open, NOW - *age)?;
            }
        }
        for state in ["queued", "held", "sent", "at_relay", "refused"] {
            for (number, age) in ages.iter().enumerate() {
                let is_open = ["queued", "held"].contains(&state);
                insert_outbox(c, &format!("{state}-{number}"), state, is_open, NOW - *age)?;
            }
        }
        Ok(())
    })
    .await
    .unwrap();
    let gone = round(&db, NOW).await.unwrap();
    assert_eq!((gone.messages, gone.dead), (2 + 2 + 4 + 2 + 2 + 4, 0));
    let left = |table: &'static str, state: &'static str| {
        let sql = format!("SELECT id FROM {table} WHERE state = '{state}' ORDER BY row");
        db.read(move |c| strings(c, &sql))
    };
    for (table, state, count) in [
        ("inbox", "waiting", 5),
        ("inbox", "held", 5),
        ("inbox", "dead", 5),
        ("inbox", "delivered", 3),
        ("inbox", "noted", 3),
        ("inbox", "refused", 1),
        ("outbox", "queued", 5),
        ("outbox", "held", 5),
        ("outbox", "sent", 3),
        ("outbox", "at_relay", 3),
        ("outbox", "refused", 1),
    ] {
        let expected: Vec<_> = (0..count)
            .map(|number| format!("{state}-{number}"))
            .collect();
        assert_eq!(
            left(table, state).await.unwrap(),
            expected,
            "{table} {state}"
        );
    }
    let told = "SELECT direction || id FROM story ORDER BY 1";
    let kept = "SELECT 'inbound' || id FROM inbox UNION ALL SELECT 'outbound' || id FROM outbox
                ORDER BY 1";
    let stories = db.read(|c| strings(c, told)).await.unwrap();
    assert_eq!(stories, db.read(|c| strings(c, kept)).await.unwrap());
    assert_eq!(round(&db, NOW).await.unwrap(), Gone::default());
}

#[tokio::test]
async fn the_text_of_what_went_is_nowhere_in_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("daemon.db");
    let tasks = Tasks::new();
    let db = Database::open(&path, MIGRATIONS, &tasks).unwrap();
    overwrite_deleted(&db).await.unwrap();
    db.write(|c| {
        // One in its page, one that needs pages of its own.
        for (id, text) in [
            ("short", "sesame".to_owned()),
            ("long", "sesame".repeat(9_999)),
        ] {
            insert_inbox(c, id, "delivered", false, NOW - DAY * 31)?;
            c.execute("UPDATE inbox SET content = ?1 WHERE id = ?2", [&text, id])?;
        }
        Ok(())
    })
    .await
    .unwrap();
    assert_eq!(round(&db, NOW).await.unwrap().messages, 2);
    db.close().await;
    drop(db);
    tasks.drain(Duration::from_secs(5)).await.unwrap();
    let bytes = std::fs::read(&path).unwrap();
    assert!(!bytes.windows(6).any(|part| part == b"sesame"));
}

#[tokio::test]
async fn a_flood_of_refusals_keeps_the_newest_and_no_more_than_their_number() {
    let (_dir, db) = open();
    let beyond = 2 * BATCH as u64 + 50;
    db.write(move |c| {
        flood(c, "refused", REFUSED_AT_MOST + beyond)?;
        flood(c, "dead", DEAD_AT_MOST + 1)
    })
    .await
    .unwrap();
    let gone = round(&db, NOW).await.unwrap();
    let expected = usize::try_from(beyond + 1).unwrap();
    assert_eq!((gone.messages, gone.dead), (expected, 1));
    let oldest = "SELECT CAST(min(CAST(substr(id, 9) AS INTEGER)) AS TEXT) FROM inbox
                  WHERE state = 'refused'";
    let oldest = db.read(move |c| strings(c, oldest)).await.unwrap();
    assert_eq!(oldest, [(beyond + 1).to_string()]);
}

#[tokio::test]
async fn an_identity_goes_in_time_but_not_before_its_row_nor_before_a_repeat_is_out_of_question() {
    let (_dir, db) = open();
    db.write(|c| {
        for (id, age) in [
            ("fresh", IDENTITY_KEPT),
            ("old", IDENTITY_KEPT + MOMENT),
            ("with-row", IDENTITY_KEPT + MOMENT),
        ] {
            insert_taken(c, id, "accepted", NOW - age)?;
        }
        insert_inbox(c, "with-row", "waiting", true, NOW - DAY * 20)
    })
    .await
    .unwrap();
    assert_eq!(round(&db, NOW).await.unwrap().identities, 1);
    let ids = || db.read(|c| strings(c, "SELECT id FROM taken ORDER BY id"));
    assert_eq!(ids().await.unwrap(), ["fresh", "with-row"]);

    // Of refused ones a flood leaves the newest.
    db.write(|c| {
        c.execute(
            "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?1)
             INSERT INTO taken SELECT '2', 'r' || n, zeroblob(32), 'refused', ?2 + n FROM n",
            [REFUSED_IDENTITIES_AT_MOST + 3, (NOW - DAY).as_millis()],
        )
    })
    .await
    .unwrap();
    assert_eq!(round(&db, NOW).await.unwrap().identities, 3);
    let first = "SELECT id FROM taken WHERE sender = '2' ORDER BY taken_at LIMIT 1";
    assert_eq!(db.read(move |c| strings(c, first)).await.unwrap(), ["r4"]);
}

#[tokio::test]
async fn a_silent_conversation_goes_unless_its_peer_means_something_or_something_waits() {
    let (_dir, db) = open();
    db.write(|c| {
        for (peer, level) in [
            ("2", "blocked"),
            ("3", "known"),
            ("4", "owner"),
            ("5", "unknown"),
        ] {
            c.execute("INSERT INTO trust VALUES (?1, ?2, 0)", [peer, level])?;
        }
        let old = NOW - DIALOGUE_KEPT - MOMENT;
        for (peer, at) in [
            ("1", NOW - DIALOGUE_KEPT),
            ("2", old),
            ("3", old),
            ("4", old),
            ("5", old),
            ("6", old),
            ("7", old),
        ] {
            c.execute(
                "INSERT INTO dialogue (peer, conversation, last_at) VALUES (?1, 'c', ?2)",
                rusqlite::params![peer, at.as_millis()],
            )?;
        }
        c.execute(
            "UPDATE dialogue SET ended_at = ?1 WHERE peer = '7'",
            [NOW.as_millis()],
        )?;
        insert_outbox(c, "waits", "queued", true, old)?;
        c.execute("UPDATE outbox SET recipient = '6', conversation = 'c'", [])
    })
    .await
    .unwrap();
    assert_eq!(round(&db, NOW).await.unwrap().dialogues, 1);
    let peers = "SELECT peer FROM dialogue ORDER BY peer";
    let left = db.read(move |c| strings(c, peers)).await.unwrap();
    assert_eq!(left, ["1", "2", "3", "4", "6", "7"]);
}

#[tokio::test]
async fn it_is_looked_at_from_the_start_and_once_much_has_happened() {
    let (_dir, db) = open();
    let events = Events::new();
    let (clock, stop) = (Clock::manual(NOW), CancellationToken::new());
    let old = |c: &Connection| insert_inbox(c, "old", "delivered", false, NOW - DAY * 31);
    db.write(old).await.unwrap();
    let outbox = Outbox::new(db.clone(), events.clone(), clock.clone());
    let keeping = keep(db.clone(), outbox, events.clone(), clock, stop.clone());
    let looking = async {
        let gone = async || {
            while !db
                .read(|c| strings(c, "SELECT id FROM inbox"))
                .await
                .unwrap()
                .is_empty()
            {
                tokio::task::yield_now().await;
            }
        };
        gone().await;
        db.write(old).await.unwrap();
        let live = Event::Trust {
            agent_id: crate::types::AgentId::new("1").unwrap(),
            level: crate::types::Trust::Known,
        };
        for _ in 0..=ROUND_AFTER_EVENTS {
            events.tell(live.clone());
        }
        gone().await;
        stop.cancel();
    };
    tokio::join!(keeping, looking);
}

fn open() -> (TempDir, Database) {
    let dir = tempfile::tempdir().unwrap();
    let db = Database::open(&dir.path().join("daemon.db"), MIGRATIONS, &Tasks::new()).unwrap();
    (dir, db)
}

fn insert_inbox(
    c: &Connection,
    id: &str,
    state: &str,
    is_open: bool,
    at: Timestamp,
) -> rusqlite::Result<usize> {
    let settled_at = (!is_open).then_some(at.as_millis());
    c.execute(
        "INSERT INTO inbox (sender, id, kind, conversation, content, trust, received_at, stored_at,
             state, annotations, verdicts, settled_at)
         VALUES ('1', ?1, 'text', 'c', 'x', 'unknown', ?2, ?2, ?3, '[]', '[]', ?4)",
        rusqlite::params![id, at.as_millis(), state, settled_at],
    )?;
    tell_story(c, "inbound", id)
}

fn insert_outbox(
    c: &Connection,
    id: &str,
    state: &str,
    is_open: bool,
    at: Timestamp,
) -> rusqlite::Result<usize> {
    let settled_at = (!is_open).then_some(at.as_millis());
    c.execute(
        "INSERT INTO outbox (author, recipient, id, kind, conversation, content, created_at, state,
             annotations, verdicts, settled_at)
         VALUES ('1', '2', ?1, 'text', 'c', 'x', ?2, ?3, '[]', '[]', ?4)",
        rusqlite::params![id, at.as_millis(), state, settled_at],
    )?;
    tell_story(c, "outbound", id)
}

fn tell_story(c: &Connection, direction: &str, id: &str) -> rusqlite::Result<usize> {
    c.execute(
        "INSERT INTO story (direction, author, id, at, what) VALUES (?1, '1', ?2, 0, 'x')",
        [direction, id],
    )
}

/// `count` messages in `state`, `state-1` the oldest.
fn flood(c: &Connection, state: &str, count: u64) -> rusqlite::Result<usize> {
    c.execute(
        "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?1)
         INSERT INTO inbox (sender, id, kind, conversation, content, trust, received_at, stored_at,
             state, annotations, verdicts, settled_at)
         SELECT '9', ?2 || '-' || n, 'text', 'c', '', 'unknown', 0, 0, ?2, '[]', '[]', ?3 + n
         FROM n",
        rusqlite::params![count, state, (NOW - DAY).as_millis()],
    )
}

fn insert_taken(c: &Connection, id: &str, outcome: &str, at: Timestamp) -> rusqlite::Result<usize> {
    c.execute(
        "INSERT INTO taken VALUES ('1', ?1, zeroblob(32), ?2, ?3)",
        rusqlite::params![id, outcome, at.as_millis()],
    )
}

fn strings(c: &Connection, sql: &str) -> rusqlite::Result<Vec<String>> {
    c.prepare(sql)?.query_map([], |row| row.get(0))?.collect()
}
