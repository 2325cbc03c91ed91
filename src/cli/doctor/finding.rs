//! What a check found: how it is, what that means in one sentence, and the command that mends it.
//!
//! Whatever a finding quotes may be somebody else's words; it is made harmless here, where it is shown.

use std::path::Path;

use serde::Serialize;

use super::super::safe;
use crate::config::{Complaint, Origin};
use crate::files::{FileError, shell_word};

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Level {
    /// As it should be.
    Ok,
    /// Nobody could look.
    Unknown,
    /// It works, and somebody should know.
    Warning,
    /// It does not work.
    Problem,
}

impl Level {
    fn as_str(self) -> &'static str {
        match self {
            Level::Ok => "ok",
            Level::Unknown => "unknown",
            Level::Warning => "warning",
            Level::Problem => "problem",
        }
    }
}

/// What one check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    /// What was looked at, in a word or two.
    pub(super) check: &'static str,
    pub(super) level: Level,
    /// What it means.
    pub(super) says: String,
    /// What mends it, as one line for a shell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) command: Option<String>,
}

impl Finding {
    pub(super) fn ok(check: &'static str, says: impl Into<String>) -> Self {
        Self::new(check, Level::Ok, says, None)
    }

    pub(super) fn unknown(check: &'static str, says: impl Into<String>) -> Self {
        Self::new(check, Level::Unknown, says, None)
    }

    pub(super) fn warning(
        check: &'static str,
        says: impl Into<String>,
        command: impl Into<String>,
    ) -> Self {
        Self::new(check, Level::Warning, says, Some(command.into()))
    }

    pub(super) fn problem(
        check: &'static str,
        says: impl Into<String>,
        command: impl Into<String>,
    ) -> Self {
        Self::new(check, Level::Problem, says, Some(command.into()))
    }

    /// A file or a folder of ours that is not as it must be.
    pub(super) fn of_file(check: &'static str, error: &FileError) -> Self {
        let quoted = |path: &Path| format!("`{}`", path.display());
        let mode_of = |mode: u32| format!("mode {mode:04o}");
        let (says, command) = match error {
            FileError::SymbolicLink { path } => (
                format!(
                    "{} is a symbolic link, which is not followed: put the file itself there",
                    quoted(path)
                ),
                format!("ls -l {}", shell_word(path)),
            ),
            FileError::WrongKind { path, expected } => (
                format!("{} is not a {expected}", quoted(path)),
                format!("mv {0} {0}.away", shell_word(path)),
            ),
            FileError::Owner { path, owner, user } => (
                format!("{} belongs to user {owner}, not to you", quoted(path)),
                format!("sudo chown {user} {}", shell_word(path)),
            ),
            FileError::Mode { path, mode, wanted } => (
                format!(
                    "{} is open to other users ({})",
                    quoted(path),
                    mode_of(*mode)
                ),
                format!("chmod {wanted:o} {}", shell_word(path)),
            ),
            FileError::Unreadable { path, mode, wanted } => (
                format!("you cannot read {} ({})", quoted(path), mode_of(*mode)),
                format!("chmod {wanted:o} {}", shell_word(path)),
            ),
            FileError::TooLarge { path, .. } | FileError::NotText { path } => (
                error.to_string(),
                format!("mv {0} {0}.away", shell_word(path)),
            ),
            FileError::System { path, source, .. } => (
                format!("{error}: {source}"),
                format!("ls -ld {}", shell_word(path)),
            ),
        };
        Self::problem(check, says, command)
    }

    fn new(
        check: &'static str,
        level: Level,
        says: impl Into<String>,
        command: Option<String>,
    ) -> Self {
        let says = says.into();
        Self {
            check,
            level,
            says,
            command,
        }
    }

    /// The finding for a person, the command on a line of its own.
    fn shown(&self) -> String {
        let (level, says) = (self.level.as_str(), safe::line(&self.says));
        let shown = format!("  {level:<8} {:<11} {says}", self.check);
        match &self.command {
            Some(command) => format!("{shown}\n{:23}{}", "", safe::line(command)),
            None => shown,
        }
    }
}

/// The command that opens `path` to be edited, at `line` where one is known.
pub(super) fn edit(path: &Path, line: Option<usize>) -> String {
    let path = shell_word(path);
    match line {
        Some(line) => format!("${{EDITOR:-vi}} +{line} {path}"),
        None => format!("${{EDITOR:-vi}} {path}"),
    }
}

/// The command by which what is complained of is mended: the one that the complaint has, or one
/// that opens its place.
pub(super) fn mend(complaint: &Complaint) -> String {
    match (&complaint.command, &complaint.origin) {
        (Some(command), _) => command.clone(),
        (None, Origin::File(path, at)) => edit(path, Some(at.line)),
        (None, Origin::WholeFile(path)) => format!("ls -l {}", shell_word(path)),
        (None, Origin::Environment(name)) => format!("unset {name}"),
        (None, Origin::Flag(_) | Origin::Default) => "opendialogue config check".to_owned(),
    }
}

/// Findings that belong together.
#[derive(Debug, Serialize)]
pub(super) struct Group {
    pub(super) about: &'static str,
    pub(super) findings: Vec<Finding>,
}

/// Everything that was found.
#[derive(Debug, Serialize)]
pub(super) struct Diagnosis {
    /// Whether there is no problem.
    ok: bool,
    problems: usize,
    warnings: usize,
    groups: Vec<Group>,
}

impl Diagnosis {
    pub(super) fn new(mut groups: Vec<Group>) -> Self {
        groups.retain(|group| !group.findings.is_empty());
        let count = |level| {
            let findings = groups.iter().flat_map(|group| &group.findings);
            findings.filter(|finding| finding.level == level).count()
        };
        let (problems, warnings) = (count(Level::Problem), count(Level::Warning));
        Self {
            ok: problems == 0,
            problems,
            warnings,
            groups,
        }
    }

    pub(super) fn problems(&self) -> usize {
        self.problems
    }

    /// All of it for a person, the sum last.
    pub(super) fn shown(&self) -> String {
        let mut shown = Vec::new();
        for group in &self.groups {
            shown.push(group.about.to_owned());
            shown.extend(group.findings.iter().map(Finding::shown));
        }
        shown.push(self.sum());
        shown.join("\n")
    }

    fn sum(&self) -> String {
        let count = |count: usize, what: &str| match count {
            1 => format!("1 {what}"),
            count => format!("{count} {what}s"),
        };
        match (self.problems, self.warnings) {
            (0, 0) => "nothing is wrong".to_owned(),
            (0, warnings) => format!("no problem, {}", count(warnings, "warning")),
            (problems, 0) => count(problems, "problem"),
            (problems, warnings) => format!(
                "{}, {}",
                count(problems, "problem"),
                count(warnings, "warning")
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::config::Position;

    #[test]
    fn findings_stand_in_groups_with_their_commands_and_drive_no_terminal() {
        let diagnosis = Diagnosis::new(vec![
            Group {
                about: "home",
                findings: vec![
                    Finding::ok("folder", "`/h` is yours"),
                    Finding::problem("token", "it is\u{1b}[2J open", "chmod 600 '/h/\u{202e}x'"),
                ],
            },
            Group {
                about: "relay",
                findings: Vec::new(),
            },
            Group {
                about: "messages",
                findings: vec![
                    Finding::warning("held", "2 wait\nfor you", "opendialogue held"),
                    Finding::unknown("dead", "no daemon runs"),
                ],
            },
        ]);
        insta::assert_snapshot!(diagnosis.shown());
        assert_eq!((diagnosis.problems(), diagnosis.ok), (1, false));
    }

    #[test]
    fn the_sum_says_how_many() {
        let warning = || Finding::warning("a", "b", "c");
        let problem = || Finding::problem("a", "b", "c");
        for (findings, sum) in [
            (vec![Finding::ok("a", "b")], "nothing is wrong"),
            (vec![warning()], "no problem, 1 warning"),
            (vec![problem(), problem()], "2 problems"),
            (
                vec![problem(), warning(), warning()],
                "1 problem, 2 warnings",
            ),
        ] {
            let about = "home";
            let diagnosis = Diagnosis::new(vec![Group { about, findings }]);
            assert_eq!(diagnosis.shown().lines().last(), Some(sum));
        }
    }

    #[test]
    fn a_complaint_is_mended_by_the_command_that_it_has_or_at_its_place() {
        let path = || PathBuf::from("/h/o.toml");
        let at = Position { line: 3, column: 1 };
        for (origin, has, command) in [
            (Origin::File(path(), at), None, "${EDITOR:-vi} +3 /h/o.toml"),
            (
                Origin::WholeFile(path()),
                Some("chmod o-w /h/o.toml"),
                "chmod o-w /h/o.toml",
            ),
            (Origin::WholeFile(path()), None, "ls -l /h/o.toml"),
            (
                Origin::Environment("OPENDIALOGUE_STATUS_PORT"),
                None,
                "unset OPENDIALOGUE_STATUS_PORT",
            ),
            (Origin::Default, None, "opendialogue config check"),
        ] {
            let complaint = Complaint {
                command: has.map(str::to_owned),
                ..Complaint::new(origin, "it is `chmod 777 x`")
            };
            assert_eq!(mend(&complaint), command);
        }
    }

    #[test]
    fn each_fault_of_a_file_has_its_command() {
        let path = || PathBuf::from("/h/a b");
        let (mode, wanted) = (0o644, 0o600);
        for (error, says, command) in [
            (
                FileError::SymbolicLink { path: path() },
                "symbolic link",
                "ls -l '/h/a b'",
            ),
            (
                FileError::WrongKind {
                    path: path(),
                    expected: "file",
                },
                "is not a file",
                "mv '/h/a b' '/h/a b'.away",
            ),
            (
                FileError::Owner {
                    path: path(),
                    owner: 0,
                    user: 1000,
                },
                "belongs to user 0",
                "sudo chown 1000 '/h/a b'",
            ),
            (
                FileError::Mode {
                    path: path(),
                    mode,
                    wanted,
                },
                "open to other users (mode 0644)",
                "chmod 600 '/h/a b'",
            ),
            (
                FileError::Unreadable {
                    path: path(),
                    mode: 0,
                    wanted,
                },
                "you cannot read `/h/a b` (mode 0000)",
                "chmod 600 '/h/a b'",
            ),
            (
                FileError::NotText { path: path() },
                "is not UTF-8 text",
                "mv '/h/a b' '/h/a b'.away",
            ),
            (
                FileError::System {
                    operation: "reading",
                    path: path(),
                    source: std::io::Error::other("broken"),
                },
                "reading `/h/a b`: broken",
                "ls -ld '/h/a b'",
            ),
        ] {
            let finding = Finding::of_file("token", &error);
            assert_eq!(finding.level, Level::Problem);
            assert!(finding.says.contains(says), "{}", finding.says);
            assert_eq!(finding.command.as_deref(), Some(command));
        }
    }
}
