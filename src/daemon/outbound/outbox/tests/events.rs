//! What may happen to the outbox, and how often.

use proptest::prelude::*;

use super::{DAY_MS, RowState};
use crate::daemon::outbound::Said;
use crate::policy::{Hold, Outcome, ReasonCode, Rejection, Ruling};
use crate::types::ErrorCode;
use crate::wire::frame::Status;

#[derive(Debug, Clone)]
pub(super) enum Event {
    /// A draft to one of three receivers, as the policies judged it.
    Draft(usize, Judgement),
    /// A look into the outbox for so many.
    Look(usize),
    /// The relay's word on one of those under way.
    Hear(usize, Said),
    /// The relay's word on any message there ever was, for the second time or unasked.
    HearAgain(usize, Said),
    Pass(u64),
    /// A held draft is judged again.
    Release(usize, Judgement),
    /// A person refuses a held draft.
    Refuse(usize),
    /// The owner blocks a receiver.
    Block(usize),
    /// Housekeeping refuses what waited for too long.
    Overdue,
    /// The connection goes, or the process: nobody knows any more what was under way.
    Crash,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Judgement {
    Admit,
    Hold,
    Reject,
}

pub(super) fn event() -> impl Strategy<Value = Event> {
    let judgement = || {
        prop_oneof![
            4 => Just(Judgement::Admit),
            1 => Just(Judgement::Hold),
            1 => Just(Judgement::Reject),
        ]
    };
    let any = any::<usize>;
    prop_oneof![
        6 => (0..3_usize, judgement()).prop_map(|(to, judged)| Event::Draft(to, judged)),
        6 => (1..6_usize).prop_map(Event::Look),
        6 => (any(), said()).prop_map(|(which, said)| Event::Hear(which, said)),
        2 => (any(), said()).prop_map(|(which, said)| Event::HearAgain(which, said)),
        3 => (0..30_000_u64).prop_map(Event::Pass),
        1 => (any(), judgement()).prop_map(|(which, judged)| Event::Release(which, judged)),
        1 => any().prop_map(Event::Refuse),
        1 => (0..3_usize).prop_map(Event::Block),
        1 => Just(Event::Crash),
        1 => Just(Event::Overdue),
        1 => Just(Event::Pass(DAY_MS)),
    ]
}

fn said() -> impl Strategy<Value = Said> {
    let status = prop::sample::select(&[Status::Sent, Status::Queued, Status::Rejected][..]);
    let error = prop::sample::select(&ErrorCode::ALL[..]);
    prop_oneof![
        3 => status.prop_map(|status| Said::Status(status, None)),
        3 => error.prop_map(|code| Said::Error(Ok(code), "so".to_owned())),
        2 => Just(Said::Error(Ok(ErrorCode::RateLimited), "slower".to_owned())),
        1 => Just(Said::Error(Err("ODD".to_owned()), String::new())),
        1 => Just(Said::Ended),
        1 => Just(Said::Nothing),
        1 => Just(Said::Gone),
    ]
}

/// What the policies said of a draft, and where its row stands by that.
pub(super) fn ruled(judged: Judgement) -> (RowState, Ruling) {
    let (policy, reason) = ("rule".to_owned(), "so".to_owned());
    let code = ReasonCode::new("so".to_owned()).unwrap();
    let (state, outcome) = match judged {
        Judgement::Admit => {
            let content = "hello".to_owned();
            (RowState::Queued, Outcome::Admitted { content })
        }
        Judgement::Hold => {
            let hold = Hold {
                policy,
                code,
                reason,
                until: None,
                held_by: Vec::new(),
            };
            (RowState::Held, Outcome::Held(hold))
        }
        Judgement::Reject => {
            let rejection = Rejection {
                policy,
                code,
                reason,
                retry_after_ms: None,
            };
            (RowState::Refused, Outcome::Refused(rejection))
        }
    };
    let ruling = Ruling {
        outcome,
        annotations: Vec::new(),
        steps: Vec::new(),
        changes: Default::default(),
        processor: Default::default(),
    };
    (state, ruling)
}
