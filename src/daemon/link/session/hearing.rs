//! What the relay says in a session: each frame read, and handed to the room that it is for.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::{self, Message as Packet};
use tracing::{debug, warn};

use super::{Open, SessionEnd};
use crate::daemon::dialogue;
use crate::daemon::inbound::{IN_HAND, Received};
use crate::daemon::link::unsettled::said;
use crate::daemon::outbound::Said;
use crate::types::text::heard;
use crate::wire::frame::{ConversationEnded, ErrorFrame, Frame, read};

impl Open<'_> {
    pub(super) fn hear(
        &mut self,
        packet: Option<Result<Packet, tungstenite::Error>>,
    ) -> Result<(), SessionEnd> {
        self.life.heard(Instant::now());
        match packet {
            Some(Ok(Packet::Text(text))) => self.frame(text.as_str()),
            Some(Ok(Packet::Binary(_))) => {
                self.remark("dropped a binary frame: the protocol has none");
                Ok(())
            }
            Some(Ok(Packet::Close(close))) => Err(SessionEnd::closed(close.as_ref())),
            Some(Ok(Packet::Ping(_) | Packet::Pong(_) | Packet::Frame(_))) => Ok(()),
            Some(Err(why)) => Err(SessionEnd::of(&why)),
            None => Err(SessionEnd::Lost("the relay is gone".to_owned())),
        }
    }

    fn frame(&mut self, text: &str) -> Result<(), SessionEnd> {
        let frame = match read(text) {
            Ok(frame) => frame,
            Err(why) => {
                self.remark(&format!("dropped a frame from the relay: {}", why.reason));
                return Ok(());
            }
        };
        match frame {
            Frame::Message(frame) => self.receive(Received {
                frame: *frame,
                session: Arc::clone(&self.session),
                read_at: self.link.offset.apply(self.link.clock.now()),
                read_here_at: self.link.clock.now(),
            }),
            Frame::Status(status) => {
                let Some(one) = self.unsettled.status(&status) else {
                    debug!(message.id = %status.message_id, "a status for no message of ours");
                    return Ok(());
                };
                self.settle(
                    one,
                    Said::Status(status.status, status.note.as_deref().map(heard)),
                )
            }
            Frame::Error(error) => self.refused(error),
            Frame::ConversationEnded(ended) => self.ended(ended),
            Frame::Session(_) => Err(SessionEnd::Renew("a second session frame".to_owned())),
            // A relay counts the answer to its WebSocket ping, which the library gives.
            Frame::Ping | Frame::Pong | Frame::Ack(_) | Frame::Unknown(_) => Ok(()),
        }
    }

    /// Hands a message on, or keeps it and stops reading until there is room.
    fn receive(&mut self, received: Received) -> Result<(), SessionEnd> {
        let inbound = &self.link.received;
        if !received.frame.message.kind.is_lasting() && inbound.capacity() <= IN_HAND {
            // Live messages are worth nothing later, and never take the place of one that lasts: a
            // relay that waits for acks never fills what is left.
            return Ok(());
        }
        match inbound.try_send(received) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(received)) => {
                self.parked = Some(received);
                Ok(())
            }
            Err(TrySendError::Closed(_)) => Err(SessionEnd::Stopped),
        }
    }

    pub(super) fn unpark(
        &mut self,
        room: Result<mpsc::Permit<'_, Received>, mpsc::error::SendError<()>>,
    ) -> Result<(), SessionEnd> {
        let room = room.map_err(|_| SessionEnd::Stopped)?;
        if let Some(received) = self.parked.take() {
            room.send(received);
        }
        // Nothing was read meanwhile, which says nothing about the relay.
        self.life.heard(Instant::now());
        self.unsettled.restart(self.link.clock.now());
        Ok(())
    }

    fn refused(&mut self, error: ErrorFrame) -> Result<(), SessionEnd> {
        match self.unsettled.error(&error) {
            Some(one) => self.settle(one, said(error)),
            None => {
                let Said::Error(code, sentence) = said(error) else {
                    return Ok(());
                };
                let code = code.map_or_else(|unknown| unknown, |code| code.to_string());
                self.remark(&format!("the relay refused something ({code}): {sentence}"));
                Ok(())
            }
        }
    }

    /// Logs what the relay made happen, so often and no more.
    pub(super) fn remark(&mut self, sentence: &str) {
        let now = self.link.clock.now();
        match self.remarks.may_make(now) {
            None => {}
            Some(0) => warn!("{sentence}"),
            Some(left_out) => warn!("{sentence} (and {left_out} remarks like it before)"),
        }
    }

    fn ended(&mut self, ended: ConversationEnded) -> Result<(), SessionEnd> {
        let settled = self.unsettled.ended(&ended);
        let (db, now) = (self.link.db.clone(), self.link.clock.now());
        self.settling.watch(async move {
            let close = db.write(move |connection| {
                let because = format!("the relay said so ({})", ended.reason.as_str());
                let (id, peer) = (&ended.conversation, ended.peer.as_ref());
                dialogue::end_as_told(connection, id, peer, now, &because)
            });
            close.await.map(drop)
        });
        match settled {
            Some(one) => self.settle(one, Said::Ended),
            None => Ok(()),
        }
    }
}
