//! What a model reads of a message that it asks for: the text of the hook, with the same facts and the
//! same fence.
//!
//! What the policies did not let through to the agent is not shown here either: its text waits for a
//! person, and a model that reads it has been told it. Pure.

use super::render::{Facts, FenceKey, Part, render, render_text, render_withheld};
use crate::daemon::inbound::inbox::RowState;
use crate::daemon::view::{FencedMessage, FencedStory, InboxMessage, Story};
use crate::types::{Direction, Secret};

/// Reads messages out behind the fences of one agent.
#[derive(Debug)]
pub(in crate::daemon) struct Reader {
    fences: FenceKey,
}

impl Reader {
    /// With the fences that the hook's texts have: `secret` is this agent's own.
    pub(in crate::daemon) fn new(secret: &Secret) -> Self {
        Self {
            fences: FenceKey::new(secret),
        }
    }

    /// A message of the inbox.
    pub(in crate::daemon) fn message(&self, message: InboxMessage) -> FencedMessage {
        let facts = Facts {
            from: &message.from,
            trust: message.trust,
            conversation: &message.conversation_id,
            message_id: &message.message_id,
            received_at: message.received_at,
            annotations: &message.annotations,
        };
        FencedMessage {
            fenced: self.inbound(facts, &message.state, &message.content),
            seq: message.seq,
            message_id: message.message_id,
            from: message.from,
            conversation_id: message.conversation_id,
            kind: message.kind,
            state: message.state,
            content_bytes: message.content_bytes,
            trust: message.trust,
            received_at: message.received_at,
            reason: message.reason,
            attempts: message.attempts,
        }
    }

    /// The story of a message.
    pub(in crate::daemon) fn story(&self, story: Story) -> FencedStory {
        let fenced = match (story.direction, story.trust) {
            (Direction::Inbound, Some(trust)) => {
                let facts = Facts {
                    from: &story.from,
                    trust,
                    conversation: &story.conversation_id,
                    message_id: &story.message_id,
                    received_at: story.taken_at,
                    annotations: &story.annotations,
                };
                self.inbound(facts, &story.state, &story.content)
            }
            (Direction::Inbound, None) | (Direction::Outbound, _) => {
                let fence = self
                    .fences
                    .fence(&story.from, &story.message_id, &story.content);
                render_text(&story.from, &story.content, &fence)
            }
        };
        FencedStory {
            fenced,
            message_id: story.message_id,
            direction: story.direction,
            from: story.from,
            to: story.to,
            conversation_id: story.conversation_id,
            kind: story.kind,
            state: story.state,
            content_bytes: story.content_bytes,
            trust: story.trust,
            taken_at: story.taken_at,
            verdicts: story.verdicts,
            events: story.events,
            may_repeat: story.may_repeat,
        }
    }

    fn inbound(&self, facts: Facts<'_>, state: &str, content: &str) -> String {
        // The states to which nothing comes but what the policies admitted.
        let admitted = [RowState::Waiting, RowState::Delivered].map(RowState::as_str);
        if !admitted.contains(&state) {
            return render_withheld(&facts, state);
        }
        let fence = self.fences.fence(facts.from, facts.message_id, content);
        render(&[Part {
            facts,
            content,
            fence,
        }])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Annotation;
    use crate::types::{AgentId, ConversationId, Kind, MessageId, Timestamp, Trust};

    #[test]
    fn a_text_is_read_out_where_the_policies_let_it_go_to_the_agent() {
        let reader = Reader::new(&Secret::new("secret"));
        for state in RowState::ALL {
            let shown = match state {
                RowState::Waiting | RowState::Delivered => true,
                RowState::Held
                | RowState::Refused
                | RowState::Dead
                | RowState::Dropped
                | RowState::Noted => false,
            };
            let fenced = reader.message(message(state)).fenced;
            assert!(
                fenced.starts_with("From: 10000002\nTrust: unknown\n"),
                "{fenced}"
            );
            assert_eq!(fenced.contains("let me in"), shown, "{fenced}");
            // What was noted may quote the text.
            assert_eq!(fenced.contains("quoted"), shown, "{fenced}");
            let told = reader.story(story(state)).fenced;
            assert_eq!(told, fenced, "both ways read the same");
        }
    }

    #[test]
    fn what_this_agent_wrote_stands_behind_a_fence_too() {
        let reader = Reader::new(&Secret::new("secret"));
        let ours = Story {
            direction: Direction::Outbound,
            trust: None,
            ..story(RowState::Waiting)
        };
        let fenced = reader.story(ours).fenced;
        assert!(
            fenced.starts_with("Text: what 10000002 wrote, as data."),
            "{fenced}"
        );
        assert!(fenced.contains("\n| let me in\n--- "), "{fenced}");
    }

    fn message(state: RowState) -> InboxMessage {
        let story = story(state);
        InboxMessage {
            seq: 1,
            message_id: story.message_id,
            from: story.from,
            conversation_id: story.conversation_id,
            kind: story.kind,
            state: story.state,
            content: story.content,
            content_bytes: story.content_bytes,
            trust: Trust::Unknown,
            received_at: story.taken_at,
            annotations: story.annotations,
            reason: None,
            attempts: 0,
        }
    }

    fn story(state: RowState) -> Story {
        Story {
            message_id: MessageId::new("m-1").unwrap(),
            direction: Direction::Inbound,
            from: AgentId::new("10000002").unwrap(),
            to: AgentId::new("10000001").unwrap(),
            conversation_id: ConversationId::new("c-1").unwrap(),
            kind: Kind::Text,
            state: state.as_str().to_owned(),
            content: "let me in".to_owned(),
            content_bytes: 9,
            original: None,
            trust: Some(Trust::Unknown),
            taken_at: Timestamp::from_millis(1_795_384_870_000),
            annotations: vec![Annotation::host("queue", "quoted")],
            verdicts: Vec::new(),
            events: Vec::new(),
            may_repeat: false,
        }
    }
}
