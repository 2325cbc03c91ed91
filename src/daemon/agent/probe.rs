//! Asking the gateway how it is without delivering anything: for who looks for what is wrong.
//!
//! The hook is asked with a body that it refuses before it runs anything, so its answer tells of the
//! token alone. A wrong token uses up one of the tries that the gateway allows: ask once.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;

use super::deliver::HookInForce;
use super::gateway::{Endpoint, Gateway, Health, NoClient, read_health};
use super::hook::{Call, Reply};
use crate::config::Config;
use crate::config::openclaw::HookSettings;
use crate::follow::Followed;

/// How long the hook may take to refuse a body.
const TIMEOUT: Duration = Duration::from_secs(10);

/// How a gateway is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GatewayHealth {
    /// It lives, and takes messages.
    Ready,
    /// It lives, and takes nothing until it has restarted.
    Draining,
    /// Something answers that is no gateway.
    Foreign(String),
    /// Nothing answers.
    Away,
}

/// What the hook says to our token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HookAnswer {
    /// It is the hook's.
    TokenRight,
    /// It is not.
    TokenWrong,
    /// There are no hooks, or none below this path.
    NoHooks,
    /// What answers is no hook.
    NoHookThere,
    /// It cannot be told, and why.
    Unsaid(String),
}

/// Asks the gateway of `config` whether it lives and takes messages.
pub async fn gateway_health(config: &Config) -> Result<GatewayHealth, NoClient> {
    let gateway = Gateway::new(config.gateway.base_url.clone())?;
    let health = gateway.ask("/health").await;
    let ready = gateway.ask("/readyz").await;
    Ok(how(&health, &ready))
}

/// Asks the hook of `config` once whether it takes our token. Nothing is run.
pub async fn try_hook(config: &Config) -> Result<HookAnswer, NoClient> {
    let settings = HookSettings::read(config.paths.openclaw_json());
    let newest = match settings {
        Ok(settings) => Followed {
            good: Some(Arc::new(settings)),
            problem: None,
        },
        Err(complaint) => Followed {
            good: None,
            problem: Some(complaint.to_string()),
        },
    };
    let hook = match HookInForce::new(&config.gateway, &newest) {
        Ok(hook) => hook,
        Err(why) => return Ok(HookAnswer::Unsaid(why)),
    };
    let gateway = Gateway::new(config.gateway.base_url.clone())?;
    Ok(heard(&ask(&gateway, &hook.endpoint).await))
}

/// Asks the hook once, without a message: nothing is run.
async fn ask(gateway: &Gateway, hook: &Endpoint) -> Reply {
    let empty = Call {
        idempotency_key: "od:probe".to_owned(),
        body: b"{}".to_vec(),
    };
    gateway.post(hook, empty, TIMEOUT).await
}

fn how(health: &Reply, ready: &Reply) -> GatewayHealth {
    match (read_health(health), health, ready) {
        (Health::Live, _, Reply::Answered { status: 503, .. }) => GatewayHealth::Draining,
        (Health::Live, ..) => GatewayHealth::Ready,
        (Health::Not { why, .. }, Reply::Answered { .. }, _) => GatewayHealth::Foreign(why),
        (Health::Not { .. }, Reply::NoConnection | Reply::TimedOut | Reply::Cut, _) => {
            GatewayHealth::Away
        }
    }
}

fn heard(reply: &Reply) -> HookAnswer {
    let Reply::Answered { status, body, .. } = reply else {
        return HookAnswer::Unsaid("the hook gave no answer".to_owned());
    };
    match status {
        400 if is_refusal(body.as_deref().unwrap_or_default()) => HookAnswer::TokenRight,
        // After many wrong tries it says 429 to a wrong token, and still takes the right one.
        401 | 429 => HookAnswer::TokenWrong,
        404 => HookAnswer::NoHooks,
        200..=400 | 403 | 405 => HookAnswer::NoHookThere,
        status => HookAnswer::Unsaid(format!("the hook answered {status}")),
    }
}

/// Whether the body is the gateway's own way to refuse one.
fn is_refusal(body: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Said {
        ok: bool,
        error: String,
    }
    serde_json::from_slice::<Said>(body).is_ok_and(|said| !said.ok && !said.error.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16, body: &str) -> Reply {
        Reply::Answered {
            status,
            retry_after: None,
            is_json: true,
            body: Some(body.as_bytes().to_vec()),
        }
    }

    #[test]
    fn an_answer_of_the_hook_tells_of_the_token() {
        let refused = r#"{"ok": false, "error": "message required"}"#;
        let unsaid = |why: &str| HookAnswer::Unsaid(why.to_owned());
        for (reply, answer) in [
            (answered(400, refused), HookAnswer::TokenRight),
            (answered(400, "<html>"), HookAnswer::NoHookThere),
            (answered(401, "Unauthorized"), HookAnswer::TokenWrong),
            (answered(429, "Too Many Requests"), HookAnswer::TokenWrong),
            (answered(404, "Not Found"), HookAnswer::NoHooks),
            (answered(405, ""), HookAnswer::NoHookThere),
            (answered(200, "<html>"), HookAnswer::NoHookThere),
            (answered(302, ""), HookAnswer::NoHookThere),
            (answered(503, "{}"), unsaid("the hook answered 503")),
            (Reply::TimedOut, unsaid("the hook gave no answer")),
        ] {
            assert_eq!(heard(&reply), answer, "{reply:?}");
        }
    }

    #[test]
    fn a_gateway_is_told_from_what_is_none_and_from_nothing() {
        let live = || answered(200, r#"{"ok": true, "status": "live"}"#);
        for (health, ready, is) in [
            (live(), answered(200, "{}"), GatewayHealth::Ready),
            (live(), answered(404, ""), GatewayHealth::Ready),
            (live(), answered(503, "{}"), GatewayHealth::Draining),
            (
                Reply::NoConnection,
                Reply::NoConnection,
                GatewayHealth::Away,
            ),
        ] {
            assert_eq!(how(&health, &ready), is, "{health:?} {ready:?}");
        }
        let foreign = how(&answered(200, "<html>"), &answered(200, "<html>"));
        assert!(matches!(foreign, GatewayHealth::Foreign(_)), "{foreign:?}");
    }
}
