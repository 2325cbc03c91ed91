//! The file as written: its values with their places, and its faults of syntax and of names.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::kind::expected;
use super::report::{Origin, Position, Report, did_you_mean};
use super::schema::{KEYS, POLICY, TABLES, names_in};

/// A parsed file. What could not be parsed is complained of and left out.
#[derive(Debug)]
pub(super) struct Document<'t> {
    path: &'t Path,
    text: &'t str,
    root: DeTable<'t>,
    broken_lines: BTreeSet<usize>,
}

/// A value of the file, and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Written<'d> {
    pub(super) value: &'d DeValue<'d>,
    pub(super) origin: Origin,
}

impl<'t> Document<'t> {
    /// Parses `text`, going on after each fault of syntax; one complaint to a line.
    pub(super) fn parse(path: &'t Path, text: &'t str, report: &mut Report) -> Self {
        let (root, faults) = DeTable::parse_recoverable(text);
        let mut broken_lines = BTreeSet::new();
        for fault in faults {
            let offset = fault.span().map_or(text.len(), |span| span.start);
            let at = Position::of(text, offset);
            if broken_lines.insert(at.line) {
                let sentence = format!("this is not TOML: {}", fault.message());
                report.add(Origin::File(path.to_owned(), at), sentence);
            }
        }
        Self {
            path,
            text,
            root: root.into_inner(),
            broken_lines,
        }
    }

    /// Where the file is; relative paths in it start in its directory.
    pub(super) fn path(&self) -> &'t Path {
        self.path
    }

    /// Whether every line could be parsed, so that what is absent was left out on purpose.
    pub(super) fn is_whole(&self) -> bool {
        self.broken_lines.is_empty()
    }

    /// The place of a part of the file.
    pub(super) fn origin(&self, span: Range<usize>) -> Origin {
        Origin::File(self.path.to_owned(), Position::of(self.text, span.start))
    }

    /// The value of `table.name`, where the file has one.
    pub(super) fn get(&self, table: &str, name: &str) -> Option<Written<'_>> {
        self.get_in(self.root.get(table)?.get_ref().as_table()?, name)
    }

    /// The value of `name` in a table of the file.
    pub(super) fn get_in<'d>(&self, table: &'d DeTable<'d>, name: &str) -> Option<Written<'d>> {
        table.get(name).map(|value| self.written(value))
    }

    /// A value of the file together with its place.
    pub(super) fn written<'d>(&self, value: &'d Spanned<DeValue<'d>>) -> Written<'d> {
        Written {
            value: value.get_ref(),
            origin: self.origin(value.span()),
        }
    }

    /// The entries of `[[policy]]` that are tables, in the order of the file.
    pub(super) fn policies(&self) -> Vec<(&DeTable<'_>, Origin)> {
        let list = self
            .root
            .get(POLICY)
            .and_then(|list| list.get_ref().as_array());
        let entries = list.into_iter().flat_map(|list| list.iter());
        entries
            .filter_map(|entry| Some((entry.get_ref().as_table()?, self.origin(entry.span()))))
            .collect()
    }

    /// Complains of `sentence` at `origin`, unless that line is broken already: what a broken
    /// line was meant to say is a guess.
    pub(super) fn complain(&self, report: &mut Report, origin: Origin, sentence: String) {
        let is_broken = match &origin {
            Origin::File(_, at) => self.broken_lines.contains(&at.line),
            Origin::Default | Origin::WholeFile(_) | Origin::Environment(_) | Origin::Flag(_) => {
                false
            }
        };
        if !is_broken {
            report.add(origin, sentence);
        }
    }

    /// Complains of every table that is none, and of every table and key that is not known.
    pub(super) fn check_names(&self, report: &mut Report) {
        for (name, value) in self.root.iter() {
            let table = name.get_ref().as_ref();
            if !TABLES.contains(&table) {
                let sentence = unknown("table", table, TABLES, home_of(table));
                self.complain(report, self.origin(name.span()), sentence);
                continue;
            }
            let origin = self.origin(value.span());
            match (value.get_ref(), table == POLICY) {
                (DeValue::Array(entries), true) => {
                    for entry in entries.iter().filter(|entry| !entry.get_ref().is_table()) {
                        let sentence = expected("a policy's table", entry.get_ref());
                        self.complain(report, self.origin(entry.span()), sentence);
                    }
                }
                (DeValue::Table(_), true) => {
                    let sentence = "policies are a list: write `[[policy]]`".to_owned();
                    self.complain(report, origin, sentence);
                }
                (DeValue::Table(keys), false) => self.check_keys(report, table, keys),
                (other, _) => {
                    let sentence = format!("`{table}`: {}", expected("a table", other));
                    self.complain(report, origin, sentence);
                }
            }
        }
    }

    /// Complains of every key of `table` that is not in `known`. `path` names the table.
    pub(super) fn check_known(
        &self,
        report: &mut Report,
        path: &str,
        table: &DeTable<'_>,
        known: &[&'static str],
    ) {
        for key in table.keys() {
            let name = key.get_ref().as_ref();
            if !known.contains(&name) {
                let known = known.iter().copied();
                let sentence = unknown("key", &format!("{path}.{name}"), known, None);
                self.complain(report, self.origin(key.span()), sentence);
            }
        }
    }

    fn check_keys(&self, report: &mut Report, table: &str, keys: &DeTable<'_>) {
        for key in keys.keys() {
            let name = key.get_ref().as_ref();
            if !names_in(table).any(|known| known == name) {
                let path = format!("{table}.{name}");
                let sentence = unknown("key", &path, names_in(table), home_of(name));
                self.complain(report, self.origin(key.span()), sentence);
            }
        }
    }
}

/// The table that a key belongs to, where exactly one has it.
fn home_of(name: &str) -> Option<&'static str> {
    let mut homes = KEYS.iter().filter(|key| key.name == name);
    let home = homes.next()?;
    homes.next().is_none().then_some(home.table)
}

/// "unknown key ..." with the nearest known one, or else the table where that key belongs.
fn unknown<'k>(
    what: &str,
    path: &str,
    known: impl IntoIterator<Item = &'k str>,
    home: Option<&str>,
) -> String {
    let name = path.rsplit('.').next().unwrap_or(path);
    let advice = home
        .map(|table| format!("it belongs in `[{table}]`"))
        .or_else(|| did_you_mean(name, known));
    match advice {
        Some(advice) => format!("unknown {what} `{path}`; {advice}"),
        None => format!("unknown {what} `{path}`"),
    }
}
