//! The one shape of every error that the local API answers: `{"error": "<sentence>", "code":
//! "<word>"}`, with a status that scripts may rely on.
//!
//! Each way to say no has its word and status here and nowhere else. A sentence never quotes a
//! token, a body or a message.

use std::borrow::Cow;
use std::time::Duration;

use axum::Json;
use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tracing::error;

use super::guard::{Denied, MAX_BODY_BYTES};
use crate::daemon::view::{DeadRefusal, HeldRefusal, SendRefusal, TrialRefusal};
use crate::daemon::{EndRefusal, RelayCallError};
use crate::db::DbError;
use crate::policy::words;
use crate::types::AgentId;

/// Where it stands what can be asked.
const LISTED: &str = "`GET /openapi.json` lists what there is, and `references/api.md` explains it";

/// An answer that is no success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ApiError {
    status: StatusCode,
    body: Body,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Body {
    error: String,
    code: Cow<'static, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_ms: Option<u64>,
    /// The agents among which the caller has to choose one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    agents: Vec<AgentId>,
}

impl ApiError {
    /// An answer with `status`, the word `code` and one sentence.
    pub(super) fn new(
        status: StatusCode,
        code: impl Into<Cow<'static, str>>,
        sentence: impl Into<String>,
    ) -> Self {
        Self {
            status,
            body: Body {
                error: sentence.into(),
                code: code.into(),
                retry_after_ms: None,
                agents: Vec::new(),
            },
        }
    }

    /// The same about one part of the request.
    pub(super) fn about(mut self, part: &str) -> Self {
        self.body.error = format!("{part}: {}", self.body.error);
        self
    }

    /// The words of the request are wrong.
    pub(super) fn malformed(sentence: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed", sentence)
    }

    /// There is no such thing.
    pub(super) fn not_found(sentence: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", sentence)
    }

    /// The path is none of ours.
    pub(super) fn no_route() -> Self {
        Self::not_found(format!("there is nothing at this path; {LISTED}"))
    }

    /// The path is ours and takes the methods in `allowed`, of which this is none.
    pub(super) fn no_method(allowed: &str) -> Self {
        let sentence = format!("this path takes {allowed} alone; {LISTED}");
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            sentence,
        )
    }

    /// The body did not come in time.
    pub(super) fn slow_body() -> Self {
        Self::new(
            StatusCode::REQUEST_TIMEOUT,
            "timeout",
            "the body did not come in time",
        )
    }

    /// More than one agent fits: the caller has to say which.
    pub(super) fn ambiguous(sentence: impl Into<String>, agents: Vec<AgentId>) -> Self {
        let mut error = Self::new(StatusCode::CONFLICT, "ambiguous", sentence);
        error.body.agents = agents;
        error
    }

    /// Nothing is begun any more.
    pub(super) fn stopping() -> Self {
        let sentence = "the daemon is stopping";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "stopping", sentence)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let wait = self.body.retry_after_ms.map(Duration::from_millis);
        let mut response = (self.status, Json(self.body)).into_response();
        if let Some(wait) = wait {
            // The header counts whole seconds; too early would only be refused again.
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            response
                .headers_mut()
                .insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            let bearer = HeaderValue::from_static("Bearer");
            response.headers_mut().insert(WWW_AUTHENTICATE, bearer);
        }
        response
    }
}

impl From<Denied> for ApiError {
    fn from(denied: Denied) -> Self {
        let (status, code, sentence) = match denied {
            Denied::Host => (
                StatusCode::FORBIDDEN,
                "foreign_host",
                "the `Host` header does not name this listener".to_owned(),
            ),
            Denied::Origin => (
                StatusCode::FORBIDDEN,
                "foreign_origin",
                "pages of other origins are not served".to_owned(),
            ),
            Denied::NoToken => (
                StatusCode::UNAUTHORIZED,
                "token_missing",
                "this needs `Authorization: Bearer` with the token of the daemon's token file"
                    .to_owned(),
            ),
            Denied::WrongToken => (
                StatusCode::UNAUTHORIZED,
                "token_wrong",
                "the bearer token is not the one of the daemon's token file".to_owned(),
            ),
            Denied::NotJson => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "not_json",
                "a body needs `Content-Type: application/json`".to_owned(),
            ),
            Denied::TooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "too_large",
                format!("a body has at most {MAX_BODY_BYTES} bytes"),
            ),
        };
        Self::new(status, code, sentence)
    }
}

impl From<SendRefusal> for ApiError {
    fn from(refusal: SendRefusal) -> Self {
        match refusal {
            SendRefusal::Malformed(sentence) => Self::malformed(sentence),
            SendRefusal::Policy {
                code,
                reason,
                retry_after_ms,
            } => {
                let status = match code == words::RATE_LIMITED {
                    true => StatusCode::TOO_MANY_REQUESTS,
                    false => StatusCode::FORBIDDEN,
                };
                let mut error = Self::new(status, code, reason);
                error.body.retry_after_ms = retry_after_ms;
                error
            }
            SendRefusal::ConversationEnded(id) => Self::new(
                StatusCode::CONFLICT,
                "conversation_ended",
                format!(
                    "the conversation `{id}` has ended; a message that names no conversation opens a new one"
                ),
            ),
            SendRefusal::KeyReused => Self::new(
                StatusCode::CONFLICT,
                "key_reused",
                "the idempotency key was used before with another body",
            ),
            SendRefusal::Full => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "outbox_full",
                "the outbox is full; nothing was taken, try again when some of it is sent",
            ),
            SendRefusal::FullForReceiver => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "outbox_full",
                "as many messages wait for this agent as may; nothing was taken, try again when \
                 some of them are sent",
            ),
        }
    }
}

impl From<EndRefusal> for ApiError {
    fn from(refusal: EndRefusal) -> Self {
        match refusal {
            EndRefusal::NotFound => Self::not_found("there is no such conversation"),
            EndRefusal::Ambiguous(agents) => Self::ambiguous(
                "several agents have a conversation of this name; name one with `?peer=`",
                agents,
            ),
            EndRefusal::NotSent(refusal) => refusal.into(),
            EndRefusal::AlreadyEnded => Self::new(
                StatusCode::CONFLICT,
                "conversation_ended",
                "the conversation has ended already",
            ),
        }
    }
}

impl From<HeldRefusal> for ApiError {
    fn from(refusal: HeldRefusal) -> Self {
        match refusal {
            HeldRefusal::NotFound => Self::not_found("no message of this name is known"),
            HeldRefusal::NotHeld(state) => Self::new(
                StatusCode::CONFLICT,
                "not_held",
                format!("the message is not held: it is {state}"),
            ),
            HeldRefusal::Ambiguous(agents) => Self::ambiguous(
                "messages of this name from several agents are held; name one with `?from=`",
                agents,
            ),
        }
    }
}

impl From<DeadRefusal> for ApiError {
    fn from(refusal: DeadRefusal) -> Self {
        match refusal {
            DeadRefusal::NotFound => Self::not_found("no message of this name is known"),
            DeadRefusal::NotDead(state) => Self::new(
                StatusCode::CONFLICT,
                "not_dead",
                format!("the message was not given up: it is {state}"),
            ),
            DeadRefusal::Ambiguous(agents) => Self::ambiguous(
                "messages of this name from several agents were given up; name one with `?from=`",
                agents,
            ),
            DeadRefusal::Blocked(agent) => Self::new(
                StatusCode::CONFLICT,
                "blocked",
                format!(
                    "agent {agent} is blocked; set its trust before its message is tried again"
                ),
            ),
        }
    }
}

impl From<TrialRefusal> for ApiError {
    fn from(refusal: TrialRefusal) -> Self {
        match refusal {
            TrialRefusal::TooLong(sentence) => Self::malformed(sentence),
            TrialRefusal::Busy => Self::new(
                StatusCode::TOO_MANY_REQUESTS,
                "busy",
                "another message is being tried out; one at a time",
            ),
        }
    }
}

impl From<RelayCallError> for ApiError {
    fn from(error: RelayCallError) -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "relay_unreachable",
            error.to_string(),
        )
    }
}

impl From<DbError> for ApiError {
    fn from(error: DbError) -> Self {
        if matches!(error, DbError::Closing) {
            return Self::stopping();
        }
        error!(error = %error, "the local API could not use the database: {error}");
        if error.is_full() {
            let sentence = "the disk is full; nothing was taken";
            return Self::new(StatusCode::INSUFFICIENT_STORAGE, "disk_full", sentence);
        }
        if error.is_damage() {
            let sentence = "the database is damaged; nothing was taken, `status` says more";
            return Self::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "database_damaged",
                sentence,
            );
        }
        let sentence = "the daemon could not use its database; its log says more";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", sentence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::ConversationId;

    /// What a caller sees of `error`: status, `Retry-After` and body.
    async fn seen(error: ApiError) -> String {
        let response = error.into_response();
        let status = response.status().as_u16();
        let retry_after = response.headers().get(RETRY_AFTER).cloned();
        let body = axum::body::to_bytes(response.into_body(), MAX_BODY_BYTES)
            .await
            .unwrap();
        let body = String::from_utf8(body.to_vec()).unwrap();
        match retry_after {
            Some(seconds) => format!("{status} after {} s {body}", seconds.to_str().unwrap()),
            None => format!("{status} {body}"),
        }
    }

    fn policy(code: &str, retry_after_ms: Option<u64>) -> SendRefusal {
        SendRefusal::Policy {
            code: code.to_owned(),
            reason: "said by a policy".to_owned(),
            retry_after_ms,
        }
    }

    #[tokio::test]
    async fn each_refusal_of_a_send_has_its_status_and_word() {
        let mut table = Vec::new();
        for refusal in [
            SendRefusal::Malformed("the content is empty".to_owned()),
            policy("closed", None),
            policy("rate_limited", Some(1_001)),
            policy("rate_limited", None),
            SendRefusal::ConversationEnded(ConversationId::new("c-1").unwrap()),
            SendRefusal::KeyReused,
            SendRefusal::Full,
            SendRefusal::FullForReceiver,
        ] {
            table.push(seen(refusal.into()).await);
        }
        insta::assert_snapshot!(table.join("\n"));
    }

    #[tokio::test]
    async fn each_refusal_at_the_door_has_its_status_and_word() {
        let mut table = Vec::new();
        for denied in [
            Denied::Host,
            Denied::Origin,
            Denied::NoToken,
            Denied::WrongToken,
            Denied::NotJson,
            Denied::TooLarge,
        ] {
            table.push(seen(denied.into()).await);
        }
        insta::assert_snapshot!(table.join("\n"));
    }
}
