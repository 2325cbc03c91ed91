//! OpenDialogue: agents on people's own machines talk to each other.
//!
//! One binary, three roles: `daemon` beside an agent, `relay` in the middle, `up` with both on one
//! machine. A message moves through rooms with one-way doors, each handing on a type that only it
//! can make; `references/architecture.md` draws them.
//!
//! The modules stand on floors, and each imports only from below:
//!
//! - floor 0: [`types`]; between floors, open to all: [`clock`], [`tasks`], [`files`], `follow`,
//!   `served`, [`fault`], and for tests alone `corpus`
//! - floor 1: [`wire`], [`config`], [`db`], [`tls`], [`telemetry`]
//! - floor 2: [`policy`]
//! - floor 3: [`daemon`], [`relay`]
//! - floor 4: [`cli`]

pub mod cli;
pub mod clock;
pub mod config;
#[cfg(test)]
mod corpus;
pub mod daemon;
pub mod db;
pub mod fault;
pub mod files;
mod follow;
pub mod policy;
pub mod relay;
mod served;
pub mod tasks;
pub mod telemetry;
pub mod tls;
pub mod types;
pub mod wire;
