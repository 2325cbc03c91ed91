//! Named points at which a test has the process killed. Nothing of it is in a build without the
//! feature `faults`, and no build without debug assertions can have that feature.
//!
//! `OPENDIALOGUE_FAULT=name:n` makes the process send itself SIGKILL as it passes the point `name`
//! for the n-th time. It owns the list of points; what a crash at each means, and what makes it
//! whole, stands in `references/reliability.md`.

#[cfg(all(feature = "faults", not(debug_assertions)))]
compile_error!("the feature `faults` is for tests: no build without debug assertions has it");

#[cfg(feature = "faults")]
mod armed;

#[cfg(feature = "faults")]
pub use armed::{Misnamed, arm};

macro_rules! points {
    ($($(#[$what:meta])* $point:ident = $name:literal,)*) => {
        /// A point at which the process may be killed.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Point {
            $($(#[$what])* $point,)*
        }

        impl Point {
            /// Every point.
            pub const ALL: &[Point] = &[$(Point::$point,)*];

            /// Its name in `OPENDIALOGUE_FAULT`.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Point::$point => $name,)*
                }
            }
        }
    };
}

points! {
    /// Daemon: a message that came in is judged and its row written, in a transaction that is open.
    InboxWritten = "inbox-written",
    /// Daemon: that transaction is on disk; neither agent nor relay has heard.
    InboxCommitted = "inbox-committed",
    /// Daemon: an acknowledgement is in hand and not written to the relay.
    AckReady = "ack-ready",
    /// Daemon: acknowledgements were written to the relay.
    AckWritten = "ack-written",
    /// Daemon: it is on disk that the hook may be asked; it was not.
    HookReady = "hook-ready",
    /// Daemon: the hook was asked and has not answered.
    HookAsked = "hook-asked",
    /// Daemon: the hook's answer was read; nothing of it is written.
    HookAnswered = "hook-answered",
    /// Daemon: what the answer means is written, in a transaction that is open.
    DeliveryWritten = "delivery-written",
    /// Daemon: that transaction is on disk.
    DeliveryCommitted = "delivery-committed",
    /// Daemon: a message to send is judged and its row written, in a transaction that is open.
    OutboxWritten = "outbox-written",
    /// Daemon: that transaction is on disk; the caller has not heard.
    OutboxCommitted = "outbox-committed",
    /// Daemon: a message is signed and not written to the relay.
    FrameReady = "frame-ready",
    /// Daemon: messages were written to the relay.
    FrameWritten = "frame-written",
    /// Daemon: the relay's word on a message was read; nothing of it is written.
    ReceiptRead = "receipt-read",
    /// Daemon: what that word means is written, in a transaction that is open.
    ReceiptWritten = "receipt-written",
    /// Daemon: that transaction is on disk.
    ReceiptCommitted = "receipt-committed",
    /// Daemon: what a policy remembers is written, in the open transaction of its message.
    PolicyStateWritten = "policy-state-written",
    /// Daemon: the `end` of a used up conversation is written, in an open transaction.
    EndWritten = "end-written",
    /// Relay: mail is written, in a transaction that is open.
    MailWritten = "mail-written",
    /// Relay: that transaction is on disk; its author has not heard.
    MailCommitted = "mail-committed",
    /// Relay: a message is about to be written to its receiver.
    ForwardReady = "forward-ready",
    /// Relay: messages were written to their receiver.
    Forwarded = "forwarded",
    /// Relay: an acknowledgement was read; nothing of it was done.
    AckRead = "ack-read",
    /// Relay: acknowledged mail is deleted, in a transaction that is open.
    MailDeleted = "mail-deleted",
    /// Relay: that transaction is on disk.
    MailGone = "mail-gone",
    /// Relay: it is known what became of a message; its author has not heard.
    ReceiptReady = "receipt-ready",
}

/// Passes `point`: the process may end here.
#[inline(always)]
pub fn point(point: Point) {
    #[cfg(feature = "faults")]
    armed::pass(point);
    #[cfg(not(feature = "faults"))]
    let _ = point;
}

/// Waits for `answer`, and passes `point` where it takes a while.
#[cfg(not(feature = "faults"))]
#[inline(always)]
pub fn while_waiting<F: Future>(_: Point, answer: F) -> F {
    answer
}

/// Passes `point` once `done` is, which nobody waits for.
#[cfg(not(feature = "faults"))]
#[inline(always)]
pub fn once_done(_: Point, done: impl Future + Send + 'static) {
    drop(done);
}

#[cfg(feature = "faults")]
pub use armed::{once_done, while_waiting};
