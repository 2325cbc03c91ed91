//! Standard output and error: the only way by which the program prints.
//!
//! Text of a peer goes through [`safe`] before it gets here, JSON does here. A closed output ends
//! the command quietly.

use std::fmt::Display;
use std::io::{self, Write};

use serde_json::Value;

use super::failure::Failure;
use super::safe;

/// Prints one line, or several, on standard output.
pub(super) fn line(text: impl Display) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{text}")?;
    Ok(stdout.flush()?)
}

/// Prints JSON for a program to read, on one line.
pub(super) fn json(value: &Value) -> Result<(), Failure> {
    line(safe::json(&value.to_string()))
}

/// Says on standard output that a role is up. It goes on where nobody reads that.
pub(super) fn announce(text: impl Display) {
    let mut stdout = io::stdout().lock();
    // A role is not there for its output, whatever has become of it.
    let _ = writeln!(stdout, "{text}").and_then(|()| stdout.flush());
}

/// Says something to the person who waits, on standard error.
pub(super) fn note(text: impl Display) {
    // Where nobody can be told, there is nobody to tell that either.
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Says why the command ends, on standard error.
pub(super) fn failure(failure: &Failure) {
    if !matches!(failure, Failure::OutputClosed) {
        let text = failure.to_string();
        note(format_args!("opendialogue: {}", safe::lines(&text, "")));
    }
}
