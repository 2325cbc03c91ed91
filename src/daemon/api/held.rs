//! `GET /held`, `POST /held/:id/release` and `POST /held/:id/refuse`: what waits for a person, and
//! that person's answer.

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::error::ApiError;
use super::extract::{Asking, Author, MaybeBody, Nothing, Page, Part, check_limit};
use super::openapi::Operation;
use super::openapi::schema::{listed, object, refer, yes_or_no};
use crate::daemon::view::{HeldAnswer, HeldMessage};
use crate::daemon::{Daemon, Release};
use crate::types::MessageId;

pub(super) fn routes() -> Router<Daemon> {
    Router::new()
        .route("/held", get(held))
        .route("/held/{id}/release", post(release))
        .route("/held/{id}/refuse", post(refuse))
}

pub(super) fn described() -> Vec<Operation> {
    let terms = object(json!({ "once": yes_or_no() }), &["once"]);
    let answer = |path, summary| {
        Operation::post(path, summary, refer("HeldAnswer"))
            .names_author()
            .refuses(409, &["not_held"])
    };
    vec![
        Operation::get(
            "/held",
            "What waits for a person",
            listed("held", "HeldMessage"),
        )
        .limited(),
        answer("/held/{id}/release", "Has a message judged again").may_have_body(terms),
        answer("/held/{id}/refuse", "Refuses a message").may_have_body(object(json!({}), &[])),
    ]
}

#[derive(Debug, Serialize)]
struct Held {
    held: Vec<HeldMessage>,
}

async fn held(
    State(daemon): State<Daemon>,
    Asking(page): Asking<Page>,
) -> Result<Json<Held>, ApiError> {
    let held = daemon.held(check_limit(page.limit)?).await?;
    Ok(Json(Held { held }))
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Terms {
    /// This message alone: a peer who asked to talk stays a stranger.
    #[serde(default)]
    once: bool,
}

async fn release(
    State(daemon): State<Daemon>,
    Part(id): Part<MessageId>,
    Asking(author): Asking<Author>,
    MaybeBody(terms): MaybeBody<Terms>,
) -> Result<Json<HeldAnswer>, ApiError> {
    let release = match terms.once {
        true => Release::PersonOnce,
        false => Release::Person,
    };
    let answer = daemon.release(&id, author.from.as_ref(), release).await??;
    Ok(Json(answer))
}

async fn refuse(
    State(daemon): State<Daemon>,
    Part(id): Part<MessageId>,
    Asking(author): Asking<Author>,
    MaybeBody(Nothing {}): MaybeBody<Nothing>,
) -> Result<Json<HeldAnswer>, ApiError> {
    let answer = daemon.refuse(&id, author.from.as_ref()).await??;
    Ok(Json(answer))
}
