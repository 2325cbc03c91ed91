//! Asking the person at the terminal before something that nothing but a person should decide.

use std::io::{self, BufRead, IsTerminal};

use super::failure::Failure;
use super::print;

/// What was said beforehand, with `--yes` or without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    /// `--yes` was there.
    Yes,
    /// Nothing was said.
    Nothing,
}

impl Said {
    /// Reads the flag.
    pub(super) fn from_flag(yes: bool) -> Self {
        if yes { Said::Yes } else { Said::Nothing }
    }
}

/// Asks `question` on the terminal and goes on only after a yes. Without a terminal it takes
/// `--yes`: a process that reads messages must not get past by piping in a `y`.
pub(super) fn confirm(said: Said, question: &str) -> Result<(), Failure> {
    if said == Said::Yes {
        return Ok(());
    }
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        let sentence = "a person has to agree to this; without a terminal it needs `--yes`";
        return Err(Failure::Words(sentence.to_owned()));
    }
    print::note(format_args!("{question} [y/N]"));
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    match answer.trim().to_ascii_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(Failure::failed("nothing was changed")),
    }
}
