//! The daemon against a relay that speaks version 1 and nothing more.

mod connecting;
mod proxied;
mod receiving;
mod sending;
mod starting;
