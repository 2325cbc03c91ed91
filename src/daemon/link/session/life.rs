//! Whether the relay is alive: pure.
//!
//! Any frame is a sign of life. Where none came for a while we ask for one, and where nothing comes
//! after that either, the connection is given up.

use std::time::Duration;

use tokio::time::Instant;

/// How long a silence lasts before we ask for a sign of life.
const PING_AFTER: Duration = Duration::from_secs(30);
/// How long after our ping something must have come.
const DEADLINE: Duration = Duration::from_secs(20);

/// When the relay was last heard, and asked.
#[derive(Debug)]
pub(super) struct Life {
    last_heard: Instant,
    pinged: Option<Instant>,
}

/// What is to be done about a silence.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Pulse {
    /// Nothing.
    Fine,
    /// A ping is to be sent.
    Ping,
    /// The connection is to be given up.
    Dead,
}

impl Life {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            last_heard: now,
            pinged: None,
        }
    }

    /// Something came, or nothing was read for reasons of ours.
    pub(super) fn heard(&mut self, now: Instant) {
        self.last_heard = now;
        self.pinged = None;
    }

    /// What is to be done now.
    pub(super) fn pulse(&mut self, now: Instant) -> Pulse {
        match self.pinged {
            Some(at) if now - at >= DEADLINE => Pulse::Dead,
            Some(_) => Pulse::Fine,
            None if now - self.last_heard >= PING_AFTER => {
                self.pinged = Some(now);
                Pulse::Ping
            }
            None => Pulse::Fine,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_silence_is_asked_about_and_then_given_up() {
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        let mut life = Life::new(start);
        assert_eq!(life.pulse(after(29)), Pulse::Fine);
        assert_eq!(life.pulse(after(30)), Pulse::Ping);
        assert_eq!(life.pulse(after(49)), Pulse::Fine);
        assert_eq!(life.pulse(after(50)), Pulse::Dead);
    }

    #[tokio::test]
    async fn any_frame_is_a_sign_of_life() {
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        let mut life = Life::new(start);
        assert_eq!(life.pulse(after(30)), Pulse::Ping);
        life.heard(after(31));
        assert_eq!(life.pulse(after(55)), Pulse::Fine);
        assert_eq!(life.pulse(after(61)), Pulse::Ping);
    }
}
