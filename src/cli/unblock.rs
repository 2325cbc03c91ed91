//! `opendialogue unblock`: an agent that was blocked is a stranger again.

use axum::http::Method;
use serde_json::json;

use super::block::tell_relay;
use super::failure::Failure;
use super::trust::{agent, changed, set};
use super::{Context, print};
use crate::types::{AgentId, Trust};

/// Unblock an agent: it is `unknown` again, here and at the relay
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The agent
    #[arg(value_parser = agent)]
    id: AgentId,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Arguments {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let client = context.client()?;
        let trust = set(&client, &self.id, Trust::Unknown).await?;
        if !self.json {
            print::line(changed(&trust)?)?;
        }
        let relay = tell_relay(&client, Method::DELETE, &json!({ "blocked_id": self.id })).await?;
        if self.json {
            return print::json(&json!({ "trust": trust, "relay": relay }));
        }
        print::line(format_args!("the relay turns {} away no longer", self.id))
    }
}
