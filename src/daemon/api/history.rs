//! `GET /history`: what was counted in the last hour, by the minute.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;

use super::openapi::Operation;
use super::openapi::schema::{count, list, object, refer};
use crate::daemon::Daemon;
use crate::daemon::view::History;

pub(super) fn routes() -> Router<Daemon> {
    Router::new().route("/history", get(history))
}

pub(super) fn described() -> Vec<Operation> {
    let counts = || json!({ "type": "object", "additionalProperties": count() });
    let by_name = |entry| json!({ "type": "object", "additionalProperties": entry });
    let spread = || {
        object(
            json!({ "count": count(), "sum": count(), "p50": count(), "p99": count() }),
            &[],
        )
    };
    let minute = object(
        json!({
            "at": refer("Time"), "received": count(), "queued": count(), "delivered": count(),
            "held": count(), "refused": count(), "dead": count(), "verdicts": by_name(counts()),
            "judging_us": spread(), "handing_over_us": spread(),
        }),
        &["verdicts", "judging_us", "handing_over_us"],
    );
    let policy = object(
        json!({ "verdicts": counts(), "elapsed_us": spread() }),
        &["elapsed_us"],
    );
    let history = object(
        json!({
            "minute_ms": count(), "minutes": list(minute), "policies": by_name(policy),
            "since_start": by_name(counts()),
        }),
        &[],
    );
    vec![Operation::get("/history", "What was counted in the last hour", history).asks_nothing()]
}

async fn history(State(daemon): State<Daemon>) -> Json<History> {
    Json(daemon.history())
}
