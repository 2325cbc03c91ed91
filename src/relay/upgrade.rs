//! `GET /connect`: admits an agent and turns the HTTP connection into its session.
//!
//! Everything is decided before the upgrade, so a refusal is a plain HTTP answer; the nonce is
//! claimed last, in the store, since a replayed connect would hand over a session's key.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, UPGRADE};
use http::{HeaderMap, HeaderValue, StatusCode};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tracing::{debug, error, warn};

use super::accept::{Held, Whence};
use super::conn::{self, Session};
use super::directory::Resident;
use super::hub::TooManyTakeovers;
use super::node::Node;
use super::origin::is_trusted;
use super::places::{NoPlace, Place};
use super::random;
use super::session::{Denied, Proof, Subject, announced_features};
use super::store::StoreError;
use crate::served::Impatient;
use crate::wire::Features;

/// Answers a request for a connection.
pub(super) async fn connect(State(node): State<Arc<Node>>, mut request: Request) -> Response {
    let of_address = match place_by_proxy(&node, request.extensions().get()) {
        Ok(place) => place,
        Err(NoPlace::Full | NoPlace::TooManyOfOne) => {
            let sentence = "too many connections from this address";
            return (StatusCode::TOO_MANY_REQUESTS, sentence).into_response();
        }
    };
    let session = match admit(&node, request.headers()).await {
        Ok(session) => session,
        Err(refused) => return refused.into_response(),
    };
    let Some(accept_key) = accept_key(request.headers()) else {
        return (StatusCode::UPGRADE_REQUIRED, "a WebSocket is expected").into_response();
    };
    let (Some(upgrade), Some(held)) = (
        request.extensions_mut().remove::<OnUpgrade>(),
        request.extensions_mut().remove::<Held>(),
    ) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let serving = Arc::clone(&node);
    node.tasks.spawn("connection", async move {
        let _places = (held, of_address);
        if let Some((socket, early)) = upgraded(upgrade).await {
            conn::serve(serving, session, socket, early).await;
        }
    });
    (
        StatusCode::SWITCHING_PROTOCOLS,
        [
            (CONNECTION, HeaderValue::from_static("upgrade")),
            (UPGRADE, HeaderValue::from_static("websocket")),
            (SEC_WEBSOCKET_ACCEPT, accept_key),
        ],
    )
        .into_response()
}

/// A place among those of whoever a trusted proxy names; any other was counted when its connection
/// was accepted.
fn place_by_proxy(node: &Node, whence: Option<&Whence>) -> Result<Option<Place>, NoPlace> {
    let trusted = &node.settings.trusted_proxies;
    match whence {
        Some(whence) if is_trusted(whence.peer, trusted) && !is_trusted(whence.origin, trusted) => {
            node.places.take_of(whence.origin)
        }
        Some(_) | None => Ok(None),
    }
}

/// Why a connection is refused.
#[derive(Debug)]
enum Refused {
    Denied(Denied),
    TooManyCalls,
    TooManyTakeovers,
    Failed,
}

impl From<Denied> for Refused {
    fn from(denied: Denied) -> Self {
        Refused::Denied(denied)
    }
}

impl From<StoreError> for Refused {
    fn from(why: StoreError) -> Self {
        error!("a connection could not be checked: {why}");
        Refused::Failed
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        match self {
            Refused::Denied(Denied::NoId) => (StatusCode::BAD_REQUEST, "missing x-agent-id"),
            Refused::Denied(Denied::Unproven) => (StatusCode::UNAUTHORIZED, "unauthorized"),
            Refused::Denied(Denied::ClockSkew) => (StatusCode::UNAUTHORIZED, "clock_skew"),
            Refused::TooManyCalls => (StatusCode::TOO_MANY_REQUESTS, "too many calls in a minute"),
            Refused::TooManyTakeovers => (StatusCode::TOO_MANY_REQUESTS, "replaced too often"),
            Refused::Failed => (StatusCode::INTERNAL_SERVER_ERROR, "the relay failed"),
        }
        .into_response()
    }
}

async fn admit(node: &Node, headers: &HeaderMap) -> Result<Session, Refused> {
    let now = node.now();
    let proof = Proof::read(headers)?;
    let resident = node.directory.find(&proof.agent, now).await?;
    let account = resident.as_ref().map(|resident| resident.account());
    let key = account.as_ref().map(|account| &account.key);
    let checked = proof.check(key, Subject::Connect, now);
    drop(account);
    if let Err(denied) = checked {
        debug!(agent.id = %proof.agent, "refused a connection as {}: {denied:?}", proof.agent);
        return Err(denied.into());
    }
    // A proof holds only for an agent that is known.
    let resident = resident.ok_or(Denied::Unproven)?;
    if !resident.meter().take_call(now) {
        debug!(agent.id = %proof.agent, "agent {} connects too often", proof.agent);
        return Err(Refused::TooManyCalls);
    }
    let until = proof.nonce_until();
    if !node
        .store
        .claim_nonce(&proof.agent, &proof.nonce, until)
        .await?
    {
        warn!(agent.id = %proof.agent, "refused a replayed connection as {}", proof.agent);
        return Err(Denied::Unproven.into());
    }
    if let Err(TooManyTakeovers) = node.hub.reserve(&proof.agent, now) {
        warn!(agent.id = %proof.agent, "agent {} is taken over too often", proof.agent);
        return Err(Refused::TooManyTakeovers);
    }
    let features = announced_features(headers);
    note_features(node, &resident, features).await?;
    Ok(Session::new(
        resident,
        features,
        &proof.nonce,
        random::hex::<32>(),
    ))
}

/// Keeps what the agent announces, where it changed: it decides what content the agent is sent.
async fn note_features(
    node: &Node,
    resident: &Resident,
    features: Features,
) -> Result<(), StoreError> {
    if resident.account().last_features == Some(features) {
        return Ok(());
    }
    node.store.note_features(&resident.id, features).await?;
    node.directory.refresh(&resident.id, node.now()).await
}

fn accept_key(headers: &HeaderMap) -> Option<HeaderValue> {
    let names = |header: &str, wanted: &str| {
        let value = headers.get(header).and_then(|value| value.to_str().ok());
        value.is_some_and(|value| {
            value
                .split(',')
                .any(|name| name.trim().eq_ignore_ascii_case(wanted))
        })
    };
    let is_upgrade = names("connection", "upgrade")
        && names("upgrade", "websocket")
        && names("sec-websocket-version", "13");
    let key = headers.get(SEC_WEBSOCKET_KEY).filter(|_| is_upgrade)?;
    HeaderValue::try_from(derive_accept_key(key.as_bytes())).ok()
}

/// The plain socket under an upgraded connection, and what was read of it already.
async fn upgraded(upgrade: OnUpgrade) -> Option<(TcpStream, Vec<u8>)> {
    let upgraded = upgrade.await.ok()?;
    let parts = upgraded.downcast::<TokioIo<Impatient>>().ok()?;
    Some((parts.io.into_inner().into_inner(), parts.read_buf.to_vec()))
}
