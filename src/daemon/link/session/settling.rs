//! Rows of the outbox that are under way or being settled: none of them may be sent again
//! meanwhile. What could not be written, as on a full disk, is written again until it is.

use std::collections::HashSet;
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

/// Writes to the database that the session waits for, and the rows that they are about.
#[derive(Default)]
pub(super) struct Settling {
    writes: FuturesUnordered<BoxFuture<'static, Written>>,
    busy: HashSet<RowId>,
    unwritten: Vec<(RowId, Settlement)>,
}

/// A write that came to its end.
#[derive(Debug)]
pub(super) struct Written {
    settled: Option<(RowId, Settlement)>,
    pub(super) result: Result<(), DbError>,
}

impl Settling {
    /// Notes that a row is under way.
    pub(super) fn begin(&mut self, row: RowId) {
        self.busy.insert(row);
    }

    /// The rows that must not be sent now.
    pub(super) fn busy(&self) -> HashSet<RowId> {
        self.busy.clone()
    }

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

    /// Frees the row of a write that is on disk. Where it is not, the row still says `queued`: it
    /// stays busy until what became of it is written, or goes again under its id on the next session.
    pub(super) fn finish(&mut self, written: Written) {
        match (written.settled, written.result) {
            (Some((row, _)), Ok(())) => {
                self.busy.remove(&row);
            }
            (Some(unwritten), Err(why)) if why.may_pass() => self.unwritten.push(unwritten),
            (_, _) => {}
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
    async fn what_a_full_disk_did_not_take_is_written_again_and_its_row_is_busy_until_then() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("daemon.db");
        let db = Database::open(&path, MIGRATIONS, &Tasks::new()).unwrap();
        let outbox = Outbox::new(db, Events::new(), Clock::system());
        let row = RowId(1);
        let mut settling = Settling::default();
        settling.begin(row);
        settling.finish(Written {
            settled: Some((row, Settlement::Sent)),
            result: Err(DbError::Commit {
                why: "database or disk is full".to_owned(),
                full: true,
            }),
        });
        assert!(settling.is_stuck());
        assert!(settling.busy().contains(&row));

        settling.settle_again(&outbox);
        assert!(!settling.is_stuck());
        let written = settling.next().await;
        assert_eq!(written.settled, Some((row, Settlement::Sent)));
        settling.finish(written);
        assert!(settling.is_empty());
        assert_eq!(settling.busy(), HashSet::new());
    }
}
