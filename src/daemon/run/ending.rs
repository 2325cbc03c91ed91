//! How the rooms end: with the daemon, or alone where their database proves damaged.

use std::time::Duration;

use tracing::{error, warn};

use crate::db::Database;
use crate::tasks::Tasks;

/// How long the rooms may take for their last writes once the daemon is to stop.
const LAST_WRITES: Duration = Duration::from_secs(8);

/// Closes the rooms once the database proves damaged: nothing that comes in could be kept, and what is
/// read may be wrong. Nothing more is acknowledged, so the relay keeps it. The local API stays, for
/// `status` to say so; another start is refused with the same words.
pub(super) async fn close_when_damaged(db: Database, rooms: Tasks) {
    tokio::select! {
        biased;
        () = rooms.stopping().cancelled() => return,
        () = db.damaged().cancelled() => {}
    }
    let path = db.path().display();
    error!(
        "the database `{path}` is damaged: nothing is taken in, sent or acknowledged any more; put \
         a backup in its place"
    );
    rooms.cancel();
}

/// Closes the database once nobody writes any more, whoever still holds a handle.
pub(super) async fn close(rooms: Tasks, door: Tasks, db: Database) {
    door.stopping().cancelled().await;
    let drained = tokio::join!(rooms.drain(LAST_WRITES), door.drain(LAST_WRITES));
    for late in [drained.0, drained.1] {
        if let Err(why) = late {
            warn!("the database is closed under {why}");
        }
    }
    db.close().await;
}
