//! The settings: from the entry's JSON to checked values, every complaint with its setting's name.
//!
//! `settings.schema.json` says the same for people and tools; the test below holds the two together.

use guest::settings::{Reader, Table, Value, named, read};
use guest::{Complaint, Direction, Kind};

mod moment;

/// The JSON Schema of the settings.
pub const SCHEMA: &str = guest::schema!("settings.schema.json");

/// The longest reason of a rule, in bytes: the host takes no longer one.
const MAX_REASON_LEN: usize = 1024;

/// The settings of one entry.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// Tried in order; the first that matches decides.
    pub rules: Vec<Rule>,
    /// What decides where no rule matches.
    pub mode: Mode,
}

/// Who may talk where no rule matches.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mode {
    /// Everybody who is not blocked.
    #[default]
    Open,
    /// A stranger's first message is held as a contact request.
    Pairing,
    /// Known peers only.
    Known,
    /// The owner's own only.
    Closed,
}

/// One rule. What is absent matches everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The other agent's id.
    pub peer: Option<String>,
    /// The direction.
    pub direction: Option<Direction>,
    /// The kinds of message.
    pub kinds: Option<Vec<Kind>>,
    /// The conversation.
    pub conversation: Option<String>,
    /// The rule no longer matches from here on, in Unix milliseconds.
    pub expires: Option<u64>,
    /// What the rule does.
    pub effect: Effect,
    /// Why, for this side.
    pub reason: Option<String>,
}

/// What a rule does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// The message goes on.
    Allow,
    /// It is refused.
    Reject,
    /// It waits for a person.
    Hold,
}

impl Settings {
    /// Reads the settings, or says everything that is wrong with them.
    pub fn from_json(text: &str) -> Result<Self, Vec<Complaint>> {
        read(text, |reader, table| {
            reader.unknown_keys("", table, &["mode", "rules"]);
            Some(Self {
                mode: reader.word(table, "", "mode", &MODES).unwrap_or_default(),
                rules: rules(reader, table).unwrap_or_default(),
            })
        })
    }
}

fn rules(reader: &mut Reader, table: &Table) -> Option<Vec<Rule>> {
    let Value::List(list) = table.get("rules")? else {
        return reader.complain("rules", "must be a list of tables");
    };
    let rules = list.iter().enumerate();
    rules
        .map(|(index, table)| rule(reader, index, table))
        .collect()
}

fn rule(reader: &mut Reader, index: usize, value: &Value) -> Option<Rule> {
    let at = format!("rules[{index}]");
    let Value::Table(table) = value else {
        return reader.complain(&at, "must be a table");
    };
    let at = format!("{at}.");
    reader.unknown_keys(&at, table, &KEYS);
    let effect = reader.word(table, &at, "effect", &EFFECTS);
    if !table.has("effect") {
        reader.complain::<()>(&format!("{at}effect"), "is missing");
    }
    let peer = id(reader, table, &at, "peer").filter(|peer| peer != "*");
    Some(Rule {
        peer,
        direction: reader.word(table, &at, "direction", &DIRECTIONS),
        kinds: kinds(reader, table, &at),
        conversation: id(reader, table, &at, "conversation"),
        expires: expires(reader, table, &at),
        reason: reason(reader, table, &at),
        effect: effect?,
    })
}

fn kinds(reader: &mut Reader, table: &Table, at: &str) -> Option<Vec<Kind>> {
    let setting = format!("{at}kinds");
    let list = table.get("kinds")?.as_list();
    let Some(list) = list.filter(|list| !list.is_empty()) else {
        return reader.complain(&setting, &format!("must be a list of {}", named(&KINDS)));
    };
    let mut kinds = Vec::new();
    for (index, value) in list.iter().enumerate() {
        kinds.extend(reader.one_of(value, &format!("{setting}[{index}]"), &KINDS));
    }
    Some(kinds)
}

fn expires(reader: &mut Reader, table: &Table, at: &str) -> Option<u64> {
    let moment = table.get("expires")?.as_str().and_then(moment::parse);
    if moment.is_none() {
        let problem = "must be a moment in UTC, written as \"2027-01-31T18:00:00Z\"";
        return reader.complain(&format!("{at}expires"), problem);
    }
    moment
}

fn reason(reader: &mut Reader, table: &Table, at: &str) -> Option<String> {
    let reason = table.get("reason")?.as_str();
    let Some(reason) = reason.filter(|reason| reason.len() <= MAX_REASON_LEN) else {
        let problem = format!("must be a text of at most {MAX_REASON_LEN} bytes");
        return reader.complain(&format!("{at}reason"), &problem);
    };
    Some(reason.to_owned())
}

fn id(reader: &mut Reader, table: &Table, at: &str, key: &str) -> Option<String> {
    let value = table.get(key)?;
    let star = key == "peer" && value.as_str() == Some("*");
    match value.as_str() {
        Some(id) if star || is_id(id) => Some(id.to_owned()),
        _ => {
            let or_star = if key == "peer" { " or `*`" } else { "" };
            let problem = format!("must be 1 to 128 of `A-Z a-z 0-9 . _ : -`{or_star}");
            reader.complain(&format!("{at}{key}"), &problem)
        }
    }
}

const KEYS: [&str; 7] = [
    "peer",
    "direction",
    "kinds",
    "conversation",
    "expires",
    "effect",
    "reason",
];
const MODES: [(&str, Mode); 4] = [
    ("open", Mode::Open),
    ("pairing", Mode::Pairing),
    ("known", Mode::Known),
    ("closed", Mode::Closed),
];
const EFFECTS: [(&str, Effect); 3] = [
    ("allow", Effect::Allow),
    ("reject", Effect::Reject),
    ("hold", Effect::Hold),
];
const DIRECTIONS: [(&str, Direction); 2] = [
    ("inbound", Direction::Inbound),
    ("outbound", Direction::Outbound),
];
const KINDS: [(&str, Kind); 4] = [
    ("text", Kind::Text),
    ("typing", Kind::Typing),
    ("read_receipt", Kind::ReadReceipt),
    ("end", Kind::End),
];

fn is_id(text: &str) -> bool {
    let in_alphabet = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b':' | b'-');
    (1..=128).contains(&text.len()) && text.bytes().all(in_alphabet)
}

#[cfg(test)]
mod tests;
