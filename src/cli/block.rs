//! `opendialogue block`: nothing more from an agent, and nothing to it.

use std::time::Duration;

use axum::http::Method;
use serde_json::{Value, json};

use super::client::Client;
use super::failure::Failure;
use super::trust::{agent, changed, set};
use super::{Context, print};
use crate::types::{AgentId, Trust};

/// How often the relay is asked, with a pause before each time but the first.
const PAUSES: [Duration; 3] = [
    Duration::ZERO,
    Duration::from_secs(1),
    Duration::from_secs(3),
];

/// Block an agent
///
/// Nothing of it is taken from now on, what waits is refused, and the relay is told to turn it
/// away.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The agent
    #[arg(value_parser = agent)]
    id: AgentId,
    /// Why, kept in the relay's list
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Arguments {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let client = context.client()?;
        let trust = set(&client, &self.id, Trust::Blocked).await?;
        if !self.json {
            print::line(changed(&trust)?)?;
        }
        let mut entry = json!({ "blocked_id": self.id });
        if let Some(reason) = self.reason {
            entry["reason"] = reason.into();
        }
        let relay = tell_relay(&client, Method::POST, &entry).await?;
        if self.json {
            return print::json(&json!({ "trust": trust, "relay": relay }));
        }
        print::line(format_args!("the relay turns {} away", self.id))
    }
}

/// Changes the relay's list of blocked agents, more than once where the relay does not answer.
/// Trust here was set before, so the agent's wish holds even where this fails.
pub(super) async fn tell_relay(
    client: &Client,
    method: Method,
    entry: &Value,
) -> Result<Value, Failure> {
    let mut last = None;
    for pause in PAUSES {
        tokio::time::sleep(pause).await;
        match client.send(method.clone(), "/block", entry).await {
            Ok(answer) => return Ok(answer),
            Err(Failure::Failed(error)) => last = Some(error),
            Err(failure) => return Err(failure),
        }
    }
    let error = last.unwrap_or_else(|| anyhow::anyhow!("the relay was not asked"));
    Err(Failure::Failed(error.context(
        "here it is done, but not at the relay; give the command again later",
    )))
}
