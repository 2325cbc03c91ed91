//! Frames frozen as text, frames that come back as they went, and texts that are none.

use proptest::prelude::*;

use super::*;
use crate::types::{Kind, TurnNumber};

const TEXT_FRAME: &str = r#"{"id":"m1","from":"10079218","to":"41490369","type":"text","content":"hi","conversation_id":"c1","timestamp":17,"nonce":"n1","signature":"s"}"#;

#[test]
fn each_frame_is_written_and_read_as_frozen_here() {
    for (frame, text) in goldens() {
        assert_eq!(frame.to_text(), text);
        assert_eq!(read(text), Ok(frame));
    }
}

#[test]
fn what_is_no_frame_is_refused_by_code_and_field() {
    use ErrorCode::{InvalidContent, InvalidMessageType};
    let with = |old: &str, new: &str| TEXT_FRAME.replace(old, new);
    let m1 = Some("m1");
    let cases = [
        (
            "hello".to_owned(),
            InvalidContent,
            "the frame is not a JSON object",
            None,
        ),
        (
            "[]".to_owned(),
            InvalidContent,
            "the frame is not a JSON object",
            None,
        ),
        (
            "{}".to_owned(),
            InvalidMessageType,
            "`type` is missing",
            None,
        ),
        (
            TEXT_FRAME[..40].to_owned(),
            InvalidContent,
            "the frame is not a JSON object",
            None,
        ),
        (
            with(r#""type":"text""#, r#""type":"dance""#),
            InvalidMessageType,
            "`type` is `text`, `typing`, `read_receipt` or `end`",
            m1,
        ),
        (
            with(r#""type":"text","#, ""),
            InvalidMessageType,
            "`type` is missing",
            m1,
        ),
        (
            with(r#""content":"hi","#, ""),
            InvalidContent,
            "`content` is missing",
            m1,
        ),
        (
            with(r#""conversation_id":"c1","#, ""),
            InvalidContent,
            "`conversation_id` is missing",
            m1,
        ),
        (
            with(r#""hi""#, "7"),
            InvalidContent,
            "`content` must be a string",
            m1,
        ),
        (
            with(r#""hi""#, r#""\ud800 x""#),
            InvalidContent,
            "`content` is not valid Unicode text",
            m1,
        ),
        (
            with(r#""id":"m1""#, r#""id":"a|b""#),
            InvalidContent,
            "`id`: an id is made of `A-Z a-z 0-9 . _ : -`, not of '|'",
            None,
        ),
        (
            with(r#""nonce":"n1""#, r#""nonce":"""#),
            InvalidContent,
            "`nonce`: an id must not be empty",
            m1,
        ),
        (
            with("17", "\"17\""),
            InvalidContent,
            "`timestamp` must be a whole number of milliseconds or seconds",
            m1,
        ),
        (
            with("17", "-17"),
            InvalidContent,
            "`timestamp` must be a whole number of milliseconds or seconds",
            m1,
        ),
        (
            with(r#""timestamp":17"#, r#""turn_number":0,"timestamp":17"#),
            InvalidContent,
            "`turn_number` must be a positive integer",
            m1,
        ),
        (
            with(r#""timestamp":17"#, r#""turn_number":1.5,"timestamp":17"#),
            InvalidContent,
            "`turn_number` must be a positive integer",
            m1,
        ),
        (
            with(r#""timestamp":17"#, r#""id":"m2","timestamp":17"#),
            InvalidContent,
            "a field stands twice",
            Some("m2"),
        ),
        (
            r#"{"type":"ack","message_id":"m1","from":"a","outcome":"maybe"}"#.to_owned(),
            InvalidContent,
            "`outcome` is not a word that this version knows",
            m1,
        ),
    ];
    for (text, code, reason, message_id) in cases {
        let message_id = message_id.map(|id| MessageId::new(id).unwrap());
        let reason = reason.to_owned();
        assert_eq!(
            read(&text),
            Err(FrameError {
                code,
                reason,
                message_id
            }),
            "{text}"
        );
    }
}

#[test]
fn a_frame_of_a_later_version_is_passed_over() {
    let later = read(r#"{"type":"presence","who":"x"}"#);
    assert_eq!(later, Ok(Frame::Unknown("presence".to_owned())));
    let extra = TEXT_FRAME.replace("\"nonce\"", "\"later\":{\"a\":[1]},\"nonce\"");
    assert_eq!(read(&extra), read(TEXT_FRAME));
}

#[test]
fn features_are_read_leniently_and_written_in_order() {
    let features = Features::from_names("sig2 , ack,later".split(','));
    assert_eq!(features, Features::OURS);
    assert_eq!(features.names(), ["ack", "sig2"]);
    assert_eq!(Features::from_names("".split(',')), Features::default());
}

proptest! {
    #[test]
    fn any_message_comes_back_as_it_went(
        content in "\\PC*|[\\x00-\\x1f\"\\\\]*",
        turn in proptest::option::of(1u64..=u64::MAX),
        timestamp in any::<u64>(),
        conversation in "[A-Za-z0-9._:-]{0,128}",
    ) {
        let mut frame = message_frame();
        frame.message.content = content;
        frame.message.turn = turn.and_then(TurnNumber::new);
        frame.message.conversation = ConversationId::new(&conversation).ok();
        frame.timestamp = Timestamp::from_millis(timestamp);
        let frame = Frame::Message(Box::new(frame));
        prop_assert_eq!(read(&frame.to_text()), Ok(frame));
    }

    #[test]
    fn no_damage_to_a_frame_makes_reading_panic(
        which in 0usize..13,
        cut in 0usize..300,
        flips in prop::collection::vec((0usize..300, any::<u8>()), 0..6),
    ) {
        let goldens = goldens();
        let mut bytes = goldens[which % goldens.len()].1.as_bytes().to_vec();
        for (at, byte) in flips {
            if let Some(target) = bytes.get_mut(at) {
                *target = byte;
            }
        }
        bytes.truncate(cut);
        let _ = read(&String::from_utf8_lossy(&bytes));
    }
}

fn goldens() -> Vec<(Frame, &'static str)> {
    let message_id = MessageId::new("m1").unwrap();
    let mut delivered = message_frame();
    delivered.message.turn = TurnNumber::new(7);
    delivered.message.max_turns = TurnNumber::new(20);
    delivered.message.content = "می\u{200c}خواهم \"👨\u{200d}👩\"\n".to_owned();
    delivered.message.conversation = None;
    delivered.delivered_at = Some(Timestamp::from_millis(18));
    delivered.received_at = Some(Timestamp::from_millis(16));
    vec![
        (Frame::Message(Box::new(message_frame())), TEXT_FRAME),
        (
            Frame::Message(Box::new(delivered)),
            "{\"id\":\"m1\",\"from\":\"10079218\",\"to\":\"41490369\",\"type\":\"text\",\"content\":\"می\u{200c}خواهم \\\"👨\u{200d}👩\\\"\\n\",\"conversation_id\":\"\",\"turn_number\":7,\"timestamp\":17,\"nonce\":\"n1\",\"signature\":\"s\",\"max_turns\":20,\"delivered_at\":18,\"received_at\":16}",
        ),
        (
            Frame::Session(SessionFrame {
                key: KeyOffer::Key(Secret::new("9a02")),
                expires_in: 3600,
                features: None,
            }),
            r#"{"type":"session","session_key":"9a02","expires_in":3600}"#,
        ),
        (
            Frame::Session(SessionFrame {
                key: KeyOffer::Salt("7be1".to_owned()),
                expires_in: 3600,
                features: Some(Features::OURS),
            }),
            r#"{"type":"session","salt":"7be1","expires_in":3600,"features":["ack","sig2"]}"#,
        ),
        (
            Frame::Status(StatusFrame {
                message_id: message_id.clone(),
                status: Status::Queued,
                note: None,
            }),
            r#"{"type":"status","status":"queued","message_id":"m1"}"#,
        ),
        (
            Frame::Status(StatusFrame {
                message_id: message_id.clone(),
                status: Status::Rejected,
                note: Some("not_accepted".to_owned()),
            }),
            r#"{"type":"status","status":"rejected","message_id":"m1","note":"not_accepted"}"#,
        ),
        (
            Frame::Error(ErrorFrame {
                code: Ok(ErrorCode::AgentNotFound),
                message: "nobody".to_owned(),
                message_id: Some(message_id.clone()),
                note: None,
            }),
            r#"{"type":"error","code":"AGENT_NOT_FOUND","message":"nobody","message_id":"m1"}"#,
        ),
        (
            Frame::Error(ErrorFrame {
                code: Err("LATER".to_owned()),
                message: String::new(),
                message_id: None,
                note: None,
            }),
            r#"{"type":"error","code":"LATER","message":""}"#,
        ),
        (
            Frame::ConversationEnded(ConversationEnded {
                conversation: ConversationId::new("c1").unwrap(),
                peer: None,
                reason: EndReason::MaxTurns,
            }),
            r#"{"type":"conversation_ended","conversation_id":"c1","reason":"max_turns"}"#,
        ),
        (
            Frame::ConversationEnded(ConversationEnded {
                conversation: ConversationId::new("c1").unwrap(),
                peer: Some(AgentId::new("41490369").unwrap()),
                reason: EndReason::ParticipantEnded,
            }),
            r#"{"type":"conversation_ended","conversation_id":"c1","peer":"41490369","reason":"participant_ended"}"#,
        ),
        (
            Frame::Ack(Ack {
                message_id,
                from: AgentId::new("10079218").unwrap(),
                outcome: AckOutcome::Accepted,
            }),
            r#"{"type":"ack","message_id":"m1","from":"10079218","outcome":"accepted"}"#,
        ),
        (Frame::Ping, r#"{"type":"ping"}"#),
        (Frame::Pong, r#"{"type":"pong"}"#),
    ]
}

fn message_frame() -> MessageFrame {
    MessageFrame {
        message: Message {
            id: MessageId::new("m1").unwrap(),
            from: AgentId::new("10079218").unwrap(),
            to: AgentId::new("41490369").unwrap(),
            kind: Kind::Text,
            content: "hi".to_owned(),
            conversation: Some(ConversationId::new("c1").unwrap()),
            turn: None,
            max_turns: None,
        },
        timestamp: Timestamp::from_millis(17),
        nonce: Nonce::new("n1").unwrap(),
        signature: "s".to_owned(),
        delivered_at: None,
        received_at: None,
    }
}
