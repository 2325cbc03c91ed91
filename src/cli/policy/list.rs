//! `opendialogue policy list`: the chain in force, in its order.

use serde::Deserialize;

use super::super::client::view;
use super::super::failure::Failure;
use super::super::{Context, print, safe};
use super::{Policy, table};

/// Show the policies in force, in their order
///
/// Each with its version, the beginning of its digest, its mode and how it is; and why a change of
/// the configuration or of a module is not in force, where it is not.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Deserialize)]
struct Chain {
    policies: Vec<Policy>,
    problem: Option<String>,
}

impl Arguments {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let answer = context.client()?.get("/policies").await?;
        if self.json {
            return print::json(&answer);
        }
        let chain: Chain = view(&answer)?;
        print::line(table(&chain.policies))?;
        match chain.problem {
            Some(problem) => {
                let problem = safe::line(&problem);
                print::line(format_args!("what is wanted is not in force: {problem}"))
            }
            None => Ok(()),
        }
    }
}
