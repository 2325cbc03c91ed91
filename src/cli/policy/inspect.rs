//! `opendialogue policy inspect`: what one module is, loadable or not.

use serde_json::{Value, json};

use super::super::failure::Failure;
use super::super::{Context, print, safe};
use super::module;
use crate::policy::{self, Description, Inspection};

/// Show what a module is: who it says it is, its digest, what it wants and gives
///
/// A module that would be refused is shown as well, with the reason. Needs no daemon.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// A module's file, a policy's folder, or the name of a policy that is configured or comes with
    /// the program
    #[arg(value_name = "FILE|FOLDER|NAME")]
    module: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Arguments {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let spec = module::named(context, &self.module)?;
        let seen = module::with_engine(|engine| {
            policy::inspect(engine, &spec.module)
                .map_err(|problem| Failure::failed(problem.to_string()))
        })?;
        match self.json {
            true => print::json(&as_json(&seen)),
            false => print::line(shown(&seen)),
        }
    }
}

fn as_json(seen: &Inspection) -> Value {
    let mut shown = json!({
        "digest": seen.digest.to_string(),
        "size": seen.size,
        "interface": seen.interface,
        "imports": seen.imports,
        "exports": seen.exports,
    });
    match &seen.described {
        Ok(said) => {
            shown["name"] = json!(said.name);
            shown["version"] = json!(said.version);
            shown["directions"] = json!(said.directions);
            shown["may_pass_on_failure"] = json!(said.may_pass_on_failure);
            shown["notes"] = json!(said.notes);
            shown["settings_schema"] = schema(said);
        }
        Err(problem) => shown["refused"] = json!(problem.to_string()),
    }
    shown
}

/// The schema as JSON, or as the text that it is where it is none.
fn schema(said: &Description) -> Value {
    let text = &said.settings_schema;
    serde_json::from_str(text).unwrap_or_else(|_| Value::from(text.as_str()))
}

fn shown(seen: &Inspection) -> String {
    let listed = |names: &[String]| match names {
        [] => "none".to_owned(),
        names => names
            .iter()
            .map(|name| safe::line(name))
            .collect::<Vec<_>>()
            .join("\n             "),
    };
    let mut rows = vec![
        ("digest", seen.digest.to_string()),
        ("size", format!("{} bytes", seen.size)),
        (
            "interface",
            seen.interface
                .as_deref()
                .map_or("unknown".to_owned(), safe::line),
        ),
        ("imports", listed(&seen.imports)),
        ("exports", listed(&seen.exports)),
    ];
    let head = match &seen.described {
        Ok(said) => {
            rows.extend(told(said));
            format!("{} {}", safe::line(&said.name), safe::line(&said.version))
        }
        Err(problem) => format!("refused: {}", safe::line(&problem.to_string())),
    };
    let rows = rows
        .into_iter()
        .map(|(key, value)| format!("  {key:<11}{value}"));
    let rows: Vec<String> = std::iter::once(head).chain(rows).collect();
    rows.join("\n")
}

fn told(said: &Description) -> Vec<(&'static str, String)> {
    let directions: Vec<&str> = said.directions.iter().map(|way| way.as_str()).collect();
    let on_failure = match said.may_pass_on_failure {
        true => "hold, reject or pass",
        false => "hold or reject",
    };
    let notes = said.notes.iter().map(|note| {
        (
            "note",
            format!("{}: {}", safe::line(&note.key), safe::line(&note.value)),
        )
    });
    let schema = format!("{:#}", schema(said));
    let schema = safe::lines(&schema, "    ");
    let rows = [
        ("judges", directions.join(", ")),
        ("on_failure", on_failure.to_owned()),
    ];
    let schema = ("settings", format!("by this schema\n{schema}"));
    rows.into_iter().chain(notes).chain([schema]).collect()
}
