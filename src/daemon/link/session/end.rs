//! Why a session ended, read from what the socket said.

use tokio_tungstenite::tungstenite;
use tokio_tungstenite::tungstenite::protocol::frame::{CloseFrame, coding::CloseCode};

use crate::types::text::heard;

/// The close code by which the relay says that another connection took this one's place.
const REPLACED: u16 = 4001;

/// Why a session ended.
#[derive(Debug)]
pub(in crate::daemon::link) enum SessionEnd {
    /// The connection is gone or of no use.
    Lost(String),
    /// The relay sent more in one frame than anybody may.
    TooLong,
    /// A new session is wanted at once.
    Renew(String),
    /// The relay no longer proves who sends, and is not taken: a person has to act.
    Unproven(String),
    /// Another connection took its place.
    Replaced,
    /// The daemon stops.
    Stopped,
}

impl SessionEnd {
    /// The relay closed the socket.
    pub(super) fn closed(close: Option<&CloseFrame>) -> Self {
        match close.map(|close| u16::from(close.code)) {
            Some(REPLACED) => SessionEnd::Replaced,
            Some(code) => SessionEnd::Lost(format!("the relay closed the session ({code})")),
            None => SessionEnd::Lost("the relay closed the session".to_owned()),
        }
    }

    /// The socket gave an error.
    pub(super) fn of(error: &tungstenite::Error) -> Self {
        if matches!(error, tungstenite::Error::Capacity(_)) {
            return SessionEnd::TooLong;
        }
        SessionEnd::Lost(heard(&format!("reading from the relay: {error}")))
    }

    /// The code with which our side closes.
    pub(super) fn close_code(&self) -> CloseCode {
        match self {
            SessionEnd::TooLong => CloseCode::Size,
            SessionEnd::Lost(_)
            | SessionEnd::Renew(_)
            | SessionEnd::Unproven(_)
            | SessionEnd::Replaced
            | SessionEnd::Stopped => CloseCode::Normal,
        }
    }
}
