//! Times by name: criterion's report for each by itself, and ratios of two that are measured in turns.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use criterion::Criterion;

/// In how many turns two are measured, and how long a turn of each is.
const TURNS: usize = 300;
const TURN: Duration = Duration::from_millis(5);

/// What criterion has measured.
#[derive(Default)]
pub(crate) struct Times(BTreeSet<String>);

impl Times {
    /// Measures `run` under `name`.
    pub(crate) fn measure(&mut self, criterion: &mut Criterion, name: &str, mut run: impl FnMut()) {
        let was_run = Cell::new(false);
        criterion.bench_function(name, |bencher| {
            was_run.set(true);
            bencher.iter(&mut run);
        });
        if was_run.get() {
            self.0.insert(name.to_owned());
        }
    }

    /// Prints how many times as long `one` takes as `other`, where criterion was to measure both: in
    /// turns of a few milliseconds, so that a machine that is busy for a while is so for both, and of
    /// all turns the median.
    #[expect(clippy::print_stdout, reason = "a bench prints its figures")]
    pub(crate) fn ratio(
        &self,
        (over, mut one): (&str, impl FnMut()),
        (under, mut other): (&str, impl FnMut()),
    ) {
        if !self.0.contains(over) || !self.0.contains(under) {
            return;
        }
        let calls = [calls_of_a_turn(&mut one), calls_of_a_turn(&mut other)];
        let turns = (0..TURNS).map(|_| [time(&mut one, calls[0]), time(&mut other, calls[1])]);
        let turns: Vec<_> = turns.collect();
        let ratio = median(turns.iter().map(|[one, other]| one / other));
        println!(
            "{over:<24} {:>8.2} µs  / {under:<24} {:>8.2} µs  = {ratio:.2}",
            median(turns.iter().map(|turn| turn[0])),
            median(turns.iter().map(|turn| turn[1])),
        );
    }
}

/// How often `run` fits into a turn, by a turn that is not counted.
fn calls_of_a_turn(run: &mut impl FnMut()) -> u32 {
    let begun = Instant::now();
    let mut calls = 0;
    while begun.elapsed() < TURN {
        run();
        calls += 1;
    }
    calls
}

/// How long a call of `run` takes, of so many, in microseconds.
fn time(run: &mut impl FnMut(), calls: u32) -> f64 {
    let begun = Instant::now();
    for _ in 0..calls {
        run();
    }
    begun.elapsed().as_secs_f64() * 1e6 / f64::from(calls)
}

fn median(all: impl Iterator<Item = f64>) -> f64 {
    let mut all: Vec<_> = all.collect();
    all.sort_unstable_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or(f64::NAN)
}
