//! What policies remember, through the interface.

use super::*;

/// Code that sets, and traps unless the answer is `expect`: its first two bytes.
fn sets(key_len: usize, value_len: usize, expect: u16) -> String {
    format!(
        "(call $set (i32.const {SCRATCH}) (i32.const {key_len})
           (i32.const {SCRATCH}) (i32.const {value_len}) (i32.const 0x7ff0))
         (if (i32.ne (i32.load16_u (i32.const 0x7ff0)) (i32.const {expect})) (then (unreachable)))"
    )
}

#[test]
fn a_write_that_is_refused_says_why() {
    const KEY_LENGTH: u16 = 0x0001;
    const VALUE_LENGTH: u16 = 0x0101;
    // What is wrong with the key does not matter where there is no state: the answer is `unavailable`.
    const SETS_IN_VAIN: &str = "\
        (call $set (i32.const 0x8000) (i32.const 0) (i32.const 0x8000) (i32.const 1)
          (i32.const 0x7fc0))
        (if (i32.ne (i32.load16_u (i32.const 0x7fc0)) (i32.const 0x0301)) (then (unreachable)))
        (i32.const 0x800)";
    for (key_len, value_len, expect) in [
        (0, 1, KEY_LENGTH),
        (1, 0, 0),
        (512, 1, 0),
        (513, 1, KEY_LENGTH),
        (1, 65_536, 0),
        (1, 65_537, VALUE_LENGTH),
    ] {
        let mut module = Module::that_does(&sets(key_len, value_len, expect));
        module.configure = SETS_IN_VAIN;
        let ruling = judge(
            &chain_of(&module),
            &letter("x"),
            &mut PolicyState::default(),
        );
        let step = &ruling.steps[0];
        assert_eq!(
            step.verdict,
            StepVerdict::Pass,
            "{key_len}, {value_len}: {step:?}"
        );
        assert_eq!(ruling.changes.is_empty(), expect != 0);
    }
}

#[test]
fn what_is_deleted_is_gone_and_a_key_that_none_can_have_deletes_nothing() {
    // Gets the key of one byte into 0x7fe0, and traps unless that says `expect`.
    let gets = |expect| {
        format!(
            "(call $get (i32.const {SCRATCH}) (i32.const 1) (i32.const 0x7fe0))
             (if (i32.ne (i32.load8_u (i32.const 0x7fe0)) (i32.const {expect}))
               (then (unreachable)))"
        )
    };
    let deletes = |key_len| format!("(call $delete (i32.const {SCRATCH}) (i32.const {key_len}))");
    let code = [
        sets(1, 3, 0),
        deletes(0),
        deletes(513),
        deletes(65_536),
        gets(1),
        deletes(1),
        gets(0),
        deletes(1),
    ];
    let chain = chain_of(&Module::that_does(&code.concat()));
    let mut state = PolicyState::default();
    for _ in 0..2 {
        let ruling = judge(&chain, &letter("x"), &mut state);
        let step = &ruling.steps[0];
        assert_eq!(step.verdict, StepVerdict::Pass, "{step:?}");
    }
    assert_eq!(state.shelf("one").bytes(), 0);
}
