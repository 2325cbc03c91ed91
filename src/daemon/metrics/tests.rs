use super::*;
use crate::daemon::meter::{Meter, Took};
use crate::daemon::view::readiness::tests::status;
use crate::policy::Step;
use crate::types::{Digest, Direction, Timestamp};

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

#[test]
fn what_was_counted_stands_in_the_text_with_its_labels() {
    let meter = Meter::default();
    let now = Timestamp::from_millis(1_795_381_200_000);
    meter.step(Direction::Inbound, "received", now);
    meter.step(Direction::Inbound, "received", now);
    meter.step(Direction::Outbound, "sent", now);
    let steps = [
        step("acl", StepVerdict::Pass, 3),
        step("sanitize", StepVerdict::PolicyError, 70),
    ];
    let took = Took {
        elapsed: Duration::from_micros(80),
        processor: Duration::from_micros(64),
    };
    meter.judged(&steps, took, now);
    meter.handed_over(Duration::from_millis(5), now);
    insta::assert_snapshot!(text(&status(), Health::Full, &meter.totals()));
}

#[test]
fn a_daemon_that_did_nothing_yet_has_metrics_too() {
    let told = text(&status(), Health::Well, &Counts::default());
    for line in [
        "opendialogue_disk_ready 1",
        "opendialogue_messages{box=\"held\"} 0",
        "opendialogue_judging_seconds_count 0",
        "opendialogue_judging_processor_seconds_total 0",
    ] {
        assert!(told.lines().any(|told| told == line), "{line}\n{told}");
    }
}

#[test]
fn what_a_damaged_database_cannot_count_is_left_out_and_not_zero() {
    for (disk, counts) in [
        (Health::Well, true),
        (Health::Full, true),
        (Health::Damaged, false),
    ] {
        let told = text(&status(), disk, &Counts::default());
        assert_eq!(told.contains("opendialogue_messages{"), counts, "{disk:?}");
        assert!(told.contains("opendialogue_disk_ready "), "{told}");
    }
}
