//! The settings: from the entry's JSON to checked values, every complaint with its setting's name.
//!
//! `settings.schema.json` says the same for people and tools; a test holds the two together.

use guest::Complaint;
use guest::settings::{Reader, Table, Value, read};

use crate::detector::{DETECTORS, Detector};
use crate::find;
use crate::own::{Fingerprint, Fingerprints};

/// The JSON Schema of the settings.
pub const SCHEMA: &str = guest::schema!("settings.schema.json");

/// The most fingerprints, the most of the host's own, and the most values that may pass.
const MAX_FINGERPRINTS: usize = 64;
const MAX_OWN: usize = 16;
const MAX_ALLOWED: usize = 256;

/// From how many bits for each character a value under the name of a secret looks random, and what may
/// be said of that. Words have some three, hexadecimal digits four at the most.
pub const ENTROPY: f64 = 3.5;
const LEAST_ENTROPY: f64 = 2.0;
const MOST_ENTROPY: f64 = 6.0;

/// The settings of one entry.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// What is done for each detector, in the order of the detectors.
    pub actions: [Action; DETECTORS.len()],
    /// The detectors that are off, a bit for each.
    disabled: u32,
    /// From how many bits for each character a named value is a secret; none where names do not count.
    pub entropy: Option<f64>,
    /// Values that may pass.
    allowed: Vec<Fingerprint>,
    /// Prefixes whose tokens may pass.
    allowed_prefixes: Vec<String>,
    /// Secrets that are known by their fingerprints.
    pub fingerprints: Fingerprints,
}

/// What is done, the stricter the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// It is said.
    Tag,
    /// The message waits for a person.
    Hold,
    /// The message goes no further.
    Reject,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            actions: [Action::Hold; DETECTORS.len()],
            disabled: 0,
            entropy: Some(ENTROPY),
            allowed: Vec::new(),
            allowed_prefixes: Vec::new(),
            fingerprints: Fingerprints::default(),
        }
    }
}

impl Settings {
    /// Reads the settings, or says everything that is wrong with them.
    pub fn from_json(text: &str) -> Result<Self, Vec<Complaint>> {
        read(text, |reader, table| {
            reader.unknown_keys("", table, &KEYS);
            let mut settings = Self::default();
            settings.read_actions(reader, table);
            settings.read_disabled(reader, table);
            settings.read_entropy(reader, table);
            settings.read_allowed(reader, table);
            settings.read_fingerprints(reader, table);
            Some(settings)
        })
    }

    /// What is done about what `detector` finds.
    pub fn action(&self, detector: Detector) -> Action {
        self.actions[detector as usize]
    }

    /// Whether `detector` is off.
    pub fn is_disabled(&self, detector: Detector) -> bool {
        self.disabled & 1 << detector as u32 != 0
    }

    /// Whether `value`, known by `prefix`, may pass.
    pub fn allows(&self, value: &[u8], prefix: Option<&str>) -> bool {
        let of_prefix = |prefix| {
            self.allowed_prefixes
                .iter()
                .any(|allowed| allowed == prefix)
        };
        prefix.is_some_and(of_prefix) || self.allowed.iter().any(|print| print.is_of(value))
    }

    fn read_actions(&mut self, reader: &mut Reader, table: &Table) {
        let Some(actions) = reader.table(table, "", "action") else {
            return;
        };
        reader.unknown_keys("action.", actions, &DETECTORS.map(|(name, _)| name));
        for (name, detector) in DETECTORS {
            if let Some(action) = reader.word(actions, "action.", name, &ACTIONS) {
                self.actions[detector as usize] = action;
            }
        }
    }

    fn read_disabled(&mut self, reader: &mut Reader, table: &Table) {
        let names = reader.list(table, "", "disable", DETECTORS.len(), "detectors");
        for (index, name) in names.unwrap_or_default().iter().enumerate() {
            if let Some(detector) = reader.one_of(name, &format!("disable[{index}]"), &DETECTORS) {
                self.disabled |= 1 << detector as u32;
            }
        }
    }

    fn read_entropy(&mut self, reader: &mut Reader, table: &Table) {
        self.entropy = match table.get("entropy") {
            None | Some(Value::Bool(true)) => Some(ENTROPY),
            Some(Value::Bool(false)) => None,
            Some(value) => {
                let range = LEAST_ENTROPY..=MOST_ENTROPY;
                let bits = value.as_f64().filter(|bits| range.contains(bits));
                let problem = "must be `true`, `false`, or a number of bits from 2 to 6";
                bits.or_else(|| reader.complain("entropy", problem))
            }
        };
    }

    fn read_allowed(&mut self, reader: &mut Reader, table: &Table) {
        let values = reader.list(table, "", "allow", MAX_ALLOWED, "values");
        for (index, value) in values.unwrap_or_default().iter().enumerate() {
            let written = value.as_str().unwrap_or_default();
            if find::prefixes().any(|prefix| prefix == written) {
                self.allowed_prefixes.push(written.to_owned());
            } else if let Some(print) = Fingerprint::new(written) {
                self.allowed.push(print);
            } else {
                let problem = "must be a prefix that a detector knows, or a fingerprint";
                reader.complain::<()>(&format!("allow[{index}]"), problem);
            }
        }
    }

    fn read_fingerprints(&mut self, reader: &mut Reader, table: &Table) {
        let mut prints = read_prints(reader, table, "fingerprints", MAX_FINGERPRINTS);
        // The host puts the fingerprints of its own secrets in the place of `true`.
        if !matches!(table.get("own"), None | Some(Value::Bool(_))) {
            prints.append(&mut read_prints(reader, table, "own", MAX_OWN));
        }
        self.fingerprints = Fingerprints::new(prints);
    }
}

fn read_prints(reader: &mut Reader, table: &Table, setting: &str, most: usize) -> Vec<Fingerprint> {
    let values = reader.list(table, "", setting, most, "fingerprints");
    let mut prints = Vec::new();
    for (index, value) in values.unwrap_or_default().iter().enumerate() {
        match value.as_str().and_then(Fingerprint::new) {
            Some(print) => prints.push(print),
            None => {
                let problem = "must be LENGTH:SALT:DIGEST, of 8 to 256 bytes, the salt and the \
                               first 16 bytes of the digest in hexadecimal digits";
                reader.complain::<()>(&format!("{setting}[{index}]"), problem);
            }
        }
    }
    prints
}

const KEYS: [&str; 6] = [
    "action",
    "allow",
    "disable",
    "entropy",
    "fingerprints",
    "own",
];
const ACTIONS: [(&str, Action); 3] = [
    ("tag", Action::Tag),
    ("hold", Action::Hold),
    ("reject", Action::Reject),
];

#[cfg(test)]
mod tests;
