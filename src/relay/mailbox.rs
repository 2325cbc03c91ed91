//! Mail that cannot be delivered now goes into the store; "queued" is said after the commit.

use std::sync::Arc;

use tracing::error;

use super::directory::Resident;
use super::node::Node;
use super::parcel::{Parcel, Settlement};
use super::route::settle;
use super::store::Enqueued;
use crate::fault::{self, Point};

/// Puts `parcel` into its receiver's mailbox, and settles it once it is on disk.
///
/// It returns as soon as the store has taken the parcel in, so that mail which is put in order is
/// stored in order, while the commits are waited for together.
pub(super) async fn put(node: &Arc<Node>, receiver: &Resident, parcel: Parcel, may_repeat: bool) {
    let id = parcel.frame.message.id.clone();
    let to = receiver.id.clone();
    let (mail, origin) = parcel.into_stored(may_repeat);
    let announced = receiver.gate.announce();
    let commit = node.store.enqueue(mail, node.mailbox_room()).await;
    drop(announced);
    let after = Arc::clone(node);
    node.tasks.spawn("mail-commit", async move {
        let stored = commit.await;
        fault::point(Point::MailCommitted);
        let settlement = match stored {
            Ok(Enqueued::Stored) => Settlement::Queued { may_repeat },
            Ok(Enqueued::Full) => Settlement::MailboxFull,
            Err(why) => {
                error!(agent.id = %to, message.id = %id, "mail for {to} was not stored: {why}");
                Settlement::Failed
            }
        };
        settle(&after, origin, id, settlement);
        after.bus.wake(&to);
    });
}
