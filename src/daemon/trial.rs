//! A message that is only tried out on the chain in force: nothing is kept of it, nowhere.

use super::handle::CONTENT_MAX_UNITS;
use super::random;
use super::view::{EvaluateRequest, Evaluation};
use crate::policy::{Facts, Hold, Outcome, Rejection, Ruling, StepVerdict, Subject};
use crate::types::{AgentId, ConversationId, Direction, Kind, MessageId, Timestamp, Trust};

/// The other agent, where the caller names none: no relay gives out this id.
const NOBODY: &str = "nobody";

/// The longest content that is tried as if it came, in bytes: what a relay takes by default.
const INBOUND_MAX_BYTES: usize = 64 * 1024;

/// A message as if it came, or went, now.
#[derive(Debug)]
pub(super) struct Trial {
    direction: Direction,
    id: MessageId,
    from: AgentId,
    to: AgentId,
    trust: Trust,
    conversation: ConversationId,
    content: String,
    now: Timestamp,
}

impl Trial {
    /// What `request` asks to try, on this agent `me`.
    pub(super) fn new(request: EvaluateRequest, me: &AgentId, now: Timestamp) -> Self {
        #[expect(clippy::expect_used, reason = "letters are in the alphabet")]
        let nobody = AgentId::new(NOBODY).expect("a word is an id");
        let direction = request.direction.unwrap_or(Direction::Inbound);
        let (from, to) = match direction {
            Direction::Inbound => (nobody, me.clone()),
            Direction::Outbound => (me.clone(), nobody),
        };
        Self {
            direction,
            id: random::message_id(),
            from: request.from.unwrap_or(from),
            to: request.to.unwrap_or(to),
            trust: request.trust.unwrap_or(Trust::Unknown),
            conversation: request
                .conversation_id
                .unwrap_or_else(random::conversation_id),
            content: request.content,
            now,
        }
    }
}

/// Whether the content could come, or go.
pub(super) fn check(request: &EvaluateRequest) -> Result<(), String> {
    let direction = request.direction.unwrap_or(Direction::Inbound);
    let (length, most, unit) = match direction {
        Direction::Inbound => (request.content.len(), INBOUND_MAX_BYTES, "bytes"),
        Direction::Outbound => {
            let units = request.content.encode_utf16().count();
            (units, CONTENT_MAX_UNITS, "UTF-16 units")
        }
    };
    if length <= most {
        return Ok(());
    }
    Err(format!(
        "`content` has at most {most} {unit} {direction}, not {length}"
    ))
}

impl Subject for Trial {
    fn facts(&self) -> Facts<'_> {
        Facts {
            direction: self.direction,
            kind: Kind::Text,
            id: &self.id,
            from: &self.from,
            to: &self.to,
            trust: self.trust,
            conversation: Some(&self.conversation),
            turn: None,
            content: &self.content,
            time: self.now,
            released_for: &[],
            annotations: &[],
        }
    }
}

/// What `ruling` means for `content`, to be shown.
pub(super) fn shown(ruling: Ruling, content: String) -> Evaluation {
    let plain = Evaluation {
        verdict: StepVerdict::Pass,
        content,
        annotations: ruling.annotations,
        code: None,
        reason: None,
        retry_after_ms: None,
        until: None,
        steps: ruling.steps,
    };
    match ruling.outcome {
        Outcome::Admitted { content } if content == plain.content => plain,
        Outcome::Admitted { content } => Evaluation {
            verdict: StepVerdict::Rewrite,
            content,
            ..plain
        },
        Outcome::Held(Hold {
            code,
            reason,
            until,
            ..
        }) => Evaluation {
            verdict: StepVerdict::Hold,
            code: Some(code.to_string()),
            reason: Some(reason),
            until,
            ..plain
        },
        Outcome::Refused(Rejection {
            code,
            reason,
            retry_after_ms,
            ..
        }) => Evaluation {
            verdict: StepVerdict::Reject,
            code: Some(code.to_string()),
            reason: Some(reason),
            retry_after_ms,
            ..plain
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_neither_come_nor_go_is_not_tried() {
        for (direction, content, taken) in [
            (None, "x".repeat(INBOUND_MAX_BYTES), true),
            (None, "x".repeat(INBOUND_MAX_BYTES + 1), false),
            (Some(Direction::Inbound), "é".repeat(40_000), false),
            (Some(Direction::Outbound), "👍".repeat(1_000), true),
            (Some(Direction::Outbound), "👍".repeat(1_001), false),
            (Some(Direction::Outbound), String::new(), true),
        ] {
            let request = EvaluateRequest {
                direction,
                from: None,
                to: None,
                content,
                conversation_id: None,
                trust: None,
            };
            let length = request.content.len();
            assert_eq!(check(&request).is_ok(), taken, "{direction:?} {length}");
        }
    }
}
