//! `GET /dead`, `POST /dead/:id/retry` and `POST /dead/:id/drop`: what was given up, and what a
//! person wants to become of it.

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Serialize;
use serde_json::json;

use super::error::ApiError;
use super::extract::{Asking, Author, MaybeBody, Nothing, Page, Part, check_limit};
use super::openapi::Operation;
use super::openapi::schema::{listed, object, refer};
use crate::daemon::Daemon;
use crate::daemon::view::{DeadAnswer, DeadMessage};
use crate::types::MessageId;

pub(super) fn routes() -> Router<Daemon> {
    Router::new()
        .route("/dead", get(dead))
        .route("/dead/{id}/retry", post(retry))
        .route("/dead/{id}/drop", post(let_go))
}

pub(super) fn described() -> Vec<Operation> {
    let answer = |path, summary| {
        Operation::post(path, summary, refer("DeadAnswer"))
            .names_author()
            .may_have_body(object(json!({}), &[]))
            .refuses(409, &["not_dead"])
    };
    vec![
        Operation::get("/dead", "What was given up", listed("dead", "DeadMessage")).limited(),
        answer("/dead/{id}/retry", "Tries a message again").refuses(409, &["blocked"]),
        answer("/dead/{id}/drop", "Lets a message go, with its text"),
    ]
}

#[derive(Debug, Serialize)]
struct Dead {
    dead: Vec<DeadMessage>,
}

async fn dead(
    State(daemon): State<Daemon>,
    Asking(page): Asking<Page>,
) -> Result<Json<Dead>, ApiError> {
    let dead = daemon.dead(check_limit(page.limit)?).await?;
    Ok(Json(Dead { dead }))
}

async fn retry(
    State(daemon): State<Daemon>,
    Part(id): Part<MessageId>,
    Asking(author): Asking<Author>,
    MaybeBody(Nothing {}): MaybeBody<Nothing>,
) -> Result<Json<DeadAnswer>, ApiError> {
    let answer = daemon.retry_dead(&id, author.from.as_ref()).await??;
    Ok(Json(answer))
}

async fn let_go(
    State(daemon): State<Daemon>,
    Part(id): Part<MessageId>,
    Asking(author): Asking<Author>,
    MaybeBody(Nothing {}): MaybeBody<Nothing>,
) -> Result<Json<DeadAnswer>, ApiError> {
    let answer = daemon.drop_dead(&id, author.from.as_ref()).await??;
    Ok(Json(answer))
}
