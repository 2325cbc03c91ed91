use super::*;
use crate::daemon::agent::trouble::GatewayTrouble;
use crate::daemon::backoff::Chance;

mod any_events;

const START: Timestamp = Timestamp::from_millis(1_795_381_804_000);
const RULES: Rules = Rules {
    max_in_flight: 2,
    attempts: 3,
    max_age: Duration::from_secs(3_600),
    retry: Backoff {
        first: Duration::from_secs(10),
        most: Duration::from_secs(40),
        chance: Chance::Half,
    },
    probe: Backoff {
        first: Duration::from_secs(2),
        most: Duration::from_secs(16),
        chance: Chance::Half,
    },
};

#[test]
fn conversations_go_side_by_side_and_each_in_its_order() {
    let mut lanes = Lanes::new(RULES);
    let rows = [row(1, 'a'), row(2, 'a'), row(3, 'b'), row(4, 'c')];
    assert_eq!(ids(&lanes.plan(&rows, START)), [1, 3]);
    assert_eq!(ids(&lanes.plan(&rows, START)), [0; 0]);
    let next = lanes.answered(RowId(1), 1, admitted(), moment(START));
    assert_eq!(
        next,
        Next::Settle(Settled::Delivered {
            run_id: Some("r".to_owned())
        })
    );
    assert_eq!(
        ids(&lanes.plan(&rows, START)),
        [0; 0],
        "not before it is settled"
    );
    lanes.leave(RowId(1));
    assert_eq!(ids(&lanes.plan(&rows[1..], START)), [2]);
}

#[test]
fn a_row_that_waits_stops_its_conversation_and_no_other() {
    let mut lanes = Lanes::new(RULES);
    let mut rows = [row(1, 'a'), row(2, 'a'), row(3, 'b')];
    rows[0].next_attempt_at = Some(after(10));
    let plan = lanes.plan(&rows, START);
    assert_eq!((ids(&plan), plan.wake_at), (vec![3], Some(after(10))));
    lanes.leave(RowId(3));
    assert_eq!(ids(&lanes.plan(&rows[..2], after(10))), [1]);
    // Dead or held, it is no row of these any more.
    lanes.leave(RowId(1));
    assert_eq!(ids(&lanes.plan(&rows[1..2], after(10))), [2]);
}

#[test]
fn each_answer_settles_its_row_or_leaves_it_waiting() {
    let retry = |attempts, seconds, why: &str, may_repeat| {
        Next::Settle(Settled::Retry {
            attempts,
            next_attempt_at: after(seconds),
            why: why.to_owned(),
            may_repeat,
        })
    };
    let dead = |attempts, why: &str, may_repeat| {
        Next::Settle(Settled::Dead {
            attempts,
            why: why.to_owned(),
            may_repeat,
        })
    };
    let again_in = |seconds| Some(Duration::from_secs(seconds));
    // The jitter of these tests is the least there is: half of each wait.
    for (attempts, answer, next) in [
        (0, later(true, false, None), retry(1, 5, "later", false)),
        (1, later(true, false, None), retry(2, 10, "later", false)),
        (
            2,
            later(true, false, None),
            dead(3, "later, after 3 attempts", false),
        ),
        (0, later(true, true, None), retry(1, 5, "later", true)),
        (
            2,
            later(true, true, None),
            dead(3, "later, after 3 attempts", true),
        ),
        (2, later(false, false, None), retry(2, 20, "later", false)),
        (
            0,
            later(true, false, again_in(60)),
            retry(1, 60, "later", false),
        ),
        (
            0,
            later(true, false, again_in(1)),
            retry(1, 5, "later", false),
        ),
        (0, never(), dead(1, "never", false)),
        (1, never(), dead(2, "never", false)),
        (0, pause(), Next::Wait),
        (0, away(None), Next::Wait),
        (0, Answer::RetryWithoutSession, Next::AgainWithoutSession),
    ] {
        let mut lanes = Lanes::new(RULES);
        let mut row = row(1, 'a');
        row.attempts = attempts;
        lanes.plan(&[row], START);
        let given = lanes.answered(RowId(1), 1, answer.clone(), moment(START));
        assert_eq!(given, next, "{attempts} {answer:?}");
    }
    let once = Rules {
        attempts: 1,
        ..RULES
    };
    let mut lanes = Lanes::new(once);
    lanes.plan(&[row(1, 'a')], START);
    let given = lanes.answered(RowId(1), 1, later(true, true, None), moment(START));
    assert_eq!(given, dead(1, "later, after 1 attempt", true));
    // Of several, each still has a chance alone.
    let mut lanes = Lanes::new(RULES);
    lanes.plan(&[row(1, 'a')], START);
    let apart = Next::Settle(Settled::Apart {
        why: "never, to 50 messages at once; now each goes alone".to_owned(),
    });
    assert_eq!(lanes.answered(RowId(1), 50, never(), moment(START)), apart);
}

#[test]
fn a_busy_session_is_asked_less_and_less_often_and_that_counts_no_attempt() {
    let mut lanes = Lanes::new(RULES);
    let rows = [row(1, 'a')];
    let busy = || later(false, false, None);
    let failed = || later(true, false, None);
    for (answer, seconds, attempts) in [
        (busy(), 5, 0),
        (busy(), 10, 0),
        (busy(), 20, 0),
        (busy(), 20, 0),
        // An attempt that counts has waits of its own.
        (failed(), 5, 1),
        (busy(), 5, 0),
    ] {
        lanes.plan(&rows, START);
        let Next::Settle(Settled::Retry {
            attempts: counted,
            next_attempt_at,
            ..
        }) = lanes.answered(RowId(1), 1, answer.clone(), moment(START))
        else {
            panic!("{answer:?} does not have it go again");
        };
        assert_eq!((next_attempt_at, counted), (after(seconds), attempts));
        lanes.leave(RowId(1));
    }
}

#[test]
fn a_closed_gate_is_tried_by_one_message_less_and_less_often() {
    let mut lanes = Lanes::new(RULES);
    let rows = [row(1, 'a'), row(2, 'b'), row(3, 'c')];
    assert_eq!(ids(&lanes.plan(&rows, START)), [1, 2]);
    lanes.answered(RowId(1), 1, pause(), moment(START));
    lanes.answered(RowId(2), 1, pause(), moment(START));
    assert_eq!(lanes.closed().unwrap().trouble, GatewayTrouble::Token);
    let mut now = START;
    for seconds in [1, 2, 4, 8, 8] {
        let plan = lanes.plan(&rows, now);
        let try_at = now + Duration::from_secs(seconds);
        assert_eq!((ids(&plan), plan.wake_at), (vec![], Some(try_at)));
        now = try_at;
        assert_eq!(ids(&lanes.plan(&rows, now)), [1], "one, the oldest");
        assert_eq!(ids(&lanes.plan(&rows, now)), [0; 0]);
        lanes.answered(RowId(1), 1, pause(), moment(now));
    }
    lanes.hook_changed(now);
    assert_eq!(ids(&lanes.plan(&rows, now)), [1], "at once");
    lanes.answered(RowId(1), 1, admitted(), moment(now));
    assert_eq!(lanes.closed(), None);
    assert_eq!(ids(&lanes.plan(&rows, now)), [2]);
}

#[test]
fn an_answer_to_old_settings_closes_nothing() {
    let mut lanes = Lanes::new(RULES);
    let rows = [row(1, 'a')];
    lanes.plan(&rows, START);
    lanes.hook_changed(START);
    assert_eq!(
        lanes.answered(RowId(1), 1, pause(), moment(START)),
        Next::Wait
    );
    assert_eq!(lanes.closed(), None);
    assert_eq!(ids(&lanes.plan(&rows, START)), [1]);
}

#[test]
fn without_a_hook_nothing_goes_until_there_is_one() {
    let mut lanes = Lanes::new(RULES);
    let rows = [row(1, 'a'), row(2, 'b')];
    lanes.plan(&rows[..1], START);
    lanes.hook_missing("no token".to_owned());
    lanes.answered(RowId(1), 1, admitted(), moment(START));
    lanes.leave(RowId(1));
    let plan = lanes.plan(&rows[1..], START);
    assert_eq!((ids(&plan), plan.wake_at), (vec![], Some(after(3_600))));
    assert_eq!(lanes.closed().unwrap().why, "no token");
    lanes.gateway_lives(START);
    assert_eq!(ids(&lanes.plan(&rows[1..], START)), [0; 0]);
    lanes.hook_changed(START);
    assert_eq!(ids(&lanes.plan(&rows[1..], START)), [2]);
}

#[test]
fn a_gateway_that_was_away_is_tried_as_soon_as_it_lives() {
    let mut lanes = Lanes::new(RULES);
    let rows = [row(1, 'a')];
    lanes.plan(&rows, START);
    lanes.answered(RowId(1), 1, away(None), moment(START));
    lanes.gateway_lives(START);
    assert_eq!(ids(&lanes.plan(&rows, START)), [1]);
    // An answer that tells nothing leaves the gate as it was.
    lanes.answered(RowId(1), 1, later(true, true, None), moment(START));
    lanes.leave(RowId(1));
    assert_eq!(lanes.closed().unwrap().trouble, GatewayTrouble::Away);
    lanes.gateway_lives(START);
    assert_eq!(ids(&lanes.plan(&rows, START)), [1]);
    // It lives, and asked to be spared until then.
    lanes.answered(
        RowId(1),
        1,
        away(Some(Duration::from_secs(60))),
        moment(START),
    );
    lanes.gateway_lives(after(5));
    let plan = lanes.plan(&rows, after(5));
    assert_eq!((ids(&plan), plan.wake_at), (vec![], Some(after(60))));
    assert_eq!(ids(&lanes.plan(&rows, after(60))), [1]);
}

#[test]
fn what_is_too_old_is_given_up_once_whatever_else_holds() {
    let mut lanes = Lanes::new(RULES);
    let mut young = row(2, 'a');
    young.stored_at = after(1);
    let rows = [row(1, 'a'), young];
    lanes.hook_missing("no token".to_owned());
    let plan = lanes.plan(&rows, START);
    assert_eq!((plan.expired, plan.wake_at), (vec![], Some(after(3_600))));
    assert_eq!(lanes.plan(&rows, after(3_600)).expired, [RowId(1)]);
    assert_eq!(lanes.plan(&rows, after(3_600)).expired, []);
}

fn row(id: i64, conversation: char) -> Row {
    Row {
        id: RowId(id),
        lane: Lane {
            peer: AgentId::new("10079218").unwrap(),
            conversation: ConversationId::new(&conversation.to_string()).unwrap(),
        },
        stored_at: START,
        next_attempt_at: None,
        attempts: 0,
    }
}

fn ids(plan: &Plan) -> Vec<i64> {
    plan.send.iter().map(|id| id.0).collect()
}

fn after(seconds: u64) -> Timestamp {
    START + Duration::from_secs(seconds)
}

fn moment(now: Timestamp) -> Moment {
    let jitter = Jitter::new(0.0);
    Moment { now, jitter }
}

fn admitted() -> Answer {
    let run_id = Some("r".to_owned());
    Answer::Admitted { run_id }
}

fn never() -> Answer {
    let why = "never".to_owned();
    Answer::Never { why }
}

fn pause() -> Answer {
    let why = "pause".to_owned();
    Answer::Pause {
        trouble: GatewayTrouble::Token,
        why,
    }
}

fn away(after: Option<Duration>) -> Answer {
    let why = "away".to_owned();
    Answer::Away {
        trouble: GatewayTrouble::Away,
        why,
        after,
    }
}

fn later(counts_attempt: bool, outcome_unknown: bool, after: Option<Duration>) -> Answer {
    Answer::Later {
        why: "later".to_owned(),
        after,
        counts_attempt,
        outcome_unknown,
    }
}
