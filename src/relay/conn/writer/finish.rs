//! The end of a connection: everything unsettled goes into the store, then the next may begin,
//! and last the peer is told why.

use std::time::Duration;

use super::*;

/// How long the peer has to take in the close frame.
const FAREWELL_MAX: Duration = Duration::from_secs(1);

impl Writer<'_> {
    /// Stores what is unsettled and says goodbye.
    pub(super) async fn finish(mut self) -> Sink {
        self.live.close(CloseReason::Gone);
        self.orders.close();
        self.store_unflushed().await;
        self.store_undelivered().await;
        for parcel in self.window.give_up() {
            mailbox::put(self.node, &self.live.resident, parcel, false).await;
        }
        self.node.hub.leave(self.live);
        self.live.set_gone();
        self.say_goodbye().await;
        self.sink
    }

    /// A write towards a version 1 agent failed: nobody knows whether it arrived.
    async fn store_unflushed(&mut self) {
        let mut stored = Vec::new();
        for parcel in std::mem::take(&mut self.unflushed) {
            if parcel.stored {
                stored.push(MailName::of(&parcel.frame.message));
            } else {
                mailbox::put(self.node, &self.live.resident, parcel, true).await;
            }
        }
        if !stored.is_empty() {
            let agent = &self.live.resident.id;
            let _unwatched = self.node.store.mark_may_repeat(agent, stored).await;
        }
    }

    /// Stores the messages that were handed to this connection and never written. Notices are
    /// dropped: a sender that heard nothing sends again, and is answered from memory.
    async fn store_undelivered(&mut self) {
        let mut orders = std::mem::take(&mut self.inbox);
        while let Some(order) = self.orders.recv().await {
            orders.push_back(order);
        }
        for order in orders {
            match order {
                Order::Deliver(parcel) if parcel.frame.message.kind.is_lasting() => {
                    mailbox::put(self.node, &self.live.resident, parcel, false).await;
                }
                Order::Acknowledge(ack) => self.acknowledge(ack).await,
                Order::Deliver(_) | Order::Tell(_) | Order::Look => {}
            }
        }
    }

    async fn say_goodbye(&mut self) {
        let Some((code, reason)) = farewell(self.live.close_reason()) else {
            return;
        };
        let frame = CloseFrame {
            code,
            reason: reason.into(),
        };
        let send = async {
            let _ = self.sink.send(Packet::Close(Some(frame))).await;
        };
        let _ = tokio::time::timeout(FAREWELL_MAX, send).await;
    }
}

fn farewell(reason: CloseReason) -> Option<(CloseCode, &'static str)> {
    match reason {
        CloseReason::Replaced => Some((CloseCode::from(4001), "replaced")),
        CloseReason::GoingAway => Some((CloseCode::Away, "the relay stops")),
        CloseReason::FrameTooLarge => Some((CloseCode::Size, "a frame is too large")),
        CloseReason::Silent => Some((CloseCode::Policy, "silent for too long")),
        CloseReason::Stuck => Some((CloseCode::Policy, "takes in nothing")),
        CloseReason::Malformed => Some((CloseCode::Protocol, "not WebSocket")),
        CloseReason::Gone => None,
    }
}
