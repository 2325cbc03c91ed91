//! Writes tables as Rust: lists, and maps from characters as tries of three levels.

use std::collections::HashMap;
use std::fmt::{Display, Write as _};
use std::hash::Hash;

/// Writes the list `name` of `kind`.
pub(crate) fn list<T: Display>(text: &mut String, name: &str, kind: &str, values: &[T]) {
    let _ = write!(
        text,
        "pub(crate) static {name}: [{kind}; {}] = [",
        values.len()
    );
    for (place, value) in values.iter().enumerate() {
        let separator = if place % 16 == 0 { "\n    " } else { " " };
        let _ = write!(text, "{separator}{value},");
    }
    text.push_str("\n];\n");
}

/// Writes the map `name` from each character to `value_of`, as a trie of small numbers and a list
/// of the distinct values.
pub(crate) fn map(text: &mut String, name: &str, value_of: impl Fn(char) -> u32) {
    let mut values = Distinct::default();
    // What a trie is read at for a surrogate does not matter: no `char` is one.
    values.number(0);
    let all: Vec<u16> = (0..=0x10_FFFF_u32)
        .map(|code| values.number(char::from_u32(code).map_or(0, &value_of)))
        .collect();
    let mut leaves = Distinct::default();
    let middle: Vec<u16> = all
        .chunks(16)
        .map(|leaf| leaves.number(leaf.to_vec()))
        .collect();
    let mut middles = Distinct::default();
    let top: Vec<u16> = middle
        .chunks(32)
        .map(|part| middles.number(part.to_vec()))
        .collect();
    let kind = if values.0.len() <= 256 { "u8" } else { "u16" };
    let _ = writeln!(
        text,
        "pub(crate) static {name}: Trie<{kind}, {}> = Trie {{",
        values.0.len()
    );
    let _ = writeln!(
        text,
        "    top: &{name}_TOP, middle: &{name}_MIDDLE, leaves: &{name}_LEAVES,"
    );
    let _ = writeln!(text, "    values: &{name}_VALUES,\n}};");
    list(text, &format!("{name}_TOP"), "u8", &top);
    list(text, &format!("{name}_MIDDLE"), "u16", &middles.0.concat());
    list(text, &format!("{name}_LEAVES"), kind, &leaves.0.concat());
    list(text, &format!("{name}_VALUES"), "u32", &values.0);
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

/// Every character.
pub(crate) fn characters() -> impl Iterator<Item = char> {
    (0..=0x10_FFFF).filter_map(char::from_u32)
}
