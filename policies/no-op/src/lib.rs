//! The policy that does nothing: it takes every message in, looks at nothing and passes it.
//!
//! What it takes is what a call takes, so `opendialogue policy bench` measures every other policy
//! against it. It has no cases and is no `builtin:`.

use guest::{Complaint, Decision, Memory, Message, Policy, Verdict};

/// The policy.
#[derive(Debug)]
pub struct NoOp;

impl Policy for NoOp {
    const NAME: &'static str = env!("CARGO_PKG_NAME");
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const SCHEMA: &'static str = "{}";

    type Settings = ();

    fn settings(_json: &str) -> Result<(), Vec<Complaint>> {
        Ok(())
    }

    fn judge(_settings: &(), _message: &Message<'_>, _memory: &mut impl Memory) -> Decision {
        Verdict::Pass.into()
    }
}

guest::component!(NoOp);
