//! The relay from outside, over real sockets: every row of the protocol that concerns it.

mod connecting;
mod conversations;
mod delivering;
mod frames;
mod gate;
mod limits;
mod lists;
mod mailbox;
mod rest;
