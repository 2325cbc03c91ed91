//! Delivers to one agent: everything that waits is gathered, signed and written at once.
//!
//! It owns what is written and not settled. Towards an agent that acknowledges, a message is held
//! until its acknowledgement, 5 s or the end of the connection; towards version 1 it is settled
//! once it is flushed. Whatever is unsettled at the end is in the store before the next connection
//! of the agent begins to deliver.

use std::collections::{HashSet, VecDeque};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::SplitSink;
use futures_util::{FutureExt, SinkExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, Interval, MissedTickBehavior, Sleep, interval_at, sleep, sleep_until};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message as Packet;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_util::sync::WaitForCancellationFuture;
use tracing::{debug, error};

use super::WRITE_BUFFER_BYTES;
use super::drain::{Drain, Step};
use super::notice;
use super::session::{NonceSeries, Session};
use super::window::{Acknowledged, Window};
use crate::fault::{self, Point};
use crate::relay::conversation::Key;
use crate::relay::hub::{CloseReason, Live, Notice, Order, Orders};
use crate::relay::mailbox;
use crate::relay::node::Node;
use crate::relay::parcel::{Parcel, Settlement};
use crate::relay::random;
use crate::relay::route::settle;
use crate::relay::store::{MailName, StoredMail, Waiting};
use crate::types::{ErrorCode, Refusal, Timestamp};
use crate::wire::frame::{Ack, AckOutcome, ConversationEnded, EndReason};
use crate::wire::{Frame, legacy};

mod finish;
mod stored;

/// How long a receiver has to acknowledge before its sender hears `queued`.
const ACKNOWLEDGE_WITHIN: Duration = Duration::from_secs(5);

/// How often the relay gives a sign of life.
const SIGN_OF_LIFE: Duration = Duration::from_secs(30);

/// How long a socket may take in nothing.
const STUCK_AFTER: Duration = Duration::from_secs(30);

/// How long the connection before may take to store what it holds.
const HANDOVER_MAX: Duration = Duration::from_secs(10);

/// How many orders are obeyed between two flushes.
const BATCH: usize = 256;

type Sink = SplitSink<WebSocketStream<TcpStream>, Packet>;

/// The writing side of a connection.
pub(super) struct Writer<'a> {
    node: &'a Arc<Node>,
    live: &'a Arc<Live>,
    session: &'a Session,
    sink: Sink,
    orders: Orders,
    /// Orders that were received and not yet obeyed.
    inbox: VecDeque<Order>,
    window: Window,
    drain: Drain,
    /// Bytes that were gathered since the last flush.
    gathered: usize,
    /// Whether messages are among them.
    forwards: bool,
    /// Messages among them, towards a receiver that does not acknowledge.
    unflushed: Vec<Parcel>,
    /// Conversations that the agent is told to be ended by then.
    endings: Vec<Key>,
    /// Stored mail that this version 1 connection cannot be given.
    passed_over: HashSet<MailName>,
    late: Pin<Box<Sleep>>,
    late_is_set: bool,
    nonces: NonceSeries,
    /// The time at which the writer last woke.
    now: Timestamp,
}

/// The socket takes nothing any more.
#[derive(Debug, Clone, Copy)]
pub(super) struct Broken;

impl<'a> Writer<'a> {
    pub(super) fn new(
        node: &'a Arc<Node>,
        live: &'a Arc<Live>,
        session: &'a Session,
        sink: Sink,
        orders: Orders,
    ) -> Self {
        Self {
            node,
            live,
            session,
            sink,
            orders,
            inbox: VecDeque::new(),
            window: Window::default(),
            drain: Drain::new(),
            gathered: 0,
            forwards: false,
            unflushed: Vec::new(),
            endings: Vec::new(),
            passed_over: HashSet::new(),
            late: Box::pin(sleep(ACKNOWLEDGE_WITHIN)),
            late_is_set: false,
            nonces: NonceSeries::new(random::hex::<8>()),
            now: node.now(),
        }
    }

    /// Delivers until the connection is over, and gives the socket's half back. What the
    /// connection `before` holds is stored first.
    pub(super) async fn run(mut self, before: Option<Arc<Live>>) -> Sink {
        if let Err(Broken) = self.serve(before).await {
            debug!(agent.id = %self.live.resident.id, "the socket takes nothing any more");
        }
        self.finish().await
    }

    async fn serve(&mut self, before: Option<Arc<Live>>) -> Result<(), Broken> {
        if let Some(before) = before {
            let _ = tokio::time::timeout(HANDOVER_MAX, before.gone()).await;
        }
        // The session opens once it is known what waits: where nothing does, whoever sees the
        // agent connected reaches it live.
        self.drain.proceed(self.node, self.live);
        let step = self.drain.step().await;
        let opening = Frame::Session(self.session.frame());
        self.gather(Packet::text(opening.to_text())).await?;
        self.take_step(step).await?;
        self.flush().await?;
        let mut life = interval_at(Instant::now() + SIGN_OF_LIFE, SIGN_OF_LIFE);
        life.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut received = Vec::with_capacity(BATCH);
        let live = self.live;
        let mut closing = pin!(live.closing());
        while live.is_open() {
            if live.take_mail_waits() {
                self.drain.want();
            }
            self.drain.proceed(self.node, live);
            self.wait(closing.as_mut(), &mut received, &mut life)
                .await?;
            self.now = self.node.now();
            self.inbox.extend(received.drain(..));
            while let Some(order) = self.inbox.pop_front() {
                self.obey(order).await?;
                if self.gathered > WRITE_BUFFER_BYTES / 2 {
                    self.flush().await?;
                }
            }
            self.flush().await?;
        }
        Ok(())
    }

    /// Waits for one thing to do. The end stands first, then what others wait for, then time.
    /// Every branch can be dropped half way: nothing is taken out before it is handed over.
    async fn wait(
        &mut self,
        closing: Pin<&mut WaitForCancellationFuture<'_>>,
        received: &mut Vec<Order>,
        life: &mut Interval,
    ) -> Result<(), Broken> {
        self.set_late();
        tokio::select! {
            biased;
            () = closing => {}
            _ = self.orders.recv_many(received, BATCH) => {}
            step = self.drain.step() => self.take_step(step).await?,
            () = self.late.as_mut(), if self.late_is_set => self.store_late().await,
            _ = life.tick() => self.give_sign_of_life().await?,
        }
        Ok(())
    }

    async fn obey(&mut self, order: Order) -> Result<(), Broken> {
        match order {
            Order::Deliver(parcel) => {
                self.live.give_bytes(parcel.bytes());
                self.deliver(parcel).await
            }
            Order::Tell(notice) => {
                let frame = notice::frame_of(notice, self.session);
                self.gather(Packet::text(frame.to_text())).await
            }
            Order::Acknowledge(ack) => {
                self.acknowledge(ack).await;
                Ok(())
            }
            Order::Look => Ok(()),
        }
    }

    /// Writes one message, which has a place on this connection.
    async fn deliver(&mut self, parcel: Parcel) -> Result<(), Broken> {
        let name = MailName::of(&parcel.frame.message);
        if self.window.holds(&name) {
            self.live.give_room();
            self.attach_to_held(&name, parcel);
            return Ok(());
        }
        fault::point(Point::ForwardReady);
        let packet = Packet::text(self.session.sign(&parcel, self.now));
        self.forwards = true;
        let ended = ending_of(&parcel);
        if ended.as_ref().map(|ended| ended.reason) == Some(EndReason::ParticipantEnded) {
            self.endings.extend(Key::of(&parcel.frame.message));
        }
        if !parcel.frame.message.kind.is_lasting() {
            self.live.give_room();
        } else if self.session.features.ack {
            self.window
                .hold(parcel, Instant::now() + ACKNOWLEDGE_WITHIN);
        } else {
            self.unflushed.push(parcel);
        }
        self.gather(packet).await?;
        if let Some(ended) = ended {
            let frame = notice::frame_of(Notice::ConversationEnded(ended), self.session);
            self.gather(Packet::text(frame.to_text())).await?;
        }
        Ok(())
    }

    /// A message came again while it is unacknowledged: it is not written twice.
    fn attach_to_held(&mut self, name: &MailName, parcel: Parcel) {
        if parcel.stored {
            return;
        }
        if let Some(origin) = self.window.replace_origin(name, parcel.origin) {
            let settlement = Settlement::Queued { may_repeat: false };
            settle(self.node, origin, name.id.clone(), settlement);
        }
    }

    async fn acknowledge(&mut self, ack: Ack) {
        fault::point(Point::AckRead);
        let name = MailName {
            from: ack.from,
            id: ack.message_id,
        };
        let settlement = match ack.outcome {
            AckOutcome::Accepted => Settlement::Sent,
            AckOutcome::Refused => Settlement::Rejected,
        };
        match self.window.acknowledge(&name) {
            Acknowledged::Live(parcel) => {
                self.live.give_room();
                settle(self.node, parcel.origin, name.id, settlement);
            }
            Acknowledged::Stored => {
                self.live.give_room();
                if settlement == Settlement::Rejected {
                    let notice = Notice::Settled(name.id.clone(), settlement);
                    self.node.bus.tell(&name.from, notice).await;
                }
                self.remove(vec![name]).await;
            }
            // Written on an earlier connection: the word on it comes late, and still counts, within
            // bounds: past them the mail is written again, and acknowledged here.
            Acknowledged::Unknown => {
                if self.live.resident.meter().take_late_ack(self.now) {
                    self.remove(vec![name]).await;
                }
            }
        }
    }

    async fn store_late(&mut self) {
        self.late_is_set = false;
        for parcel in self.window.late(Instant::now()) {
            mailbox::put(self.node, &self.live.resident, parcel, false).await;
        }
    }

    fn set_late(&mut self) {
        if !self.late_is_set
            && let Some(deadline) = self.window.next_deadline()
        {
            self.late.as_mut().reset(deadline);
            self.late_is_set = true;
        }
    }

    async fn give_sign_of_life(&mut self) -> Result<(), Broken> {
        if !self.live.is_drained() {
            self.drain.want();
        }
        self.gather(Packet::text(Frame::Ping.to_text())).await?;
        self.gather(Packet::Ping(Default::default())).await
    }

    async fn gather(&mut self, packet: Packet) -> Result<(), Broken> {
        self.gathered += packet.len() + 1;
        self.sink.feed(packet).await.map_err(|_| Broken)
    }

    /// Writes all that was gathered, and settles what that delivers.
    async fn flush(&mut self) -> Result<(), Broken> {
        if self.gathered == 0 {
            return Ok(());
        }
        match self.sink.flush().now_or_never() {
            Some(flushed) => flushed.map_err(|_| Broken)?,
            None => self.flush_slowly().await?,
        }
        self.gathered = 0;
        if std::mem::take(&mut self.forwards) {
            fault::point(Point::Forwarded);
        }
        for key in self.endings.drain(..) {
            let agent = &self.live.resident.id;
            self.node.book.told(&key, agent, self.now);
        }
        self.settle_flushed().await;
        Ok(())
    }

    /// The socket is full. While it is, time goes on for what waits for an acknowledgement.
    async fn flush_slowly(&mut self) -> Result<(), Broken> {
        let stuck = sleep_until(Instant::now() + STUCK_AFTER);
        tokio::pin!(stuck);
        loop {
            self.set_late();
            tokio::select! {
                biased;
                flushed = self.sink.flush() => return flushed.map_err(|_| Broken),
                () = self.live.closing() => return Err(Broken),
                () = self.late.as_mut(), if self.late_is_set => self.store_late().await,
                () = stuck.as_mut() => self.live.close(CloseReason::Stuck),
            }
        }
    }

    /// A version 1 agent has what was flushed: its sender hears so, and no row is sent again.
    async fn settle_flushed(&mut self) {
        let mut stored = Vec::new();
        for parcel in self.unflushed.drain(..) {
            self.live.give_room();
            if parcel.stored {
                stored.push(MailName::of(&parcel.frame.message));
            } else {
                let id = parcel.frame.message.id;
                settle(self.node, parcel.origin, id, Settlement::Sent);
            }
        }
        if !stored.is_empty() {
            self.remove(stored).await;
        }
    }

    /// Takes mail out of the mailbox. Nobody waits for the commit: where it fails, the mail is
    /// written again on the next connection.
    async fn remove(&mut self, mail: Vec<MailName>) {
        self.drain.forget(&mail);
        let agent = &self.live.resident.id;
        let unwatched = self.node.store.remove(agent, mail).await;
        fault::once_done(Point::MailGone, unwatched);
    }
}

/// What the receiver of `parcel` is told with it, where it is the last of its conversation.
fn ending_of(parcel: &Parcel) -> Option<ConversationEnded> {
    let message = &parcel.frame.message;
    Some(ConversationEnded {
        conversation: message.conversation.clone()?,
        peer: Some(message.from.clone()),
        reason: parcel.ends?,
    })
}
