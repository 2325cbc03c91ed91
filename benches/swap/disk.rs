//! What the disk does by itself: a small write and its sync, over and over, beside the daemon's.
//!
//! The daemon answers for no message before it is on the disk. Where a disk holds up a write of one
//! page as long as the daemon's, the daemon is not what was waited for.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::figures::Figures;

/// Long enough to leave the disk to the daemon, short beside the waits that are looked for.
const PAUSE: Duration = Duration::from_millis(4);

/// A page: in place, so that the file system has nothing to note of it.
const PAGE: [u8; 4096] = [0x5a; 4096];

/// The writes of one phase, in order: when each began and ended.
pub(crate) struct Writes(Vec<(Instant, Instant)>);

/// A thread that writes until it is stopped.
pub(crate) struct Disk {
    stop: Sender<()>,
    thread: JoinHandle<io::Result<Writes>>,
}

impl Disk {
    /// Starts to write in the folder `home`.
    pub(crate) fn watch(home: &Path) -> io::Result<Self> {
        let file = File::create(home.join("beside.page"))?;
        file.write_all_at(&PAGE, 0)?;
        file.sync_all()?;
        let (stop, stopped) = mpsc::channel();
        let thread = thread::spawn(move || {
            let mut writes = Vec::new();
            while stopped.recv_timeout(PAUSE) == Err(RecvTimeoutError::Timeout) {
                let begun = Instant::now();
                file.write_all_at(&PAGE, 0)?;
                file.sync_data()?;
                writes.push((begun, Instant::now()));
            }
            Ok(Writes(writes))
        });
        Ok(Self { stop, thread })
    }

    /// What was written until now.
    pub(crate) fn stop(self) -> io::Result<Writes> {
        drop(self.stop);
        self.thread
            .join()
            .unwrap_or_else(|_| Err(io::Error::other("the thread beside ended early")))
    }
}

impl Writes {
    /// How long the disk had one of them under way between two moments.
    pub(crate) fn under_way(&self, from: Instant, to: Instant) -> Duration {
        let first = self.0.partition_point(|(_, ended)| *ended <= from);
        let within = self.0[first..].iter().take_while(|(begun, _)| *begun < to);
        within
            .map(|(begun, ended)| (*ended).min(to) - (*begun).max(from))
            .sum()
    }

    /// Prints how long they took.
    pub(crate) fn print(&self, what: &str) {
        let mut figures = Figures::default();
        for (begun, ended) in &self.0 {
            figures.add(*ended - *begun);
        }
        figures.print(what, self.0.len());
    }
}
