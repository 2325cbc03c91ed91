//! What `status` says is wrong, in sentences for a person.

use std::path::Path;

use super::GatewayStatus;
use crate::daemon::room::Load;
use crate::db::Health;

/// Says in time that the inbox fills while nobody empties it.
pub(super) fn inbox_problem(waiting: Load, room: Load, gateway: &GatewayStatus) -> Option<String> {
    let nearly = Load {
        messages: room.messages / 5 * 4,
        bytes: room.bytes / 5 * 4,
    };
    if gateway.ready || !waiting.fills(nearly) {
        return None;
    }
    let (messages, most, kib) = (waiting.messages, room.messages, room.bytes / 1024);
    Some(format!(
        "{messages} of at most {most} messages and {} of at most {kib} KiB wait and none is \
         delivered; once it is full, what comes stays at the relay",
        waiting.bytes / 1024
    ))
}

/// What is wrong with the database, and what becomes of messages meanwhile.
pub(super) fn database_problem(health: Health, path: &Path) -> Option<String> {
    let path = path.display();
    match health {
        Health::Well => None,
        Health::Full => Some(format!(
            "the disk of `{path}` is full: nothing is taken in or acknowledged until there is room"
        )),
        Health::Damaged => Some(format!(
            "`{path}` is damaged: nothing is taken in, sent or acknowledged; stop the daemon and put a \
             backup in its place"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_and_a_damaged_file_are_told_by_name() {
        let said = |health| database_problem(health, Path::new("/home/x.db"));
        assert_eq!(said(Health::Well), None);
        for (health, words) in [
            (Health::Full, "the disk of `/home/x.db` is full"),
            (Health::Damaged, "`/home/x.db` is damaged"),
        ] {
            let said = said(health).unwrap();
            assert!(
                said.starts_with(words) && said.contains("acknowledged"),
                "{said}"
            );
        }
    }

    #[test]
    fn an_inbox_that_fills_is_told_where_nothing_is_delivered() {
        let room = Load {
            messages: 10_000,
            bytes: 1_000,
        };
        for (messages, bytes, ready, told) in [
            (7_999, 799, false, false),
            (8_000, 1, false, true),
            (1, 800, false, true),
            (10_000, 1_000, false, true),
            (10_000, 1_000, true, false),
            (0, 0, false, false),
        ] {
            let waiting = Load { messages, bytes };
            let gateway = GatewayStatus {
                ready,
                ..GatewayStatus::default()
            };
            let problem = inbox_problem(waiting, room, &gateway);
            assert_eq!(problem.is_some(), told, "{waiting:?} {ready}");
        }
    }
}
