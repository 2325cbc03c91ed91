//! From an address to an open WebSocket: directly or through a proxy, in TLS or not.
//!
//! Knows nothing of sessions. What the relay answers before it upgrades is handed back with its
//! status, body and clock.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures_util::TryFutureExt;
use http::{HeaderMap, Uri};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::tungstenite::{self, client::IntoClientRequest, protocol::WebSocketConfig};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};
use tower::ServiceExt;

use crate::config::{Proxy, ProxySettings, RelayUrl};
use crate::types::Timestamp;
use crate::types::text::heard;
use crate::wire::MAX_FRAME_BYTES;

/// From the first packet to the upgraded connection.
const DEADLINE: Duration = Duration::from_secs(20);

/// What a read takes from the socket at once: a few ordinary frames.
const READ_BUFFER_BYTES: usize = 8 * 1024;

/// An open WebSocket.
pub(super) type Socket = WebSocketStream<Box<dyn Stream>>;

/// A byte stream, whatever it goes through.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// An open WebSocket, and the relay's clock as its answer told it.
pub(super) struct Dialled {
    pub(super) socket: Socket,
    pub(super) date: Option<Timestamp>,
}

/// Why there is no WebSocket.
#[derive(Debug, thiserror::Error)]
pub(super) enum DialError {
    /// The relay answered, and refused to upgrade.
    #[error("the relay refused the connection with {status}{}", said(.body))]
    Refused {
        status: u16,
        body: String,
        date: Option<Timestamp>,
    },
    /// Nothing answered, or not as a WebSocket does.
    #[error("{0}")]
    Unreachable(String),
}

/// Opens a WebSocket to `relay` with `headers` in its request.
pub(super) async fn dial(
    relay: &RelayUrl,
    proxies: &ProxySettings,
    headers: HeaderMap,
) -> Result<Dialled, DialError> {
    let opened = tokio::time::timeout(DEADLINE, open(relay, proxies, headers)).await;
    opened.unwrap_or_else(|_| {
        let seconds = DEADLINE.as_secs();
        Err(unreachable(format!(
            "no answer from {} within {seconds} s",
            relay.authority()
        )))
    })
}

async fn open(
    relay: &RelayUrl,
    proxies: &ProxySettings,
    headers: HeaderMap,
) -> Result<Dialled, DialError> {
    let scheme = if relay.is_secure() { "wss" } else { "ws" };
    let proxy = proxies
        .proxy_for(scheme, relay.host(), relay.port())
        .map_err(|why| unreachable(why.to_string()))?;
    let stream = match proxy {
        Some(proxy) => tunnel(relay, proxy).await?,
        None => TcpStream::connect((relay.host(), relay.port()))
            .await
            .map_err(|why| unreachable(format!("{}: {why}", relay.authority())))?,
    };
    // A small frame must not wait for the next; where the option is refused it merely is slower.
    let _ = stream.set_nodelay(true);
    let stream: Box<dyn Stream> = if relay.is_secure() {
        Box::new(encrypt(relay, stream).await?)
    } else {
        Box::new(stream)
    };
    upgrade(relay, stream, headers).await
}

/// Asks the proxy for a tunnel by `CONNECT`.
async fn tunnel(relay: &RelayUrl, proxy: Proxy) -> Result<TcpStream, DialError> {
    let at = proxy.address();
    let proxy_uri: Uri = format!("http://{at}")
        .parse()
        .map_err(|_| unreachable(format!("the proxy's address `{at}` is none")))?;
    let mut tunnel = Tunnel::new(proxy_uri, HttpConnector::new());
    if let Some(authorization) = proxy.authorization {
        tunnel = tunnel.with_auth(authorization);
    }
    let target: Uri = format!("https://{}:{}", bracketed(relay.host()), relay.port())
        .parse()
        .map_err(|_| unreachable(format!("`{}` is no address", relay.authority())))?;
    tunnel
        .oneshot(target)
        .map_ok(|stream| stream.into_inner())
        .map_err(|why| unreachable(format!("the proxy {at} gave no tunnel: {why}")))
        .await
}

async fn encrypt(relay: &RelayUrl, stream: TcpStream) -> Result<impl Stream + use<>, DialError> {
    let config =
        crate::tls::trusting_the_system().map_err(|why| unreachable(format!("TLS: {why}")))?;
    let name = ServerName::try_from(relay.host().to_owned())
        .map_err(|_| unreachable(format!("`{}` is no name for TLS", relay.host())))?;
    TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await
        .map_err(|why| unreachable(format!("TLS with {}: {why}", relay.authority())))
}

async fn upgrade(
    relay: &RelayUrl,
    stream: Box<dyn Stream>,
    headers: HeaderMap,
) -> Result<Dialled, DialError> {
    let mut request = relay
        .to_string()
        .into_client_request()
        .map_err(|why| unreachable(format!("`{relay}`: {why}")))?;
    request.headers_mut().extend(headers);
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER_BYTES)
        .max_message_size(Some(MAX_FRAME_BYTES))
        .max_frame_size(Some(MAX_FRAME_BYTES));
    match client_async_with_config(request, stream, Some(config)).await {
        Ok((socket, response)) => Ok(Dialled {
            socket,
            date: date(response.headers()),
        }),
        Err(tungstenite::Error::Http(response)) => Err(DialError::Refused {
            status: response.status().as_u16(),
            date: date(response.headers()),
            body: body_text(response.body().as_deref().unwrap_or_default()),
        }),
        Err(why) => {
            let why = heard(&why.to_string());
            Err(unreachable(format!("{}: {why}", relay.authority())))
        }
    }
}

/// The relay's clock, from the `Date` header of any of its answers.
pub(in crate::daemon) fn date(headers: &HeaderMap) -> Option<Timestamp> {
    let text = headers.get(http::header::DATE)?.to_str().ok()?;
    let at: SystemTime = httpdate::parse_http_date(text).ok()?;
    Some(Timestamp::default() + at.duration_since(UNIX_EPOCH).ok()?)
}

/// The start of an answer's body, fit for a log line.
fn body_text(body: &[u8]) -> String {
    heard(String::from_utf8_lossy(body).trim_end())
}

fn said(body: &str) -> String {
    if body.is_empty() {
        String::new()
    } else {
        format!(": {body}")
    }
}

fn bracketed(host: &str) -> String {
    if host.contains(':') && !host.starts_with('[') {
        format!("[{host}]")
    } else {
        host.to_owned()
    }
}

fn unreachable(why: String) -> DialError {
    DialError::Unreachable(why)
}
