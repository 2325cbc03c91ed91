//! Messages that were written to the relay and have no answer yet: pure.
//!
//! A relay that announced features names the message in each answer, so many may be under way. A
//! version 1 relay names none in its errors: there, one message is under way at a time and the next
//! answer is its own.

use std::collections::VecDeque;
use std::time::Duration;

use crate::daemon::outbound::{Attempts, Said};
use crate::daemon::rows::RowId;
use crate::types::{ConversationId, Kind, MessageId, Timestamp};
use crate::wire::frame::{ConversationEnded, EndReason, ErrorFrame, StatusFrame};

/// How many messages are under way at once where answers name them.
pub(super) const WINDOW: usize = 64;

/// How long a version 1 relay's silence lasts before a message goes once more.
const V1_SILENCE: Duration = Duration::from_secs(10);

/// The same for a relay that answers `queued` after 5 s at the latest.
const SILENCE: Duration = Duration::from_secs(30);

/// What is under way in one session.
#[derive(Debug)]
pub(super) struct Unsettled {
    named_answers: bool,
    under_way: VecDeque<UnderWay>,
}

/// One message under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct UnderWay {
    pub(super) row: RowId,
    pub(super) id: MessageId,
    pub(super) kind: Kind,
    pub(super) conversation: Option<ConversationId>,
    pub(super) attempts: Attempts,
    pub(super) sent_at: Timestamp,
}

impl Unsettled {
    /// Nothing under way; `named_answers` where the relay announced features.
    pub(super) fn new(named_answers: bool) -> Self {
        Self {
            named_answers,
            under_way: VecDeque::new(),
        }
    }

    /// How many more messages may be written now.
    pub(super) fn room(&self) -> usize {
        let window = if self.named_answers { WINDOW } else { 1 };
        window.saturating_sub(self.under_way.len())
    }

    /// Notes that a message was written.
    pub(super) fn add(&mut self, message: UnderWay) {
        self.under_way.push_back(message);
    }

    /// The message that a status is about, which is settled now.
    pub(super) fn status(&mut self, status: &StatusFrame) -> Option<UnderWay> {
        self.take(|one| one.id == status.message_id)
    }

    /// The message that an error is about, which is settled now.
    pub(super) fn error(&mut self, error: &ErrorFrame) -> Option<UnderWay> {
        match &error.message_id {
            Some(id) => self.take(|one| one.id == *id),
            None if self.named_answers => None,
            None => self.under_way.pop_front(),
        }
    }

    /// The `end` that a version 1 relay answers by ending the conversation.
    pub(super) fn ended(&mut self, ended: &ConversationEnded) -> Option<UnderWay> {
        if self.named_answers || ended.reason != EndReason::ParticipantEnded {
            return None;
        }
        self.take(|one| {
            one.kind == Kind::End && one.conversation.as_ref() == Some(&ended.conversation)
        })
    }

    /// Messages to which nothing was answered for too long.
    pub(super) fn overdue(&mut self, now: Timestamp) -> Vec<UnderWay> {
        let silence = if self.named_answers {
            SILENCE
        } else {
            V1_SILENCE
        };
        let mut overdue = Vec::new();
        while let Some(one) = self.take(|one| now.since(one.sent_at) >= silence) {
            overdue.push(one);
        }
        overdue
    }

    /// Begins to wait for answers anew: until `now` nothing was read.
    pub(super) fn restart(&mut self, now: Timestamp) {
        for one in &mut self.under_way {
            one.sent_at = now;
        }
    }

    /// Everything that is under way, as the session ends.
    pub(super) fn into_all(self) -> impl Iterator<Item = UnderWay> {
        self.under_way.into_iter()
    }

    fn take(&mut self, wanted: impl Fn(&UnderWay) -> bool) -> Option<UnderWay> {
        let at = self.under_way.iter().position(wanted)?;
        self.under_way.remove(at)
    }
}

/// What a relay's error says, for the settlement.
pub(super) fn said(error: ErrorFrame) -> Said {
    Said::Error(error.code, error.message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::ErrorCode;
    use crate::wire::frame::Status;

    const NOW: Timestamp = Timestamp::from_millis(1_795_373_464_750);

    #[test]
    fn answers_that_name_messages_settle_them_in_any_order() {
        let mut unsettled = Unsettled::new(true);
        for n in 0..3 {
            unsettled.add(under_way(n, Kind::Text));
        }
        assert_eq!(unsettled.room(), WINDOW - 3);
        assert_eq!(
            unsettled.status(&status("m1")).map(|one| one.row),
            Some(RowId(1))
        );
        assert_eq!(
            unsettled.error(&error(Some("m2"))).map(|one| one.row),
            Some(RowId(2))
        );
        assert_eq!(unsettled.status(&status("m1")), None);
        assert_eq!(unsettled.error(&error(None)), None);
        assert_eq!(unsettled.room(), WINDOW - 1);
    }

    #[test]
    fn a_version_1_relay_has_one_message_under_way_and_its_next_error_is_that_ones() {
        let mut unsettled = Unsettled::new(false);
        assert_eq!(unsettled.room(), 1);
        unsettled.add(under_way(1, Kind::Text));
        assert_eq!(unsettled.room(), 0);
        assert_eq!(
            unsettled.error(&error(None)).map(|one| one.row),
            Some(RowId(1))
        );
        assert_eq!(unsettled.error(&error(None)), None);
    }

    #[test]
    fn a_version_1_relay_settles_an_end_by_ending_the_conversation() {
        let mut unsettled = Unsettled::new(false);
        unsettled.add(under_way(1, Kind::End));
        assert_eq!(
            unsettled.ended(&ended("c2", EndReason::ParticipantEnded)),
            None
        );
        assert_eq!(unsettled.ended(&ended("c1", EndReason::MaxTurns)), None);
        let settled = unsettled.ended(&ended("c1", EndReason::ParticipantEnded));
        assert_eq!(settled.map(|one| one.row), Some(RowId(1)));
    }

    #[test]
    fn silence_is_noticed_sooner_on_a_version_1_relay() {
        for (named, silence) in [(false, V1_SILENCE), (true, SILENCE)] {
            let mut unsettled = Unsettled::new(named);
            unsettled.add(under_way(1, Kind::Text));
            let almost = NOW + silence - Duration::from_millis(1);
            assert_eq!(unsettled.overdue(almost), []);
            assert_eq!(unsettled.overdue(NOW + silence).len(), 1);
            assert_eq!(unsettled.overdue(NOW + silence), []);
        }
    }

    #[test]
    fn while_nothing_is_read_nobody_is_silent() {
        let mut unsettled = Unsettled::new(false);
        unsettled.add(under_way(1, Kind::Text));
        unsettled.restart(NOW + V1_SILENCE);
        assert_eq!(unsettled.overdue(NOW + V1_SILENCE), []);
        assert_eq!(unsettled.overdue(NOW + V1_SILENCE + V1_SILENCE).len(), 1);
    }

    fn under_way(n: i64, kind: Kind) -> UnderWay {
        UnderWay {
            row: RowId(n),
            id: MessageId::new(&format!("m{n}")).unwrap(),
            kind,
            conversation: ConversationId::new("c1").ok(),
            attempts: Attempts::default(),
            sent_at: NOW,
        }
    }

    fn status(id: &str) -> StatusFrame {
        StatusFrame {
            message_id: MessageId::new(id).unwrap(),
            status: Status::Sent,
            note: None,
        }
    }

    fn error(id: Option<&str>) -> ErrorFrame {
        ErrorFrame {
            code: Ok(ErrorCode::RateLimited),
            message: String::new(),
            message_id: id.map(|id| MessageId::new(id).unwrap()),
            note: None,
        }
    }

    fn ended(id: &str, reason: EndReason) -> ConversationEnded {
        ConversationEnded {
            conversation: ConversationId::new(id).unwrap(),
            peer: None,
            reason,
        }
    }
}
