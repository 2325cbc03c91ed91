//! What a word looks like to a person: its skeleton by UTS #39, as far as that is ASCII.

use std::sync::LazyLock;

use crate::facts::Facts;
use crate::normal;
use crate::packed::packed;
use crate::texts::Texts;

static LOOKS: LazyLock<Texts> = LazyLock::new(|| Texts::of(&mut packed!("looks").open()));

/// The skeleton of `word`. What looks like nothing in ASCII stays as it is, so the skeleton is
/// ASCII where the whole word can be mistaken for ASCII, and not where it cannot.
pub fn skeleton(word: &str) -> String {
    let apart = normal::decompose(word);
    let mut out = String::with_capacity(apart.len());
    for c in apart.chars() {
        if !c.is_ascii() && Facts::of(c).is_ignorable() {
            continue;
        }
        if !LOOKS.push(c, &mut out) {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests;
