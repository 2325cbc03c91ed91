//! Messages that were written to the relay and are not settled on disk yet: pure. None of them may be
//! written a second time in the session.
//!
//! A relay that announced features names the message in each answer, so many may be under way. A
//! version 1 relay names none in its errors: there, one message is under way at a time and the next
//! answer is its own.

use std::collections::{HashSet, VecDeque};
use std::time::Duration;

use crate::daemon::outbound::{Attempts, Said};
use crate::daemon::rows::RowId;
use crate::types::text::heard;
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
    /// Answered; what that means is not on disk yet, or could not be written.
    answered: HashSet<RowId>,
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
            answered: HashSet::new(),
        }
    }

    /// How many more messages may be written now.
    pub(super) fn room(&self) -> usize {
        let window = if self.named_answers { WINDOW } else { 1 };
        window.saturating_sub(self.under_way.len())
    }

    /// The rows that must not be written now. One whose answer could not be kept stays among them: its
    /// row still says `queued`, and it goes again under its id on the next session.
    pub(super) fn busy(&self) -> HashSet<RowId> {
        let under_way = self.under_way.iter().map(|one| one.row);
        under_way.chain(self.answered.iter().copied()).collect()
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
            None => self.take(|_| true),
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

    /// What the answer to `row` means is on disk.
    pub(super) fn kept(&mut self, row: RowId) {
        self.answered.remove(&row);
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
        let one = self.under_way.remove(at)?;
        self.answered.insert(one.row);
        Some(one)
    }
}

/// What a relay's error says, for the settlement: a code that is not known and the sentence are the
/// relay's own words.
pub(super) fn said(error: ErrorFrame) -> Said {
    let code = error.code.map_err(|unknown| heard(&unknown));
    Said::Error(code, heard(&error.message))
}

#[cfg(test)]
mod tests;
