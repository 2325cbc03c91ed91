//! An agent that announces `ack` and `sig2`, on the project's own wire.

use std::net::SocketAddr;

use opendialogue::types::{
    AgentId, ConversationId, Kind, Message, MessageId, Nonce, Secret, Timestamp,
};
use opendialogue::wire::frame::{self, MessageText, write_message};
use opendialogue::wire::{Form, Frame, Material, SigningKey};
use serde_json::{Value, json};

use super::agent_v1::{Identity, fresh_nonce};
use super::link::{Link, Refused};

/// A connected agent of today.
#[derive(Debug)]
pub(crate) struct AgentFeatured {
    pub(crate) id: String,
    pub(crate) link: Link,
    key: SigningKey,
}

impl AgentFeatured {
    /// Connects and derives the session's key.
    pub(crate) async fn connect(
        address: SocketAddr,
        identity: &Identity,
        now: Timestamp,
    ) -> Result<Self, Refused> {
        let nonce = fresh_nonce();
        let mut headers = identity.connect_headers(now, &nonce);
        headers.push(("x-opendialogue-features", "ack, sig2, later".to_owned()));
        let mut link = Link::open(address, &headers).await?;
        let session = link.expect("session").await;
        assert_eq!(session["features"], json!(["ack", "sig2"]), "{session}");
        assert!(session.get("session_key").is_none(), "{session}");
        let secret = SigningKey::new(&Secret::new(identity.secret.as_str()));
        let id = AgentId::new(&identity.id).unwrap();
        let salt = session["salt"].as_str().unwrap();
        let key = secret.derive_session_key(&id, &Nonce::new(&nonce).unwrap(), salt);
        Ok(Self {
            id: identity.id.clone(),
            link,
            key: SigningKey::new(&key),
        })
    }

    /// Sends a text in no conversation.
    pub(crate) async fn say(&mut self, to: &str, id: &str, content: &str, now: Timestamp) {
        let message = Message {
            id: MessageId::new(id).unwrap(),
            from: AgentId::new(&self.id).unwrap(),
            to: AgentId::new(to).unwrap(),
            kind: Kind::Text,
            content: content.to_owned(),
            conversation: None,
            turn: None,
            max_turns: None,
        };
        self.send(&message, now).await;
    }

    /// Sends a message of `kind` in `conversation`.
    pub(crate) async fn turn(
        &mut self,
        to: &str,
        id: &str,
        kind: Kind,
        conversation: &str,
        now: Timestamp,
    ) {
        let message = Message {
            id: MessageId::new(id).unwrap(),
            from: AgentId::new(&self.id).unwrap(),
            to: AgentId::new(to).unwrap(),
            kind,
            content: "hi".to_owned(),
            conversation: Some(ConversationId::new(conversation).unwrap()),
            turn: None,
            max_turns: None,
        };
        self.send(&message, now).await;
    }

    async fn send(&mut self, message: &Message, now: Timestamp) {
        let nonce = Nonce::new(&fresh_nonce()).unwrap();
        let material = Material::of_message(message, now, &nonce);
        let text = write_message(&MessageText {
            message,
            timestamp: now,
            nonce: &nonce,
            signature: &self.key.sign(&material, Form::Sig2),
            delivered_at: None,
            received_at: None,
        });
        self.link.send(&serde_json::from_str(&text).unwrap()).await;
    }

    /// The next message, verified.
    pub(crate) async fn message(&mut self) -> Value {
        let text = self.link.next().await;
        let Ok(Frame::Message(frame)) = frame::read(&text.to_string()) else {
            panic!("a message was expected, this came: {text}");
        };
        let material = Material::of_message(&frame.message, frame.timestamp, &frame.nonce);
        assert!(self.key.verifies(&material, Form::Sig2, &frame.signature));
        assert!(frame.received_at.is_some() && frame.delivered_at.is_some());
        text
    }

    /// Says that its decision on a message is committed.
    pub(crate) async fn acknowledge(&mut self, from: &str, id: &str, outcome: &str) {
        let ack = json!({"type": "ack", "message_id": id, "from": from, "outcome": outcome});
        self.link.send(&ack).await;
    }

    /// Takes the next message and accepts it.
    pub(crate) async fn accept(&mut self) -> Value {
        let message = self.message().await;
        let (from, id) = (&message["from"], &message["id"]);
        self.acknowledge(from.as_str().unwrap(), id.as_str().unwrap(), "accepted")
            .await;
        message
    }
}
