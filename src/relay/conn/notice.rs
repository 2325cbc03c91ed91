//! What an agent is told, as the frame that says it.

use super::Session;
use crate::relay::hub::Notice;
use crate::relay::parcel::Settlement;
use crate::types::{ErrorCode, MessageId, Refusal};
use crate::wire::Frame;
use crate::wire::frame::{ConversationEnded, ErrorFrame, Status, StatusFrame};

/// The frame that says `notice` in `session`; version 1 hears no more than it knows.
pub(super) fn frame_of(notice: Notice, session: &Session) -> Frame {
    match notice {
        Notice::Settled(id, settlement) => settled(id, settlement),
        Notice::Error(error) => Frame::Error(*error),
        Notice::ConversationEnded(ended) if session.is_version_1() => {
            Frame::ConversationEnded(ConversationEnded {
                peer: None,
                ..ended
            })
        }
        Notice::ConversationEnded(ended) => Frame::ConversationEnded(ended),
        Notice::Pong => Frame::Pong,
    }
}

fn settled(id: MessageId, settlement: Settlement) -> Frame {
    match settlement {
        Settlement::Sent => status(id, Status::Sent, None),
        Settlement::Queued { may_repeat } => {
            status(id, Status::Queued, may_repeat.then_some("may_repeat"))
        }
        Settlement::Rejected => status(id, Status::Rejected, Some("not_accepted")),
        Settlement::MailboxFull => {
            let reason = "the receiver's mailbox has no more room for you";
            let refusal = Refusal::new(ErrorCode::RateLimited, reason);
            error(id, refusal, Some("mailbox_full"))
        }
        Settlement::Refused(refusal) => error(id, refusal, None),
        Settlement::Failed => {
            let reason = "the relay failed: send the message again";
            error(id, Refusal::new(ErrorCode::InternalError, reason), None)
        }
    }
}

fn status(message_id: MessageId, status: Status, note: Option<&str>) -> Frame {
    Frame::Status(StatusFrame {
        message_id,
        status,
        note: note.map(str::to_owned),
    })
}

fn error(message_id: MessageId, refusal: Refusal, note: Option<&str>) -> Frame {
    Frame::Error(ErrorFrame {
        code: Ok(refusal.code),
        message: refusal.reason,
        message_id: Some(message_id),
        note: note.map(str::to_owned),
    })
}
