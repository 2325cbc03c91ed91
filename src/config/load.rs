//! From the layers to a [`Config`]: one function for each table.

mod written;

use std::fs::File;
use std::io::{self, Read};
use std::num::NonZeroU32;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use super::document::Document;
use super::endpoint::{GatewayUrl, RelayUrl};
use super::environment::Environment;
use super::kind::{LoopbackAddress, Networks, Switch, Whole};
use super::layers::{Described, Layers, Overrides};
use super::paths::Paths;
use super::proxy::ProxySettings;
use super::report::{Origin, Report};
use super::reread::Source;
use super::schema::{self, Key};
use super::{
    Config, Gateway, IdentityOverride, Local, RelayLink, RelayServer, RelayStore, defaults, log,
    notify, policy,
};
use crate::files::{self, Writers, shell_word};
use crate::types::Secret;

/// More than any configuration needs, in bytes: what is larger is some other file.
const FILE_LIMIT_BYTES: u64 = 1024 * 1024;

impl Config {
    /// Loads the configuration: `config_file` where one is named, which must exist then, else the
    /// default one, which need not.
    pub fn load(
        environment: &Environment,
        overrides: &Overrides,
        config_file: Option<&Path>,
    ) -> Result<Self, Report> {
        let paths = find_paths(environment)?;
        let path = match config_file {
            Some(path) => path.to_owned(),
            None => paths.config_file(),
        };
        let text = match open_to_read(&path) {
            Ok(file) => Some(read_own(file, &path)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound && config_file.is_none() => None,
            Err(error) => return Err(complaint(Origin::WholeFile(path), unreadable(&error))),
        };
        let (text, caution) = text.map_or((None, None), |(text, caution)| (Some(text), caution));
        let mut config = Self::from_text(
            environment,
            overrides,
            &path,
            text.as_deref().unwrap_or_default(),
        )?;
        config.file = text.is_some().then_some(path);
        config.caution = caution;
        config.source = Source::of(environment, overrides);
        Ok(config)
    }

    /// Checks a configuration of this `text`, as if it stood in the file `path`.
    pub fn from_text(
        environment: &Environment,
        overrides: &Overrides,
        path: &Path,
        text: &str,
    ) -> Result<Self, Report> {
        let paths = find_paths(environment)?;
        let mut report = Report::default();
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
        let config = Self {
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
            caution: None,
            source: Source::default(),
            paths,
        };
        let mut report = layers.report;
        report.sort();
        if report.is_empty() {
            Ok(config)
        } else {
            Err(report)
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
    Paths::new(environment)
        .map_err(|no_home| complaint(Origin::Environment("HOME"), no_home.to_string()))
}

fn complaint(origin: Origin, sentence: String) -> Report {
    let mut report = Report::default();
    report.add(origin, sentence);
    report
}

/// Reads the configuration, which decides what runs: nobody but its user and root may write it. One
/// that its group may write is taken with a caution, since the group is often the user's own.
fn read_own(file: File, path: &Path) -> Result<(String, Option<String>), Report> {
    let refused = |sentence| complaint(Origin::WholeFile(path.to_owned()), sentence);
    let failed = |error: io::Error| refused(unreadable(&error));
    let word = || shell_word(path);
    let caution = match Writers::of(&file.metadata().map_err(failed)?) {
        Writers::Nobody => None,
        Writers::Group => Some(format!(
            "the members of its group can write `{}`, and so choose what runs here; if they are not \
             you alone, `chmod g-w {}`",
            path.display(),
            word()
        )),
        Writers::Owner(owner) => {
            return Err(refused(format!(
                "it belongs to user {owner}, who could choose what runs here; mend it with \
                 `sudo chown $USER {}`",
                word()
            )));
        }
        Writers::Everybody => {
            return Err(refused(format!(
                "everybody can write it, and so choose what runs here; mend it with `chmod o-w {}`",
                word()
            )));
        }
    };
    Ok((read_all(file).map_err(failed)?, caution))
}

/// Reads a text file that need not be private.
pub(super) fn read_text(path: &Path) -> io::Result<String> {
    read_all(open_to_read(path)?)
}

/// Opens a file. A pipe in its place would hold the program for ever, so it is refused.
fn open_to_read(path: &Path) -> io::Result<File> {
    let file = files::open_at_once(path)?;
    match file.metadata()?.file_type().is_fifo() {
        true => Err(io::Error::other("it is a pipe")),
        false => Ok(file),
    }
}

fn read_all(file: File) -> io::Result<String> {
    let mut text = String::new();
    let read = file.take(FILE_LIMIT_BYTES + 1).read_to_string(&mut text)?;
    if u64::try_from(read).unwrap_or(u64::MAX) > FILE_LIMIT_BYTES {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(text)
}

/// Why a file could not be read, in one sentence.
pub(super) fn unreadable(error: &io::Error) -> String {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the kinds are the standard library's and grow"
    )]
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::InvalidData => "the file is not UTF-8 text".to_owned(),
        io::ErrorKind::FileTooLarge => {
            format!("the file is larger than {FILE_LIMIT_BYTES} bytes")
        }
        _ => format!("the file cannot be read: {error}"),
    }
}
