//! What comes in: repeats, nonces, trust, age, kinds.

use std::time::Duration;

use super::*;
use crate::daemon::{inbound::inbox, keeping};
use crate::wire::frame::AckOutcome;

#[tokio::test]
async fn a_repeat_is_acknowledged_as_the_first_was_and_changes_nothing() {
    let rooms = Rooms::pairing();
    rooms.set_trust("2", Trust::Blocked).await;
    let mut line = Line::new();
    let from = |sender: &'static str| move |f: &mut MessageFrame| f.message.from = id(sender);
    // Held, refused, and then both once more.
    rooms
        .bring([line.text("m1", from("1")), line.text("m2", from("2"))])
        .await;
    assert_eq!(line.acked(), ["m1 accepted", "m2 refused"]);
    // What the owner thinks now does not change what was said then.
    rooms.set_trust("2", Trust::Owner).await;
    rooms
        .bring([line.text("m1", from("1")), line.text("m2", from("2"))])
        .await;
    assert_eq!(line.acked(), ["m1 accepted", "m2 refused"]);
    assert_eq!(rooms.inbox_states().await, ["held", "refused"]);
    assert_eq!(rooms.count("story").await, 4);
}

#[tokio::test]
async fn the_same_id_is_anothers_message_or_a_refusal() {
    let rooms = Rooms::open();
    let mut line = Line::new();
    let first = line.text("m1", |_| ());
    let other_content = line.text("m1", |f| f.message.content.push('!'));
    let other_sender = line.text("m1", |f| f.message.from = id("2"));
    rooms.bring([first, other_content, other_sender]).await;
    assert_eq!(line.acked(), ["m1 accepted", "m1 refused", "m1 accepted"]);
    let contents: Vec<_> = rooms.inbox().await.into_iter().map(|m| m.content).collect();
    assert_eq!(contents, ["content of m1", "content of m1"]);
}

#[tokio::test]
async fn only_what_is_verified_and_new_takes_a_nonce() {
    let rooms = Rooms::open();
    let mut line = Line::new();
    let nonce =
        |name: &'static str| move |f: &mut MessageFrame| f.nonce = Nonce::new(name).unwrap();
    let mut forged = line.text("forged", nonce("a"));
    forged.frame.message.content.push('!');
    let frames = [
        forged,
        line.text("honest", nonce("a")),
        // A repeat under a new nonce does not use that one up.
        line.text("honest", nonce("b")),
        line.text("next", nonce("b")),
        line.text("replayed", nonce("b")),
    ];
    rooms.bring(frames).await;
    let expected = [
        "honest accepted",
        "honest accepted",
        "next accepted",
        "replayed refused",
    ];
    assert_eq!(line.acked(), expected);
    assert_eq!(rooms.count("inbox").await, 2);
    // A refused replay keeps no identity: the honest resend gets through.
    rooms.bring([line.text("replayed", |_| ())]).await;
    assert_eq!(line.acked(), ["replayed accepted"]);
}

#[tokio::test]
async fn trust_is_the_owners_word_unless_the_relay_proves_nothing() {
    for (level, there, on_version_1) in [
        (None, Trust::Unknown, Trust::Unknown),
        (Some(Trust::Blocked), Trust::Blocked, Trust::Blocked),
        (Some(Trust::Known), Trust::Known, Trust::Unknown),
        (Some(Trust::Owner), Trust::Owner, Trust::Unknown),
    ] {
        let rooms = Rooms::open();
        if let Some(level) = level {
            rooms.set_trust(PEER, level).await;
        }
        let frames = [
            Line::new().text("m1", |_| ()),
            Line::version_1().text("m2", |_| ()),
        ];
        rooms.bring(frames).await;
        let rows = rooms.inbox().await;
        assert_eq!(rows[0].trust, there);
        assert_eq!(rows[1].trust, on_version_1);
        assert_eq!(facts(&rows[0]), [""; 0]);
        assert_eq!(facts(&rows[1]), ["unauthenticated_relay"]);
        let expected = if level == Some(Trust::Blocked) {
            "refused"
        } else {
            "waiting"
        };
        assert!(rows.iter().all(|row| row.state == expected), "{level:?}");
    }
}

#[tokio::test]
async fn what_was_on_its_way_for_too_long_is_dead_and_acknowledged() {
    let week = Duration::from_secs(7 * 24 * 3600);
    let late = week + Duration::from_millis(1);
    let rooms = Rooms::open();
    let mut line = Line::new();
    let received = |age| move |f: &mut MessageFrame| f.received_at = Some(NOW - age);
    let frames = [
        line.text("fresh", received(week)),
        line.text("old", received(late)),
        line.text("old", received(late)),
        // When the sender signed it says nothing here.
        line.text("signed", |f| {
            f.timestamp = NOW - late;
            f.received_at = Some(NOW);
        }),
    ];
    rooms.bring(frames).await;
    let expected = [
        "fresh accepted",
        "old accepted",
        "old accepted",
        "signed accepted",
    ];
    assert_eq!(line.acked(), expected);
    assert_eq!(rooms.inbox_states().await, ["waiting", "dead", "waiting"]);

    // A version 1 relay says only when the sender signed.
    let line = Line::version_1();
    rooms
        .bring([line.text("v1", |f| f.timestamp = NOW - late)])
        .await;
    assert_eq!(rooms.inbox_states().await[3], "dead");
}

#[tokio::test]
async fn age_is_told_by_the_relays_clock_and_not_by_ours() {
    let month = Duration::from_secs(30 * 24 * 3600);
    let rooms = Rooms::open();
    rooms.clock.set(NOW + month);
    let line = Line::version_1();
    rooms.bring([line.text("m1", |_| ())]).await;
    let row = &rooms.inbox().await[0];
    assert_eq!(row.state, "waiting");
    assert_eq!(facts(row), ["unauthenticated_relay"]);
}

#[tokio::test]
async fn what_is_rightly_signed_and_no_message_for_us_is_refused_without_a_row() {
    let rooms = Rooms::open();
    let mut line = Line::new();
    let frames = [
        line.text("nowhere", |f| f.message.conversation = None),
        line.text("another", |f| f.message.to = id("9")),
        line.text("live", |f| {
            f.message.conversation = None;
            f.message.kind = Kind::Typing;
        }),
    ];
    rooms.bring(frames).await;
    assert_eq!(line.acked(), ["nowhere refused", "another refused"]);
    assert_eq!(rooms.count("inbox").await, 0);
    assert_eq!(rooms.count("taken").await, 0);
}

#[tokio::test]
async fn what_lives_for_the_moment_is_told_and_neither_kept_nor_acknowledged() {
    let mut rooms = Rooms::open();
    rooms.set_trust("2", Trust::Blocked).await;
    let mut line = Line::new();
    let typing = |f: &mut MessageFrame| {
        f.message.kind = Kind::Typing;
        f.message.content.clear();
    };
    let frames = [
        line.text("t1", typing),
        line.text("t2", |f| {
            typing(f);
            f.message.from = id("2");
        }),
        line.text("m1", |_| ()),
        // Under the id of a message that was taken, and under a nonce that was.
        line.text("m1", typing),
    ];
    rooms.bring(frames).await;
    assert_eq!(line.acked(), ["m1 accepted"]);
    assert_eq!(rooms.count("inbox").await, 1);
    let first = rooms.events.try_recv().unwrap();
    assert!(matches!(&first, Event::Live { peer, kind: Kind::Typing, .. } if *peer == id(PEER)));
    let rest: Vec<_> = std::iter::from_fn(|| rooms.events.try_recv().ok()).collect();
    assert_eq!(rest.len(), 2, "only m1's story follows: {rest:?}");
}

#[tokio::test]
async fn an_end_closes_the_conversation_and_wakes_nobody() {
    let rooms = Rooms::open();
    let mut line = Line::new();
    let mut wakes = rooms.inbox.wakes();
    rooms.bring([line.text("m1", |_| ())]).await;
    assert!(wakes.has_changed().unwrap());
    wakes.mark_unchanged();
    rooms
        .bring([line.text("m2", |f| f.message.kind = Kind::End)])
        .await;
    assert!(!wakes.has_changed().unwrap());
    assert_eq!(line.acked(), ["m1 accepted", "m2 accepted"]);
    assert_eq!(rooms.inbox_states().await, ["waiting", "noted"]);
    let ended = rooms.dialogues().await;
    assert_eq!(ended[0].ended_because.as_deref(), Some("the peer ended it"));
    assert_eq!(rooms.inbox.deliverable(9).await.unwrap().len(), 1);
    // What comes then opens it again, at its first turn.
    rooms.bring([line.text("m3", |_| ())]).await;
    let open = rooms.dialogues().await;
    assert_eq!((open[0].turns, open[0].ended_at), (1, None));
}

#[tokio::test]
async fn a_message_whose_row_is_gone_is_still_known_and_forgotten_with_its_identity() {
    let rooms = Rooms::open();
    let mut line = Line::new();
    rooms
        .bring([line.text("m1", |_| ()), line.text("m2", |_| ())])
        .await;
    let deliver = |c: &Connection| {
        c.execute(
            "UPDATE inbox SET state = 'delivered', settled_at = 0 WHERE id = 'm1'",
            [],
        )
    };
    rooms.db.write(deliver).await.unwrap();
    line.acked();
    let again = || {
        [
            line.text("m1", |_| ()),
            line.text("m2", |f| f.message.content.push('!')),
        ]
    };
    let (first, second) = (again(), again());
    let gone = keeping::round(&rooms.db, NOW + keeping::IDENTITY_KEPT)
        .await
        .unwrap();
    assert_eq!((gone.messages, gone.identities), (1, 0));
    rooms.bring(first).await;
    assert_eq!(line.acked(), ["m1 accepted", "m2 refused"]);
    assert_eq!(rooms.inbox_states().await, ["waiting"]);

    let later = NOW + keeping::IDENTITY_KEPT + Duration::from_millis(1);
    let gone = keeping::round(&rooms.db, later).await.unwrap();
    assert_eq!(gone.identities, 1, "the row of m2 holds on to its own");
    rooms.bring(second).await;
    assert_eq!(line.acked(), ["m1 accepted", "m2 refused"]);
    assert_eq!(rooms.inbox_states().await, ["waiting", "waiting"]);
}

#[tokio::test]
async fn what_is_refused_leaves_its_size_and_its_reason_and_no_word_of_its_text() {
    let rooms = Rooms::pairing();
    rooms.set_trust("3", Trust::Blocked).await;
    let mut line = Line::new();
    let secret = |name| line.text(name, |f| f.message.content = format!("sesame-{name} ü"));
    // A stranger's first message is held, so its text is there until its owner says no.
    rooms.bring([secret("m1"), secret("m2")]).await;
    assert_eq!(line.acked(), ["m1 accepted", "m2 refused"]);
    let mut refused = super::outbound::draft("sesame-out ü");
    refused.to = id("3");
    rooms.send(refused).await.unwrap_err();
    for (word, expected) in [
        ("sesame-m1", true),
        ("sesame-m2", false),
        ("sesame-out", false),
    ] {
        assert_eq!(rooms.files_hold(word), expected, "{word}");
    }
    let name = MessageId::new("m1").unwrap();
    rooms.held.refuse(&name, None).await.unwrap().unwrap();
    for row in rooms.inbox().await {
        assert_eq!((row.state.as_str(), row.content.as_str()), ("refused", ""));
        assert_eq!(row.content_bytes, 12);
        assert!(row.reason.is_some());
    }
    let row = &rooms.outbox().await[0];
    assert_eq!((row.content.as_str(), row.content_bytes), ("", 13));
}

#[tokio::test]
async fn a_version_1_relay_is_acknowledged_nothing() {
    let rooms = Rooms::open();
    let mut line = Line::version_1();
    let frames = [
        line.text("m1", |_| ()),
        line.text("m1", |_| ()),
        line.text("m2", |f| f.message.conversation = None),
    ];
    rooms.bring(frames).await;
    assert_eq!(line.acked(), [""; 0]);
    assert_eq!(rooms.count("inbox").await, 1);
}

#[tokio::test]
async fn the_first_outcome_is_kept_as_it_was_answered() {
    let rooms = Rooms::pairing();
    let line = Line::new();
    rooms
        .bring([line.text("m1", |_| ()), line.text("m2", |_| ())])
        .await;
    let outcome = |name: &'static str| async {
        let message = MessageId::new(name).unwrap();
        let find = move |c: &Connection| inbox::first_outcome(c, &id(PEER), &message);
        rooms
            .db
            .read(find)
            .await
            .unwrap()
            .map(|first| first.outcome)
    };
    // A stranger's first message is held, the second refused.
    assert_eq!(outcome("m1").await, Some(AckOutcome::Accepted));
    assert_eq!(outcome("m2").await, Some(AckOutcome::Refused));
    assert_eq!(outcome("m3").await, None);
}

fn id(text: &str) -> AgentId {
    AgentId::new(text).unwrap()
}

/// What the host itself noted on a message.
fn facts(row: &InboxMessage) -> Vec<&str> {
    row.annotations
        .iter()
        .filter(|a| a.policy() == crate::policy::Annotation::HOST)
        .map(|a| a.key())
        .collect()
}

#[tokio::test]
async fn only_what_is_handed_on_may_have_reached_the_agent() {
    for hands_on in [true, false] {
        let mut rooms = Rooms::open();
        rooms.inbound.lane = rooms.lane.clone().handing_on(hands_on);
        let line = Line::new();
        rooms.bring([line.text("m1", |_| ())]).await;
        let unheard = |connection: &Connection| inbox::mark_unheard(connection, NOW);
        let unheard = rooms.db.write(unheard).await.unwrap();
        assert_eq!(unheard.len(), usize::from(hands_on), "{hands_on}");
    }
}
