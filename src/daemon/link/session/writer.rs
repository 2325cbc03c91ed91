//! The writing half of a session: a task that writes all that waits and then flushes once.

use std::time::Duration;

use futures_util::SinkExt;
use futures_util::stream::SplitSink;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::protocol::frame::{CloseFrame, Utf8Bytes, coding::CloseCode};
use tokio_tungstenite::tungstenite::{self, Message as Packet};

use crate::daemon::link::dial::Socket;
use crate::fault::{self, Point};

/// Frames that wait for the socket; when they are this many the session's queue keeps the rest.
const QUEUE: usize = 64;

/// How long the socket may take nothing before it is given up.
const WRITE_DEADLINE: Duration = Duration::from_secs(30);

/// How long the last frames and the closing may take.
const CLOSE_DEADLINE: Duration = Duration::from_secs(2);

pub(super) struct Writer {
    queue: mpsc::Sender<Outgoing>,
    task: JoinHandle<Option<SplitSink<Socket, Packet>>>,
}

/// A frame on its way to the relay.
pub(super) enum Outgoing {
    /// A message of this agent's.
    Message(String),
    /// The word on a message that came in.
    Ack(String),
    /// A request for a sign of life.
    Ping(String),
}

/// Room for one frame.
pub(super) struct Place(mpsc::OwnedPermit<Outgoing>);

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

    /// Writes what waits, says goodbye with `code` and closes, all within a moment.
    pub(super) async fn close(self, code: CloseCode) {
        drop(self.queue);
        let mut task = self.task;
        let goodbye = async {
            let Ok(Some(mut sink)) = (&mut task).await else {
                return;
            };
            let close = CloseFrame {
                code,
                reason: Utf8Bytes::default(),
            };
            // The relay notices a socket that is gone anyway.
            let _ = sink.send(Packet::Close(Some(close))).await;
            let _ = sink.close().await;
        };
        if tokio::time::timeout(CLOSE_DEADLINE, goodbye).await.is_err() {
            task.abort();
        }
    }
}

impl Outgoing {
    /// The point that is passed once it was written.
    fn written(&self) -> Option<Point> {
        match self {
            Outgoing::Message(_) => Some(Point::FrameWritten),
            Outgoing::Ack(_) => Some(Point::AckWritten),
            Outgoing::Ping(_) => None,
        }
    }

    fn into_packet(self) -> Packet {
        match self {
            Outgoing::Message(text) | Outgoing::Ack(text) | Outgoing::Ping(text) => {
                Packet::text(text)
            }
        }
    }
}

impl Place {
    pub(super) fn put(self, frame: Outgoing) {
        self.0.send(frame);
    }
}

/// Writes until nothing more will come, and gives the socket back; none where it takes nothing.
async fn write(
    mut sink: SplitSink<Socket, Packet>,
    mut frames: mpsc::Receiver<Outgoing>,
) -> Option<SplitSink<Socket, Packet>> {
    while let Some(first) = frames.recv().await {
        let written = write_all(&mut sink, first, &mut frames);
        tokio::time::timeout(WRITE_DEADLINE, written)
            .await
            .ok()?
            .ok()?;
    }
    Some(sink)
}

/// Writes `first` and all that waits behind it, with one flush.
async fn write_all(
    sink: &mut SplitSink<Socket, Packet>,
    first: Outgoing,
    frames: &mut mpsc::Receiver<Outgoing>,
) -> Result<(), tungstenite::Error> {
    let mut written = first.written();
    sink.feed(first.into_packet()).await?;
    for _ in 0..QUEUE {
        let Ok(frame) = frames.try_recv() else { break };
        written = written.or(frame.written());
        sink.feed(frame.into_packet()).await?;
    }
    sink.flush().await?;
    written.into_iter().for_each(fault::point);
    Ok(())
}
