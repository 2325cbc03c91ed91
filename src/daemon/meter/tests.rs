use super::*;
use crate::policy::StepVerdict;
use crate::types::Digest;

/// The first moment of a minute.
const NOW: Timestamp = Timestamp::from_millis(29_923_000 * MINUTE_MS);

fn minutes(count: u64) -> Duration {
    Duration::from_millis(count * MINUTE_MS)
}

fn took(us: u64) -> Took {
    let elapsed = Duration::from_micros(us);
    Took {
        elapsed,
        processor: elapsed / 2,
    }
}

fn step(policy: &str, verdict: StepVerdict, us: u64) -> Step {
    Step {
        policy: policy.to_owned(),
        digest: Digest::of(b"module"),
        verdict,
        code: None,
        reason: None,
        monitored: false,
        released: false,
        elapsed: Duration::from_micros(us),
    }
}

/// How many came in, in each minute in which any did: how long ago, and the count.
fn came_in(meter: &Meter, now: Timestamp) -> Vec<(u64, u64)> {
    let hour = meter.last_hour(now);
    assert_eq!(hour.len(), 60);
    let counts = hour.into_iter().map(|(began, counts)| {
        let ago = (now.as_millis() - began.as_millis()) / MINUTE_MS;
        (ago, counts.steps(Direction::Inbound, "received"))
    });
    counts.filter(|(_, count)| *count > 0).collect()
}

#[test]
fn an_hour_is_told_by_the_minute_and_what_is_older_is_forgotten() {
    /// When something comes in, in milliseconds; when it is looked at; minutes ago and counts.
    type Case = (&'static [u64], u64, &'static [(u64, u64)]);
    let table: [Case; 7] = [
        (&[], 0, &[]),
        (&[0, 1, 59_999], 59_999, &[(0, 3)]),
        (&[0, 60_000], 60_000, &[(1, 1), (0, 1)]),
        (&[0], 59 * 60_000 + 59_999, &[(59, 1)]),
        (&[0], 60 * 60_000, &[]),
        // A clock that is set back tells what it knows of the time before.
        (&[0, 120_000, 1], 60_000, &[(1, 2)]),
        (&[0, 7_200_000], 7_200_000, &[(0, 1)]),
    ];
    for (arrivals, looked_at, expected) in table {
        let meter = Meter::default();
        for ms in arrivals {
            let at = NOW + Duration::from_millis(*ms);
            meter.step(Direction::Inbound, "received", at);
        }
        let seen = came_in(&meter, NOW + Duration::from_millis(looked_at));
        assert_eq!(seen, expected, "{arrivals:?} {looked_at}");
        let total = meter.totals().steps(Direction::Inbound, "received");
        assert_eq!(total, arrivals.len() as u64, "totals forget nothing");
    }
}

#[test]
fn no_more_minutes_are_kept_than_can_be_asked_for() {
    let meter = Meter::default();
    for minute in (0..500).chain((0..500).rev()) {
        meter.step(Direction::Outbound, "queued", NOW + minutes(minute));
        let kept = meter.counted().minutes.len() as u64;
        assert!(kept < 2 * MINUTES, "{kept} at {minute}");
    }
}

#[test]
fn directions_and_words_are_counted_apart() {
    let meter = Meter::default();
    meter.step(Direction::Inbound, "held", NOW);
    meter.step(Direction::Outbound, "held", NOW);
    meter.step(Direction::Outbound, "held", NOW);
    let totals = meter.totals();
    let all: Vec<_> = totals.all_steps().collect();
    assert_eq!(all, [("inbound", "held", 1), ("outbound", "held", 2)]);
}

#[test]
fn verdicts_are_counted_by_policy_and_kind() {
    let meter = Meter::default();
    let passed = [
        step("acl", StepVerdict::Pass, 10),
        step("sanitize", StepVerdict::Rewrite, 30),
    ];
    let refused = [step("acl", StepVerdict::Reject, 20)];
    meter.judged(&passed, took(40), NOW);
    meter.judged(&refused, took(20), NOW + minutes(1));
    meter.handed_over(Duration::from_millis(2), NOW + minutes(1));

    let mut hour = Counts::default();
    for (_, counts) in meter.last_hour(NOW + minutes(1)) {
        hour.add(&counts);
    }
    assert_eq!(hour, meter.totals());
    let verdicts: Vec<_> = hour
        .policies()
        .map(|(name, counts)| {
            let verdicts: Vec<_> = counts.verdicts().iter().map(|(v, n)| (*v, *n)).collect();
            (name, verdicts, counts.elapsed.sum().as_micros())
        })
        .collect();
    let acl = vec![(StepVerdict::Pass, 1), (StepVerdict::Reject, 1)];
    let sanitize = vec![(StepVerdict::Rewrite, 1)];
    assert_eq!(verdicts, [("acl", acl, 30), ("sanitize", sanitize, 30)]);
    assert_eq!((hour.judging.count(), hour.handing_over.count()), (2, 1));
    assert_eq!(hour.processor, Duration::from_micros(30));
}

#[test]
fn however_many_names_policies_had_the_room_for_them_is_bounded() {
    let meter = Meter::default();
    for number in 0..1_000 {
        let steps = [step(&format!("policy-{number}"), StepVerdict::Pass, 1)];
        meter.judged(&steps, took(0), NOW);
    }
    let totals = meter.totals();
    let counted = |counts: &PolicyCounts| counts.verdicts().values().sum::<u64>();
    assert_eq!(totals.policies().count(), POLICIES_MAX + 1);
    assert_eq!(
        totals.policies().map(|(_, c)| counted(c)).sum::<u64>(),
        1_000
    );
}
