//! Policies swapped under load: 500 messages a second for a minute while the chain is to be
//! replaced 50 times, 10 of them by one that cannot be loaded; then while one module of five is
//! changed 20 times.
//!
//! `cargo bench --bench swap` prints what was lost, judged twice or judged by parts of two chains,
//! how long judging took with and without swaps, and how soon a change judges; beside these, how
//! long a small write to the same disk took. Relay and gateway are doubles; the daemon is the
//! library's, in this process, from the socket to the hook. With the word `memory` its files are
//! in `/dev/shm`, which leaves the disk's own waits out.

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench prints its figures, reads the real clock and outlives no task of its own"
)]

mod disk;
#[path = "../daemon/figures.rs"]
mod figures;
#[expect(dead_code, reason = "the other bench asks it for more")]
#[path = "../daemon/gateway.rs"]
mod gateway;
mod modules;
#[expect(dead_code, reason = "the other bench asks it for more")]
#[path = "../daemon/relay.rs"]
mod relay;
mod tally;

use std::error::Error;
use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use opendialogue::clock::Clock;
use opendialogue::config::{Config, Environment, Overrides};
use opendialogue::daemon::{self, Daemon};
use opendialogue::tasks::Tasks;
use tempfile::TempDir;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::time::{MissedTickBehavior, interval};

use disk::Disk;
use figures::Figures;
use gateway::{Gateway, HOOK_TOKEN};
use modules::Modules;
use relay::{ME, Relay};
use tally::Tally;

/// Messages a second.
const RATE: u32 = 500;
/// How long they flow undisturbed, to compare with.
const QUIET: Duration = Duration::from_secs(20);
/// How long they flow while the chain is swapped, unless the command says how many seconds.
const SWAPPED: Duration = Duration::from_secs(60);
/// How often it is.
const SWAPS: usize = 50;
/// How long they flow while one module of five is changed.
const SINGLE: Duration = Duration::from_secs(20);
/// How often it is.
const CHANGES: usize = 20;

fn main() -> Result<(), Box<dyn Error>> {
    let outside = runtime(1)?;
    let doubles = outside.block_on(async {
        let mut gateway = Gateway::start().await?;
        let doubles = (Relay::start().await?, gateway.url());
        tokio::task::spawn(async move { while gateway.next().await.is_ok() {} });
        Ok::<_, Box<dyn Error>>(doubles)
    })?;
    runtime(2)?.block_on(measure(outside.handle(), doubles))
}

/// The daemon has one of its own, so that whatever holds it up holds up no sender.
fn runtime(threads: usize) -> std::io::Result<Runtime> {
    Builder::new_multi_thread()
        .worker_threads(threads)
        .enable_all()
        .build()
}

async fn measure(outside: &Handle, doubles: (Relay, String)) -> Result<(), Box<dyn Error>> {
    let tasks = Tasks::new();
    let mut run = Run::start(outside, doubles, &tasks).await?;
    run.undisturbed().await?;
    let asked = std::env::args().find_map(|word| word.parse().ok());
    let time = asked.map_or(SWAPPED, Duration::from_secs);
    let five = run.changed("five changed", 1..=SWAPS, time).await?;
    let one = SWAPS + 1..=SWAPS + CHANGES;
    let one = run.changed("one changed", one, SINGLE).await?;
    run.tally.audit(&run.daemon, &run.modules).await?;
    five.print("five changed modules in force", SWAPS);
    one.print("one changed module in force", CHANGES);
    tasks.cancel();
    tasks.drain(Duration::from_secs(10)).await?;
    Ok(())
}

/// A daemon under load, and what it is to make of it.
struct Run {
    daemon: Daemon,
    outside: Handle,
    relay: Arc<Relay>,
    tally: Tally,
    modules: Modules,
    home: TempDir,
}

impl Run {
    async fn start(
        outside: &Handle,
        (mut relay, gateway_url): (Relay, String),
        tasks: &Tasks,
    ) -> Result<Self, Box<dyn Error>> {
        let home = home()?;
        let modules = Modules::write(home.path(), SWAPS, CHANGES)?;
        let config = modules.configuration(0, &relay.url(), &gateway_url);
        std::fs::write(home.path().join("opendialogue.toml"), config)?;
        let daemon = start(home.path(), &relay.url(), tasks).await?;
        relay.connected().await?;
        Ok(Self {
            tally: Tally::listen(&daemon),
            daemon,
            outside: outside.clone(),
            relay: Arc::new(relay),
            modules,
            home,
        })
    }

    /// Sends at the rate, from a thread of the sender's own.
    fn flow(&self, time: Duration) -> impl Future<Output = Result<Vec<Instant>, Box<dyn Error>>> {
        let (outside, relay) = (self.outside.clone(), Arc::clone(&self.relay));
        let from = self.tally.next();
        let flowing = tokio::task::spawn_blocking(move || {
            let flowed = outside.block_on(flow(&relay, from, time));
            flowed.map_err(|why| why.to_string())
        });
        async { Ok(flowing.await??) }
    }

    /// Messages, and nothing else.
    async fn undisturbed(&mut self) -> Result<(), Box<dyn Error>> {
        let beside = Disk::watch(self.home.path())?;
        let sent = self.flow(QUIET).await?;
        self.tally.sent(sent);
        self.tally.settle("undisturbed", beside).await
    }

    /// Messages, while `chains` are asked for; how soon each judged or was refused.
    async fn changed(
        &mut self,
        what: &str,
        chains: RangeInclusive<usize>,
        time: Duration,
    ) -> Result<Figures, Box<dyn Error>> {
        let beside = Disk::watch(self.home.path())?;
        let changes = change(&self.daemon, self.home.path(), &self.modules, chains, time);
        let (sent, delays) = tokio::join!(self.flow(time), changes);
        self.tally.sent(sent?);
        self.tally.settle(what, beside).await?;
        delays
    }
}

/// A folder for the daemon's files.
fn home() -> std::io::Result<TempDir> {
    let home = match std::env::args().any(|word| word == "memory") {
        true => tempfile::tempdir_in("/dev/shm")?,
        false => tempfile::tempdir()?,
    };
    println!("the daemon's files are in {}", home.path().display());
    Ok(home)
}

/// Sends at the rate, whatever becomes of what was sent before; gives when each was sent.
async fn flow(relay: &Relay, from: usize, time: Duration) -> Result<Vec<Instant>, Box<dyn Error>> {
    let mut due = interval(Duration::from_secs(1) / RATE);
    due.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let count = time.as_secs() as usize * RATE as usize;
    let mut sent = Vec::with_capacity(count);
    for n in from..from + count {
        due.tick().await;
        sent.push(relay.send(n).await?);
    }
    Ok(sent)
}

/// Asks for one of `chains` after another, and measures how soon each judges or is refused.
async fn change(
    daemon: &Daemon,
    home: &Path,
    modules: &Modules,
    chains: RangeInclusive<usize>,
    time: Duration,
) -> Result<Figures, Box<dyn Error>> {
    let mut delays = Figures::default();
    let mut due = interval(time / u32::try_from(chains.clone().count())?);
    let config = std::fs::read_to_string(home.join("opendialogue.toml"))?;
    let head = config.split("[[policy]]").next().unwrap_or_default();
    for chain in chains {
        due.tick().await;
        let beside = home.join("beside.toml");
        std::fs::write(&beside, format!("{head}{}", modules.entries(chain)))?;
        let written = Instant::now();
        std::fs::rename(beside, home.join("opendialogue.toml"))?;
        modules.until_settled(daemon, chain).await;
        delays.add(written.elapsed());
    }
    Ok(delays)
}

async fn start(home: &Path, relay_url: &str, tasks: &Tasks) -> Result<Daemon, Box<dyn Error>> {
    let secret = "4f1c9be27a60d83512ab77e09d46c3f85b21e6047d9a83cf10527e6bd8394ac1";
    let state = serde_json::json!({ "agentId": ME, "agentSecret": secret, "relayUrl": relay_url });
    write_private(&home.join("opendialogue-state.json"), &state.to_string())?;
    let openclaw = serde_json::json!({ "hooks": { "enabled": true, "token": HOOK_TOKEN } });
    write_private(&home.join("openclaw.json"), &openclaw.to_string())?;
    let environment =
        Environment::from_pairs([("OPENDIALOGUE_HOME", home), ("OPENCLAW_STATE_DIR", home)]);
    let settings = daemon::Settings {
        config: Config::load(&environment, &Overrides::default(), None)?,
        name: "bench".to_owned(),
        register_again: false,
        accept_unproven: false,
        deliver: true,
    };
    Ok(daemon::start(settings, Clock::system(), tasks)
        .await?
        .daemon)
}

fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::write(path, text)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))
}
