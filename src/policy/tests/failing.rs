//! What a policy that misbehaves can do: lose its own message's way, and nothing else.

use super::*;

/// What the only policy of a chain failed with.
fn failure(chain: &Chain, state: &mut PolicyState) -> String {
    let ruling = judge(chain, &letter("hello"), state);
    let Outcome::Held(hold) = ruling.outcome else {
        panic!("not held: {:?}", ruling.outcome);
    };
    assert_eq!(hold.code, ReasonCode::POLICY_ERROR);
    assert_eq!(hold.policy, "one/policy_error");
    assert_eq!(ruling.steps[0].verdict, StepVerdict::PolicyError);
    assert!(ruling.changes.is_empty());
    ruling.steps[0].reason.clone().unwrap()
}

#[test]
fn misbehaviour_in_evaluate_is_a_policy_error() {
    let grow_for_ever = "(loop (br_if 0 (i32.ne (memory.grow (i32.const 16)) (i32.const -1))))
        (unreachable)";
    let log_for_ever = "(loop (call $write (i32.const 2) (i32.const 0) (i32.const 64)) (br 0))";
    for (code, says) in [
        ("(loop (br 0))", "it took longer than 50 ms"),
        (
            "(unreachable)",
            "wasm trap: wasm `unreachable` instruction executed",
        ),
        (
            "(drop (call $evaluate (local.get $message)))",
            "wasm trap: call stack exhausted",
        ),
        (
            grow_for_ever,
            "it wants more memory than the 16777216 bytes of its limit",
        ),
        (log_for_ever, "it took longer than 50 ms"),
        (
            "(drop (i32.load (i32.const -4)))",
            "wasm trap: out of bounds memory access",
        ),
    ] {
        let chain = chain_of(&Module::that_does(code));
        assert_eq!(failure(&chain, &mut PolicyState::default()), says);
    }
}

#[test]
fn nonsense_is_a_policy_error() {
    let annotations = |count| vec![("key", "value"); count];
    let long: &'static str = "x".repeat(64 * 1024 + 1).leak();
    for (says, annotations, problem) in [
        (
            Says::Pass,
            annotations(33),
            "33 annotations, at most 32 are taken",
        ),
        (
            Says::Pass,
            vec![("Key", "v")],
            "the annotation key `Key` is not",
        ),
        (
            Says::Reject("two words"),
            vec![],
            "the code `two words` is not",
        ),
        (
            Says::Reject("policy_error"),
            vec![],
            "the code `policy_error` is the host's own",
        ),
        (Says::Hold("", None), vec![], "the code `` is not"),
        (
            Says::Rewrite(long),
            vec![],
            "a rewrite of 65537 bytes, at most 65536 are taken",
        ),
    ] {
        let chain = chain_of(&Module::that_says(says, &annotations));
        let failure = failure(&chain, &mut PolicyState::default());
        let expected = format!("its answer breaks the interface: {problem}");
        assert!(failure.starts_with(&expected), "{failure}");
    }
}

#[test]
fn an_answer_of_100_mib_is_never_taken_in() {
    let grown = "(drop (memory.grow (i32.const 1700)))";
    for code in [
        "(i32.store8 (i32.const 0x1000) (i32.const 1))
         (i32.store offset=12 (i32.const 0x1000) (i32.const 104857600))",
        "(i32.store8 (i32.const 0x1000) (i32.const 2))
         (i32.store offset=20 (i32.const 0x1000) (i32.const 104857600))",
        "(call $write (i32.const 1) (i32.const 0) (i32.const 104857600))",
    ] {
        let module = Module::that_does(&format!("{grown}{code}"));
        let shelf = Shelf::new();
        let mut spec = shelf.put("one", &module.bytes());
        spec.limits.memory_bytes = 256 * 1024 * 1024;
        let failure = failure(&load(&[spec]), &mut PolicyState::default());
        assert!(failure.contains("too much"), "{failure}");
    }
}

#[test]
fn ten_thousand_annotations_are_never_taken_in() {
    let module = Module::that_does(
        "(drop (memory.grow (i32.const 16)))
         (i32.store8 (i32.const 0x8000) (i32.const 97))
         (loop
           (i32.store (i32.add (i32.const 0x200000) (i32.mul (local.get $n) (i32.const 16)))
             (i32.const 0x8000))
           (i32.store offset=4
             (i32.add (i32.const 0x200000) (i32.mul (local.get $n) (i32.const 16))) (i32.const 1))
           (local.set $n (i32.add (local.get $n) (i32.const 1)))
           (br_if 0 (i32.lt_u (local.get $n) (i32.const 10000))))
         (i32.store offset=40 (i32.const 0x1000) (i32.const 0x200000))
         (i32.store offset=44 (i32.const 0x1000) (i32.const 10000))",
    );
    assert_eq!(
        failure(&chain_of(&module), &mut PolicyState::default()),
        "its answer breaks the interface: 10000 annotations, at most 32 are taken"
    );
}

#[test]
fn text_that_is_not_utf_8_is_a_policy_error() {
    let noted = [("key", "value")].as_slice();
    for (says, annotations, text) in [
        (
            Says::Rewrite("abc"),
            &[][..],
            "(i32.load offset=8 (i32.const 0x1000))",
        ),
        (
            Says::Reject("code"),
            &[],
            "(i32.load offset=8 (i32.const 0x1000))",
        ),
        (
            Says::Reject("code"),
            &[],
            "(i32.load offset=16 (i32.const 0x1000))",
        ),
        (
            Says::Pass,
            noted,
            "(i32.load (i32.load offset=40 (i32.const 0x1000)))",
        ),
        (
            Says::Pass,
            noted,
            "(i32.load offset=8 (i32.load offset=40 (i32.const 0x1000)))",
        ),
    ] {
        let mut module = Module::that_says(says, annotations);
        let spoil = format!("(i32.store8 {text} (i32.const 0xff))");
        module.evaluate.insert_str(0, &spoil);
        let failure = failure(&chain_of(&module), &mut PolicyState::default());
        assert!(failure.contains("utf-8"), "{text}: {failure}");
    }
    let logs = "(i32.store8 (i32.const 0x8000) (i32.const 0xff))
        (call $write (i32.const 1) (i32.const 0x8000) (i32.const 4))";
    let failure = failure(
        &chain_of(&Module::that_does(logs)),
        &mut PolicyState::default(),
    );
    assert!(failure.contains("utf-8"), "{failure}");
}

#[test]
fn what_goes_wrong_on_the_thousandth_message_is_that_messages_alone() {
    for (code, says) in [
        ("(unreachable)", "wasm trap"),
        ("(loop (br 0))", "it took longer than 50 ms"),
        (
            "(loop (br_if 0 (i32.ne (memory.grow (i32.const 16)) (i32.const -1)))) (unreachable)",
            "it wants more memory",
        ),
    ] {
        let chain = chain_of(&Module::that_does(&format!(
            "(global.set $count (i32.add (global.get $count) (i32.const 1)))
             (if (i32.eq (global.get $count) (i32.const 1000)) (then {code}))"
        )));
        let state = &mut PolicyState::default();
        for _ in 1..1_000 {
            let ruling = judge(&chain, &letter("hello"), state);
            assert_eq!(ruling.steps[0].verdict, StepVerdict::Pass, "{code}");
        }
        let failure = failure(&chain, state);
        assert!(failure.starts_with(says), "{failure}");
        assert_eq!(chain.snapshot()[0].state, PolicyHealth::Failing);
        let ruling = judge(&chain, &letter("hello"), state);
        assert_eq!(ruling.steps[0].verdict, StepVerdict::Pass, "{code}");
        assert_eq!(chain.snapshot()[0].state, PolicyHealth::Ready);
    }
}

#[test]
fn the_next_message_meets_a_fresh_instance() {
    // Fails on the second message that an instance sees.
    let module = Module::that_does(
        "(global.set $count (i32.add (global.get $count) (i32.const 1)))
         (if (i32.eq (global.get $count) (i32.const 2)) (then (unreachable)))",
    );
    let chain = chain_of(&module);
    let state = &mut PolicyState::default();
    for place in 1..=20 {
        let admitted = matches!(
            judge(&chain, &letter("hello"), state).outcome,
            Outcome::Admitted { .. }
        );
        assert_eq!(admitted, place % 2 == 1, "message {place}");
        let health = if admitted {
            PolicyHealth::Ready
        } else {
            PolicyHealth::Failing
        };
        assert_eq!(chain.snapshot()[0].state, health);
    }
}

#[test]
fn an_instance_is_replaced_before_what_it_leaks_can_pile_up() {
    // Fails on the 10,001st message that an instance sees.
    let module = Module::that_does(
        "(global.set $count (i32.add (global.get $count) (i32.const 1)))
         (if (i32.gt_u (global.get $count) (i32.const 10000)) (then (unreachable)))",
    );
    let chain = chain_of(&module);
    let state = &mut PolicyState::default();
    for _ in 0..10_002 {
        let ruling = judge(&chain, &letter("hello"), state);
        assert_eq!(ruling.steps[0].verdict, StepVerdict::Pass);
    }
}

#[test]
fn after_five_failures_in_a_row_a_policy_is_not_entered() {
    // Fails for content that starts with `t`.
    let module = Module::that_does(
        "(if (i32.eq (i32.load8_u (i32.load offset=56 (local.get $message))) (i32.const 116))
           (then (unreachable)))",
    );
    let chain = chain_of(&module);
    let state = &mut PolicyState::default();
    let mut says = |content: &str| {
        let ruling = judge(&chain, &letter(content), state);
        ruling.steps[0].reason.clone().unwrap_or_default()
    };
    for _ in 0..4 {
        assert!(says("trap").contains("unreachable"));
    }
    assert_eq!(
        says("fine"),
        "",
        "four failures, then a success: the count starts again"
    );
    for _ in 0..5 {
        assert!(says("trap").contains("unreachable"));
    }
    assert!(says("fine").contains("asked once a minute"));
    let status = &chain.snapshot()[0];
    assert_eq!(status.state, PolicyHealth::Failing);
    assert!(status.error.as_deref().unwrap().contains("unreachable"));
}

#[test]
fn trying_out_counts_no_failures() {
    let chain = chain_of(&Module::that_does("(unreachable)"));
    for _ in 0..10 {
        let ruling = chain.try_out(&letter("hello"), &PolicyState::default());
        assert!(
            ruling.steps[0]
                .reason
                .as_deref()
                .unwrap()
                .contains("unreachable")
        );
    }
    assert_eq!(chain.snapshot()[0].state, PolicyHealth::Ready);
}

#[test]
fn trying_out_never_touches_the_instance_that_live_messages_use() {
    // An instance of this policy counts its calls, and traps at the second.
    let chain = chain_of(&Module::that_does(
        "(global.set $count (i32.add (global.get $count) (i32.const 1)))
         (if (i32.eq (global.get $count) (i32.const 2)) (then (unreachable)))",
    ));
    let passes = |ruling: Ruling| matches!(ruling.outcome, Outcome::Admitted { .. });
    let mut state = PolicyState::default();
    for _ in 0..3 {
        assert!(passes(chain.try_out(&letter("hello"), &state)));
    }
    assert!(passes(judge(&chain, &letter("hello"), &mut state)));
    for _ in 0..3 {
        assert!(passes(chain.try_out(&letter("hello"), &state)));
    }
    assert!(!passes(judge(&chain, &letter("hello"), &mut state)));
}

#[test]
fn a_failure_goes_the_way_that_the_entry_says() {
    let shelf = Shelf::new();
    let trap = shelf.put("one", &Module::that_does("(unreachable)").bytes());
    let with = |on_failure| {
        load(&[PolicySpec {
            on_failure,
            ..trap.clone()
        }])
    };
    let rejected = outcome(&with(OnFailure::Reject), &letter("hello"));
    let Outcome::Refused(rejection) = rejected else {
        panic!("not refused: {rejected:?}");
    };
    assert_eq!(rejection.code, words::POLICY_ERROR);
    let passed = judge(
        &with(OnFailure::Pass),
        &letter("hello"),
        &mut PolicyState::default(),
    );
    assert_eq!(
        passed.outcome,
        Outcome::Admitted {
            content: "hello".to_owned()
        }
    );
    assert_eq!(
        passed.annotations,
        [Annotation::host("policy_error", "one")]
    );
}

#[test]
fn a_call_that_writes_without_end_is_refused_and_goes_on() {
    // Sets values of 64 KiB under new keys until one is refused, then passes.
    let module = Module::that_does(
        "(loop
           (i32.store (i32.const 0x8000) (local.get $n))
           (call $set (i32.const 0x8000) (i32.const 4)
             (i32.const 0x10000) (i32.const 0x10000) (i32.const 0x8010))
           (local.set $n (i32.add (local.get $n) (i32.const 1)))
           (br_if 0 (i32.eqz (i32.load8_u (i32.const 0x8010)))))",
    );
    let chain = chain_of(&module);
    let state = &mut PolicyState::default();
    for _ in 0..3 {
        let ruling = judge(&chain, &letter("hello"), state);
        assert_eq!(
            ruling.outcome,
            Outcome::Admitted {
                content: "hello".to_owned()
            }
        );
    }
    assert!(state.shelf("one").bytes() <= state::CALL_BYTES);
}

#[test]
fn a_policy_that_fills_its_state_is_refused_more_and_goes_on() {
    // Sets eight values of 64 KiB less one under keys that no call used before.
    let chain = chain_of(&Module::that_does(
        "(loop
           (global.set $count (i32.add (global.get $count) (i32.const 1)))
           (i32.store (i32.const 0x8000) (global.get $count))
           (call $set (i32.const 0x8000) (i32.const 4)
             (i32.const 0x10000) (i32.const 0xffff) (i32.const 0x8010))
           (local.set $n (i32.add (local.get $n) (i32.const 1)))
           (br_if 0 (i32.lt_u (local.get $n) (i32.const 8))))",
    ));
    let state = &mut PolicyState::default();
    let mut refused = 0;
    for _ in 0..50 {
        let ruling = judge(&chain, &letter("hello"), state);
        assert_eq!(ruling.steps[0].verdict, StepVerdict::Pass);
        refused += usize::from(ruling.changes.is_empty());
    }
    let bytes = state.shelf("one").bytes();
    assert!(
        bytes <= state::QUOTA_BYTES && bytes > state::QUOTA_BYTES - 70_000,
        "{bytes}"
    );
    assert!(refused > 10, "{refused}");
}
