//! The writing half of a session: a task that writes all that waits and then flushes once.

use std::time::Duration;

use futures_util::SinkExt;
use futures_util::stream::SplitSink;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::Message as Packet;

use crate::daemon::link::dial::Socket;

/// Frames that wait for the socket; when they are this many the session's queue keeps the rest.
const QUEUE: usize = 64;

/// How long the last frames and the closing may take.
const CLOSE_DEADLINE: Duration = Duration::from_secs(2);

pub(super) struct Writer {
    queue: mpsc::Sender<String>,
    task: JoinHandle<()>,
}

/// Room for one frame.
pub(super) struct Place(mpsc::OwnedPermit<String>);

/// The socket takes nothing any more.
pub(super) struct Gone;

impl Writer {
    pub(super) fn start(sink: SplitSink<Socket, Packet>) -> Self {
        let (queue, frames) = mpsc::channel(QUEUE);
        #[expect(
            clippy::disallowed_methods,
            reason = "it belongs to the session, which ends it; nothing else waits for it"
        )]
        let task = tokio::spawn(write(sink, frames));
        Self { queue, task }
    }

    /// Waits for room.
    pub(super) async fn ready(&self) -> Result<Place, Gone> {
        let permit = self.queue.clone().reserve_owned().await;
        permit.map(Place).map_err(|_| Gone)
    }

    /// Writes what waits, says goodbye and closes, all within a moment.
    pub(super) async fn close(self) {
        drop(self.queue);
        let mut task = self.task;
        if tokio::time::timeout(CLOSE_DEADLINE, &mut task)
            .await
            .is_err()
        {
            task.abort();
        }
    }
}

impl Place {
    pub(super) fn put(self, text: String) {
        self.0.send(text);
    }
}

async fn write(mut sink: SplitSink<Socket, Packet>, mut frames: mpsc::Receiver<String>) {
    while let Some(text) = frames.recv().await {
        if sink.feed(Packet::text(text)).await.is_err() {
            return;
        }
        while let Ok(text) = frames.try_recv() {
            if sink.feed(Packet::text(text)).await.is_err() {
                return;
            }
        }
        if sink.flush().await.is_err() {
            return;
        }
    }
    // The relay notices a socket that is gone anyway.
    let _ = sink.close().await;
}
