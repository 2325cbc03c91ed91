//! How long things are kept once nobody waits for them: messages at their end, identities that a
//! repeat could have, conversations in which nothing is said any more.
//!
//! The bounds stand here and nowhere else, and what they mean is decided by plain functions. What
//! waits, is held or goes again is never touched; the outbox is asked here to refuse what waited there
//! for too long. The rows go in small batches, each a job of its
//! own in the one writer, so that messages pass between them.

mod rows;

use std::time::Duration;

use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::outbound::Outbox;
use super::rows::RowId;
use super::story::Events;
use super::view::Event;
use crate::clock::Clock;
use crate::db::{Database, DbError};
use crate::types::Timestamp;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// How long what was delivered or sent is kept: as long as a person asks what was said.
const SETTLED_KEPT: Duration = DAY.saturating_mul(30);

/// The most of it that is kept: a busy month, and about 100 MB of texts of usual length.
const SETTLED_AT_MOST: u64 = 100_000;

/// How long a refusal is kept, which has no text: as long as its identity, whose digest it needs.
const REFUSED_KEPT: Duration = IDENTITY_KEPT;

/// The most refusals that are kept: a few MB, however many a flood makes.
const REFUSED_AT_MOST: u64 = 10_000;

/// The most dead letters that are kept; they have their text, and only their number makes them go.
const DEAD_AT_MOST: u64 = 10_000;

/// How long the identity of a message is kept: twice the age at which one is still delivered.
pub(super) const IDENTITY_KEPT: Duration = DAY.saturating_mul(14);

/// The most identities of refused messages that are kept, about 20 MB. The relay lets go of a
/// message that was refused, so one that comes again is judged again and nothing is run twice.
const REFUSED_IDENTITIES_AT_MOST: u64 = 100_000;

/// How long a conversation is kept in which nothing is said, with a peer of whom the owner said
/// nothing: longer than anybody waits for an answer.
const DIALOGUE_KEPT: Duration = DAY.saturating_mul(180);

/// How often all of this is looked at.
const ROUND_EVERY: Duration = Duration::from_secs(60 * 60);

/// How much may happen before it is looked at out of turn, so that a flood finds its bound at once.
const ROUND_AFTER_EVENTS: u32 = 10_000;

/// How many rows go in one job of the writer: a few milliseconds.
const BATCH: usize = 200;

/// What a message's state means for how long it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Something is still to become of it.
    Open,
    /// It is where it was to go.
    Settled,
    /// A policy, a person, the relay or the receiver said no.
    Refused,
    /// It was given up.
    Dead,
}

/// How long, and how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Bounds {
    kept: Option<Duration>,
    at_most: u64,
}

/// Where a message stands among those of its state, by when it came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Ended {
    at: Timestamp,
    row: RowId,
}

/// What one round let go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Gone {
    pub(super) messages: usize,
    /// How many of these were dead letters.
    pub(super) dead: usize,
    pub(super) identities: usize,
    pub(super) dialogues: usize,
}

impl Stage {
    fn bounds(self) -> Option<Bounds> {
        match self {
            Stage::Open => None,
            Stage::Settled => Some(Bounds {
                kept: Some(SETTLED_KEPT),
                at_most: SETTLED_AT_MOST,
            }),
            Stage::Refused => Some(Bounds {
                kept: Some(REFUSED_KEPT),
                at_most: REFUSED_AT_MOST,
            }),
            Stage::Dead => Some(Bounds {
                kept: None,
                at_most: DEAD_AT_MOST,
            }),
        }
    }

    /// When a message that reaches this stage at `now` came to its end.
    pub(super) fn settled_at(self, now: Timestamp) -> Option<u64> {
        match self {
            Stage::Open => None,
            Stage::Settled | Stage::Refused | Stage::Dead => Some(now.as_millis()),
        }
    }
}

/// The first message that stays at `now`; all of its state that ended before it go. `last_of_number`
/// is the oldest of the newest [`Bounds::at_most`], where there are so many.
fn first_to_stay(bounds: Bounds, now: Timestamp, last_of_number: Option<Ended>) -> Option<Ended> {
    let by_age = bounds.kept.map(|kept| Ended {
        at: now - kept,
        row: RowId(0),
    });
    by_age.max(last_of_number)
}

/// Has everything that is deleted from now on overwritten in the file.
pub(super) async fn overwrite_deleted(db: &Database) -> Result<(), DbError> {
    db.write(rows::overwrite_deleted).await
}

/// Lets go what is to go, at once, every hour and after much has happened, until `stop`.
pub(super) async fn keep(
    db: Database,
    outbox: Outbox,
    events: Events,
    clock: Clock,
    stop: CancellationToken,
) {
    let mut due = tokio::time::interval(ROUND_EVERY);
    let mut heard = events.listen();
    loop {
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            _ = due.tick() => {}
            () = much_happened(&mut heard) => {}
        }
        let round = async {
            let overdue = outbox.refuse_overdue().await?;
            Ok::<_, DbError>((overdue, round(&db, clock.now()).await?))
        };
        match stop.run_until_cancelled(round).await {
            Some(Ok((overdue, gone))) => {
                if overdue > 0 {
                    warn!("refused {overdue} messages that waited too long for the relay");
                }
                tell(gone);
            }
            Some(Err(why)) => warn!("what is to go could not be let go: {why}"),
            None => return,
        }
    }
}

/// Lets go what is to go at `now`.
pub(super) async fn round(db: &Database, now: Timestamp) -> Result<Gone, DbError> {
    let mut gone = Gone::default();
    for shelf in rows::shelves() {
        let count = clear(db, shelf, now).await?;
        gone.messages += count;
        if shelf.stage == Stage::Dead {
            gone.dead += count;
        }
    }
    // After the messages, whose rows hold on to them.
    gone.identities = forget_identities(db, now).await?;
    gone.dialogues = forget_dialogues(db, now).await?;
    Ok(gone)
}

async fn clear(db: &Database, shelf: rows::Shelf, now: Timestamp) -> Result<usize, DbError> {
    let Some(bounds) = shelf.stage.bounds() else {
        return Ok(0);
    };
    let last = db
        .read(move |connection| shelf.nth_newest(connection, bounds.at_most))
        .await?;
    let Some(edge) = first_to_stay(bounds, now, last) else {
        return Ok(0);
    };
    let mut gone = 0;
    loop {
        let count = db
            .write(move |connection| shelf.delete_before(connection, edge, BATCH))
            .await?;
        gone += count;
        if count < BATCH {
            return Ok(gone);
        }
    }
}

async fn forget_identities(db: &Database, now: Timestamp) -> Result<usize, DbError> {
    let before = now - IDENTITY_KEPT;
    let old = db
        .read(move |connection| rows::old_identities(connection, before))
        .await?;
    let mut gone = 0;
    for batch in old.chunks(BATCH).map(<[_]>::to_vec) {
        gone += db
            .write(move |connection| rows::delete_identities(connection, &batch))
            .await?;
    }
    Ok(gone)
}

async fn forget_dialogues(db: &Database, now: Timestamp) -> Result<usize, DbError> {
    let before = now - DIALOGUE_KEPT;
    let silent = db
        .read(move |connection| rows::silent_dialogues(connection, before))
        .await?;
    let mut gone = 0;
    for batch in silent.chunks(BATCH).map(<[_]>::to_vec) {
        gone += db
            .write(move |connection| rows::delete_dialogues(connection, &batch, before))
            .await?;
    }
    Ok(gone)
}

fn tell(gone: Gone) {
    let Gone {
        messages,
        dead,
        identities,
        dialogues,
    } = gone;
    if dead > 0 {
        warn!("{dead} dead letters went, the oldest first: there were more than {DEAD_AT_MOST}");
    }
    if gone != Gone::default() {
        info!(
            "let go {messages} messages, {identities} identities and {dialogues} conversations \
             that were kept long enough"
        );
    }
}

/// Waits until so much has happened that a bound may be passed.
async fn much_happened(events: &mut Receiver<Event>) {
    let mut count = 0;
    while count < ROUND_AFTER_EVENTS {
        match events.recv().await {
            Ok(_) => count += 1,
            Err(RecvError::Lagged(missed)) => {
                count = count.saturating_add(u32::try_from(missed).unwrap_or(u32::MAX));
            }
            // The daemon is ending; the task is stopped from outside.
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests;
