use guest::memory::{ENTRY_COST, QUOTA_BYTES};
use guest::{Direction, Policy, Remembered, Trust};

use super::*;
use crate::episode::EPISODE_IDLE_MS;

mod simulation;
mod talks;

const START: u64 = 1_795_381_200_000;

const TEXT: Message<'static> = Message {
    direction: Direction::Inbound,
    kind: Kind::Text,
    trust: Trust::Unknown,
    released: false,
    id: "m1",
    from: "10000001",
    to: "me",
    conversation: Some("c-1"),
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

/// Nothing that could be taken for a loop.
fn novel(n: usize) -> String {
    let words = [
        "amber", "basalt", "cedar", "delta", "ember", "falcon", "granite", "harbour", "indigo",
        "juniper", "kestrel", "lagoon", "meadow", "nectar", "orchid", "pebble", "quartz", "raven",
        "saffron", "thistle", "umber", "violet", "willow", "yarrow", "zephyr",
    ];
    let word = |step: usize| words[(n * step + n / 25 + step) % 25];
    let said: Vec<_> = [1, 3, 7, 11, 13, 17, 19].map(word).to_vec();
    said.join(" ")
}

fn code(decision: &Decision) -> &'static str {
    match decision.verdict {
        Verdict::Reject { code, .. } | Verdict::Hold { code, .. } => code,
        Verdict::Pass | Verdict::Rewrite(_) => "pass",
    }
}

fn said_of<'a>(decision: &'a Decision, key: &str) -> Option<&'a str> {
    let mut annotations = decision.annotations.iter();
    annotations.find_map(|said| (said.key == key).then_some(said.value.as_str()))
}

fn say(memory: &mut Remembered, message: Message<'_>, n: usize) -> Decision {
    let content = &novel(n);
    judge(
        &Settings::default(),
        &Message { content, ..message },
        memory,
    )
}

#[test]
fn the_same_turn_number_five_hundred_times_stops_at_twenty() {
    let mut memory = Remembered::default();
    for n in 0..500 {
        let said = say(
            &mut memory,
            Message {
                turn: Some(1),
                ..TEXT
            },
            n,
        );
        assert_eq!(code(&said), if n < 20 { "pass" } else { TURN_LIMIT }, "{n}");
        let mismatch = format!("it says 1, it is {}", n + 1);
        let mismatch = (1..20).contains(&n).then_some(mismatch.as_str());
        assert_eq!(said_of(&said, "turn_mismatch"), mismatch);
    }
}

#[test]
fn a_fresh_conversation_each_time_stops_at_five_an_hour() {
    let mut memory = Remembered::default();
    let mut taken = Vec::new();
    for n in 0..720 {
        let id = format!("c-{n}");
        let now = START + n as u64 * 10_000;
        let message = Message {
            conversation: Some(&id),
            now,
            ..[TEXT, OUT][n % 2]
        };
        let said = say(&mut memory, message, n);
        if code(&said) == "pass" {
            taken.push(n);
        } else {
            assert_eq!(code(&said), RATE_LIMITED);
        }
    }
    assert_eq!(taken, [0, 1, 2, 3, 4, 360, 361, 362, 363, 364]);
}

#[test]
fn a_day_has_two_hundred_turns_with_a_peer() {
    let mut memory = Remembered::default();
    let mut turns = 0;
    for n in 0..1_000 {
        let now = START + n as u64 * 80_000;
        let id = format!("c-{}", n / 19 % 5);
        let said = say(
            &mut memory,
            Message {
                conversation: Some(&id),
                now,
                ..TEXT
            },
            n,
        );
        turns += usize::from(code(&said) == "pass");
        if turns >= 160 && code(&said) == "pass" {
            let left: usize = said_of(&said, "turns_left").unwrap().parse().unwrap();
            assert!(left <= 200 - turns);
        }
    }
    assert_eq!(turns, 200);
    let fresh = Message {
        conversation: Some("new"),
        now: START + 80_000_000,
        ..TEXT
    };
    assert_eq!(
        code(&say(&mut memory, fresh, 0)),
        RATE_LIMITED,
        "no `end` for what never began"
    );
    let day_later = Message {
        now: START + 172_800_000,
        ..fresh
    };
    assert_eq!(code(&say(&mut memory, day_later, 0)), "pass");
}

#[test]
fn turns_left_are_said_from_four_fifths_and_the_last_turn_is_named() {
    let mut memory = Remembered::default();
    for n in 0..20 {
        let said = say(&mut memory, [TEXT, OUT][n % 2], n);
        let left = (n >= 15).then(|| (19 - n).to_string());
        assert_eq!(said_of(&said, "turns_left"), left.as_deref(), "{n}");
        assert_eq!(said_of(&said, "last_turn"), (n == 19).then_some("true"));
    }
}

#[test]
fn half_an_hour_without_a_turn_ends_an_episode_and_refusals_do_not_prolong_it() {
    let mut memory = Remembered::default();
    for n in 0..20 {
        say(&mut memory, TEXT, n);
    }
    for minute in 0..30 {
        let now = START + minute * 60_000;
        assert_eq!(
            code(&say(&mut memory, Message { now, ..TEXT }, 50)),
            TURN_LIMIT
        );
    }
    let now = START + 30 * 60_000;
    assert_eq!(code(&say(&mut memory, Message { now, ..TEXT }, 51)), "pass");
}

#[test]
fn an_end_closes_at_once_and_after_ours_no_other_is_asked_for() {
    let end = |message| Message {
        kind: Kind::End,
        content: "",
        ..message
    };
    let later = |message| Message {
        now: START + 10_001,
        ..message
    };
    let mut memory = Remembered::default();
    say(&mut memory, TEXT, 0);
    assert_eq!(code(&say(&mut memory, end(TEXT), 0)), "pass");
    assert_eq!(code(&say(&mut memory, later(TEXT), 1)), CONVERSATION_ENDED);
    assert_eq!(
        code(&say(&mut memory, OUT, 2)),
        CONVERSATION_ENDED,
        "it crossed the end"
    );
    assert_eq!(
        code(&say(&mut memory, later(OUT), 3)),
        "pass",
        "the other side reopens"
    );
    assert_eq!(code(&say(&mut memory, later(TEXT), 4)), "pass");

    for n in 5..22 {
        assert_eq!(
            code(&say(&mut memory, later(TEXT), n)),
            "pass",
            "its turns still count"
        );
    }
    assert_eq!(code(&say(&mut memory, later(TEXT), 22)), TURN_LIMIT);
    say(&mut memory, end(later(OUT)), 0);
    let much_later = Message {
        now: START + 60_000,
        ..TEXT
    };
    assert_eq!(code(&say(&mut memory, much_later, 23)), CONVERSATION_ENDED);
}

#[test]
fn what_wakes_no_agent_is_no_turn_and_is_not_remembered() {
    let mut memory = Remembered::default();
    for kind in [Kind::Typing, Kind::ReadReceipt, Kind::End] {
        for n in 0..100 {
            let said = say(&mut memory, Message { kind, ..TEXT }, n);
            assert_eq!((code(&said), said.annotations.len()), ("pass", 0));
        }
    }
    assert_eq!(memory.entries(), 0);
}

#[test]
fn a_conversation_is_the_pairs_own() {
    let mut memory = Remembered::default();
    for n in 0..20 {
        say(&mut memory, TEXT, n);
    }
    let other_peer = Message {
        from: "10000002",
        ..TEXT
    };
    let other_id = Message {
        conversation: Some("c-2"),
        ..TEXT
    };
    assert_eq!(code(&say(&mut memory, other_peer, 0)), "pass");
    assert_eq!(code(&say(&mut memory, other_id, 0)), "pass");
    assert_eq!(code(&say(&mut memory, OUT, 0)), TURN_LIMIT);
}

#[test]
fn a_loop_is_over_for_both_until_the_episode_is() {
    let same = "The server does not answer, please try again.";
    let mut memory = Remembered::default();
    let mut at = |now, settings: &Settings| {
        judge(
            settings,
            &Message {
                content: same,
                now,
                ..TEXT
            },
            &mut memory,
        )
    };
    let reject = Settings::default();
    let annotate = Settings {
        loops: Loops::Annotate,
        ..reject
    };
    assert_eq!(code(&at(START, &reject)), "pass");
    assert_eq!(code(&at(START, &reject)), "pass");
    let said = at(START, &annotate);
    assert_eq!(
        (code(&said), said_of(&said, "loop")),
        ("pass", Some("near_duplicates"))
    );
    let said = at(START, &reject);
    assert_eq!(
        (code(&said), said_of(&said, "loop")),
        (TURN_LIMIT, Some("near_duplicates"))
    );
    assert_eq!(code(&say(&mut memory, OUT, 0)), TURN_LIMIT);
    say(
        &mut memory,
        Message {
            kind: Kind::End,
            ..OUT
        },
        0,
    );
    let later = Message {
        now: START + 60_000,
        ..TEXT
    };
    assert_eq!(code(&say(&mut memory, later, 1)), CONVERSATION_ENDED);
    let much_later = Message {
        now: START + EPISODE_IDLE_MS,
        ..TEXT
    };
    assert_eq!(code(&say(&mut memory, much_later, 1)), "pass");
}

#[test]
fn a_restart_keeps_the_counts() {
    let mut memory = Remembered::default();
    for n in 0..30 {
        // Settings anew, and of the rest only what was remembered.
        let settings = crate::Conversation::settings("{}").unwrap();
        let mut after_restart = memory.clone();
        let content = &novel(n);
        let said = judge(&settings, &Message { content, ..TEXT }, &mut after_restart);
        assert_eq!(code(&said), if n < 20 { "pass" } else { TURN_LIMIT });
        memory = after_restart;
    }
}

#[test]
fn whoever_writes_the_quota_holds() {
    let settings = Settings {
        max_new_conversations: None,
        ..Settings::default()
    };
    let mut memory = Remembered::default();
    for n in 0..12_000 {
        let from = format!("{:0>128}", n % 6_000);
        let id = format!("{n:0>128}");
        let message = Message {
            from: &from,
            conversation: Some(&id),
            ..TEXT
        };
        assert_eq!(code(&judge(&settings, &message, &mut memory)), "pass");
    }
    let entry = 2 + 257 + 4 + 21 + 2 * loops::EACH_WAY * (1 + crate::fingerprint::BYTES);
    let slot = 6 + 257;
    let conversations = CONVERSATIONS.slots as usize * (entry + slot + 2 * ENTRY_COST);
    let peers = usize::from(PEERS.pages) * (3 + PEERS.page_bytes + ENTRY_COST);
    assert!(memory.bytes() <= conversations + peers);
    assert!(conversations + peers + 1_024 <= QUOTA_BYTES);
}
