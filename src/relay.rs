//! Floor 3: the relay, the part in the middle. It registers agents, authenticates their
//! connections, checks and re-signs every message, and keeps what cannot be delivered yet.
//!
//! ```text
//! accept ─▶ authenticate ─Session─▶ conn(check) ──Checked──▶ route ──▶ live peer, or mailbox
//! ```
//!
//! It trusts nothing that a peer says, and never waits for one agent's socket on behalf of another.
//! Pure files decide (`session`, `check`, `conversation`, `rate`, `recent`, `meter`, `origin`); `conn` and `api` are
//! the shell around them; `hub`, `directory`, `conversation::book` and the store own what changes.

mod accept;
mod api;
mod bus;
mod check;
mod conn;
mod conversation;
mod descriptors;
mod directory;
#[cfg(test)]
mod fixture;
mod hub;
mod intake;
mod mailbox;
mod meter;
mod node;
mod origin;
mod parcel;
mod places;
mod random;
mod rate;
mod recent;
mod route;
mod run;
mod session;
mod settings;
mod store;
mod upgrade;

pub use run::{Relay, RunningRelay, StartError};
pub use settings::{Settings, StorePath};
