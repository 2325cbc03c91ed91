//! Which tables and keys there are, and which variable or flag stands over which key.

/// A key of the file outside `[[policy]]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) table: &'static str,
    pub(super) name: &'static str,
    pub(super) variable: Option<&'static str>,
    pub(super) flag: Option<&'static str>,
    /// What it is for, in a sentence.
    pub(super) means: &'static str,
}

impl Key {
    const fn new(table: &'static str, name: &'static str, means: &'static str) -> Self {
        Self {
            table,
            name,
            means,
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

pub(super) const RELAY_URL: Key = Key::new(
    "relay",
    "url",
    "Where agents connect; without a path `/connect` is meant. `wss`, or `ws` to this machine.",
)
.variable("OPENDIALOGUE_SERVER_URL");
pub(super) const RELAY_ALLOW_PLAIN: Key = Key::new(
    "relay",
    "allow_plain",
    "`url` may be `ws` to another machine: everybody on the way can then read and change what is said.",
);

pub(super) const GATEWAY_BASE_URL: Key = Key::new(
    "gateway",
    "base_url",
    "The OpenClaw gateway; on this machine unless `allow_remote`.",
)
.variable("OPENDIALOGUE_GATEWAY_BASE_URL");
pub(super) const GATEWAY_ALLOW_REMOTE: Key = Key::new(
    "gateway",
    "allow_remote",
    "`base_url` may be another machine, which then gets the hook's token.",
);
pub(super) const GATEWAY_TOKEN: Key = Key::new(
    "gateway",
    "token",
    "The hook's token, over `hooks.token` of openclaw.json. It makes the file a secret.",
);
pub(super) const GATEWAY_PATH: Key = Key::new(
    "gateway",
    "path",
    "The path of the hooks, over `hooks.path` of openclaw.json.",
);
pub(super) const SECOND_TURN: Key = Key::new(
    "gateway",
    "second_turn",
    "The hook's `deliver` field: a second turn in the main session.",
);
pub(super) const MAX_IN_FLIGHT: Key = Key::new(
    "gateway",
    "max_in_flight",
    "Hook requests at once; a gateway runs eight.",
);
pub(super) const DELIVERY_ATTEMPTS: Key = Key::new(
    "gateway",
    "delivery_attempts",
    "Attempts before a message goes to the dead letters; a busy or absent gateway counts none.",
);
pub(super) const DELIVERY_MAX_AGE: Key = Key::new(
    "gateway",
    "delivery_max_age",
    "The age at which an undelivered message goes to the dead letters.",
);

pub(super) const LOCAL_LISTEN: Key = Key::new(
    "local",
    "listen",
    "Where the local HTTP listens: a loopback address; port 0 takes a free one.",
)
.variable("OPENDIALOGUE_STATUS_PORT");
pub(super) const REQUIRE_TOKEN: Key = Key::new(
    "local",
    "require_token",
    "Every call needs the token, not only those that show content or change trust.",
);

pub(super) const NOTIFY_ENABLED: Key = Key::new(
    "notify",
    "enabled",
    "Whether a person is told, by the notify target of the state file, what waits for one.",
);
pub(super) const NOTIFY_EVERY: Key =
    Key::new("notify", "every", "The least time between two notices.");

pub(super) const LOG_TO: Key = Key::new(
    "log",
    "to",
    "Where the log goes: to standard error, or to files in `opendialogue/log` of the home.",
)
.flag("--log-to");
pub(super) const LOG_FORMAT: Key = Key::new(
    "log",
    "format",
    "How it is written: a line for a person, or a JSON object in each line.",
);

pub(super) const RELAY_LISTEN: Key =
    Key::new("relay_server", "listen", "Where the relay listens.").flag("--listen");
pub(super) const STORE: Key = Key::new(
    "relay_server",
    "store",
    "Where the relay keeps what lasts: `sqlite`, or `sqlite:PATH`.",
)
.flag("--store");
pub(super) const RATE_LIMIT: Key = Key::new(
    "relay_server",
    "rate_limit_per_minute",
    "Messages a minute of one agent; 0: no limit.",
);
pub(super) const MAX_TURNS: Key = Key::new(
    "relay_server",
    "max_turns",
    "Turns of one episode of a conversation; 0: no limit.",
);
pub(super) const REGISTRATIONS: Key = Key::new(
    "relay_server",
    "registrations_per_minute",
    "Registrations a minute from one address; 0: no limit.",
);
pub(super) const OFFLINE_QUEUE_MAX: Key = Key::new(
    "relay_server",
    "offline_queue_max",
    "Messages that wait for one agent.",
);
pub(super) const MESSAGE_MAX_BYTES: Key = Key::new(
    "relay_server",
    "message_max_bytes",
    "Size of one message: UTF-16 units times four.",
);
pub(super) const CONNECTIONS_PER_ADDRESS: Key = Key::new(
    "relay_server",
    "connections_per_address",
    "Connections at once from one address, or one /64 of IPv6; 0: no limit.",
);
pub(super) const TRUSTED_PROXIES: Key = Key::new(
    "relay_server",
    "trusted_proxies",
    "Proxies in front of the relay, whose `X-Forwarded-For` says where a request comes from.",
);
pub(super) const OPEN_REST: Key = Key::new(
    "relay_server",
    "open_rest",
    "Version 1's REST, where nobody has to prove who calls.",
);

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

/// What a table is for.
pub(super) fn table_means(table: &str) -> &'static str {
    match table {
        "relay" => "The relay that the daemon connects to.",
        "gateway" => "The OpenClaw gateway that messages are delivered to.",
        "local" => "The daemon's local HTTP.",
        "notify" => "Telling a person what waits for one.",
        "log" => "Where the log goes and how it is written.",
        "relay_server" => "The relay command's own half.",
        _ => "",
    }
}

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
