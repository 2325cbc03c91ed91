//! `opendialogue policy test`: a policy's cases through its component.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::json;

use super::super::failure::Failure;
use super::super::{Context, print, safe};
use super::limits::LimitArguments;
use super::module;
use crate::policy::PolicySpec;
use crate::policy::cases::{self, Case, Difference, Miss, Runner};

/// Run a policy's cases through its component, and show what was judged otherwise
///
/// A policy's folder has its cases in `cases/*.toml`. The module is the one that `policy build`
/// put into the folder, unless another is named.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// A policy's folder, or one file of cases
    #[arg(value_name = "FOLDER|FILE", default_value = ".")]
    place: PathBuf,
    /// The module to test: a file, a policy's folder, or a policy's name
    #[arg(long, value_name = "FILE|FOLDER|NAME")]
    module: Option<String>,
    #[command(flatten)]
    limits: LimitArguments,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// A case that did not come out as it says.
#[derive(Debug, Serialize)]
struct Failed {
    file: String,
    case: String,
    /// Why it could not be run at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    missed: Vec<Miss>,
}

impl Arguments {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let files = files(&self.place)?;
        let mut spec = match &self.module {
            Some(words) => module::named(context, words)?,
            None => built(&self.place)?,
        };
        self.limits.apply(&mut spec);
        let (run, failed) = run(spec, &files)?;
        if self.json {
            print::json(&json!({ "cases": run, "failed": failed }))?;
        } else {
            print::line(shown(run, &failed))?;
        }
        match failed.len() {
            0 => Ok(()),
            1 => Err(Failure::failed(format!("1 of {run} cases failed"))),
            many => Err(Failure::failed(format!("{many} of {run} cases failed"))),
        }
    }
}

/// The files of cases, in their order, each with its text parsed.
fn files(place: &Path) -> Result<Vec<(String, Vec<Case>)>, Failure> {
    let mut paths = Vec::new();
    if place.is_dir() {
        let folder = place.join("cases");
        let entries = fs::read_dir(&folder);
        let entries = entries.map_err(|error| unreadable(&folder, &error))?;
        for entry in entries {
            paths.push(entry?.path());
        }
        paths.retain(|path| path.extension() == Some(OsStr::new("toml")));
        paths.sort();
    } else {
        paths.push(place.to_owned());
    }
    let mut files = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).map_err(|error| unreadable(&path, &error))?;
        let cases = cases::parse(&text)
            .map_err(|error| Failure::Words(format!("`{}`: {error}", path.display())))?;
        files.push((path.display().to_string(), cases));
    }
    match files.iter().any(|(_, cases)| !cases.is_empty()) {
        true => Ok(files),
        false => Err(Failure::Words(format!(
            "`{}` has no cases",
            place.display()
        ))),
    }
}

/// The module that `policy build` put into the folder of the cases.
fn built(place: &Path) -> Result<PolicySpec, Failure> {
    let folder = match place.is_dir() {
        true => Some(place),
        false => place.parent().and_then(Path::parent),
    };
    // The parent of `cases/x.toml` has no name of its own.
    let folder = folder.map(|folder| match folder.as_os_str().is_empty() {
        true => Path::new("."),
        false => folder,
    });
    module::in_folder(folder.unwrap_or(Path::new(".")))
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::Words(format!("`{}` cannot be read: {error}", path.display()))
}

/// Runs every case; tells how many there were, and those that failed.
fn run(spec: PolicySpec, files: &[(String, Vec<Case>)]) -> Result<(usize, Vec<Failed>), Failure> {
    module::with_engine(|engine| {
        let mut runner = Runner::new(engine, spec);
        let mut failed = Vec::new();
        let mut run = 0;
        for (file, cases) in files {
            for case in cases {
                run += 1;
                let (error, missed) = match runner.run(case) {
                    Ok(missed) => (None, missed),
                    Err(not_loaded) => (Some(not_loaded.to_string()), Vec::new()),
                };
                if error.is_some() || !missed.is_empty() {
                    failed.push(Failed {
                        file: file.clone(),
                        case: case.name.clone(),
                        error,
                        missed,
                    });
                }
            }
        }
        Ok((run, failed))
    })
}

fn shown(run: usize, failed: &[Failed]) -> String {
    let mut lines: Vec<String> = failed.iter().flat_map(of_case).collect();
    let passed = run - failed.len();
    lines.push(format!("{passed} passed, {} failed", failed.len()));
    lines.join("\n")
}

/// The lines of one case: what failed on the left, what was expected and what came on the right.
fn of_case(failed: &Failed) -> Vec<String> {
    let mut lines = vec![format!(
        "{}: {}",
        safe::line(&failed.file),
        safe::line(&failed.case)
    )];
    let error = failed.error.iter();
    lines.extend(error.map(|error| safe::lines(error, "  ")));
    for miss in &failed.missed {
        lines.push(format!("  message {}", miss.message));
        lines.extend(miss.differences.iter().flat_map(of_difference));
    }
    lines.push(String::new());
    lines
}

fn of_difference(one: &Difference) -> Vec<String> {
    let sides = [('-', &one.expected), ('+', &one.got)];
    let sides = sides
        .into_iter()
        .filter_map(|(sign, side)| Some((sign, side.as_ref()?)));
    let lines = sides.flat_map(|(sign, side)| side.split('\n').map(move |line| (sign, line)));
    let lines = lines.enumerate().map(|(row, (sign, line))| {
        let what = if row == 0 { one.what } else { "" };
        format!("    {what:<15}{sign} {}", safe::line(line))
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_failed_is_a_table_with_a_difference_for_each_thing() {
        let difference = |what, expected: Option<&str>, got: Option<&str>| Difference {
            what,
            expected: expected.map(str::to_owned),
            got: got.map(str::to_owned),
        };
        let failed = [
            Failed {
                file: "cases/links.toml".to_owned(),
                case: "a link is refused".to_owned(),
                error: None,
                missed: vec![Miss {
                    message: 2,
                    differences: vec![
                        difference("verdict", Some("reject"), Some("rewrite")),
                        difference("code", Some("no_links"), None),
                        difference("content", None, Some("see\u{202e}\u{1b}[2J")),
                        difference("annotations", Some("url: a\nurl: b"), Some("url: a")),
                    ],
                }],
            },
            Failed {
                file: "cases/settings.toml".to_owned(),
                case: "it takes a limit".to_owned(),
                error: Some("policy `links`: setting `limit` must be a number".to_owned()),
                missed: Vec::new(),
            },
        ];
        insta::assert_snapshot!(shown(7, &failed));
    }
}
