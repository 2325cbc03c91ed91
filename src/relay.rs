//! Floor 3: the relay, the part in the middle. It registers agents, authenticates their
//! connections, checks and re-signs every message, and keeps what cannot be delivered yet.
//!
//! ```text
//! accept ─▶ authenticate ─Session─▶ conn(check) ──Checked──▶ route ──▶ live peer, or mailbox
//! ```
//!
//! It trusts nothing that a peer says and never waits for one peer's socket on behalf of another.

mod run;
mod settings;

pub use run::{Relay, RunningRelay, StartError};
pub use settings::{Settings, StorePath};
