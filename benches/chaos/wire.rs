//! The way from one daemon to the relay, with its weather. What passes is never looked at.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{self, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::plan::Weather;

/// The most that passes at once in good weather.
const CHUNK: usize = 16 * 1024;

/// A listener that leads each connection to the relay.
#[derive(Debug)]
pub(crate) struct Wire {
    pub(crate) address: SocketAddr,
    weather: watch::Sender<Weather>,
    _serving: JoinSet<()>,
}

impl Wire {
    pub(crate) async fn start(relay: String) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let weather = watch::Sender::new(Weather::Clear);
        let mut serving = JoinSet::new();
        serving.spawn(serve(listener, relay, weather.subscribe()));
        Ok(Self {
            address,
            weather,
            _serving: serving,
        })
    }

    /// From now on it is so.
    pub(crate) fn turn(&self, weather: Weather) {
        self.weather.send_replace(weather);
    }
}

async fn serve(listener: TcpListener, relay: String, weather: watch::Receiver<Weather>) {
    let mut connections = JoinSet::new();
    loop {
        // Without a descriptor for it the next connection may have more luck.
        let Ok((client, _)) = listener.accept().await else {
            continue;
        };
        if *weather.borrow() != Weather::Down {
            connections.spawn(lead(client, relay.clone(), weather.clone()));
        }
        while connections.try_join_next().is_some() {}
    }
}

/// Leads one connection to its end, which is nobody's fault.
async fn lead(client: TcpStream, relay: String, mut weather: watch::Receiver<Weather>) {
    let Ok(server) = TcpStream::connect(relay).await else {
        return;
    };
    let (up, down) = (weather.clone(), weather.clone());
    let (client_reads, client_writes) = client.into_split();
    let (server_reads, server_writes) = server.into_split();
    tokio::select! {
        _ = pump(client_reads, server_writes, up) => {}
        _ = pump(server_reads, client_writes, down) => {}
        _ = weather.wait_for(|weather| *weather == Weather::Down) => {}
    }
}

async fn pump(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut weather: watch::Receiver<Weather>,
) -> io::Result<()> {
    let mut buffer = vec![0; CHUNK];
    loop {
        let passes = weather.wait_for(|weather| *weather != Weather::Silent);
        let now = *passes.await.map_err(io::Error::other)?;
        let (most, pause) = match now {
            Weather::Slow { bytes, pause } => (bytes, pause),
            Weather::Clear | Weather::Down | Weather::Silent => (CHUNK, Duration::ZERO),
        };
        let read = from.read(&mut buffer[..most.min(CHUNK)]).await?;
        if read == 0 {
            return Ok(());
        }
        if !pause.is_zero() {
            sleep(pause).await;
        }
        to.write_all(&buffer[..read]).await?;
    }
}
