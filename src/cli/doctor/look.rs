//! Looks at everything and has it judged. What cannot be asked without something else (a
//! configuration, a daemon) is passed over where that is missing, and said to be.

use std::io;
use std::net::SocketAddr;
use std::path::Path;

use rustix::process::geteuid;

use super::super::client::{Client, view};
use super::super::failure::Failure;
use super::super::{Context, policy};
use super::daemon::{Holder, Port, Status};
use super::finding::{Diagnosis, Finding, Group, Level};
use super::relay::Reached;
use super::{daemon, disk, files, gateway, home, messages, relay, skill};
use crate::clock::Clock;
use crate::config::openclaw::HookSettings;
use crate::config::state_file::{StateFile, backup_path};
use crate::config::{Config, Examined, IdentityOverride, Paths, PolicyEntry, RelayUrl, Report};
use crate::daemon::{self as role, RelayCallError};
use crate::files::{FileError, LockInfo, free_bytes, read_lock, read_private, read_private_text};

/// More than a lock or a token file holds, in bytes.
const MAX_BYTES: u64 = 16 * 1024;

/// Everything, in the order in which a person would mend it.
pub(super) async fn at_everything(context: &Context) -> Result<Diagnosis, Failure> {
    let paths =
        Paths::new(&context.environment).map_err(|no_home| Failure::Words(no_home.to_string()))?;
    let Examined {
        loaded,
        policies: entries,
    } = context.examine();
    let lock = read_lock(&paths.lock());
    let (holder, status) = ask_daemon(&paths, lock.as_ref().ok().and_then(Option::as_ref)).await;
    let is_up = holder_is_up(&paths, lock.as_ref());
    let paths = if is_up { paths.for_up() } else { paths };
    let config = loaded.as_ref().ok().map(|config| {
        let mut config = config.clone();
        config.paths = paths.clone();
        // `up` brings a relay of its own.
        let of_up = status.as_ref().filter(|_| is_up);
        if let Some(url) = of_up.and_then(|status| RelayUrl::parse(&status.server_url).ok()) {
            config.relay.url = url;
        }
        config
    });
    let known = Known {
        context,
        paths,
        config,
        entries,
        lock,
        holder,
        status,
        is_up,
    };
    known.diagnose(loaded.as_ref()).await
}

/// What everything else is looked at with.
struct Known<'a> {
    context: &'a Context,
    paths: Paths,
    config: Option<Config>,
    /// The policies of the configuration that could be read.
    entries: Vec<PolicyEntry>,
    lock: Result<Option<LockInfo>, FileError>,
    holder: Holder,
    status: Option<Status>,
    is_up: bool,
}

impl Known<'_> {
    async fn diagnose(&self, loaded: Result<&Config, &Report>) -> Result<Diagnosis, Failure> {
        let policies = self.policies()?;
        let mut home = self.home();
        home.extend(home::configuration(loaded, messages::are_well(&policies)));
        home.extend(self.identity());
        home.extend(self.local().await);
        let (relay, gateway) = match &self.config {
            Some(config) => tokio::join!(self.relay(config), self.gateway(config)),
            None => {
                let unread = || vec![Finding::unknown("config", "it has to be right first")];
                (unread(), unread())
            }
        };
        let group = |about, findings| Group { about, findings };
        Ok(Diagnosis::new(vec![
            group("home", home),
            group("relay", relay),
            group("gateway", gateway),
            group("policies", policies),
            group("messages", messages::waiting(self.status.as_ref())),
            group("disk", self.disk()),
            group("skill", self.skill()),
        ]))
    }

    fn home(&self) -> Vec<Finding> {
        let user = geteuid().as_raw();
        let (home, own) = (self.paths.home(), self.paths.data_dir());
        let home_is = files::folder(std::fs::metadata(home));
        let own_is = files::folder(std::fs::symlink_metadata(own));
        vec![
            home::home(home, home_is, user),
            home::own_folder(own, own_is, user),
        ]
    }

    fn identity(&self) -> Vec<Finding> {
        let path = self.paths.state_file();
        let nobody = IdentityOverride::default();
        let config = self.config.as_ref();
        home::identity(&home::Identity {
            path: &path,
            read: &StateFile::read(&path),
            has_backup: backup_path(&path).exists(),
            lent: config.map_or(&nobody, |config| &config.identity),
            relay: config
                .filter(|_| !self.is_up)
                .map(|config| &config.relay.url),
        })
    }

    /// What the commands and the daemon share: token, lock and port.
    async fn local(&self) -> Vec<Finding> {
        let path = self.paths.token_file();
        let read = read_private_text(&path, MAX_BYTES);
        let is_there = read.as_ref().map(Option::is_some);
        let mut found = vec![home::token(&path, is_there, self.runs())];
        if let Some(config) = &self.config {
            let users = files::users_with_shell();
            found.extend(home::neighbours(users, config.local.require_token));
        }
        found.push(match &self.lock {
            Ok(_) => daemon::runs(&self.holder),
            Err(error) => Finding::of_file("daemon", error),
        });
        if let Some((address, port)) = self.port().await {
            found.push(daemon::port(address, &port));
        }
        found.extend(self.status.as_ref().and_then(daemon::restart));
        found.extend(self.status.as_ref().and_then(daemon::notices));
        found
    }

    fn runs(&self) -> bool {
        matches!(self.lock, Ok(Some(_)))
    }

    /// Whose the port is; none where any port will do, or one is about to be taken.
    async fn port(&self) -> Option<(SocketAddr, Port)> {
        if let Ok(Some(holder)) = &self.lock {
            return Some((holder.address?, Port::Ours));
        }
        let address = self.config.as_ref()?.local.listen;
        if address.port() == 0 {
            return None;
        }
        let port = match std::net::TcpListener::bind(address) {
            Ok(_) => Port::Free,
            Err(error) if error.kind() != io::ErrorKind::AddrInUse => {
                Port::Refused(error.to_string())
            }
            Err(_) if Client::is_at(address).await => Port::OtherDaemon,
            Err(_) => Port::OtherProgram,
        };
        Some((address, port))
    }

    async fn relay(&self, config: &Config) -> Vec<Finding> {
        let asked = role::relay_health(config, Clock::system()).await;
        let reached = match asked {
            Ok(health) => Reached::Yes {
                clock_offset_ms: health.clock_offset_ms,
                trouble: health.trouble,
            },
            Err(RelayCallError::Unreachable { cause, .. }) => Reached::No(cause),
            Err(why) => Reached::No(why.to_string()),
        };
        relay::judge(&config.relay.url, &reached, self.status.as_ref())
    }

    async fn gateway(&self, config: &Config) -> Vec<Finding> {
        let read = HookSettings::read(self.paths.openclaw_json());
        let config_file = match &config.file {
            Some(file) => file.clone(),
            None => self.paths.config_file(),
        };
        let setup = gateway::Setup {
            hooks: read.as_ref().map(Option::as_ref),
            openclaw_json: self.paths.openclaw_json(),
            has_own_token: config.gateway.token.is_some(),
            config_file: &config_file,
        };
        let delivery = self.status.as_ref();
        let delivery = delivery.map(|status| gateway::delivery(status, setup));
        if self.status.as_ref().is_some_and(gateway::is_unwanted) {
            return delivery.into_iter().collect();
        }
        let mut found = gateway::setup(setup);
        let health = match role::gateway_health(config).await {
            Ok(health) => health,
            Err(no_client) => {
                found.push(Finding::unknown("gateway", no_client.to_string()));
                return found;
            }
        };
        found.push(gateway::health(
            &config.gateway.base_url.to_string(),
            &health,
        ));
        if gateway::may_try(setup, &health, self.status.as_ref()) {
            let token = match role::try_hook(config).await {
                Ok(answer) => gateway::token(&answer, setup),
                Err(no_client) => Finding::unknown("hook token", no_client.to_string()),
            };
            let is_refused = token.level == Level::Problem;
            found.push(token);
            if is_refused {
                // That messages are handed over is what the daemon thinks until it tries the next.
                return found;
            }
        }
        found.extend(delivery);
        found
    }

    fn policies(&self) -> Result<Vec<Finding>, Failure> {
        if let Some(status) = &self.status {
            return Ok(messages::policies(status));
        }
        let loaded = policy::loadable(&self.entries)?;
        if self.config.is_none() && loaded.is_ok() {
            let says = "the configuration has to be right first";
            return Ok(vec![Finding::unknown("loadable", says)]);
        }
        Ok(messages::loadable(
            loaded.as_ref().copied().map_err(Vec::as_slice),
        ))
    }

    fn disk(&self) -> Vec<Finding> {
        let path = self.paths.daemon_db();
        let free = free_bytes(&path).map_err(|error| error.to_string());
        let file = match self.runs() {
            true => disk::File::Unread("a daemon has it open".to_owned()),
            false => files::database(&path, || read_lock(&self.paths.lock())),
        };
        vec![
            disk::room(
                self.paths.data_dir(),
                free.as_ref().copied().map_err(String::as_str),
            ),
            disk::database(&path, self.status.as_ref(), &file),
        ]
    }

    fn skill(&self) -> Vec<Finding> {
        let places = files::skills(self.paths.openclaw_dir());
        let home = self.context.environment.raw("HOME").map(Path::new);
        let services = home.map(files::services).unwrap_or_default();
        let this = std::env::current_exe().unwrap_or_else(|_| "opendialogue".into());
        let mut found = vec![skill::installed(&places)];
        found.extend(skill::program(&services, &this));
        found
    }
}

/// Who holds the lock, and what the daemon that does says of itself.
async fn ask_daemon(paths: &Paths, lock: Option<&LockInfo>) -> (Holder, Option<Status>) {
    let Some(info) = lock else {
        return (last_holder(paths), None);
    };
    let pid = info.pid;
    let (Some(address), Some(token_file)) = (info.address, &info.token_file) else {
        return (Holder::Starting { pid }, None);
    };
    match ask(address, token_file).await {
        Ok(status) => {
            let version = status.version.clone();
            (Holder::Answers { pid, version }, Some(status))
        }
        Err(why) => {
            let why = why.to_string();
            (Holder::Silent { pid, why }, None)
        }
    }
}

async fn ask(address: SocketAddr, token_file: &Path) -> Result<Status, Failure> {
    let answer = Client::at(address, token_file)?.get("/status").await?;
    view(&answer)
}

/// A holder that ended in order leaves an empty file.
fn last_holder(paths: &Paths) -> Holder {
    let bytes = read_private(&paths.lock(), MAX_BYTES).ok().flatten();
    let left = bytes.and_then(|bytes| serde_json::from_slice::<LockInfo>(&bytes).ok());
    left.map_or(Holder::Nobody, |info| Holder::Gone { pid: info.pid })
}

fn holder_is_up(paths: &Paths, lock: Result<&Option<LockInfo>, &FileError>) -> bool {
    let token_file = lock.ok().and_then(Option::as_ref);
    let token_file = token_file.and_then(|info| info.token_file.as_deref());
    token_file == Some(paths.for_up().token_file().as_path())
}
