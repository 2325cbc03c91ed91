//! The settings of the policy's entry, from JSON.

use std::ops::RangeInclusive;

use serde_json::Value;

/// What may be set.
#[derive(Debug)]
pub struct Settings {
    pub words: Vec<String>,
    pub cover: String,
    pub pause_ms: u64,
    pub longest: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            words: Vec::new(),
            cover: "▇▇▇".to_owned(),
            pause_ms: 0,
            longest: 2000,
        }
    }
}

/// A setting that cannot be taken, and why.
#[derive(Debug)]
pub struct Complaint {
    pub setting: String,
    pub problem: &'static str,
}

impl Settings {
    /// Reads the settings, or says everything that is wrong with them.
    pub fn from_json(text: &str) -> Result<Self, Vec<Complaint>> {
        let mut complaints = Vec::new();
        let mut complain = |setting: &str, problem| {
            let setting = setting.to_owned();
            complaints.push(Complaint { setting, problem });
        };
        let mut settings = Self::default();
        let table = serde_json::from_str(text).unwrap_or(Value::Null);
        let Some(table) = table.as_object() else {
            complain("settings", "must be a table");
            return Err(complaints);
        };
        for (key, value) in table {
            match key.as_str() {
                "words" => match value.as_array().filter(|words| words.len() <= 16) {
                    Some(words) => {
                        for (index, word) in words.iter().enumerate() {
                            match text_of(word, 1..=32) {
                                Some(word) => settings.words.push(word),
                                None => complain(
                                    &format!("words[{index}]"),
                                    "must be a text of 1 to 32 characters",
                                ),
                            }
                        }
                    }
                    None => complain(key, "must be a list of 16 texts at most"),
                },
                "cover" => match text_of(value, 0..=8) {
                    Some(cover) => settings.cover = cover,
                    None => complain(key, "must be a text of 8 characters at most"),
                },
                "pause_ms" => match whole(value, 0..=3_600_000) {
                    Some(pause_ms) => settings.pause_ms = pause_ms,
                    None => complain(key, "must be a whole number from 0 to 3600000"),
                },
                "longest" => match whole(value, 1..=2000) {
                    Some(longest) => settings.longest = longest as usize,
                    None => complain(key, "must be a whole number from 1 to 2000"),
                },
                _ => complain(
                    key,
                    "is no setting; there are `words`, `cover`, `pause_ms` and `longest`",
                ),
            }
        }
        if complaints.is_empty() {
            Ok(settings)
        } else {
            Err(complaints)
        }
    }
}

fn text_of(value: &Value, length: RangeInclusive<usize>) -> Option<String> {
    let text = value.as_str()?;
    length
        .contains(&text.chars().count())
        .then(|| text.to_owned())
}

/// A whole number, `10.0` too.
fn whole(value: &Value, range: RangeInclusive<u64>) -> Option<u64> {
    let number = value.as_f64().filter(|number| number.fract() == 0.0)?;
    let fits = *range.start() as f64 <= number && number <= *range.end() as f64;
    fits.then_some(number as u64)
}
