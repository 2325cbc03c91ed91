//! What tests of the whole system stand on.

pub(crate) mod gateway;
pub(crate) mod house;
