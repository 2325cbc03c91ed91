//! Telling one person something by `openclaw message send`: no shell, the words as a list, and an end
//! to waiting.

use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::process::Command;
use tokio::time::timeout;

/// The program that tells it; it is looked for in `PATH`.
const PROGRAM: &str = "openclaw";

/// How long it may take: it starts a runtime of its own and asks a service on the network.
const PATIENCE: Duration = Duration::from_secs(60);

/// The longest channel or target, in bytes.
const MAX_BYTES: usize = 256;

/// What the program has no use for: who this agent is.
const KEPT_BACK: [&str; 2] = ["OPENDIALOGUE_AGENT_ID", "OPENDIALOGUE_AGENT_SECRET"];

/// Whom to tell, and by which channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    channel: String,
    target: String,
}

/// Nobody can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoAddress {
    /// The state file does not say whom.
    #[error("`{0}` is not set in the state file")]
    Missing(&'static str),
    /// It says something that is no word for a command.
    #[error("`{0}` of the state file is not one that can be told anything")]
    Unusable(&'static str),
}

/// The person was not told.
#[derive(Debug, thiserror::Error)]
pub(super) enum TellError {
    /// The program cannot be run.
    #[error("`openclaw` cannot be run: {0}; it has to be in the daemon's `PATH`")]
    NotRun(#[source] io::Error),
    /// It did not end in time.
    #[error("`openclaw message send` did not end within {} s", PATIENCE.as_secs())]
    Late,
    /// It said that it failed.
    #[error(
        "`openclaw message send` failed ({0}); try it by hand with the channel and the target of the \
         state file"
    )]
    Failed(ExitStatus),
}

impl Address {
    /// The one that the state file names.
    pub(super) fn new(channel: Option<&str>, target: Option<&str>) -> Result<Self, NoAddress> {
        let channel = word("notifyChannel", channel)?;
        // A channel is a name, while some targets are negative numbers.
        if channel.starts_with('-') {
            return Err(NoAddress::Unusable("notifyChannel"));
        }
        Ok(Self {
            channel,
            target: word("notifyTarget", target)?,
        })
    }

    fn arguments<'a>(&'a self, text: &'a str) -> [&'a str; 9] {
        let (channel, target) = (self.channel.as_str(), self.target.as_str());
        [
            "message",
            "send",
            "--channel",
            channel,
            "-t",
            target,
            "-m",
            text,
            "--json",
        ]
    }
}

fn word(name: &'static str, value: Option<&str>) -> Result<String, NoAddress> {
    match value {
        None | Some("") => Err(NoAddress::Missing(name)),
        Some(value) if value.len() > MAX_BYTES || value.chars().any(char::is_control) => {
            Err(NoAddress::Unusable(name))
        }
        Some(value) => Ok(value.to_owned()),
    }
}

/// Tells `text` to whom `address` names.
pub(super) async fn tell(address: &Address, text: &str) -> Result<(), TellError> {
    let mut command = Command::new(PROGRAM);
    for variable in KEPT_BACK {
        command.env_remove(variable);
    }
    // What it prints may name accounts and keys of its own: only its end is looked at.
    let mut told = command
        .args(address.arguments(text))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(TellError::NotRun)?;
    let ended = timeout(PATIENCE, told.wait()).await;
    let status = ended
        .map_err(|_| TellError::Late)?
        .map_err(TellError::NotRun)?;
    match status.success() {
        true => Ok(()),
        false => Err(TellError::Failed(status)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_a_list_and_nothing_in_them_is_read_by_a_shell() {
        let address = Address::new(Some("telegram"), Some("-100$(id)")).unwrap();
        assert_eq!(
            address.arguments("it's \"here\"; ls"),
            [
                "message",
                "send",
                "--channel",
                "telegram",
                "-t",
                "-100$(id)",
                "-m",
                "it's \"here\"; ls",
                "--json",
            ]
        );
    }

    #[test]
    fn an_address_is_whole_or_told_as_missing() {
        let long = "x".repeat(MAX_BYTES + 1);
        let missing = NoAddress::Missing;
        let unusable = NoAddress::Unusable;
        for (channel, target, expected) in [
            (None, Some("4711"), missing("notifyChannel")),
            (Some(""), Some("4711"), missing("notifyChannel")),
            (Some("telegram"), None, missing("notifyTarget")),
            (Some("--profile"), Some("4711"), unusable("notifyChannel")),
            (Some("telegram"), Some("47\n11"), unusable("notifyTarget")),
            (Some("telegram"), Some(&long), unusable("notifyTarget")),
        ] {
            assert_eq!(Address::new(channel, target), Err(expected));
        }
    }
}
