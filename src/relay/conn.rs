//! One connection: a reader that takes in what the agent says, and a writer that delivers to it.
//!
//! Both run in one task. The reader never waits for another agent's socket; the writer gathers
//! whatever waits and writes it at once. Whichever ends first closes the connection, and the writer
//! puts everything that is not settled into the mailbox before it lets the next connection begin.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tracing::info;

use super::conversation::ConnectionId;
use super::hub::{CloseReason, Live};
use super::node::Node;
use crate::types::AgentId;
use crate::wire::MAX_FRAME_BYTES;

mod drain;
mod notice;
mod reader;
mod session;
mod window;
mod writer;

use reader::Reader;
pub(super) use session::Session;
use writer::Writer;

/// How long the relay waits for a closing peer to hear why.
const LINGER: Duration = Duration::from_secs(1);

/// Reads are small: the kernel gathers, and an idle connection costs little.
const READ_BUFFER_BYTES: usize = 8 * 1024;

/// The writer flushes before it has gathered so much, so nothing is written early.
const WRITE_BUFFER_BYTES: usize = 256 * 1024;

/// Serves one connection to its end. `early` is what came right behind the request for it.
pub(super) async fn serve(node: Arc<Node>, session: Session, socket: TcpStream, early: Vec<u8>) {
    let connection = node.hub.next_connection();
    let (live, orders) = Live::new(connection, Arc::clone(&session.resident), session.features);
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(WRITE_BUFFER_BYTES)
        .max_message_size(Some(MAX_FRAME_BYTES))
        .max_frame_size(Some(MAX_FRAME_BYTES));
    let socket =
        WebSocketStream::from_partially_read(socket, early, Role::Server, Some(config)).await;
    let (sink, stream) = socket.split();

    let before = node.hub.enter(Arc::clone(&live));
    tell_entered(&live.resident.id, connection, &session);
    let reader = Reader::new(&node, &live, &session, stream);
    let writer = Writer::new(&node, &live, &session, sink, orders);
    let (stream, sink) = tokio::join!(reader.run(), writer.run(before));

    let reason = live.close_reason();
    info!(
        agent.id = %live.resident.id, connection.id = connection.0, reason = ?reason,
        "agent {} disconnected", live.resident.id
    );
    if reason != CloseReason::Gone
        && let Ok(socket) = sink.reunite(stream)
    {
        linger(socket.into_inner()).await;
    }
}

fn tell_entered(agent: &AgentId, connection: ConnectionId, session: &Session) {
    info!(
        agent.id = %agent, connection.id = connection.0,
        features = ?session.features.names(), "agent {agent} connected"
    );
}

/// Lets the peer read the close frame: closing a socket with unread bytes in it would throw away
/// what we wrote last.
async fn linger(mut socket: TcpStream) {
    let drain = async {
        let mut sink = [0; 4_096];
        let _ = socket.shutdown().await;
        while socket.read(&mut sink).await.is_ok_and(|read| read > 0) {}
    };
    let _ = tokio::time::timeout(LINGER, drain).await;
}
