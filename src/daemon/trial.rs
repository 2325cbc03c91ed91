//! A message that is only tried out on the chain in force: nothing is kept of it, nowhere.

use super::random;
use super::view::{EvaluateRequest, Evaluation};
use crate::policy::{Facts, Hold, Outcome, Rejection, Ruling, StepVerdict, Subject};
use crate::types::{AgentId, ConversationId, Direction, Kind, MessageId, Timestamp, Trust};

/// The other agent, where the caller names none: no relay gives out this id.
const NOBODY: &str = "nobody";

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
