//! The chain as configured: the default policies, what `[[policy]]` changes in them, and what it
//! adds. Which settings a policy takes is the policy's own affair; here they only keep their place.

mod entry;
mod settings;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Map, Value};

use super::defaults::{self, DefaultPolicy};
use super::kind::{Kind as _, Raw};
use super::layers::Layers;
use super::report::{Origin, did_you_mean};
use crate::types::{Digest, Direction};

/// One policy of the chain.
#[derive(Debug, Clone, PartialEq)]
pub struct PolicyEntry {
    /// Its name, unique in the chain; its state is kept under it.
    pub name: String,
    /// Where its module comes from.
    pub module: ModuleSource,
    /// The only module that will be loaded, where that is said.
    pub sha256: Option<Digest>,
    /// Which messages it judges; never empty.
    pub directions: BTreeSet<Direction>,
    /// Whether it is obeyed.
    pub mode: Mode,
    /// What becomes of a message that it could not judge.
    pub on_failure: OnFailure,
    /// The policy that it was told to stand before; the order of the chain obeys it already.
    pub before: Option<String>,
    /// What it may use for one message.
    pub limits: Limits,
    /// Its settings, a JSON object.
    pub settings: Value,
    /// Where the entry stands, [`Origin::Default`] where no file names it.
    pub origin: Origin,
    /// Where each key stands that a file gives, by its path, as in `settings.rules.0.peer`.
    origins: BTreeMap<String, Origin>,
}

/// Where a policy's module comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModuleSource {
    /// The program itself, under this name.
    Builtin(String),
    /// A file.
    Path(PathBuf),
}

/// Whether a policy is obeyed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Its verdicts hold.
    Enforce,
    /// It is evaluated and logged, never obeyed.
    Monitor,
    /// It is not in the chain.
    Off,
}

/// What becomes of a message that a policy could not judge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OnFailure {
    /// It is kept for a person to decide.
    Hold,
    /// It is refused.
    Reject,
    /// It passes this policy.
    Pass,
}

/// What a policy may use for one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Time.
    pub time: Duration,
    /// Memory in bytes.
    pub memory_bytes: u64,
}

impl Limits {
    /// The time that `text` says, as `limits.time` would, or what is wrong with it.
    pub fn time_of(text: &str) -> Result<Duration, String> {
        defaults::POLICY_TIME_BOUNDS.read(Raw::Text(text))
    }

    /// The bytes that `text` says, as `limits.memory` would, or what is wrong with it.
    pub fn memory_of(text: &str) -> Result<u64, String> {
        defaults::POLICY_MEMORY_BOUNDS.read(Raw::Text(text))
    }
}

impl Mode {
    /// Every mode.
    pub const ALL: [Mode; 3] = [Mode::Enforce, Mode::Monitor, Mode::Off];

    /// The word in the configuration, in logs and in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Mode::Enforce => "enforce",
            Mode::Monitor => "monitor",
            Mode::Off => "off",
        }
    }
}

impl OnFailure {
    /// Every way.
    pub const ALL: [OnFailure; 3] = [OnFailure::Hold, OnFailure::Reject, OnFailure::Pass];

    /// The word in the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            OnFailure::Hold => "hold",
            OnFailure::Reject => "reject",
            OnFailure::Pass => "pass",
        }
    }
}

impl PolicyEntry {
    /// Where the setting `path` stands, as in `rules.0.peer`: the innermost part of it that was
    /// written, or else the entry.
    pub fn setting_origin(&self, path: &str) -> &Origin {
        let whole = format!("settings.{path}");
        let mut path = whole.as_str();
        loop {
            if let Some(origin) = self.origins.get(path) {
                return origin;
            }
            let Some((outer, _)) = path.rsplit_once('.') else {
                return &self.origin;
            };
            path = outer;
        }
    }

    /// Its keys' place among all keys.
    fn path(&self) -> String {
        match self.name.as_str() {
            // Its name was wrong.
            "" => "policy".to_owned(),
            name => format!("policy.{name}"),
        }
    }

    /// Whether it says where its module comes from.
    pub(super) fn has_module(&self) -> bool {
        self.module != ModuleSource::Path(PathBuf::new())
    }

    /// Who set a key of the entry.
    fn key_origin(&self, key: &str) -> &Origin {
        self.origins.get(key).unwrap_or(&Origin::Default)
    }

    fn default(policy: &DefaultPolicy) -> Self {
        Self {
            directions: policy.directions.iter().copied().collect(),
            on_failure: policy.on_failure,
            ..Self::new(policy.name, ModuleSource::Builtin(policy.name.to_owned()))
        }
    }

    fn new(name: &str, module: ModuleSource) -> Self {
        Self {
            name: name.to_owned(),
            module,
            sha256: None,
            directions: BTreeSet::from([Direction::Inbound, Direction::Outbound]),
            mode: Mode::Enforce,
            on_failure: OnFailure::Hold,
            before: None,
            limits: Limits {
                time: defaults::POLICY_TIME,
                memory_bytes: defaults::POLICY_MEMORY_BYTES,
            },
            settings: Value::Object(Map::new()),
            origin: Origin::Default,
            origins: BTreeMap::new(),
        }
    }
}

/// The JSON Schema of `[[policy]]`.
pub(super) fn described() -> Value {
    let entry = serde_json::json!({
        "type": "object", "required": ["name"], "additionalProperties": false,
        "properties": entry::described(),
    });
    serde_json::json!({
        "type": "array", "maxItems": defaults::POLICIES_MAX, "items": entry,
        "description": "The chain: each entry changes the policy of its name, or adds one.",
    })
}

/// The whole chain: the defaults, merged with what the file says.
pub(super) fn chain(layers: &mut Layers<'_>) -> Vec<PolicyEntry> {
    let mut chain: Vec<PolicyEntry> = defaults::POLICIES
        .iter()
        .map(PolicyEntry::default)
        .collect();
    let mut written = BTreeSet::new();
    for (table, origin) in layers.document.policies() {
        let Some(name) = entry::read_name(layers, table, &origin) else {
            entry::only_check(layers, table, origin, "");
            continue;
        };
        if !written.insert(name.clone()) {
            let sentence = "there is already an entry with this name";
            layers.complain(&format!("policy.{name}"), origin.clone(), sentence);
            entry::only_check(layers, table, origin, &name);
            continue;
        }
        if written.len() > defaults::POLICIES_MAX {
            let sentence = format!("there are more than {} entries", defaults::POLICIES_MAX);
            layers.complain("policy", origin, &sentence);
            break;
        }
        let present = chain.iter().position(|entry| entry.name == name);
        let index = match present {
            Some(index) => index,
            None => {
                chain.push(PolicyEntry::new(&name, ModuleSource::Path(PathBuf::new())));
                chain.len() - 1
            }
        };
        entry::merge(layers, table, origin, &mut chain[index], present.is_none());
    }
    let chain = order(layers, chain);
    for entry in &chain {
        entry::record(layers, entry);
    }
    chain
}

/// Puts every entry that names another one right before it, those of one target in the order of
/// the file; the others keep their order.
fn order(layers: &mut Layers<'_>, chain: Vec<PolicyEntry>) -> Vec<PolicyEntry> {
    let names: Vec<String> = chain.iter().map(|entry| entry.name.clone()).collect();
    let (mut waiting, mut ordered): (Vec<_>, Vec<_>) = chain.into_iter().partition(|entry| {
        let target = entry.before.as_ref();
        target.is_some_and(|target| names.contains(target))
    });
    for entry in &ordered {
        if let Some(nobody) = &entry.before {
            let others = names
                .iter()
                .map(String::as_str)
                .filter(|name| *name != entry.name);
            let near = did_you_mean(nobody, others);
            let advice = near.map_or_else(String::new, |near| format!("; {near}"));
            let sentence = format!("there is no policy `{nobody}`{advice}");
            let origin = entry.key_origin("before").clone();
            layers.complain(&format!("policy.{}.before", entry.name), origin, &sentence);
        }
    }
    while let Some((from, to)) = next_move(&waiting, &ordered) {
        let entry = waiting.remove(from);
        ordered.insert(to, entry);
    }
    for entry in &waiting {
        let sentence = "this leads round in a circle, so nobody can stand first";
        let origin = entry.key_origin("before").clone();
        layers.complain(&format!("policy.{}.before", entry.name), origin, sentence);
    }
    ordered.append(&mut waiting);
    ordered
}

/// The first waiting entry whose target has its place, and that place.
fn next_move(waiting: &[PolicyEntry], ordered: &[PolicyEntry]) -> Option<(usize, usize)> {
    waiting.iter().enumerate().find_map(|(from, entry)| {
        let target = entry.before.as_ref()?;
        let to = ordered.iter().position(|placed| placed.name == *target)?;
        Some((from, to))
    })
}
