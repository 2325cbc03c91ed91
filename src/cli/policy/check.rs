//! `opendialogue policy check`: the chain of the configuration, or one module, as a start would load
//! it. Creates nothing.

use serde_json::{Value, json};

use super::super::client::view;
use super::super::failure::Failure;
use super::super::{Context, print};
use super::limits::LimitArguments;
use super::{module, table};
use crate::config::{Overrides, PolicyEntry};
use crate::policy::{Chain, Engine, Fault, LoadFailed, PolicySpec};

/// Load, configure and try the policies as a start would, and say everything that is wrong
///
/// Without a module: the chain of the configuration. Needs no daemon and creates nothing.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// A module's file, a policy's folder, or a policy's name
    #[arg(value_name = "FILE|FOLDER|NAME")]
    module: Option<String>,
    /// The module's settings, as JSON
    #[arg(long, value_name = "JSON", requires = "module", value_parser = module::settings)]
    settings: Option<Value>,
    #[command(flatten)]
    limits: LimitArguments,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Arguments {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let checked = match &self.module {
            Some(words) => self.one(context, words)?,
            None if self.limits.are_given() => {
                return Err(Failure::Words(
                    "`--time` and `--memory` go with a module; the configuration has `limits`"
                        .to_owned(),
                ));
            }
            None => of_entries(&context.load(&Overrides::default())?.policies)?,
        };
        let faults = match checked {
            Ok(chain) if self.json => {
                return print::json(&json!({ "ok": true, "policies": chain.snapshot() }));
            }
            Ok(chain) => return print::line(table(&view::<Vec<_>>(&json!(chain.snapshot()))?)),
            Err(faults) => faults,
        };
        if self.json {
            print::json(&json!({ "ok": false, "faults": faults }))?;
        }
        let said: Vec<String> = faults.iter().map(Fault::to_string).collect();
        Err(Failure::Words(said.join("\n")))
    }

    fn one(&self, context: &Context, words: &str) -> Result<Result<Chain, Vec<Fault>>, Failure> {
        let mut spec = module::named(context, words)?;
        if let Some(settings) = &self.settings {
            spec.settings = settings.clone();
        }
        self.limits.apply(&mut spec);
        module::with_engine(|engine| {
            let loaded = load(engine, &[spec]);
            // There is no line to tell: the settings stand on the command line.
            Ok(loaded.map_err(|failed| Fault::of_load(&failed, &[])))
        })
    }
}

/// The chain of `entries`, or every fault of it.
pub(super) fn of_entries(entries: &[PolicyEntry]) -> Result<Result<Chain, Vec<Fault>>, Failure> {
    let specs: Vec<PolicySpec> = entries.iter().map(PolicySpec::from).collect();
    module::with_engine(|engine| {
        let loaded = load(engine, &specs);
        Ok(loaded.map_err(|failed| Fault::of_load(&failed, entries)))
    })
}

fn load(engine: &Engine, specs: &[PolicySpec]) -> Result<Chain, LoadFailed> {
    let chain = Chain::load(engine, specs)?;
    chain.self_test()?;
    Ok(chain)
}
