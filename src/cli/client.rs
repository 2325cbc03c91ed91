//! The commands' side of the local HTTP: finds the daemon by the lock file, reads the token by
//! itself and never shows it, and turns each answer into a value or a [`Failure`].
//!
//! It speaks to loopback alone: no proxy, no redirect, no TLS.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use axum::http::{HeaderValue, Method, Request, Response, StatusCode};
use futures_util::{Stream, StreamExt};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client as Http;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::failure::Failure;
use super::time;
use crate::config::Paths;
use crate::files::{self, LockInfo};
use crate::types::Secret;

/// The time for an answer that has nothing to wait for.
const TIMEOUT: Duration = Duration::from_secs(30);
/// The time for an answer of whatever listens where a daemon would.
const STRANGER_TIMEOUT: Duration = Duration::from_secs(3);
/// More than an event has, in bytes: what goes on past it is no daemon's stream.
const EVENT_MAX_BYTES: usize = 1024 * 1024;
/// The longest answer that is read, in bytes: 500 messages with all that is said of them.
const MAX_ANSWER_BYTES: usize = 64 * 1024 * 1024;
/// More than a token file holds, in bytes.
const MAX_TOKEN_BYTES: u64 = 4 * 1024;

/// The daemon of this home, as the commands reach it.
#[derive(Debug)]
pub(super) struct Client {
    http: Http<HttpConnector, Body>,
    authority: String,
    token: Secret,
}

impl Client {
    /// Finds the daemon that holds the lock of this home.
    pub(super) fn find(paths: &Paths) -> Result<Self, Failure> {
        let holder = files::read_lock(&paths.lock()).map_err(anyhow::Error::from)?;
        let Some(holder) = holder else {
            return Err(Failure::NoDaemon(format!(
                "no daemon runs on `{}`; start one with `opendialogue daemon` or `opendialogue up`",
                paths.home().display()
            )));
        };
        Self::of(&holder)
    }

    /// The daemon that says this of itself.
    fn of(holder: &LockInfo) -> Result<Self, Failure> {
        let (Some(address), Some(token_file)) = (holder.address, &holder.token_file) else {
            return Err(Failure::NoDaemon(format!(
                "process {} is still starting or already stopping; try again",
                holder.pid
            )));
        };
        Self::at(address, token_file)
    }

    /// The daemon that listens on `address` and has its token in `token_file`.
    pub(super) fn at(address: SocketAddr, token_file: &Path) -> Result<Self, Failure> {
        let token = files::read_private_text(token_file, MAX_TOKEN_BYTES)
            .map_err(anyhow::Error::from)?
            .ok_or_else(|| Failure::failed(format!("`{}` is not there", token_file.display())))?;
        Ok(Self {
            http: Http::builder(TokioExecutor::new()).build(HttpConnector::new()),
            authority: address.to_string(),
            token: Secret::new(token.trim()),
        })
    }

    /// Whether a daemon, whosever, answers at `address`. It is told no token.
    pub(super) async fn is_at(address: SocketAddr) -> bool {
        let anybody = Self {
            http: Http::builder(TokioExecutor::new()).build(HttpConnector::new()),
            authority: address.to_string(),
            token: Secret::new(""),
        };
        let asked = anybody.call(Method::GET, "/healthz", None, STRANGER_TIMEOUT);
        asked
            .await
            .is_ok_and(|answer| answer == json!({ "ok": true }))
    }

    /// The link to the local page, with the token in it: to be shown on a terminal alone. A browser
    /// keeps what stands behind `#` to itself.
    pub(super) fn page(&self) -> String {
        format!("http://{}/#token={}", self.authority, self.token.expose())
    }

    /// Asks for `path`.
    pub(super) async fn get(&self, path: &str) -> Result<Value, Failure> {
        self.call(Method::GET, path, None, TIMEOUT).await
    }

    /// Asks for `path`, which may take `wait` to be answered.
    pub(super) async fn get_waiting(&self, path: &str, wait: Duration) -> Result<Value, Failure> {
        self.call(Method::GET, path, None, wait + TIMEOUT).await
    }

    /// Sends `body` to `path`.
    pub(super) async fn send(
        &self,
        method: Method,
        path: &str,
        body: &Value,
    ) -> Result<Value, Failure> {
        self.call(method, path, Some(body), TIMEOUT).await
    }

    /// Sends `body` to `path`, which may take `wait` to be answered.
    pub(super) async fn send_waiting(
        &self,
        method: Method,
        path: &str,
        body: &Value,
        wait: Duration,
    ) -> Result<Value, Failure> {
        self.call(method, path, Some(body), wait + TIMEOUT).await
    }

    /// The events from now on, each as its JSON, until the daemon ends.
    pub(super) async fn events(
        &self,
    ) -> Result<impl Stream<Item = Result<Value, Failure>> + use<>, Failure> {
        let asked = self.ask(self.request(Method::GET, "/events", None)?);
        let response = tokio::time::timeout(TIMEOUT, asked)
            .await
            .map_err(|_| self.silent())??;
        if response.status() != StatusCode::OK {
            return Err(refusal(response.status(), &read(response).await?));
        }
        let chunks = Body::new(response.into_body()).into_data_stream();
        let begun = (chunks, Vec::new());
        Ok(futures_util::stream::unfold(
            begun,
            |(mut chunks, mut rest)| async move {
                loop {
                    if let Some(event) = next_event(&mut rest) {
                        return Some((event, (chunks, rest)));
                    }
                    // A stream that breaks off ends as one that is closed: the daemon has gone.
                    rest.extend_from_slice(&chunks.next().await?.ok()?);
                    if rest.len() > EVENT_MAX_BYTES {
                        return None;
                    }
                }
            },
        ))
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        timeout: Duration,
    ) -> Result<Value, Failure> {
        let request = self.request(method, path, body)?;
        let answer = async {
            let response = self.ask(request).await?;
            let status = response.status();
            Ok::<_, Failure>((status, read(response).await?))
        };
        let (status, answer) = tokio::time::timeout(timeout, answer)
            .await
            .map_err(|_| self.silent())??;
        match status.is_success() {
            true => Ok(answer),
            false => Err(refusal(status, &answer)),
        }
    }

    fn silent(&self) -> Failure {
        let address = &self.authority;
        Failure::NoDaemon(format!("the daemon at {address} gives no answer"))
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Request<Body>, Failure> {
        let mut bearer = HeaderValue::try_from(format!("Bearer {}", self.token.expose()))
            .map_err(|_| Failure::failed("the token file holds no token"))?;
        bearer.set_sensitive(true);
        let request = Request::builder()
            .method(method)
            .uri(format!("http://{}{path}", self.authority))
            .header(HOST, &self.authority)
            .header(AUTHORIZATION, bearer);
        let request = match body {
            Some(body) => request
                .header(CONTENT_TYPE, "application/json")
                .body(Body::from(body.to_string())),
            None => request.body(Body::empty()),
        };
        Ok(request.map_err(anyhow::Error::from)?)
    }

    async fn ask(&self, request: Request<Body>) -> Result<Response<Incoming>, Failure> {
        self.http.request(request).await.map_err(|error| {
            let address = &self.authority;
            match error.is_connect() {
                true => Failure::NoDaemon(format!("nothing answers at {address}")),
                false => Failure::NoDaemon(format!("the daemon at {address} broke off: {error}")),
            }
        })
    }
}

/// Reads `answer` as what a command shows.
pub(super) fn view<T: DeserializeOwned>(answer: &Value) -> Result<T, Failure> {
    T::deserialize(answer).map_err(|error| {
        let error = anyhow::Error::from(error);
        Failure::Failed(
            error.context("the daemon's answer is not as expected; is it of another version?"),
        )
    })
}

async fn read(response: Response<Incoming>) -> Result<Value, Failure> {
    let body = Body::new(response.into_body());
    let bytes: Bytes = axum::body::to_bytes(body, MAX_ANSWER_BYTES)
        .await
        .map_err(|error| Failure::NoDaemon(format!("the daemon broke off: {error}")))?;
    serde_json::from_slice(&bytes)
        .map_err(|_| Failure::failed("what answers there is no OpenDialogue daemon"))
}

/// What a refused call means for the one who gave the command.
fn refusal(status: StatusCode, answer: &Value) -> Failure {
    let word = |name| answer.get(name).and_then(Value::as_str).unwrap_or_default();
    let mut sentence = match word("error") {
        "" => format!("the daemon answered {status}"),
        sentence => sentence.to_owned(),
    };
    if let Some(agents) = answer.get("agents").and_then(Value::as_array) {
        let agents: Vec<&str> = agents.iter().filter_map(Value::as_str).collect();
        // What is a part of the address there is an option here.
        let sentence_here = sentence.replace("`?from=`", "`--from`");
        sentence = format!("{sentence_here} ({})", agents.join(", "));
    }
    if let Some(wait_ms) = answer.get("retry_after_ms").and_then(Value::as_u64) {
        let wait = time::wait(Duration::from_secs(wait_ms.div_ceil(1000)));
        sentence = format!("{sentence} (try again in {wait})");
    }
    match (status.as_u16(), word("code")) {
        (403, "foreign_host" | "foreign_origin") => Failure::failed(sentence),
        (400 | 405 | 413 | 415 | 422, _) | (409, "key_reused" | "ambiguous") => {
            Failure::Words(sentence)
        }
        (403 | 409 | 429, _) | (404, "unknown_agent") => Failure::Refused(sentence),
        (503, "stopping") => Failure::NoDaemon(sentence),
        _ => Failure::failed(sentence),
    }
}

/// Takes the first whole event off `rest`; comments and events without data are passed over.
fn next_event(rest: &mut Vec<u8>) -> Option<Result<Value, Failure>> {
    loop {
        let end = rest.windows(2).position(|two| two == b"\n\n")?;
        let event: Vec<u8> = rest.drain(..end + 2).collect();
        let data = event
            .split(|byte| *byte == b'\n')
            .find_map(|line| line.strip_prefix(b"data: "));
        if let Some(data) = data {
            let read = serde_json::from_slice(data);
            return Some(read.map_err(|error| Failure::Failed(error.into())));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_ends_with_its_exit_code() {
        let code = |failure: Failure| match failure {
            Failure::OutputClosed => 0,
            Failure::Failed(_) => 1,
            Failure::Words(_) => 2,
            Failure::NoDaemon(_) => 3,
            Failure::Refused(_) => 4,
        };
        for (status, word, expected) in [
            (400, "malformed", 2),
            (401, "token_wrong", 1),
            (403, "foreign_host", 1),
            (403, "closed", 4),
            (404, "not_found", 1),
            (404, "unknown_agent", 4),
            (405, "method_not_allowed", 2),
            (409, "conversation_ended", 4),
            (409, "key_reused", 2),
            (409, "ambiguous", 2),
            (413, "too_large", 2),
            (415, "not_json", 2),
            (422, "policies_not_loaded", 2),
            (429, "rate_limited", 4),
            (500, "internal", 1),
            (502, "relay_failed", 1),
            (503, "outbox_full", 1),
            (503, "stopping", 3),
            (507, "disk_full", 1),
        ] {
            let answer = json!({ "error": "a sentence", "code": word });
            let status = StatusCode::from_u16(status).unwrap();
            assert_eq!(code(refusal(status, &answer)), expected, "{status} {word}");
        }
    }

    #[test]
    fn a_refusal_says_whom_to_choose_and_when_to_try_again() {
        let choose = "name one with `?from=`";
        let answer = json!({ "error": choose, "code": "ambiguous", "agents": ["1", "2"] });
        assert_eq!(
            refusal(StatusCode::CONFLICT, &answer).to_string(),
            "name one with `--from` (1, 2)"
        );
        let answer = json!({ "error": "slow", "code": "rate_limited", "retry_after_ms": 1500 });
        let refused = refusal(StatusCode::TOO_MANY_REQUESTS, &answer).to_string();
        assert_eq!(refused, "slow (try again in 2 s)");
        let answer =
            json!({ "error": "slow", "code": "rate_limited", "retry_after_ms": 3_599_001 });
        let refused = refusal(StatusCode::TOO_MANY_REQUESTS, &answer).to_string();
        assert_eq!(refused, "slow (try again in 1 h)");
    }

    #[test]
    fn events_are_read_as_they_come_in_pieces() {
        let mut rest = Vec::new();
        let mut seen = Vec::new();
        let stream =
            ":\n\nevent: link\ndata: {\"event\":\"link\"}\n\nevent: x\ndata: {\"n\":1}\n\nev";
        for byte in stream.bytes() {
            rest.push(byte);
            while let Some(event) = next_event(&mut rest) {
                seen.push(event.unwrap());
            }
        }
        assert_eq!(seen, [json!({ "event": "link" }), json!({ "n": 1 })]);
        assert_eq!(rest, b"ev");
    }
}
