//! The daemon from outside, as one process: how long a message takes from the relay's socket to the
//! gateway's hook, how long `/send` takes to its 202, how many it takes in a second, and what the
//! process weighs, idle and after a hundred thousand.
//!
//! `cargo bench --bench daemon` prints the figures. Both ends of the measurement are in this
//! process; the daemon is the optimised binary.

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench prints its figures, reads the real clock and outlives no task of its own"
)]

mod figures;
mod flood;
mod gateway;
mod process;
mod relay;

use std::error::Error;
use std::time::{Duration, Instant};

use serde_json::json;
use tempfile::TempDir;

use figures::Figures;
use gateway::Gateway;
use process::Process;
use relay::{PEER, Relay};

/// Messages measured each way, after a tenth of them to warm up.
const MESSAGES: usize = 2000;

/// How long the daemon is left alone between two messages: what it still writes down about the one
/// before has come to its end by then.
const PAUSE: Duration = Duration::from_millis(10);
/// How often it is started on what it left behind.
const STARTS: usize = 3;

/// How long the daemon is left alone before it is weighed.
const REST: Duration = Duration::from_secs(3);

fn main() -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    runtime.block_on(measure())
}

/// Starts a daemon on a relay of its own and waits until the two are connected.
async fn start<'h>(
    home: &'h TempDir,
    gateway: &Gateway,
    what: &str,
) -> Result<(Relay, Process<'h>), Box<dyn Error>> {
    let mut relay = Relay::start().await?;
    let started = Instant::now();
    let daemon = Process::daemon(home, &relay.url(), &gateway.url())?;
    relay.connected().await?;
    let took = started.elapsed().as_secs_f64() * 1e3;
    println!("{what:<34}{took:>9.1} ms");
    Ok((relay, daemon))
}

async fn measure() -> Result<(), Box<dyn Error>> {
    let mut gateway = Gateway::start().await?;
    let home = tempfile::tempdir()?;
    drop(start(&home, &gateway, "first start to connected").await?);
    for _ in 1..STARTS {
        drop(start(&home, &gateway, "start to connected, code cached").await?);
    }
    let (relay, daemon) = start(&home, &gateway, "start to connected, code cached").await?;

    tokio::time::sleep(REST).await;
    println!(
        "{:<34}{:>9.1} MiB",
        "idle and connected, resident",
        daemon.resident_mib()?
    );

    let mut inbound = Figures::default();
    for n in 0..MESSAGES + MESSAGES / 10 {
        let sent = relay.send(n).await?;
        inbound.add(gateway.next().await?.at - sent);
        tokio::time::sleep(PAUSE).await;
    }
    inbound.print("socket to hook call", MESSAGES);

    let mut outbound = Figures::default();
    let client = reqwest::Client::builder()
        .tls_backend_preconfigured(opendialogue::tls::trusting_nobody()?)
        .no_proxy()
        .build()?;
    let url = format!("http://{}/send", daemon.address()?);
    for n in 0..MESSAGES + MESSAGES / 10 {
        let body = json!({ "to": PEER, "content": format!("message {n}") });
        let asked = Instant::now();
        let answer = client.post(&url).json(&body).send().await?;
        outbound.add(asked.elapsed());
        tokio::time::sleep(PAUSE).await;
        if answer.status() != 202 {
            return Err(format!("/send answered {}", answer.status()).into());
        }
    }
    outbound.print("/send to 202", MESSAGES);
    println!(
        "{:<34}{:>9.1} MiB",
        "after all of them, resident",
        daemon.resident_mib()?
    );
    flood::steadily(&relay, &mut gateway).await?;
    flood::to_the_hook(&relay, &mut gateway, &daemon).await?;
    drop(daemon);
    flood::to_the_disk().await
}
