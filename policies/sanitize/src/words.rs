//! Looks at words that imitate others: that mix scripts as no language does, or look like a word
//! that the owner protects. Says so and changes nothing.

use unicode::script::{self, Mix};
use unicode::{Facts, look};

/// How many words are shown; how many there are is counted to the end.
const SHOWN: usize = 8;

/// How much of a word is looked at, in bytes: a longer one is taken for no word.
const LONGEST: usize = 256;

/// A word that the owner protects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Protected {
    word: String,
    skeleton: String,
}

impl Protected {
    /// Protects `word`, which is ASCII.
    pub fn new(word: &str) -> Self {
        let word = word.to_ascii_lowercase();
        let skeleton = look::skeleton(&word);
        Self { word, skeleton }
    }
}

/// What was found.
#[derive(Debug, PartialEq, Eq)]
pub struct Found {
    /// How many words of which kind, without the words.
    pub summary: String,
    /// The first of the words.
    pub words: String,
}

/// Looks at the words of `text`.
pub fn look(text: &str, protected: &[Protected]) -> Option<Found> {
    if protected.is_empty() && text.is_ascii() {
        return None;
    }
    let (mut moderate, mut minimal) = (0, 0);
    let mut imitated: Vec<(&str, usize)> = Vec::new();
    let mut shown: Vec<&str> = Vec::new();
    for word in words(text) {
        let imitates = imitated_by(word, protected);
        if let Some(original) = imitates {
            match imitated.iter_mut().find(|(known, _)| *known == original) {
                Some((_, count)) => *count += 1,
                None => imitated.push((original, 1)),
            }
        }
        let mixes = match script::mix(word) {
            Mix::Ascii | Mix::Single | Mix::Highly => false,
            Mix::Moderately => {
                moderate += 1;
                true
            }
            Mix::Minimally => {
                minimal += 1;
                true
            }
        };
        if (mixes || imitates.is_some()) && shown.len() < SHOWN {
            shown.push(word);
        }
    }
    let mut parts = Vec::new();
    if moderate > 0 {
        parts.push(format!("moderately_restrictive {moderate}"));
    }
    if minimal > 0 {
        parts.push(format!("minimally_restrictive {minimal}"));
    }
    let told = imitated.iter().take(SHOWN);
    parts.extend(told.map(|(word, count)| format!("looks_like {word} {count}")));
    if let Some(others) = imitated.len().checked_sub(SHOWN + 1) {
        parts.push(format!("looks_like_others {}", others + 1));
    }
    (!parts.is_empty()).then(|| Found {
        summary: parts.join(", "),
        words: shown.join(" "),
    })
}

/// The words of `text`, but for those that cannot imitate anything.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let is_word = |c: char| {
        if c.is_ascii() {
            c.is_ascii_alphanumeric()
        } else {
            Facts::of(c).is_word()
        }
    };
    let words = text.split(move |c| !is_word(c));
    words.filter(|word| (2..=LONGEST).contains(&word.len()))
}

/// The protected word that `word` looks like and is not.
fn imitated_by<'a>(word: &str, protected: &'a [Protected]) -> Option<&'a str> {
    if protected.is_empty() {
        return None;
    }
    let lower = word.to_lowercase();
    if protected.iter().any(|known| known.word == lower) {
        return None;
    }
    let [as_written, lower] = [word, &lower].map(look::skeleton);
    let mut known = protected.iter();
    let like = known.find(|known| {
        known.skeleton.eq_ignore_ascii_case(&as_written) || known.skeleton == lower
    })?;
    Some(&like.word)
}

#[cfg(test)]
mod tests;
