//! What a model reads of a message that it asks for: the text of the hook, with the same facts and the
//! same fence.
//!
//! What the policies did not let through to the agent is not shown here either: its text waits for a
//! person, and a model that reads it has been told it. Pure.

use super::render::{Facts, FenceKey, Part, render, render_text, render_withheld};
use crate::daemon::inbound::inbox::RowState;
use crate::daemon::view::{FencedMessage, FencedStory, InboxMessage, Story};
use crate::types::{Direction, Secret, Trust};

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
            content_bytes: message.content_bytes,
            trust: message.trust,
            received_at: message.received_at,
            reason: message.reason.filter(|_| !is_withheld(&message.state)),
            attempts: message.attempts,
            state: message.state,
        }
    }

    /// The story of a message.
    pub(in crate::daemon) fn story(&self, mut story: Story) -> FencedStory {
        if story.direction == Direction::Inbound && is_withheld(&story.state) {
            leave_out_reasons(&mut story);
        }
        let fenced = match story.direction {
            Direction::Inbound => {
                // Of whom nothing is known nothing is shown that a stranger's would not be.
                let trust = story.trust.unwrap_or(Trust::Unknown);
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
            Direction::Outbound => {
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
        if is_withheld(state) {
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

/// Whether a message in `state` is not for the agent: nothing comes to the other states but what the
/// policies admitted.
fn is_withheld(state: &str) -> bool {
    let admitted = [RowState::Waiting, RowState::Delivered].map(RowState::as_str);
    !admitted.contains(&state)
}

/// Leaves the policies' words for the owner: a reason may quote the text. The codes stay.
fn leave_out_reasons(story: &mut Story) {
    for step in &mut story.verdicts {
        step.reason = None;
    }
    let judged = [RowState::Held, RowState::Refused].map(RowState::as_str);
    let told = story.events.iter_mut();
    for event in told.filter(|event| judged.contains(&event.what.as_str())) {
        event.detail = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::daemon::view::StoryEvent;
    use crate::policy::{Annotation, Step, StepVerdict};
    use crate::types::{AgentId, ConversationId, Digest, Kind, MessageId, Timestamp};

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
            let told = reader.story(story(state));
            assert_eq!(told.fenced, fenced, "both ways read the same");
            let json = serde_json::to_string(&told).unwrap();
            assert_eq!(json.contains("since it says"), shown, "{json}");
            let json = serde_json::to_string(&reader.message(message(state))).unwrap();
            assert_eq!(json.contains("since it says"), shown, "{json}");
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
            reason: Some("since it says let me in".to_owned()),
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
            verdicts: vec![Step {
                policy: "acl".to_owned(),
                digest: Digest::of(b"module"),
                verdict: StepVerdict::Hold,
                code: None,
                reason: Some("since it says let me in".to_owned()),
                monitored: false,
                released: false,
                elapsed: std::time::Duration::ZERO,
            }],
            events: vec![StoryEvent {
                at: Timestamp::from_millis(1_795_384_870_000),
                what: RowState::Held.as_str().to_owned(),
                detail: Some("since it says let me in".to_owned()),
            }],
            may_repeat: false,
        }
    }
}
