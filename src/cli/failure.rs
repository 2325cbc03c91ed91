//! How a command ends when it does not do what it was asked: the sentence and the exit code.

use std::fmt;
use std::io;
use std::process::ExitCode;

use crate::config::Report;

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub(super) enum Failure {
    /// Something went wrong: 1.
    Failed(anyhow::Error),
    /// The words of the command or the configuration are wrong: 2.
    Words(String),
    /// The daemon does not answer: 3.
    NoDaemon(String),
    /// A policy or the relay said no: 4.
    Refused(String),
    /// Whoever read our output has gone; that is no error: 0.
    OutputClosed,
}

impl Failure {
    /// A failure that is said in one sentence.
    pub(super) fn failed(sentence: impl Into<String>) -> Self {
        Failure::Failed(anyhow::Error::msg(sentence.into()))
    }

    pub(super) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Failure::OutputClosed => 0,
            Failure::Failed(_) => 1,
            Failure::Words(_) => 2,
            Failure::NoDaemon(_) => 3,
            Failure::Refused(_) => 4,
        })
    }
}

/// The sentence, with every cause behind it.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Failed(error) => f.write_str(&with_causes(error)),
            Failure::Words(sentence) | Failure::NoDaemon(sentence) | Failure::Refused(sentence) => {
                f.write_str(sentence)
            }
            Failure::OutputClosed => f.write_str("the output was closed"),
        }
    }
}

/// The sentence and its causes, each said once: some errors quote the cause that they carry.
fn with_causes(error: &anyhow::Error) -> String {
    let mut said = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !said.contains(&cause) {
            said = format!("{said}: {cause}");
        }
    }
    said
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Failure::Failed(error)
    }
}

impl From<Report> for Failure {
    fn from(report: Report) -> Self {
        Failure::Words(report.to_string())
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Failure::OutputClosed;
        }
        Failure::Failed(error.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_told_once() {
        let cause = || io::Error::other("no space");
        let plain = anyhow::Error::new(cause()).context("writing `x`");
        let quoting = anyhow::Error::new(cause()).context("writing `x`: no space");
        for error in [plain, quoting] {
            assert_eq!(Failure::from(error).to_string(), "writing `x`: no space");
        }
    }
}
