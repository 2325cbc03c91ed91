//! A relay for one daemon: opens a session, sends what it is asked to, says `sent` to everything.

use std::error::Error;
use std::net::SocketAddr;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use futures_util::{SinkExt, StreamExt};
use opendialogue::types::{
    AgentId, ConversationId, Kind, Message, MessageId, Nonce, Secret, Timestamp,
};
use opendialogue::wire::frame::{
    Frame, KeyOffer, MessageText, SessionFrame, Status, StatusFrame, read, write_message,
};
use opendialogue::wire::{Features, Form, Material, SigningKey};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message as Packet;

/// The agent that the daemon is.
pub(crate) const ME: &str = "10079218";
/// The agent that it talks to.
pub(crate) const PEER: &str = "41490369";
/// The key of the session.
const SESSION_KEY: &str = "9a02d7c4e816f35b70c1a94e2d8865fb3307be1946d25ca87fe013b6c45d9e20";

pub(crate) struct Relay {
    address: SocketAddr,
    connected: mpsc::Receiver<()>,
    outgoing: mpsc::Sender<(String, mpsc::Sender<Instant>)>,
    key: SigningKey,
}

impl Relay {
    pub(crate) async fn start() -> Result<Self, Box<dyn Error>> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (tell, connected) = mpsc::channel(8);
        let (outgoing, queue) = mpsc::channel(64);
        tokio::task::spawn(async move {
            if let Err(why) = serve(listener, tell, queue).await {
                println!("the relay ended: {why}");
            }
        });
        Ok(Self {
            address,
            connected,
            outgoing,
            key: SigningKey::new(&Secret::new(SESSION_KEY)),
        })
    }

    pub(crate) fn url(&self) -> String {
        format!("ws://{}/connect", self.address)
    }

    /// Waits until a daemon is connected.
    pub(crate) async fn connected(&mut self) -> Result<(), Box<dyn Error>> {
        Ok(self.connected.recv().await.ok_or("the relay is gone")?)
    }

    /// Sends the `n`th message, in a conversation of its own, and says when it was written.
    pub(crate) async fn send(&self, n: usize) -> Result<Instant, Box<dyn Error>> {
        let message = Message {
            id: MessageId::new(&format!("m{n}"))?,
            from: AgentId::new(PEER)?,
            to: AgentId::new(ME)?,
            kind: Kind::Text,
            content: format!(
                "message {n}, of two hundred bytes or so {}",
                "x".repeat(160)
            ),
            conversation: Some(ConversationId::new(&format!("c{n}"))?),
            turn: None,
            max_turns: None,
        };
        let since = SystemTime::now().duration_since(UNIX_EPOCH)?;
        let timestamp = Timestamp::default() + since;
        let nonce = Nonce::new(&format!("n{n}"))?;
        let material = Material::of_message(&message, timestamp, &nonce);
        let text = write_message(&MessageText {
            message: &message,
            timestamp,
            nonce: &nonce,
            signature: &self.key.sign(&material, Form::V1),
            delivered_at: Some(timestamp),
            received_at: Some(timestamp),
        });
        let (tell, mut written) = mpsc::channel(1);
        self.outgoing.send((text, tell)).await?;
        Ok(written.recv().await.ok_or("the session is gone")?)
    }
}

async fn serve(
    listener: TcpListener,
    connected: mpsc::Sender<()>,
    mut queue: mpsc::Receiver<(String, mpsc::Sender<Instant>)>,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let (stream, _) = listener.accept().await?;
    stream.set_nodelay(true)?;
    let mut socket = tokio_tungstenite::accept_async(stream).await?;
    let session = Frame::Session(SessionFrame {
        key: KeyOffer::Key(Secret::new(SESSION_KEY)),
        expires_in: 3600,
        features: Some(Features {
            ack: true,
            sig2: false,
        }),
    });
    socket.send(Packet::text(session.to_text())).await?;
    connected.send(()).await?;
    loop {
        tokio::select! {
            Some((text, written)) = queue.recv() => {
                let at = Instant::now();
                socket.send(Packet::text(text)).await?;
                written.send(at).await?;
            }
            packet = socket.next() => {
                let Packet::Text(text) = packet.ok_or("closed")?? else { continue };
                if let Ok(Frame::Message(frame)) = read(text.as_str()) {
                    let sent = Frame::Status(StatusFrame {
                        message_id: frame.message.id,
                        status: Status::Sent,
                        note: None,
                    });
                    socket.send(Packet::text(sent.to_text())).await?;
                }
            }
        }
    }
}
