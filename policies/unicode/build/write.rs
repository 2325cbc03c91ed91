//! Writes packed tables, and what the tables are made of.

use std::collections::HashMap;
use std::hash::Hash;
use std::path::PathBuf;
use std::{fs, io};

use crate::pack::Lists;

/// Where the tables are written.
pub(crate) struct Out(pub(crate) PathBuf);

impl Out {
    /// Writes `lists`, packed, under `name`.
    pub(crate) fn write(&self, name: &str, lists: &Lists) -> io::Result<()> {
        fs::write(self.0.join(name), lists.pack())
    }
}

/// Adds the map from each character to `value_of` to `lists`: the lengths of its runs, the place of
/// each one's value, and the values.
pub(crate) fn map(lists: &mut Lists, value_of: impl Fn(char) -> u32) -> io::Result<()> {
    let mut values = Distinct::default();
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for code in 0..=0x10_FFFF {
        // What is said of a surrogate does not matter: no `char` is one.
        let place = char::from_u32(code).map(|c| u32::from(values.number(value_of(c))));
        match runs.last_mut() {
            Some((length, last)) if place.is_none_or(|place| place == *last) => *length += 1,
            Some(_) | None => runs.push((1, place.unwrap_or(0))),
        }
    }
    if values.0.len() > 256 {
        return Err(io::Error::other("more values than a byte can tell apart"));
    }
    lists.numbers(runs.iter().map(|(length, _)| *length));
    lists.numbers(runs.iter().map(|(_, place)| *place));
    lists.numbers(values.0);
    Ok(())
}

/// Things in the order in which they were first met, each with its place.
pub(crate) struct Distinct<T>(pub(crate) Vec<T>, HashMap<T, u16>);

impl<T> Default for Distinct<T> {
    fn default() -> Self {
        Self(Vec::new(), HashMap::new())
    }
}

impl<T: Clone + Eq + Hash> Distinct<T> {
    /// The place of `thing`.
    pub(crate) fn number(&mut self, thing: T) -> u16 {
        let next = self.0.len() as u16;
        *self.1.entry(thing.clone()).or_insert_with(|| {
            self.0.push(thing);
            next
        })
    }
}

/// Where each of `texts` ends when they stand one behind the other.
pub(crate) fn ends(texts: &[String]) -> Vec<u32> {
    let mut ends = vec![0];
    let mut end = 0;
    for text in texts {
        end += text.chars().count() as u32;
        ends.push(end);
    }
    ends
}

/// The characters of `texts`, one behind the other.
pub(crate) fn characters_of(texts: &[String]) -> impl Iterator<Item = u32> {
    texts.iter().flat_map(|text| text.chars().map(u32::from))
}

/// Every character.
pub(crate) fn characters() -> impl Iterator<Item = char> {
    (0..=0x10_FFFF).filter_map(char::from_u32)
}
