//! One end of a WebSocket to a relay, with the patience of a test.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message as Packet};

/// How long a test waits for something that must happen.
const PATIENCE: Duration = Duration::from_secs(20);

/// An open WebSocket.
#[derive(Debug)]
pub(crate) struct Link {
    socket: WebSocketStream<TcpStream>,
}

/// What a relay answered instead of opening a WebSocket.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) status: u16,
    pub(crate) body: String,
    pub(crate) date: String,
}

impl Link {
    /// Asks for `/connect` with these headers.
    pub(crate) async fn open(
        address: SocketAddr,
        headers: &[(&'static str, String)],
    ) -> Result<Self, Refused> {
        let mut request = format!("ws://{address}/connect")
            .into_client_request()
            .unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        let stream = TcpStream::connect(address).await.unwrap();
        match tokio_tungstenite::client_async(request, stream).await {
            Ok((socket, _)) => Ok(Self { socket }),
            Err(Error::Http(response)) => Err(Refused {
                status: response.status().as_u16(),
                date: response.headers()["date"].to_str().unwrap().to_owned(),
                body: String::from_utf8(response.into_body().unwrap_or_default()).unwrap(),
            }),
            Err(other) => panic!("no answer to a request for a connection: {other}"),
        }
    }

    pub(crate) async fn send(&mut self, frame: &Value) {
        self.send_packet(Packet::text(frame.to_string())).await;
    }

    pub(crate) async fn send_packet(&mut self, packet: Packet) {
        self.socket.send(packet).await.unwrap();
    }

    /// The next frame that is no ping.
    pub(crate) async fn next(&mut self) -> Value {
        loop {
            match self.packet().await {
                Some(Ok(Packet::Text(text))) => {
                    let frame: Value = serde_json::from_str(&text).unwrap();
                    if frame["type"] != "ping" {
                        return frame;
                    }
                }
                Some(Ok(Packet::Ping(_) | Packet::Pong(_))) => {}
                other => panic!("a frame was expected, this came: {other:?}"),
            }
        }
    }

    /// The next frame, which must be of this type.
    pub(crate) async fn expect(&mut self, kind: &str) -> Value {
        let frame = self.next().await;
        assert_eq!(frame["type"], kind, "{frame}");
        frame
    }

    /// Everything that was under way to this side: the relay answers a ping behind it.
    pub(crate) async fn rest(&mut self) -> Vec<Value> {
        self.send(&json!({"type": "ping"})).await;
        let mut frames = Vec::new();
        loop {
            let frame = self.next().await;
            if frame["type"] == "pong" {
                return frames;
            }
            frames.push(frame);
        }
    }

    /// Asserts that nothing was under way to this side.
    pub(crate) async fn hears_nothing(&mut self) {
        assert_eq!(self.rest().await, Vec::<Value>::new());
    }

    /// Waits for the end; the code and the words of its close frame.
    pub(crate) async fn closed(&mut self) -> Option<(u16, String)> {
        loop {
            match self.packet().await {
                Some(Ok(Packet::Close(frame))) => {
                    return frame.map(|frame| (frame.code.into(), frame.reason.to_string()));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return None,
            }
        }
    }

    /// Closes in good order, and waits until the relay has closed too.
    pub(crate) async fn close(mut self) {
        self.socket.close(None).await.unwrap();
        while self.packet().await.is_some_and(|packet| packet.is_ok()) {}
    }

    /// The next packet of any kind.
    pub(crate) async fn packet(&mut self) -> Option<Result<Packet, Error>> {
        tokio::time::timeout(PATIENCE, self.socket.next())
            .await
            .unwrap_or_else(|_| panic!("the relay said nothing"))
    }
}
