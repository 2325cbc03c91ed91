//! Takes in what one agent says. Owns the verification of its frames: the session's key and the
//! nonces it used.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::SplitStream;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{self, Message as Packet};
use tracing::{debug, trace};

use super::Session;
use crate::relay::conversation::Via;
use crate::relay::hub::{CloseReason, Live, Notice, Order};
use crate::relay::intake::{Sender, take_in};
use crate::relay::meter::nonces_kept;
use crate::relay::node::Node;
use crate::relay::parcel::Origin;
use crate::types::ErrorCode;
use crate::wire::frame::{self, ErrorFrame};
use crate::wire::replay::MAX_CLOCK_DISTANCE;
use crate::wire::{Frame, FrameError, MessageFrame, NonceMemory};

/// A connection on which nothing comes for so long is dead.
const SILENCE_MAX: Duration = Duration::from_secs(75);

type Stream = SplitStream<WebSocketStream<TcpStream>>;

/// The reading side of a connection.
pub(super) struct Reader<'a> {
    node: &'a Arc<Node>,
    live: &'a Arc<Live>,
    session: &'a Session,
    nonces: NonceMemory,
    stream: Stream,
}

impl<'a> Reader<'a> {
    pub(super) fn new(
        node: &'a Arc<Node>,
        live: &'a Arc<Live>,
        session: &'a Session,
        stream: Stream,
    ) -> Self {
        Self {
            node,
            live,
            session,
            nonces: NonceMemory::holding(
                nonces_kept(node.settings.rate_limit_per_minute),
                node.now(),
            ),
            stream,
        }
    }

    /// Reads until the connection is over, and gives the socket's half back.
    pub(super) async fn run(mut self) -> Stream {
        let mut silence = pin!(sleep_until(Instant::now() + SILENCE_MAX));
        let mut heard = Instant::now();
        let (live, node) = (self.live, self.node);
        let mut closing = pin!(live.closing());
        let mut stopping = pin!(node.tasks.stopping().cancelled());
        loop {
            // The end stands first, so that a busy peer cannot keep a closed connection open.
            // Every branch can be dropped half way: the stream keeps what it has read.
            tokio::select! {
                biased;
                () = closing.as_mut() => break,
                () = stopping.as_mut(), if live.is_open() => live.close(CloseReason::GoingAway),
                packet = self.stream.next() => {
                    heard = Instant::now();
                    match packet {
                        Some(Ok(packet)) => self.take(packet).await,
                        Some(Err(why)) => live.close(close_reason(&why)),
                        None => live.close(CloseReason::Gone),
                    }
                }
                () = silence.as_mut() => {
                    if heard.elapsed() >= SILENCE_MAX {
                        live.close(CloseReason::Silent);
                    }
                    silence.as_mut().reset(heard + SILENCE_MAX);
                }
            }
        }
        self.stream
    }

    async fn take(&mut self, packet: Packet) {
        match packet {
            Packet::Text(text) => match frame::read(&text) {
                Ok(frame) => self.take_frame(frame).await,
                Err(wrong) => self.refuse_frame(wrong).await,
            },
            Packet::Binary(_) => {
                let wrong = FrameError {
                    code: ErrorCode::InvalidMessageType,
                    reason: "frames are text".to_owned(),
                    message_id: None,
                };
                self.refuse_frame(wrong).await;
            }
            // A close is answered by the library and followed by the end of the stream.
            Packet::Ping(_) | Packet::Pong(_) | Packet::Close(_) | Packet::Frame(_) => {}
        }
    }

    async fn take_frame(&mut self, frame: Frame) {
        match frame {
            Frame::Message(message) => self.take_message(message).await,
            Frame::Ack(ack) if self.session.features.ack => {
                self.live.order(Order::Acknowledge(ack)).await;
            }
            Frame::Ping => self.live.order(Order::Tell(Notice::Pong)).await,
            Frame::Pong => {}
            Frame::Ack(_)
            | Frame::Session(_)
            | Frame::Status(_)
            | Frame::Error(_)
            | Frame::ConversationEnded(_)
            | Frame::Unknown(_) => {
                trace!(agent.id = %self.live.resident.id, "ignored a frame of no use to a relay");
            }
        }
    }

    async fn take_message(&mut self, frame: Box<MessageFrame>) {
        let now = self.node.now();
        let signature_holds = self.session.verifies(&frame);
        // A forged or late frame must not use up the nonce of an honest one.
        let in_time = frame.timestamp.distance(now) <= MAX_CLOCK_DISTANCE;
        let nonce_is_new = !(signature_holds && in_time) || self.nonces.take(&frame.nonce, now);
        let sender = Sender {
            resident: &self.live.resident,
            via: Via::Connection(self.live.connection),
            signature_holds,
            nonce_is_new,
        };
        let id = frame.message.id.clone();
        let origin = Origin::Connection(Arc::clone(self.live));
        if let Some(answer) = take_in(self.node, sender, frame, origin, now).await {
            let notice = Notice::Settled(id, answer);
            self.live.order(Order::Tell(notice)).await;
        }
    }

    async fn refuse_frame(&self, wrong: FrameError) {
        debug!(
            agent.id = %self.live.resident.id, code = %wrong.code,
            "refused a frame of {}: {}", self.live.resident.id, wrong.reason
        );
        let notice = Notice::Error(Box::new(ErrorFrame {
            code: Ok(wrong.code),
            message: wrong.reason,
            message_id: wrong.message_id,
            note: None,
        }));
        self.live.order(Order::Tell(notice)).await;
    }
}

fn close_reason(why: &tungstenite::Error) -> CloseReason {
    use tungstenite::error::ProtocolError;
    if matches!(why, tungstenite::Error::Capacity(_)) {
        return CloseReason::FrameTooLarge;
    }
    // A socket that was simply cut off is counted among the broken rules, but is none of them.
    if let tungstenite::Error::Protocol(broken) = why
        && *broken != ProtocolError::ResetWithoutClosingHandshake
    {
        return CloseReason::Malformed;
    }
    if matches!(why, tungstenite::Error::Utf8(_)) {
        return CloseReason::Malformed;
    }
    CloseReason::Gone
}
