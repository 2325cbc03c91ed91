//! Which tables and keys there are, and which variable or flag stands over which key.

/// A key of the file outside `[[policy]]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) table: &'static str,
    pub(super) name: &'static str,
    pub(super) variable: Option<&'static str>,
    pub(super) flag: Option<&'static str>,
}

impl Key {
    const fn new(table: &'static str, name: &'static str) -> Self {
        Self {
            table,
            name,
            variable: None,
            flag: None,
        }
    }

    const fn variable(mut self, name: &'static str) -> Self {
        self.variable = Some(name);
        self
    }

    const fn flag(mut self, name: &'static str) -> Self {
        self.flag = Some(name);
        self
    }

    /// `table.name`.
    pub(super) fn path(&self) -> String {
        format!("{}.{}", self.table, self.name)
    }
}

pub(super) const RELAY_URL: Key = Key::new("relay", "url").variable("OPENDIALOGUE_SERVER_URL");
pub(super) const RELAY_ALLOW_PLAIN: Key = Key::new("relay", "allow_plain");

pub(super) const GATEWAY_BASE_URL: Key =
    Key::new("gateway", "base_url").variable("OPENDIALOGUE_GATEWAY_BASE_URL");
pub(super) const GATEWAY_ALLOW_REMOTE: Key = Key::new("gateway", "allow_remote");
pub(super) const GATEWAY_TOKEN: Key = Key::new("gateway", "token");
pub(super) const GATEWAY_PATH: Key = Key::new("gateway", "path");
pub(super) const SECOND_TURN: Key = Key::new("gateway", "second_turn");
pub(super) const MAX_IN_FLIGHT: Key = Key::new("gateway", "max_in_flight");
pub(super) const DELIVERY_ATTEMPTS: Key = Key::new("gateway", "delivery_attempts");
pub(super) const DELIVERY_MAX_AGE: Key = Key::new("gateway", "delivery_max_age");

pub(super) const LOCAL_LISTEN: Key =
    Key::new("local", "listen").variable("OPENDIALOGUE_STATUS_PORT");
pub(super) const REQUIRE_TOKEN: Key = Key::new("local", "require_token");

pub(super) const NOTIFY_ENABLED: Key = Key::new("notify", "enabled");
pub(super) const NOTIFY_EVERY: Key = Key::new("notify", "every");

pub(super) const LOG_TO: Key = Key::new("log", "to").flag("--log-to");
pub(super) const LOG_FORMAT: Key = Key::new("log", "format");

pub(super) const RELAY_LISTEN: Key = Key::new("relay_server", "listen").flag("--listen");
pub(super) const STORE: Key = Key::new("relay_server", "store").flag("--store");
pub(super) const RATE_LIMIT: Key = Key::new("relay_server", "rate_limit_per_minute");
pub(super) const MAX_TURNS: Key = Key::new("relay_server", "max_turns");
pub(super) const REGISTRATIONS: Key = Key::new("relay_server", "registrations_per_minute");
pub(super) const OFFLINE_QUEUE_MAX: Key = Key::new("relay_server", "offline_queue_max");
pub(super) const MESSAGE_MAX_BYTES: Key = Key::new("relay_server", "message_max_bytes");
pub(super) const CONNECTIONS_PER_ADDRESS: Key = Key::new("relay_server", "connections_per_address");
pub(super) const TRUSTED_PROXIES: Key = Key::new("relay_server", "trusted_proxies");
pub(super) const OPEN_REST: Key = Key::new("relay_server", "open_rest");

/// Every key outside `[[policy]]`.
pub(super) const KEYS: [Key; 26] = [
    RELAY_URL,
    RELAY_ALLOW_PLAIN,
    GATEWAY_BASE_URL,
    GATEWAY_ALLOW_REMOTE,
    GATEWAY_TOKEN,
    GATEWAY_PATH,
    SECOND_TURN,
    MAX_IN_FLIGHT,
    DELIVERY_ATTEMPTS,
    DELIVERY_MAX_AGE,
    LOCAL_LISTEN,
    REQUIRE_TOKEN,
    NOTIFY_ENABLED,
    NOTIFY_EVERY,
    LOG_TO,
    LOG_FORMAT,
    RELAY_LISTEN,
    STORE,
    RATE_LIMIT,
    MAX_TURNS,
    REGISTRATIONS,
    OFFLINE_QUEUE_MAX,
    MESSAGE_MAX_BYTES,
    CONNECTIONS_PER_ADDRESS,
    TRUSTED_PROXIES,
    OPEN_REST,
];

/// The list of policies, written `[[policy]]`.
pub(super) const POLICY: &str = "policy";

/// Every table, the list of policies among them.
pub(super) const TABLES: [&str; 7] = [
    "relay",
    "gateway",
    "local",
    "notify",
    "log",
    POLICY,
    "relay_server",
];

/// Every key of a `[[policy]]` entry.
pub(super) const POLICY_KEYS: [&str; 9] = [
    "name",
    "module",
    "sha256",
    "directions",
    "mode",
    "on_failure",
    "before",
    "limits",
    "settings",
];

/// Every key of an entry's `limits`.
pub(super) const LIMIT_KEYS: [&str; 2] = ["time", "memory"];

/// The keys of one table.
pub(super) fn names_in(table: &str) -> impl Iterator<Item = &'static str> {
    let keys = KEYS.into_iter().filter(move |key| key.table == table);
    keys.map(|key| key.name)
}
