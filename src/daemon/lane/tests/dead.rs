//! What was given up: tried again as if it had come now, or dropped, by a person.

use super::*;
use crate::daemon::dead::DeadLetters;
use crate::daemon::inbound::Settled;
use crate::daemon::view::{DeadAnswer, DeadRefusal};
use crate::policy::tests::Says;

const DAY: Duration = Duration::from_secs(24 * 3600);

fn letters(rooms: &Rooms) -> DeadLetters {
    DeadLetters {
        me: AgentId::new(ME).unwrap(),
        db: rooms.db.clone(),
        lane: rooms.lane.clone(),
        inbox: rooms.inbox.clone(),
        outbox: rooms.outbox.clone(),
        events: rooms.held.events.clone(),
        clock: rooms.clock.clone(),
    }
}

async fn retry(rooms: &Rooms, id: &str) -> Result<DeadAnswer, DeadRefusal> {
    let id = MessageId::new(id).unwrap();
    letters(rooms).retry(&id, None).await.unwrap()
}

async fn let_go(rooms: &Rooms, id: &str) -> Result<DeadAnswer, DeadRefusal> {
    let id = MessageId::new(id).unwrap();
    letters(rooms).let_go(&id, None).await.unwrap()
}

/// Gives up the oldest message that waits.
async fn give_up(rooms: &Rooms, why: &str) {
    let row = rooms.inbox.deliverable(1).await.unwrap()[0].row();
    rooms.inbox.bind(row, 1, |_| 1).await.unwrap();
    let once_more = Settled::Retry {
        attempts: 9,
        next_attempt_at: NOW + DAY,
        why: "no answer".to_owned(),
        may_repeat: false,
    };
    let dead = Settled::Dead {
        attempts: 10,
        why: why.to_owned(),
        may_repeat: true,
    };
    for settled in [once_more, dead] {
        rooms.inbox.settle(row, settled).await.unwrap();
    }
}

/// What listeners were told since the last look.
fn told(rooms: &mut Rooms) -> Vec<String> {
    std::iter::from_fn(|| rooms.events.try_recv().ok())
        .filter_map(|event| match event {
            Event::Message { what, .. } => Some(what),
            Event::Live { .. }
            | Event::Link { .. }
            | Event::Gateway { .. }
            | Event::PolicyReload { .. }
            | Event::Trust { .. } => None,
        })
        .collect()
}

#[tokio::test]
async fn what_is_tried_again_waits_as_if_it_had_come_now_and_may_still_be_a_repeat() {
    let mut rooms = Rooms::open();
    let line = Line::new();
    let frames = ["m1", "m2"].map(|id| line.text(id, |_| ()));
    rooms.bring(frames).await;
    give_up(&rooms, "after 10 attempts").await;
    assert_eq!(rooms.inbox_states().await, ["dead", "waiting"]);
    let shown = letters(&rooms).list(9).await.unwrap();
    assert_eq!(shown.len(), 1);
    assert_eq!(
        (shown[0].message_id.as_str(), shown[0].attempts),
        ("m1", 10)
    );
    assert_eq!(shown[0].reason.as_deref(), Some("after 10 attempts"));
    assert!(shown[0].may_repeat && shown[0].content == "content of m1");

    rooms.clock.set(NOW + 2 * DAY);
    told(&mut rooms);
    let wakes = rooms.inbox.wakes();
    let answer = retry(&rooms, "m1").await.unwrap();
    assert_eq!((answer.state, answer.reason), ("waiting", None));
    assert!(wakes.has_changed().unwrap());
    assert_eq!(told(&mut rooms), ["retried", "waiting"]);
    assert!(letters(&rooms).list(9).await.unwrap().is_empty());

    // Before what came later, with a whole life before it.
    let deliverable = rooms.inbox.deliverable(9).await.unwrap();
    let again = &deliverable[0];
    assert_eq!(again.message_id().as_str(), "m1");
    assert_eq!((again.attempts(), again.next_attempt_at()), (0, None));
    assert_eq!(again.stored_at(), NOW + 2 * DAY);
    assert!(again.may_repeat());
}

#[tokio::test]
async fn what_is_dropped_stays_as_a_name_without_its_text() {
    let mut rooms = Rooms::open();
    let mut line = Line::new();
    rooms.bring([line.text("m1", |_| ())]).await;
    give_up(&rooms, "the gateway answered 413").await;
    told(&mut rooms);
    let answer = let_go(&rooms, "m1").await.unwrap();
    assert_eq!(
        (answer.state, answer.reason.as_deref()),
        ("dropped", Some("dropped by the owner"))
    );
    assert_eq!(told(&mut rooms), ["dropped"]);
    let row = &rooms.inbox().await[0];
    assert_eq!((row.state.as_str(), row.content.as_str()), ("dropped", ""));
    assert_eq!(row.content_bytes, 13);
    // Its repeat is acknowledged as the first was, and goes nowhere.
    line.acked();
    rooms.bring([line.text("m1", |_| ())]).await;
    assert_eq!(line.acked(), ["m1 accepted"]);
    assert_eq!(rooms.inbox_states().await, ["dropped"]);
    assert_eq!(
        retry(&rooms, "m1").await,
        Err(DeadRefusal::NotDead("dropped".to_owned()))
    );
}

#[tokio::test]
async fn what_came_too_late_for_the_policies_goes_before_them_first() {
    let late = |frame: &mut MessageFrame| frame.received_at = Some(NOW - 8 * DAY);
    let no = Module::that_says(Says::Reject("no"), &[]);
    let refusing = by_hand(&[("no", Direction::Inbound, no)]);
    for (chain, state, content) in [
        (&*OPEN, "waiting", "content of m1"),
        (&refusing, "refused", ""),
        (&*PAIRING, "held", "content of m1"),
    ] {
        let rooms = Rooms::of(chain);
        rooms.bring([Line::new().text("m1", late)]).await;
        assert_eq!(rooms.inbox_states().await, ["dead"]);
        assert_eq!(retry(&rooms, "m1").await.unwrap().state, state);
        let row = &rooms.inbox().await[0];
        assert_eq!((row.state.as_str(), row.content.as_str()), (state, content));
        let waits = rooms.inbox.deliverable(9).await.unwrap();
        assert_eq!(waits.len(), usize::from(state == "waiting"), "{state}");
    }
}

#[tokio::test]
async fn nothing_of_a_blocked_agent_is_tried_again() {
    let rooms = Rooms::open();
    rooms.bring([Line::new().text("m1", |_| ())]).await;
    give_up(&rooms, "after 10 attempts").await;
    rooms.set_trust(PEER, Trust::Blocked).await;
    let blocked = DeadRefusal::Blocked(AgentId::new(PEER).unwrap());
    assert_eq!(retry(&rooms, "m1").await, Err(blocked));
    assert_eq!(rooms.inbox_states().await, ["dead"]);
    assert_eq!(let_go(&rooms, "m1").await.unwrap().state, "dropped");
}
