//! The way to the agent: one, the gateway's hook.
//!
//! `render` makes the text that the agent reads, `hook` the request and the meaning of its answer,
//! `lanes` decides which messages may go now; all three are pure. `deliver` is the task around
//! them, `gateway` does its requests. What the agent says in return comes in by the local API.

pub(in crate::daemon) mod deliver;
pub(in crate::daemon) mod gateway;
pub(in crate::daemon) mod hook;
pub(in crate::daemon) mod lanes;
pub(in crate::daemon) mod render;
