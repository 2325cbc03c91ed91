//! Bodies: so large, so slow, and then checked field by field by whoever asked for them.

use std::time::Duration;

use axum::body::{Body, HttpBody};
use futures_util::StreamExt;
use serde::de::DeserializeOwned;

use super::Trouble;

/// How large a body may be.
const BODY_BYTES_MAX: usize = 256 * 1024;

/// How long a body may take to come.
const BODY_WITHIN: Duration = Duration::from_secs(10);

/// Reads a whole body.
pub(super) async fn read(body: Body) -> Result<Vec<u8>, Trouble> {
    // One that says beforehand that it is too large is not read at all.
    if body.size_hint().lower() > BODY_BYTES_MAX as u64 {
        return Err(Trouble::TooLarge);
    }
    match tokio::time::timeout(BODY_WITHIN, gather(body)).await {
        Ok(read) => read,
        Err(_) => Err(Trouble::TooSlow),
    }
}

async fn gather(body: Body) -> Result<Vec<u8>, Trouble> {
    let mut gathered = Vec::new();
    let mut pieces = body.into_data_stream();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|_| Trouble::Malformed("the body broke off"))?;
        if gathered.len() + piece.len() > BODY_BYTES_MAX {
            return Err(Trouble::TooLarge);
        }
        gathered.extend_from_slice(&piece);
    }
    Ok(gathered)
}

/// Reads a body as JSON of the shape `T`; `shape` says to a person what was expected.
pub(super) fn parse<T: DeserializeOwned>(body: &[u8], shape: &'static str) -> Result<T, Trouble> {
    serde_json::from_slice(body).map_err(|_| Trouble::Malformed(shape))
}

/// Refuses a text that is longer than `max` characters.
pub(super) fn bounded(text: &str, max: usize, complaint: &'static str) -> Result<(), Trouble> {
    if text.chars().nth(max).is_some() {
        return Err(Trouble::Malformed(complaint));
    }
    Ok(())
}
