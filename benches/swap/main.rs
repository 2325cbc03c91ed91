//! Policies swapped under load: 500 messages a second for a minute while the chain is to be
//! replaced 50 times, 10 of them by one that cannot be loaded.
//!
//! `cargo bench --bench swap` prints what was lost, judged twice or judged by parts of two chains,
//! how long judging took with and without swaps, and how soon a change judges. Relay and gateway
//! are doubles; the daemon is the library's, in this process, from the socket to the hook. With
//! the word `memory` its files are in `/dev/shm`, which leaves the disk's own waits out.

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench prints its figures, reads the real clock and outlives no task of its own"
)]

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
use std::path::Path;
use std::time::{Duration, Instant};

use opendialogue::clock::Clock;
use opendialogue::config::{Config, Environment, Overrides};
use opendialogue::daemon::{self, Daemon};
use opendialogue::tasks::Tasks;
use tempfile::TempDir;
use tokio::time::{MissedTickBehavior, interval, sleep_until};

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

fn main() -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    runtime.block_on(measure())
}

async fn measure() -> Result<(), Box<dyn Error>> {
    let mut gateway = Gateway::start().await?;
    let mut relay = Relay::start().await?;
    let home = home()?;
    let modules = Modules::write(home.path(), SWAPS)?;
    let config = modules.configuration(0, &relay.url(), &gateway.url());
    std::fs::write(home.path().join("opendialogue.toml"), config)?;
    let tasks = Tasks::new();
    let daemon = start(home.path(), &relay.url(), &tasks).await?;
    relay.connected().await?;
    tokio::task::spawn(async move { while gateway.next().await.is_ok() {} });

    let mut tally = Tally::listen(&daemon);
    flow(&relay, &mut tally, QUIET).await?;
    tally.settle("undisturbed").await?;

    let asked = std::env::args().find_map(|word| word.parse().ok());
    let time = asked.map_or(SWAPPED, Duration::from_secs);
    let swaps = swap(&daemon, home.path(), &modules, time);
    let (flowed, swapped) = tokio::join!(flow(&relay, &mut tally, time), swaps);
    flowed?;
    let delays = swapped?;
    tally.settle("while swapped").await?;
    tally.audit(&daemon, &modules).await?;
    delays.print("a change to its chain in force", SWAPS);
    tasks.cancel();
    tasks.drain(Duration::from_secs(10)).await?;
    Ok(())
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

/// Sends at the rate, whatever becomes of what was sent before.
async fn flow(relay: &Relay, tally: &mut Tally, time: Duration) -> Result<(), Box<dyn Error>> {
    let mut due = interval(Duration::from_secs(1) / RATE);
    due.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let count = time.as_secs() as usize * RATE as usize;
    for _ in 0..count {
        due.tick().await;
        let n = tally.next();
        let sent = relay.send(n).await?;
        tally.sent(sent);
    }
    Ok(())
}

/// Asks for one chain after another, and measures how soon each judges or is refused.
async fn swap(
    daemon: &Daemon,
    home: &Path,
    modules: &Modules,
    time: Duration,
) -> Result<figures::Figures, Box<dyn Error>> {
    let mut delays = figures::Figures::default();
    let begun = tokio::time::Instant::now();
    let config = std::fs::read_to_string(home.join("opendialogue.toml"))?;
    for generation in 1..=SWAPS {
        sleep_until(begun + time / u32::try_from(SWAPS)? * u32::try_from(generation - 1)?).await;
        let head = config.split("[[policy]]").next().unwrap_or_default();
        let beside = home.join("beside.toml");
        std::fs::write(&beside, format!("{head}{}", modules.entries(generation)))?;
        let written = Instant::now();
        std::fs::rename(beside, home.join("opendialogue.toml"))?;
        modules.until_settled(daemon, generation).await;
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
