//! A version 1 agent as the protocol describes the plugin, written from the protocol alone: it
//! signs with its own few lines, so that it agrees with the relay only where both are right.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};

use hmac::{Hmac, KeyInit, Mac};
use opendialogue::types::Timestamp;
use serde_json::{Value, json};
use sha2::Sha256;

use super::link::{Link, Refused};

/// What registration gave.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    pub(crate) id: String,
    pub(crate) secret: String,
}

/// A connected version 1 agent.
#[derive(Debug)]
pub(crate) struct AgentV1 {
    pub(crate) id: String,
    pub(crate) link: Link,
    key: String,
}

static NONCES: AtomicU64 = AtomicU64::new(0);

/// A nonce that no test uses twice.
pub(crate) fn fresh_nonce() -> String {
    format!("{:032x}", NONCES.fetch_add(1, Ordering::Relaxed))
}

/// HMAC-SHA256 in lower-case hex, the key being the bytes of its text.
pub(crate) fn hmac_hex(key: &str, material: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(material.as_bytes());
    let bytes = mac.finalize().into_bytes();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Identity {
    /// The four headers of a connection.
    pub(crate) fn connect_headers(
        &self,
        now: Timestamp,
        nonce: &str,
    ) -> Vec<(&'static str, String)> {
        self.headers("connect", "connect", now, nonce)
    }

    /// The four headers of a REST call.
    pub(crate) fn request_headers(
        &self,
        method: &str,
        path: &str,
        body: &str,
        now: Timestamp,
    ) -> Vec<(&'static str, String)> {
        use sha2::Digest;
        let digest = Sha256::digest(body.as_bytes());
        let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        let request = format!("{method} {path} {digest}");
        self.headers("request", &request, now, &fresh_nonce())
    }

    fn headers(
        &self,
        kind: &str,
        content: &str,
        now: Timestamp,
        nonce: &str,
    ) -> Vec<(&'static str, String)> {
        let id = &self.id;
        let material = format!("{id}|{id}|server|{kind}|{content}||{now}|{nonce}");
        vec![
            ("x-agent-id", id.clone()),
            ("x-timestamp", now.to_string()),
            ("x-nonce", nonce.to_owned()),
            ("x-signature", hmac_hex(&self.secret, &material)),
        ]
    }
}

impl AgentV1 {
    /// Connects and takes the session's key.
    pub(crate) async fn connect(
        address: SocketAddr,
        identity: &Identity,
        now: Timestamp,
    ) -> Result<Self, Refused> {
        let headers = identity.connect_headers(now, &fresh_nonce());
        let mut link = Link::open(address, &headers).await?;
        let session = link.expect("session").await;
        assert_eq!(session["expires_in"], 3600);
        assert_eq!(session.as_object().unwrap().len(), 3, "{session}");
        let key = session["session_key"].as_str().unwrap().to_owned();
        assert_eq!(key.len(), 64);
        let id = identity.id.clone();
        Ok(Self { id, link, key })
    }

    /// A message frame, signed.
    pub(crate) fn frame(&self, to: &str, id: &str, content: &str, now: Timestamp) -> Value {
        self.sign(json!({
            "id": id, "from": self.id, "to": to, "type": "text", "content": content,
            "conversation_id": "", "timestamp": now.as_millis(), "nonce": fresh_nonce(),
        }))
    }

    /// Sends a text in no conversation.
    pub(crate) async fn say(&mut self, to: &str, id: &str, content: &str, now: Timestamp) {
        let frame = self.frame(to, id, content, now);
        self.link.send(&frame).await;
    }

    /// Sends a message of `kind` in `conversation`.
    pub(crate) async fn turn(
        &mut self,
        to: &str,
        id: &str,
        kind: &str,
        conversation: &str,
        now: Timestamp,
    ) {
        let mut frame = self.frame(to, id, "hi", now);
        frame["type"] = json!(kind);
        frame["conversation_id"] = json!(conversation);
        let frame = self.sign(frame);
        self.link.send(&frame).await;
    }

    /// Signs a frame anew, whatever was changed in it.
    pub(crate) fn sign(&self, mut frame: Value) -> Value {
        frame["signature"] = json!(hmac_hex(&self.key, &material(&frame)));
        frame
    }

    /// Asserts that a delivered message is signed for this agent, and gives it on.
    pub(crate) fn verified(&self, frame: Value) -> Value {
        assert_eq!(frame["signature"], hmac_hex(&self.key, &material(&frame)));
        assert!(frame["delivered_at"].is_u64(), "{frame}");
        frame
    }

    /// The next message, verified.
    pub(crate) async fn message(&mut self) -> Value {
        let frame = self.link.expect("text").await;
        self.verified(frame)
    }
}

fn material(frame: &Value) -> String {
    let text = |name: &str| frame[name].as_str().unwrap();
    let turn = match frame["turn_number"].as_u64() {
        Some(turn) => format!("{turn}|"),
        None => String::new(),
    };
    format!(
        "{}|{}|{}|{}|{}|{}|{turn}{}|{}",
        text("id"),
        text("from"),
        text("to"),
        text("type"),
        text("content"),
        text("conversation_id"),
        frame["timestamp"],
        text("nonce")
    )
}
