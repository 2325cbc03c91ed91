//! The fold over a chain of policies that behave.

use super::*;

fn chain(entries: Vec<(&str, Module)>) -> Chain {
    let shelf = Shelf::new();
    let specs: Vec<_> = entries
        .into_iter()
        .map(|(name, module)| shelf.put(name, &module.bytes()))
        .collect();
    load(&specs)
}

fn says(says: Says) -> Module {
    Module::that_says(says, &[])
}

fn words_of(ruling: &Ruling) -> Vec<(&str, StepVerdict)> {
    let steps = ruling.steps.iter();
    steps
        .map(|step| (step.policy.as_str(), step.verdict))
        .collect()
}

#[test]
fn an_empty_chain_admits() {
    let admitted = Outcome::Admitted {
        content: "hello".to_owned(),
    };
    assert_eq!(outcome(&Chain::empty(), &letter("hello")), admitted);
    let off = PolicySpec {
        mode: Mode::Off,
        ..PolicySpec::of_builtin("acl")
    };
    let chain = load(&[off]);
    assert_eq!(outcome(&chain, &letter("hello")), admitted);
    assert_eq!(chain.snapshot()[0].state, PolicyHealth::Off);
}

#[test]
fn a_block_holds_in_a_chain_without_a_policy_for_it() {
    let blocked = Letter {
        trust: Trust::Blocked,
        ..letter("hello")
    };
    let Outcome::Refused(rejection) = outcome(&Chain::empty(), &blocked) else {
        panic!("it was heard");
    };
    assert_eq!(
        (rejection.policy.as_str(), rejection.code.as_str()),
        ("host", "not_accepted")
    );
}

#[test]
fn content_and_annotations_go_from_link_to_link() {
    // Passes only what the first policy wrote and said, beside what the host said.
    let checks = Module::that_does(
        "(if (i32.ne (i32.load offset=60 (local.get $message)) (i32.const 7)) (then (unreachable)))
         (if (i32.ne (i32.load offset=76 (local.get $message)) (i32.const 2)) (then (unreachable)))",
    );
    let first = Module::that_says(Says::Rewrite("changed"), &[("what", "sp\u{200b}lit")]);
    let chain = chain(vec![("first", first), ("second", checks)]);
    let mut sent = letter("hello");
    sent.annotations = vec![Annotation::host("clock_skew", "7 s")];
    let ruling = judge(&chain, &sent, &mut PolicyState::default());
    assert_eq!(
        ruling.outcome,
        Outcome::Admitted {
            content: "changed".to_owned()
        }
    );
    assert_eq!(
        words_of(&ruling),
        [
            ("first", StepVerdict::Rewrite),
            ("second", StepVerdict::Pass)
        ]
    );
    let said: Vec<_> = ruling
        .annotations
        .iter()
        .map(|a| (a.policy(), a.key(), a.value()))
        .collect();
    assert_eq!(
        said,
        [
            ("host", "clock_skew", "7 s"),
            ("first", "what", "sp\\u{200b}lit")
        ]
    );
}

#[test]
fn reject_and_hold_end_the_chain() {
    let chain_of_two = |first| chain(vec![("first", first), ("second", says(Says::Pass))]);
    let ruling = judge(
        &chain_of_two(says(Says::Reject("turn_limit"))),
        &letter("x"),
        &mut PolicyState::default(),
    );
    assert_eq!(words_of(&ruling), [("first", StepVerdict::Reject)]);
    let Outcome::Refused(rejection) = ruling.outcome else {
        panic!("not refused");
    };
    assert_eq!(
        (rejection.code.as_str(), rejection.reason.as_str()),
        ("turn_limit", "for a reason")
    );

    let held = outcome(
        &chain_of_two(says(Says::Hold("deferred", Some(5_000)))),
        &letter("x"),
    );
    let hold = Hold {
        policy: "first".to_owned(),
        code: serde_json::from_str("\"deferred\"").unwrap(),
        reason: "for a while".to_owned(),
        until: Some(Timestamp::from_millis(5_000)),
        held_by: vec!["first".to_owned()],
    };
    assert_eq!(held, Outcome::Held(hold));
}

#[test]
fn an_answered_hold_counts_as_pass_and_another_policys_stands() {
    let hold = || says(Says::Hold("look", None));
    let chain = chain(vec![("first", hold()), ("second", hold())]);
    let mut sent = letter("hello");
    for (holder, held_by) in [
        ("first", vec!["first"]),
        ("second", vec!["first", "second"]),
    ] {
        let Outcome::Held(held) = outcome(&chain, &sent) else {
            panic!("not held");
        };
        assert_eq!(held.policy, holder);
        assert_eq!(held.held_by, held_by);
        sent.released_for = held.held_by;
    }
    let ruling = judge(&chain, &sent, &mut PolicyState::default());
    assert_eq!(
        ruling.outcome,
        Outcome::Admitted {
            content: "hello".to_owned()
        }
    );
    assert!(ruling.steps.iter().all(|step| step.released));
}

#[test]
fn a_release_answers_a_hold_and_never_a_failure_or_a_reject() {
    let mut sent = letter("hello");
    sent.released_for = vec!["one".to_owned()];
    let failing = chain_of(&Module::that_does("(unreachable)"));
    let Outcome::Held(hold) = outcome(&failing, &sent) else {
        panic!("not held");
    };
    assert_eq!(hold.held_by, ["one", "one/policy_error"]);
    let rejecting = chain_of(&says(Says::Reject("no")));
    assert!(matches!(outcome(&rejecting, &sent), Outcome::Refused(_)));
    sent.released_for = hold.held_by;
    assert!(matches!(outcome(&failing, &sent), Outcome::Admitted { .. }));
    assert!(matches!(outcome(&rejecting, &sent), Outcome::Refused(_)));
}

#[test]
fn a_policy_is_told_that_its_own_hold_was_answered() {
    // Traps unless `released` is set.
    let module = Module::that_does(
        "(if (i32.eqz (i32.load8_u offset=3 (local.get $message))) (then (unreachable)))",
    );
    let chain = chain_of(&module);
    let mut sent = letter("hello");
    assert!(matches!(outcome(&chain, &sent), Outcome::Held(_)));
    sent.released_for = vec!["other".to_owned()];
    assert!(matches!(outcome(&chain, &sent), Outcome::Held(_)));
    sent.released_for = vec!["one".to_owned()];
    assert!(matches!(outcome(&chain, &sent), Outcome::Admitted { .. }));
}

#[test]
fn a_monitored_policy_is_told_of_and_never_obeyed() {
    let shelf = Shelf::new();
    for module in [
        Module::that_says(Says::Reject("no"), &[("key", "value")]),
        says(Says::Hold("look", None)),
        says(Says::Rewrite("changed")),
        Module::that_does("(unreachable)"),
    ] {
        let spec = shelf.put("one", &module.bytes());
        let chain = load(&[PolicySpec {
            mode: Mode::Monitor,
            ..spec
        }]);
        let ruling = judge(&chain, &letter("hello"), &mut PolicyState::default());
        assert_eq!(
            ruling.outcome,
            Outcome::Admitted {
                content: "hello".to_owned()
            }
        );
        assert_eq!(ruling.annotations, []);
        assert!(ruling.steps[0].monitored);
        assert_ne!(ruling.steps[0].verdict, StepVerdict::Pass);
    }
}

#[test]
fn a_policy_judges_in_its_directions_only() {
    let shelf = Shelf::new();
    let spec = shelf.put("one", &says(Says::Reject("no")).bytes());
    let chain = load(&[PolicySpec {
        directions: vec![Direction::Outbound],
        ..spec
    }]);
    let mut sent = letter("hello");
    assert!(matches!(outcome(&chain, &sent), Outcome::Admitted { .. }));
    sent.direction = Direction::Outbound;
    assert!(matches!(outcome(&chain, &sent), Outcome::Refused(_)));
}

#[test]
fn what_is_no_text_is_not_rewritten_and_what_is_live_does_not_wait() {
    let rewrite = chain_of(&says(Says::Rewrite("changed")));
    let hold = chain_of(&says(Says::Hold("look", None)));
    for kind in [Kind::Typing, Kind::ReadReceipt, Kind::End] {
        let sent = Letter { kind, ..letter("") };
        let ruling = judge(&rewrite, &sent, &mut PolicyState::default());
        assert_eq!(ruling.steps[0].verdict, StepVerdict::PolicyError, "{kind}");
        let waits = matches!(outcome(&hold, &sent), Outcome::Held(_));
        assert_eq!(waits, kind == Kind::End, "{kind}");
    }
}

#[test]
fn a_message_longer_than_most_may_be_made_shorter() {
    let long: &'static str = "x".repeat(70_000).leak();
    let chain = chain_of(&says(Says::Rewrite(long)));
    let longer = letter(&"y".repeat(70_001));
    assert_eq!(
        outcome(&chain, &longer),
        Outcome::Admitted {
            content: long.to_owned()
        }
    );
}

/// Rejects when its state has the key, else remembers it.
fn remembers() -> Module {
    let mut module = says(Says::Reject("again"));
    module.evaluate = format!(
        "(call $get (i32.const {SCRATCH}) (i32.const 1) (i32.const {out}))
         (if (result i32) (i32.load8_u (i32.const {out}))
           (then (i32.const {DECISION}))
           (else
             (call $set (i32.const {SCRATCH}) (i32.const 1) (i32.const {SCRATCH}) (i32.const 1)
               (i32.const {out}))
             (i32.const {CONFIGURED})))",
        out = SCRATCH + 16,
    );
    module
}

#[test]
fn state_is_seen_at_once_and_lasts_by_its_changes() {
    let database = rusqlite::Connection::open_in_memory().unwrap();
    database.execute_batch(POLICY_STATE_SCHEMA).unwrap();
    let chain = chain(vec![("first", remembers()), ("second", remembers())]);
    let mut state = PolicyState::load(&database).unwrap();
    let passes = |state: &mut PolicyState| {
        let ruling = judge(&chain, &letter("x"), state);
        (
            matches!(ruling.outcome, Outcome::Admitted { .. }),
            ruling.changes,
        )
    };
    let (tried, trying) = (
        chain.try_out(&letter("x"), &state),
        chain.try_out(&letter("x"), &state),
    );
    assert_eq!(
        tried.outcome, trying.outcome,
        "trying out leaves nothing behind"
    );
    assert!(tried.changes.is_empty());

    let (passed, changes) = passes(&mut state);
    assert!(passed);
    assert!(!passes(&mut state).0);
    let mut state = PolicyState::load(&database).unwrap();
    assert!(
        passes(&mut state).0,
        "nothing is remembered that is not on disk"
    );
    changes.apply(&database).unwrap();
    assert!(!passes(&mut PolicyState::load(&database).unwrap()).0);
}

#[test]
fn the_clock_tells_the_messages_time_and_never_goes_back() {
    // Remembers something, then traps unless it is at least 1,000 ms.
    let module = Module::that_does(
        "(call $set (i32.const 0x8000) (i32.const 1) (i32.const 0x8000) (i32.const 1)
           (i32.const 0x8010))
         (if (i64.lt_u (call $now) (i64.const 1000)) (then (unreachable)))
         (if (i64.ne (call $now) (i64.load offset=64 (local.get $message))) (then (unreachable)))",
    );
    let chain = chain_of(&module);
    let mut state = PolicyState::default();
    let at = |time| Letter {
        time,
        ..letter("x")
    };
    for (time, passes) in [(999, false), (1_000, true), (999, true), (0, true)] {
        let outcome = judge(&chain, &at(time), &mut state).outcome;
        assert_eq!(
            matches!(outcome, Outcome::Admitted { .. }),
            passes,
            "{time}"
        );
    }
}

#[test]
fn a_step_reads_back_from_its_json() {
    let chain = chain_of(&says(Says::Reject("no")));
    let step = judge(&chain, &letter("x"), &mut PolicyState::default())
        .steps
        .remove(0);
    let json = serde_json::to_value(&step).unwrap();
    assert_eq!(json["verdict"], "reject");
    assert_eq!(json["digest"], step.digest.to_string());
    assert!(json["elapsed_us"].is_u64());
    let back: Step = serde_json::from_value(json).unwrap();
    assert_eq!(
        (back.policy, back.verdict, back.code),
        (step.policy, step.verdict, step.code)
    );
}
