//! An HTTP proxy that leads everything to one place, whatever host it is asked for.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
    _serving: JoinSet<()>,
}

impl Proxy {
    /// Leads to `target`; without one it refuses everybody.
    pub(crate) async fn start(target: Option<SocketAddr>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let heads = Arc::<Mutex<Vec<String>>>::default();
        let mut serving = JoinSet::new();
        let seen = Arc::clone(&heads);
        serving.spawn(async move {
            let mut tunnels = JoinSet::new();
            loop {
                let (client, _) = listener.accept().await.unwrap();
                tunnels.spawn(lead(client, target, Arc::clone(&seen)));
            }
        });
        Self {
            address,
            heads,
            _serving: serving,
        }
    }

    /// The heads of all requests.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

async fn lead(mut client: TcpStream, target: Option<SocketAddr>, heads: Arc<Mutex<Vec<String>>>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await.unwrap());
    }
    let text = String::from_utf8(head.clone()).unwrap();
    let is_tunnel = text.starts_with("CONNECT ");
    heads.lock().unwrap().push(text);
    let Some(target) = target else {
        let refusal = b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n";
        client.write_all(refusal).await.unwrap();
        return;
    };
    let mut server = TcpStream::connect(target).await.unwrap();
    if is_tunnel {
        client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
    } else {
        // The whole URL stands in the request's line, which every server takes.
        server.write_all(&head).await.unwrap();
    }
    // Either side may go without a word.
    let _ = copy_bidirectional(&mut client, &mut server).await;
}
