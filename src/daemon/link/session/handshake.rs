//! How a session begins: the relay's first frame, and the key that both sides use from then on.

use std::sync::Mutex;

use futures_util::StreamExt;
use futures_util::stream::SplitStream;
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message as Packet;

use super::{SessionEnd, proof};
use crate::daemon::inbound::Session;
use crate::daemon::link::Link;
use crate::daemon::link::dial::Socket;
use crate::types::Nonce;
use crate::wire::frame::{Ack, Frame, KeyOffer, SessionFrame, read};
use crate::wire::{NonceMemory, SigningKey};

/// Reads up to the frame that opens the session.
pub(super) async fn session_frame(
    stream: &mut SplitStream<Socket>,
) -> Result<SessionFrame, SessionEnd> {
    while let Some(packet) = stream.next().await {
        match packet {
            Ok(Packet::Text(text)) => {
                if let Ok(Frame::Session(session)) = read(text.as_str()) {
                    return Ok(session);
                }
            }
            Ok(Packet::Close(close)) => return Err(SessionEnd::closed(close.as_ref())),
            Ok(Packet::Binary(_) | Packet::Ping(_) | Packet::Pong(_) | Packet::Frame(_)) => {}
            Err(why) => return Err(SessionEnd::of(&why)),
        }
    }
    Err(SessionEnd::Lost(
        "the relay closed before it opened a session".to_owned(),
    ))
}

/// The session that the relay's frame opens, for a connection that was signed with `nonce`.
pub(super) fn accept(
    link: &Link,
    offer: SessionFrame,
    nonce: &Nonce,
    acks: mpsc::Sender<Ack>,
) -> Session {
    let form = proof::form(&offer);
    let key = match offer.key {
        KeyOffer::Key(key) => key,
        KeyOffer::Salt(salt) => {
            let secret = SigningKey::new(&link.secret);
            secret.derive_session_key(&link.me, nonce, &salt)
        }
    };
    Session {
        key: SigningKey::new(&key),
        form,
        features: offer.features,
        nonces: Mutex::new(NonceMemory::new(link.clock.now())),
        acks,
    }
}
