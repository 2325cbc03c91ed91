//! What tests of the whole system stand on.

pub(crate) mod alone;
pub(crate) mod gateway;
pub(crate) mod house;
pub(crate) mod proxy;
pub(crate) mod relay_v1;
