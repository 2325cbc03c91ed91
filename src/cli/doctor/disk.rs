//! The disk: whether there is room, and whether the database is whole.

use std::path::Path;

use super::daemon::{Disk, Status};
use super::finding::Finding;
use crate::files::shell_word;

const MIB: u64 = 1024 * 1024;
/// Less room than this is time to do something.
const LITTLE: u64 = 1024 * MIB;
/// Less room than this is soon none.
const NEARLY_NONE: u64 = 100 * MIB;

/// Whether there is room where the database is.
pub(super) fn room(folder: &Path, free: Result<u64, &str>) -> Finding {
    let check = "room";
    let look = format!("df -h {}", shell_word(folder));
    let left = |bytes: u64| match bytes / MIB {
        mib if mib < 1024 => format!("{mib} MiB"),
        mib => format!("{} GiB", mib / 1024),
    };
    match free {
        Err(why) => Finding::unknown(check, format!("`{}`: {why}", folder.display())),
        Ok(bytes) if bytes < NEARLY_NONE => Finding::problem(
            check,
            format!(
                "{} are free: once the disk is full nothing is taken in",
                left(bytes)
            ),
            look,
        ),
        Ok(bytes) if bytes < LITTLE => {
            Finding::warning(check, format!("only {} are free", left(bytes)), look)
        }
        Ok(bytes) => Finding::ok(check, format!("{} are free", left(bytes))),
    }
}

/// How the file of the database was found where no daemon has it open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum File {
    Missing,
    Whole,
    Damaged(String),
    /// A daemon has begun to use it meanwhile, or it cannot be read.
    Unread(String),
}

/// Whether the database is whole: by the daemon that has it open, else by what was found.
pub(super) fn database(path: &Path, status: Option<&Status>, file: &File) -> Finding {
    let check = "database";
    let word = shell_word(path);
    let away = || format!("mv {word} {word}.damaged");
    if let Some(status) = status {
        let problem = status.database_problem.as_deref().unwrap_or_default();
        return match status.disk {
            Disk::Well => Finding::ok(check, "the daemon reads and writes it"),
            Disk::Full => Finding::problem(check, problem, format!("df -h {word}")),
            Disk::Damaged => Finding::problem(check, problem, away()),
        };
    }
    match file {
        File::Missing => Finding::ok(check, "it is made at the first start"),
        File::Whole => Finding::ok(check, format!("`{}` is whole", path.display())),
        File::Damaged(why) => Finding::problem(
            check,
            format!("{why}: put a backup in its place, or begin a new one"),
            away(),
        ),
        File::Unread(why) => Finding::unknown(check, why.as_str()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::daemon::tests::status;
    use super::super::finding::Level;
    use super::*;

    #[test]
    fn little_room_is_told_in_time() {
        let folder = Path::new("/h/a b");
        for (free, level, says) in [
            (Ok(5 * 1024 * MIB), Level::Ok, "5 GiB are free"),
            (Ok(LITTLE), Level::Ok, "1 GiB"),
            (Ok(LITTLE - 1), Level::Warning, "only 1023 MiB"),
            (Ok(NEARLY_NONE), Level::Warning, "only 100 MiB"),
            (Ok(NEARLY_NONE - 1), Level::Problem, "99 MiB are free: "),
            (Err("denied"), Level::Unknown, "denied"),
        ] {
            let finding = room(folder, free);
            assert_eq!(finding.level, level, "{free:?}");
            assert!(finding.says.contains(says), "{finding:?}");
            let looks = finding.command.as_deref() == Some("df -h '/h/a b'");
            assert_eq!(looks, matches!(level, Level::Warning | Level::Problem));
        }
    }

    #[test]
    fn a_database_is_judged_by_who_has_it_open() {
        let path = Path::new("/h/daemon.db");
        let damaged = || File::Damaged("no page 7".to_owned());
        let away = Some("mv /h/daemon.db /h/daemon.db.damaged");
        for (disk, file, level, command) in [
            (Some("well"), File::Whole, Level::Ok, None),
            (Some("damaged"), File::Whole, Level::Problem, away),
            (
                Some("full"),
                File::Whole,
                Level::Problem,
                Some("df -h /h/daemon.db"),
            ),
            (None, File::Missing, Level::Ok, None),
            (None, File::Whole, Level::Ok, None),
            (None, damaged(), Level::Problem, away),
            (
                None,
                File::Unread("denied".to_owned()),
                Level::Unknown,
                None,
            ),
        ] {
            let problem = "what is damaged here is another thing";
            let told =
                disk.map(|disk| status(json!({ "disk": disk, "database_problem": problem })));
            let finding = database(path, told.as_ref(), &file);
            assert_eq!(finding.level, level, "{file:?}");
            assert_eq!(finding.command.as_deref(), command, "{file:?}");
        }
    }
}
