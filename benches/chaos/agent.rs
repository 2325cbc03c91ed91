//! An agent: its daemon as a process, the way from there to the relay, and the gateway that the daemon
//! hands its messages to.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use reqwest::{Client, Method};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::Trouble;
use super::gateway::Gateway;
use super::plan::{self, Side};
use super::role::Role;
use super::wire::Wire;

/// How long an answer is waited for.
const ANSWER: Duration = Duration::from_secs(10);

/// How long a daemon that did not answer is left alone.
const AGAIN: Duration = Duration::from_millis(100);

/// Requests to a gateway for which a mood is thrown; past them it does what it always does.
const MOODS: usize = 100_000;

/// All five policies judge, with limits that this run does not reach.
const POLICIES: &str = r#"
[[policy]]
name = "conversation"
[policy.settings]
max_turns = 0
max_turns_per_peer_day = 1_000_000
max_new_conversations = 0
loops = "off"
[[policy]]
name = "rate-limit"
[policy.settings.inbound]
peer = { messages = { per_minute = 100_000 } }
everyone = { messages = { per_minute = 100_000 } }
[policy.settings.outbound]
peer = { messages = { per_minute = 100_000 } }
everyone = { messages = { per_minute = 100_000 } }
"#;

/// An agent.
#[derive(Debug)]
pub(crate) struct Agent {
    pub(crate) id: String,
    pub(crate) role: Arc<Role>,
    pub(crate) wire: Wire,
    pub(crate) gateway: tokio::sync::Mutex<Gateway>,
    client: Client,
}

impl Agent {
    /// Registers an agent with the relay at `relay` and brings its daemon up.
    pub(crate) async fn start(
        base: &Path,
        (side, name): (Side, &'static str),
        relay: &str,
        seed: u64,
    ) -> Result<Self, Trouble> {
        let client = client()?;
        let register = client.post(format!("http://{relay}/api/agent/register"));
        let card = register.json(&json!({ "name": name })).send().await?;
        let card: Value = card.json().await?;
        let gateway = Gateway::start().await;
        gateway.script(plan::moods(seed, side).take(MOODS));
        let wire = Wire::start(relay.to_owned()).await?;
        let role = Role::new(base, name, "daemon")?;
        let configuration = format!(
            "[relay]\nurl = \"ws://{}/connect\"\n[gateway]\nbase_url = \"{}\"\n{POLICIES}",
            wire.address,
            gateway.base_url(),
        );
        role.write_private("opendialogue.toml", &configuration)?;
        role.write_private("openclaw.json", &gateway.openclaw_json())?;
        let state = json!({
            "agentId": card["agent_id"],
            "agentSecret": card["agent_secret"],
            "maxTurnsPerConversation": 1_000_000,
        });
        role.write_private("opendialogue-state.json", &state.to_string())?;
        role.keep_up();
        role.up().await?;
        Ok(Self {
            id: card["agent_id"].as_str().ok_or("no id")?.to_owned(),
            role,
            wire,
            gateway: tokio::sync::Mutex::new(gateway),
            client,
        })
    }

    /// Asks its daemon until it answers, whatever happens to it; the status and the body.
    pub(crate) async fn ask(&self, method: &Method, path: &str, body: &Value) -> (u16, Value) {
        loop {
            match self.ask_once(method, path, body).await {
                Ok(answer) => return answer,
                Err(_) => sleep(AGAIN).await,
            }
        }
    }

    /// What its daemon answers to a question.
    pub(crate) async fn get(&self, path: &str) -> Value {
        self.ask(&Method::GET, path, &Value::Null).await.1
    }

    /// Everything that its daemon knows of a message.
    pub(crate) async fn story(&self, id: &str) -> Value {
        self.get(&format!("/messages/{id}")).await
    }

    async fn ask_once(
        &self,
        method: &Method,
        path: &str,
        body: &Value,
    ) -> Result<(u16, Value), Trouble> {
        let address = self.role.up().await?;
        let token = fs::read_to_string(self.role.home().join("opendialogue/token"))?;
        let mut request = self
            .client
            .request(method.clone(), format!("http://{address}{path}"))
            .bearer_auth(token.trim());
        if !body.is_null() {
            request = request.json(body);
        }
        let answer = request.send().await?;
        Ok((answer.status().as_u16(), answer.json().await?))
    }
}

fn client() -> Result<Client, Trouble> {
    let builder = Client::builder()
        .tls_backend_preconfigured(opendialogue::tls::trusting_nobody()?)
        .no_proxy()
        .timeout(ANSWER);
    Ok(builder.build()?)
}
