//! Builds chains beside the messages: compiling on a thread of its own that yields to everybody,
//! starting and trying on one that can keep its deadlines.
//!
//! Compiling cannot be broken off. One that takes too long is left behind, and only so many may be:
//! a module that never ends compiling costs a thread, and the chain in force nothing. A panic in
//! either step is a fault like any other.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tokio::sync::{Semaphore, oneshot};

use super::super::chain::Chain;
use super::super::engine::Engine;
use super::super::entry::Fault;
use super::super::loader::{Modules, PolicySpec};
use crate::config::PolicyEntry;

/// How long compiling a chain may take: ten times an interpreter with its library.
const PATIENCE: Duration = Duration::from_secs(60);

/// How many compilations may be under way, those included that were left behind.
const MAX_AT_ONCE: usize = 3;

/// The stack of the compiler: deeply nested code makes it recurse.
const STACK_BYTES: usize = 16 * 1024 * 1024;

/// How much a compilation gives way: a tenth of a core stays where every core is busy.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 10;

/// How a compilation shares the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pace {
    /// As anybody; nothing else goes on.
    Full,
    /// After everybody, since messages flow.
    Aside,
}

/// Where chains are built.
#[derive(Debug)]
pub(super) struct Workshop {
    engine: Engine,
    places: Arc<Semaphore>,
}

impl Workshop {
    pub(super) fn new(engine: Engine) -> Self {
        Self {
            engine,
            places: Arc::new(Semaphore::new(MAX_AT_ONCE)),
        }
    }

    pub(super) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Reads and compiles the modules of `specs`.
    pub(super) async fn compile(
        &self,
        specs: Vec<PolicySpec>,
        pace: Pace,
    ) -> Result<Modules, Vec<Fault>> {
        let engine = self.engine.clone();
        let compiled = self.aside(pace, move || Modules::compile(&engine, &specs));
        compiled.await.map_err(|fault| vec![fault])
    }

    /// Starts, configures and tries the chain of `modules`, which `entries` describe.
    pub(super) async fn start(
        &self,
        modules: Modules,
        entries: &[PolicyEntry],
    ) -> Result<Chain, Vec<Fault>> {
        let engine = self.engine.clone();
        let started = tokio::task::spawn_blocking(move || {
            let chain = modules.start(&engine)?;
            chain.self_test()?;
            Ok(chain)
        });
        match started.await {
            Ok(Ok(chain)) => Ok(chain),
            Ok(Err(failed)) => Err(Fault::of_load(&failed, entries)),
            Err(_) => Err(vec![Fault::of_all("starting the policies broke off")]),
        }
    }

    /// Does `work` on a thread of its own, and waits for it no longer than it may take.
    async fn aside<T: Send + 'static>(
        &self,
        pace: Pace,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Fault> {
        let place = Arc::clone(&self.places).try_acquire_owned();
        let place = place.map_err(|_| {
            Fault::of_all(format!(
                "{MAX_AT_ONCE} compilations have not come to an end; only a restart ends them"
            ))
        })?;
        let (done, wait) = oneshot::channel();
        spawn(pace, move || {
            let made = catch_unwind(AssertUnwindSafe(work));
            // First, so that whoever hears of the end finds the place free.
            drop(place);
            if let Ok(made) = made {
                // Nobody waits for one that was left behind.
                let _ = done.send(made);
            }
        })
        .map_err(|error| Fault::of_all(format!("no thread to compile the policies on: {error}")))?;
        match tokio::time::timeout(PATIENCE, wait).await {
            Ok(Ok(made)) => Ok(made),
            Ok(Err(_)) => Err(Fault::of_all("compiling the policies broke off")),
            Err(_) => Err(Fault::of_all(format!(
                "compiling the policies takes longer than {} s",
                PATIENCE.as_secs()
            ))),
        }
    }
}

/// A thread that no scope waits for: what it does cannot be ended, and nothing depends on it.
fn spawn(pace: Pace, work: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
    let thread = thread::Builder::new()
        .name("policy-compiler".to_owned())
        .stack_size(STACK_BYTES);
    thread.spawn(move || {
        if pace == Pace::Aside {
            give_way();
        }
        work();
    })?;
    Ok(())
}

/// Lets everybody else go first, where the system can say that of one thread.
fn give_way() {
    // Where it is refused, compiling is only less polite.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::setpriority_process(None, NICENESS);
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    fn workshop() -> Workshop {
        Workshop::new(Engine::start().unwrap())
    }

    #[tokio::test]
    async fn a_panic_while_compiling_is_a_fault() {
        let workshop = workshop();
        for _ in 0..2 * MAX_AT_ONCE {
            let broken = workshop.aside(Pace::Aside, || panic!("on purpose"));
            let fault: Result<(), Fault> = broken.await;
            assert_eq!(
                fault.unwrap_err().to_string(),
                "compiling the policies broke off"
            );
        }
        assert_eq!(workshop.aside(Pace::Full, || 7).await.unwrap(), 7);
    }

    #[tokio::test(start_paused = true)]
    async fn a_compilation_that_never_ends_is_left_behind_and_only_so_many_may_be() {
        let workshop = workshop();
        let mut ends = Vec::new();
        for _ in 0..MAX_AT_ONCE {
            let (end, ended) = mpsc::sync_channel::<()>(1);
            let left = workshop.aside(Pace::Aside, move || ended.recv().ok());
            assert_eq!(
                left.await.unwrap_err().to_string(),
                "compiling the policies takes longer than 60 s"
            );
            ends.push(end);
        }
        let refused = workshop.aside(Pace::Aside, || ()).await.unwrap_err();
        assert!(
            refused.to_string().starts_with("3 compilations"),
            "{refused}"
        );
        drop(ends);
        // Each that ends after all gives its place back.
        let all = u32::try_from(MAX_AT_ONCE).unwrap();
        drop(workshop.places.acquire_many(all).await.unwrap());
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn compiling_gives_way_and_leaves_the_other_threads_alone() {
        let niceness = || rustix::process::getpriority_process(None).unwrap();
        let before = niceness();
        let workshop = workshop();
        assert_eq!(workshop.aside(Pace::Full, niceness).await.unwrap(), before);
        let aside = workshop.aside(Pace::Aside, niceness).await.unwrap();
        assert!(aside >= NICENESS.max(before));
        assert_eq!(niceness(), before);
    }
}
