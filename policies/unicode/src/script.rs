//! Which scripts a word is written in, and how freely it mixes them: UTS #39, section 5.

use std::sync::LazyLock;

use crate::packed::packed;
use crate::trie::Trie;

/// Any of the scripts that are not in everyday use.
const RARE: u64 = 1 << 0;
const LATIN: u64 = 1 << 1;
const HAN: u64 = 1 << 2;
const KANA: u64 = 1 << 3 | 1 << 4;
const HANGUL: u64 = 1 << 5;
const BOPOMOFO: u64 = 1 << 6;
const CYRILLIC: u64 = 1 << 7;
const GREEK: u64 = 1 << 8;

/// How freely a word mixes scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mix {
    /// ASCII alone.
    Ascii,
    /// One script.
    Single,
    /// Latin with Japanese, Korean or Chinese: everyday writing.
    Highly,
    /// Latin with one other script in everyday use, neither Cyrillic nor Greek.
    Moderately,
    /// Anything else.
    Minimally,
}

/// How freely the letters of `word` mix scripts.
pub fn mix(word: &str) -> Mix {
    if word.is_ascii() {
        return Mix::Ascii;
    }
    let sets = word.chars().map(set_of);
    if !Resolved::of(sets.clone()).is_empty() {
        return Mix::Single;
    }
    let Resolved {
        scripts,
        east_asian,
    } = Resolved::of(sets.filter(|set| set & LATIN == 0));
    if east_asian != 0 {
        return Mix::Highly;
    }
    if scripts.count_ones() == 1 && scripts & (RARE | CYRILLIC | GREEK) == 0 {
        return Mix::Moderately;
    }
    Mix::Minimally
}

/// What is common to the scripts of some characters.
struct Resolved {
    scripts: u64,
    /// Chinese with Bopomofo, Japanese and Korean, as bits.
    east_asian: u8,
}

impl Default for Resolved {
    fn default() -> Self {
        Self {
            scripts: u64::MAX,
            east_asian: 0b111,
        }
    }
}

impl Resolved {
    fn of(sets: impl Iterator<Item = u64>) -> Self {
        let mut resolved = Self::default();
        sets.for_each(|set| resolved.narrow(set));
        resolved
    }

    fn narrow(&mut self, set: u64) {
        self.scripts &= set;
        let of = |scripts: u64, bit: u8| if set & scripts == 0 { 0 } else { bit };
        self.east_asian &=
            of(HAN | BOPOMOFO, 0b001) | of(HAN | KANA, 0b010) | of(HAN | HANGUL, 0b100);
    }

    fn is_empty(&self) -> bool {
        self.scripts == 0 && self.east_asian == 0
    }
}

/// The sets of scripts, and which one each character has.
struct Scripts {
    places: Trie,
    sets: Vec<u64>,
}

static SCRIPTS: LazyLock<Scripts> = LazyLock::new(|| {
    let mut lists = packed!("scripts").open();
    let places = Trie::of(&mut lists);
    let (low, high) = (lists.numbers(), lists.numbers());
    let halves = low.into_iter().zip(high);
    Scripts {
        places,
        sets: halves
            .map(|(low, high)| u64::from(high) << 32 | u64::from(low))
            .collect(),
    }
});

fn set_of(c: char) -> u64 {
    SCRIPTS.sets[SCRIPTS.places.get(c) as usize]
}

#[cfg(test)]
mod tests;
