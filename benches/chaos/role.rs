//! A role as a process in a home of its own: killed when it is told, and started again whenever it is
//! not there and may be.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::sync::{oneshot, watch};
use tokio::task::block_in_place;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::Trouble;
use super::disk::{self, Disk};
use super::plan::Lack;

/// How often it is looked whether the process is still there.
const LOOK: Duration = Duration::from_millis(100);

/// How long one that could not start is left alone, as whoever keeps a service up does.
const AGAIN: Duration = Duration::from_millis(500);

/// Longer than any start takes, the first one's compiling included.
const START_MAX: Duration = Duration::from_secs(120);

/// A role.
#[derive(Debug)]
pub(crate) struct Role {
    pub(crate) name: &'static str,
    disk: Disk,
    log: PathBuf,
    words: Mutex<String>,
    state: Mutex<State>,
    /// Where it is reached, while it is up.
    pub(crate) address: watch::Sender<Option<String>>,
    /// How often it ended by itself after it was up.
    pub(crate) fell: AtomicU32,
    /// How often it ended by itself before it was up, as on a full disk.
    pub(crate) would_not_start: AtomicU32,
}

#[derive(Debug, Default)]
struct State {
    child: Option<Child>,
    is_down: bool,
    size_max: Option<u64>,
}

impl Role {
    /// A role that is not started; `base` is where its home and its log are.
    pub(crate) fn new(base: &Path, name: &'static str, words: &str) -> Result<Arc<Self>, Trouble> {
        Ok(Arc::new(Self {
            name,
            disk: Disk::new(base, name)?,
            log: base.join(format!("{name}.log")),
            words: Mutex::new(words.to_owned()),
            state: Mutex::default(),
            address: watch::Sender::default(),
            fell: AtomicU32::new(0),
            would_not_start: AtomicU32::new(0),
        }))
    }

    pub(crate) fn home(&self) -> &Path {
        &self.disk.home
    }

    /// Whether its disk can be filled to the last byte.
    pub(crate) fn can_be_full(&self) -> bool {
        self.disk.can_be_full()
    }

    /// Writes a file of its home that nobody else may read.
    pub(crate) fn write_private(&self, name: &str, text: &str) -> io::Result<()> {
        let mut options = File::options();
        let file = options.write(true).create_new(true).mode(0o600);
        file.open(self.home().join(name))?
            .write_all(text.as_bytes())
    }

    /// Keeps it up. It ends with the bench.
    pub(crate) fn keep_up(self: &Arc<Self>) {
        let role = Arc::clone(self);
        tokio::task::spawn(async move {
            loop {
                if let Err(why) = role.look().await {
                    println!("{}: {why}", role.name);
                    sleep(AGAIN).await;
                }
                sleep(LOOK).await;
            }
        });
    }

    /// Where it is reached, once it is up.
    pub(crate) async fn up(&self) -> Result<String, Trouble> {
        let mut address = self.address.subscribe();
        let up = timeout(START_MAX, address.wait_for(Option::is_some)).await;
        let up =
            up.map_err(|_| format!("{} does not come up: {}", self.name, self.last_words()))?;
        Ok(up?.clone().unwrap_or_default())
    }

    /// From its next start on it listens where it does now.
    pub(crate) fn stay(&self, words: &str) {
        *lock(&self.words) = words.to_owned();
    }

    /// Kills it, and starts it again when it has been down so long.
    pub(crate) async fn kill(&self, down: Duration) -> Result<(), Trouble> {
        self.end()?;
        sleep(down).await;
        lock(&self.state).is_down = false;
        Ok(())
    }

    /// Kills it for good.
    pub(crate) fn stop(&self) {
        // It is the bench's own child; where it has ended already nothing is left to do.
        let _ = self.end();
    }

    /// Has its disk be full for so long.
    pub(crate) async fn lack(&self, lack: Lack, time: Duration) -> Result<(), Trouble> {
        // To fill it takes time as well.
        let end = Instant::now() + time;
        match lack {
            Lack::Room => {
                block_in_place(|| self.disk.fill())?;
                sleep_until(end).await;
                self.disk.empty()
            }
            Lack::Size => {
                self.limit(Some(disk::SIZE_MAX))?;
                sleep_until(end).await;
                self.limit(None)
            }
        }
    }

    /// The end of its log.
    pub(crate) fn last_words(&self) -> String {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }

    fn limit(&self, size_max: Option<u64>) -> Result<(), Trouble> {
        let mut state = lock(&self.state);
        state.size_max = size_max;
        match &state.child {
            Some(child) => disk::limit(child, size_max),
            None => Ok(()),
        }
    }

    fn end(&self) -> io::Result<()> {
        let mut state = lock(&self.state);
        state.is_down = true;
        self.address.send_replace(None);
        if let Some(mut child) = state.child.take() {
            child.kill()?;
            child.wait()?;
        }
        Ok(())
    }

    /// Looks whether the process is there, and starts it where it is not and may be.
    async fn look(&self) -> Result<(), Trouble> {
        let Some(line) = self.start_if_gone()? else {
            return Ok(());
        };
        let line = timeout(START_MAX, line).await;
        let line = line.ok().and_then(Result::ok).unwrap_or_default();
        if !self.came_up(&line)? {
            self.would_not_start.fetch_add(1, Ordering::Relaxed);
            sleep(AGAIN).await;
        }
        Ok(())
    }

    /// Whether what it printed first says where it listens, or it was killed before it could.
    fn came_up(&self, line: &str) -> Result<bool, Trouble> {
        let address = line.trim().rsplit("//").next().unwrap_or_default();
        let address = address.trim_end_matches("/connect");
        let mut state = lock(&self.state);
        let Some(child) = &mut state.child else {
            return Ok(true);
        };
        if address.starts_with("127.0.0.1:") {
            self.address.send_replace(Some(address.to_owned()));
            return Ok(true);
        }
        child.kill()?;
        child.wait()?;
        state.child = None;
        Ok(false)
    }

    /// What gives the first line of a process that was started now.
    fn start_if_gone(&self) -> Result<Option<oneshot::Receiver<String>>, Trouble> {
        let mut state = lock(&self.state);
        if let Some(child) = &mut state.child {
            let Some(status) = child.try_wait()? else {
                return Ok(None);
            };
            self.fell.fetch_add(1, Ordering::Relaxed);
            println!("{} ended by itself: {status}", self.name);
            state.child = None;
            self.address.send_replace(None);
        }
        if state.is_down {
            return Ok(None);
        }
        let (child, line) = self.spawn()?;
        disk::limit(&child, state.size_max)?;
        state.child = Some(child);
        Ok(Some(line))
    }

    fn spawn(&self) -> Result<(Child, oneshot::Receiver<String>), Trouble> {
        let mut command = disk::unkilled_by_limit(env!("CARGO_BIN_EXE_opendialogue"));
        command
            .args(lock(&self.words).split_whitespace())
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("OPENDIALOGUE_STATUS_PORT", "0")
            .env("OPENDIALOGUE_LOG", "warn")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        for name in ["OPENDIALOGUE_HOME", "OPENCLAW_STATE_DIR", "HOME"] {
            command.env(name, self.home());
        }
        let mut child = command.spawn()?;
        let mut log = File::options().create(true).append(true).open(&self.log)?;
        let mut told = child.stderr.take().ok_or("no pipe")?;
        // Not straight into the file, which the limit of the process would hold for too.
        thread::spawn(move || io::copy(&mut told, &mut log));
        let printed = child.stdout.take().ok_or("no pipe")?;
        let (tell, line) = oneshot::channel();
        thread::spawn(move || first_line(printed, tell));
        Ok((child, line))
    }
}

impl Drop for Role {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Tells the first line, and reads the others so that they may be printed.
fn first_line(printed: ChildStdout, tell: oneshot::Sender<String>) {
    let mut printed = BufReader::new(printed);
    let mut line = String::new();
    // What cannot be read is an empty line: it did not come up.
    let _ = printed.read_line(&mut line);
    let _ = tell.send(line);
    let _ = io::copy(&mut printed, &mut io::sink());
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
