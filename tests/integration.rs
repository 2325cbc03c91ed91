//! One binary for everything that is tried from outside, a module for each subject.
//!
//! The attributes let the lints see that what is here is a test: it may unwrap.

#[cfg(test)]
mod api;
#[cfg(test)]
mod authoring;
#[cfg(test)]
mod cache;
#[cfg(test)]
mod commands;
#[cfg(test)]
#[cfg(feature = "faults")]
mod crashes;
#[cfg(test)]
mod crossing;
#[cfg(test)]
mod daemon_v1;
#[cfg(test)]
mod dead;
#[cfg(test)]
mod debian;
#[cfg(test)]
mod docs;
#[cfg(test)]
mod doctor;
#[cfg(test)]
mod ending;
#[cfg(test)]
mod floors;
#[cfg(test)]
mod gateway_double;
#[cfg(test)]
mod held;
#[cfg(test)]
mod languages;
#[cfg(test)]
mod logs;
#[cfg(test)]
mod mcp;
#[cfg(test)]
mod notify;
#[cfg(test)]
mod page;
#[cfg(test)]
mod policies;
#[cfg(test)]
mod relay;
#[cfg(test)]
mod reload;
#[cfg(test)]
mod service;
#[cfg(test)]
mod skill;
#[cfg(test)]
mod support;
#[cfg(test)]
mod waiting;
