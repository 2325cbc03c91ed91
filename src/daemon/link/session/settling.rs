//! What the session has the database write and waits for.

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
}

/// A write that came to its end.
#[derive(Debug)]
pub(super) struct Written {
    /// The row of the outbox that it is about, if it is about one.
    pub(super) row: Option<RowId>,
    pub(super) result: Result<(), DbError>,
}

impl Settling {
    /// Has the outbox write what became of `row`.
    pub(super) fn settle(&mut self, outbox: &Outbox, row: RowId, settlement: Settlement) {
        let outbox = outbox.clone();
        let write = async move {
            Written {
                row: Some(row),
                result: outbox.settle(row, settlement).await,
            }
        };
        self.writes.push(write.boxed());
    }

    /// Waits for a write that is about no row.
    pub(super) fn watch(
        &mut self,
        write: impl Future<Output = Result<(), DbError>> + Send + 'static,
    ) {
        let write = write.map(|result| Written { row: None, result });
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
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
