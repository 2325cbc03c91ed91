//! Messages that wait for a person in a daemon's database, as the daemon writes them when it gives one
//! up or holds it back.

use std::path::Path;

/// Puts a message of `sender` there that the policies admitted and the gateway never took.
pub(crate) fn give_up(data_dir: &Path, sender: &str, id: &str) {
    insert(data_dir, sender, id, Some("given up"));
}

/// Puts one there that came too late for the policies to be asked.
pub(crate) fn come_too_late(data_dir: &Path, sender: &str, id: &str) {
    insert(data_dir, sender, id, None);
}

/// Puts one there that a policy holds until a person answers.
pub(crate) fn hold_back(data_dir: &Path, sender: &str, id: &str) {
    insert(data_dir, sender, id, None);
    let hold = r#"{"policy": "acl", "code": "contact_request", "reason": "a stranger asks to talk", "until": null, "held_by": ["acl"]}"#;
    let update = "UPDATE inbox SET state = 'held', reason = NULL, settled_at = NULL, hold = ?2
                  WHERE id = ?1";
    change(data_dir, update, &[id, hold]);
}

/// Takes all that is called `id` away again.
pub(crate) fn take_away(data_dir: &Path, id: &str) {
    change(data_dir, "DELETE FROM inbox WHERE id = ?1", &[id]);
}

fn change(data_dir: &Path, statement: &str, with: &[&str]) {
    let database = rusqlite::Connection::open(data_dir.join("daemon.db")).unwrap();
    let with = rusqlite::params_from_iter(with);
    database.execute(statement, with).unwrap();
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
