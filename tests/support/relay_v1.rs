//! A relay that speaks version 1 and nothing more, and does what the test says.
//!
//! It registers agents, opens sessions with the key in the frame, and hands each open connection to
//! the test, which then reads and writes every frame itself. Signatures are made here from the
//! protocol's text and not by the code that is tried.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, UNIX_EPOCH};

use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use axum::{Json, Router};
use hmac::{Hmac, KeyInit, Mac};
use opendialogue::types::Timestamp;
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

pub(crate) const AGENT: &str = "41490369";
pub(crate) const SECRET: &str = "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8";
pub(crate) const PEER: &str = "10079218";
const SESSION_KEY: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

/// The time at which relay and daemon begin; whole seconds, as a `Date` has them.
pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_795_373_464_000);

/// Longer than anything here takes; a test that waits so long has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A relay. Dropped, it is gone with every connection that is still its own.
pub(crate) struct RelayV1 {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
    connections: mpsc::Receiver<WebSocket>,
    _serving: JoinSet<()>,
}

struct Shared {
    /// What the next connects are answered; past them each is let in.
    refusals: Mutex<VecDeque<(StatusCode, &'static str)>>,
    /// The session that the next connection is offered, instead of a version 1 relay's.
    offer: Mutex<Option<Value>>,
    now: Mutex<Timestamp>,
    online: watch::Sender<bool>,
    tries: watch::Sender<Vec<Try>>,
    lookups: watch::Sender<usize>,
    registrations: Mutex<Vec<Value>>,
    connected: mpsc::Sender<WebSocket>,
}

/// One try to connect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Try {
    pub(crate) is_signed: bool,
    pub(crate) timestamp: u64,
    pub(crate) features: String,
}

/// An open session, in the hands of the test.
pub(crate) struct Connection(WebSocket);

impl RelayV1 {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (connected, connections) = mpsc::channel(16);
        let shared = Arc::new(Shared {
            refusals: Mutex::default(),
            offer: Mutex::default(),
            now: Mutex::new(NOW),
            online: watch::Sender::new(true),
            tries: watch::Sender::default(),
            lookups: watch::Sender::default(),
            registrations: Mutex::default(),
            connected,
        });
        let router = Router::new()
            .route("/connect", any(connect))
            .route("/api/agent/register", post(register))
            .route("/api/agent/{id}", get(look_up))
            .with_state(Arc::clone(&shared));
        let mut serving = JoinSet::new();
        let address = listener.local_addr().unwrap();
        serving.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            address,
            shared,
            connections,
            _serving: serving,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("ws://{}/connect", self.address)
    }

    /// Refuses the next connect with `status` and `body`.
    pub(crate) fn refuse(&self, status: u16, body: &'static str) {
        let status = StatusCode::from_u16(status).unwrap();
        self.shared
            .refusals
            .lock()
            .unwrap()
            .push_back((status, body));
    }

    /// Sets the clock by which it dates its answers.
    pub(crate) fn set_now(&self, now: Timestamp) {
        *self.shared.now.lock().unwrap() = now;
    }

    /// Sets what it says when it is asked whether the agent is connected.
    pub(crate) fn set_online(&self, online: bool) {
        self.shared.online.send_replace(online);
    }

    /// The next connection, once its session is open.
    pub(crate) async fn connection(&mut self) -> Connection {
        let socket = timeout(PATIENCE, self.connections.recv()).await;
        self.open(socket.expect("nobody connects").unwrap()).await
    }

    /// The same under a paused clock, by which patience would end at once.
    pub(crate) async fn connection_whenever(&mut self) -> Connection {
        let socket = self.connections.recv().await.unwrap();
        self.open(socket).await
    }

    /// Offers the next connection another session than version 1 does.
    pub(crate) fn offer(&self, session: Value) {
        *self.shared.offer.lock().unwrap() = Some(session);
    }

    async fn open(&self, socket: WebSocket) -> Connection {
        let mut connection = Connection(socket);
        let offer = self.shared.offer.lock().unwrap().take();
        match offer {
            Some(session) => connection.send(&session).await,
            None => connection.send_session().await,
        }
        connection
    }

    pub(crate) fn tries(&self) -> Vec<Try> {
        self.shared.tries.borrow().clone()
    }

    /// Waits, under a paused clock, until it was asked `count` times whether the agent is there.
    pub(crate) async fn until_looked_up(&self, count: usize) {
        let mut lookups = self.shared.lookups.subscribe();
        lookups.wait_for(|lookups| *lookups >= count).await.unwrap();
    }

    /// The bodies of all registrations.
    pub(crate) fn registrations(&self) -> Vec<Value> {
        self.shared.registrations.lock().unwrap().clone()
    }
}

impl Shared {
    fn dated(&self, mut response: Response) -> Response {
        let now = self.now.lock().unwrap().as_millis();
        let date = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_millis(now));
        let date = HeaderValue::from_str(&date).unwrap();
        response.headers_mut().insert(header::DATE, date);
        response
    }
}

async fn connect(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    let said = |name: &str| {
        headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    };
    let (id, at, nonce) = (said("x-agent-id"), said("x-timestamp"), said("x-nonce"));
    let material = format!("{id}|{id}|server|connect|connect||{at}|{nonce}");
    let one = Try {
        is_signed: said("x-signature") == hmac_hex(SECRET, &material),
        timestamp: at.parse().unwrap(),
        features: said("x-opendialogue-features").to_owned(),
    };
    shared.tries.send_modify(|tries| tries.push(one));
    if let Some(refusal) = shared.refusals.lock().unwrap().pop_front() {
        return shared.dated(refusal.into_response());
    }
    let connected = shared.connected.clone();
    let opened = upgrade.on_upgrade(async move |socket| {
        let _ = connected.send(socket).await;
    });
    shared.dated(opened)
}

async fn register(State(shared): State<Arc<Shared>>, Json(body): Json<Value>) -> Response {
    shared.registrations.lock().unwrap().push(body);
    let answer = json!({"agent_id": AGENT, "agent_secret": SECRET, "card": {}});
    shared.dated((StatusCode::CREATED, Json(answer)).into_response())
}

async fn look_up(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Response {
    assert_eq!(id, AGENT);
    shared.lookups.send_modify(|lookups| *lookups += 1);
    let online = *shared.online.borrow();
    shared.dated(Json(json!({"card": {}, "online": online})).into_response())
}

impl Connection {
    pub(crate) async fn send_session(&mut self) {
        let session = json!({"type": "session", "session_key": SESSION_KEY, "expires_in": 3600});
        self.send(&session).await;
    }

    pub(crate) async fn send(&mut self, frame: &Value) {
        self.send_raw(Message::text(frame.to_string())).await;
    }

    pub(crate) async fn send_raw(&mut self, packet: Message) {
        self.0.send(packet).await.unwrap();
    }

    pub(crate) async fn say_status(&mut self, of: &Value, status: &str) {
        let id = &of["id"];
        self.send(&json!({"type": "status", "status": status, "message_id": id}))
            .await;
    }

    /// Refuses something; version 1 does not say what.
    pub(crate) async fn say_error(&mut self, code: &str) {
        self.send(&json!({"type": "error", "code": code, "message": "because"}))
            .await;
    }

    pub(crate) async fn close(mut self, code: u16) {
        let close = CloseFrame {
            code,
            reason: "".into(),
        };
        let _ = self.0.send(Message::Close(Some(close))).await;
    }

    /// The next message from the daemon, its signature checked. Nothing else may come before it.
    pub(crate) async fn message(&mut self) -> Value {
        let packet = timeout(PATIENCE, self.0.recv()).await.expect("no message");
        signed(&packet.unwrap().unwrap())
    }

    /// Asks for a sign of life; nothing may come before it.
    pub(crate) async fn ping(&mut self) {
        self.send_raw(Message::Ping(Vec::new().into())).await;
        let packet = timeout(PATIENCE, self.0.recv()).await.expect("no pong");
        assert!(matches!(packet, Some(Ok(Message::Pong(_)))), "{packet:?}");
    }

    /// Waits for the end of the connection and gives the code with which it was closed.
    pub(crate) async fn until_closed(&mut self) -> Option<u16> {
        loop {
            match timeout(PATIENCE, self.0.recv()).await.expect("no end") {
                Some(Ok(Message::Close(close))) => return close.map(|close| close.code),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return None,
            }
        }
    }
}

/// A text from [`PEER`], as version 1 forwards it, changed by `change` and then signed.
pub(crate) fn text(id: &str, content: &str, change: impl FnOnce(&mut Value)) -> Value {
    let mut frame = json!({
        "id": id, "from": PEER, "to": AGENT, "type": "text", "content": content,
        "conversation_id": "c1", "timestamp": NOW.as_millis(), "nonce": format!("nonce-{id}"),
        "delivered_at": NOW.as_millis(),
    });
    change(&mut frame);
    frame["signature"] = signature(&frame).into();
    frame
}

fn signed(packet: &Message) -> Value {
    let frame: Value = serde_json::from_str(packet.to_text().unwrap()).unwrap();
    assert_eq!(frame["signature"], signature(&frame), "{frame}");
    frame
}

fn signature(frame: &Value) -> String {
    let names = [
        "id",
        "from",
        "to",
        "type",
        "content",
        "conversation_id",
        "turn_number",
        "timestamp",
        "nonce",
    ];
    let fields: Vec<String> = names
        .iter()
        .filter_map(|name| frame.get(*name))
        .map(|value| {
            value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned)
        })
        .collect();
    hmac_hex(SESSION_KEY, &fields.join("|"))
}

fn hmac_hex(key: &str, text: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(text.as_bytes());
    let bytes = mac.finalize().into_bytes();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
