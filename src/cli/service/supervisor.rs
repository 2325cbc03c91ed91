//! Who keeps the daemon running: where its file stands, what it is asked, and what a person is told.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::super::failure::Failure;
use super::Before;
use super::daemon::Daemon;
use super::launchd::{LABEL, plist};
use super::systemd::{UNIT, unit};
use crate::config::{Environment, Paths};

/// A supervisor of a user's own services.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Supervisor {
    Systemd,
    Launchd,
}

impl Supervisor {
    /// The one that this system has, if it has one.
    pub(super) fn of_this_system() -> Self {
        match cfg!(target_os = "macos") {
            true => Self::Launchd,
            false => Self::Systemd,
        }
    }

    /// The text of the file by which it runs `daemon`.
    pub(super) fn text(self, daemon: &Daemon) -> String {
        match self {
            Self::Systemd => unit(daemon),
            Self::Launchd => plist(daemon),
        }
    }

    /// Where it looks for that file.
    pub(super) fn file(self, environment: &Environment) -> Result<PathBuf, Failure> {
        let home = environment.raw("HOME").map(PathBuf::from);
        let home = || {
            let why = "`HOME` is not set, so there is no place for the service's file";
            home.ok_or_else(|| Failure::Words(why.to_owned()))
        };
        match self {
            Self::Systemd => {
                let configuration = match environment.raw("XDG_CONFIG_HOME") {
                    Some(folder) => PathBuf::from(folder),
                    None => home()?.join(".config"),
                };
                Ok(configuration.join("systemd/user").join(UNIT))
            }
            Self::Launchd => Ok(home()?.join(format!("Library/LaunchAgents/{LABEL}.plist"))),
        }
    }

    /// Whether the daemon has to keep its log itself.
    pub(super) fn logs_to_files(self) -> bool {
        match self {
            Self::Systemd => false,
            Self::Launchd => true,
        }
    }

    /// Sees to it that it answers, before anything is written.
    pub(super) fn probe(self) -> Result<(), Failure> {
        ask(&self.probing()).map_err(|why| {
            Failure::failed(format!(
                "{} does not answer: {why}; run `opendialogue daemon` by a supervisor of your own, for \
                 which `opendialogue service install --print` shows what ours would do",
                self.name()
            ))
        })
    }

    /// Has it run what `file` says, now and from now on.
    pub(super) fn start(self, file: &Path, before: Before) -> Result<(), Failure> {
        if self == Self::Launchd && before == Before::Ours {
            // What is not loaded cannot be unloaded, and need not be.
            let _ = ask(&self.stopping());
        }
        ask_all(&self.starting(file, before))
    }

    /// Has it stop the daemon and start it no more.
    pub(super) fn stop(self) -> Result<(), Failure> {
        ask_all(&[self.stopping()])
    }

    /// Has it forget a file that was removed.
    pub(super) fn forget(self) -> Result<(), Failure> {
        match self {
            Self::Systemd => ask_all(&[systemctl(&["daemon-reload"])]),
            Self::Launchd => Ok(()),
        }
    }

    /// What a person wants to know next.
    pub(super) fn advice(self, paths: &Paths) -> String {
        match self {
            Self::Systemd => "
  how it is   opendialogue status
  its log     journalctl --user -u opendialogue -f
  restart     systemctl --user restart opendialogue

It runs while you are logged in. To have it run from the machine's start on:

  loginctl enable-linger"
                .to_owned(),
            Self::Launchd => format!(
                "
  how it is   opendialogue status
  its log     {}
  restart     launchctl kickstart -k {}

It runs while you are logged in.",
                paths.log_dir().display(),
                in_domain()
            ),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Systemd => "the systemd of your user",
            Self::Launchd => "launchd",
        }
    }

    fn probing(self) -> Vec<String> {
        match self {
            Self::Systemd => systemctl(&["show", "--property=Version"]),
            Self::Launchd => words(&["launchctl", "print", &domain()]),
        }
    }

    fn starting(self, file: &Path, before: Before) -> Vec<Vec<String>> {
        match (self, before) {
            (Self::Systemd, Before::Nothing) => vec![
                systemctl(&["daemon-reload"]),
                systemctl(&["enable", "--now", UNIT]),
            ],
            // One that runs already goes on with what it was started with.
            (Self::Systemd, Before::Ours) => vec![
                systemctl(&["daemon-reload"]),
                systemctl(&["enable", UNIT]),
                systemctl(&["restart", UNIT]),
            ],
            (Self::Launchd, Before::Nothing | Before::Ours) => vec![
                words(&["launchctl", "enable", &in_domain()]),
                words(&["launchctl", "bootstrap", &domain(), &file.to_string_lossy()]),
            ],
        }
    }

    fn stopping(self) -> Vec<String> {
        match self {
            Self::Systemd => systemctl(&["disable", "--now", UNIT]),
            Self::Launchd => words(&["launchctl", "bootout", &in_domain()]),
        }
    }
}

fn systemctl(rest: &[&str]) -> Vec<String> {
    words(&[&["systemctl", "--user"], rest].concat())
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

/// Where launchd keeps a user's agents.
fn domain() -> String {
    format!("gui/{}", rustix::process::getuid().as_raw())
}

fn in_domain() -> String {
    format!("{}/{LABEL}", domain())
}

fn ask_all(commands: &[Vec<String>]) -> Result<(), Failure> {
    for command in commands {
        ask(command).map_err(|why| Failure::failed(format!("`{}`: {why}", command.join(" "))))?;
    }
    Ok(())
}

/// Runs one command; what it complains of is the error.
fn ask(command: &[String]) -> Result<(), String> {
    let [program, arguments @ ..] = command else {
        return Ok(());
    };
    let output = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .output();
    let output = output.map_err(|error| match error.kind() == std::io::ErrorKind::NotFound {
        true => format!("there is no `{program}`"),
        false => format!("`{program}` does not run: {error}"),
    })?;
    if output.status.success() {
        return Ok(());
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    match complaint.trim() {
        "" => Err(output.status.to_string()),
        complaint => Err(complaint.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_stands_where_the_supervisor_looks() {
        let home = ("HOME", "/home/ada");
        for (supervisor, pairs, expected) in [
            (
                Supervisor::Systemd,
                vec![home],
                "/home/ada/.config/systemd/user/opendialogue.service",
            ),
            (
                Supervisor::Systemd,
                vec![home, ("XDG_CONFIG_HOME", "/etc/ada")],
                "/etc/ada/systemd/user/opendialogue.service",
            ),
            (
                Supervisor::Launchd,
                vec![home],
                "/home/ada/Library/LaunchAgents/opendialogue.daemon.plist",
            ),
        ] {
            let file = supervisor.file(&Environment::from_pairs(pairs));
            assert_eq!(file.unwrap(), Path::new(expected));
        }
        assert!(Supervisor::Launchd.file(&Environment::default()).is_err());
    }

    #[test]
    fn a_new_file_is_started_and_one_that_was_replaced_is_restarted() {
        let file = Path::new("/home/ada/x.plist");
        let said = |supervisor: Supervisor, before| -> Vec<String> {
            let commands = supervisor.starting(file, before);
            commands.iter().map(|command| command.join(" ")).collect()
        };
        assert_eq!(
            said(Supervisor::Systemd, Before::Nothing),
            [
                "systemctl --user daemon-reload",
                "systemctl --user enable --now opendialogue.service"
            ]
        );
        assert_eq!(
            said(Supervisor::Systemd, Before::Ours),
            [
                "systemctl --user daemon-reload",
                "systemctl --user enable opendialogue.service",
                "systemctl --user restart opendialogue.service"
            ]
        );
        let domain = domain();
        assert_eq!(
            said(Supervisor::Launchd, Before::Nothing),
            [
                format!("launchctl enable {domain}/opendialogue.daemon"),
                format!("launchctl bootstrap {domain} /home/ada/x.plist")
            ]
        );
    }

    #[test]
    fn a_command_that_fails_says_why() {
        let complaint = ask(&words(&["sh", "-c", "echo no bus >&2; exit 1"]));
        assert_eq!(complaint, Err("no bus".to_owned()));
        assert!(
            ask(&words(&["sh", "-c", "exit 3"]))
                .unwrap_err()
                .contains('3')
        );
        let missing = ask(&words(&["opendialogue-no-such-program"]));
        assert!(missing.unwrap_err().starts_with("there is no `"));
        assert_eq!(ask(&words(&["sh", "-c", "exit 0"])), Ok(()));
    }
}
