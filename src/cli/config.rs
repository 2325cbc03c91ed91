//! `opendialogue config`: the configuration, checked, shown and described. Opens no port, creates no file.

use clap::{Args, Subcommand};
use serde_json::json;

use super::failure::Failure;
use super::{Context, policy, print, safe};
use crate::config::{Config, Overrides, json_schema};

/// Check, show or describe the configuration
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Check(Check),
    Show(Show),
    Schema(Schema),
}

/// Check the configuration and complain of everything that is wrong with it, with its place
///
/// The policies are loaded and take their settings, as at a start.
#[derive(Debug, Args)]
struct Check {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Show every key with its value; secrets stay hidden
#[derive(Debug, Args)]
struct Show {
    /// Say for each key who set it
    #[arg(long)]
    origin: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Print the JSON Schema of the configuration, for an editor
#[derive(Debug, Args)]
struct Schema {}

impl Arguments {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        match self.verb {
            Verb::Check(check) => check.run(context),
            Verb::Show(show) => show.run(context),
            Verb::Schema(Schema {}) => print::line(written_schema()),
        }
    }
}

/// As it stands in `references/opendialogue.schema.json`.
fn written_schema() -> String {
    format!("{:#}", json_schema::document())
}

impl Check {
    fn run(self, context: &Context) -> Result<(), Failure> {
        match policy::configuration(context)? {
            Ok(config) => {
                let cautions = config.cautions.iter();
                let cautions: Vec<&str> = cautions.map(|one| one.sentence.as_str()).collect();
                if self.json {
                    let file = &config.file;
                    return print::json(&json!({ "ok": true, "file": file, "cautions": cautions }));
                }
                print::line(right(&config))?;
                for caution in cautions {
                    print::note(format_args!("opendialogue: {}", safe::line(caution)));
                }
                Ok(())
            }
            Err(report) => {
                if self.json {
                    print::json(&json!({ "ok": false, "complaints": report.complaints() }))?;
                }
                Err(report.into())
            }
        }
    }
}

fn right(config: &Config) -> String {
    match &config.file {
        Some(file) => format!("`{}` is right", file.display()),
        None => format!(
            "there is no `{}`: every key has its default",
            config.paths.config_file().display()
        ),
    }
}

impl Show {
    fn run(self, context: &Context) -> Result<(), Failure> {
        let config = context.load(&Overrides::default())?;
        if self.json {
            return print::json(&json!({ "settings": config.settings }));
        }
        for setting in &config.settings {
            let (key, value) = (safe::line(&setting.key), safe::line(&setting.value));
            match self.origin {
                true => print::line(format_args!("{key} = {value}  # {}", setting.origin))?,
                false => print::line(format_args!("{key} = {value}"))?,
            }
        }
        Ok(())
    }
}
