//! One live connection, as others see it: a handle that takes parcels and notices without waiting.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use tokio::sync::mpsc;
use tokio_util::sync::{CancellationToken, WaitForCancellationFuture};

use crate::relay::conversation::ConnectionId;
use crate::relay::directory::Resident;
use crate::relay::parcel::{Parcel, Settlement};
use crate::types::MessageId;
use crate::wire::Features;
use crate::wire::frame::{Ack, ConversationEnded, ErrorFrame};

/// How many messages stand unacknowledged on a connection that acknowledges.
const UNACKNOWLEDGED_MAX: usize = 128;

/// How many wait for the socket of one that does not.
const UNWRITTEN_MAX: usize = 1_024;

/// How many bytes of messages wait for one socket; past that they go to the mailbox.
const UNWRITTEN_BYTES_MAX: usize = 4 * 1024 * 1024;

/// How many orders wait for one connection. Parcels are bounded apart, far below it, so only a
/// socket that takes in nothing fills it with notices; such a connection is closed.
const ORDERS_MAX: usize = 8_192;

/// What a connection's writer is to do.
#[derive(Debug)]
pub(in crate::relay) enum Order {
    /// Deliver a message.
    Deliver(Parcel),
    /// Tell the agent something.
    Tell(Notice),
    /// The agent has decided on a message.
    Acknowledge(Ack),
    /// See whether mail waits.
    Look,
}

/// Something that an agent is told.
#[derive(Debug)]
pub(in crate::relay) enum Notice {
    /// What became of its message.
    Settled(MessageId, Settlement),
    /// Its frame was refused.
    Error(Box<ErrorFrame>),
    /// A conversation of its is over.
    ConversationEnded(ConversationEnded),
    /// The answer to its ping.
    Pong,
}

/// Why a connection is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::relay) enum CloseReason {
    /// The agent connected anew.
    Replaced,
    /// The relay stops.
    GoingAway,
    /// A frame was too large.
    FrameTooLarge,
    /// Nothing came for too long.
    Silent,
    /// The socket takes in nothing.
    Stuck,
    /// The peer broke the rules of WebSocket.
    Malformed,
    /// The peer has closed, or is gone.
    Gone,
}

/// A live connection. Who holds it may offer, tell and close; its tasks do the rest.
#[derive(Debug)]
pub(in crate::relay) struct Live {
    pub(in crate::relay) connection: ConnectionId,
    pub(in crate::relay) resident: Arc<Resident>,
    orders: mpsc::Sender<Order>,
    room: AtomicUsize,
    bytes: AtomicUsize,
    drained: AtomicU64,
    mail_waits: AtomicBool,
    is_open: AtomicBool,
    closing: CancellationToken,
    close_reason: OnceLock<CloseReason>,
    gone: CancellationToken,
}

/// What a connection's writer receives.
pub(in crate::relay) type Orders = mpsc::Receiver<Order>;

/// No count of mail: nothing was drained yet.
const NOTHING_DRAINED: u64 = u64::MAX;

impl Live {
    /// A connection of `resident`, and the orders for its writer. Until the mailbox is drained,
    /// new mail goes behind what is stored.
    pub(in crate::relay) fn new(
        connection: ConnectionId,
        resident: Arc<Resident>,
        features: Features,
    ) -> (Arc<Self>, Orders) {
        let (orders, receiver) = mpsc::channel(ORDERS_MAX);
        let room = if features.ack {
            UNACKNOWLEDGED_MAX
        } else {
            UNWRITTEN_MAX
        };
        let live = Self {
            connection,
            resident,
            orders,
            room: AtomicUsize::new(room),
            bytes: AtomicUsize::new(0),
            drained: AtomicU64::new(NOTHING_DRAINED),
            mail_waits: AtomicBool::new(false),
            is_open: AtomicBool::new(true),
            closing: CancellationToken::new(),
            close_reason: OnceLock::new(),
            gone: CancellationToken::new(),
        };
        (Arc::new(live), receiver)
    }

    /// Takes a parcel for delivery, or gives it back.
    pub(in crate::relay) fn offer(&self, parcel: Parcel) -> Result<(), Parcel> {
        if !self.is_open() || !self.is_drained() {
            return Err(parcel);
        }
        let bytes = parcel.bytes();
        if !self.take_room() {
            return Err(parcel);
        }
        if self.bytes.fetch_add(bytes, Ordering::Relaxed) > UNWRITTEN_BYTES_MAX {
            self.give_back(bytes);
            return Err(parcel);
        }
        let Ok(place) = self.orders.try_reserve() else {
            self.give_back(bytes);
            return Err(parcel);
        };
        place.send(Order::Deliver(parcel));
        Ok(())
    }

    /// Tells the agent something; gives it back where the connection is over.
    pub(in crate::relay) fn tell(&self, notice: Notice) -> Result<(), Notice> {
        if !self.is_open() {
            return Err(notice);
        }
        match self.orders.try_reserve() {
            Ok(place) => place.send(Order::Tell(notice)),
            Err(mpsc::error::TrySendError::Closed(())) => return Err(notice),
            Err(mpsc::error::TrySendError::Full(())) => self.close(CloseReason::Stuck),
        }
        Ok(())
    }

    /// Gives the writer an order, waiting for room: only for the connection's own reader.
    pub(in crate::relay) async fn order(&self, order: Order) {
        // The writer is gone only when the connection is over, and with it every order.
        let _ = self.orders.send(order).await;
    }

    /// Says that mail waits in the mailbox.
    pub(in crate::relay) fn wake(&self) {
        if !self.mail_waits.swap(true, Ordering::SeqCst) {
            // A full queue wakes the writer by itself, and the flag stands.
            let _ = self.orders.try_send(Order::Look);
        }
    }

    /// Whether mail waits in the mailbox that the writer was not told of before.
    pub(in crate::relay) fn take_mail_waits(&self) -> bool {
        self.mail_waits.load(Ordering::SeqCst) && self.mail_waits.swap(false, Ordering::SeqCst)
    }

    /// Takes the place of one message, if there is one.
    pub(in crate::relay) fn take_room(&self) -> bool {
        self.room
            .try_update(Ordering::AcqRel, Ordering::Relaxed, |room| {
                room.checked_sub(1)
            })
            .is_ok()
    }

    /// How many messages have a place.
    pub(in crate::relay) fn room(&self) -> usize {
        self.room.load(Ordering::Acquire)
    }

    /// Gives back the place of one message.
    pub(in crate::relay) fn give_room(&self) {
        self.room.fetch_add(1, Ordering::AcqRel);
    }

    /// Gives back the bytes of a parcel that was taken out of the queue.
    pub(in crate::relay) fn give_bytes(&self, bytes: usize) {
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
    }

    fn give_back(&self, bytes: usize) {
        self.give_bytes(bytes);
        self.give_room();
    }

    /// Notes that all mail up to this count of the agent's gate was taken up.
    pub(in crate::relay) fn set_drained(&self, announced: u64) {
        self.drained.store(announced, Ordering::SeqCst);
    }

    /// Whether nothing stored waits to be written on this connection.
    pub(in crate::relay) fn is_drained(&self) -> bool {
        self.drained.load(Ordering::SeqCst) == self.resident.gate.announced()
    }

    /// Ends the connection; the first reason counts.
    pub(in crate::relay) fn close(&self, reason: CloseReason) {
        let _ = self.close_reason.set(reason);
        self.is_open.store(false, Ordering::SeqCst);
        self.closing.cancel();
    }

    /// Why the connection is closed.
    pub(in crate::relay) fn close_reason(&self) -> CloseReason {
        self.close_reason
            .get()
            .copied()
            .unwrap_or(CloseReason::Gone)
    }

    /// Whether it is not being closed.
    pub(in crate::relay) fn is_open(&self) -> bool {
        self.is_open.load(Ordering::SeqCst)
    }

    /// Resolves when it is to be closed.
    pub(in crate::relay) fn closing(&self) -> WaitForCancellationFuture<'_> {
        self.closing.cancelled()
    }

    /// Says that nothing of it is under way any more: all that was unsettled is in the store.
    pub(in crate::relay) fn set_gone(&self) {
        self.gone.cancel();
    }

    /// Resolves when nothing of it is under way any more.
    pub(in crate::relay) async fn gone(&self) {
        self.gone.cancelled().await;
    }
}
