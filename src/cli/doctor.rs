//! `opendialogue doctor`: what is wrong with this agent's setup, and the command that mends it.
//!
//! `look` gathers the facts, from files, the relay, the gateway and a daemon if one runs; the files
//! named after a part of the setup judge them, each a plain function of the facts. It mends nothing
//! and changes nothing.

mod daemon;
mod disk;
mod files;
mod finding;
mod gateway;
mod home;
mod look;
mod messages;
mod relay;
mod skill;

use serde_json::json;

use super::failure::Failure;
use super::{Context, print};

/// Say what is wrong, and the command that mends it
///
/// It looks at the home, the relay, the gateway, the policies, what waits for a person, the disk and
/// the skill, with and without a running daemon. It changes nothing. Exit code 1 where there is a
/// problem.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Arguments {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let diagnosis = look::at_everything(context).await?;
        match self.json {
            true => print::json(&json!(diagnosis))?,
            false => print::line(diagnosis.shown())?,
        }
        match diagnosis.problems() {
            0 => Ok(()),
            1 => Err(Failure::failed("there is a problem")),
            count => Err(Failure::failed(format!("there are {count} problems"))),
        }
    }
}
