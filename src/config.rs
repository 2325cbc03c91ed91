//! Floor 1: text to checked values. Owns the configuration file, the environment, the state file
//! of the TypeScript plugin and the reading of OpenClaw's own file.
//!
//! A load goes in two steps, the file as written and then checked values, and answers either a
//! [`Config`] that nobody has to check again or a [`Report`] of everything that is wrong. It opens
//! no port and creates no file. It knows which policies there are, not what they do: a policy's
//! settings go to the policy as they stand.

pub mod defaults;
mod document;
mod endpoint;
mod environment;
pub mod json_schema;
mod kind;
mod layers;
mod load;
mod log;
mod notify;
pub mod openclaw;
mod own_file;
mod paths;
mod policy;
#[cfg(any(test, feature = "fuzz"))]
mod property;
mod proxy;
mod report;
mod reread;
mod schema;
pub mod state_file;
#[cfg(test)]
mod tests;

use std::fmt;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use crate::types::{AgentId, Network, Secret};

pub use defaults::HOOKS_PATH;
pub use endpoint::{GatewayUrl, RelayUrl, is_loopback};
pub use environment::{Environment, NAMES as VARIABLES};
pub use layers::{Overrides, Setting};
pub use log::{Log, LogFormat, LogTo};
pub use notify::Notify;
pub use own_file::Caution;
pub use paths::{NoHome, Paths};
pub use policy::{Limits, Mode, ModuleSource, OnFailure, PolicyEntry};
pub use proxy::{Proxy, ProxySettings, UnusableProxy};
pub use report::{Complaint, Origin, Position, Report};

/// What is held true of any input.
#[cfg(feature = "fuzz")]
pub mod fuzz {
    /// Loads `input` as the configuration, and panics where what is said of it is not so.
    pub fn config_holds(input: &[u8]) {
        super::property::holds(input);
    }
}

/// Everything that one run of the program is told, checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where everything lies.
    pub paths: Paths,
    /// The file that was read; absent where the default one does not exist.
    pub file: Option<PathBuf>,
    /// `[relay]`: the relay that the daemon connects to.
    pub relay: RelayLink,
    /// `[gateway]`: the OpenClaw gateway that messages are delivered to.
    pub gateway: Gateway,
    /// `[local]`: the daemon's local HTTP.
    pub local: Local,
    /// `[[policy]]`: the chain in its order, policies that are off included.
    pub policies: Vec<PolicyEntry>,
    /// `[relay_server]`: the relay command's own half.
    pub relay_server: RelayServer,
    /// The proxies for the relay.
    pub proxies: ProxySettings,
    /// An identity from the environment, over the state file's.
    pub identity: IdentityOverride,
    /// `[log]`: the log, of every role.
    pub log: Log,
    /// `[notify]`: telling a person what waits.
    pub notify: Notify,
    /// Every key with its value and who set it, in the order of the documentation.
    pub settings: Vec<Setting>,
    /// What its reader should know of the file, though it was taken.
    pub cautions: Vec<Caution>,
    /// How to read it once more.
    source: reread::Source,
}

/// A configuration as far as it could be read, for who is to hear of everything that is wrong.
#[derive(Debug)]
pub struct Examined {
    /// The configuration, or what is wrong with it.
    pub loaded: Result<Config, Report>,
    /// The policies that could be read, whatever is wrong with the rest.
    pub policies: Vec<PolicyEntry>,
}

/// `[relay]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelayLink {
    /// Where agents connect; encrypted or on this machine unless `allow_plain` is set.
    pub url: RelayUrl,
}

/// `[gateway]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gateway {
    /// The gateway; on this machine unless `allow_remote` is set.
    pub base_url: GatewayUrl,
    /// The hook's token, over the one in `openclaw.json`.
    pub token: Option<Secret>,
    /// The hooks' path, over the one in `openclaw.json`; begins with a slash and ends in none.
    pub path: Option<String>,
    /// The hook's `deliver` field.
    pub second_turn: bool,
    /// Hook requests at once, in all.
    pub max_in_flight: NonZeroU32,
    /// Attempts before a message is given up.
    pub delivery_attempts: NonZeroU32,
    /// How old a message may grow before it is given up.
    pub delivery_max_age: Duration,
}

/// `[local]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Local {
    /// Where the local HTTP listens; always a loopback address.
    pub listen: SocketAddr,
    /// Whether every call needs the token.
    pub require_token: bool,
}

/// `[relay_server]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelayServer {
    /// Where the relay listens.
    pub listen: SocketAddr,
    /// Where it keeps what lasts.
    pub store: RelayStore,
    /// Messages a minute of one agent; absent: no limit.
    pub rate_limit_per_minute: Option<NonZeroU32>,
    /// Turns of one episode of a conversation; absent: no limit.
    pub max_turns: Option<NonZeroU32>,
    /// Registrations a minute from one address; absent: no limit.
    pub registrations_per_minute: Option<NonZeroU32>,
    /// Messages that wait for one agent.
    pub offline_queue_max: NonZeroU32,
    /// Size of one message, as version 1 counts it: UTF-16 units times four.
    pub message_max_bytes: NonZeroU32,
    /// Connections from one address at once; absent: no limit.
    pub connections_per_address: Option<NonZeroU32>,
    /// Proxies whose word counts on where a request comes from.
    pub trusted_proxies: Vec<Network>,
    /// Version 1's REST, where nobody has to prove who calls.
    pub open_rest: bool,
}

/// Where a relay keeps what lasts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RelayStore {
    /// An SQLite database in this file.
    Sqlite(PathBuf),
}

impl fmt::Display for RelayStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RelayStore::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
        }
    }
}

/// `OPENDIALOGUE_AGENT_ID` and `OPENDIALOGUE_AGENT_SECRET`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IdentityOverride {
    /// The id.
    pub agent_id: Option<AgentId>,
    /// The secret.
    pub agent_secret: Option<Secret>,
}

impl Config {
    /// The keys whose values in `newer` differ from these and take effect at a restart only;
    /// policies do not: they change while messages flow.
    pub fn waiting_for_restart(&self, newer: &Config) -> Vec<String> {
        let pairs = self.settings.iter().filter_map(|old| {
            let new = newer.settings.iter().find(|new| new.key == old.key)?;
            Some((old, new))
        });
        let mut changed: Vec<String> = pairs
            .filter(|(old, new)| !old.key.starts_with("policy.") && old.value != new.value)
            .map(|(old, _)| old.key.clone())
            .collect();
        // A secret is shown as `(hidden)` before and after.
        let both_set = self.gateway.token.is_some() && newer.gateway.token.is_some();
        if both_set && self.gateway.token != newer.gateway.token {
            changed.push(schema::GATEWAY_TOKEN.path());
        }
        changed
    }
}
