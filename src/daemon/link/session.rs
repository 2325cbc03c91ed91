//! One session with the relay, from the session frame to its end.
//!
//! One task reads, decides and queues; another writes, all that waits with one flush. The reader
//! never waits for the writer, so the two sides can both be busy without either standing still.
//!
//! ```text
//! socket ──▶ frame ──▶ Received ──▶ inbound        (room there, else reading stops: version 1)
//!                 └──▶ status, error ──▶ outbox
//! outbox ──▶ signed ──▶ queue ──▶ writer ──▶ socket
//! inbound ─▶ ack    ──▶ queue
//! ```
//!
//! A relay that reads nothing is sent nothing: once the queue is long, neither acks nor messages are
//! added to it, and after a while the writer gives up.

mod end;
mod handshake;
mod hearing;
mod life;
mod lookout;
pub(in crate::daemon) mod proof;
mod settling;
mod writer;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::SplitStream;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tracing::{info, warn};

use super::dial::Socket;
use super::unsettled::{UnderWay, Unsettled};
use super::{Link, random};
use crate::daemon::inbound::{IN_HAND, Received, Session};
use crate::daemon::outbound::outbox::{Admitted, Ready};
use crate::daemon::outbound::{Said, Settlement, settlement};
use crate::daemon::remarks::Remarks;
use crate::db::DbError;
use crate::fault::{self, Point};
use crate::types::Nonce;
use crate::wire::Material;
use crate::wire::frame::{Ack, Frame, MessageText, write_message};

pub(super) use end::SessionEnd;
use handshake::{accept, session_frame};
use life::{Life, Pulse};
use lookout::Lookout;
use settling::{Settling, Written};
use writer::{Outgoing, Writer};

/// How long the relay may take to open the session.
const SESSION_DEADLINE: Duration = Duration::from_secs(20);
/// How long a session that ends waits for what it still has to write.
const CLOSE_DEADLINE: Duration = Duration::from_secs(5);
/// How often overdue answers and life are looked after.
const TICK: Duration = Duration::from_secs(1);
/// Frames in the queue past which no others are taken in for it.
const QUEUE_MAX: usize = 2 * IN_HAND;
/// A session that is open.
struct Open<'a> {
    link: &'a Link,
    session: Arc<Session>,
    writer: Writer,
    queue: VecDeque<Outgoing>,
    unsettled: Unsettled,
    settling: Settling,
    lookout: Lookout,
    parked: Option<Received>,
    remarks: Remarks,
    life: Life,
}

/// Carries frames both ways until the session ends.
pub(super) async fn run(link: &Link, socket: Socket, connect_nonce: &Nonce) -> SessionEnd {
    let (sink, mut stream) = socket.split();
    let offer = tokio::select! {
        biased;
        () = link.stop.cancelled() => return SessionEnd::Stopped,
        offer = tokio::time::timeout(SESSION_DEADLINE, session_frame(&mut stream)) => offer,
    };
    let offer = match offer {
        Ok(Ok(offer)) => offer,
        Ok(Err(end)) => return end,
        Err(_) => return SessionEnd::Lost("the relay opened no session".to_owned()),
    };
    if let Err(end) = proof::check(link, &offer).await {
        return end;
    }
    let (acks, mut acks_in) = mpsc::channel(IN_HAND);
    let session = Arc::new(accept(link, offer, connect_nonce, acks));
    info!(relay.url = %link.relay, "connected to the relay as agent {}", link.me);
    link.show_connected(session.authenticates());
    let mut open = Open {
        link,
        unsettled: Unsettled::new(session.features.is_some()),
        lookout: Lookout::new(link.outbox.clone(), session.features),
        session,
        writer: Writer::start(sink),
        queue: VecDeque::new(),
        settling: Settling::default(),
        parked: None,
        remarks: Remarks::default(),
        life: Life::new(Instant::now()),
    };
    let end = open.carry(&mut stream, &mut acks_in).await;
    open.close(end.close_code()).await;
    end
}

impl Open<'_> {
    async fn carry(
        &mut self,
        stream: &mut SplitStream<Socket>,
        acks: &mut mpsc::Receiver<Ack>,
    ) -> SessionEnd {
        let stop = self.link.stop.clone();
        let inbound = self.link.received.clone();
        let mut wakes = self.link.outbox.wakes();
        let mut tick = tokio::time::interval(TICK);
        loop {
            let has_room = self.queue.len() < QUEUE_MAX;
            if has_room && !self.settling.is_stuck() {
                let unsettled = &self.unsettled;
                self.lookout.start(unsettled.room(), || unsettled.busy());
            }
            // Reading comes last: it alone may have more to do without end, and everything before
            // it is bounded by what was read.
            let step = tokio::select! {
                biased;
                () = stop.cancelled() => return SessionEnd::Stopped,
                _ = tick.tick() => self.look_after(),
                written = self.settling.next(), if !self.settling.is_empty() => self.settled(written),
                sent = self.writer.ready(), if !self.queue.is_empty() => self.write(sent),
                Some(ack) = acks.recv(), if has_room => {
                    fault::point(Point::AckReady);
                    self.queue.push_back(Outgoing::Ack(Frame::Ack(ack).to_text()));
                    Ok(())
                }
                ready = self.lookout.next() => {
                    self.send(ready);
                    Ok(())
                }
                _ = wakes.changed() => {
                    self.lookout.want();
                    Ok(())
                }
                room = inbound.reserve(), if self.parked.is_some() => self.unpark(room),
                packet = stream.next(), if self.parked.is_none() && self.settling.has_room() => {
                    self.hear(packet)
                }
            };
            if let Err(end) = step {
                return end;
            }
        }
    }

    /// Signs what is ready and puts it in the queue.
    fn send(&mut self, ready: Result<Ready, DbError>) {
        let now = self.link.clock.now();
        let ready = match ready {
            Ok(ready) => ready,
            Err(why) => {
                warn!("the outbox cannot be read: {why}");
                self.lookout.want_at(now);
                return;
            }
        };
        if let Some(at) = ready.next_at {
            self.lookout.want_at(at);
        }
        if !ready.messages.is_empty() {
            // A full look may have left more behind.
            self.lookout.want();
        }
        for message in ready.messages {
            let text = self.signed(&message);
            fault::point(Point::FrameReady);
            self.queue.push_back(Outgoing::Message(text));
            self.unsettled.add(UnderWay {
                row: message.row(),
                id: message.message().id.clone(),
                kind: message.message().kind,
                conversation: message.message().conversation.clone(),
                attempts: message.attempts(),
                sent_at: now,
            });
        }
    }

    fn signed(&self, admitted: &Admitted) -> String {
        let message = admitted.message();
        let timestamp = self.link.offset.apply(self.link.clock.now());
        let nonce = random::nonce();
        let material = Material::of_message(message, timestamp, &nonce);
        let signature = self.session.key.sign(&material, self.session.form);
        write_message(&MessageText {
            message,
            timestamp,
            nonce: &nonce,
            signature: &signature,
            delivered_at: None,
            received_at: None,
        })
    }

    fn write(&mut self, ready: Result<writer::Place, writer::Gone>) -> Result<(), SessionEnd> {
        match ready {
            Ok(place) => {
                if let Some(frame) = self.queue.pop_front() {
                    place.put(frame);
                }
                Ok(())
            }
            Err(writer::Gone) => Err(SessionEnd::Lost("writing to the relay failed".to_owned())),
        }
    }

    /// Has the outbox write what the relay said. Until that is on disk the row counts as busy.
    fn settle(&mut self, one: UnderWay, said: Said) -> Result<(), SessionEnd> {
        fault::point(Point::ReceiptRead);
        let settlement = settlement(said, one.attempts, random::jitter());
        let renew = match &settlement {
            Settlement::Again(again) if again.reconnect => {
                Some(SessionEnd::Renew(again.why.clone()))
            }
            Settlement::Again(_)
            | Settlement::Sent
            | Settlement::AtRelay
            | Settlement::Refused(_)
            | Settlement::ConversationEnded(_) => None,
        };
        self.settling.settle(&self.link.outbox, one.row, settlement);
        renew.map_or(Ok(()), Err)
    }

    fn settled(&mut self, written: Written) -> Result<(), SessionEnd> {
        self.lookout.want();
        if let Err(why) = &written.result {
            // Written again at each tick while the disk is full, so often and no more.
            self.remark(&format!("what the relay said could not be written: {why}"));
        }
        if let Some(row) = self.settling.finish(written) {
            self.unsettled.kept(row);
        }
        Ok(())
    }

    /// Looks for answers that do not come, and for life.
    fn look_after(&mut self) -> Result<(), SessionEnd> {
        let now = self.link.clock.now();
        self.lookout.tick(now);
        self.settling.settle_again(&self.link.outbox);
        if self.parked.is_some() {
            return Ok(());
        }
        for one in self.unsettled.overdue(now) {
            self.settle(one, Said::Nothing)?;
        }
        match self.life.pulse(Instant::now()) {
            Pulse::Fine => Ok(()),
            Pulse::Ping => {
                self.queue.push_back(Outgoing::Ping(Frame::Ping.to_text()));
                Ok(())
            }
            Pulse::Dead => Err(SessionEnd::Lost(
                "the relay gives no sign of life".to_owned(),
            )),
        }
    }

    /// Writes down what stays unanswered and closes the socket.
    async fn close(mut self, code: CloseCode) {
        for one in self.unsettled.into_all() {
            let settlement = settlement(Said::Gone, one.attempts, random::jitter());
            self.settling.settle(&self.link.outbox, one.row, settlement);
        }
        let written = async {
            while !self.settling.is_empty() {
                let written = self.settling.next().await;
                if let Err(why) = written.result {
                    warn!("what became of a message could not be written: {why}");
                }
            }
        };
        // What is not written by then still says `queued`, and goes again under its id.
        if timeout(CLOSE_DEADLINE, written).await.is_err() {
            warn!("the database is slow: some of what became of messages is not written");
        }
        self.writer.close(code).await;
    }
}
