//! Requests to the gateway: the only place that speaks HTTP to it.
//!
//! Redirects are not followed and no proxy is used: the token goes to the gateway that the
//! configuration names and nowhere else. Nothing is logged here.

use std::time::Duration;

use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Response, redirect};
use serde::Deserialize;

use super::hook::{Call, Reply};
use super::trouble::GatewayTrouble;
use crate::config::GatewayUrl;
use crate::tls;
use crate::types::Secret;

/// How long a hook request may take. The gateway waits 15 s for a busy session before it says so;
/// hanging up before that would leave the outcome unknown.
pub(in crate::daemon) const HOOK_TIMEOUT: Duration = Duration::from_secs(30);

/// How long the question whether the gateway lives may take.
const HEALTH_TIMEOUT: Duration = Duration::from_secs(5);

/// How long making a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long an idle connection is kept. The gateway closes its end after 5 s, and a request that
/// meets the closing is cut with its outcome unknown.
const IDLE_TIMEOUT: Duration = Duration::from_secs(3);

/// The most of an answer's body that is read.
const BODY_HEAD: usize = 16 * 1024;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Where messages are handed over, and the right to do so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::daemon) struct Endpoint {
    url: String,
    bearer: Bearer,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Bearer(Secret);

/// A gateway, reached over connections that are used again.
#[derive(Debug, Clone)]
pub(in crate::daemon) struct Gateway {
    client: Client,
    base: GatewayUrl,
}

/// No requests can be made at all.
#[derive(Debug, thiserror::Error)]
#[error("no HTTP client for the gateway")]
pub struct NoClient(#[source] Box<dyn std::error::Error + Send + Sync>);

/// What a gateway says when it is asked whether it lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::daemon) enum Health {
    /// It lives.
    Live,
    /// It does not, or what answers is no gateway.
    Not {
        /// Which of the two.
        trouble: GatewayTrouble,
        /// The same for a person.
        why: String,
    },
}

impl Endpoint {
    /// The hook below `path` of the gateway at `base`.
    pub(in crate::daemon) fn new(base: &GatewayUrl, path: &str, token: &Secret) -> Self {
        Self {
            url: base.join(&format!("{path}/agent")),
            bearer: Bearer(Secret::new(format!("Bearer {}", token.expose()))),
        }
    }
}

impl Bearer {
    /// A token that no header can carry is sent as none, so the gateway says 401 and we say why.
    fn header(&self) -> HeaderValue {
        let mut header = HeaderValue::from_str(self.0.expose())
            .unwrap_or_else(|_| HeaderValue::from_static("Bearer"));
        header.set_sensitive(true);
        header
    }
}

impl Gateway {
    /// The gateway at `base`.
    pub(in crate::daemon) fn new(base: GatewayUrl) -> Result<Self, NoClient> {
        let tls = match base.is_loopback() {
            true => tls::trusting_nobody(),
            false => tls::trusting_the_system(),
        };
        let client = Client::builder()
            .tls_backend_preconfigured(tls.map_err(|error| NoClient(Box::new(error)))?)
            .redirect(redirect::Policy::none())
            .no_proxy()
            .http1_only()
            .connect_timeout(CONNECT_TIMEOUT)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .user_agent(concat!("opendialogue/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| NoClient(Box::new(error)))?;
        Ok(Self { client, base })
    }

    /// Hands a message over.
    pub(in crate::daemon) async fn post(
        &self,
        endpoint: &Endpoint,
        call: Call,
        timeout: Duration,
    ) -> Reply {
        let request = self
            .client
            .post(&endpoint.url)
            .header(AUTHORIZATION, endpoint.bearer.header())
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .header(IDEMPOTENCY_KEY, &call.idempotency_key)
            .timeout(timeout)
            .body(call.body);
        match request.send().await {
            Ok(response) => read(response).await,
            Err(error) => failed(&error),
        }
    }

    /// Asks whether the gateway lives.
    pub(in crate::daemon) async fn health(&self) -> Health {
        read_health(&self.ask("/health").await)
    }

    /// Asks for what it says of itself at `path`.
    pub(in crate::daemon) async fn ask(&self, path: &str) -> Reply {
        let request = self.client.get(self.base.join(path));
        match request.timeout(HEALTH_TIMEOUT).send().await {
            Ok(response) => read(response).await,
            Err(error) => failed(&error),
        }
    }
}

async fn read(mut response: Response) -> Reply {
    let status = response.status().as_u16();
    let text = |name| {
        let header: Option<&HeaderValue> = response.headers().get(name);
        header
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned)
    };
    let retry_after = text(RETRY_AFTER);
    let is_json = text(CONTENT_TYPE).is_some_and(|kind| kind.starts_with("application/json"));
    let mut head = Vec::new();
    let body = loop {
        match response.chunk().await {
            Ok(Some(chunk)) => head.extend_from_slice(&chunk),
            Ok(None) => break Some(head),
            Err(_) => break None,
        }
        if head.len() > BODY_HEAD {
            head.truncate(BODY_HEAD);
            break Some(head);
        }
    };
    Reply::Answered {
        status,
        retry_after,
        is_json,
        body,
    }
}

fn failed(error: &reqwest::Error) -> Reply {
    // A connection that was not made in time is both.
    if error.is_connect() || error.is_builder() {
        return Reply::NoConnection;
    }
    if error.is_timeout() {
        return Reply::TimedOut;
    }
    Reply::Cut
}

/// What an answer to `/health` says.
pub(in crate::daemon) fn read_health(reply: &Reply) -> Health {
    #[derive(Deserialize)]
    struct Said {
        ok: bool,
    }
    match reply {
        Reply::Answered {
            status: 200,
            body: Some(body),
            ..
        } if serde_json::from_slice::<Said>(body).is_ok_and(|said| said.ok) => Health::Live,
        Reply::Answered { status, .. } => Health::Not {
            trouble: GatewayTrouble::NoGateway,
            why: format!("what answers `/health` with {status} is no gateway"),
        },
        Reply::NoConnection | Reply::TimedOut | Reply::Cut => Health::Not {
            trouble: GatewayTrouble::Away,
            why: "the gateway cannot be reached".to_owned(),
        },
    }
}
