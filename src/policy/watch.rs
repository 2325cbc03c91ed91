//! The chain in force, and the one place that puts another in its stead.
//!
//! A change of what is wanted, of a module's file, or a request leads to the same steps: the whole
//! new chain is compiled aside, started, configured and tried, and then published by one atomic
//! swap. A message ends on the chain on which it began, since it holds it. What cannot be loaded
//! leaves the chain in force alone and stands in [`Standing`] until it can.

mod build;
mod change;

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tracing::{info, warn};

use self::build::{Pace, Workshop};
use self::change::{Posted, changed};
use super::chain::{Chain, PolicyStatus};
use super::engine::Engine;
use super::entry::Fault;
use super::loader::PolicySpec;
use crate::config::{Mode, ModuleSource, PolicyEntry};
use crate::follow::Lookout;
use crate::tasks::Tasks;

/// How many requests for a reload may wait; who comes then waits for a place.
const ASKS: usize = 4;

/// Where it stands which policies are wanted.
pub trait Source: Send + 'static {
    /// What is wanted now, or everything that is wrong with it. May read files.
    fn read(&mut self) -> Result<Wanted, Vec<Fault>>;
}

/// The chain that is wanted.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Its entries, in order.
    pub entries: Vec<PolicyEntry>,
    /// The files that say so; a change of one may mean another chain.
    pub files: Vec<PathBuf>,
    /// The keys beside the policies that were changed too, and take effect at a restart.
    pub waiting_for_restart: Vec<String>,
}

/// What came of loading the policies again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reloaded {
    /// A new chain is in force.
    Published {
        /// The policies that are new, gone, changed or in another place.
        changed: Vec<String>,
    },
    /// What is wanted is in force already.
    Unchanged,
    /// The chain in force stays.
    Failed {
        /// Why.
        faults: Vec<Fault>,
    },
}

/// How the chain in force stands to what is wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// Why what is wanted is not in force; empty where it is.
    pub faults: Vec<Fault>,
    /// The keys of the configuration that wait for a restart.
    pub waiting_for_restart: Vec<String>,
}

/// The policies cannot be loaded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", joined(.faults, "\n"))]
pub struct NotLoaded {
    /// Why.
    pub faults: Vec<Fault>,
}

/// The chain in force, for whoever asks. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Policies {
    chain: Arc<ArcSwap<Chain>>,
    standing: watch::Receiver<Standing>,
    published: watch::Receiver<u64>,
    asks: mpsc::Sender<oneshot::Sender<Reloaded>>,
    again: Arc<Notify>,
    engine: Engine,
}

/// A chain in force that nobody keeps in step yet.
pub struct Opened {
    chain: Arc<ArcSwap<Chain>>,
    posted: Vec<Posted>,
    wanted: Wanted,
    source: Arc<Mutex<dyn Source>>,
    workshop: Workshop,
}

/// Loads the first chain. All of it, or nothing.
pub async fn open(engine: Engine, source: impl Source) -> Result<Opened, NotLoaded> {
    let source: Arc<Mutex<dyn Source>> = Arc::new(Mutex::new(source));
    load(source, Workshop::new(engine)).await
}

async fn load(source: Arc<Mutex<dyn Source>>, workshop: Workshop) -> Result<Opened, NotLoaded> {
    let made = async {
        let wanted = read(&source).await?;
        let specs = specs(&wanted.entries);
        let modules = workshop.compile(specs, Pace::Full).await?;
        let posted = change::posted(&modules);
        let chain = workshop.start(modules, &wanted.entries).await?;
        Ok((wanted, posted, chain))
    };
    let (wanted, posted, chain) = made.await.map_err(|faults| NotLoaded { faults })?;
    Ok(Opened {
        chain: Arc::new(ArcSwap::from_pointee(chain)),
        posted,
        wanted,
        source,
        workshop,
    })
}

impl Opened {
    /// Loads the chain anew, as it is wanted now. Nobody may have been handed the former one.
    pub async fn again(self) -> Result<Self, NotLoaded> {
        load(self.source, self.workshop).await
    }

    /// The chain in force, now and later.
    pub fn chain(&self) -> Arc<ArcSwap<Chain>> {
        Arc::clone(&self.chain)
    }

    /// Keeps the chain in step with what is wanted until `tasks` stop, and tells what comes of it.
    pub fn follow(
        self,
        tasks: &Tasks,
        tell: impl Fn(&Reloaded) + Send + Sync + 'static,
    ) -> Policies {
        let (asks, asked) = mpsc::channel(ASKS);
        let (standing, stands) = watch::channel(Standing {
            faults: Vec::new(),
            waiting_for_restart: self.wanted.waiting_for_restart.clone(),
        });
        let (published, generation) = watch::channel(0);
        let policies = Policies {
            chain: self.chain(),
            standing: stands,
            published: generation,
            asks,
            again: Arc::new(Notify::new()),
            engine: self.workshop.engine().clone(),
        };
        // What changed between the first reading and the first watching is found by reading again.
        policies.look_again();
        let keeper = Keeper {
            opened: self,
            standing,
            published,
            tell: Box::new(tell),
        };
        let (stop, again) = (tasks.stopping().clone(), Arc::clone(&policies.again));
        tasks.spawn("policies", async move {
            stop.run_until_cancelled(keeper.keep(asked, again)).await;
        });
        policies
    }
}

impl Policies {
    /// The chain in force.
    pub fn chain(&self) -> Arc<Chain> {
        self.chain.load_full()
    }

    /// How each policy of the chain in force is; with what is wrong with its newer version.
    pub fn status(&self) -> Vec<PolicyStatus> {
        let mut policies = self.chain.load().snapshot();
        for fault in &self.standing.borrow().faults {
            let name = fault.policy.as_deref();
            let concerned = policies
                .iter_mut()
                .find(|one| Some(one.name.as_str()) == name);
            if let Some(policy) = concerned {
                let newer = || format!("a change is not in force: {fault}");
                policy.error.get_or_insert_with(newer);
            }
        }
        policies
    }

    /// How the chain in force stands to what is wanted.
    pub fn standing(&self) -> Standing {
        self.standing.borrow().clone()
    }

    /// What was wrong with the cache of compiled code since the start, if anything.
    pub fn cache_note(&self) -> Option<String> {
        self.engine.cache_note()
    }

    /// Counts the chains that were published after the first: whoever holds what an older one
    /// could not judge waits for a change of it.
    pub fn published(&self) -> watch::Receiver<u64> {
        self.published.clone()
    }

    /// Loads everything again, also what was not changed: a policy that is not entered any more
    /// gets a new start. `None` where the program is ending.
    pub async fn reload(&self) -> Option<Reloaded> {
        let (answer, answered) = oneshot::channel();
        self.asks.send(answer).await.ok()?;
        answered.await.ok()
    }

    /// Has a look soon whether what is wanted was changed.
    pub fn look_again(&self) {
        self.again.notify_one();
    }
}

struct Keeper {
    opened: Opened,
    standing: watch::Sender<Standing>,
    published: watch::Sender<u64>,
    tell: Box<dyn Fn(&Reloaded) + Send + Sync>,
}

/// Why the policies are loaded again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    /// Something may have changed.
    Touched,
    /// Somebody wants it.
    Asked,
}

impl Keeper {
    async fn keep(
        mut self,
        mut asked: mpsc::Receiver<oneshot::Sender<Reloaded>>,
        again: Arc<Notify>,
    ) {
        let mut lookout = Lookout::over(files(&self.opened.wanted)).await;
        loop {
            let ask = tokio::select! {
                biased;
                // First, since who asks waits for the answer.
                Some(ask) = asked.recv() => Some(ask),
                () = again.notified() => None,
                () = lookout.changed() => None,
            };
            let why = match ask {
                Some(_) => Why::Asked,
                None => Why::Touched,
            };
            let reloaded = self.load(why, &mut lookout).await;
            self.settle(why, &reloaded);
            if let Some(ask) = ask {
                // Whoever asked may have gone; it is told to everybody anyway.
                let _ = ask.send(reloaded);
            }
        }
    }

    async fn load(&mut self, why: Why, lookout: &mut Lookout) -> Reloaded {
        let loaded = self.try_load(why, lookout).await;
        loaded.unwrap_or_else(|faults| Reloaded::Failed { faults })
    }

    async fn try_load(&mut self, why: Why, lookout: &mut Lookout) -> Result<Reloaded, Vec<Fault>> {
        let opened = &mut self.opened;
        let wanted = read(&opened.source).await?;
        // Before the modules are read, so that no change falls between the two.
        lookout.watch(files(&wanted)).await;
        opened.wanted = wanted;
        let entries = &opened.wanted.entries;
        let modules = opened.workshop.compile(specs(entries), Pace::Aside).await?;
        let posted = change::posted(&modules);
        let changed = changed(&opened.posted, &posted);
        if changed.is_empty() && why == Why::Touched {
            return Ok(Reloaded::Unchanged);
        }
        let chain = opened.workshop.start(modules, entries).await?;
        opened.posted = posted;
        opened.chain.store(Arc::new(chain));
        self.published.send_modify(|count| *count += 1);
        Ok(Reloaded::Published { changed })
    }

    /// Notes how it stands now, and says what is new.
    fn settle(&self, why: Why, reloaded: &Reloaded) {
        let now = Standing {
            faults: match reloaded {
                Reloaded::Failed { faults } => faults.clone(),
                Reloaded::Published { .. } | Reloaded::Unchanged => Vec::new(),
            },
            waiting_for_restart: self.opened.wanted.waiting_for_restart.clone(),
        };
        let is_new = *self.standing.borrow() != now;
        let is_news = matches!(reloaded, Reloaded::Published { .. }) || why == Why::Asked;
        if !is_new && !is_news {
            return;
        }
        log(reloaded, &now.waiting_for_restart);
        self.standing.send_replace(now);
        (self.tell)(reloaded);
    }
}

fn log(reloaded: &Reloaded, waiting: &[String]) {
    match reloaded {
        Reloaded::Published { changed } if changed.is_empty() => {
            info!("loaded the policies anew, none was changed");
        }
        Reloaded::Published { changed } => {
            let changed = changed.join(", ");
            info!(
                policy.changed = changed,
                "loaded the policies anew: {changed}"
            );
        }
        Reloaded::Unchanged => info!("the policies in force are those that are wanted"),
        Reloaded::Failed { faults } => {
            for fault in faults {
                warn!("the policies in force stay: {fault}");
            }
        }
    }
    if !waiting.is_empty() {
        warn!("changed, and waiting for a restart: {}", waiting.join(", "));
    }
}

/// All faults in one sentence for a person; none where there is none.
pub fn told(faults: &[Fault]) -> Option<String> {
    (!faults.is_empty()).then(|| joined(faults, "; "))
}

fn joined(faults: &[Fault], between: &str) -> String {
    let faults: Vec<String> = faults.iter().map(Fault::to_string).collect();
    faults.join(between)
}

async fn read(source: &Arc<Mutex<dyn Source>>) -> Result<Wanted, Vec<Fault>> {
    let source = Arc::clone(source);
    let reading = tokio::task::spawn_blocking(move || {
        let mut source = source.lock().unwrap_or_else(PoisonError::into_inner);
        source.read()
    });
    match reading.await {
        Ok(wanted) => wanted,
        Err(_) => Err(vec![Fault::of_all("reading the configuration broke off")]),
    }
}

fn specs(entries: &[PolicyEntry]) -> Vec<PolicySpec> {
    entries.iter().map(PolicySpec::from).collect()
}

/// Every file on which the chain depends.
fn files(wanted: &Wanted) -> BTreeSet<PathBuf> {
    let modules = wanted
        .entries
        .iter()
        .filter_map(|entry| match &entry.module {
            ModuleSource::Path(path) if entry.mode != Mode::Off => Some(path),
            ModuleSource::Path(_) | ModuleSource::Builtin(_) => None,
        });
    modules.chain(&wanted.files).cloned().collect()
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened")
            .field("chain", &self.chain.load())
            .finish_non_exhaustive()
    }
}
