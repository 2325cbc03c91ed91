//! The one writer: a thread that takes what waits and commits it together.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};
use tracing::error;

use super::DbError;
use super::fold::Folding;
use super::trouble::{Health, Trouble};
use crate::tasks::Tasks;

/// How many writes may wait; the next caller waits for room.
const QUEUE: usize = 4096;

/// The most writes that one transaction takes, so that the first never waits long for the last.
const BATCH: usize = 512;

#[derive(Clone)]
pub(super) struct Writer {
    queue: mpsc::Sender<Work>,
    trouble: Trouble,
}

enum Work {
    Write(Job),
    /// Nothing more is taken.
    Close,
}

/// A write in the transaction: does its work and gives what tells the caller, once it is known
/// whether the transaction committed.
type Job = Box<dyn FnOnce(&Connection) -> Answer + Send>;
type Answer = Box<dyn FnOnce(Result<(), &rusqlite::Error>) + Send>;

impl Writer {
    pub(super) fn start(
        connection: Connection,
        folding: Folding,
        trouble: Trouble,
        tasks: &Tasks,
    ) -> std::io::Result<Self> {
        let (queue, jobs) = mpsc::channel(QUEUE);
        let noted = trouble.clone();
        tasks.spawn_thread("db-writer", move || run(&connection, folding, jobs, &noted))?;
        Ok(Self { queue, trouble })
    }

    pub(super) async fn submit<T, F>(&self, work: F) -> Pending<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        let (tell, answer) = oneshot::channel();
        if self.trouble.health() == Health::Damaged {
            // The other end is right here.
            let _ = tell.send(Err(DbError::Damaged));
            return Pending(answer);
        }
        let trouble = self.trouble.clone();
        let job: Job = Box::new(move |connection| {
            let result = in_savepoint(connection, work);
            if let Err(why) = &result {
                trouble.note(why);
            }
            Box::new(move |committed| {
                let _ = tell.send(match (result, committed) {
                    (Err(error), _) => Err(DbError::Sqlite(error)),
                    (Ok(_), Err(why)) => Err(DbError::commit(why)),
                    (Ok(value), Ok(())) => Ok(value),
                });
            })
        });
        // A closed queue drops the job and with it `tell`, which the answer reads as closing.
        let _ = self.queue.send(Work::Write(job)).await;
        Pending(answer)
    }

    /// Ends the thread after what is in the queue.
    pub(super) async fn close(&self) {
        // One that has ended already is closed.
        let _ = self.queue.send(Work::Close).await;
    }
}

/// A write that was taken in; resolves once it is on disk or is known never to be.
#[derive(Debug)]
#[must_use = "the write happens all the same, but nobody would hear that it did not"]
pub struct Pending<T>(oneshot::Receiver<Result<T, DbError>>);

impl<T> Future for Pending<T> {
    type Output = Result<T, DbError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0)
            .poll(context)
            .map(|answer| answer.unwrap_or(Err(DbError::Closing)))
    }
}

fn run(
    connection: &Connection,
    mut folding: Folding,
    mut queue: mpsc::Receiver<Work>,
    trouble: &Trouble,
) {
    let mut batch = Vec::with_capacity(BATCH);
    let mut is_open = true;
    while is_open && queue.blocking_recv_many(&mut batch, BATCH) > 0 {
        let jobs = batch.drain(..).map_while(|work| match work {
            Work::Write(job) => Some(job),
            Work::Close => {
                is_open = false;
                None
            }
        });
        let jobs = jobs.collect();
        commit_together(connection, jobs, trouble);
        folding.after_commit(connection);
    }
    drop(queue);
    if let Err(why) = connection.pragma_update(None, "wal_checkpoint", "TRUNCATE") {
        // The log is replayed at the next start, so nothing is lost.
        tracing::debug!("the write-ahead log was not folded in: {why}");
    }
}

fn commit_together(connection: &Connection, jobs: Vec<Job>, trouble: &Trouble) {
    let changes = connection.total_changes();
    let begun = connection.execute_batch("BEGIN IMMEDIATE");
    let answers: Vec<Answer> = jobs.into_iter().map(|job| job(connection)).collect();
    let committed = begun.and_then(|()| connection.execute_batch("COMMIT"));
    if committed.is_ok() && connection.total_changes() > changes {
        trouble.wrote();
    }
    if let Err(why) = &committed {
        error!(db.batch = answers.len(), "a commit failed: {why}");
        trouble.note(why);
        // Where the failed commit ended the transaction by itself there is nothing to roll back.
        let _ = connection.execute_batch("ROLLBACK");
    }
    for answer in answers {
        answer(committed.as_ref().copied());
    }
}

fn in_savepoint<T>(
    connection: &Connection,
    work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    if connection.is_autocommit() {
        // BEGIN failed. Without a transaction the work would commit by itself.
        return Err(rusqlite::Error::SqliteFailure(
            rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY),
            Some("no transaction could be begun".to_owned()),
        ));
    }
    connection.execute_batch("SAVEPOINT job")?;
    let result = work(connection);
    match result {
        Ok(value) => connection.execute_batch("RELEASE job").map(|()| value),
        Err(why) => {
            // A full disk ends the whole transaction by itself, and with it the savepoint; the
            // reason that the caller needs is the first one.
            let _ = connection.execute_batch("ROLLBACK TO job; RELEASE job");
            Err(why)
        }
    }
}
