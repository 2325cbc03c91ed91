//! Who decides: flags over environment over file over defaults, in one function.

use serde::Serialize;
use serde_json::Value;

use super::document::Document;
use super::environment::Environment;
use super::kind::{Kind, Raw};
use super::report::{Origin, Report};
use super::schema::Key;

/// The flags of the command line that stand over a key of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overrides {
    /// `relay --listen`: where the relay listens.
    pub relay_listen: Option<String>,
    /// `relay --store`: where the relay keeps what lasts.
    pub relay_store: Option<String>,
    /// `--log-to`: where a role's log goes.
    pub log_to: Option<String>,
}

impl Overrides {
    fn get(&self, flag: &str) -> Option<&str> {
        match flag {
            "--listen" => self.relay_listen.as_deref(),
            "--store" => self.relay_store.as_deref(),
            "--log-to" => self.log_to.as_deref(),
            _ => None,
        }
    }
}

/// A key with the value in force and who set it, for a person to read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Setting {
    /// `table.key`, or `policy.name.key`.
    pub key: String,
    /// The value as it would stand in the file; `(hidden)` for a secret.
    pub value: String,
    /// Who set it.
    pub origin: Origin,
}

/// A value in force and who set it.
#[derive(Debug, Clone)]
pub(super) struct Decided<T> {
    pub(super) value: T,
    pub(super) origin: Origin,
}

/// The layers of one load, and what comes out of them.
#[derive(Debug)]
pub(super) struct Layers<'a> {
    pub(super) document: &'a Document<'a>,
    pub(super) environment: &'a Environment,
    pub(super) overrides: &'a Overrides,
    pub(super) report: Report,
    pub(super) settings: Vec<Setting>,
    pub(super) described: Vec<Described>,
}

/// A key with what it may be, for the JSON Schema.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Described {
    pub(super) key: Key,
    pub(super) schema: Value,
    /// As it would stand in the file.
    pub(super) default: String,
}

impl Layers<'_> {
    /// Decides one key: the default, then the file, then the variable, then the flag, each over
    /// the one before. A fault in a layer is complained of even where a higher one decides.
    pub(super) fn decide<K: Kind>(
        &mut self,
        key: &Key,
        kind: &K,
        default: K::Value,
    ) -> Decided<K::Value> {
        self.described.push(Described {
            key: *key,
            schema: kind.schema(),
            default: kind.show(&default),
        });
        let mut decided = Decided {
            value: default,
            origin: Origin::Default,
        };
        if let Some(written) = self.document.get(key.table, key.name) {
            let value = kind.read(Raw::Toml(written.value));
            self.lay(key, &mut decided, value, written.origin);
        }
        if let Some((name, text)) = self.variable(key) {
            let value = kind.read_variable(&text, &decided.value);
            self.lay(key, &mut decided, value, Origin::Environment(name));
        }
        if let Some((name, text)) = self.flag(key) {
            self.lay(
                key,
                &mut decided,
                kind.read(Raw::Text(text)),
                Origin::Flag(name),
            );
        }
        self.settings.push(Setting {
            key: key.path(),
            value: kind.show(&decided.value),
            origin: decided.origin.clone(),
        });
        decided
    }

    /// Complains of the value of `path`.
    pub(super) fn complain(&mut self, path: &str, origin: Origin, sentence: &str) {
        let sentence = format!("`{path}`: {sentence}");
        self.document.complain(&mut self.report, origin, sentence);
    }

    /// A variable's text, or a complaint where it is none.
    pub(super) fn variable_text(&mut self, name: &'static str) -> Option<String> {
        match self.environment.text(name) {
            Ok(text) => text.map(str::to_owned),
            Err(not_text) => {
                self.report
                    .add(Origin::Environment(name), not_text.to_string());
                None
            }
        }
    }

    fn lay<T>(
        &mut self,
        key: &Key,
        decided: &mut Decided<T>,
        value: Result<T, String>,
        origin: Origin,
    ) {
        match value {
            Ok(value) => *decided = Decided { value, origin },
            Err(sentence) => self.complain(&key.path(), origin, &sentence),
        }
    }

    fn variable(&mut self, key: &Key) -> Option<(&'static str, String)> {
        let name = key.variable?;
        self.variable_text(name).map(|text| (name, text))
    }

    fn flag(&self, key: &Key) -> Option<(&'static str, &'_ str)> {
        let name = key.flag?;
        self.overrides.get(name).map(|text| (name, text))
    }
}
