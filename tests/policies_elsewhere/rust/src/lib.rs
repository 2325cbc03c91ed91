//! Manners in Rust: words are covered, a peer pauses between two texts, a text ends somewhere. The
//! rule decides, the glue speaks with the host. See `../README.md` for the rule.

pub mod rule;
pub mod settings;

#[cfg(target_arch = "wasm32")]
mod glue;
