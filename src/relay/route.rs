//! Where a checked message goes: to its receiver's connection, or into the mailbox; and how its
//! sender hears of that.

use std::sync::Arc;

use super::directory::Resident;
use super::hub::Notice;
use super::mailbox;
use super::node::Node;
use super::parcel::{Origin, Parcel, Settlement};
use super::recent::Stage;
use crate::fault::{self, Point};
use crate::types::MessageId;

/// Sends `parcel` on its way. What lives only for the moment is dropped where nobody takes it.
pub(super) async fn route(node: &Arc<Node>, receiver: &Resident, parcel: Parcel) {
    let Err(parcel) = node.bus.carry(parcel) else {
        return;
    };
    if parcel.frame.message.kind.is_lasting() {
        mailbox::put(node, receiver, parcel, false).await;
    }
}

/// Tells whoever waits for it what became of a message, and remembers it for repeats.
pub(super) fn settle(node: &Node, origin: Origin, id: MessageId, settlement: Settlement) {
    fault::point(Point::ReceiptReady);
    match origin {
        Origin::Connection(live) => {
            let stage = stage_after(&settlement);
            live.resident.meter().recent.settle(&id, stage);
            // Where the sender has connected anew in the meantime, it hears there.
            if let Err(notice) = live.tell(Notice::Settled(id, settlement))
                && let Some(present) = node.hub.find(&live.resident.id)
            {
                let _ = present.tell(notice);
            }
        }
        Origin::Call(caller) => {
            // A caller that gave up waiting has no use for the answer.
            let _ = caller.send(settlement);
        }
        Origin::Heard => {}
    }
}

fn stage_after(settlement: &Settlement) -> Stage {
    match settlement {
        Settlement::Sent => Stage::Sent,
        Settlement::Queued { .. } => Stage::Queued,
        Settlement::Rejected => Stage::Rejected,
        Settlement::MailboxFull | Settlement::Failed => Stage::Taken,
        Settlement::Refused(_) => Stage::Counted,
    }
}
