//! The one way in which the relay's HTTP says no: a status and `{"error": "<sentence>"}`, with the
//! protocol's code where a message was refused.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::json;
use tracing::error;

use crate::relay::session::Denied;
use crate::relay::store::StoreError;
use crate::types::{ErrorCode, Refusal};

/// Why a call is not answered as its caller hoped.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The call is not as the protocol writes it.
    Malformed(&'static str),
    /// The body is too large.
    TooLarge,
    /// The body did not come in time.
    TooSlow,
    /// There is no proof of who calls, or it does not hold.
    Denied(Denied),
    /// Only the agent itself may do this.
    NotYours,
    /// A page of another site asks.
    OtherSite,
    /// There is nothing there.
    NotFound,
    /// Nothing there takes this method.
    MethodNotAllowed,
    /// Too much of it.
    TooMany(&'static str),
    /// There is no room for more.
    Full(&'static str),
    /// A message was refused.
    Refused(Refusal),
    /// The relay failed.
    Failed,
}

impl From<StoreError> for Trouble {
    fn from(why: StoreError) -> Self {
        error!("a call could not be answered: {why}");
        Trouble::Failed
    }
}

impl From<Denied> for Trouble {
    fn from(denied: Denied) -> Self {
        Trouble::Denied(denied)
    }
}

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        let (status, sentence) = match self {
            Trouble::Malformed(what) => (StatusCode::BAD_REQUEST, what),
            Trouble::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "the body is over 256 KiB"),
            Trouble::TooSlow => (StatusCode::REQUEST_TIMEOUT, "the body came too slowly"),
            Trouble::Denied(Denied::NoId) => (StatusCode::UNAUTHORIZED, "missing x-agent-id"),
            Trouble::Denied(Denied::Unproven) => (StatusCode::UNAUTHORIZED, "unauthorized"),
            Trouble::Denied(Denied::ClockSkew) => (StatusCode::UNAUTHORIZED, "clock_skew"),
            Trouble::NotYours => (StatusCode::FORBIDDEN, "only the agent itself may do this"),
            Trouble::OtherSite => (
                StatusCode::FORBIDDEN,
                "a page of another site is not answered",
            ),
            Trouble::NotFound => (StatusCode::NOT_FOUND, "not found"),
            Trouble::MethodNotAllowed => (
                StatusCode::METHOD_NOT_ALLOWED,
                "this method is not for this path",
            ),
            Trouble::TooMany(what) => (StatusCode::TOO_MANY_REQUESTS, what),
            Trouble::Full(what) => (StatusCode::CONFLICT, what),
            Trouble::Failed => (StatusCode::INTERNAL_SERVER_ERROR, "the relay failed"),
            Trouble::Refused(refusal) => return refused(&refusal),
        };
        (status, Json(json!({ "error": sentence }))).into_response()
    }
}

fn refused(refusal: &Refusal) -> Response {
    let status = match refusal.code {
        ErrorCode::AgentNotFound => StatusCode::NOT_FOUND,
        ErrorCode::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        ErrorCode::AgentBlocked | ErrorCode::NotInAllowlist | ErrorCode::Unauthorized => {
            StatusCode::FORBIDDEN
        }
        ErrorCode::ConversationEnded => StatusCode::CONFLICT,
        ErrorCode::InternalError => StatusCode::INTERNAL_SERVER_ERROR,
        ErrorCode::InvalidSignature
        | ErrorCode::ReplayAttack
        | ErrorCode::TimestampExpired
        | ErrorCode::MessageTooLarge
        | ErrorCode::InvalidMessageType
        | ErrorCode::InvalidContent => StatusCode::BAD_REQUEST,
    };
    let body = json!({ "error": refusal.reason, "code": refusal.code.as_str() });
    (status, Json(body)).into_response()
}
