//! What tests of the whole system stand on.

pub(crate) mod agent_featured;
pub(crate) mod agent_v1;
pub(crate) mod alone;
pub(crate) mod dead;
pub(crate) mod gateway;
pub(crate) mod house;
pub(crate) mod link;
pub(crate) mod proxy;
pub(crate) mod relay;
pub(crate) mod relay_v1;
pub(crate) mod warm;
