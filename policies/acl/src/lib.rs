//! The policy `acl`: who may talk to this agent, and whom it may talk to.
//!
//! [`settings`] reads the entry's settings, [`rule`] decides; both are pure and run anywhere. The
//! glue to the host's interface is compiled for WebAssembly alone.

pub mod rule;
pub mod settings;

#[cfg(target_arch = "wasm32")]
mod glue;
