//! One `[[policy]]` entry: only the keys that it gives change the policy of that name.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::{Value, json};
use toml::de::{DeTable, DeValue};

use super::settings;
use super::{Mode, ModuleSource, OnFailure, PolicyEntry};
use crate::config::defaults;
use crate::config::json_schema::about;
use crate::config::kind::{Describe, Kind, Raw, Text, expected, pattern, quoted, read_word, words};
use crate::config::layers::{Layers, Setting};
use crate::config::load::beside;
use crate::config::report::{Origin, did_you_mean};
use crate::config::schema::{LIMIT_KEYS, POLICY_KEYS};
use crate::types::{Digest, Direction};

/// The policy that may never pass what it could not judge: it is what keeps the blocked out.
const STRICT: &str = "acl";
/// The longest name, in characters: it stands in logs, tables and keys of stored state.
const NAME_MAX_LEN: usize = 64;

/// The entry's name; `None`, after a complaint, where it has none that can be used.
pub(super) fn read_name(
    layers: &mut Layers<'_>,
    table: &DeTable<'_>,
    origin: &Origin,
) -> Option<String> {
    let Some(written) = layers.document.get_in(table, "name") else {
        if layers.document.is_whole() {
            layers.complain("policy", origin.clone(), "an entry needs a `name`");
        }
        return None;
    };
    match NAME.read(Raw::Toml(written.value)) {
        Ok(name) => Some(name),
        Err(sentence) => {
            layers.complain("policy.name", written.origin, &sentence);
            None
        }
    }
}

/// Lays what the entry says over `entry`.
pub(super) fn merge(
    layers: &mut Layers<'_>,
    table: &DeTable<'_>,
    origin: Origin,
    entry: &mut PolicyEntry,
    is_new: bool,
) {
    let path = entry.path();
    let document = layers.document;
    document.check_known(&mut layers.report, &path, table, &POLICY_KEYS);
    if is_new && document.get_in(table, "module").is_none() && document.is_whole() {
        let mut sentence =
            "there is no default policy of this name, so it needs a `module`".to_owned();
        let shipped = defaults::POLICIES.iter().map(|policy| policy.name);
        if let Some(advice) = did_you_mean(&entry.name, shipped) {
            sentence = format!("{sentence}; {advice}");
        }
        layers.complain(&path, origin.clone(), &sentence);
    }
    entry.origin = origin;
    let mut fields = Fields {
        layers,
        path,
        entry,
    };
    if let Some(module) = fields.take(table, "module", &MODULE) {
        fields.entry.module = match module {
            ModuleSource::Path(file) => ModuleSource::Path(beside(document.path(), &file)),
            ModuleSource::Builtin(name) => ModuleSource::Builtin(name),
        };
    }
    if let Some(digest) = fields.take(table, "sha256", &DIGEST) {
        fields.entry.sha256 = Some(digest);
    }
    if let Some(directions) = fields.take(table, "directions", &Directions) {
        fields.entry.directions = directions;
    }
    if let Some(mode) = fields.take(table, "mode", &MODE) {
        fields.entry.mode = mode;
    }
    if let Some(on_failure) = fields.take(table, "on_failure", &ON_FAILURE) {
        fields.entry.on_failure = on_failure;
    }
    if let Some(before) = fields.take(table, "before", &NAME) {
        fields.entry.before = Some(before);
    }
    fields.take_limits(table);
    fields.refuse_a_lax_acl();
    if let Some(written) = document.get_in(table, "settings") {
        settings::read(layers, entry, &written);
    }
}

/// Complains of what is wrong in an entry that changes nothing, since its name is wrong already.
pub(super) fn only_check(layers: &mut Layers<'_>, table: &DeTable<'_>, origin: Origin, name: &str) {
    let mut nobody = PolicyEntry::new(name, ModuleSource::Path(PathBuf::new()));
    merge(layers, table, origin, &mut nobody, false);
}

/// Every key of an entry with its JSON Schema, and what it is for.
pub(super) fn described() -> Value {
    let time = defaults::POLICY_TIME_BOUNDS.schema();
    let memory = defaults::POLICY_MEMORY_BOUNDS.schema();
    let limits = json!({
        "type": "object", "additionalProperties": false,
        "properties": { "time": time, "memory": memory },
        "description": "What it may use for one message: its `time` and its `memory`.",
    });
    let said = |schema, description| about(schema, description, None);
    json!({
        "name": said(NAME.schema(), "The policy's name; its state is kept under it."),
        "module": said(
            MODULE.schema(),
            "`builtin:NAME`, or the path of a component, from the file's own folder."
        ),
        "sha256": said(DIGEST.schema(), "The only module that will be loaded."),
        "directions": said(Directions.schema(), "Which messages it judges."),
        "mode": said(
            MODE.schema(),
            "`enforce`; `monitor`: evaluated and logged, never obeyed; `off`: not in the chain."
        ),
        "on_failure": said(
            ON_FAILURE.schema(),
            "What becomes of a message that it could not judge: held for a person, refused, or \
             passed on."
        ),
        "before": said(NAME.schema(), "The policy that it stands right before."),
        "limits": limits,
        "settings": said(json!({ "type": "object" }), "The policy's own settings."),
    })
}

/// Adds what is in force for the policy to the settings that `config show` prints.
pub(super) fn record(layers: &mut Layers<'_>, entry: &PolicyEntry) {
    let path = entry.path();
    let limits = [
        (
            "limits.time",
            defaults::POLICY_TIME_BOUNDS.show(&entry.limits.time),
        ),
        (
            "limits.memory",
            defaults::POLICY_MEMORY_BOUNDS.show(&entry.limits.memory_bytes),
        ),
    ];
    let rows = [
        ("module", MODULE.show(&entry.module)),
        ("directions", Directions.show(&entry.directions)),
        ("mode", MODE.show(&entry.mode)),
        ("on_failure", ON_FAILURE.show(&entry.on_failure)),
    ];
    let optional = [
        (
            "sha256",
            entry.sha256.as_ref().map(|digest| DIGEST.show(digest)),
        ),
        ("before", entry.before.as_ref().map(quoted)),
    ];
    let optional = optional
        .into_iter()
        .filter_map(|(key, value)| Some((key, value?)));
    for (key, value) in rows.into_iter().chain(optional).chain(limits) {
        let origin = entry.key_origin(key).clone();
        let key = format!("{path}.{key}");
        layers.settings.push(Setting { key, value, origin });
    }
    layers.settings.push(Setting {
        key: format!("{path}.settings"),
        value: entry.settings.to_string(),
        origin: entry.key_origin("settings").clone(),
    });
}

const NAME: Text<String> = Text {
    what: "a name in quotes",
    read: read_policy_name,
    show: |name| quoted(name),
    schema: || pattern(&format!("^[a-z0-9-]{{1,{NAME_MAX_LEN}}}$")),
};

const MODULE: Text<ModuleSource> = Text {
    what: "`builtin:NAME` or a path in quotes",
    read: read_module,
    show: |module| match module {
        ModuleSource::Builtin(name) => quoted(format!("builtin:{name}")),
        ModuleSource::Path(path) => quoted(path.to_string_lossy()),
    },
    schema: || pattern("^(builtin:[a-z0-9-]+|(?!builtin:).+)$"),
};

const DIGEST: Text<Digest> = Text {
    what: "64 hex digits in quotes",
    read: |text| {
        let digest = text.to_ascii_lowercase().parse();
        digest.map_err(|_| "expected the 64 hex digits of a SHA-256".to_owned())
    },
    show: |digest| quoted(digest.to_string()),
    schema: || pattern("^[0-9A-Fa-f]{64}$"),
};

const MODE: Text<Mode> = Text {
    what: "a mode in quotes",
    read: |text| read_word(text, &Mode::ALL, Mode::as_str),
    show: |mode| quoted(mode.as_str()),
    schema: || words(Mode::ALL.map(Mode::as_str)),
};

const ON_FAILURE: Text<OnFailure> = Text {
    what: "a word in quotes",
    read: |text| read_word(text, &OnFailure::ALL, OnFailure::as_str),
    show: |on_failure| quoted(on_failure.as_str()),
    schema: || words(OnFailure::ALL.map(OnFailure::as_str)),
};

/// A list of directions, with at least one and none twice.
#[derive(Debug, Clone, Copy)]
struct Directions;

impl Describe for Directions {
    fn schema(&self) -> Value {
        let both = [Direction::Inbound, Direction::Outbound].map(Direction::as_str);
        json!({ "type": "array", "minItems": 1, "uniqueItems": true, "items": words(both) })
    }
}

impl Kind for Directions {
    type Value = BTreeSet<Direction>;

    fn read(&self, raw: Raw<'_>) -> Result<Self::Value, String> {
        const WHAT: &str = "a list such as [\"inbound\", \"outbound\"]";
        let Raw::Toml(value) = raw else {
            return Err(format!("expected {WHAT}"));
        };
        let DeValue::Array(words) = value else {
            return Err(expected(WHAT, value));
        };
        let mut directions = BTreeSet::new();
        for word in words.iter() {
            let DeValue::String(word) = word.get_ref() else {
                return Err(expected(WHAT, word.get_ref()));
            };
            let both = [Direction::Inbound, Direction::Outbound];
            if !directions.insert(read_word(word, &both, Direction::as_str)?) {
                return Err(format!("`{word}` stands here twice"));
            }
        }
        if directions.is_empty() {
            return Err("needs at least one direction; `mode = \"off\"` takes a policy out".into());
        }
        Ok(directions)
    }

    fn show(&self, value: &Self::Value) -> String {
        let words: Vec<String> = value
            .iter()
            .map(|direction| quoted(direction.as_str()))
            .collect();
        format!("[{}]", words.join(", "))
    }
}

/// The entry while its fields are laid over it.
struct Fields<'f, 'l> {
    layers: &'f mut Layers<'l>,
    path: String,
    entry: &'f mut PolicyEntry,
}

impl Fields<'_, '_> {
    /// The value of a key, where it is written and right.
    fn take<K: Kind>(&mut self, table: &DeTable<'_>, key: &str, kind: &K) -> Option<K::Value> {
        let name = key.rsplit('.').next().unwrap_or(key);
        let written = self.layers.document.get_in(table, name)?;
        match kind.read(Raw::Toml(written.value)) {
            Ok(value) => {
                self.entry.origins.insert(key.to_owned(), written.origin);
                Some(value)
            }
            Err(sentence) => {
                let path = format!("{}.{key}", self.path);
                self.layers.complain(&path, written.origin, &sentence);
                None
            }
        }
    }

    fn take_limits(&mut self, table: &DeTable<'_>) {
        let document = self.layers.document;
        let Some(written) = document.get_in(table, "limits") else {
            return;
        };
        let path = format!("{}.limits", self.path);
        let DeValue::Table(limits) = written.value else {
            let sentence = expected("a table", written.value);
            self.layers.complain(&path, written.origin, &sentence);
            return;
        };
        document.check_known(&mut self.layers.report, &path, limits, &LIMIT_KEYS);
        if let Some(time) = self.take(limits, "limits.time", &defaults::POLICY_TIME_BOUNDS) {
            self.entry.limits.time = time;
        }
        if let Some(bytes) = self.take(limits, "limits.memory", &defaults::POLICY_MEMORY_BOUNDS) {
            self.entry.limits.memory_bytes = bytes;
        }
    }

    /// Whoever is blocked would come through whenever the policy that blocks them fails.
    fn refuse_a_lax_acl(&mut self) {
        let is_strict = self.entry.name == STRICT
            || self.entry.module == ModuleSource::Builtin(STRICT.to_owned());
        if is_strict && self.entry.on_failure == OnFailure::Pass {
            let origin = self.entry.key_origin("on_failure").clone();
            let sentence = "`acl` can never pass what it could not judge; use `hold` or `reject`";
            self.layers
                .complain(&format!("{}.on_failure", self.path), origin, sentence);
        }
    }
}

fn read_policy_name(text: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if text.is_empty() || text.len() > NAME_MAX_LEN || !text.chars().all(plain) {
        return Err(format!(
            "a policy's name is 1 to {NAME_MAX_LEN} of `a-z`, `0-9` and `-`"
        ));
    }
    Ok(text.to_owned())
}

fn read_module(text: &str) -> Result<ModuleSource, String> {
    let Some(name) = text.strip_prefix("builtin:") else {
        if text.is_empty() {
            return Err("expected `builtin:NAME` or a path".to_owned());
        }
        return Ok(ModuleSource::Path(PathBuf::from(text)));
    };
    let on_request = defaults::ON_REQUEST.iter().copied();
    let known = || {
        let defaults = defaults::POLICIES.iter().map(|policy| policy.name);
        defaults.chain(on_request.clone())
    };
    if !known().any(|known| known == name) {
        let near = did_you_mean(name, known()).map_or_else(String::new, |near| format!("; {near}"));
        return Err(format!("there is no built-in policy `{name}`{near}"));
    }
    Ok(ModuleSource::Builtin(name.to_owned()))
}
