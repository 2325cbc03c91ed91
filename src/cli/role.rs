//! What the roles that stay have in common: a runtime, the lock of the home, the end in order.

use std::future::Future;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::Context;
use super::failure::Failure;
use crate::config::{Config, LogFormat, LogTo, Paths};
use crate::files::{self, Lock};
use crate::tasks::Tasks;
use crate::telemetry::{self, Format, Place, TelemetryError};

/// From the signal to the end of everything that can be waited for; the process is gone within 10 s.
pub(super) const DEADLINE: Duration = Duration::from_secs(9);
/// For work that blocks, when everything else has ended.
const LAST_MOMENT: Duration = Duration::from_millis(500);

/// Runs a role to its end on as many threads as the machine has cores.
pub(super) fn block_on(role: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let ended = runtime.block_on(role);
    runtime.shutdown_timeout(LAST_MOMENT);
    ended
}

/// Where a role logs.
#[derive(Debug, clap::Args)]
pub(super) struct Logging {
    /// Where the log goes, instead of `to` in `[log]`: `stderr`, or `file` for files in
    /// `opendialogue/log` of the home
    #[arg(long = "log-to", value_name = "PLACE")]
    pub(super) to: Option<String>,
}

/// Logs as the configuration says, or as `quiet` does where `OPENDIALOGUE_LOG` says nothing; to files
/// under the name of `role`, where it is to go to files.
pub(super) fn start_logging(
    context: &Context,
    config: &Config,
    role: &str,
    quiet: Option<&str>,
) -> Result<(), Failure> {
    let is_asked = context.environment.raw("OPENDIALOGUE_LOG").is_some();
    let filter = match quiet {
        Some(quiet) if !is_asked => quiet,
        Some(_) | None => &config.log.filter,
    };
    let format = match config.log.format {
        LogFormat::Text => Format::Text,
        LogFormat::Json => Format::Json,
    };
    let place = match config.log.to {
        LogTo::StandardError => Place::StandardError,
        LogTo::File => Place::Files {
            folder: config.paths.log_dir(),
            name: format!("{role}.log"),
        },
    };
    telemetry::init(filter, format, place).map_err(|error| match error {
        TelemetryError::File(_) => Failure::Failed(error.into()),
        TelemetryError::Filter(_) | TelemetryError::Twice(_) => Failure::Words(error.to_string()),
    })?;
    for caution in &config.cautions {
        warn!("{}", caution.sentence);
    }
    Ok(())
}

/// Takes the lock that `daemon` and `up` share: one of them on a home.
pub(super) fn take_lock(paths: &Paths) -> Result<Lock, Failure> {
    let path = paths.lock();
    if let Some(directory) = path.parent() {
        files::create_private_dir(directory).map_err(anyhow::Error::from)?;
    }
    Ok(Lock::acquire(&path).map_err(anyhow::Error::from)?)
}

/// The signals by which a role is asked to end. From the moment on that it listens, the process
/// ends in order or not at all.
#[derive(Debug)]
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Listens from now on.
    pub(super) fn listen() -> Result<Self, Failure> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Waits until one of them comes, or `stopping` says that the role must end, and logs which.
    pub(super) async fn wait(&mut self, stopping: &CancellationToken) {
        let why = tokio::select! {
            _ = self.terminate.recv() => "SIGTERM came",
            _ = self.interrupt.recv() => "SIGINT came",
            () = stopping.cancelled() => "a part of the program has stopped",
        };
        info!("ending: {why}");
    }
}

/// Ends the tasks of a role in order; one that broke is a failure.
pub(super) async fn end(tasks: &Tasks) -> Result<(), Failure> {
    tasks.cancel();
    let drained = tasks.drain(DEADLINE).await;
    if tasks.is_broken() {
        return Err(broke());
    }
    Ok(drained.map_err(anyhow::Error::from)?)
}

/// A role ended because a part of it broke.
pub(super) fn broke() -> Failure {
    Failure::failed("a part of the program broke and everything was stopped; the log says which")
}
