//! Times by name: criterion's report for each, and the ratios of their medians.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use criterion::Criterion;

/// Medians by name, in nanoseconds.
#[derive(Default)]
pub(crate) struct Times(BTreeMap<String, f64>);

impl Times {
    /// Measures `run` under `name`.
    pub(crate) fn measure(&mut self, criterion: &mut Criterion, name: &str, mut run: impl FnMut()) {
        let each = RefCell::new(Vec::new());
        criterion.bench_function(name, |bencher| {
            bencher.iter_custom(|times| {
                let begun = Instant::now();
                for _ in 0..times {
                    run();
                }
                let took: Duration = begun.elapsed();
                each.borrow_mut()
                    .push(took.as_secs_f64() * 1e9 / times as f64);
                took
            });
        });
        let mut each = each.into_inner();
        each.sort_unstable_by(f64::total_cmp);
        if let Some(median) = each.get(each.len() / 2) {
            self.0.insert(name.to_owned(), *median);
        }
    }

    /// Prints how many times `under` goes into `over`.
    #[expect(clippy::print_stdout, reason = "a bench prints its figures")]
    pub(crate) fn ratio(&self, over: &str, under: &str) {
        let (Some(a), Some(b)) = (self.0.get(over), self.0.get(under)) else {
            return;
        };
        println!(
            "{over:<24} {:>8.2} µs  / {under:<24} {:>8.2} µs  = {:.2}",
            a / 1e3,
            b / 1e3,
            a / b
        );
    }
}
