//! A gateway that admits everything at once, says when a request came and counts its messages.

use std::error::Error;
use std::net::SocketAddr;
use std::time::Instant;

use axum::Router;
use axum::extract::State;
use axum::routing::{get, post};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

/// The token that the hook takes.
pub(crate) const HOOK_TOKEN: &str = "hook-token-of-the-bench";

pub(crate) struct Gateway {
    address: SocketAddr,
    arrivals: mpsc::Receiver<Arrival>,
}

/// A request.
pub(crate) struct Arrival {
    pub(crate) at: Instant,
    pub(crate) messages: usize,
}

impl Gateway {
    pub(crate) async fn start() -> Result<Self, Box<dyn Error>> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (arrived, arrivals) = mpsc::channel(64);
        let routes = Router::new()
            .route(
                "/health",
                get(|| async { r#"{"ok":true,"status":"live"}"# }),
            )
            .route("/hooks/agent", post(admit))
            .with_state(arrived);
        tokio::task::spawn(async move { axum::serve(listener, routes).await });
        Ok(Self { address, arrivals })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The next request.
    pub(crate) async fn next(&mut self) -> Result<Arrival, Box<dyn Error>> {
        Ok(self.arrivals.recv().await.ok_or("the gateway is gone")?)
    }
}

async fn admit(State(arrived): State<mpsc::Sender<Arrival>>, body: String) -> &'static str {
    let arrival = Arrival {
        at: Instant::now(),
        messages: body.matches("Message id: ").count(),
    };
    let _ = arrived.send(arrival).await;
    r#"{"ok":true,"runId":"r"}"#
}
