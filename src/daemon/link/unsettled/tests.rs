use super::*;
use crate::types::ErrorCode;
use crate::wire::frame::Status;

mod any_events;

const NOW: Timestamp = Timestamp::from_millis(1_795_373_464_750);

#[test]
fn answers_that_name_messages_settle_them_in_any_order() {
    let mut unsettled = Unsettled::new(true);
    for n in 0..3 {
        unsettled.add(under_way(n, Kind::Text));
    }
    assert_eq!(unsettled.room(), WINDOW - 3);
    assert_eq!(
        unsettled.status(&status_frame("m1")).map(|one| one.row),
        Some(RowId(1))
    );
    assert_eq!(
        unsettled.error(&error(Some("m2"))).map(|one| one.row),
        Some(RowId(2))
    );
    assert_eq!(unsettled.status(&status_frame("m1")), None);
    assert_eq!(unsettled.error(&error(None)), None);
    assert_eq!(unsettled.room(), WINDOW - 1);
}

#[test]
fn a_relays_words_are_visible_and_short_in_what_becomes_of_a_message() {
    let words = format!("no\u{1b}[2J\u{202e}{}", "x".repeat(100_000));
    let mut error = error(None);
    error.code = Err("ODD\nCODE".to_owned());
    error.message = words;
    let Said::Error(Err(code), sentence) = said(error) else {
        panic!("no unknown code");
    };
    assert_eq!(code, "ODD\\u{a}CODE");
    assert!(sentence.starts_with("no\\u{1b}[2J\\u{202e}x"), "{sentence}");
    assert!(sentence.chars().count() <= 256);
}

#[test]
fn a_version_1_relay_has_one_message_under_way_and_its_next_error_is_that_ones() {
    let mut unsettled = Unsettled::new(false);
    assert_eq!(unsettled.room(), 1);
    unsettled.add(under_way(1, Kind::Text));
    assert_eq!(unsettled.room(), 0);
    assert_eq!(
        unsettled.error(&error(None)).map(|one| one.row),
        Some(RowId(1))
    );
    assert_eq!(unsettled.error(&error(None)), None);
}

#[test]
fn a_version_1_relay_settles_an_end_by_ending_the_conversation() {
    let mut unsettled = Unsettled::new(false);
    unsettled.add(under_way(1, Kind::End));
    assert_eq!(
        unsettled.ended(&ended("c2", EndReason::ParticipantEnded)),
        None
    );
    assert_eq!(unsettled.ended(&ended("c1", EndReason::MaxTurns)), None);
    let settled = unsettled.ended(&ended("c1", EndReason::ParticipantEnded));
    assert_eq!(settled.map(|one| one.row), Some(RowId(1)));
}

#[test]
fn silence_is_noticed_sooner_on_a_version_1_relay() {
    for (named, silence) in [(false, V1_SILENCE), (true, SILENCE)] {
        let mut unsettled = Unsettled::new(named);
        unsettled.add(under_way(1, Kind::Text));
        let almost = NOW + silence - Duration::from_millis(1);
        assert_eq!(unsettled.overdue(almost), []);
        assert_eq!(unsettled.overdue(NOW + silence).len(), 1);
        assert_eq!(unsettled.overdue(NOW + silence), []);
    }
}

#[test]
fn while_nothing_is_read_nobody_is_silent() {
    let mut unsettled = Unsettled::new(false);
    unsettled.add(under_way(1, Kind::Text));
    unsettled.restart(NOW + V1_SILENCE);
    assert_eq!(unsettled.overdue(NOW + V1_SILENCE), []);
    assert_eq!(unsettled.overdue(NOW + V1_SILENCE + V1_SILENCE).len(), 1);
}

fn under_way(n: i64, kind: Kind) -> UnderWay {
    UnderWay {
        row: RowId(n),
        id: MessageId::new(&format!("m{n}")).unwrap(),
        kind,
        conversation: ConversationId::new("c1").ok(),
        attempts: Attempts::default(),
        sent_at: NOW,
    }
}

fn status_frame(id: &str) -> StatusFrame {
    StatusFrame {
        message_id: MessageId::new(id).unwrap(),
        status: Status::Sent,
        note: None,
    }
}

fn error(id: Option<&str>) -> ErrorFrame {
    ErrorFrame {
        code: Ok(ErrorCode::RateLimited),
        message: String::new(),
        message_id: id.map(|id| MessageId::new(id).unwrap()),
        note: None,
    }
}

fn ended(id: &str, reason: EndReason) -> ConversationEnded {
    ConversationEnded {
        conversation: ConversationId::new(id).unwrap(),
        peer: None,
        reason,
    }
}
