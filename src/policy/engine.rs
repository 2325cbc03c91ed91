//! The runtime that policies run in, with its ticker and its limits.
//!
//! Owns the one configuration of the WebAssembly engine and the thread that makes deadlines
//! happen. Whoever calls a guest holds an `Entered`: while nobody does, the ticker sleeps.
//! Nothing of WASI exists here.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle, Thread};
use std::time::Duration;

use wasmtime::{Config, OptLevel, ResourceLimiter};

use super::code::Code;

/// The granularity of deadlines.
const TICK: Duration = Duration::from_millis(1);
/// After so many ticks without a call the ticker sleeps until the next one.
const QUIET_TICKS: u32 = 100;
/// What a guest's own stack may use; the calling thread's stack must be larger.
const MAX_STACK_BYTES: usize = 512 * 1024;
/// What one call from or to a guest may hand to the host: far above the largest honest answer, a
/// rewrite with its annotations.
pub(crate) const HANDED_BACK_BYTES: usize = 1024 * 1024;
/// The most that all tables of a policy may hold; an interpreter has some thousands.
const MAX_TABLE_ELEMENTS: usize = 100_000;
/// The most core instances, memories and tables of a policy; Python needs more than 16.
const MAX_PARTS: usize = 64;

/// What one policy may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How long one call may take.
    pub time: Duration,
    /// How much memory it may have, all its linear memories together.
    pub memory_bytes: u64,
}

impl Default for Limits {
    /// 50 ms and 16 MiB: thousands of times what the default policies need.
    fn default() -> Self {
        Self {
            time: Duration::from_millis(50),
            memory_bytes: 16 * 1024 * 1024,
        }
    }
}

/// The engine could not be started.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The runtime does not work on this machine.
    #[error("the WebAssembly runtime does not start: {0}")]
    Runtime(String),
    /// There is no thread for the ticker.
    #[error("no thread for the policies' deadlines")]
    Ticker(#[source] std::io::Error),
}

/// The runtime that policies run in. Cheap to clone; clones are the same runtime.
#[derive(Clone)]
pub struct Engine {
    wasm: wasmtime::Engine,
    ticker: Arc<Ticker>,
    code: Arc<Code>,
}

impl Engine {
    /// Starts the runtime and its ticker. What it compiles is kept for as long as it runs.
    pub fn start() -> Result<Self, EngineError> {
        Self::start_with(|_| Code::default())
    }

    /// Starts the runtime and its ticker. What it compiles is kept in `folder`, under a key in
    /// `key_file`; where they are not this user's alone they are left alone, and
    /// [`Engine::cache_note`] says so.
    pub fn start_with_cache(folder: &Path, key_file: &Path) -> Result<Self, EngineError> {
        Self::start_with(|wasm| Code::cached(wasm, folder, key_file))
    }

    /// What was wrong with the cache of compiled code since the start, if anything.
    pub fn cache_note(&self) -> Option<String> {
        self.code.note()
    }

    fn start_with(code: impl FnOnce(&wasmtime::Engine) -> Code) -> Result<Self, EngineError> {
        let mut config = Config::new();
        config
            .concurrency_support(false)
            .epoch_interruption(true)
            .cranelift_opt_level(OptLevel::Speed)
            .max_wasm_stack(MAX_STACK_BYTES)
            // A recorded message replays to the same verdict on every machine.
            .cranelift_nan_canonicalization(true)
            .wasm_relaxed_simd(false);
        let wasm = wasmtime::Engine::new(&config)
            .map_err(|error| EngineError::Runtime(error.to_string()))?;
        let ticker = Arc::new(Ticker::start(wasm.clone()).map_err(EngineError::Ticker)?);
        let code = Arc::new(code(&wasm));
        Ok(Self { wasm, ticker, code })
    }

    pub(crate) fn wasm(&self) -> &wasmtime::Engine {
        &self.wasm
    }

    pub(crate) fn code(&self) -> &Code {
        &self.code
    }

    /// Keeps the ticker awake while a guest is called.
    pub(crate) fn enter(&self) -> Entered<'_> {
        self.ticker.shared.inside.fetch_add(1, Ordering::SeqCst);
        let asleep = &self.ticker.shared.asleep;
        if asleep.load(Ordering::SeqCst) && asleep.swap(false, Ordering::SeqCst) {
            self.ticker.thread.unpark();
        }
        Entered(&self.ticker.shared)
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}

/// How many ticks a call that may take `time` lives; one more, since the first is already under way.
pub(crate) fn ticks(time: Duration) -> u64 {
    let whole = time.as_nanos().div_ceil(TICK.as_nanos());
    u64::try_from(whole).unwrap_or(u64::MAX).saturating_add(1)
}

/// Somebody is calling a guest.
pub(crate) struct Entered<'a>(&'a Shared);

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        self.0.inside.fetch_sub(1, Ordering::SeqCst);
    }
}

/// The thread that makes deadlines happen. A thread of its own and no task, since policies are
/// loaded and tested by commands that have no runtime.
struct Ticker {
    shared: Arc<Shared>,
    thread: Thread,
    ended: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    inside: AtomicUsize,
    asleep: AtomicBool,
    stop: AtomicBool,
}

impl Ticker {
    fn start(wasm: wasmtime::Engine) -> std::io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let its_own = shared.clone();
        let ended = thread::Builder::new()
            .name("policy-ticker".to_owned())
            .spawn(move || its_own.tick(&wasm))?;
        Ok(Self {
            shared,
            thread: ended.thread().clone(),
            ended: Some(ended),
        })
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        self.thread.unpark();
        if let Some(ended) = self.ended.take() {
            // It only counts, so it has not panicked; and if it had, it would be stopped too.
            let _ = ended.join();
        }
    }
}

impl Shared {
    fn tick(&self, wasm: &wasmtime::Engine) {
        let mut quiet = 0;
        while !self.stop.load(Ordering::SeqCst) {
            if self.inside.load(Ordering::SeqCst) > 0 {
                quiet = 0;
            } else {
                quiet += 1;
            }
            if quiet > QUIET_TICKS {
                self.sleep();
                quiet = 0;
                continue;
            }
            thread::park_timeout(TICK);
            wasm.increment_epoch();
        }
    }

    /// Sleeps until somebody enters. Whoever enters between the two lines sees `asleep` and wakes
    /// us, or is seen by the second one.
    fn sleep(&self) {
        self.asleep.store(true, Ordering::SeqCst);
        if self.inside.load(Ordering::SeqCst) == 0 && !self.stop.load(Ordering::SeqCst) {
            thread::park();
        }
        self.asleep.store(false, Ordering::SeqCst);
    }
}

/// Counts what one instance of a policy uses, over all its memories and tables.
#[derive(Debug)]
pub(crate) struct Meter {
    memory_left: usize,
    table_left: usize,
    refused_memory: bool,
}

impl Meter {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            memory_left: usize::try_from(limits.memory_bytes).unwrap_or(usize::MAX),
            table_left: MAX_TABLE_ELEMENTS,
            refused_memory: false,
        }
    }

    /// How much memory the instance has by now, of at most `limits`.
    pub(crate) fn memory_bytes(&self, limits: Limits) -> u64 {
        let left = u64::try_from(self.memory_left).unwrap_or(u64::MAX);
        limits.memory_bytes.saturating_sub(left)
    }

    /// Starts a call.
    pub(crate) fn begin(&mut self) {
        self.refused_memory = false;
    }

    /// Whether more memory was asked for, since the call began, than there may be.
    pub(crate) fn refused_memory(&self) -> bool {
        self.refused_memory
    }
}

impl ResourceLimiter for Meter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let granted = take(&mut self.memory_left, desired.saturating_sub(current));
        self.refused_memory |= !granted;
        Ok(granted)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(take(&mut self.table_left, desired.saturating_sub(current)))
    }

    fn instances(&self) -> usize {
        MAX_PARTS
    }

    fn tables(&self) -> usize {
        MAX_PARTS
    }

    fn memories(&self) -> usize {
        MAX_PARTS
    }
}

fn take(left: &mut usize, more: usize) -> bool {
    let Some(rest) = left.checked_sub(more) else {
        return false;
    };
    *left = rest;
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_meter_counts_all_memories_together() {
        let mut meter = Meter::new(Limits {
            memory_bytes: 300,
            ..Limits::default()
        });
        let mut asks = |current, desired| meter.memory_growing(current, desired, None).unwrap();
        assert!(asks(0, 100));
        assert!(asks(0, 100));
        assert!(!asks(100, 201));
        assert!(asks(100, 200));
        assert!(!asks(0, 1));
        assert!(meter.refused_memory());
    }

    #[test]
    fn a_deadline_is_never_shorter_than_asked() {
        assert_eq!(ticks(Duration::from_millis(50)), 51);
        assert_eq!(ticks(Duration::from_micros(1)), 2);
        assert_eq!(ticks(Duration::MAX), u64::MAX);
    }

    #[test]
    fn the_ticker_ticks_while_somebody_is_inside_and_stops_with_its_engine() {
        let engine = Engine::start().unwrap();
        let shared = engine.ticker.shared.clone();
        while !shared.asleep.load(Ordering::SeqCst) {
            thread::yield_now();
        }
        drop(engine.enter());
        while !shared.asleep.load(Ordering::SeqCst) {
            thread::yield_now();
        }
        drop(engine);
        assert_eq!(Arc::strong_count(&shared), 1, "the thread has ended");
    }
}
