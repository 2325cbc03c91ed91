//! The scripts that each character belongs to, by Script_Extensions.

use std::io;

use unicode_script::{Script, ScriptExtension, UnicodeScript as _};

use crate::pack::Lists;
use crate::write::{self, Distinct, Out};

/// The bit of all scripts together that are not in everyday use: UAX #31, table 5.
const RARE: u32 = 0;

/// Writes `scripts`: the map from characters to the number of their set, and the halves of the sets
/// as bits, the lower first.
pub(crate) fn write(out: &Out) -> io::Result<()> {
    let mut scripts = Distinct::default();
    // The ones that the rules know by name come first, in the order that `script.rs` gives them.
    let named = [
        Script::Latin,
        Script::Han,
        Script::Hiragana,
        Script::Katakana,
        Script::Hangul,
        Script::Bopomofo,
        Script::Cyrillic,
        Script::Greek,
    ];
    for script in named {
        scripts.number(script);
    }
    let mut sets = Distinct::default();
    sets.number(u64::MAX);
    let mut numbers = Vec::new();
    for c in write::characters() {
        let found = ScriptExtension::from(c);
        // What is common to all scripts says nothing about which one is written.
        if found.is_common() || found.is_inherited() || c.script() == Script::Unknown {
            numbers.push((c, 0));
            continue;
        }
        let mut set = 0;
        for script in found.iter() {
            let bit = match script.is_recommended() {
                true => 1 + u32::from(scripts.number(script)),
                false => RARE,
            };
            set |= 1_u64
                .checked_shl(bit)
                .ok_or_else(|| io::Error::other("more scripts than a set can hold"))?;
        }
        numbers.push((c, u32::from(sets.number(set))));
    }
    let mut lists = Lists::default();
    write::map(&mut lists, |c| {
        let place = numbers.partition_point(|(known, _)| *known < c);
        numbers.get(place).map_or(0, |(_, number)| *number)
    })?;
    lists.numbers(sets.0.iter().map(|set| *set as u32));
    lists.numbers(sets.0.iter().map(|set| (*set >> 32) as u32));
    out.write("scripts", &lists)
}
