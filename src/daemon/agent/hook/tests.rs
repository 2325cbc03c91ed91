use std::collections::HashSet;

use super::*;

const NOW: Timestamp = Timestamp::from_millis(1_795_381_804_000);

#[test]
fn a_request_is_exactly_as_the_gateway_takes_it() {
    let from = AgentId::new("10079218").unwrap();
    let id = MessageId::new("m-1").unwrap();
    let conversation = ConversationId::new("c-7").unwrap();
    let session = session_key(&from, &conversation);
    let manner = Manner {
        session: Some(&session),
        second_turn: false,
    };
    let with_session = call(idempotency_key(&from, [&id]), "From: \"x\"\n", manner);
    insta::assert_snapshot!(text(&with_session), @r#"
    od:e674d032312720eca2bed971e0beb8082170739c3844e071640d48187b5a314e
    {"message":"From: \"x\"\n","name":"OpenDialogue","deliver":false,"sessionKey":"hook:opendialogue:bea259de9991d84581dfce3f07501f8d9595ea571cc40b6401d6448cd8d8050c","sessionMode":"persistent"}
    "#);
    let manner = Manner {
        session: None,
        second_turn: true,
    };
    insta::assert_snapshot!(text(&call(idempotency_key(&from, [&id]), "hi", manner)), @r#"
    od:e674d032312720eca2bed971e0beb8082170739c3844e071640d48187b5a314e
    {"message":"hi","name":"OpenDialogue","deliver":true}
    "#);
}

#[test]
fn neither_key_lets_a_peer_blur_two_things_into_one() {
    let agent = |text| AgentId::new(text).unwrap();
    let message = |text| MessageId::new(text).unwrap();
    let conversation = |text| ConversationId::new(text).unwrap();
    assert_ne!(
        idempotency_key(&agent("1"), [&message("23")]),
        idempotency_key(&agent("12"), [&message("3")])
    );
    let (one, other) = (message("2"), message("3"));
    let keys = [
        idempotency_key(&agent("1"), [&one]),
        idempotency_key(&agent("1"), [&one, &other]),
        idempotency_key(&agent("1"), [&other, &one]),
        idempotency_key(&agent("1"), [&message("23")]),
    ];
    let different: HashSet<&String> = keys.iter().collect();
    assert_eq!(different.len(), keys.len(), "{keys:?}");
    assert_ne!(
        session_key(&agent("1"), &conversation("23")),
        session_key(&agent("12"), &conversation("3"))
    );
    assert_eq!(
        session_key(&agent("1"), &conversation("main")).len(),
        18 + 64
    );
}

#[test]
fn every_answer_has_its_meaning() {
    use Expected::*;
    let restarting = r#"{"ok":false,"error":{"code":"draining"}}"#;
    let names_key = r#"{"ok":false,"error":"sessionKey is disabled"}"#;
    let bad = r#"{"ok":false,"error":"message required"}"#;
    let page = "<!doctype html><title>Control</title>";
    for (status, body, expected) in [
        (200, r#"{"ok":true,"runId":"r-1"}"#, Admitted(Some("r-1"))),
        (202, r#"{"ok":true,"runId":"r-1"}"#, Admitted(Some("r-1"))),
        (200, r#"{"ok":true}"#, Admitted(None)),
        (200, r#"{"ok":true,"runId":7,"more":[]}"#, Admitted(None)),
        (200, page, Pause),
        (200, "", Pause),
        (200, r#"{"status":"fine"}"#, Pause),
        (200, r#"{"ok":false,"error":"no"}"#, Pause),
        (204, "", Pause),
        (301, page, Pause),
        (307, "", Pause),
        (400, bad, Never),
        (400, names_key, WithoutSession),
        (400, "sessionKey", Never),
        (401, "Unauthorized", Pause),
        (403, page, Pause),
        (404, "Not Found", Pause),
        (405, "Method Not Allowed", Pause),
        (408, r#"{"ok":false,"error":"timeout"}"#, Counted),
        (409, bad, Counted),
        (413, r#"{"ok":false,"error":"payload too large"}"#, Never),
        (415, "", Counted),
        (429, "", Away),
        (500, bad, CountedUnknown),
        (502, page, CountedUnknown),
        (503, r#"{"ok":false,"error":"session busy"}"#, Busy),
        (503, restarting, Away),
        (503, page, Away),
        (504, "", CountedUnknown),
    ] {
        let answer = read(&answered(status, body), Some("hook:x"), NOW);
        assert!(expected.fits(&answer), "{status} {body}: {answer:?}");
    }
}

#[test]
fn a_session_that_was_not_named_is_not_taken_back() {
    let names_key = answered(400, r#"{"ok":false,"error":"sessionKey is disabled"}"#);
    assert!(Expected::Never.fits(&read(&names_key, None, NOW)));
}

#[test]
fn a_failed_exchange_says_whether_anything_can_have_run() {
    for (reply, expected) in [
        (Reply::NoConnection, Expected::Away),
        (Reply::TimedOut, Expected::CountedUnknown),
        (Reply::Cut, Expected::CountedUnknown),
        (cut_body(200, true), Expected::Admitted(None)),
        (cut_body(200, false), Expected::Pause),
        (cut_body(503, true), Expected::Away),
    ] {
        let answer = read(&reply, None, NOW);
        assert!(expected.fits(&answer), "{reply:?}: {answer:?}");
    }
}

#[test]
fn a_wait_is_read_from_seconds_and_from_a_date_and_is_bounded() {
    for (header, wait) in [
        ("60", Some(Duration::from_secs(60))),
        (" 0 ", Some(Duration::ZERO)),
        ("999999999", Some(MAX_RETRY_AFTER)),
        (
            "Sun, 22 Nov 2026 21:11:04 GMT",
            Some(Duration::from_secs(60)),
        ),
        ("Sun, 22 Nov 2026 21:00:00 GMT", Some(Duration::ZERO)),
        ("Sat, 22 Nov 2036 21:00:00 GMT", Some(MAX_RETRY_AFTER)),
        ("soon", None),
        ("-5", None),
        ("", None),
    ] {
        for status in [429, 409, 503] {
            let reply = Reply::Answered {
                status,
                retry_after: Some(header.to_owned()),
                is_json: true,
                body: Some(br#"{"error":"busy"}"#.to_vec()),
            };
            let answer = read(&reply, None, NOW);
            let (Answer::Away { after, .. } | Answer::Later { after, .. }) = answer else {
                panic!("{status} {header:?}: {answer:?}");
            };
            assert_eq!(after, wait, "{status} {header:?}");
        }
    }
}

#[test]
fn the_gateways_words_are_kept_short_and_visible() {
    let words = format!(r#"{{"error":"a\u001b[2J\u202e{}"}}"#, "x".repeat(5_000));
    let Answer::Never { why } = read(&answered(400, &words), None, NOW) else {
        panic!("a 400 is final");
    };
    assert!(why.contains(r"a\u{1b}[2J\u{202e}xxx"), "{why}");
    assert!(why.len() < 300, "{}", why.len());
}

#[derive(Debug, Clone, Copy)]
enum Expected {
    Admitted(Option<&'static str>),
    WithoutSession,
    Never,
    Pause,
    Away,
    Busy,
    Counted,
    CountedUnknown,
}

impl Expected {
    fn fits(self, answer: &Answer) -> bool {
        match answer {
            Answer::Admitted { run_id } => {
                matches!(self, Expected::Admitted(id) if id == run_id.as_deref())
            }
            Answer::RetryWithoutSession => matches!(self, Expected::WithoutSession),
            Answer::Never { why } => matches!(self, Expected::Never) && !why.is_empty(),
            // It names what to set, or the command that does.
            Answer::Pause { why, .. } => matches!(self, Expected::Pause) && why.contains('`'),
            Answer::Away { why, .. } => matches!(self, Expected::Away) && !why.is_empty(),
            Answer::Later {
                counts_attempt,
                outcome_unknown,
                ..
            } => match self {
                Expected::Busy => !counts_attempt && !outcome_unknown,
                Expected::Counted => *counts_attempt && !outcome_unknown,
                Expected::CountedUnknown => *counts_attempt && *outcome_unknown,
                Expected::Admitted(_)
                | Expected::WithoutSession
                | Expected::Never
                | Expected::Pause
                | Expected::Away => false,
            },
        }
    }
}

fn answered(status: u16, body: &str) -> Reply {
    Reply::Answered {
        status,
        retry_after: None,
        is_json: body.starts_with('{'),
        body: Some(body.as_bytes().to_vec()),
    }
}

fn cut_body(status: u16, is_json: bool) -> Reply {
    Reply::Answered {
        status,
        retry_after: None,
        is_json,
        body: None,
    }
}

fn text(call: &Call) -> String {
    let body = std::str::from_utf8(&call.body).unwrap();
    format!("{}\n{body}", call.idempotency_key)
}
