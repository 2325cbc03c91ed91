use guest::{Remembered, Trust};

use super::*;

const START: u64 = 1_795_381_200_000;
const EVERY_MESSAGE: u64 = 2_000;

const TEXT: Message<'static> = Message {
    direction: Direction::Inbound,
    kind: Kind::Text,
    trust: Trust::Unknown,
    released: false,
    id: "m1",
    from: "10000001",
    to: "me",
    conversation: Some("c1"),
    turn: None,
    content: "hello",
    now: START,
};

const OUT: Message<'static> = Message {
    direction: Direction::Outbound,
    from: "me",
    to: "10000001",
    ..TEXT
};

fn verdict(message: Message<'_>, memory: &mut Remembered) -> Verdict {
    judge(&Settings::default(), &message, memory)
}

fn until(verdict: &Verdict) -> Option<u64> {
    match verdict {
        Verdict::Hold { until, .. } => *until,
        Verdict::Pass | Verdict::Rewrite(_) | Verdict::Reject { .. } => None,
    }
}

fn retry_after(verdict: &Verdict) -> Option<u64> {
    match verdict {
        Verdict::Reject { retry_after_ms, .. } => *retry_after_ms,
        Verdict::Pass | Verdict::Rewrite(_) | Verdict::Hold { .. } => None,
    }
}

#[test]
fn the_thirtieth_passes_the_next_hundred_wait_in_order_and_the_rest_is_refused() {
    let mut memory = Remembered::default();
    for _ in 0..30 {
        assert_eq!(verdict(TEXT, &mut memory), Verdict::Pass);
    }
    for place in 1..=100 {
        let said = verdict(TEXT, &mut memory);
        assert_eq!(until(&said), Some(START + place * EVERY_MESSAGE));
    }
    let before = memory.clone();
    let said = verdict(TEXT, &mut memory);
    assert_eq!(retry_after(&said), Some(101 * EVERY_MESSAGE));
    assert_eq!(
        memory.bytes(),
        before.bytes(),
        "a refusal leaves nothing behind"
    );
    assert_eq!(
        verdict(
            Message {
                from: "10000002",
                ..TEXT
            },
            &mut memory
        ),
        Verdict::Pass
    );
}

#[test]
fn a_release_is_not_charged_again_and_makes_room_for_another_to_wait() {
    let mut memory = Remembered::default();
    for _ in 0..130 {
        verdict(TEXT, &mut memory);
    }
    let released = Message {
        released: true,
        now: START + EVERY_MESSAGE,
        ..TEXT
    };
    assert_eq!(verdict(released, &mut memory), Verdict::Pass);
    let next = Message {
        now: START + EVERY_MESSAGE,
        ..TEXT
    };
    assert_eq!(
        until(&verdict(next, &mut memory)),
        Some(START + 101 * EVERY_MESSAGE)
    );
    assert_eq!(verdict(next, &mut memory).word(), "reject");
    let nobody = Message {
        from: "10000002",
        ..released
    };
    assert_eq!(
        verdict(nobody, &mut memory),
        Verdict::Pass,
        "nothing of it waits"
    );
}

#[test]
fn outbound_is_refused_until_just_the_moment_it_names() {
    let mut memory = Remembered::default();
    for _ in 0..30 {
        assert_eq!(verdict(OUT, &mut memory), Verdict::Pass);
    }
    assert_eq!(retry_after(&verdict(OUT, &mut memory)), Some(EVERY_MESSAGE));
    assert_eq!(
        verdict(TEXT, &mut memory),
        Verdict::Pass,
        "inbound has buckets of its own"
    );
    let early = Message {
        now: START + EVERY_MESSAGE - 1,
        ..OUT
    };
    assert_eq!(retry_after(&verdict(early, &mut memory)), Some(1));
    let in_time = Message {
        now: START + EVERY_MESSAGE,
        ..OUT
    };
    assert_eq!(verdict(in_time, &mut memory), Verdict::Pass);
}

#[test]
fn signals_have_a_budget_of_their_own_and_never_wait() {
    let mut memory = Remembered::default();
    for n in 0..21 {
        let kind = [Kind::Typing, Kind::ReadReceipt][n % 2];
        let said = verdict(
            Message {
                kind,
                content: "",
                ..TEXT
            },
            &mut memory,
        );
        assert_eq!(said.word(), if n < 20 { "pass" } else { "reject" }, "{n}");
    }
    assert_eq!(verdict(TEXT, &mut memory), Verdict::Pass);
    assert_eq!(
        verdict(
            Message {
                kind: Kind::End,
                ..TEXT
            },
            &mut memory
        ),
        Verdict::Pass
    );
}

#[test]
fn everyone_together_has_a_limit_and_nobody_waits_for_it_longer_than_five_minutes() {
    let mut memory = Remembered::default();
    let mut said = Vec::new();
    for n in 0..2_000 {
        let from = format!("{}", 10_000_000 + n / 2);
        said.push(verdict(
            Message {
                from: &from,
                ..TEXT
            },
            &mut memory,
        ));
    }
    assert!(said[..300].iter().all(|said| *said == Verdict::Pass));
    let waits: Vec<_> = said.iter().filter_map(until).collect();
    assert_eq!(waits.len(), 1_500);
    assert_eq!(waits.first(), Some(&(START + 200)));
    assert_eq!(waits.last(), Some(&(START + MAX_WAIT_FOR_EVERYONE_MS)));
    assert!(waits.is_sorted());
    assert_eq!(
        said.last().and_then(retry_after),
        Some(MAX_WAIT_FOR_EVERYONE_MS + 200)
    );
    // However many strangers there are, who is known does not wait for them.
    for (trust, expect) in [
        (Trust::Unknown, "reject"),
        (Trust::Known, "pass"),
        (Trust::Owner, "pass"),
    ] {
        let from = "20000002";
        let said = verdict(
            Message {
                from,
                trust,
                ..TEXT
            },
            &mut memory,
        );
        assert_eq!(said.word(), expect, "{trust:?}");
    }
}

#[test]
fn bytes_are_counted_where_they_have_a_limit() {
    let settings = r#"{"inbound": {"peer": {"bytes": {"per_minute": 60000, "burst": 65536}}}}"#;
    let settings = Settings::from_json(settings).unwrap();
    let long = "x".repeat(40_000);
    let mut memory = Remembered::default();
    let mut said = |content| judge(&settings, &Message { content, ..TEXT }, &mut memory);
    assert_eq!(said(&long), Verdict::Pass);
    assert_eq!(until(&said(&long)), Some(START + 14_464));
    assert_eq!(
        until(&said("x")),
        Some(START + 14_465),
        "a short one does not overtake"
    );
    let too_large = said(&"x".repeat(65_537));
    assert_eq!(
        (too_large.word(), retry_after(&too_large)),
        ("reject", None)
    );
}

/// The first jump is a day ahead, the second ten days back; neither gives anything away.
#[test]
fn a_clock_that_jumps_gives_one_burst_at_the_most() {
    let mut memory = Remembered::default();
    let day = 24 * 3_600_000;
    for (now, passes) in [
        (START, 30),
        (START + day, 30),
        (START - 9 * day, 0),
        (START + day - 1, 0),
        (START + day + EVERY_MESSAGE, 1),
        (u64::MAX / 2, 30),
        (0, 0),
    ] {
        let passed =
            (0..50).filter(|_| verdict(Message { now, ..OUT }, &mut memory) == Verdict::Pass);
        assert_eq!(passed.count(), passes, "at {now}");
    }
}

#[test]
fn who_is_quiet_is_forgotten_and_who_is_refused_never_remembered() {
    let mut memory = Remembered::default();
    for n in 0..300 {
        let to = format!("{}", 10_000_000 + n);
        assert_eq!(
            verdict(Message { to: &to, ..OUT }, &mut memory),
            Verdict::Pass
        );
    }
    let full = memory.bytes();
    for n in 0..50_000 {
        let to = format!("{}", 20_000_000 + n);
        assert_eq!(
            verdict(Message { to: &to, ..OUT }, &mut memory).word(),
            "reject"
        );
    }
    assert_eq!(memory.bytes(), full);
    for n in 0..300 {
        let to = format!("{}", 10_000_000 + n);
        let later = START + 3_600_000 + n * 10_000;
        assert_eq!(
            verdict(
                Message {
                    to: &to,
                    now: later,
                    ..OUT
                },
                &mut memory
            ),
            Verdict::Pass
        );
    }
    assert!(
        memory.bytes() <= full,
        "pages that are written leave out who is quiet"
    );
}

#[test]
fn a_hundred_thousand_busy_peers_fit_into_the_quota_and_no_more_are_kept() {
    let settings = r#"{"outbound": {"everyone": {"messages": {"per_minute": 0}}}}"#;
    let settings = Settings::from_json(settings).unwrap();
    let mut memory = Remembered::default();
    for n in 0..120_000 {
        let to = format!("{:0>128}", 10_000_000 + n);
        let said = judge(&settings, &Message { to: &to, ..OUT }, &mut memory);
        assert_eq!(said, Verdict::Pass);
    }
    let most = usize::from(PEERS.pages) * (PEERS.page_bytes + 3 + guest::memory::ENTRY_COST);
    assert!(most + 1_024 <= guest::memory::QUOTA_BYTES);
    assert!(memory.bytes() <= most);
    assert_eq!(usize::from(PEERS.pages) * PEERS.records, MAX_PEERS);
}

mod exact;
