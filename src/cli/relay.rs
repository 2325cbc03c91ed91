//! `opendialogue relay`: the relay, until it is asked to end.

use std::io::ErrorKind;
use std::num::NonZeroU32;

use super::failure::Failure;
use super::{Context, print, role};
use crate::clock::Clock;
use crate::config::{Overrides, RelayServer, RelayStore};
use crate::files;
use crate::relay::{Relay, RunningRelay, Settings, StartError, StorePath};

/// Run a relay between agents
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Where it listens, instead of `listen` in `[relay_server]`
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// Where it keeps what lasts, instead of `store` in `[relay_server]`: `sqlite` or `sqlite:PATH`
    #[arg(long, value_name = "STORE")]
    store: Option<String>,
    #[command(flatten)]
    log: role::Logging,
}

impl Arguments {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let is_own_store = self.store.is_none();
        let overrides = Overrides {
            relay_listen: self.listen,
            relay_store: self.store,
            log_to: self.log.to,
        };
        let config = context.load(&overrides)?;
        role::start_logging(context, &config, "relay", None)?;
        if is_own_store {
            files::create_private_dir(config.paths.data_dir()).map_err(anyhow::Error::from)?;
        }
        let mut signals = role::Signals::listen()?;
        let relay = start(&config.relay_server).await?;
        print::announce(format_args!("relay on ws://{}/connect", relay.local_addr));
        signals.wait(relay.stopping()).await;
        end(relay).await
    }
}

/// Starts a relay with the settings of `[relay_server]`.
pub(super) async fn start(server: &RelayServer) -> Result<RunningRelay, Failure> {
    let relay = Relay::start(settings(server), Clock::system()).await;
    relay.map_err(why)
}

/// A port that is taken is told with the words that mend it.
fn why(error: StartError) -> Failure {
    if let StartError::Listen { address, source } = &error
        && source.kind() == ErrorKind::AddrInUse
    {
        return Failure::failed(format!(
            "port {} of {} is in use; set `listen` in `[relay_server]` to another, or give \
             `relay` one by `--listen`",
            address.port(),
            address.ip()
        ));
    }
    Failure::Failed(error.into())
}

/// Ends a relay in order; one that broke is a failure.
pub(super) async fn end(relay: RunningRelay) -> Result<(), Failure> {
    let is_broken = relay.is_broken();
    let drained = relay.shutdown(role::DEADLINE).await;
    if is_broken {
        return Err(role::broke());
    }
    Ok(drained.map_err(anyhow::Error::from)?)
}

fn settings(server: &RelayServer) -> Settings {
    let or_none = |limit: Option<NonZeroU32>| limit.map_or(0, NonZeroU32::get);
    Settings {
        listen: server.listen,
        store: match &server.store {
            RelayStore::Sqlite(path) => StorePath::Sqlite(path.clone()),
        },
        rate_limit_per_minute: or_none(server.rate_limit_per_minute),
        max_turns: or_none(server.max_turns),
        registrations_per_minute: or_none(server.registrations_per_minute),
        offline_queue_max: server.offline_queue_max.get(),
        message_max_bytes: server.message_max_bytes.get().into(),
        connections_per_address: or_none(server.connections_per_address),
        trusted_proxies: server.trusted_proxies.clone(),
        open_rest: server.open_rest,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_in_use_is_told_with_the_key_that_changes_it() {
        for (kind, names_key) in [
            (ErrorKind::AddrInUse, true),
            (ErrorKind::PermissionDenied, false),
        ] {
            let failure = why(StartError::Listen {
                address: "127.0.0.1:18786".parse().unwrap(),
                source: kind.into(),
            });
            let told = format!("{failure:?}");
            assert_eq!(told.contains("[relay_server]"), names_key, "{told}");
            assert!(told.contains("18786"), "{told}");
        }
    }
}
