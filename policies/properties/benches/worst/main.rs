//! What the worst 64 KiB cost each policy that reads content, against 64 KiB as people write them.
//!
//! `cargo bench --manifest-path policies/Cargo.toml -p properties` prints a line for each policy and
//! its five worst inputs, and fails where one takes more than [`BOUND`] times as long. Words behind
//! `--` leave only the inputs whose names hold one of them, and print them all.

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench prints its figures and reads the real clock"
)]

mod inputs;

use std::hint::black_box;
use std::time::{Duration, Instant};

use guest::{Direction, Kind, Message, Policy, Remembered, Trust};

/// How many times as long as a typical text the worst may take.
const BOUND: f64 = 5.0;
/// How long one input is measured, and how often, at the least: the shortest time of all counts.
const LEAST: Duration = Duration::from_millis(30);
const LEAST_RUNS: usize = 40;
/// How many of the worst are shown.
const SHOWN: usize = 5;

fn main() {
    let words = std::env::args().skip(1).filter(|word| word != "--bench");
    let words: Vec<_> = words.collect();
    let worst = [
        measure::<sanitize::Sanitize>(r#"{"max_chars": 65536}"#, &words),
        measure::<url_tag::UrlTag>("{}", &words),
        measure::<conversation::Conversation>("{}", &words),
        measure::<secrets::Secrets>(&properties::secrets::with_own(), &words),
    ];
    let worst = worst.into_iter().fold(0.0, f64::max);
    assert!(worst <= BOUND, "{worst:.1} times a typical text");
}

/// Prints what the inputs cost `P`, and gives how many times a typical text the worst takes.
fn measure<P: Policy>(settings: &str, words: &[String]) -> f64 {
    let settings = P::settings(settings);
    let settings = settings.unwrap_or_else(|complaints| panic!("{}: {complaints:?}", P::NAME));
    let typical = inputs::typical();
    let is_meant = |name: &str| words.is_empty() || words.iter().any(|word| name.contains(word));
    let inputs = inputs::adversarial().into_iter();
    let inputs: Vec<_> = inputs.filter(|(name, _)| is_meant(name)).collect();
    let mut typically = Duration::MAX;
    let mut times = vec![Duration::MAX; inputs.len()];
    // Twice, far apart: a machine that was busy for a while was so for one of them.
    for _ in 0..2 {
        typically = typically.min(time::<P>(&settings, &typical));
        for (shortest, (_, text)) in times.iter_mut().zip(&inputs) {
            *shortest = time::<P>(&settings, text).min(*shortest);
        }
    }
    let mut times: Vec<_> = times.into_iter().zip(inputs.iter()).collect();
    times.sort_by_key(|(time, _)| std::cmp::Reverse(*time));
    let ratio = |time: Duration| time.as_secs_f64() / typically.as_secs_f64();
    println!("{}: typical {typically:.0?}", P::NAME);
    let shown = if words.is_empty() { SHOWN } else { times.len() };
    for (time, (name, _)) in times.iter().take(shown) {
        println!("  {:>5.2}  {time:>9.0?}  {name}", ratio(*time));
    }
    times.first().map_or(0.0, |(time, _)| ratio(*time))
}

/// The shortest time that judging `content` takes, as the first text of its conversation.
fn time<P: Policy>(settings: &P::Settings, content: &str) -> Duration {
    let message = Message {
        direction: Direction::Inbound,
        kind: Kind::Text,
        trust: Trust::Unknown,
        released: false,
        id: "m-1",
        from: "10000001",
        to: "20000002",
        conversation: Some("c-1"),
        turn: None,
        content,
        now: 1_795_381_200_000,
    };
    let mut shortest = Duration::MAX;
    let start = Instant::now();
    let mut runs = 0;
    while runs < LEAST_RUNS || start.elapsed() < LEAST {
        runs += 1;
        let mut memory = Remembered::default();
        let before = Instant::now();
        black_box(P::judge(settings, black_box(&message), &mut memory));
        shortest = shortest.min(before.elapsed());
    }
    shortest
}
