//! What was held is judged again: at its moment, by another chain, and once for each.

use super::held::{MINUTE, answer, holds};
use super::outbound::draft;
use super::*;
use crate::daemon::held::Release;
use crate::policy::tests::Says;

#[tokio::test(start_paused = true)]
async fn what_waits_for_a_moment_is_released_then_in_order_also_after_a_restart() {
    let until = NOW + MINUTE;
    let slow = |name, until| (name, Direction::Inbound, holds("slow", Some(until)));
    // The second has waited long enough by the time that the first lets go.
    let chain = by_hand(&[slow("first", until), slow("second", NOW)]);
    let rooms = Rooms::of(&chain);
    let line = Line::new();
    rooms
        .bring([line.text("m1", |_| ()), line.text("m2", |_| ())])
        .await;
    let mut rooms = rooms.restart().await;
    assert_eq!(rooms.inbox_states().await, ["held", "held"]);
    rooms.clock.set(until - MINUTE / 2);
    let stop = CancellationToken::new();
    let keeper = rooms
        .held
        .clone()
        .keep(tokio::sync::watch::channel(0).1, stop.clone());
    let watching = async {
        // Long enough to be released too early, had it been.
        tokio::time::sleep(10 * MINUTE).await;
        assert_eq!(rooms.inbox_states().await, ["held", "held"]);
        assert!(rooms.events.try_recv().is_err());
        rooms.clock.set(until);
        let mut waiting = Vec::new();
        while waiting.len() < 2 {
            if let Event::Message {
                what, message_id, ..
            } = rooms.events.recv().await.unwrap()
                && what == "waiting"
            {
                waiting.push(message_id.to_string());
            }
        }
        assert_eq!(waiting, ["m1", "m2"]);
        stop.cancel();
    };
    tokio::join!(keeper, watching);
    assert_eq!(rooms.inbox_states().await, ["waiting", "waiting"]);
}

#[tokio::test(start_paused = true)]
async fn a_message_that_is_held_while_the_keeper_sleeps_wakes_it() {
    let until = NOW + MINUTE;
    let slow = ("slow", Direction::Inbound, holds("slow", Some(until)));
    let rooms = Rooms::of(&by_hand(&[slow]));
    rooms.clock.set(until);
    let stop = CancellationToken::new();
    let keeper = rooms
        .held
        .clone()
        .keep(tokio::sync::watch::channel(0).1, stop.clone());
    let bringing = async {
        rooms.bring([Line::new().text("m1", |_| ())]).await;
        let mut wakes = rooms.inbox.wakes();
        wakes.changed().await.unwrap();
        stop.cancel();
    };
    tokio::join!(keeper, bringing);
    assert_eq!(rooms.inbox_states().await, ["waiting"]);
}

#[tokio::test]
async fn what_a_broken_policy_held_is_judged_again_by_the_next_chain() {
    let broken = Module::that_does("(unreachable)");
    let rooms = Rooms::of(&by_hand(&[("p", Direction::Inbound, broken)]));
    rooms.bring([Line::new().text("m1", |_| ())]).await;
    assert_eq!(rooms.inbox_states().await, ["held"]);
    // It still fails: its own failure is no answer.
    rooms.held.judge_again_after_reload().await.unwrap();
    assert_eq!(rooms.inbox_states().await, ["held"]);
    let whole = Module::that_says(Says::Rewrite("mended"), &[]);
    rooms.publish(&by_hand(&[("p", Direction::Inbound, whole)]));
    rooms.held.judge_again_after_reload().await.unwrap();
    let row = &rooms.inbox().await[0];
    assert_eq!(
        (row.state.as_str(), row.content.as_str()),
        ("waiting", "mended")
    );
    // What a policy held by its own will is not touched by another chain.
    let held = Rooms::pairing();
    held.bring([Line::new().text("m1", |_| ())]).await;
    held.publish(&OPEN);
    held.held.judge_again_after_reload().await.unwrap();
    assert_eq!(held.inbox_states().await, ["held"]);
}

#[tokio::test]
async fn what_was_taken_waits_for_room_where_judging_it_again_costs_more_than_there_is() {
    let broken = || Module::that_does("(unreachable)");
    let rooms = Rooms::of(&by_hand(&[("p", Direction::Inbound, broken())]));
    rooms.bring([Line::new().text("m1", |_| ())]).await;
    assert_eq!(rooms.inbox_states().await, ["held"]);
    let full = Module::that_says(Says::Reject("rate_limited"), &[]);
    rooms.publish(&by_hand(&[("rates", Direction::Inbound, full)]));
    rooms.held.judge_again_after_reload().await.unwrap();
    let row = &rooms.inbox().await[0];
    assert_eq!(row.state, "held");
    assert!(row.reason.as_deref().unwrap().contains("rate_limited"));
    rooms.publish(&OPEN);
    answer(&rooms, "m1", Release::Time).await.unwrap();
    let row = &rooms.inbox().await[0];
    assert_eq!(
        (row.state.as_str(), row.content.as_str()),
        ("waiting", "content of m1")
    );
    // A word of another kind is a refusal, as it always was.
    let no = Module::that_says(Says::Reject("spam"), &[]);
    let rooms = Rooms::of(&by_hand(&[("p", Direction::Inbound, broken())]));
    rooms.bring([Line::new().text("m1", |_| ())]).await;
    rooms.publish(&by_hand(&[("rates", Direction::Inbound, no)]));
    rooms.held.judge_again_after_reload().await.unwrap();
    assert_eq!(rooms.inbox_states().await, ["refused"]);
}

#[tokio::test]
async fn a_draft_waits_for_room_too() {
    let broken = Module::that_does("(unreachable)");
    let rooms = Rooms::of(&by_hand(&[("p", Direction::Outbound, broken)]));
    let id = rooms.send(draft("a")).await.unwrap().message_id;
    let full = Module::that_says(Says::Reject("rate_limited"), &[]);
    rooms.publish(&by_hand(&[("rates", Direction::Outbound, full)]));
    rooms.held.judge_again_after_reload().await.unwrap();
    assert_eq!(rooms.outbox_states().await, ["held"]);
    rooms.publish(&OPEN);
    let released = answer(&rooms, id.as_str(), Release::Time).await;
    assert_eq!(released.unwrap().state, "queued");
}

/// More of them than there are events that a listener may be behind by.
#[tokio::test(start_paused = true)]
async fn what_still_cannot_be_judged_is_tried_once_for_each_chain() {
    const MANY: usize = 600;
    let broken = Module::that_does("(unreachable)");
    let room = Room {
        inbox: Load::messages(1),
        outbox: Load::messages(1),
        held: Load::messages(10_000),
    };
    let rooms = Rooms::with(&by_hand(&[("p", Direction::Inbound, broken)]), room);
    for half in 0..2 {
        let line = Line::new();
        let ids = (0..MANY / 2).map(|n| format!("m{half}-{n}"));
        rooms.bring(ids.map(|id| line.text(&id, |_| ()))).await;
    }
    let (publish, published) = tokio::sync::watch::channel(0);
    let stop = CancellationToken::new();
    let keeper = rooms.held.clone().keep(published, stop.clone());
    let watching = async {
        for chains in [1, 2] {
            until_tried(&rooms, chains * MANY).await;
            // Long enough for another round, had there been a reason for one.
            tokio::time::sleep(10 * MINUTE).await;
            assert_eq!(tried(&rooms).await, chains * MANY);
            publish.send_modify(|count| *count += 1);
        }
        stop.cancel();
    };
    tokio::join!(keeper, watching);
}

/// How often something that was held was judged again.
async fn tried(rooms: &Rooms) -> usize {
    let count = "SELECT count(*) FROM story WHERE what = 'released'";
    let count = rooms
        .db
        .read(move |c| c.query_row(count, [], |row| row.get(0)));
    count.await.unwrap()
}

async fn until_tried(rooms: &Rooms, times: usize) {
    while tried(rooms).await < times {
        tokio::task::yield_now().await;
    }
}
