//! From an entry's JSON to checked values, every complaint with its setting's name.
//!
//! A [`Reader`] collects what is wrong so that all of it is said at once. A setting that was
//! complained about reads as absent; [`read`] gives out settings only where nothing was wrong.

use std::ops::RangeInclusive;

use crate::near;
pub use crate::value::{Table, Value};

/// A setting that cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// The setting's name, with its path.
    pub setting: String,
    /// What is wrong with it.
    pub problem: String,
}

/// Reads the settings in `json` by `settings`, or says everything that is wrong with them.
pub fn read<T>(
    json: &str,
    settings: impl FnOnce(&mut Reader, &Table) -> Option<T>,
) -> Result<T, Vec<Complaint>> {
    let mut reader = Reader::default();
    let Ok(Value::Table(table)) = serde_json::from_str(json) else {
        reader.complain::<()>("settings", "must be a table");
        return Err(reader.complaints);
    };
    match settings(&mut reader, &table) {
        Some(settings) if reader.complaints.is_empty() => Ok(settings),
        Some(_) | None => Err(reader.complaints),
    }
}

/// Collects what is wrong. `at` is the path of the table that is read, with its last dot.
#[derive(Debug, Default)]
pub struct Reader {
    complaints: Vec<Complaint>,
}

impl Reader {
    /// The meaning of the word under `key`.
    pub fn word<T: Copy>(
        &mut self,
        table: &Table,
        at: &str,
        key: &str,
        words: &[(&str, T)],
    ) -> Option<T> {
        self.one_of(table.get(key)?, &format!("{at}{key}"), words)
    }

    /// The meaning of the word that `value` is.
    pub fn one_of<T: Copy>(
        &mut self,
        value: &Value,
        setting: &str,
        words: &[(&str, T)],
    ) -> Option<T> {
        let found = words.iter().find(|(word, _)| value.as_str() == Some(word));
        if found.is_none() {
            let said = value.as_str().unwrap_or_default();
            let list = listed(said, words.iter().map(|(word, _)| *word).collect());
            return self.complain(setting, &format!("must be one of {list}"));
        }
        found.map(|(_, meaning)| *meaning)
    }

    /// The whole number under `key`.
    pub fn number(
        &mut self,
        table: &Table,
        at: &str,
        key: &str,
        range: RangeInclusive<u64>,
    ) -> Option<u64> {
        let number = table.get(key)?.as_u64();
        if let Some(number) = number.filter(|number| range.contains(number)) {
            return Some(number);
        }
        let (least, most) = (range.start(), range.end());
        let problem = format!("must be a whole number from {least} to {most}");
        self.complain(&format!("{at}{key}"), &problem)
    }

    /// The table under `key`.
    pub fn table<'a>(&mut self, table: &'a Table, at: &str, key: &str) -> Option<&'a Table> {
        let found = table.get(key)?.as_table();
        if found.is_none() {
            return self.complain(&format!("{at}{key}"), "must be a table");
        }
        found
    }

    /// The list under `key`, of at most `most` things that `of` names.
    pub fn list<'a>(
        &mut self,
        table: &'a Table,
        at: &str,
        key: &str,
        most: usize,
        of: &str,
    ) -> Option<&'a [Value]> {
        let found = table.get(key)?.as_list().filter(|list| list.len() <= most);
        if found.is_none() {
            let problem = format!("must be a list of at most {most} {of}");
            return self.complain(&format!("{at}{key}"), &problem);
        }
        found
    }

    /// Complains about every key that is not `known`.
    pub fn unknown_keys(&mut self, at: &str, table: &Table, known: &[&str]) {
        let unknown = table.keys().filter(|key| !known.contains(key));
        for key in unknown {
            let problem = format!("is no setting; there are {}", listed(key, known.to_vec()));
            self.complain::<()>(&format!("{at}{key}"), &problem);
        }
    }

    /// Complains about `setting`, which then reads as absent.
    pub fn complain<T>(&mut self, setting: &str, problem: &str) -> Option<T> {
        self.complaints.push(Complaint {
            setting: setting.to_owned(),
            problem: problem.to_owned(),
        });
        None
    }
}

/// The words, as a complaint names them.
pub fn named<T>(words: &[(&str, T)]) -> String {
    listed("", words.iter().map(|(word, _)| *word).collect())
}

/// The words, and which of them was perhaps meant by the one that was said.
fn listed(said: &str, words: Vec<&str>) -> String {
    let mut list = format!("`{}`", words.join("`, `"));
    if let Some(word) = near::nearest(said, &words) {
        list += &format!("; did you mean `{word}`?");
    }
    list
}
