use guest::Remembered;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;

const TEXT: Message<'static> = Message {
    direction: Direction::Inbound,
    kind: Kind::Text,
    trust: Trust::Unknown,
    released: false,
    id: "m1",
    from: "peer",
    to: "me",
    conversation: Some("c1"),
    turn: None,
    content: "hello",
    now: 1_000,
};

fn mode(mode: Mode) -> Settings {
    Settings {
        mode,
        rules: Vec::new(),
    }
}

fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Hold { code, .. } => code,
        Verdict::Pass | Verdict::Rewrite(_) | Verdict::Reject { .. } => verdict.word(),
    }
}

#[test]
fn every_mode_trust_and_direction() {
    use Direction::{Inbound, Outbound};
    let (pass, no, ask) = ("pass", "reject", CONTACT_REQUEST);
    let table = [
        // mode, direction, then trust: blocked, unknown, known, owner
        (Mode::Open, Inbound, [no, pass, pass, pass]),
        (Mode::Open, Outbound, [no, pass, pass, pass]),
        (Mode::Pairing, Inbound, [no, ask, pass, pass]),
        (Mode::Pairing, Outbound, [no, pass, pass, pass]),
        (Mode::Known, Inbound, [no, no, pass, pass]),
        (Mode::Known, Outbound, [no, no, pass, pass]),
        (Mode::Closed, Inbound, [no, no, no, pass]),
        (Mode::Closed, Outbound, [no, no, no, pass]),
    ];
    for (in_mode, direction, expected) in table {
        for (trust, expected) in TRUSTS.into_iter().zip(expected) {
            let message = Message {
                direction,
                trust,
                ..TEXT
            };
            let said = judge(&mode(in_mode), &message, &mut Remembered::default());
            assert_eq!(word(&said), expected, "{in_mode:?} {direction:?} {trust:?}");
        }
    }
}

#[test]
fn a_stranger_has_one_request_at_a_time() {
    let settings = mode(Mode::Pairing);
    let mut memory = Remembered::default();
    let other = Message {
        from: "other",
        ..TEXT
    };
    let second = Message { id: "m2", ..TEXT };
    let released = Message {
        released: true,
        ..TEXT
    };
    for (message, expected) in [
        (
            Message {
                kind: Kind::Typing,
                ..TEXT
            },
            "reject",
        ),
        (
            Message {
                kind: Kind::End,
                ..TEXT
            },
            "reject",
        ),
        (TEXT, CONTACT_REQUEST),
        (TEXT, CONTACT_REQUEST), // the same message, judged again
        (second, "reject"),
        (other, CONTACT_REQUEST),
        (released, "pass"),
        (second, CONTACT_REQUEST), // released once: the stranger may ask again
        (
            Message {
                trust: Trust::Blocked,
                released: true,
                ..second
            },
            "reject",
        ),
    ] {
        assert_eq!(
            word(&judge(&settings, &message, &mut memory)),
            expected,
            "{message:?}"
        );
    }
}

#[test]
fn strangers_cannot_fill_the_memory() {
    let settings = mode(Mode::Pairing);
    let mut memory = Remembered::default();
    let peers: Vec<_> = (0..MAX_PENDING * 3).map(|n| format!("peer-{n}")).collect();
    for from in &peers {
        let said = judge(&settings, &Message { from, ..TEXT }, &mut memory);
        assert_eq!(word(&said), CONTACT_REQUEST);
    }
    assert_eq!(
        memory.entries(),
        usize::try_from(MAX_PENDING).unwrap() * 2 + 1
    );
    let newest = peers.last().unwrap();
    let again = Message {
        from: newest,
        id: "m2",
        ..TEXT
    };
    assert_eq!(word(&judge(&settings, &again, &mut memory)), "reject");
}

#[test]
fn a_rule_beats_the_mode_and_never_a_block() {
    let allow = Rule {
        effect: Effect::Allow,
        ..everything()
    };
    let settings = Settings {
        mode: Mode::Closed,
        rules: vec![allow],
    };
    for (trust, expected) in TRUSTS.into_iter().zip(["reject", "pass", "pass", "pass"]) {
        let said = judge(
            &settings,
            &Message { trust, ..TEXT },
            &mut Remembered::default(),
        );
        assert_eq!(word(&said), expected, "{trust:?}");
    }
}

#[test]
fn a_rules_hold_is_over_once_it_is_answered() {
    let hold = Rule {
        effect: Effect::Hold,
        ..everything()
    };
    let settings = Settings {
        mode: Mode::Open,
        rules: vec![hold],
    };
    let mut memory = Remembered::default();
    assert_eq!(word(&judge(&settings, &TEXT, &mut memory)), HELD_BY_RULE);
    let released = Message {
        released: true,
        ..TEXT
    };
    assert_eq!(word(&judge(&settings, &released, &mut memory)), "pass");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]
    /// The first match, found by asking every rule about every field in turn, is what decides; where
    /// there is none, the mode, and in `pairing` whether the stranger's request waits already.
    #[test]
    fn random_rules_decide_as_the_oracle_does(
        rules in prop::collection::vec(any_rule(), 0..8),
        mode in select(vec![Mode::Open, Mode::Pairing, Mode::Known, Mode::Closed]),
        messages in prop::collection::vec(any_message(), 1..6),
    ) {
        let settings = Settings { mode, rules };
        let mut memory = Remembered::default();
        let mut waiting = Vec::new();
        for (place, message) in messages.into_iter().enumerate() {
            let id = place.to_string();
            let message = Message { id: &id, ..message };
            let said = judge(&settings, &message, &mut memory);
            prop_assert_eq!(word(&said), oracle(&settings, &message, &mut waiting));
        }
    }
}

/// Works the other way round: strikes out the rules that do not match, field by field. `waiting` are
/// the strangers whose request waits.
fn oracle(settings: &Settings, message: &Message<'_>, waiting: &mut Vec<String>) -> &'static str {
    let (inbound, peer) = match message.direction {
        Direction::Inbound => (true, message.from),
        Direction::Outbound => (false, message.to),
    };
    if message.released {
        waiting.retain(|stranger| stranger != peer);
    }
    let mut left: Vec<&Rule> = settings.rules.iter().collect();
    left.retain(|rule| rule.peer.is_none() || rule.peer == Some(peer.to_owned()));
    left.retain(|rule| rule.direction.is_none() || rule.direction == Some(message.direction));
    left.retain(|rule| match &rule.kinds {
        Some(kinds) => kinds.contains(&message.kind),
        None => true,
    });
    left.retain(|rule| match (&rule.conversation, message.conversation) {
        (Some(of_rule), Some(of_message)) => of_rule == of_message,
        (Some(_), None) => false,
        (None, _) => true,
    });
    left.retain(|rule| rule.expires.unwrap_or(u64::MAX) > message.now);
    match (message.trust, left.first().map(|rule| rule.effect)) {
        (Trust::Blocked, _) | (_, Some(Effect::Reject)) => return "reject",
        (_, Some(Effect::Allow)) | (Trust::Owner, None) => return "pass",
        (_, Some(Effect::Hold)) if message.released => return "pass",
        (_, Some(Effect::Hold)) => return HELD_BY_RULE,
        (Trust::Unknown | Trust::Known, None) => {}
    }
    let is_known = message.trust == Trust::Known;
    match settings.mode {
        Mode::Open => "pass",
        Mode::Closed => "reject",
        Mode::Pairing if !inbound || message.released => "pass",
        Mode::Known | Mode::Pairing if is_known => "pass",
        Mode::Known => "reject",
        Mode::Pairing if message.kind != Kind::Text => "reject",
        Mode::Pairing if waiting.iter().any(|stranger| stranger == peer) => "reject",
        Mode::Pairing => {
            waiting.push(peer.to_owned());
            CONTACT_REQUEST
        }
    }
}

const TRUSTS: [Trust; 4] = [Trust::Blocked, Trust::Unknown, Trust::Known, Trust::Owner];
const KINDS: [Kind; 4] = [Kind::Text, Kind::Typing, Kind::ReadReceipt, Kind::End];
const DIRECTIONS: [Direction; 2] = [Direction::Inbound, Direction::Outbound];
const AGENTS: [&str; 3] = ["a", "b", "c"];

fn everything() -> Rule {
    Rule {
        peer: None,
        direction: None,
        kinds: None,
        conversation: None,
        expires: None,
        effect: Effect::Allow,
        reason: None,
    }
}

fn any_rule() -> impl Strategy<Value = Rule> {
    (
        prop::option::of(select(AGENTS.map(str::to_owned).to_vec())),
        prop::option::of(select(DIRECTIONS.to_vec())),
        prop::option::of(prop::sample::subsequence(KINDS.to_vec(), 1..=4)),
        prop::option::of(select(vec!["x".to_owned(), "y".to_owned()])),
        prop::option::of(0..4_u64),
        select(vec![Effect::Allow, Effect::Reject, Effect::Hold]),
    )
        .prop_map(
            |(peer, direction, kinds, conversation, expires, effect)| Rule {
                peer,
                direction,
                kinds,
                conversation,
                expires,
                effect,
                reason: None,
            },
        )
}

fn any_message() -> impl Strategy<Value = Message<'static>> {
    (
        (
            select(DIRECTIONS.to_vec()),
            select(KINDS.to_vec()),
            select(TRUSTS.to_vec()),
        ),
        (select(AGENTS.to_vec()), select(AGENTS.to_vec())),
        prop::option::of(select(vec!["x", "y"])),
        any::<bool>(),
        0..4_u64,
    )
        .prop_map(
            |((direction, kind, trust), (from, to), conversation, released, now)| Message {
                direction,
                kind,
                trust,
                released,
                id: "m",
                from,
                to,
                conversation,
                turn: None,
                content: "hello",
                now,
            },
        )
}
