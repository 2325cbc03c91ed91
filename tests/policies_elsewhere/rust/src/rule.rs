//! What the policy decides. Pure: it knows nothing of the host.

use crate::settings::Settings;

/// What becomes of a text.
#[derive(Debug)]
pub enum Ruling {
    TooLong {
        reason: String,
    },
    TooSoon {
        reason: String,
        until: u64,
    },
    /// It goes on, with other content where words were covered, and this is to be remembered.
    GoesOn {
        past: Past,
        covered: Option<Covered>,
    },
}

/// What is remembered of a peer: how many of its texts went on, and when the last one did.
#[derive(Debug, Clone, Copy, Default)]
pub struct Past {
    pub texts: u64,
    pub last: u64,
}

/// A text with words covered, and those words in the order of the settings.
#[derive(Debug)]
pub struct Covered {
    pub content: String,
    pub words: Vec<String>,
}

impl Past {
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (texts, last) = std::str::from_utf8(bytes).ok()?.split_once(' ')?;
        Some(Self {
            texts: texts.parse().ok()?,
            last: last.parse().ok()?,
        })
    }

    pub fn to_bytes(self) -> Vec<u8> {
        format!("{} {}", self.texts, self.last).into_bytes()
    }
}

/// Judges a text of a peer of whom `past` is remembered.
pub fn judge(settings: &Settings, content: &str, released: bool, now: u64, past: Past) -> Ruling {
    let length = content.chars().count();
    let longest = settings.longest;
    if length > longest {
        let reason = format!("{length} characters; at most {longest} are taken");
        return Ruling::TooLong { reason };
    }
    let pause = settings.pause_ms;
    let until = past.last + pause;
    if past.texts > 0 && now < until && !released {
        let since = now - past.last;
        let reason = format!("{since} ms after the one before; the pause is {pause} ms");
        return Ruling::TooSoon { reason, until };
    }
    Ruling::GoesOn {
        past: Past {
            texts: past.texts + 1,
            last: now,
        },
        covered: cover(settings, content),
    }
}

fn cover(settings: &Settings, text: &str) -> Option<Covered> {
    let mut found = vec![false; settings.words.len()];
    let mut content = String::new();
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let word = settings
            .words
            .iter()
            .position(|word| rest.starts_with(word));
        match word {
            Some(word) => {
                found[word] = true;
                content.push_str(&settings.cover);
                rest = &rest[settings.words[word].len()..];
            }
            None => {
                content.push(next);
                rest = &rest[next.len_utf8()..];
            }
        }
    }
    let words = settings.words.iter().zip(found).filter(|(_, found)| *found);
    let words: Vec<String> = words.map(|(word, _)| word.clone()).collect();
    (!words.is_empty()).then_some(Covered { content, words })
}
