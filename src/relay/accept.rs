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
use tower::ServiceExt;
use tracing::{debug, warn};

use super::node::Node;
use super::origin::{is_trusted, origin_of};
use super::places::{CONNECTIONS_MAX, NoPlace, Place};
use crate::served::{Impatient, UNREAD_MAX, last_answer};

/// How long a client has to send the head of a request, and how long it may idle between two.
const HEAD_WITHIN: Duration = Duration::from_secs(10);

/// How large the head of a request may be.
const HEAD_BYTES_MAX: usize = 16 * 1024;

/// How long the relay waits when the system has no more sockets to give.
const EXHAUSTED_WAIT: Duration = Duration::from_millis(100);

/// Where a request comes from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Whence {
    /// The other end of the socket.
    pub(super) peer: IpAddr,
    /// Whoever asks, by the word of trusted proxies.
    pub(super) origin: IpAddr,
}

/// A connection's place among all, and among those of its address; whoever holds it keeps it.
#[derive(Debug, Clone)]
pub(super) struct Held(
    #[expect(dead_code, reason = "it is held, not read")] Arc<(Place, Option<Place>)>,
);

/// Takes connections in until the relay stops.
pub(super) async fn accept(node: Arc<Node>, listener: TcpListener, router: Router) {
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
        match hold_place(&node, address.ip()) {
            Ok(held) => {
                let serve = serve(Arc::clone(&node), socket, address, held, router.clone());
                node.tasks.spawn("http", serve);
            }
            Err(NoPlace::Full) => warn!(
                relay.connections = CONNECTIONS_MAX,
                "turned a connection away: all places are taken"
            ),
            Err(NoPlace::TooManyOfOne) => debug!("turned a connection away: one address has many"),
        }
    }
}

/// A place for a connection from `peer`. Those of a trusted proxy are counted by whom it names,
/// which nobody knows before a request came.
fn hold_place(node: &Node, peer: IpAddr) -> Result<Held, NoPlace> {
    let of_all = node.places.take()?;
    let of_one = match is_trusted(peer, &node.settings.trusted_proxies) {
        true => None,
        false => node.places.take_of(peer)?,
    };
    Ok(Held(Arc::new((of_all, of_one))))
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
    held: Held,
    router: Router,
) {
    if let Err(why) = socket.set_nodelay(true) {
        debug!("a socket takes no options: {why}");
        return;
    }
    let serving = Arc::clone(&node);
    let service = service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
        let trusted = &serving.settings.trusted_proxies;
        let whence = Whence {
            peer: address.ip(),
            origin: origin_of(address.ip(), request.headers(), trusted),
        };
        request.extensions_mut().insert(whence);
        request.extensions_mut().insert(held.clone());
        let router = router.clone();
        async move { Ok::<_, Infallible>(answer(router, request.map(axum::body::Body::new)).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(Impatient::new(socket, UNREAD_MAX)), service)
        .with_upgrades();
    tokio::pin!(connection);
    let served = tokio::select! {
        served = connection.as_mut() => served,
        () = node.tasks.stopping().cancelled() => {
            connection.as_mut().graceful_shutdown();
            last_answer(connection).await.unwrap_or(Ok(()))
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
