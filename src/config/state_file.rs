//! `opendialogue-state.json`, the file of the TypeScript plugin, taken over as it is.
//!
//! It holds who this agent is, so it is never guessed at: what is not whole, not JSON or of the
//! wrong shape is an error that says how to mend it, and nobody writes over it. Keys that mean
//! nothing to us are kept as they stand. It is written whole, with the one before as `.bak`.

use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};

use serde_json::error::Category;
use serde_json::{Map, Value};

use super::endpoint::RelayUrl;
use super::{IdentityOverride, Position};
use crate::files::{FileError, read_private_text, replace_private, shell_word};
use crate::types::{AgentId, ConversationId, Secret, TurnNumber};

/// More than such a file ever holds, in bytes: a hundred thousand conversations.
const LIMIT_BYTES: u64 = 16 * 1024 * 1024;

/// The file's content.
#[derive(Clone, PartialEq)]
pub struct StateFile {
    /// This agent's id.
    pub agent_id: Option<AgentId>,
    /// This agent's secret.
    pub agent_secret: Option<Secret>,
    /// The relay that knows this id.
    pub relay_url: Option<RelayUrl>,
    /// The owner's limit on turns.
    pub max_turns_per_conversation: Option<TurnNumber>,
    /// The channel by which a person is told something.
    pub notify_channel: Option<String>,
    /// Whom to tell on that channel.
    pub notify_target: Option<String>,
    /// The older way to say the two before.
    pub notify_session: Option<String>,
    /// Conversations to import, by peer.
    pub conversations: BTreeMap<AgentId, KnownConversation>,
    /// Turns to import, by conversation or peer.
    pub conversation_turns: BTreeMap<String, u64>,
    /// What in the file was passed over, one sentence each.
    pub complaints: Vec<String>,
    document: Map<String, Value>,
}

/// A conversation that the plugin held with a peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownConversation {
    /// Its id.
    pub id: ConversationId,
    /// The session of the local agent that its messages go to.
    pub reply_session: Option<String>,
}

/// Who this agent is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Its id.
    pub agent_id: AgentId,
    /// Its secret.
    pub agent_secret: Secret,
}

/// The file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StateFileError {
    /// It is not a private file of this user.
    #[error(transparent)]
    File(#[from] FileError),
    /// It does not hold what it must.
    #[error("`{}`: {fault}; {}", .path.display(), mend(.path))]
    Content {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        fault: StateFault,
    },
}

/// What is wrong with the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StateFault {
    /// It stops before it is complete.
    #[error("the file is cut off at line {}, column {}", .0.line, .0.column)]
    Truncated(Position),
    /// It is not JSON.
    #[error("the file is not JSON at line {}, column {}", .0.line, .0.column)]
    NotJson(Position),
    /// It is JSON, and no object.
    #[error("the file is not a JSON object")]
    NotAnObject,
    /// A part of the identity is not what it must be.
    #[error("`{key}` is not {expected}")]
    Identity {
        /// Its key.
        key: &'static str,
        /// What it must be.
        expected: &'static str,
    },
}

/// There is an id without its secret, or a secret without its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is `{present}` but no `{missing}`; set both, or neither to register a new agent")]
pub struct HalfIdentity {
    /// The half that is there.
    pub present: &'static str,
    /// The half that is not.
    pub missing: &'static str,
}

impl StateFile {
    /// A file with nothing in it, for an agent that is not registered yet.
    pub fn empty() -> Self {
        Self::from_document(Map::new()).expect("an empty object has nothing wrong in it")
    }

    /// Reads the file at `path`; `None` where there is none.
    pub fn read(path: &Path) -> Result<Option<Self>, StateFileError> {
        let Some(text) = read_private_text(path, LIMIT_BYTES)? else {
            return Ok(None);
        };
        let state = Self::parse(&text).map_err(|fault| StateFileError::Content {
            path: path.to_owned(),
            fault,
        })?;
        Ok(Some(state))
    }

    /// Reads the file's text.
    pub fn parse(text: &str) -> Result<Self, StateFault> {
        match serde_json::from_str(text).map_err(|error| explain(&error))? {
            Value::Object(document) => Self::from_document(document),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_) => Err(StateFault::NotAnObject),
        }
    }

    /// The file's whole text, the keys that we do not know included.
    pub fn to_text(&self) -> String {
        let mut text = format!("{:#}", Value::Object(self.document.clone()));
        text.push('\n');
        text
    }

    /// Writes the file whole; the one before stays beside it as `.bak`. One that cannot be used
    /// is not written over.
    pub fn write(&self, path: &Path) -> Result<(), StateFileError> {
        if let Some(before) = Self::read(path)? {
            replace_private(&backup_path(path), before.to_text().as_bytes())?;
        }
        replace_private(path, self.to_text().as_bytes())?;
        Ok(())
    }

    /// The same file with this identity.
    pub fn with_identity(mut self, identity: Identity) -> Self {
        let Identity {
            agent_id,
            agent_secret,
        } = identity;
        self.put("agentId", agent_id.as_str());
        self.put("agentSecret", agent_secret.expose());
        self.agent_id = Some(agent_id);
        self.agent_secret = Some(agent_secret);
        self
    }

    /// The same file with this relay as the one that knows the id.
    pub fn with_relay_url(mut self, url: RelayUrl) -> Self {
        self.put("relayUrl", &url.to_string());
        self.relay_url = Some(url);
        self
    }

    /// Who this agent is: the environment's word over the file's; `None` before registration.
    pub fn identity(&self, over: &IdentityOverride) -> Result<Option<Identity>, HalfIdentity> {
        let id = over.agent_id.clone().or_else(|| self.agent_id.clone());
        let secret = over
            .agent_secret
            .clone()
            .or_else(|| self.agent_secret.clone());
        match (id, secret) {
            (Some(agent_id), Some(agent_secret)) => Ok(Some(Identity {
                agent_id,
                agent_secret,
            })),
            (None, None) => Ok(None),
            (Some(_), None) => Err(HalfIdentity {
                present: "agentId",
                missing: "agentSecret",
            }),
            (None, Some(_)) => Err(HalfIdentity {
                present: "agentSecret",
                missing: "agentId",
            }),
        }
    }

    fn put(&mut self, key: &str, value: &str) {
        self.document.insert(key.to_owned(), Value::from(value));
    }

    fn from_document(document: Map<String, Value>) -> Result<Self, StateFault> {
        let mut complaints = Vec::new();
        let agent_id = identity_text(&document, "agentId", "an agent's id", |text| {
            text.parse().ok()
        })?;
        let agent_secret = identity_text(&document, "agentSecret", "a text", |text| {
            Some(Secret::new(text))
        })?;
        let relay_url = identity_text(&document, "relayUrl", "a relay's URL", |text| {
            RelayUrl::parse(text).ok()
        })?;
        let mut text = |key| optional(&document, key, "a text", &mut complaints, read_text);
        let notify_channel = text("notifyChannel");
        let notify_target = text("notifyTarget");
        let notify_session = text("notifySession");
        let max_turns = optional(
            &document,
            "maxTurnsPerConversation",
            "a whole number above zero",
            &mut complaints,
            |value| value.as_u64().and_then(NonZeroU64::new),
        );
        let conversations = entries(
            &document,
            "conversations",
            &mut complaints,
            |peer, value| Some((peer.parse().ok()?, read_conversation(value)?)),
        );
        let turns = entries(
            &document,
            "conversationTurns",
            &mut complaints,
            |key, value| Some((key.to_owned(), value.as_u64()?)),
        );
        Ok(Self {
            agent_id,
            agent_secret,
            relay_url,
            max_turns_per_conversation: max_turns,
            notify_channel,
            notify_target,
            notify_session,
            conversations,
            conversation_turns: turns,
            complaints,
            document,
        })
    }
}

/// Shows the keys and never the values: one is a secret, and unknown ones may be.
impl fmt::Debug for StateFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StateFile")
            .field("agent_id", &self.agent_id)
            .field("relay_url", &self.relay_url)
            .field("keys", &self.document.keys().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

/// Where the file before the last one is kept.
pub fn backup_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".bak");
    PathBuf::from(name)
}

/// A part of the identity: absent, null and empty alike are none; anything wrong is a fault.
fn identity_text<T>(
    document: &Map<String, Value>,
    key: &'static str,
    expected: &'static str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, StateFault> {
    let wrong = StateFault::Identity { key, expected };
    let Some(value) = document.get(key).filter(|value| !value.is_null()) else {
        return Ok(None);
    };
    match value.as_str() {
        Some("") => Ok(None),
        Some(text) => read(text).map(Some).ok_or(wrong),
        None => Err(wrong),
    }
}

/// A value that may be absent or null; a wrong one is complained of and passed over.
fn optional<T>(
    document: &Map<String, Value>,
    key: &str,
    expected: &str,
    complaints: &mut Vec<String>,
    read: impl Fn(&Value) -> Option<T>,
) -> Option<T> {
    let value = document.get(key).filter(|value| !value.is_null())?;
    let read = read(value);
    if read.is_none() {
        complaints.push(format!("`{key}` is not {expected} and was passed over"));
    }
    read
}

/// The entries of an object; those that are wrong are complained of and passed over.
fn entries<K: Ord, V>(
    document: &Map<String, Value>,
    key: &str,
    complaints: &mut Vec<String>,
    read: impl Fn(&str, &Value) -> Option<(K, V)>,
) -> BTreeMap<K, V> {
    let object = optional(document, key, "an object", complaints, |value| {
        value.as_object().cloned()
    });
    let mut taken = BTreeMap::new();
    for (name, value) in object.unwrap_or_default() {
        match read(&name, &value) {
            Some((name, value)) => {
                taken.insert(name, value);
            }
            None => {
                let short: String = name.chars().take(40).collect();
                complaints.push(format!("the entry {short:?} of `{key}` was passed over"));
            }
        }
    }
    taken
}

/// `"conversation"` or `{"conversationId": "conversation", "replySession": "key"}`.
fn read_conversation(value: &Value) -> Option<KnownConversation> {
    let id = value
        .as_str()
        .or_else(|| value.get("conversationId")?.as_str())?;
    let reply_session = value.get("replySession").and_then(read_text);
    Some(KnownConversation {
        id: id.parse().ok()?,
        reply_session,
    })
}

fn read_text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn explain(error: &serde_json::Error) -> StateFault {
    let position = Position {
        line: error.line().max(1),
        column: error.column().max(1),
    };
    match error.classify() {
        Category::Eof => StateFault::Truncated(position),
        Category::Io | Category::Syntax | Category::Data => StateFault::NotJson(position),
    }
}

fn mend(path: &Path) -> String {
    let backup = shell_word(&backup_path(path));
    let path = shell_word(path);
    format!(
        "bring back a good copy (`cp -p {backup} {path}` where there is one), or give up this \
         identity with `mv {path} {path}.broken` and a new agent is registered"
    )
}

#[cfg(test)]
mod tests;
