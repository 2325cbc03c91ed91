//! `GET /events`: what happens, as it happens, as server-sent events.
//!
//! Nobody waits for a slow reader: what it missed is counted in a `lagged` event, and it goes on
//! with what comes next. A comment every 15 seconds shows that the stream lives.

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::sse::{self, KeepAlive, Sse};
use axum::routing::get;
use futures_util::stream::{self, Stream};
use serde_json::json;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;

use super::openapi::Operation;
use crate::daemon::Daemon;
use crate::daemon::view::Event;

const HEARTBEAT: Duration = Duration::from_secs(15);

pub(super) fn routes() -> Router<Daemon> {
    Router::new().route("/events", get(events))
}

pub(super) fn described() -> Vec<Operation> {
    let stream = json!({ "type": "string" });
    vec![
        Operation::get("/events", "What happens, as it happens", stream)
            .of_kind("text/event-stream")
            .asks_nothing(),
    ]
}

async fn events(
    State(daemon): State<Daemon>,
) -> Sse<impl Stream<Item = Result<sse::Event, Infallible>>> {
    let told = told(daemon.events(), daemon.stopping());
    Sse::new(told).keep_alive(KeepAlive::new().interval(HEARTBEAT))
}

/// The events of `receiver` in their written form, until there are no more or `stopping`.
fn told(
    receiver: Receiver<Event>,
    stopping: CancellationToken,
) -> impl Stream<Item = Result<sse::Event, Infallible>> {
    stream::unfold(
        (receiver, stopping),
        |(mut receiver, stopping)| async move {
            let received = stopping.run_until_cancelled(receiver.recv()).await?;
            let written = match received {
                Ok(event) => write(&event),
                Err(RecvError::Lagged(missed)) => write_lagged(missed),
                Err(RecvError::Closed) => return None,
            };
            Some((Ok(written), (receiver, stopping)))
        },
    )
}

fn write(event: &Event) -> sse::Event {
    let name = match event {
        Event::Message { .. } => "message",
        Event::Live { .. } => "live",
        Event::Link { .. } => "link",
        Event::Gateway { .. } => "gateway",
        Event::PolicyReload { .. } => "policy_reload",
        Event::Trust { .. } => "trust",
    };
    let data = serde_json::to_string(event).expect("an event is made of texts and numbers");
    sse::Event::default().event(name).data(data)
}

fn write_lagged(missed: u64) -> sse::Event {
    let data = serde_json::json!({ "event": "lagged", "missed": missed });
    sse::Event::default().event("lagged").data(data.to_string())
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse;
    use tokio::sync::broadcast;

    use super::*;
    use crate::types::{AgentId, Trust};

    #[tokio::test]
    async fn a_slow_reader_is_told_what_it_missed_and_goes_on() {
        let (sender, receiver) = broadcast::channel(2);
        for number in 1..=5 {
            sender.send(trusted(number)).unwrap();
        }
        drop(sender);
        insta::assert_snapshot!(text(told(receiver, CancellationToken::new())).await);
    }

    #[tokio::test]
    async fn the_stream_ends_when_the_daemon_stops() {
        let (sender, receiver) = broadcast::channel(2);
        let stopping = CancellationToken::new();
        stopping.cancel();
        assert_eq!(text(told(receiver, stopping)).await, "");
        drop(sender);
    }

    #[tokio::test(start_paused = true)]
    async fn a_quiet_stream_shows_that_it_lives() {
        let (sender, receiver) = broadcast::channel::<Event>(2);
        let stopping = CancellationToken::new();
        let told = told(receiver, stopping.clone());
        let quiet = Sse::new(told).keep_alive(KeepAlive::new().interval(HEARTBEAT));
        let mut body = quiet.into_response().into_body().into_data_stream();
        let first = futures_util::StreamExt::next(&mut body)
            .await
            .unwrap()
            .unwrap();
        assert!(first.starts_with(b":"), "{first:?}");
        drop(sender);
    }

    fn trusted(number: u32) -> Event {
        Event::Trust {
            agent_id: AgentId::new(&number.to_string()).unwrap(),
            level: Trust::Known,
        }
    }

    async fn text(
        told: impl Stream<Item = Result<sse::Event, Infallible>> + Send + 'static,
    ) -> String {
        let body = Sse::new(told).into_response().into_body();
        let bytes = axum::body::to_bytes(body, 64 * 1024).await.unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    }
}
