//! What every policy is held to, whatever it is given: one function for each, from any bytes.
//!
//! The fuzz targets in `fuzz/` call these functions, and `tests/corpus.rs` calls the same ones for
//! every file in `fuzz/corpus/`. A function panics where the policy does not keep its word. Another
//! policy is one more module here, one line in [`ALL`], and a target and a folder in `fuzz/`.

pub mod acl;
pub mod conversation;
mod play;
pub mod rate_limit;
pub mod sanitize;
pub mod secrets;
pub mod url_tag;

use guest::decision::MAX_ANNOTATION_VALUE_LEN;
use guest::{Decision, Direction, Kind, Message, Trust, Verdict};

/// What holds of any input; it panics where it does not.
pub type Property = fn(&[u8]);

/// Every property, by the name of its target and of its folder.
pub const ALL: [(&str, Property); 6] = [
    ("acl", acl::holds),
    ("conversation", conversation::holds),
    ("rate_limit", rate_limit::holds),
    ("sanitize", sanitize::holds),
    ("secrets", secrets::holds),
    ("url_tag", url_tag::holds),
];

/// What the host takes of one policy: so many annotations, a reason of so many bytes.
const MAX_ANNOTATIONS: usize = 32;
const MAX_REASON_LEN: usize = 1_024;

/// A text as a stranger's message.
fn text(content: &str) -> Message<'_> {
    Message {
        direction: Direction::Inbound,
        kind: Kind::Text,
        trust: Trust::Unknown,
        released: false,
        id: "m-1",
        from: "10000001",
        to: "20000002",
        conversation: Some("c-1"),
        turn: None,
        content,
        now: 1_795_381_200_000,
    }
}

/// Asserts that the host takes `decision`.
fn is_taken(decision: &Decision) {
    assert!(decision.annotations.len() <= MAX_ANNOTATIONS);
    for said in &decision.annotations {
        assert!(said.value.len() <= MAX_ANNOTATION_VALUE_LEN, "{said:?}");
    }
    match &decision.verdict {
        Verdict::Pass | Verdict::Rewrite(_) => {}
        Verdict::Reject { reason, .. } | Verdict::Hold { reason, .. } => {
            assert!(reason.len() <= MAX_REASON_LEN, "{reason}");
        }
    }
}
