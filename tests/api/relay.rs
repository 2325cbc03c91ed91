//! A relay that answers REST as its paths say, and writes down what it was asked.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::{Json, Router};
use opendialogue::tasks::Tasks;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// The relay of one test.
#[derive(Debug)]
pub(crate) struct Scripted {
    address: SocketAddr,
    asked: Asked,
}

type Asked = Arc<Mutex<Vec<String>>>;

impl Scripted {
    pub(crate) async fn start() -> Self {
        let asked = Asked::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&asked));
        Tasks::new().spawn("test.relay", async move {
            // It serves until the test's runtime ends.
            let _ = axum::serve(listener, router).await;
        });
        Self { address, asked }
    }

    /// The lines of a configuration that name it.
    pub(crate) fn setting(&self) -> String {
        format!("[relay]\nurl = \"ws://{}\"\n", self.address)
    }

    /// What it was asked by REST, in order.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

/// Answers `/api/agent/<status>` with that status and everything else with success.
async fn answer(
    State(asked): State<Asked>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, Json<Value>) {
    let path = uri.path();
    if !path.starts_with("/api/") {
        return (
            StatusCode::SERVICE_UNAVAILABLE,
            Json(json!({ "error": "REST only" })),
        );
    }
    let signed = ["x-agent-id", "x-timestamp", "x-nonce", "x-signature"];
    let signed = signed.iter().all(|name| headers.contains_key(*name));
    let body = String::from_utf8(body.to_vec()).unwrap();
    let signed = if signed { "signed" } else { "not signed" };
    asked
        .lock()
        .unwrap()
        .push(format!("{method} {path} {body} ({signed})"));
    let status = path
        .rsplit('/')
        .next()
        .and_then(|last| last.parse::<u16>().ok());
    match status.and_then(|status| StatusCode::from_u16(status).ok()) {
        Some(status) => (status, Json(json!({ "error": "as the test wants" }))),
        None => (StatusCode::OK, Json(json!({ "ok": true, "path": path }))),
    }
}
