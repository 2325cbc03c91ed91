//! From the layers to a [`Config`]: one function for each table.

mod written;

use std::io;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use super::document::Document;
use super::endpoint::{GatewayUrl, RelayUrl};
use super::environment::Environment;
use super::kind::{LoopbackAddress, Networks, Switch, Whole};
use super::layers::{Described, Layers, Overrides};
use super::own_file::{OwnFile, unreadable};
use super::paths::Paths;
use super::proxy::ProxySettings;
use super::report::{Origin, Report};
use super::reread::Source;
use super::schema::{self, Key};
use super::{
    Config, Examined, Gateway, IdentityOverride, Local, RelayLink, RelayServer, RelayStore,
    defaults, log, notify, policy,
};
use crate::types::Secret;

impl Config {
    /// Loads the configuration: `config_file` where one is named, which must exist then, else the
    /// default one, which need not.
    pub fn load(
        environment: &Environment,
        overrides: &Overrides,
        config_file: Option<&Path>,
    ) -> Result<Self, Report> {
        Examined::load(environment, overrides, config_file).loaded
    }

    /// Checks a configuration of this `text`, as if it stood in the file `path`.
    pub fn from_text(
        environment: &Environment,
        overrides: &Overrides,
        path: &Path,
        text: &str,
    ) -> Result<Self, Report> {
        let paths = find_paths(environment)?;
        let layers = (environment, overrides);
        Examined::of(layers, paths, path, text, Report::default()).loaded
    }
}

impl Examined {
    /// As [`Config::load`], with what could be read of it where something is wrong.
    pub fn load(
        environment: &Environment,
        overrides: &Overrides,
        config_file: Option<&Path>,
    ) -> Self {
        let paths = match find_paths(environment) {
            Ok(paths) => paths,
            Err(report) => {
                return Self {
                    loaded: Err(report),
                    policies: Vec::new(),
                };
            }
        };
        let path = match config_file {
            Some(path) => path.to_owned(),
            None => paths.config_file(),
        };
        let mut report = Report::default();
        let file = match OwnFile::read(&path, &mut report) {
            // Nobody named it, and every key has its default.
            Err(error) if error.kind() == io::ErrorKind::NotFound && config_file.is_none() => None,
            Err(error) => {
                report.add(Origin::WholeFile(path.clone()), unreadable(&error));
                None
            }
            Ok(file) => Some(file),
        };
        let text = file.as_ref().map_or("", |file| &file.text);
        let is_refused = !report.is_empty();
        let mut examined = Self::of((environment, overrides), paths, &path, text, report);
        if is_refused {
            // Whoever can write the file would choose what is tried out.
            examined.policies.clear();
        }
        if let Ok(config) = &mut examined.loaded {
            config.cautions = file.as_ref().map_or_else(Vec::new, |file| {
                let key = schema::GATEWAY_TOKEN.path();
                let holds_secret = config.settings.iter().any(|setting| {
                    setting.key == key && matches!(setting.origin, Origin::File(..))
                });
                file.cautions(&path, holds_secret)
            });
            config.file = file.is_some().then_some(path);
            config.source = Source::of(environment, overrides);
        }
        examined
    }

    /// Checks `text`, and adds what is wrong with it to `report`.
    fn of(
        (environment, overrides): (&Environment, &Overrides),
        paths: Paths,
        path: &Path,
        text: &str,
        mut report: Report,
    ) -> Self {
        let document = Document::parse(path, text, &mut report);
        document.check_names(&mut report);
        let mut layers = Layers {
            document: &document,
            environment,
            overrides,
            report,
            settings: Vec::new(),
            described: Vec::new(),
        };
        let config = Config {
            file: Some(path.to_owned()),
            relay: relay(&mut layers),
            gateway: gateway(&mut layers),
            local: local(&mut layers),
            policies: policy::chain(&mut layers),
            relay_server: relay_server(&mut layers, &paths),
            proxies: ProxySettings::new(environment),
            identity: identity(&mut layers),
            log: log::read(&mut layers),
            notify: notify::read(&mut layers),
            settings: layers.settings,
            cautions: Vec::new(),
            source: Source::default(),
            paths,
        };
        let mut report = layers.report;
        report.sort();
        if report.is_empty() {
            return Self {
                policies: config.policies.clone(),
                loaded: Ok(config),
            };
        }
        let mut policies = config.policies;
        // Of a broken file it is a guess what was left out on purpose; an entry that lacks its
        // module has been told so.
        policies.retain(|entry| document.is_whole() && entry.has_module());
        Self {
            policies,
            loaded: Err(report),
        }
    }
}

/// Every key outside `[[policy]]` with what it may be, in the order of the file: a load of nothing meets
/// each of them.
pub(super) fn described(paths: &Paths) -> Vec<Described> {
    let mut report = Report::default();
    let document = Document::parse(Path::new(""), "", &mut report);
    let mut layers = Layers {
        document: &document,
        environment: &Environment::default(),
        overrides: &Overrides::default(),
        report,
        settings: Vec::new(),
        described: Vec::new(),
    };
    relay(&mut layers);
    gateway(&mut layers);
    local(&mut layers);
    notify::read(&mut layers);
    log::read(&mut layers);
    relay_server(&mut layers, paths);
    layers.described
}

fn relay(layers: &mut Layers<'_>) -> RelayLink {
    let default = RelayUrl::parse(defaults::RELAY_URL).expect("the default relay is a URL");
    let url = layers.decide(&schema::RELAY_URL, &written::RELAY, default);
    let allow_plain = layers.decide(&schema::RELAY_ALLOW_PLAIN, &Switch, false);
    if !url.value.is_secure() && !url.value.is_loopback() && !allow_plain.value {
        let sentence = "without TLS everybody on the way can read and change what is said, also \
                        that the relay proves who sends; write `wss`, or set \
                        `allow_plain = true` in `[relay]` if that is meant";
        layers.complain(&schema::RELAY_URL.path(), url.origin, sentence);
    }
    RelayLink { url: url.value }
}

fn gateway(layers: &mut Layers<'_>) -> Gateway {
    let default = GatewayUrl::parse(defaults::GATEWAY_BASE_URL).expect("the default is a URL");
    let base_url = layers.decide(&schema::GATEWAY_BASE_URL, &written::GATEWAY, default);
    let allow_remote = layers.decide(&schema::GATEWAY_ALLOW_REMOTE, &Switch, false);
    if !base_url.value.is_loopback() && !allow_remote.value {
        let sentence = "the gateway is not on this machine and gets the hook's token; \
                        set `allow_remote = true` in `[gateway]` if that is meant";
        layers.complain(&schema::GATEWAY_BASE_URL.path(), base_url.origin, sentence);
    }
    Gateway {
        base_url: base_url.value,
        token: layers
            .decide(&schema::GATEWAY_TOKEN, &written::TOKEN, None)
            .value,
        path: layers
            .decide(&schema::GATEWAY_PATH, &written::HOOKS_PATH, None)
            .value,
        second_turn: layers.decide(&schema::SECOND_TURN, &Switch, false).value,
        max_in_flight: positive(
            layers,
            &schema::MAX_IN_FLIGHT,
            &defaults::MAX_IN_FLIGHT_BOUNDS,
            defaults::MAX_IN_FLIGHT,
        ),
        delivery_attempts: positive(
            layers,
            &schema::DELIVERY_ATTEMPTS,
            &defaults::DELIVERY_ATTEMPTS_BOUNDS,
            defaults::DELIVERY_ATTEMPTS,
        ),
        delivery_max_age: layers
            .decide(
                &schema::DELIVERY_MAX_AGE,
                &defaults::DELIVERY_MAX_AGE_BOUNDS,
                defaults::DELIVERY_MAX_AGE,
            )
            .value,
    }
}

fn local(layers: &mut Layers<'_>) -> Local {
    let listen = layers.decide(
        &schema::LOCAL_LISTEN,
        &LoopbackAddress,
        defaults::LOCAL_LISTEN,
    );
    Local {
        listen: listen.value,
        require_token: layers.decide(&schema::REQUIRE_TOKEN, &Switch, false).value,
    }
}

fn relay_server(layers: &mut Layers<'_>, paths: &Paths) -> RelayServer {
    let listen = layers.decide(
        &schema::RELAY_LISTEN,
        &written::LISTEN,
        defaults::RELAY_LISTEN,
    );
    let store = relay_store(layers, paths);
    let mut limit = |key, default| {
        let limit = layers.decide(key, &defaults::LIMIT_BOUNDS, default);
        NonZeroU32::new(limit.value)
    };
    RelayServer {
        listen: listen.value,
        store,
        rate_limit_per_minute: limit(&schema::RATE_LIMIT, defaults::RATE_LIMIT_PER_MINUTE),
        max_turns: limit(&schema::MAX_TURNS, defaults::MAX_TURNS),
        registrations_per_minute: limit(&schema::REGISTRATIONS, defaults::REGISTRATIONS_PER_MINUTE),
        connections_per_address: limit(
            &schema::CONNECTIONS_PER_ADDRESS,
            defaults::CONNECTIONS_PER_ADDRESS,
        ),
        offline_queue_max: positive(
            layers,
            &schema::OFFLINE_QUEUE_MAX,
            &defaults::OFFLINE_QUEUE_BOUNDS,
            defaults::OFFLINE_QUEUE_MAX,
        ),
        message_max_bytes: positive(
            layers,
            &schema::MESSAGE_MAX_BYTES,
            &defaults::MESSAGE_BOUNDS,
            defaults::MESSAGE_MAX_BYTES,
        ),
        trusted_proxies: layers
            .decide(&schema::TRUSTED_PROXIES, &Networks, Vec::new())
            .value,
        open_rest: layers.decide(&schema::OPEN_REST, &Switch, false).value,
    }
}

/// A path in the file starts in the file's directory, one in a flag where the command was given.
fn relay_store(layers: &mut Layers<'_>, paths: &Paths) -> RelayStore {
    let decided = layers.decide(&schema::STORE, &written::STORE, None);
    let path = match (decided.value, decided.origin) {
        (None, _) => paths.relay_db(),
        (Some(path), Origin::File(file, _)) => beside(&file, &path),
        (Some(path), _) => path,
    };
    RelayStore::Sqlite(path)
}

fn identity(layers: &mut Layers<'_>) -> IdentityOverride {
    let id = layers.variable_text(AGENT_ID).and_then(|text| {
        let id = text.parse();
        id.map_err(|invalid| {
            layers
                .report
                .add(Origin::Environment(AGENT_ID), format!("{invalid}"))
        })
        .ok()
    });
    IdentityOverride {
        agent_id: id,
        agent_secret: layers.variable_text(AGENT_SECRET).map(Secret::new),
    }
}

const AGENT_ID: &str = "OPENDIALOGUE_AGENT_ID";
const AGENT_SECRET: &str = "OPENDIALOGUE_AGENT_SECRET";

fn positive(layers: &mut Layers<'_>, key: &Key, bounds: &Whole, default: u32) -> NonZeroU32 {
    let decided = layers.decide(key, bounds, default);
    NonZeroU32::new(decided.value).expect("the bounds of the key begin above zero")
}

/// `path` as seen from the directory of `file`.
pub(super) fn beside(file: &Path, path: &Path) -> PathBuf {
    match file.parent() {
        Some(directory) => directory.join(path),
        None => path.to_owned(),
    }
}

fn find_paths(environment: &Environment) -> Result<Paths, Report> {
    Paths::new(environment).map_err(|no_home| {
        let mut report = Report::default();
        report.add(Origin::Environment("HOME"), no_home.to_string());
        report
    })
}
