//! The points with their fuse: counts how often one is passed, and kills the process.

use std::num::NonZeroU32;
use std::pin::pin;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rustix::process::{Signal, getpid, kill_process};

use super::Point;

/// An answer that has not come by then is being waited for.
const A_WHILE: Duration = Duration::from_millis(30);

/// The point at which this process ends, if any.
static FUSE: OnceLock<Fuse> = OnceLock::new();

#[derive(Debug)]
struct Fuse {
    point: Point,
    /// How often it is still passed, the last time included; 0 once that was.
    left: AtomicU32,
}

/// What stands in `OPENDIALOGUE_FAULT` names no point.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`OPENDIALOGUE_FAULT` is `{0}`: it has to be one of {names}, with `:n` for the n-th time", names = names())]
pub struct Misnamed(String);

/// Has the process end at the point that `words` name, such as `ack-written:3`.
pub fn arm(words: &str) -> Result<(), Misnamed> {
    let (point, times) = read(words).ok_or_else(|| Misnamed(words.to_owned()))?;
    // The first word counts: there is one process and one end.
    let _ = FUSE.set(Fuse {
        point,
        left: AtomicU32::new(times.get()),
    });
    Ok(())
}

/// Passes `point`; the last time that is allowed is the end of the process.
pub(super) fn pass(point: Point) {
    let Some(fuse) = FUSE.get().filter(|fuse| fuse.point == point) else {
        return;
    };
    let before = fuse
        .left
        .try_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
            left.checked_sub(1)
        });
    if before == Ok(1) {
        // Nothing can be done about a signal that is not sent; the test sees that the process lives.
        let _ = kill_process(getpid(), Signal::KILL);
        loop {
            std::thread::park();
        }
    }
}

/// Waits for `answer`, and passes `point` where it takes a while.
pub async fn while_waiting<F: Future>(point: Point, answer: F) -> F::Output {
    let mut answer = pin!(answer);
    tokio::select! {
        biased;
        answered = &mut answer => return answered,
        () = tokio::time::sleep(A_WHILE) => pass(point),
    }
    answer.await
}

/// Passes `point` once `done` is, which nobody waits for.
pub fn once_done(point: Point, done: impl Future<Output: Send> + Send + 'static) {
    #[expect(
        clippy::disallowed_methods,
        reason = "nobody waits for it, in a build that is for tests alone"
    )]
    tokio::spawn(async move {
        done.await;
        pass(point);
    });
}

fn read(words: &str) -> Option<(Point, NonZeroU32)> {
    let (name, times) = match words.split_once(':') {
        Some((name, times)) => (name, times.parse().ok()?),
        None => (words, NonZeroU32::MIN),
    };
    let point = Point::ALL.iter().find(|point| point.name() == name)?;
    Some((*point, times))
}

fn names() -> String {
    let quoted = Point::ALL.iter().map(|point| format!("`{}`", point.name()));
    quoted.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_named_with_or_without_its_turn() {
        let read = |words| read(words).map(|(point, times)| (point, times.get()));
        for (words, meant) in [
            ("ack-written", Some((Point::AckWritten, 1))),
            ("mail-gone:7", Some((Point::MailGone, 7))),
            ("mail-gone:0", None),
            ("mail-gone:", None),
            ("ack_written", None),
            ("", None),
        ] {
            assert_eq!(read(words), meant, "{words}");
        }
    }

    #[test]
    fn a_name_that_is_none_is_refused_with_all_that_are() {
        let told = arm("no-such-point:2").unwrap_err().to_string();
        for point in Point::ALL {
            assert!(told.contains(&format!("`{}`", point.name())), "{told}");
        }
    }
}
