//! What a word looks like to a person: its skeleton by UTS #39, as far as that is ASCII.

use crate::bits::LOOK_PLACE;
use crate::facts::Facts;
use crate::normal;
use crate::tables::{LOOK_TEXTS, LOOKS};

/// The skeleton of `word`. What looks like nothing in ASCII stays as it is, so the skeleton is
/// ASCII where the whole word can be mistaken for ASCII, and not where it cannot.
pub fn skeleton(word: &str) -> String {
    let apart = normal::decompose(word);
    let mut out = String::with_capacity(apart.len());
    for c in apart.chars() {
        if !c.is_ascii() && Facts::of(c).is_ignorable() {
            continue;
        }
        match place(c) {
            Some(place) => out.push_str(LOOK_TEXTS[place]),
            None => out.push(c),
        }
    }
    out
}

fn place(c: char) -> Option<usize> {
    let code = u32::from(c);
    let at = LOOKS.partition_point(|look| look >> LOOK_PLACE < code);
    let look = LOOKS.get(at).filter(|look| *look >> LOOK_PLACE == code)?;
    Some((look & ((1 << LOOK_PLACE) - 1)) as usize)
}

#[cfg(test)]
mod tests;
