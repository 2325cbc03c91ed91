//! Complaints, all at once, each with the place where it is to be mended.
//!
//! A [`Report`] is what a load answers instead of a configuration. It prints as a compiler would:
//! `FILE:LINE:COLUMN: sentence`, one complaint to a line. It quotes no secret.

use std::fmt;
use std::path::PathBuf;

use serde::{Serialize, Serializer};

/// A line and a column of a text, both from 1; columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

impl Position {
    /// Where the byte `offset` of `text` is; the end of the text where there is no such byte.
    pub fn of(text: &str, offset: usize) -> Self {
        let before = &text[..text.floor_char_boundary(offset)];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }
}

/// What said something: a default, a line of a file, a variable or a flag. Later ones win.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// Nobody did: the default holds.
    Default,
    /// A place in a file.
    File(PathBuf, Position),
    /// A file as a whole.
    WholeFile(PathBuf),
    /// An environment variable.
    Environment(&'static str),
    /// A flag of the command line.
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Default => f.write_str("default"),
            Origin::File(path, at) => write!(f, "{}:{}:{}", path.display(), at.line, at.column),
            Origin::WholeFile(path) => write!(f, "{}", path.display()),
            Origin::Environment(name) => f.write_str(name),
            Origin::Flag(name) => f.write_str(name),
        }
    }
}

impl Serialize for Origin {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// One thing that is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Complaint {
    /// Where it is to be mended.
    pub origin: Origin,
    /// What is wrong, in one sentence.
    pub sentence: String,
    /// What mends it, as one line for a shell, where that is more than an edit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
}

impl Complaint {
    /// One that is mended at its place.
    pub fn new(origin: Origin, sentence: impl Into<String>) -> Self {
        Self {
            origin,
            sentence: sentence.into(),
            command: None,
        }
    }
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.origin, self.sentence)
    }
}

/// Everything that is wrong with a configuration; never empty where it is an error.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    complaints: Vec<Complaint>,
}

impl Report {
    /// The complaints, by file, line and column.
    pub fn complaints(&self) -> &[Complaint] {
        &self.complaints
    }

    /// Whether there is nothing to complain of.
    pub fn is_empty(&self) -> bool {
        self.complaints.is_empty()
    }

    /// Adds a complaint.
    pub fn add(&mut self, origin: Origin, sentence: impl Into<String>) {
        self.complaints.push(Complaint::new(origin, sentence));
    }

    /// Adds a complaint that a command mends, which the sentence names too.
    pub fn add_mended(&mut self, origin: Origin, sentence: String, command: String) {
        self.complaints.push(Complaint {
            command: Some(command),
            ..Complaint::new(origin, sentence)
        });
    }

    /// Puts the complaints into the order in which a person would mend them.
    pub fn sort(&mut self) {
        self.complaints.sort();
        self.complaints.dedup();
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, complaint) in self.complaints.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}{complaint}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Report {}

/// The end of a sentence about an unknown `word`: the nearest of `known`, where one is near.
pub(super) fn did_you_mean<'k>(
    word: &str,
    known: impl IntoIterator<Item = &'k str>,
) -> Option<String> {
    let near = known.into_iter().filter_map(|candidate| {
        let edits = strsim::damerau_levenshtein(&word.to_lowercase(), candidate);
        let allowed = (candidate.chars().count() / 3).max(1);
        let part = word.len() >= 4 && (candidate.contains(word) || word.contains(candidate));
        (edits <= allowed || part).then_some((edits, candidate))
    });
    let (_, nearest) = near.min()?;
    Some(format!("did you mean `{nearest}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_characters_from_one_and_stop_at_the_end() {
        let text = "a\nüb\n";
        for (offset, line, column) in [
            (0, 1, 1),
            (1, 1, 2),
            (2, 2, 1),
            (3, 2, 1),
            (4, 2, 2),
            (6, 3, 1),
            (99, 3, 1),
        ] {
            assert_eq!(
                Position::of(text, offset),
                Position { line, column },
                "{offset}"
            );
        }
    }

    #[test]
    fn a_suggestion_is_made_only_when_it_is_near() {
        let known = ["listen", "store", "max_turns", "delivery_attempts"];
        for (word, suggestion) in [
            ("lisen", Some("listen")),
            ("Listen", Some("listen")),
            ("maxturns", Some("max_turns")),
            ("attempts", Some("delivery_attempts")),
            ("colour", None),
            ("x", None),
        ] {
            let expected = suggestion.map(|near| format!("did you mean `{near}`?"));
            assert_eq!(did_you_mean(word, known), expected, "{word}");
        }
    }
}
