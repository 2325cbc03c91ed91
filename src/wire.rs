//! Floor 1: bytes and meaning, pure. Owns the frames, the signed material, signatures and the
//! memory of nonces; knows no socket, no clock and no policy.

pub mod canonical;
pub mod frame;
pub mod replay;
pub mod sign;
