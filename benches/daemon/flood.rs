//! Many messages: at a steady rate, and as fast as they are taken.

use std::error::Error;
use std::time::{Duration, Instant};

use crate::figures::Figures;
use crate::gateway::Gateway;
use crate::process::Process;
use crate::relay::{Acknowledged, Relay};

/// Messages at a steady rate, and the time from one to the next: 100 in a second.
const STEADY: usize = 3_000;
const EACH: Duration = Duration::from_millis(10);

/// Messages to the hook, and how often the process is weighed meanwhile.
const ALL: usize = 100_000;
const PARTS: usize = 5;

/// Messages to the disk, while no gateway is there: nearly as many as may wait.
const BURST: usize = 9_000;
/// How often that is measured, each time with an inbox that is empty.
const BURSTS: usize = 5;

/// The first number of each: no two messages have the same.
const STEADY_FROM: usize = 1_000_000;
const ALL_FROM: usize = 2_000_000;

/// From the socket to the hook, while the next ones come on time whatever becomes of the ones before.
pub(crate) async fn steadily(relay: &Relay, gateway: &mut Gateway) -> Result<(), Box<dyn Error>> {
    let mut figures = Figures::default();
    let mut sent = Vec::with_capacity(STEADY);
    let sending = async {
        let mut next = tokio::time::interval(EACH);
        for n in 0..STEADY {
            next.tick().await;
            sent.push(relay.send(STEADY_FROM + n).await?);
        }
        Ok::<(), Box<dyn Error>>(())
    };
    let hearing = async {
        let mut heard = Vec::with_capacity(STEADY);
        for _ in 0..STEADY {
            heard.push(gateway.next().await?.at);
        }
        Ok::<Vec<Instant>, Box<dyn Error>>(heard)
    };
    let (sending, hearing) = tokio::join!(sending, hearing);
    sending?;
    // Each is in a conversation of its own, so one may overtake another by a little; the sum of what
    // they took is the same.
    for (sent, heard) in sent.iter().zip(hearing?) {
        figures.add(heard.saturating_duration_since(*sent));
    }
    figures.print("socket to hook call, 100 a second", STEADY);
    Ok(())
}

/// As fast as it goes, through to the hook, weighing the process after each part.
pub(crate) async fn to_the_hook(
    relay: &Relay,
    gateway: &mut Gateway,
    daemon: &Process<'_>,
) -> Result<(), Box<dyn Error>> {
    let part = ALL / PARTS;
    for number in 0..PARTS {
        let begun = Instant::now();
        let hearing = async {
            let mut heard = 0;
            while heard < part {
                heard += gateway.next().await?.messages;
            }
            Ok::<usize, Box<dyn Error>>(heard)
        };
        let (taken, heard) = tokio::join!(relay.flood(ALL_FROM + number * part, part), hearing);
        all_accepted(taken?, part)?;
        let (heard, took) = (heard?, begun.elapsed().as_secs_f64());
        println!(
            "{:<34}{:>9.0} /s, {heard} messages, {:.1} MiB resident after",
            "socket to hook, at full speed",
            part as f64 / took,
            daemon.resident_mib()?
        );
    }
    Ok(())
}

/// As fast as it goes, to the disk and acknowledged, while the agent is away.
pub(crate) async fn to_the_disk() -> Result<(), Box<dyn Error>> {
    let mut rates = Vec::with_capacity(BURSTS);
    for _ in 0..BURSTS {
        let home = tempfile::tempdir()?;
        let mut relay = Relay::start().await?;
        // Nobody listens there.
        let _daemon = Process::daemon(&home, &relay.url(), "http://127.0.0.1:9")?;
        relay.connected().await?;
        let begun = Instant::now();
        let taken = relay.flood(0, BURST).await?;
        let took = begun.elapsed().as_secs_f64();
        all_accepted(taken, BURST)?;
        rates.push(BURST as f64 / took);
    }
    rates.sort_unstable_by(f64::total_cmp);
    println!(
        "{:<34}{:>9.0} /s median, {:.0} worst of {BURSTS} times {BURST}",
        "socket to disk and acknowledged",
        rates[BURSTS / 2],
        rates[0]
    );
    Ok(())
}

fn all_accepted(taken: Acknowledged, count: usize) -> Result<(), Box<dyn Error>> {
    if taken.accepted == count {
        return Ok(());
    }
    Err(format!("{} were refused", taken.refused).into())
}
