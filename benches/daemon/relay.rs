//! A relay for one daemon: opens a session, sends what it is asked to while fewer than
//! [`MOST_UNACKNOWLEDGED`] are out, says `sent` to everything.

use std::error::Error;
use std::net::SocketAddr;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use futures_util::{SinkExt, StreamExt};
use opendialogue::types::{
    AgentId, ConversationId, Kind, Message, MessageId, Nonce, Secret, Timestamp,
};
use opendialogue::wire::frame::{
    AckOutcome, Frame, KeyOffer, MessageText, SessionFrame, Status, StatusFrame, read,
    write_message,
};
use opendialogue::wire::{Features, Form, Material, SigningKey};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio_tungstenite::tungstenite::Message as Packet;

/// The agent that the daemon is.
pub(crate) const ME: &str = "10079218";
/// The agent that it talks to.
pub(crate) const PEER: &str = "41490369";
/// How many agents write to it where many do.
const PEERS: usize = 50;
/// What a relay leaves unacknowledged at most.
const MOST_UNACKNOWLEDGED: usize = 128;
/// The key of the session.
const SESSION_KEY: &str = "9a02d7c4e816f35b70c1a94e2d8865fb3307be1946d25ca87fe013b6c45d9e20";

pub(crate) struct Relay {
    address: SocketAddr,
    connected: mpsc::Receiver<()>,
    outgoing: mpsc::Sender<Outgoing>,
    acknowledged: watch::Receiver<Acknowledged>,
    key: SigningKey,
}

/// A frame, and who wants to know when it was written.
struct Outgoing {
    text: String,
    written: Option<mpsc::Sender<Instant>>,
}

/// What the daemon acknowledged so far.
#[derive(Default, Clone, Copy)]
pub(crate) struct Acknowledged {
    pub(crate) accepted: usize,
    pub(crate) refused: usize,
}

impl Relay {
    pub(crate) async fn start() -> Result<Self, Box<dyn Error>> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (tell, connected) = mpsc::channel(8);
        let (outgoing, queue) = mpsc::channel(64);
        let (acknowledge, acknowledged) = watch::channel(Acknowledged::default());
        tokio::task::spawn(async move {
            if let Err(why) = serve(listener, tell, queue, acknowledge).await {
                println!("the relay ended: {why}");
            }
        });
        Ok(Self {
            address,
            connected,
            outgoing,
            acknowledged,
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
        let text = self.message(n, PEER, &format!("c{n}"))?;
        let (tell, mut written) = mpsc::channel(1);
        let outgoing = Outgoing {
            text,
            written: Some(tell),
        };
        self.outgoing.send(outgoing).await?;
        Ok(written.recv().await.ok_or("the session is gone")?)
    }

    /// Sends `count` messages, the `from`th first, of many agents in turns, each in one conversation,
    /// as fast as the daemon takes them; gives what was acknowledged when all were.
    pub(crate) async fn flood(
        &self,
        from: usize,
        count: usize,
    ) -> Result<Acknowledged, Box<dyn Error>> {
        let before = *self.acknowledged.borrow();
        for n in from..from + count {
            let peer = format!("{}", 20_000_000 + n % PEERS);
            let text = self.message(n, &peer, &format!("c{peer}"))?;
            self.outgoing
                .send(Outgoing {
                    text,
                    written: None,
                })
                .await?;
        }
        let mut acknowledged = self.acknowledged.clone();
        let since = |now: &Acknowledged| Acknowledged {
            accepted: now.accepted - before.accepted,
            refused: now.refused - before.refused,
        };
        let all = acknowledged.wait_for(|now| {
            let now = since(now);
            now.accepted + now.refused >= count
        });
        Ok(since(&*all.await?))
    }

    fn message(&self, n: usize, from: &str, conversation: &str) -> Result<String, Box<dyn Error>> {
        let message = Message {
            id: MessageId::new(&format!("m{n}"))?,
            from: AgentId::new(from)?,
            to: AgentId::new(ME)?,
            kind: Kind::Text,
            content: format!(
                "message {n}, of two hundred bytes or so {}",
                "x".repeat(160)
            ),
            conversation: Some(ConversationId::new(conversation)?),
            turn: None,
            max_turns: None,
        };
        let since = SystemTime::now().duration_since(UNIX_EPOCH)?;
        let timestamp = Timestamp::default() + since;
        let nonce = Nonce::new(&format!("n{n}"))?;
        let material = Material::of_message(&message, timestamp, &nonce);
        Ok(write_message(&MessageText {
            message: &message,
            timestamp,
            nonce: &nonce,
            signature: &self.key.sign(&material, Form::V1),
            delivered_at: Some(timestamp),
            received_at: Some(timestamp),
        }))
    }
}

async fn serve(
    listener: TcpListener,
    connected: mpsc::Sender<()>,
    mut queue: mpsc::Receiver<Outgoing>,
    acknowledge: watch::Sender<Acknowledged>,
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
    let mut out = 0_usize;
    loop {
        tokio::select! {
            Some(Outgoing { text, written }) = queue.recv(), if out < MOST_UNACKNOWLEDGED => {
                let at = Instant::now();
                out += 1;
                socket.send(Packet::text(text)).await?;
                if let Some(written) = written {
                    written.send(at).await?;
                }
            }
            packet = socket.next() => {
                let Packet::Text(text) = packet.ok_or("closed")?? else { continue };
                match read(text.as_str()) {
                    Ok(Frame::Message(frame)) => {
                        let sent = Frame::Status(StatusFrame {
                            message_id: frame.message.id,
                            status: Status::Sent,
                            note: None,
                        });
                        socket.send(Packet::text(sent.to_text())).await?;
                    }
                    Ok(Frame::Ack(ack)) => {
                        out = out.saturating_sub(1);
                        acknowledge.send_modify(|so_far| match ack.outcome {
                            AckOutcome::Accepted => so_far.accepted += 1,
                            AckOutcome::Refused => so_far.refused += 1,
                        });
                    }
                    Ok(_) | Err(_) => {}
                }
            }
        }
    }
}
