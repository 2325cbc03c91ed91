//! Connections that are served: a client that does not read its answers, or that has one under way when
//! the program stops, cannot keep its place for ever.

use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep, timeout};

/// How long a client may take none of the bytes that wait for it. The slowest line takes some in this time.
pub(crate) const UNREAD_MAX: Duration = Duration::from_secs(20);

/// How long the answers in hand may take once the program stops; it has 10 seconds for everything.
pub(crate) const LAST_ANSWER_MAX: Duration = Duration::from_secs(3);

/// A connection whose writes fail where its client takes nothing for a while. It can be taken off again,
/// which is what a socket needs that is upgraded.
#[derive(Debug)]
pub(crate) struct Impatient {
    stream: TcpStream,
    unread_max: Duration,
    /// Runs while a write waits.
    waiting: Option<Pin<Box<Sleep>>>,
}

impl Impatient {
    /// `stream`, served as long as its client takes something every `unread_max`.
    pub(crate) fn new(stream: TcpStream, unread_max: Duration) -> Self {
        Self {
            stream,
            unread_max,
            waiting: None,
        }
    }

    /// The connection alone.
    pub(crate) fn into_inner(self) -> TcpStream {
        self.stream
    }

    /// What became of a write, unless it waits too long.
    fn judge(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if written.is_ready() {
            self.waiting = None;
            return written;
        }
        let unread_max = self.unread_max;
        let waiting = self
            .waiting
            .get_or_insert_with(|| Box::pin(sleep(unread_max)));
        ready!(waiting.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Impatient {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

impl AsyncWrite for Impatient {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.judge(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, pieces);
        self.judge(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// What the last answer came to; none where it took longer than [`LAST_ANSWER_MAX`].
pub(crate) async fn last_answer<T>(ending: impl Future<Output = T>) -> Option<T> {
    timeout(LAST_ANSWER_MAX, ending).await.ok()
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt;
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn who_reads_nothing_is_cut_off() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap())
            .await
            .unwrap();
        let (server, _) = listener.accept().await.unwrap();
        let mut served = Impatient::new(server, Duration::from_millis(20));
        let more = vec![0; 1 << 20];
        let why = loop {
            if let Err(why) = served.write_all(&more).await {
                break why;
            }
        };
        assert_eq!(why.kind(), io::ErrorKind::TimedOut, "{why}");
        drop(client);
    }

    #[tokio::test(start_paused = true)]
    async fn the_last_answer_has_its_time() {
        assert_eq!(last_answer(async { 7 }).await, Some(7));
        assert_eq!(last_answer(std::future::pending::<()>()).await, None);
    }
}
