//! What becomes of real text and of attacks, in one binary.

#![cfg(test)]

use sanitize::clean::{self, Options, Problem, Removed};

mod attack;
mod emoji;
mod language;
mod stable;

/// What cleaning by the defaults makes of `text`, and what it removed.
fn cleaned(text: &str) -> (String, Removed) {
    try_clean(text).unwrap_or_else(|problem| panic!("{text:?}: {problem:?}"))
}

fn try_clean(text: &str) -> Result<(String, Removed), Problem> {
    let cleaned = clean::clean(text, &Options::default())?;
    Ok((
        cleaned.text.unwrap_or_else(|| text.to_owned()),
        cleaned.removed,
    ))
}

/// Asserts that `text` comes out as it went in.
fn untouched(text: &str) {
    let (out, removed) = cleaned(text);
    assert_eq!(out, text, "{}", text.escape_unicode());
    assert_eq!(removed.total(), 0, "{}", text.escape_unicode());
}
