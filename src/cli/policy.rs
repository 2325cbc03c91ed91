//! `opendialogue policy`: the policies, each verb in a file of its own.

mod bench;
mod build;
mod check;
mod inspect;
mod limits;
mod list;
mod module;
mod new;
mod reload;
mod test;

use clap::Subcommand;
use serde::Deserialize;

use super::failure::Failure;
use super::{Context, safe};
use crate::config::{Config, Examined, PolicyEntry, Report};
use crate::policy::Fault;

/// Show, write, test and load policies
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    List(list::Arguments),
    Inspect(inspect::Arguments),
    Check(check::Arguments),
    Test(test::Arguments),
    Bench(bench::Arguments),
    New(new::Arguments),
    Build(build::Arguments),
    Reload(reload::Arguments),
}

impl Arguments {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        match self.verb {
            Verb::List(arguments) => arguments.run(context).await,
            Verb::Inspect(arguments) => arguments.run(context),
            Verb::Check(arguments) => arguments.run(context),
            Verb::Test(arguments) => arguments.run(context),
            Verb::Bench(arguments) => arguments.run(context),
            Verb::New(arguments) => arguments.run(),
            Verb::Build(arguments) => arguments.run(),
            Verb::Reload(arguments) => arguments.run(context).await,
        }
    }
}

/// The policies of `entries` as a start would load them: how many, or every fault.
pub(super) fn loadable(entries: &[PolicyEntry]) -> Result<Result<usize, Vec<Fault>>, Failure> {
    let checked = check::of_entries(entries)?;
    Ok(checked.map(|chain| chain.snapshot().len()))
}

/// The configuration, with its policies loaded and configured as a start would; or everything that is
/// wrong with either.
pub(super) fn configuration(context: &Context) -> Result<Result<Config, Report>, Failure> {
    let Examined { loaded, policies } = context.examine();
    let Err(faults) = check::of_entries(&policies)? else {
        return Ok(loaded);
    };
    let mut report = loaded.err().unwrap_or_default();
    for fault in faults {
        // Of a value that cannot be read its policy may complain once more.
        let is_told = report
            .complaints()
            .iter()
            .any(|one| one.origin == fault.origin);
        if !is_told {
            report.add(fault.origin, fault.sentence);
        }
    }
    report.sort();
    Ok(Err(report))
}

/// A policy of the chain in force, as the daemon tells it.
#[derive(Debug, Deserialize)]
struct Policy {
    name: String,
    version: Option<String>,
    digest: Option<String>,
    mode: String,
    state: String,
    error: Option<String>,
}

/// A table of policies, and below it what is wrong with each.
fn table(policies: &[Policy]) -> String {
    /// Digits of a digest that tell modules apart at a glance; `--json` shows all.
    const SHORT: usize = 12;
    let cell = |text: Option<&String>| text.map_or("-".to_owned(), |text| safe::line(text));
    let rows = policies.iter().map(|policy| {
        let mut digest = cell(policy.digest.as_ref());
        digest.truncate(digest.floor_char_boundary(SHORT));
        let Policy {
            name, mode, state, ..
        } = policy;
        let [name, mode, state] = [name, mode, state].map(|text| safe::line(text));
        [name, cell(policy.version.as_ref()), digest, mode, state]
    });
    let head = ["name", "version", "digest", "mode", "state"].map(str::to_owned);
    let rows: Vec<[String; 5]> = std::iter::once(head).chain(rows).collect();
    let lines = aligned(&rows);
    let errors = policies.iter().filter_map(|policy| {
        let error = safe::line(policy.error.as_ref()?);
        Some(format!("{}: {error}", safe::line(&policy.name)))
    });
    let lines: Vec<String> = lines.into_iter().chain(errors).collect();
    lines.join("\n")
}

/// The rows of a table as lines, each column as wide as its widest cell.
fn aligned<const COLUMNS: usize>(rows: &[[String; COLUMNS]]) -> Vec<String> {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let widths: [usize; COLUMNS] = std::array::from_fn(|column| width(column).unwrap_or_default());
    let lines = rows.iter().map(|row| {
        let cells = row.iter().zip(widths);
        let cells: Vec<String> = cells
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        cells.join("  ").trim_end().to_owned()
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policies_are_a_table_with_what_is_wrong_below() {
        let policies: Vec<Policy> = serde_json::from_value(serde_json::json!([
            { "name": "acl", "version": "0.1.0", "digest": "0123456789abcdef", "mode": "enforce",
              "state": "ready" },
            { "name": "rate-limit", "version": "0.2.0", "digest": "fedcba9876543210",
              "mode": "monitor", "state": "failing", "error": "it took\u{1b}[2J longer than 50 ms" },
            { "name": "mine", "version": null, "digest": null, "mode": "off", "state": "off" },
        ]))
        .unwrap();
        insta::assert_snapshot!(table(&policies));
    }
}
