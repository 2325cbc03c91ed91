//! Which frames are verified, which are forged, which are merely not for us.

use std::sync::Mutex;

use super::*;
use crate::types::{Kind, Nonce, Secret};
use crate::wire::{Features, Form, MessageFrame, NonceMemory, SigningKey};

const NOW: Timestamp = Timestamp::from_millis(1_795_373_464_750);

#[test]
fn a_frame_signed_for_us_is_verified_in_both_forms() {
    for form in [Form::V1, Form::Sig2] {
        let session = session(form, Some(Features::OURS));
        let received = signed(&session, |_| ());
        let verified = verify(received, &me()).unwrap();
        assert_eq!(verified.message().content, "می\u{200c}خواهم e\u{301}");
    }
}

#[test]
fn a_frame_changed_on_the_way_is_forged() {
    let session = session(Form::Sig2, Some(Features::OURS));
    let mut received = signed(&session, |_| ());
    received.frame.message.content.push('!');
    let forged = verify(received, &me()).unwrap_err();
    assert!(matches!(forged, Unverified::Forged { .. }));
}

#[test]
fn a_frame_that_is_rightly_signed_and_no_message_for_us_is_unacceptable() {
    let session = session(Form::V1, None);
    type Change = fn(&mut MessageFrame);
    let cases: [(Change, &str); 3] = [
        (
            |f| f.message.turn = crate::types::TurnNumber::new(1 << 63),
            "it counts more turns than there can be",
        ),
        (
            |f| f.message.to = AgentId::new("3").unwrap(),
            "it is for another agent",
        ),
        (
            |f| f.message.conversation = None,
            "it names no conversation",
        ),
    ];
    for (change, expected) in cases {
        let refused = verify(signed(&session, change), &me()).unwrap_err();
        let Unverified::Unacceptable { why, .. } = refused else {
            panic!("{refused:?}");
        };
        assert_eq!(why, expected);
    }
}

#[test]
fn age_refuses_nothing_and_skew_is_noted() {
    use std::time::Duration;
    let week = Duration::from_secs(7 * 24 * 3600);
    let minutes = |n: u64| Duration::from_secs(n * 60);
    // (features announced, signed at, received at, noted as skewed)
    let cases = [
        (true, NOW, Some(NOW), false),
        (true, NOW - week, Some(NOW - week), false),
        (true, NOW - week, Some(NOW), true),
        (true, NOW + minutes(6), Some(NOW), true),
        (false, NOW - week, None, false),
        (false, NOW + minutes(4), None, false),
        (false, NOW + minutes(6), None, true),
    ];
    for (announced, signed_at, received_at, skewed) in cases {
        let session = session(Form::V1, announced.then_some(Features::OURS));
        let received = signed(&session, |frame| {
            frame.timestamp = signed_at;
            frame.received_at = received_at;
        });
        let verified = verify(received, &me()).unwrap();
        assert_eq!(verified.is_skewed(), skewed, "{signed_at} {received_at:?}");
        assert_eq!(verified.received_at(), received_at.unwrap_or(NOW));
        let since = received_at.unwrap_or(signed_at);
        assert_eq!(
            verified.age(),
            NOW.since(since),
            "{signed_at} {received_at:?}"
        );
    }
}

#[test]
fn a_received_time_from_a_version_1_relay_is_not_believed() {
    let session = session(Form::V1, None);
    let received = signed(&session, |frame| {
        frame.received_at = Some(Timestamp::from_millis(5))
    });
    assert_eq!(verify(received, &me()).unwrap().received_at(), NOW);
}

#[test]
fn a_time_far_ahead_of_this_machine_is_brought_back_to_it() {
    use std::time::Duration;
    let minutes = |n: u64| Duration::from_secs(n * 60);
    let end = Timestamp::from_millis(u64::MAX);
    // (what the relay announces, its clock as the link reads it, the message's time)
    let cases = [
        (Some(NOW + minutes(4)), NOW, NOW + minutes(4)),
        (Some(NOW + minutes(6)), NOW, NOW + minutes(5)),
        (Some(end), NOW, NOW + minutes(5)),
        (None, end, NOW + minutes(5)),
        (Some(end), end, NOW + minutes(5)),
        (Some(NOW - minutes(600)), end, NOW - minutes(600)),
    ];
    for (announced, read_at, time) in cases {
        let session = session(Form::Sig2, Some(Features::OURS));
        let mut received = signed(&session, |frame| frame.received_at = announced);
        received.read_at = read_at;
        let verified = verify(received, &me()).unwrap();
        assert_eq!(verified.received_at(), time, "{announced:?} {read_at}");
    }
}

#[test]
fn only_a_relay_that_signs_in_the_second_form_proves_who_sends() {
    let acks = Features {
        ack: true,
        sig2: false,
    };
    // What it announces of itself proves nothing.
    for (form, features, proven) in [
        (Form::Sig2, Some(Features::OURS), true),
        (Form::V1, Some(Features::OURS), false),
        (Form::V1, Some(acks), false),
        (Form::V1, None, false),
    ] {
        let session = session(form, features);
        let verified = verify(signed(&session, |_| ()), &me()).unwrap();
        assert_eq!(
            verified.relay_authenticates(),
            proven,
            "{form:?} {features:?}"
        );
    }
}

fn me() -> AgentId {
    AgentId::new("41490369").unwrap()
}

fn session(form: Form, features: Option<Features>) -> Arc<Session> {
    let (acks, _) = tokio::sync::mpsc::channel(1);
    Arc::new(Session {
        key: SigningKey::new(&Secret::new("key")),
        form,
        features,
        nonces: Mutex::new(NonceMemory::new(NOW)),
        acks,
    })
}

fn signed(session: &Arc<Session>, change: impl FnOnce(&mut MessageFrame)) -> Received {
    let mut frame = MessageFrame {
        message: Message {
            id: MessageId::new("m1").unwrap(),
            from: AgentId::new("10079218").unwrap(),
            to: me(),
            kind: Kind::Text,
            content: "می\u{200c}خواهم e\u{301}".to_owned(),
            conversation: ConversationId::new("c1").ok(),
            turn: None,
            max_turns: None,
        },
        timestamp: NOW,
        nonce: Nonce::new("n1").unwrap(),
        signature: String::new(),
        delivered_at: None,
        received_at: None,
    };
    change(&mut frame);
    let material = Material::of_message(&frame.message, frame.timestamp, &frame.nonce);
    frame.signature = session.key.sign(&material, session.form);
    Received {
        frame,
        session: Arc::clone(session),
        read_at: NOW,
        read_here_at: NOW,
    }
}
