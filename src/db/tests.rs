//! The promises of the plumbing: order, durability, isolation of one write from another.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use super::*;

const SCHEMA: &[Migration] = &["CREATE TABLE note (n INTEGER PRIMARY KEY) STRICT;"];

#[tokio::test]
async fn what_was_answered_is_there_after_opening_again() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.db");
    let tasks = Tasks::new();
    let db = Database::open(&path, SCHEMA, &tasks).unwrap();
    db.write(|c| c.execute("INSERT INTO note VALUES (7)", []))
        .await
        .unwrap();
    drop(db);
    tasks.drain(Duration::from_secs(5)).await.unwrap();

    let db = Database::open(&path, SCHEMA, &Tasks::new()).unwrap();
    assert_eq!(db.read(notes).await.unwrap(), [7]);
    assert_eq!(notes(&db.reader().unwrap()).unwrap(), [7]);
}

#[tokio::test]
async fn a_write_that_goes_wrong_takes_no_other_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let db = Database::open(&dir.path().join("x.db"), SCHEMA, &Tasks::new()).unwrap();
    let mut pending = Vec::new();
    for n in [1, 2, 2, 3] {
        let insert = move |c: &Connection| c.execute("INSERT INTO note VALUES (?1)", [n]);
        pending.push(db.submit(insert).await);
    }
    let mut answers = Vec::new();
    for one in pending {
        answers.push(one.await.is_ok());
    }
    assert_eq!(answers, [true, true, false, true]);
    assert_eq!(db.read(notes).await.unwrap(), [1, 2, 3]);
}

#[tokio::test]
async fn writes_that_nobody_waits_for_happen_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let db = Database::open(&dir.path().join("x.db"), SCHEMA, &Tasks::new()).unwrap();
    for n in 0..1000 {
        let unwatched = db
            .submit(move |c| c.execute("INSERT INTO note VALUES (?1)", [n]))
            .await;
        drop(unwatched);
    }
    let count = db.write(|c| notes(c).map(|all| all.len())).await.unwrap();
    assert_eq!(count, 1000);
}

#[tokio::test]
async fn closing_commits_what_was_submitted_and_takes_nothing_more() {
    let dir = tempfile::tempdir().unwrap();
    let tasks = Tasks::new();
    let db = Database::open(&dir.path().join("x.db"), SCHEMA, &tasks).unwrap();
    let last = db
        .submit(|c| c.execute("INSERT INTO note VALUES (1)", []))
        .await;
    db.close().await;
    let late = db.write(|c| c.execute("INSERT INTO note VALUES (2)", []));
    assert!(matches!(late.await, Err(DbError::Closing)));
    last.await.unwrap();
    assert_eq!(db.read(notes).await.unwrap(), [1]);
    tasks.drain(Duration::from_secs(5)).await.unwrap();
}

#[tokio::test]
async fn a_reader_cannot_write() {
    let dir = tempfile::tempdir().unwrap();
    let db = Database::open(&dir.path().join("x.db"), SCHEMA, &Tasks::new()).unwrap();
    let refused = db
        .read(|c| c.execute("INSERT INTO note VALUES (1)", []))
        .await;
    assert!(refused.is_err());
    assert_eq!(db.read(notes).await.unwrap(), Vec::<i64>::new());
}

#[tokio::test]
async fn an_older_program_refuses_a_newer_database() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.db");
    let newer = &[SCHEMA[0], "CREATE TABLE more (n INTEGER) STRICT;"];
    drop(Database::open(&path, newer, &Tasks::new()).unwrap());
    let refused = Database::open(&path, SCHEMA, &Tasks::new()).unwrap_err();
    assert!(
        matches!(
            refused,
            OpenError::Newer {
                found: 2,
                known: 1,
                ..
            }
        ),
        "{refused}"
    );
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.db");
    std::fs::write(&path, "not a database, and longer than a header".repeat(9)).unwrap();
    let refused = Database::open(&path, SCHEMA, &Tasks::new()).unwrap_err();
    let expected = format!(
        "database `{0}` is damaged (file is not a database); put a backup in its place, or begin a \
         new one after `mv {0} {0}.damaged`",
        path.display()
    );
    assert_eq!(refused.to_string(), expected);
    assert!(
        std::fs::read_to_string(&path)
            .unwrap()
            .starts_with("not a database")
    );
}

#[tokio::test]
async fn a_damaged_file_is_named_when_it_is_opened_and_left_as_it_is() {
    let whole = filled().await;
    let overwritten = |from: usize, to: usize| {
        let mut bytes = whole.clone();
        bytes[from..to].fill(0xA5);
        bytes
    };
    let cases = [
        ("half of it is gone", whole[..whole.len() / 2].to_vec()),
        (
            "its last page is gone",
            whole[..whole.len() - 4096].to_vec(),
        ),
        ("only its head is there", whole[..100].to_vec()),
        ("its schema is overwritten", overwritten(100, 4096)),
        ("a page is overwritten", overwritten(5 * 4096, 6 * 4096)),
        (
            "the pages after the first are",
            overwritten(4096, whole.len()),
        ),
    ];
    for (name, bytes) in cases {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.db");
        std::fs::write(&path, &bytes).unwrap();
        let refused = Database::open(&path, BIG, &Tasks::new()).expect_err(name);
        assert!(
            matches!(&refused, OpenError::Damaged { why, .. } if !why.is_empty()),
            "{name}: {refused}"
        );
        assert!(std::fs::read(&path).unwrap() == bytes, "{name}");
    }
}

#[tokio::test]
async fn damage_that_is_met_later_is_an_error_and_noted() {
    let whole = filled().await;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.db");
    std::fs::write(&path, &whole).unwrap();
    let db = Database::open(&path, BIG, &Tasks::new()).unwrap();
    let count = |c: &Connection| {
        c.query_row("SELECT sum(length(b)) FROM big", [], |row| {
            row.get::<_, u64>(0)
        })
    };
    db.read(|c| c.execute_batch("SELECT 1")).await.unwrap();
    assert!(!db.damaged().is_cancelled());
    overwrite(&path, 3 * 4096, whole.len() - 3 * 4096);
    let refused = db.read(count).await.unwrap_err();
    assert!(refused.is_damage() && !refused.may_pass(), "{refused}");
    assert!(db.damaged().is_cancelled());
}

#[tokio::test]
async fn damage_that_a_write_meets_is_noted_too() {
    let whole = filled().await;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.db");
    std::fs::write(&path, &whole).unwrap();
    let db = Database::open(&path, BIG, &Tasks::new()).unwrap();
    // Nothing of it is left in memory.
    db.write(|c| c.pragma_update(None, "cache_size", 0))
        .await
        .unwrap();
    overwrite(&path, 3 * 4096, whole.len() - 3 * 4096);
    let refused = db
        .write(|c| c.execute("UPDATE big SET b = zeroblob(900)", []))
        .await
        .unwrap_err();
    assert!(refused.is_damage(), "{refused}");
    assert!(db.damaged().is_cancelled());
    assert_eq!(db.health(), Health::Damaged);
    let late = db.write(|_| Ok(())).await.unwrap_err();
    assert!(matches!(late, DbError::Damaged) && late.is_damage());
}

#[tokio::test]
async fn its_files_are_private_from_the_start_and_made_so_where_they_were_not() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.db");
    let names = ["x.db", "x.db-wal", "x.db-shm"];
    let db = Database::open(&path, SCHEMA, &Tasks::new()).unwrap();
    db.write(|c| c.execute("INSERT INTO note VALUES (1)", []))
        .await
        .unwrap();
    let modes = || names.map(|name| mode_of(&dir.path().join(name)));
    assert_eq!(modes(), [0o600; 3]);
    // As an earlier version left them, and a process that did not end in order.
    for name in names {
        let rights = std::fs::Permissions::from_mode(0o644);
        std::fs::set_permissions(dir.path().join(name), rights).unwrap();
    }
    let again = Database::open(&path, SCHEMA, &Tasks::new()).unwrap();
    assert_eq!(modes(), [0o600; 3]);
    assert_eq!(again.read(notes).await.unwrap(), [1]);
}

#[tokio::test]
async fn a_database_behind_a_link_is_not_opened() {
    let dir = tempfile::tempdir().unwrap();
    let (path, link) = (dir.path().join("x.db"), dir.path().join("link.db"));
    drop(Database::open(&path, SCHEMA, &Tasks::new()).unwrap());
    std::os::unix::fs::symlink(&path, &link).unwrap();
    let refused = Database::open(&link, SCHEMA, &Tasks::new()).unwrap_err();
    let expected = matches!(refused, OpenError::File(FileError::SymbolicLink { .. }));
    assert!(expected, "{refused}");
}

#[tokio::test]
async fn a_full_database_is_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.db");
    let schema: &[Migration] = &["CREATE TABLE big (b BLOB) STRICT;"];
    let db = Database::open(&path, schema, &Tasks::new()).unwrap();
    let fill = |c: &Connection| {
        c.pragma_update(None, "max_page_count", 8)?;
        c.execute("INSERT INTO big VALUES (zeroblob(1000000))", [])
    };
    let refused = db.write(fill).await.unwrap_err();
    assert!(refused.is_full(), "{refused}");
    assert_eq!(db.health(), Health::Full);
    // What writes nothing says nothing.
    db.write(|_| Ok(())).await.unwrap();
    assert_eq!(db.health(), Health::Full);
    db.write(|c| c.execute("INSERT INTO big VALUES (zeroblob(1))", []))
        .await
        .unwrap();
    assert_eq!(db.health(), Health::Well);
}

#[tokio::test]
async fn a_file_is_examined_as_it_is_and_nothing_is_made_beside_it() {
    let bytes = filled().await;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a %41?#.db");
    std::fs::write(&path, &bytes).unwrap();
    examine(&path).unwrap();
    overwrite(&path, 3 * 4096, 4096);
    let damaged = std::fs::read(&path).unwrap();
    assert!(matches!(
        examine(&path).unwrap_err(),
        OpenError::Damaged { .. }
    ));
    assert!(std::fs::read(&path).unwrap() == damaged);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    std::fs::write(&path, "no database ".repeat(999)).unwrap();
    let refused = examine(&path).unwrap_err();
    assert!(matches!(refused, OpenError::Damaged { .. }), "{refused}");
}

const BIG: &[Migration] = &["CREATE TABLE big (b BLOB) STRICT;"];

/// The bytes of a database of many pages, as a daemon that ended in order leaves it.
async fn filled() -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.db");
    let tasks = Tasks::new();
    let db = Database::open(&path, BIG, &tasks).unwrap();
    for _ in 0..100 {
        db.write(|c| c.execute("INSERT INTO big VALUES (randomblob(900))", []))
            .await
            .unwrap();
    }
    db.close().await;
    drop(db);
    tasks.drain(Duration::from_secs(5)).await.unwrap();
    let bytes = std::fs::read(&path).unwrap();
    assert!(bytes.len() > 20 * 4096 && !dir.path().join("x.db-wal").exists());
    bytes
}

fn overwrite(path: &Path, from: usize, bytes: usize) {
    use std::io::{Seek, SeekFrom, Write};
    let mut file = std::fs::OpenOptions::new().write(true).open(path).unwrap();
    file.seek(SeekFrom::Start(from as u64)).unwrap();
    file.write_all(&vec![0xA5; bytes]).unwrap();
}

fn mode_of(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

fn notes(connection: &Connection) -> rusqlite::Result<Vec<i64>> {
    let mut statement = connection.prepare("SELECT n FROM note ORDER BY n")?;
    statement.query_map([], |row| row.get(0))?.collect()
}
