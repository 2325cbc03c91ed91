//! The listener: few connections, each with little time for its headers, all of them ended in
//! order when the daemon stops.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use super::Access;
use super::guard::Guard;
use crate::daemon::Daemon;
use crate::served::{Impatient, UNREAD_MAX, last_answer};
use crate::tasks::Tasks;

/// Connections at once; more wait in the system's queue. A person with scripts needs a handful.
const MAX_CONNECTIONS: usize = 128;
/// From the first wait for a request to the end of its headers; it also ends idle connections.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// The largest head of a request, in bytes: many times what our paths and tokens need.
const MAX_HEAD_BYTES: usize = 16 * 1024;
/// How many headers a request may have.
const MAX_HEADERS: usize = 64;
/// The pause after a failed accept, which is mostly for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// The address of the local API cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Another program listens there.
    #[error(
        "port {} of {} is in use, perhaps by the daemon of another home; each needs a port of its own: \
         set `listen` in `[local]` or `OPENDIALOGUE_STATUS_PORT` to another",
        .address.port(), .address.ip()
    )]
    InUse {
        /// The address.
        address: SocketAddr,
    },
    /// The system refused.
    #[error("listening on `{address}`")]
    System {
        /// The address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// Takes the address of the local API.
pub(in crate::daemon) async fn bind(address: SocketAddr) -> Result<TcpListener, BindError> {
    TcpListener::bind(address).await.map_err(|source| {
        if source.kind() == io::ErrorKind::AddrInUse {
            return BindError::InUse { address };
        }
        BindError::System { address, source }
    })
}

/// Serves the API of `daemon` on `listener`, which has `address`, until `tasks` stop.
pub(in crate::daemon) fn serve(
    daemon: Daemon,
    listener: TcpListener,
    address: SocketAddr,
    access: Access,
    tasks: &Tasks,
) {
    let guard = Guard::new(address, access.token, access.require_token);
    let door = Door {
        router: super::router(daemon, guard),
        places: Arc::new(Semaphore::new(MAX_CONNECTIONS)),
        tasks: tasks.clone(),
    };
    tasks.spawn("api", door.accept(listener));
}

struct Door {
    router: Router,
    places: Arc<Semaphore>,
    tasks: Tasks,
}

impl Door {
    async fn accept(self, listener: TcpListener) {
        let stopping = self.tasks.stopping().clone();
        while let Some(place) = stopping.run_until_cancelled(self.free_place()).await {
            let accepted = stopping.run_until_cancelled(listener.accept()).await;
            match accepted {
                None => return,
                Some(Ok((stream, _))) => self.welcome(stream, place),
                Some(Err(error)) => {
                    warn!(error = %error, "the local API could not accept a connection: {error}");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    async fn free_place(&self) -> OwnedSemaphorePermit {
        let places = Arc::clone(&self.places);
        places
            .acquire_owned()
            .await
            .expect("the semaphore is never closed")
    }

    fn welcome(&self, stream: TcpStream, place: OwnedSemaphorePermit) {
        let router = self.router.clone();
        let stopping = self.tasks.stopping().clone();
        self.tasks.spawn("api.connection", async move {
            let _place = place;
            if let Err(error) = converse(stream, router, &stopping, HEADER_TIMEOUT).await {
                debug!(error = %error, "a connection to the local API ended: {error}");
            }
        });
    }
}

/// Answers the requests of one connection; once `stopping`, finishes the one in hand.
async fn converse(
    stream: TcpStream,
    router: Router,
    stopping: &CancellationToken,
    header_timeout: Duration,
) -> hyper::Result<()> {
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(header_timeout)
        .max_header_size(MAX_HEAD_BYTES)
        .max_headers(MAX_HEADERS)
        .serve_connection(
            TokioIo::new(Impatient::new(stream, UNREAD_MAX)),
            TowerToHyperService::new(router),
        );
    tokio::pin!(connection);
    tokio::select! {
        ended = connection.as_mut() => ended,
        () = stopping.cancelled() => {
            connection.as_mut().graceful_shutdown();
            last_answer(connection).await.unwrap_or(Ok(()))
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    /// A client and the connection that serves it with one route at `/`.
    async fn conversation(stopping: &CancellationToken, timeout: Duration) -> TcpStream {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap())
            .await
            .unwrap();
        let (server, _) = listener.accept().await.unwrap();
        let router = Router::new().route("/", get(|| async { "hello" }));
        let stopping = stopping.clone();
        Tasks::new().spawn("test.connection", async move {
            // How it ends is seen by the client.
            let _ = converse(server, router, &stopping, timeout).await;
        });
        client
    }

    #[tokio::test]
    async fn a_client_that_does_not_finish_its_headers_is_cut_off() {
        let stopping = CancellationToken::new();
        for begun in ["", "GET / HTTP/1.1\r\nHost: a\r\n"] {
            let mut client = conversation(&stopping, Duration::from_millis(20)).await;
            client.write_all(begun.as_bytes()).await.unwrap();
            let mut answer = Vec::new();
            client.read_to_end(&mut answer).await.unwrap();
            assert!(!answer.starts_with(b"HTTP/1.1 200"), "{begun:?}");
        }
    }

    #[tokio::test]
    async fn a_head_that_is_too_large_is_refused() {
        let stopping = CancellationToken::new();
        let mut client = conversation(&stopping, HEADER_TIMEOUT).await;
        let head = format!(
            "GET / HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n",
            "x".repeat(MAX_HEAD_BYTES)
        );
        client.write_all(head.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        client.read_to_end(&mut answer).await.unwrap();
        assert!(
            answer.starts_with(b"HTTP/1.1 431"),
            "{:?}",
            String::from_utf8_lossy(&answer)
        );
    }

    #[tokio::test]
    async fn an_idle_connection_ends_when_the_daemon_stops() {
        let stopping = CancellationToken::new();
        let mut client = conversation(&stopping, HEADER_TIMEOUT).await;
        stopping.cancel();
        let mut answer = Vec::new();
        client.read_to_end(&mut answer).await.unwrap();
        assert!(answer.is_empty());
    }

    #[tokio::test]
    async fn a_port_in_use_is_told_with_its_number() {
        let first = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let address = first.local_addr().unwrap();
        let error = bind(address).await.unwrap_err();
        assert!(
            error.to_string().contains(&address.port().to_string()),
            "{error}"
        );
    }
}
