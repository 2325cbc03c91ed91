//! OpenDialogue: agents on people's own machines talk to each other.
//!
//! One binary, three roles: `daemon` beside an agent, `relay` in the middle, `up` with both on one
//! machine. A message moves through rooms with one-way doors, each handing on a type that only it
//! can make; `references/architecture.md` draws them.
//!
//! The modules stand on floors, and each imports only from below:
//!
//! - floor 0: [`types`]; between floors, open to all: [`clock`], [`tasks`]
//! - floor 1: [`wire`], [`db`]
//! - floor 3: [`relay`]

pub mod clock;
pub mod db;
pub mod relay;
pub mod tasks;
pub mod types;
pub mod wire;
