//! `opendialogue allow`: who is on this agent's allow list at the relay.

use axum::http::Method;
use serde_json::json;

use super::failure::Failure;
use super::trust::agent;
use super::{Context, print};
use crate::types::AgentId;

/// Put an agent on the relay's allow list
///
/// The list counts while it is switched on with `allowlist on`: then the relay takes messages for
/// this agent from those on it alone.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The agent
    #[arg(value_parser = agent)]
    id: AgentId,
    /// Take it off the list instead
    #[arg(long)]
    remove: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Arguments {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let (method, done) = match self.remove {
            true => (Method::DELETE, "is no longer"),
            false => (Method::POST, "is"),
        };
        let entry = json!({ "allowed_id": self.id });
        let answer = context.client()?.send(method, "/allow", &entry).await?;
        if self.json {
            return print::json(&answer);
        }
        print::line(format_args!("{} {done} on the relay's allow list", self.id))
    }
}
