//! Dead letters in a daemon's database, as the daemon writes them when it gives a message up.

use std::path::Path;

/// Puts a message of `sender` there that the policies admitted and the gateway never took.
pub(crate) fn give_up(data_dir: &Path, sender: &str, id: &str) {
    insert(data_dir, sender, id, Some("given up"));
}

/// Puts one there that came too late for the policies to be asked.
pub(crate) fn come_too_late(data_dir: &Path, sender: &str, id: &str) {
    insert(data_dir, sender, id, None);
}

fn insert(data_dir: &Path, sender: &str, id: &str, admitted: Option<&str>) {
    let database = rusqlite::Connection::open(data_dir.join("daemon.db")).unwrap();
    let insert = "INSERT INTO inbox (sender, id, kind, conversation, content, admitted, trust,
                      received_at, stored_at, settled_at, state, reason, annotations, verdicts,
                      attempts, may_repeat, content_bytes)
                  VALUES (?1, ?2, 'text', 'c-1', 'as it came', ?3, 'known', 5, 6, 7, 'dead',
                      'the gateway answered 500, after 10 attempts', '[]', '[]', 10, 1, 10)";
    database
        .execute(insert, rusqlite::params![sender, id, admitted])
        .unwrap();
}
