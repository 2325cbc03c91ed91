//! Durations and their percentiles.

use std::time::Duration;

/// What was measured, in order.
#[derive(Default)]
pub(crate) struct Figures(Vec<Duration>);

impl Figures {
    /// Adds one measurement.
    pub(crate) fn add(&mut self, one: Duration) {
        self.0.push(one);
    }

    /// Prints the percentiles of the last `count`; the ones before were to warm up.
    pub(crate) fn print(mut self, what: &str, count: usize) {
        let mut measured = self.0.split_off(self.0.len().saturating_sub(count));
        measured.sort_unstable();
        let at = |share: f64| {
            let last = measured.len().saturating_sub(1);
            let index = (last as f64 * share).round() as usize;
            measured
                .get(index)
                .map_or(0.0, |one| one.as_secs_f64() * 1e3)
        };
        println!(
            "{what:<34}{:>9.2} ms p50 {:>9.2} ms p99 {:>9.2} ms worst of {}",
            at(0.5),
            at(0.99),
            at(1.0),
            measured.len()
        );
    }
}
