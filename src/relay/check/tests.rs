//! Every check refuses by itself, and of two reasons the earlier one is told.

use std::time::Duration;

use super::*;
use crate::relay::fixture::{ALICE, agent, message};
use crate::types::Secret;
use crate::wire::{Features, SigningKey};

const NOW: Timestamp = Timestamp::from_millis(1_795_373_464_750);

fn account() -> Account {
    Account {
        key: SigningKey::new(&Secret::new("k")),
        last_features: Some(Features::OURS),
        blocked: Default::default(),
        allowed: Default::default(),
        allowlist_enabled: false,
        revision: 0,
    }
}

fn favourable<'a>(alice: &'a AgentId, bob: &'a Account) -> Facts<'a> {
    Facts {
        agent: alice,
        message_max_bytes: 64,
        signature_holds: true,
        signed_at: NOW,
        now: NOW,
        nonce_is_new: true,
        seen: Seen::Never,
        rate_left: true,
        receiver: Receiver::Known(bob),
        conversation: Standing::Open,
    }
}

#[test]
fn the_first_check_that_fails_is_the_one_that_is_told() {
    let (alice, mallory) = (agent(ALICE), agent("66666666"));
    let blocking = Account {
        blocked: [alice.clone()].into(),
        ..account()
    };
    let selective = Account {
        allowlist_enabled: true,
        ..account()
    };
    let version_1 = Account {
        last_features: Some(Features::default()),
        ..account()
    };
    let long = message("m", &"x".repeat(17));
    let nfd = message("m", "cafe\u{301}");
    let good = account();
    // Each row changes one fact more, from the last check to the first.
    type Change<'a> = (ErrorCode, &'a Message, Box<dyn Fn(&mut Facts<'a>) + 'a>);
    let rows: Vec<Change<'_>> = vec![
        (
            ErrorCode::ConversationEnded,
            &nfd,
            Box::new(|f| f.conversation = Standing::Ended),
        ),
        (
            ErrorCode::InvalidContent,
            &nfd,
            Box::new(|f| f.receiver = Receiver::Known(&version_1)),
        ),
        (
            ErrorCode::NotInAllowlist,
            &nfd,
            Box::new(|f| f.receiver = Receiver::Known(&selective)),
        ),
        (
            ErrorCode::AgentBlocked,
            &nfd,
            Box::new(|f| f.receiver = Receiver::Known(&blocking)),
        ),
        (
            ErrorCode::AgentNotFound,
            &nfd,
            Box::new(|f| f.receiver = Receiver::Unknown),
        ),
        (
            ErrorCode::RateLimited,
            &nfd,
            Box::new(|f| f.rate_left = false),
        ),
        (
            ErrorCode::InvalidContent,
            &nfd,
            Box::new(|f| f.seen = Seen::Otherwise),
        ),
        (
            ErrorCode::ReplayAttack,
            &nfd,
            Box::new(|f| f.nonce_is_new = false),
        ),
        (
            ErrorCode::TimestampExpired,
            &nfd,
            Box::new(|f| f.signed_at = NOW - Duration::from_millis(300_001)),
        ),
        (
            ErrorCode::InvalidSignature,
            &nfd,
            Box::new(|f| f.signature_holds = false),
        ),
        (
            ErrorCode::Unauthorized,
            &nfd,
            Box::new(|f| f.agent = &mallory),
        ),
        (ErrorCode::MessageTooLarge, &long, Box::new(|_| {})),
    ];
    let mut worse = favourable(&alice, &good);
    for (code, message, change) in rows {
        change(&mut worse);
        assert_eq!(check(message, &worse).map_err(|no| no.code), Err(code));
        let mut alone = favourable(&alice, &good);
        change(&mut alone);
        assert_eq!(
            check(message, &alone).map_err(|no| no.code),
            Err(code),
            "alone"
        );
    }
    assert_eq!(check(&nfd, &favourable(&alice, &good)), Ok(Passed::New));
}

#[test]
fn a_repeat_is_counted_once_and_answered_as_before() {
    let (alice, bob) = (agent(ALICE), account());
    let spent = Facts {
        rate_left: false,
        conversation: Standing::Ended,
        ..favourable(&alice, &bob)
    };
    for (seen, expected) in [
        (
            Seen::Before(Stage::InFlight),
            Ok(Passed::Repeat(Stage::InFlight)),
        ),
        (
            Seen::Before(Stage::Queued),
            Ok(Passed::Repeat(Stage::Queued)),
        ),
        (Seen::Before(Stage::Sent), Ok(Passed::Repeat(Stage::Sent))),
        (
            Seen::Before(Stage::Rejected),
            Ok(Passed::Repeat(Stage::Rejected)),
        ),
        // Whatever is judged or routed anew is taken out of a rate.
        (Seen::Before(Stage::Taken), Err(ErrorCode::RateLimited)),
        (Seen::Before(Stage::Counted), Err(ErrorCode::RateLimited)),
        (Seen::Never, Err(ErrorCode::RateLimited)),
    ] {
        let facts = Facts {
            seen,
            ..spent.clone()
        };
        let outcome = check(&message("m", "hi"), &facts).map_err(|no| no.code);
        assert_eq!(outcome, expected, "{seen:?}");
    }
    for (stage, expected) in [
        (Stage::Taken, Ok(Passed::Again)),
        (Stage::Counted, Err(ErrorCode::ConversationEnded)),
    ] {
        let facts = Facts {
            seen: Seen::Before(stage),
            rate_left: true,
            ..spent.clone()
        };
        let outcome = check(&message("m", "hi"), &facts).map_err(|no| no.code);
        assert_eq!(outcome, expected, "{stage:?}, with rate left");
    }
}

#[test]
fn lists_and_limits_let_in_what_they_should() {
    let alice = agent(ALICE);
    let listed = Account {
        allowlist_enabled: true,
        allowed: [alice.clone()].into(),
        ..account()
    };
    let both = Account {
        blocked: [alice.clone()].into(),
        ..listed.clone()
    };
    let never_connected = Account {
        last_features: None,
        ..account()
    };
    let version_1 = Account {
        last_features: Some(Features::default()),
        ..account()
    };
    // 16 UTF-16 units each: the limit of 64 bytes by version 1's rule.
    let (narrow, wide, pairs) = ("x".repeat(16), "文".repeat(16), "👨".repeat(8));
    let cases = [
        (&listed, "hi", Ok(Passed::New)),
        (&both, "hi", Err(ErrorCode::AgentBlocked)),
        (&never_connected, "cafe\u{301}", Ok(Passed::New)),
        (&version_1, "caf\u{e9} 👨", Ok(Passed::New)),
        (&version_1, "👩\u{200d}👧", Err(ErrorCode::InvalidContent)),
        (&listed, narrow.as_str(), Ok(Passed::New)),
        (&listed, wide.as_str(), Ok(Passed::New)),
        (&listed, pairs.as_str(), Ok(Passed::New)),
    ];
    for (account, content, expected) in cases {
        let facts = favourable(&alice, account);
        let outcome = check(&message("m", content), &facts).map_err(|no| no.code);
        assert_eq!(outcome, expected, "{content}");
    }
    for too_long in [narrow + "x", wide + "文", pairs + "x"] {
        let facts = favourable(&alice, &listed);
        let outcome = check(&message("m", &too_long), &facts).map_err(|no| no.code);
        assert_eq!(outcome, Err(ErrorCode::MessageTooLarge));
    }
}
