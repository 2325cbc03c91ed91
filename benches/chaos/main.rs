//! A long random run: two daemons and a relay are killed again and again, their gateways forget, their
//! links are cut and slow, their disks fill, and all the while both agents talk. Then everything is
//! left in peace, and what the gateways admitted is counted against what the daemons accepted.
//!
//! `cargo bench --bench chaos -- [--seed N] [--seconds N]`. One seed is one plan of mishaps, of texts
//! and of the gateways' moods; when what meets what is the machine's. It ends with 1 where something
//! was lost, or run again without a mark.

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench prints its figures, reads the real clock and outlives no task of its own"
)]

mod agent;
mod count;
mod dice;
mod disk;
#[expect(
    dead_code,
    clippy::unwrap_used,
    reason = "the double of the tests, of which this run takes a part"
)]
#[path = "../../tests/support/gateway.rs"]
mod gateway;
mod havoc;
mod plan;
mod role;
mod talk;
mod wire;

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::task::JoinSet;

use agent::Agent;
use count::{Tally, Way};
use dice::Dice;
use havoc::{Done, House};
use plan::Side;
use role::Role;
use talk::{LINES, Line, Said};

/// Why the run itself did not work.
pub(crate) type Trouble = Box<dyn Error + Send + Sync>;

/// How long things go wrong, unless the command says how many seconds.
const SECONDS: u64 = 600;

/// A relay that limits nothing: a limit would refuse what is to be counted.
const UNLIMITED: &str = "[relay_server]\nrate_limit_per_minute = 0\nmax_turns = 0\n\
                         registrations_per_minute = 0\n";

/// What the command asked for.
#[derive(Debug, Clone, Copy)]
struct Asked {
    seed: u64,
    time: Duration,
}

fn main() -> Result<ExitCode, Trouble> {
    let asked = asked(std::env::args().skip(1))?;
    // It goes last: what is mounted in it goes with the tasks, and those with the runtime.
    let base = tempfile::tempdir()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    runtime.block_on(async {
        tokio::select! {
            ended = run(base.path(), asked) => ended,
            _ = tokio::signal::ctrl_c() => Err("stopped by hand".into()),
        }
    })
}

async fn run(base: &Path, asked: Asked) -> Result<ExitCode, Trouble> {
    let house = Arc::new(build(base, asked.seed).await?);
    println!("seed {}, {} s of mishaps", asked.seed, asked.time.as_secs());
    if !house.relay.can_be_full() {
        println!(
            "SKIPPED: full disks, as no small file system may be mounted here; their files are limited instead"
        );
    }

    let end = tokio::time::Instant::now() + asked.time;
    let plan = plan::mishaps(asked.seed, asked.time);
    let by_ada = talk(&house.ada, &house.ben.id, asked.seed, end);
    let by_ben = talk(&house.ben, &house.ada.id, asked.seed + 1, end);
    let (done, by_ada, by_ben) = tokio::join!(house.suffer(plan), by_ada, by_ben);

    let peace = Instant::now();
    let to_ben = Way {
        author: &house.ada,
        receiver: &house.ben,
        accepted: &by_ada.accepted,
    };
    let to_ada = Way {
        author: &house.ben,
        receiver: &house.ada,
        accepted: &by_ben.accepted,
    };
    let is_over = to_ben.until_over().await && to_ada.until_over().await;
    let settled = peace.elapsed();
    let (there, back) = tokio::join!(to_ben.count(), to_ada.count());
    let tallies = [there, back];
    print_table(&house, &done, [&by_ada, &by_ben], settled, &tallies);
    if !is_over {
        println!("NOT SETTLED: some of it is still under way, or a daemon thinks so");
        for agent in [&house.ada, &house.ben] {
            println!("{}", agent.get("/status").await);
        }
    }
    if is_over && tallies.iter().all(Tally::is_clean) {
        return Ok(ExitCode::SUCCESS);
    }
    for role in [&house.relay, &house.ada.role, &house.ben.role] {
        println!("{} said last:\n{}", role.name, role.last_words());
    }
    Ok(ExitCode::FAILURE)
}

/// Starts the relay and the two agents, each in a home of its own.
async fn build(base: &Path, seed: u64) -> Result<House, Trouble> {
    let relay = Role::new(base, "relay", "relay --listen 127.0.0.1:0")?;
    relay.write_private("opendialogue.toml", UNLIMITED)?;
    relay.keep_up();
    let address = relay.up().await?;
    relay.stay(&format!("relay --listen {address}"));
    let ada = Agent::start(base, (Side::Ada, "ada"), &address, seed).await?;
    let ben = Agent::start(base, (Side::Ben, "ben"), &address, seed).await?;
    Ok(House {
        relay,
        ada: Arc::new(ada),
        ben: Arc::new(ben),
    })
}

/// Has `author` talk to the agent `to` until `end`, in all its lines at once.
async fn talk(author: &Arc<Agent>, to: &str, seed: u64, end: tokio::time::Instant) -> Said {
    let mut lines = JoinSet::new();
    for number in 0..LINES {
        let line = Line {
            author: Arc::clone(author),
            to: to.to_owned(),
            number,
            dice: Dice::new(seed, 100 + number),
        };
        lines.spawn(line.talk(end));
    }
    let mut all = Said::default();
    for said in lines.join_all().await {
        all.accepted.extend(said.accepted);
        for (answer, count) in said.answers {
            *all.answers.entry(answer).or_default() += count;
        }
    }
    all
}

fn print_table(
    house: &House,
    done: &Done,
    said: [&Said; 2],
    settled: Duration,
    tallies: &[Tally; 2],
) {
    let row = |what: &str, figure: &dyn std::fmt::Display| println!("{what:<52}{figure:>10}");
    let sum = |of: fn(&Tally) -> usize| tallies.iter().map(of).sum::<usize>();
    row("messages accepted", &sum(|tally| tally.accepted));
    let mut answers = BTreeMap::<_, u64>::new();
    for (answer, count) in said.iter().flat_map(|said| &said.answers) {
        *answers.entry(answer).or_default() += count;
    }
    for (answer, count) in answers {
        row(&format!("  sends answered {answer}"), &count);
    }
    for (kind, count) in done {
        row(kind, count);
    }
    for role in [&house.relay, &house.ada.role, &house.ben.role] {
        let fell = role.fell.load(Ordering::Relaxed);
        row(&format!("{} ended by itself", role.name), &fell);
        let would_not = role.would_not_start.load(Ordering::Relaxed);
        row(
            &format!("{} could not start, and was started again", role.name),
            &would_not,
        );
    }
    row("runs of the agents", &sum(|tally| tally.runs));
    row("  of several messages", &sum(|tally| tally.batches));
    row(
        "refused, held or given up, visibly",
        &sum(|tally| tally.visible),
    );
    row("marked `may_repeat`", &sum(|tally| tally.marked));
    row("repeats, marked", &sum(|tally| tally.explained));
    row("repeats, unexplained", &sum(|tally| tally.unexplained));
    row("lost", &sum(|tally| tally.lost));
    row("with another text", &sum(|tally| tally.changed));
    row("never accepted and run", &sum(|tally| tally.unasked));
    row("overtook in a conversation", &sum(|tally| tally.overtook));
    let longest = tallies.iter().map(|tally| tally.longest).max();
    let seconds = |time: Duration| format!("{:.1} s", time.as_secs_f64());
    row(
        "longest from 202 to the agent",
        &seconds(longest.unwrap_or_default()),
    );
    row("from peace to all settled", &seconds(settled));
}

/// What stands on the command line; what cargo adds for benches is passed over.
fn asked(words: impl Iterator<Item = String>) -> Result<Asked, Trouble> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
    let mut asked = Asked {
        seed: now.as_secs() % 1_000_000,
        time: Duration::from_secs(SECONDS),
    };
    let mut words = words.filter(|word| word != "--bench");
    while let Some(word) = words.next() {
        let number = words.next().unwrap_or_default();
        let number = number.parse().map_err(|_| format!("`{word}` and a number"));
        match word.as_str() {
            "--seed" => asked.seed = number?,
            "--seconds" => asked.time = Duration::from_secs(number?),
            _ => return Err(format!("`{word}`: there are --seed N and --seconds N").into()),
        }
    }
    Ok(asked)
}
