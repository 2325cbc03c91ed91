//! `opendialogue daemon`: the daemon, until it is asked to end.

use super::failure::Failure;
use super::{Context, print, role};
use crate::clock::Clock;
use crate::config::Overrides;
use crate::daemon::{self, StartError};
use crate::tasks::Tasks;

/// What an agent is called at its relay when it is registered.
pub(super) const AGENT_NAME: &str = "OpenDialogue";

/// Run the daemon beside this machine's agent
///
/// It connects to the relay, hands what comes in to the OpenClaw gateway, and takes what is to be
/// sent. On its first run it registers with the relay.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Become a new agent where the identity of this home belongs to another relay
    #[arg(long)]
    register: bool,
    /// Go on with this relay although it no longer proves who sends, as it did before
    #[arg(long)]
    accept_unproven: bool,
    #[command(flatten)]
    log: role::Logging,
}

impl Arguments {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let config = context.load(&Overrides {
            log_to: self.log.to,
            ..Overrides::default()
        })?;
        role::start_logging(context, &config, "daemon", None)?;
        let mut lock = role::take_lock(&config.paths)?;
        let token_file = config.paths.token_file();
        let settings = daemon::Settings {
            config,
            name: AGENT_NAME.to_owned(),
            register_again: self.register,
            accept_unproven: self.accept_unproven,
            deliver: true,
        };
        let mut signals = role::Signals::listen()?;
        let tasks = Tasks::new();
        let running = tokio::select! {
            started = daemon::start(settings, Clock::system(), &tasks) => started.map_err(why)?,
            () = signals.wait(tasks.stopping()) => return role::end(&tasks).await,
        };
        lock.publish(running.address, &token_file)
            .map_err(anyhow::Error::from)?;
        print::announce(format_args!(
            "agent {}, local HTTP on http://{}",
            running.daemon.agent_id(),
            running.address
        ));
        // The database closes with the last handle to it.
        drop(running);
        signals.wait(tasks.stopping()).await;
        role::end(&tasks).await
    }
}

/// Policies that cannot be loaded are a fault of the configuration.
pub(super) fn why(error: StartError) -> Failure {
    match error {
        StartError::Policies(error) => Failure::Words(error.to_string()),
        StartError::File(_)
        | StartError::Engine(_)
        | StartError::Open(_)
        | StartError::Database(_)
        | StartError::Listen(_)
        | StartError::Identity(_)
        | StartError::Relay(_)
        | StartError::Gateway(_) => Failure::Failed(error.into()),
    }
}
