//! `opendialogue trust`: how far each peer is trusted, and changing it.

use axum::http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::ask::{self, Said};
use super::client::{Client, view};
use super::failure::Failure;
use super::{Context, print, time};
use crate::types::{AgentId, InvalidId, Trust};

/// Show how far each agent is trusted, or change it
///
/// Levels are `blocked`, `unknown`, `known` and `owner`. What waits of an agent that is blocked is
/// refused at once. A change is asked about on the terminal.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The agent
    #[arg(requires = "level", value_parser = agent)]
    id: Option<AgentId>,
    /// Its level from now on
    level: Option<Trust>,
    /// Do not ask; needed where there is no terminal
    #[arg(long, requires = "level")]
    yes: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Arguments {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let (Some(id), Some(level)) = (&self.id, self.level) else {
            return self.list(&context.client()?).await;
        };
        let client = context.client()?;
        ask::confirm(
            Said::from_flag(self.yes),
            &format!("Set {id} to `{level}`?"),
        )?;
        let answer = set(&client, id, level).await?;
        if self.json {
            return print::json(&answer);
        }
        print::line(changed(&answer)?)
    }

    async fn list(&self, client: &Client) -> Result<(), Failure> {
        #[derive(Deserialize)]
        struct Levels {
            trust: Vec<Level>,
        }
        #[derive(Deserialize)]
        struct Level {
            agent_id: AgentId,
            level: Trust,
            changed_at: u64,
        }
        let answer = client.get("/trust").await?;
        if self.json {
            return print::json(&answer);
        }
        let Levels { trust } = view(&answer)?;
        if trust.is_empty() {
            return print::line("every agent is unknown");
        }
        trust.iter().try_for_each(|entry| {
            let Level {
                agent_id,
                level,
                changed_at,
            } = entry;
            print::line(format_args!(
                "{agent_id}  {level}  since {}",
                time::moment(*changed_at)
            ))
        })
    }
}

/// Reads the id of an agent about whom something is decided. The word of a level in its place is a
/// slip, since nobody means an agent of that name.
pub(super) fn agent(text: &str) -> Result<AgentId, String> {
    match text.parse::<Trust>() {
        Ok(level) => Err(format!(
            "`{level}` is a level of trust and no agent: the id comes first, as in `opendialogue \
             trust ID {level}`"
        )),
        Err(_) => text.parse().map_err(|error: InvalidId| error.to_string()),
    }
}

/// Sets the level of an agent.
pub(super) async fn set(client: &Client, id: &AgentId, level: Trust) -> Result<Value, Failure> {
    let change = json!({ "agent_id": id, "level": level });
    client.send(Method::POST, "/trust", &change).await
}

/// What a change of a level did, in one line.
pub(super) fn changed(answer: &Value) -> Result<String, Failure> {
    #[derive(Deserialize)]
    struct Changed {
        agent_id: AgentId,
        level: Trust,
        refused: u64,
    }
    let Changed {
        agent_id,
        level,
        refused,
    } = view(answer)?;
    Ok(match refused {
        0 => format!("{agent_id} is {level} now"),
        1 => format!("{agent_id} is {level} now; 1 message that waited was refused"),
        _ => format!("{agent_id} is {level} now; {refused} messages that waited were refused"),
    })
}
