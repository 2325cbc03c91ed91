//! `opendialogue policy bench`: how long a policy takes, beside one that does nothing.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use clap::value_parser;
use serde_json::{Value, json};

use super::super::failure::Failure;
use super::super::{Context, print, safe};
use super::limits::LimitArguments;
use super::{aligned, module};
use crate::policy::bench::{self, BenchFailed, Measured, Spread, Text};

/// Measure how long a policy takes for a message, beside a policy that does nothing
///
/// Each text goes through the component many times, each time as a first message. Times are this
/// machine's; how many times as long as the policy that does nothing holds on others too. Needs no
/// daemon.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// A module's file, a policy's folder, or a policy's name
    #[arg(value_name = "FILE|FOLDER|NAME")]
    module: String,
    /// Its settings, as JSON
    #[arg(long, value_name = "JSON", value_parser = module::settings)]
    settings: Option<Value>,
    #[command(flatten)]
    limits: LimitArguments,
    /// The text to measure on, or `@` and the file that holds it, instead of the usual ones
    #[arg(long, value_name = "TEXT|@FILE")]
    content: Option<String>,
    /// How often each text is judged
    #[arg(long, value_name = "COUNT", default_value_t = 1_000, value_parser = value_parser!(u32).range(1..=MOST_RUNS))]
    runs: u32,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Each is kept until the end.
const MOST_RUNS: i64 = 1_000_000;

impl Arguments {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let mut spec = module::named(context, &self.module)?;
        if let Some(settings) = self.settings {
            spec.settings = settings;
        }
        self.limits.apply(&mut spec);
        let texts = match &self.content {
            Some(content) => vec![text(content)?],
            None => Text::standard(),
        };
        let runs = usize::try_from(self.runs).unwrap_or(usize::MAX);
        let measured = module::with_engine(|engine| {
            bench::bench(engine, &spec, texts, runs).map_err(|failed| match failed {
                BenchFailed::NotLoaded(_) => Failure::Words(failed.to_string()),
                BenchFailed::Failed { .. } | BenchFailed::NoOp(_) => {
                    Failure::Failed(anyhow::Error::new(failed))
                }
            })
        })?;
        match self.json {
            true => print::json(&as_json(&measured)),
            false => print::line(shown(&measured)),
        }
    }
}

/// The text that `words` are, or that the file which they name holds.
fn text(words: &str) -> Result<Text, Failure> {
    let (name, content) = match words.strip_prefix('@') {
        None => ("given", words.to_owned()),
        Some(file) => {
            let read = fs::read_to_string(file);
            let read =
                read.map_err(|error| Failure::Words(format!("`{file}` cannot be read: {error}")))?;
            (file, read)
        }
    };
    if content.len() > Text::MAX_BYTES {
        return Err(Failure::Words(format!(
            "the text has {} bytes, at most {} are measured",
            content.len(),
            Text::MAX_BYTES
        )));
    }
    Ok(Text {
        name: name.to_owned(),
        content,
    })
}

fn as_json(measured: &Measured) -> Value {
    let limits = measured.limits;
    let spread = |spread: Spread| json!({ "p50_us": us(spread.p50), "p99_us": us(spread.p99) });
    let texts = measured.rows.iter().map(|row| {
        json!({
            "text": row.text.name,
            "bytes": row.text.content.len(),
            "verdicts": row.verdicts,
            "p50_us": us(row.policy.p50),
            "p99_us": us(row.policy.p99),
            "no_op": spread(row.no_op),
            "ratio": hundredths(row.ratio()),
            "share_of_limit": row.share(limits),
        })
    });
    json!({
        "policy": measured.name,
        "version": measured.version,
        "digest": measured.digest.to_string(),
        "limits": { "time_us": us(limits.time), "memory_bytes": limits.memory_bytes },
        "texts": texts.collect::<Vec<_>>(),
        "start": spread(measured.start),
        "memory_bytes": measured.memory_bytes,
    })
}

fn shown(measured: &Measured) -> String {
    let limits = measured.limits;
    let head = [
        "text",
        "bytes",
        "verdict",
        "p50",
        "p99",
        "no-op p50",
        "ratio",
        "of its time",
    ];
    let rows = measured.rows.iter().map(|row| {
        [
            safe::line(&row.text.name),
            row.text.content.len().to_string(),
            verdicts(&row.verdicts),
            in_us(row.policy.p50),
            in_us(row.policy.p99),
            in_us(row.no_op.p50),
            format!("{:.1}", row.ratio()),
            format!("{:.2} %", row.share(limits) * 100.0),
        ]
    });
    let rows: Vec<_> = [head.map(str::to_owned)].into_iter().chain(rows).collect();
    let mut lines = vec![format!(
        "{} {}, one call may take {} ms",
        safe::line(&measured.name),
        safe::line(&measured.version),
        limits.time.as_millis()
    )];
    lines.extend(aligned(&rows));
    lines.push(format!(
        "a fresh instance starts in {} (p99 {}); it has {} of {} KiB of memory",
        in_us(measured.start.p50),
        in_us(measured.start.p99),
        measured.memory_bytes.div_ceil(1024),
        limits.memory_bytes / 1024
    ));
    lines.join("\n")
}

/// What was said, the most frequent first; how often, where it was not always the same.
fn verdicts(counted: &BTreeMap<&'static str, usize>) -> String {
    let mut counted: Vec<_> = counted.iter().collect();
    counted.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    match counted.as_slice() {
        [(word, _)] => (**word).to_owned(),
        several => {
            let several = several
                .iter()
                .map(|(word, count)| format!("{word} {count}"));
            several.collect::<Vec<_>>().join(", ")
        }
    }
}

fn in_us(time: Duration) -> String {
    format!("{:.1} µs", us(time))
}

/// Microseconds, to the hundredth.
fn us(time: Duration) -> f64 {
    hundredths(time.as_secs_f64() * 1e6)
}

fn hundredths(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Limits;
    use crate::policy::bench::Row;
    use crate::types::Digest;

    #[test]
    fn what_was_measured_is_a_table_and_the_same_in_json() {
        let spread = |p50, p99| Spread {
            p50: Duration::from_nanos(p50),
            p99: Duration::from_nanos(p99),
        };
        let row = |name: &str, bytes, verdicts: &[(&'static str, usize)], policy| Row {
            text: Text {
                name: name.to_owned(),
                content: "x".repeat(bytes),
            },
            verdicts: verdicts.iter().copied().collect(),
            policy,
            no_op: spread(700, 1_900),
        };
        let measured = Measured {
            name: "no-secrets".to_owned(),
            version: "0.1.0\u{1b}[2J".to_owned(),
            digest: Digest::of(b"module"),
            limits: Limits::default(),
            rows: vec![
                row("ASCII", 100, &[("pass", 1_000)], spread(2_100, 3_456)),
                row(
                    "mixed scripts",
                    2_000,
                    &[("hold", 1), ("pass", 999)],
                    spread(26_004, 61_250_000),
                ),
            ],
            start: spread(71_000, 140_500),
            memory_bytes: 1_114_113,
        };
        insta::assert_snapshot!(shown(&measured));
        insta::assert_snapshot!(format!("{:#}", as_json(&measured)));
    }
}
