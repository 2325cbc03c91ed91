//! The settings: from the entry's JSON to checked values, every complaint with its setting's name.
//!
//! A profile sets everything, and each setting beside it wins. `settings.schema.json` says the same
//! for people and tools; a test holds the two together.

use guest::Complaint;
use guest::settings::{Reader, Table, Value, read};

use crate::clean::{
    Bidi, Controls, Escapes, Ignorable, Joiner, LineBreaks, Normalize, Options, Selector, Tag,
    ZeroWidth,
};
use crate::words::Protected;

/// The JSON Schema of the settings.
pub const SCHEMA: &str = guest::schema!("settings.schema.json");

/// The most protected words: each is compared with each word of a text.
const MAX_PROTECTED: usize = 64;
/// The longest protected word, in bytes.
const MAX_PROTECTED_LEN: usize = 64;

/// The settings of one entry.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// What is cleaned, and how.
    pub clean: Options,
    /// Whether everything is said and nothing done.
    pub detect: bool,
    /// What becomes of words that imitate others.
    pub confusables: Confusables,
    /// The words that must not be imitated.
    pub protected: Vec<Protected>,
    /// The share of a text that may be removed before a person is asked.
    pub removed_budget: f64,
    /// The longest text, in UTF-16 units.
    pub max_chars: usize,
}

/// What becomes of words that imitate others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confusables {
    /// They are said.
    Tag,
    /// Nothing.
    Off,
}

#[derive(Debug, Clone, Copy)]
enum Profile {
    Balanced,
    Strict,
    Detect,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            clean: Options::default(),
            detect: false,
            confusables: Confusables::Tag,
            protected: Vec::new(),
            removed_budget: 0.2,
            max_chars: 2000,
        }
    }
}

impl Settings {
    /// Reads the settings, or says everything that is wrong with them.
    pub fn from_json(text: &str) -> Result<Self, Vec<Complaint>> {
        read(text, |reader, table| {
            reader.unknown_keys("", table, &KEYS);
            let profile = reader.word(table, "", "profile", &PROFILES);
            let mut settings = Self::of_profile(profile.unwrap_or(Profile::Balanced));
            settings.read_options(reader, table);
            settings.read_rest(reader, table);
            Some(settings)
        })
    }

    fn of_profile(profile: Profile) -> Self {
        let balanced = Self::default();
        match profile {
            Profile::Balanced => balanced,
            Profile::Detect => Self {
                detect: true,
                ..balanced
            },
            Profile::Strict => Self {
                clean: Options {
                    zwj: Joiner::Strip,
                    zwnj: Joiner::Strip,
                    variation_selectors: Selector::Strip,
                    tag_characters: Tag::Strip,
                    bidi: Bidi::All,
                    zero_width_space: ZeroWidth::Strip,
                    default_ignorable: Ignorable::Format,
                    ..Options::default()
                },
                ..balanced
            },
        }
    }

    fn read_options(&mut self, reader: &mut Reader, table: &Table) {
        let clean = &mut self.clean;
        set(reader, table, "normalize", &NORMALIZE, &mut clean.normalize);
        set(reader, table, "zwj", &JOINER, &mut clean.zwj);
        set(reader, table, "zwnj", &JOINER, &mut clean.zwnj);
        set(
            reader,
            table,
            "variation_selectors",
            &SELECTOR,
            &mut clean.variation_selectors,
        );
        set(
            reader,
            table,
            "tag_characters",
            &TAG,
            &mut clean.tag_characters,
        );
        set(reader, table, "bidi", &BIDI, &mut clean.bidi);
        set(
            reader,
            table,
            "zero_width_space",
            &ZERO_WIDTH,
            &mut clean.zero_width_space,
        );
        set(
            reader,
            table,
            "default_ignorable",
            &IGNORABLE,
            &mut clean.default_ignorable,
        );
        set(reader, table, "controls", &CONTROLS, &mut clean.controls);
        set(
            reader,
            table,
            "terminal_escapes",
            &ESCAPES,
            &mut clean.terminal_escapes,
        );
        set(
            reader,
            table,
            "line_breaks",
            &LINE_BREAKS,
            &mut clean.line_breaks,
        );
        if let Some(most) = reader.number(table, "", "max_combining_marks", 1..=100) {
            clean.max_combining_marks = most as usize;
        }
    }

    fn read_rest(&mut self, reader: &mut Reader, table: &Table) {
        set(
            reader,
            table,
            "confusables",
            &CONFUSABLES,
            &mut self.confusables,
        );
        if let Some(words) = protected_words(reader, table) {
            self.protected = words;
        }
        if let Some(share) = removed_budget(reader, table) {
            self.removed_budget = share;
        }
        if let Some(most) = reader.number(table, "", "max_chars", 1..=65_536) {
            self.max_chars = most as usize;
        }
    }
}

fn set<T: Copy>(reader: &mut Reader, table: &Table, key: &str, words: &[(&str, T)], to: &mut T) {
    if let Some(value) = reader.word(table, "", key, words) {
        *to = value;
    }
}

fn protected_words(reader: &mut Reader, table: &Table) -> Option<Vec<Protected>> {
    let setting = "protected_words";
    let list = reader.list(table, "", setting, MAX_PROTECTED, "words")?;
    let mut words = Vec::new();
    for (index, value) in list.iter().enumerate() {
        match value.as_str().filter(|word| is_protectable(word)) {
            Some(word) => words.push(Protected::new(word)),
            None => {
                let problem = format!("must be 2 to {MAX_PROTECTED_LEN} of `A-Z a-z 0-9`");
                reader.complain::<()>(&format!("{setting}[{index}]"), &problem);
            }
        }
    }
    Some(words)
}

fn is_protectable(word: &str) -> bool {
    (2..=MAX_PROTECTED_LEN).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_alphanumeric())
}

fn removed_budget(reader: &mut Reader, table: &Table) -> Option<f64> {
    let share = table.get("removed_budget").map(Value::as_f64)?;
    let share = share.filter(|share| (0.0..=1.0).contains(share));
    if share.is_none() {
        return reader.complain("removed_budget", "must be a number from 0 to 1");
    }
    share
}

const KEYS: [&str; 17] = [
    "profile",
    "normalize",
    "zwj",
    "zwnj",
    "variation_selectors",
    "tag_characters",
    "bidi",
    "zero_width_space",
    "default_ignorable",
    "controls",
    "terminal_escapes",
    "line_breaks",
    "max_combining_marks",
    "confusables",
    "protected_words",
    "removed_budget",
    "max_chars",
];
const PROFILES: [(&str, Profile); 3] = [
    ("balanced", Profile::Balanced),
    ("strict", Profile::Strict),
    ("detect", Profile::Detect),
];
const NORMALIZE: [(&str, Normalize); 2] = [("nfc", Normalize::Nfc), ("none", Normalize::None)];
const JOINER: [(&str, Joiner); 2] = [("context", Joiner::Context), ("strip", Joiner::Strip)];
const SELECTOR: [(&str, Selector); 2] =
    [("context", Selector::Context), ("strip", Selector::Strip)];
const TAG: [(&str, Tag); 2] = [("flags", Tag::Flags), ("strip", Tag::Strip)];
const BIDI: [(&str, Bidi); 2] = [("strip", Bidi::Strip), ("all", Bidi::All)];
const ZERO_WIDTH: [(&str, ZeroWidth); 2] =
    [("context", ZeroWidth::Context), ("strip", ZeroWidth::Strip)];
const IGNORABLE: [(&str, Ignorable); 2] =
    [("strip", Ignorable::Strip), ("format", Ignorable::Format)];
const CONTROLS: [(&str, Controls); 2] = [("strip", Controls::Strip), ("reject", Controls::Reject)];
const ESCAPES: [(&str, Escapes); 2] = [("strip", Escapes::Strip), ("keep", Escapes::Keep)];
const LINE_BREAKS: [(&str, LineBreaks); 2] = [("lf", LineBreaks::Lf), ("keep", LineBreaks::Keep)];
const CONFUSABLES: [(&str, Confusables); 2] =
    [("tag", Confusables::Tag), ("off", Confusables::Off)];

#[cfg(test)]
mod tests;
