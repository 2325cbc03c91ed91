//! The relay's REST: registering, looking an agent up, and the owner's lists, signed.

use std::error::Error;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::link::ClockOffset;
use super::link::dial::date;
use super::random;
use crate::clock::Clock;
use crate::config::state_file::Identity;
use crate::config::{Config, ProxySettings, RelayUrl};
use crate::types::text::heard;
use crate::types::{AgentId, Secret, Timestamp};
use crate::wire::canonical::rest_request;
use crate::wire::{Form, Material, SigningKey};

/// From the first packet to the end of the answer.
const DEADLINE: Duration = Duration::from_secs(20);

/// The most that is read of an answer, in bytes.
const ANSWER_MAX_BYTES: usize = 1024 * 1024;

/// A client of one relay. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct RelayClient {
    http: reqwest::Client,
    relay: RelayUrl,
    clock: Clock,
    offset: ClockOffset,
}

/// A call on the relay's REST, to be signed and passed on.
#[derive(Debug, Clone, PartialEq)]
pub struct RelayCall {
    /// The method.
    pub method: http::Method,
    /// The path and query, from `/api` on.
    pub path: String,
    /// The body, if the call has one.
    pub body: Option<Value>,
}

/// What the relay answered.
#[derive(Debug, Clone, PartialEq)]
pub struct RelayAnswer {
    /// The status.
    pub status: u16,
    /// The body; null where it is no JSON.
    pub body: Value,
}

/// The relay gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum RelayCallError {
    /// No client could be made.
    #[error("no HTTP client: {0}")]
    Client(String),
    /// Nothing came back.
    #[error("the relay {relay} does not answer: {why}")]
    Unreachable {
        /// Where it should be.
        relay: String,
        /// What went wrong.
        why: String,
        /// What is behind that.
        cause: String,
    },
    /// It answered what it should not.
    #[error("the relay {relay} answered {status}: {said}")]
    Refused {
        /// Which.
        relay: String,
        /// The status.
        status: u16,
        /// Its sentence.
        said: String,
    },
}

/// How a relay is, as it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelayHealth {
    /// Its clock less ours, in milliseconds, where it told the time.
    pub clock_offset_ms: Option<i64>,
    /// Its word for what is wrong with it.
    pub trouble: Option<String>,
}

/// Asks the relay of `config` how it is, by nobody's name and without a daemon.
pub async fn relay_health(config: &Config, clock: Clock) -> Result<RelayHealth, RelayCallError> {
    let relay = config.relay.url.clone();
    let offset = ClockOffset::default();
    let client = RelayClient::new(relay, &config.proxies, clock, offset)?;
    client.health().await
}

/// An answer to a registration.
#[derive(Deserialize)]
struct Registered {
    agent_id: AgentId,
    agent_secret: String,
}

impl RelayClient {
    pub(super) fn new(
        relay: RelayUrl,
        proxies: &ProxySettings,
        clock: Clock,
        offset: ClockOffset,
    ) -> Result<Self, RelayCallError> {
        let client = |why: String| RelayCallError::Client(why);
        let tls = if relay.is_secure() {
            crate::tls::trusting_the_system()
        } else {
            crate::tls::trusting_nobody()
        };
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls.map_err(|why| client(why.to_string()))?)
            .redirect(reqwest::redirect::Policy::none())
            .timeout(DEADLINE)
            .no_proxy();
        let scheme = if relay.is_secure() { "https" } else { "http" };
        let proxy = proxies
            .proxy_for(scheme, relay.host(), relay.port())
            .map_err(|why| client(why.to_string()))?;
        if let Some(proxy) = proxy {
            let mut through = reqwest::Proxy::all(format!("http://{}", proxy.address()))
                .map_err(|why| client(why.to_string()))?;
            if let Some(authorization) = proxy.authorization {
                through = through.custom_http_auth(authorization);
            }
            builder = builder.proxy(through);
        }
        let http = builder.build().map_err(|why| client(why.to_string()))?;
        Ok(Self {
            http,
            relay,
            clock,
            offset,
        })
    }

    /// Registers a new agent under `name`.
    pub(super) async fn register(&self, name: &str) -> Result<Identity, RelayCallError> {
        let body = json!({ "name": name, "version": env!("CARGO_PKG_VERSION") });
        let request = self
            .request(&http::Method::POST, "/api/agent/register")
            .json(&body);
        let answer = self.answer(request).await?;
        if answer.status != 201 {
            return Err(self.refused(&answer));
        }
        let registered: Registered = serde_json::from_value(answer.body).map_err(|why| {
            self.unreachable(&why, format!("its answer to a registration: {why}"))
        })?;
        Ok(Identity {
            agent_id: registered.agent_id,
            agent_secret: Secret::new(registered.agent_secret),
        })
    }

    /// Whether the relay has a connection of `agent`.
    pub(super) async fn is_online(&self, agent: &AgentId) -> Result<bool, RelayCallError> {
        let path = format!("/api/agent/{agent}");
        let answer = self.answer(self.request(&http::Method::GET, &path)).await?;
        match answer.body.get("online").and_then(Value::as_bool) {
            Some(online) if answer.status == 200 => Ok(online),
            _ => Err(self.refused(&answer)),
        }
    }

    /// Asks the relay how it is.
    async fn health(&self) -> Result<RelayHealth, RelayCallError> {
        let (answer, date) = self
            .dated(self.request(&http::Method::GET, "/healthz"))
            .await?;
        let state = answer.body.get("state").and_then(Value::as_str);
        Ok(RelayHealth {
            clock_offset_ms: date.map(|_| self.offset.as_millis()),
            // Another relay may have no such path, and something else in its place.
            trouble: state.filter(|_| answer.status == 503).map(heard),
        })
    }

    /// Passes a call on, signed by `me`.
    pub(super) async fn call(
        &self,
        me: &AgentId,
        secret: &Secret,
        call: RelayCall,
    ) -> Result<RelayAnswer, RelayCallError> {
        let body = call.body.map(|body| body.to_string()).unwrap_or_default();
        let now = self.offset.apply(self.clock.now());
        let nonce = random::nonce();
        let request = rest_request(call.method.as_str(), &call.path, body.as_bytes());
        let material = Material::of_request(me, &request, now, &nonce);
        let signature = SigningKey::new(secret).sign(&material, Form::V1);
        let mut request = self
            .request(&call.method, &call.path)
            .header("x-agent-id", me.as_str())
            .header("x-timestamp", now.to_string())
            .header("x-nonce", nonce.as_str())
            .header("x-signature", signature);
        if !body.is_empty() {
            request = request
                .header(http::header::CONTENT_TYPE, "application/json")
                .body(body);
        }
        self.answer(request).await
    }

    fn request(&self, method: &http::Method, path: &str) -> reqwest::RequestBuilder {
        let url = format!("{}{path}", self.relay.rest_base());
        self.http.request(method.clone(), url)
    }

    async fn answer(
        &self,
        request: reqwest::RequestBuilder,
    ) -> Result<RelayAnswer, RelayCallError> {
        Ok(self.dated(request).await?.0)
    }

    /// The answer, and the relay's clock as it told it.
    async fn dated(
        &self,
        request: reqwest::RequestBuilder,
    ) -> Result<(RelayAnswer, Option<Timestamp>), RelayCallError> {
        let mut response = request
            .send()
            .await
            .map_err(|why| self.unreachable(&why, with_causes(&why)))?;
        let date = date(response.headers());
        self.offset.learn(date, self.clock.now());
        let status = response.status().as_u16();
        let mut bytes = Vec::new();
        while let Some(chunk) = response
            .chunk()
            .await
            .map_err(|why| self.unreachable(&why, with_causes(&why)))?
        {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > ANSWER_MAX_BYTES {
                return Err(self.endless());
            }
        }
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Ok((RelayAnswer { status, body }, date))
    }

    fn refused(&self, answer: &RelayAnswer) -> RelayCallError {
        let said = answer.body.get("error").and_then(Value::as_str);
        RelayCallError::Refused {
            relay: self.relay.authority(),
            status: answer.status,
            said: heard(said.unwrap_or("without a reason")),
        }
    }

    fn unreachable(&self, error: &dyn Error, why: String) -> RelayCallError {
        let mut cause = error;
        while let Some(behind) = cause.source() {
            cause = behind;
        }
        RelayCallError::Unreachable {
            relay: self.relay.authority(),
            why: heard(&why),
            cause: heard(&cause.to_string()),
        }
    }

    fn endless(&self) -> RelayCallError {
        let why = "its answer has no end".to_owned();
        RelayCallError::Unreachable {
            relay: self.relay.authority(),
            cause: why.clone(),
            why,
        }
    }
}

/// An error of the HTTP client with what is behind it, which alone says what went wrong.
fn with_causes(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
