//! What was taken and is judged again is not lost to a limit on rates because it was judged twice.
//! Pure.

use std::time::Duration;

use crate::policy::{Hold, Outcome, words};
use crate::types::Timestamp;

/// How long a message waits for room where the policy does not say when there is some.
const ROOM_COMES_WITHIN: Duration = Duration::from_secs(60);
/// How long it waits at most, whatever the policy says.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 60 * 60);

/// What becomes of a message that `outcome` was said of when it was judged again, with the holds of
/// `released_for` answered: where a policy refuses it for the rates, it waits until there is room,
/// once for each policy, and goes before the chain again with that hold answered.
pub(in crate::daemon) fn wait_for_room(
    outcome: Outcome,
    released_for: &[String],
    now: Timestamp,
) -> Outcome {
    let Outcome::Refused(rejection) = outcome else {
        return outcome;
    };
    let waited = released_for.contains(&rejection.policy);
    if waited || rejection.code.as_str() != words::RATE_LIMITED {
        return Outcome::Refused(rejection);
    }
    let wait = rejection
        .retry_after_ms
        .map_or(ROOM_COMES_WITHIN, Duration::from_millis);
    let mut held_by = released_for.to_vec();
    held_by.push(rejection.policy.clone());
    Outcome::Held(Hold {
        policy: rejection.policy,
        code: rejection.code,
        reason: rejection.reason,
        until: Some(now + wait.min(LONGEST_WAIT)),
        held_by,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{ReasonCode, Rejection};

    const NOW: Timestamp = Timestamp::from_millis(1_795_373_464_750);

    fn refused(code: &str, retry_after_ms: Option<u64>) -> Outcome {
        Outcome::Refused(Rejection {
            policy: "rates".to_owned(),
            code: ReasonCode::new(code.to_owned()).unwrap(),
            reason: "too much".to_owned(),
            retry_after_ms,
        })
    }

    #[test]
    fn it_waits_as_long_as_the_policy_says_within_a_day() {
        for (retry_after_ms, seconds) in
            [(None, 60), (Some(5_000), 5), (Some(u64::MAX), 24 * 60 * 60)]
        {
            let outcome = refused("rate_limited", retry_after_ms);
            let Outcome::Held(hold) = wait_for_room(outcome, &["acl".to_owned()], NOW) else {
                panic!("it was refused");
            };
            assert_eq!(hold.until, Some(NOW + Duration::from_secs(seconds)));
            assert_eq!(hold.held_by, ["acl", "rates"]);
        }
    }

    #[test]
    fn it_waits_once_for_a_policy_and_for_the_rates_alone() {
        let again = refused("rate_limited", Some(1));
        let outcome = wait_for_room(again.clone(), &["rates".to_owned()], NOW);
        assert_eq!(
            outcome, again,
            "a policy that never has room is no endless loop"
        );
        let no = refused("spam", Some(1));
        assert_eq!(wait_for_room(no.clone(), &[], NOW), no);
        let admitted = Outcome::Admitted {
            content: "hello".to_owned(),
        };
        assert_eq!(wait_for_room(admitted.clone(), &[], NOW), admitted);
    }
}
