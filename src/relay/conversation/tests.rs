//! Turns by episode, and who may reopen what was ended.

use super::*;

const START: Timestamp = Timestamp::from_millis(1_795_373_464_750);
const BEFORE: ConnectionId = ConnectionId(1);
const AFTER: ConnectionId = ConnectionId(2);

fn text(from: Side) -> Turn {
    Turn {
        from,
        kind: Kind::Text,
        via: Via::Connection(BEFORE),
        wish: None,
        other: Some(BEFORE),
    }
}

fn end(from: Side) -> Turn {
    Turn {
        kind: Kind::End,
        ..text(from)
    }
}

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

#[test]
fn turns_are_counted_up_to_the_lower_limit_and_begin_again_after_30_idle_minutes() {
    let wish = TurnNumber::new;
    for (relay, wished, allowed) in [
        (3, None, 3),
        (3, wish(2), 2),
        (3, wish(9), 3),
        (0, wish(2), 2),
        (0, None, 50),
    ] {
        let mut conversation = Conversation::fresh();
        let turn = Turn {
            wish: wished,
            ..text(Side::Low)
        };
        let mut taken = 0;
        while taken < 50 && conversation.standing(&turn, START) == Standing::Open {
            let finished = conversation.accept(&turn, relay, START);
            taken += 1;
            let last = (taken == allowed && allowed < 50).then_some(EndReason::MaxTurns);
            assert_eq!(finished, last, "turn {taken} of {allowed}");
        }
        assert_eq!(taken, allowed);
        let idle = START + EPISODE_IDLE;
        assert_eq!(conversation.standing(&turn, idle), Standing::Open);
        conversation.accept(&turn, relay, idle);
        assert_eq!(conversation.turns, 1);
    }
}

#[test]
fn a_refusal_does_not_prolong_an_episode_and_a_later_wish_changes_nothing() {
    let mut conversation = Conversation::fresh();
    conversation.accept(&text(Side::Low), 2, START);
    let wishful = Turn {
        wish: TurnNumber::new(1),
        ..text(Side::High)
    };
    conversation.accept(&wishful, 2, START + seconds(5));
    assert_eq!(conversation.turns, 2);
    for wait in [6, 600, 1_800] {
        let now = START + seconds(wait);
        assert_eq!(
            conversation.standing(&text(Side::Low), now),
            Standing::Ended
        );
    }
    let idle = START + seconds(5) + EPISODE_IDLE;
    assert_eq!(
        conversation.standing(&text(Side::Low), idle),
        Standing::Open
    );
}

#[test]
fn an_end_closes_for_its_sender_and_the_other_side_reopens() {
    let on = |connection, turn: Turn| Turn {
        via: Via::Connection(connection),
        ..turn
    };
    let by_request = Turn {
        via: Via::Request,
        ..text(Side::High)
    };
    let told = START + seconds(1);
    let cases = [
        (
            "its sender",
            text(Side::Low),
            told + seconds(60),
            Standing::Ended,
        ),
        (
            "its sender, later",
            on(AFTER, text(Side::Low)),
            told + seconds(60),
            Standing::Ended,
        ),
        (
            "what crossed it",
            text(Side::High),
            told + seconds(10),
            Standing::Ended,
        ),
        ("a crossing end", end(Side::High), told, Standing::Ended),
        (
            "10 s later",
            text(Side::High),
            told + seconds(11),
            Standing::Open,
        ),
        (
            "next connection",
            on(AFTER, text(Side::High)),
            told,
            Standing::Open,
        ),
        ("a request", by_request, told, Standing::Ended),
        (
            "a request later",
            by_request,
            told + seconds(11),
            Standing::Open,
        ),
        (
            "30 idle minutes",
            text(Side::Low),
            START + EPISODE_IDLE,
            Standing::Open,
        ),
    ];
    for (name, turn, now, expected) in cases {
        let mut conversation = Conversation::fresh();
        conversation.accept(&text(Side::High), 20, START);
        let reason = conversation.accept(&end(Side::Low), 20, START);
        assert_eq!(reason, Some(EndReason::ParticipantEnded));
        conversation.told(Side::Low, START);
        conversation.told(Side::High, told);
        conversation.told(Side::High, told + seconds(60));
        assert_eq!(conversation.standing(&turn, now), expected, "{name}");
    }
}

#[test]
fn who_was_never_told_reopens_on_its_next_connection_only() {
    let mut conversation = Conversation::fresh();
    conversation.accept(&end(Side::Low), 20, START);
    let late = START + seconds(900);
    assert_eq!(
        conversation.standing(&text(Side::High), late),
        Standing::Ended
    );

    let mut offline = Conversation::fresh();
    let unheard = Turn {
        other: None,
        ..end(Side::Low)
    };
    offline.accept(&unheard, 20, START);
    assert_eq!(offline.standing(&text(Side::High), START), Standing::Open);
}

#[test]
fn reopening_opens_for_both_and_goes_on_counting() {
    let mut conversation = Conversation::fresh();
    conversation.accept(&text(Side::Low), 3, START);
    conversation.accept(&end(Side::Low), 3, START);
    conversation.told(Side::High, START);
    let later = START + seconds(11);
    assert_eq!(
        conversation.standing(&text(Side::High), later),
        Standing::Open
    );
    conversation.accept(&text(Side::High), 3, later);
    assert_eq!(
        conversation.standing(&text(Side::Low), later),
        Standing::Open
    );
    let last = conversation.accept(&text(Side::Low), 3, later);
    assert_eq!(last, Some(EndReason::MaxTurns));
}

#[test]
fn a_conversation_is_the_pair_and_the_id_whoever_speaks() {
    let (one, other) = (AgentId::new("1").unwrap(), AgentId::new("2").unwrap());
    let third = AgentId::new("3").unwrap();
    let id = ConversationId::new("c").unwrap();
    let key = Key::new(&one, &other, &id);
    assert_eq!(key, Key::new(&other, &one, &id));
    assert_ne!(key, Key::new(&one, &third, &id));
    assert_eq!((key.side(&one), key.side(&other)), (Side::Low, Side::High));
}
