//! `GET /inbox`: what came in, and waiting for what comes next; for a person or, `?as=fenced`, for a
//! model.

use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::time::Instant;

use super::error::ApiError;
use super::extract::{Asking, Form, check_limit};
use super::openapi::Operation;
use super::openapi::schema::{listed, words};
use crate::daemon::Daemon;
use crate::daemon::view::{FencedMessage, InboxMessage};
use crate::db::DbError;

/// The longest that a request waits for a message, in seconds: less than what proxies and
/// clients give up after.
const MAX_WAIT_SECONDS: u64 = 60;

pub(super) fn routes() -> Router<Daemon> {
    Router::new().route("/inbox", get(inbox))
}

pub(super) fn described() -> Vec<Operation> {
    // Of no message at all both are true.
    let inbox = json!({
        "anyOf": [listed("messages", "InboxMessage"), listed("messages", "FencedMessage")],
    });
    let wait = json!({ "type": "integer", "minimum": 0, "maximum": MAX_WAIT_SECONDS });
    vec![
        Operation::get("/inbox", "What came in", inbox)
            .query(
                "after",
                json!({ "type": "integer" }),
                "What came after this `seq`.",
            )
            .limited()
            .looks_back()
            .query("wait", wait, "Seconds to wait where there is nothing yet.")
            .query(
                "as",
                words(&["fenced"]),
                "For a model: each text behind a fence.",
            ),
    ]
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    after: Option<i64>,
    before: Option<i64>,
    limit: Option<usize>,
    wait: Option<u64>,
    #[serde(rename = "as")]
    form: Option<Form>,
}

#[derive(Debug, Serialize)]
struct Inbox<M> {
    messages: Vec<M>,
}

async fn inbox(
    State(daemon): State<Daemon>,
    Asking(page): Asking<Page>,
) -> Result<Response, ApiError> {
    let limit = check_limit(page.limit)?;
    let wait = check_wait(page.wait)?;
    let messages = match (page.before, page.after) {
        (None, after) => read(&daemon, after, limit, wait).await?,
        (Some(before), None) if wait.is_zero() => daemon.inbox_before(before, limit).await?,
        (Some(_), _) => {
            return Err(ApiError::malformed(
                "`before` looks back, so it stands without `after` and `wait`",
            ));
        }
    };
    Ok(match page.form {
        None => Json(Inbox { messages }).into_response(),
        Some(Form::Fenced) => {
            let reader = daemon.reader();
            let messages = messages.into_iter().map(|message| reader.message(message));
            let messages: Vec<FencedMessage> = messages.collect();
            Json(Inbox { messages }).into_response()
        }
    })
}

fn check_wait(seconds: Option<u64>) -> Result<Duration, ApiError> {
    match seconds.unwrap_or(0) {
        seconds @ 0..=MAX_WAIT_SECONDS => Ok(Duration::from_secs(seconds)),
        _ => Err(ApiError::malformed(format!(
            "`wait` is a number of seconds from 0 to {MAX_WAIT_SECONDS}"
        ))),
    }
}

/// Reads the inbox; where there is nothing yet, again for each arrival until `wait` is over.
async fn read(
    daemon: &Daemon,
    after: Option<i64>,
    limit: usize,
    wait: Duration,
) -> Result<Vec<InboxMessage>, DbError> {
    let deadline = Instant::now() + wait;
    let stopping = daemon.stopping();
    loop {
        let messages = daemon.inbox(after, limit).await?;
        let patience = deadline.saturating_duration_since(Instant::now());
        if !messages.is_empty() || patience.is_zero() {
            return Ok(messages);
        }
        let arrival = daemon.wait_for_inbox(after.unwrap_or(0), patience);
        match stopping.run_until_cancelled(arrival).await {
            Some(waited) => waited?,
            None => return Ok(messages),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_has_a_bound() {
        for (asked, expected) in [(None, Some(0)), (Some(60), Some(60)), (Some(61), None)] {
            let expected = expected.map(Duration::from_secs);
            assert_eq!(check_wait(asked).ok(), expected, "{asked:?}");
        }
    }
}
