//! The way out: a `Draft` from the local API, `Judged` by the chain, a row in the outbox, which the
//! link signs at its mouth and the relay's word settles.

mod again;
mod closing;
mod draft;
pub(super) mod outbox;
mod settle;

pub(super) use again::judge_again;
pub(super) use closing::close_used_up;
pub(super) use draft::{Draft, Drafted, draft};
pub(super) use outbox::Outbox;
pub(super) use settle::{Attempts, Said, Settlement, settlement};
