//! Takes TCP connections in and speaks HTTP on them, within limits: so many at once, so long for a
//! head, so large a head. What becomes a WebSocket leaves HTTP behind at [`super::upgrade`].

use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::ServiceExt;
use tracing::{debug, warn};

use super::node::Node;

/// How many connections are open at once, WebSockets among them.
const CONNECTIONS_MAX: usize = 20_000;

/// How long a client has to send the head of a request, and how long it may idle between two.
const HEAD_WITHIN: Duration = Duration::from_secs(10);

/// How large the head of a request may be.
const HEAD_BYTES_MAX: usize = 16 * 1024;

/// How long the relay waits when the system has no more sockets to give.
const EXHAUSTED_WAIT: Duration = Duration::from_millis(100);

/// Where a request comes from.
#[derive(Debug, Clone, Copy)]
pub(super) struct PeerAddress(pub(super) IpAddr);

/// A connection's place among those that may be open; whoever holds it keeps it.
#[derive(Debug, Clone)]
pub(super) struct Place(
    #[expect(dead_code, reason = "it is held, not read")] Arc<OwnedSemaphorePermit>,
);

/// Takes connections in until the relay stops.
pub(super) async fn accept(node: Arc<Node>, listener: TcpListener, router: Router) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let accepted = tokio::select! {
            biased;
            () = node.tasks.stopping().cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let (socket, address) = match accepted {
            Ok(accepted) => accepted,
            Err(why) => {
                rest_after(&why).await;
                continue;
            }
        };
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            warn!(
                relay.connections = CONNECTIONS_MAX,
                "turned a connection away: all places are taken"
            );
            continue;
        };
        let serve = serve(
            Arc::clone(&node),
            socket,
            address,
            Place(Arc::new(place)),
            router.clone(),
        );
        node.tasks.spawn("http", serve);
    }
}

/// A connection that died while it waited is nothing; want of sockets needs a pause.
async fn rest_after(why: &io::Error) {
    let died_waiting = matches!(
        why.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionReset
    );
    if !died_waiting {
        warn!("no connection can be accepted now: {why}");
        tokio::time::sleep(EXHAUSTED_WAIT).await;
    }
}

async fn serve(
    node: Arc<Node>,
    socket: TcpStream,
    address: SocketAddr,
    place: Place,
    router: Router,
) {
    if let Err(why) = socket.set_nodelay(true) {
        debug!("a socket takes no options: {why}");
        return;
    }
    let service = service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(PeerAddress(address.ip()));
        request.extensions_mut().insert(place.clone());
        let router = router.clone();
        async move { Ok::<_, Infallible>(answer(router, request.map(axum::body::Body::new)).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(socket), service)
        .with_upgrades();
    tokio::pin!(connection);
    let served = tokio::select! {
        served = connection.as_mut() => served,
        () = node.tasks.stopping().cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(why) = served {
        debug!("a connection ended badly: {why}");
    }
}

async fn answer(router: Router, request: Request) -> axum::response::Response {
    match router.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}
