//! Floor 1: bytes and meaning, pure. Owns the frames, the signed material, signatures and the
//! memory of nonces; knows no socket, no clock and no policy.
//!
//! `frame` reads and writes the JSON, `canonical` says which bytes are signed, `sign` signs and
//! verifies them, `replay` remembers nonces, `legacy` knows what a version 1 agent would alter.

pub mod canonical;
pub mod frame;
pub mod legacy;
pub mod replay;
pub mod sign;

pub use canonical::{Form, Material};
pub use frame::{Features, Frame, FrameError, MessageFrame};
pub use replay::NonceMemory;
pub use sign::{Signature, SigningKey};

/// What is held true of any input.
#[cfg(feature = "fuzz")]
pub mod fuzz {
    /// Reads `input` as a frame, and panics where it is not read as it was written.
    pub fn frame_holds(input: &[u8]) {
        super::frame::property::holds(input);
    }
}

/// The largest frame that either side reads, in bytes; a longer one closes the socket with 1009.
///
/// `config::defaults` bounds content so that it fits into one however it is escaped.
pub const MAX_FRAME_BYTES: usize = 128 * 1024;
