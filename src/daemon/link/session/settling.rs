//! What the session has the database write and waits for. What could not be written, as on a full
//! disk, is written again until it is.

use std::mem;

use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};

use crate::daemon::outbound::{Outbox, Settlement};
use crate::daemon::rows::RowId;
use crate::db::DbError;

/// Writes under way before the session stops reading: a slow disk keeps the relay waiting, not us
/// growing.
const WRITES_MAX: usize = 256;

/// Writes to the database that the session waits for.
#[derive(Default)]
pub(super) struct Settling {
    writes: FuturesUnordered<BoxFuture<'static, Written>>,
    unwritten: Vec<(RowId, Settlement)>,
}

/// A write that came to its end.
#[derive(Debug)]
pub(super) struct Written {
    settled: Option<(RowId, Settlement)>,
    pub(super) result: Result<(), DbError>,
}

impl Settling {
    /// Has the outbox write what became of `row`.
    pub(super) fn settle(&mut self, outbox: &Outbox, row: RowId, settlement: Settlement) {
        let outbox = outbox.clone();
        let write = async move {
            let result = outbox.settle(row, settlement.clone()).await;
            Written {
                settled: Some((row, settlement)),
                result,
            }
        };
        self.writes.push(write.boxed());
    }

    /// Has the outbox write once more what it could not.
    pub(super) fn settle_again(&mut self, outbox: &Outbox) {
        for (row, settlement) in mem::take(&mut self.unwritten) {
            self.settle(outbox, row, settlement);
        }
    }

    /// Whether something could not be written yet: then nothing more is sent, since of that nothing
    /// could be written either.
    pub(super) fn is_stuck(&self) -> bool {
        !self.unwritten.is_empty()
    }

    /// Waits for a write that is about no row.
    pub(super) fn watch(
        &mut self,
        write: impl Future<Output = Result<(), DbError>> + Send + 'static,
    ) {
        let write = write.map(|result| Written {
            settled: None,
            result,
        });
        self.writes.push(write.boxed());
    }

    /// Whether there is room for another write.
    pub(super) fn has_room(&self) -> bool {
        self.writes.len() < WRITES_MAX
    }

    pub(super) fn is_empty(&self) -> bool {
        self.writes.is_empty()
    }

    /// The next write that came to its end; never, while there is none.
    pub(super) async fn next(&mut self) -> Written {
        match self.writes.next().await {
            Some(written) => written,
            None => std::future::pending().await,
        }
    }

    /// The row of which a write is on disk now, if it is about one. Where it is not on disk, the row
    /// still says `queued`: what became of it is written later, or it goes again under its id on the
    /// next session.
    pub(super) fn finish(&mut self, written: Written) -> Option<RowId> {
        match (written.settled, written.result) {
            (Some((row, _)), Ok(())) => Some(row),
            (Some(unwritten), Err(why)) if why.may_pass() => {
                self.unwritten.push(unwritten);
                None
            }
            (_, _) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::daemon::schema::MIGRATIONS;
    use crate::daemon::story::Events;
    use crate::db::Database;
    use crate::tasks::Tasks;

    #[tokio::test]
    async fn there_is_room_for_so_many_writes_and_again_once_one_has_ended() {
        let mut settling = Settling::default();
        for _ in 0..WRITES_MAX {
            assert!(settling.has_room());
            settling.watch(async { Ok(()) });
        }
        assert!(!settling.has_room());
        settling.next().await.result.unwrap();
        assert!(settling.has_room());
    }

    #[tokio::test]
    async fn what_a_full_disk_did_not_take_is_written_again() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("daemon.db");
        let db = Database::open(&path, MIGRATIONS, &Tasks::new()).unwrap();
        let outbox = Outbox::new(db, Events::new(), Clock::system());
        let row = RowId(1);
        let mut settling = Settling::default();
        let kept = settling.finish(Written {
            settled: Some((row, Settlement::Sent)),
            result: Err(DbError::Commit {
                why: "database or disk is full".to_owned(),
                full: true,
            }),
        });
        assert_eq!(kept, None);
        assert!(settling.is_stuck());

        settling.settle_again(&outbox);
        assert!(!settling.is_stuck());
        let written = settling.next().await;
        assert_eq!(written.settled, Some((row, Settlement::Sent)));
        assert_eq!(settling.finish(written), Some(row));
        assert!(settling.is_empty());
    }
}
