//! Joins the relay's tasks together, and takes them apart in order.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::node::Node;
use super::settings::{Settings, StorePath};
use super::store::Store;
use super::store::sqlite::{SqliteStore, beside, create_file, create_folder};
use super::{accept, api, descriptors};
use crate::clock::Clock;
use crate::db::OpenError;
use crate::files::{FileError, Lock, LockError, LockInfo, holder_name};
use crate::tasks::{DrainTimeout, Tasks};

/// How often nonces that cannot come again are swept out of the store: with the bound on calls in
/// a minute this bounds their number.
const SWEEP_NONCES_EVERY: Duration = Duration::from_secs(60);

/// How often history that is old is.
const SWEEP_HISTORY_EVERY: Duration = Duration::from_secs(60 * 60);

/// How long the history of conversations is kept.
const KEEP_HISTORY: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// The relay, before it runs.
#[derive(Debug)]
pub struct Relay;

/// A relay that serves.
#[derive(Debug)]
pub struct RunningRelay {
    /// Where it listens, with the port that it was given.
    pub local_addr: SocketAddr,
    tasks: Tasks,
    storage: Tasks,
    /// Held until everything is written.
    _store_lock: Lock,
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
    /// Another process serves the store.
    #[error(
        "relay: {} already runs on the store `{}`; stop it first, or name another store by `store` \
         in `[relay_server]` or by `--store`", holder_name(.holder.as_ref()), .path.display()
    )]
    StoreHeld {
        /// The store's file.
        path: PathBuf,
        /// The other, where it says who it is.
        holder: Option<LockInfo>,
    },
    /// The store's file could not be created, or is not private.
    #[error("relay: store: {0}")]
    StoreFile(#[from] FileError),
    /// The store could not be opened.
    #[error("relay: {0}")]
    Store(#[from] OpenError),
}

impl Relay {
    /// Takes the address, opens the store and serves until it is shut down.
    pub async fn start(settings: Settings, clock: Clock) -> Result<RunningRelay, StartError> {
        descriptors::raise_limit();
        let listening = |source| StartError::Listen {
            address: settings.listen,
            source,
        };
        let listener = TcpListener::bind(settings.listen)
            .await
            .map_err(listening)?;
        let local_addr = listener.local_addr().map_err(listening)?;
        let (tasks, storage) = (Tasks::new(), Tasks::new());
        let (store, store_lock) = match &settings.store {
            StorePath::Sqlite(path) => open_sqlite(path, &storage)?,
        };
        let is_bare = settings.is_bare();
        let node = Arc::new(Node::new(settings, clock, tasks.clone(), store));
        tasks.spawn("storage-watch", stop_with(tasks.clone(), storage.clone()));
        tasks.spawn("sweep-nonces", sweep_nonces(Arc::clone(&node)));
        tasks.spawn("sweep-history", sweep_history(Arc::clone(&node)));
        let router = api::router(Arc::clone(&node));
        tasks.spawn("accept", accept::accept(node, listener, router));
        info!(relay.address = %local_addr, "the relay listens on {local_addr}");
        if is_bare {
            warn!("{}", bare(local_addr));
        }
        Ok(RunningRelay {
            local_addr,
            tasks,
            storage,
            _store_lock: store_lock,
        })
    }
}

impl RunningRelay {
    /// A token that is cancelled when the relay stops, asked or because a task of it broke.
    pub fn stopping(&self) -> &CancellationToken {
        self.tasks.stopping()
    }

    /// Whether the relay stops because something in it broke.
    pub fn is_broken(&self) -> bool {
        self.tasks.is_broken() || self.storage.is_broken()
    }

    /// Stops accepting, stores what is in hand, closes every connection and flushes the store.
    pub async fn shutdown(self, deadline: Duration) -> Result<(), DrainTimeout> {
        let begun = Instant::now();
        self.tasks.cancel();
        self.tasks.drain(deadline).await?;
        // The last task held the last handle of the store, whose writer ends by that.
        self.storage.cancel();
        self.storage
            .drain(deadline.saturating_sub(begun.elapsed()))
            .await
    }
}

/// Two relays on one file would each deliver what waits in it, so it is one process's.
fn open_sqlite(path: &Path, storage: &Tasks) -> Result<(Arc<dyn Store>, Lock), StartError> {
    create_folder(path)?;
    let lock = Lock::acquire(&beside(path, ".lock")).map_err(|error| match error {
        LockError::Held { holder, .. } => StartError::StoreHeld {
            path: path.to_owned(),
            holder,
        },
        LockError::File(error) => StartError::StoreFile(error),
    })?;
    create_file(path)?;
    Ok((Arc::new(SqliteStore::open(path, storage)?), lock))
}

/// What whoever starts a relay that the network reaches as it is should know.
fn bare(address: SocketAddr) -> String {
    format!(
        "the relay speaks plain HTTP on {address}, where others reach it: who stands on the way reads \
         what is said, and a version 1 agent's session key. Put a proxy that speaks TLS in front of \
         it and name that in `trusted_proxies` of `[relay_server]`, or have `listen` there be a \
         loopback address"
    )
}

/// Without its store the relay stops too.
async fn stop_with(tasks: Tasks, storage: Tasks) {
    tokio::select! {
        () = tasks.stopping().cancelled() => {}
        () = storage.stopping().cancelled() => tasks.cancel(),
    }
}

async fn sweep_nonces(node: Arc<Node>) {
    loop {
        if let Err(why) = node.store.forget_nonces(node.now()).await {
            error!("old nonces could not be swept: {why}");
        }
        if stops_within(&node, SWEEP_NONCES_EVERY).await {
            return;
        }
    }
}

async fn sweep_history(node: Arc<Node>) {
    loop {
        if let Err(why) = node.store.forget_history(node.now() - KEEP_HISTORY).await {
            error!("old history could not be swept: {why}");
        }
        if stops_within(&node, SWEEP_HISTORY_EVERY).await {
            return;
        }
    }
}

/// Waits, and says whether the relay stops meanwhile.
async fn stops_within(node: &Node, pause: Duration) -> bool {
    tokio::select! {
        () = node.tasks.stopping().cancelled() => true,
        () = tokio::time::sleep(pause) => false,
    }
}
