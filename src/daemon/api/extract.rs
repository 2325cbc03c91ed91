//! What a request carries, read into types or refused with a sentence: the body, a part of the
//! path, the query. Unknown and repeated names are refused everywhere.

use std::fmt::Display;
use std::str::FromStr;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::error::ApiError;
use super::guard::{Denied, MAX_BODY_BYTES};
use crate::types::AgentId;

/// The time for a body to come in whole.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// How many are asked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Page {
    pub(super) limit: Option<usize>,
}

/// For whom messages are shown; a person where nothing is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Form {
    /// For a model: each text behind a fence, and nowhere else.
    Fenced,
}

/// An id is its author's: where messages of two authors have the same, the caller names one.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Author {
    pub(super) from: Option<AgentId>,
}

/// A JSON body.
#[derive(Debug)]
pub(super) struct Body<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let bytes = read(request, BODY_TIMEOUT).await?;
        parse(&bytes).map(Body)
    }
}

/// A JSON body that may be left out.
#[derive(Debug)]
pub(super) struct MaybeBody<T>(pub(super) T);

impl<T: DeserializeOwned + Default, S: Send + Sync> FromRequest<S> for MaybeBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let bytes = read(request, BODY_TIMEOUT).await?;
        match bytes.is_empty() {
            true => Ok(Self(T::default())),
            false => parse(&bytes).map(Self),
        }
    }
}

/// The body of a request that says all in its path.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    // Derived reading would also take an array, field by field.
    if !bytes.trim_ascii_start().starts_with(b"{") {
        return Err(ApiError::malformed("this needs a body: a JSON object"));
    }
    serde_json::from_slice(bytes)
        .map_err(|error| ApiError::malformed(format!("the body is not as it must be: {error}")))
}

async fn read(request: Request, timeout: Duration) -> Result<Bytes, ApiError> {
    let body = axum::body::to_bytes(request.into_body(), MAX_BODY_BYTES);
    let read = tokio::time::timeout(timeout, body)
        .await
        .map_err(|_| ApiError::slow_body())?;
    // Two things end a body early: the limit, and a client that is gone and reads no answer.
    read.map_err(|_| Denied::TooLarge.into())
}

/// The one part of the path that varies.
#[derive(Debug)]
pub(super) struct Part<T>(pub(super) T);

impl<T, S> FromRequestParts<S> for Part<T>
where
    T: FromStr,
    T::Err: Display,
    S: Send + Sync,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Path(text) = Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|_| ApiError::malformed("the path is not UTF-8"))?;
        text.parse()
            .map(Part)
            .map_err(|error| ApiError::malformed(format!("in the path: {error}")))
    }
}

/// The query.
#[derive(Debug)]
pub(super) struct Asking<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Asking<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        Query::from_request_parts(parts, state)
            .await
            .map(|Query(query)| Asking(query))
            .map_err(|rejection| {
                let text = rejection.body_text();
                let sentence = text.strip_prefix("Failed to deserialize query string: ");
                ApiError::malformed(format!("in the query: {}", sentence.unwrap_or(&text)))
            })
    }
}

/// How many entries of a list are asked for: 50, or what the caller says, from 1 to 500.
pub(super) fn check_limit(limit: Option<usize>) -> Result<usize, ApiError> {
    const DEFAULT: usize = 50;
    const MOST: usize = 500;
    match limit {
        None => Ok(DEFAULT),
        Some(limit) if (1..=MOST).contains(&limit) => Ok(limit),
        Some(_) => Err(ApiError::malformed(format!("`limit` is from 1 to {MOST}"))),
    }
}

#[cfg(test)]
mod tests {
    use axum::body;
    use futures_util::{StreamExt, stream};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_body_that_never_ends_is_given_up() {
        let chunks = stream::pending::<Result<Bytes, std::io::Error>>();
        let request = Request::new(body::Body::from_stream(chunks));
        assert_eq!(
            read(request, BODY_TIMEOUT).await,
            Err(ApiError::slow_body())
        );
    }

    #[tokio::test]
    async fn a_body_of_unannounced_length_is_cut_at_the_limit() {
        let chunk = Bytes::from(vec![b' '; 64 * 1024]);
        for (chunks, taken) in [(4, true), (5, false)] {
            let chunks = stream::iter(vec![chunk.clone(); chunks]).map(Ok::<_, std::io::Error>);
            let read = read(Request::new(body::Body::from_stream(chunks)), BODY_TIMEOUT).await;
            assert_eq!(read.is_ok(), taken);
        }
    }

    #[test]
    fn a_limit_has_bounds() {
        for (asked, expected) in [
            (None, Some(50)),
            (Some(1), Some(1)),
            (Some(500), Some(500)),
            (Some(0), None),
            (Some(501), None),
        ] {
            assert_eq!(check_limit(asked).ok(), expected, "{asked:?}");
        }
    }
}
