//! When the disk takes nothing, or the inbox is full: nothing is half done, and nothing is lost.

use super::outbound::draft;
use super::*;
use crate::policy::tests::Says;

#[tokio::test(start_paused = true)]
async fn a_message_that_cannot_be_committed_leaves_nothing_and_is_judged_again() {
    let rooms = Rooms::pairing();
    let mut line = Line::new();
    shrink(&rooms).await;
    // Long enough to need pages of its own.
    let long = |name| line.text(name, |f| f.message.content = "x".repeat(60_000));
    let (first, second) = (long("m1"), long("m2"));
    let taking = rooms.bring([first, second]);
    tokio::pin!(taking);
    let tried = async {
        // Behind the message in the writer's queue, so that it has been tried by then.
        for _ in 0..3 {
            let _ = rooms.db.write(|_| Ok(())).await;
        }
    };
    tokio::select! {
        () = &mut taking => panic!("a full disk took it"),
        () = tried => {}
    }
    assert_eq!(rooms.count("inbox").await, 0);
    assert_eq!(rooms.count("taken").await, 0);
    assert_eq!(rooms.count("policy_state").await, 0);
    assert_eq!(line.acked(), [""; 0]);
    grow(&rooms).await;
    taking.await;
    // Had the policy still remembered the first try, or the nonce counted twice, the stranger's
    // first message would be refused; had the order changed, it would not be the first.
    assert_eq!(line.acked(), ["m1 accepted", "m2 refused"]);
    assert_eq!(rooms.inbox_states().await, ["held", "refused"]);
}

#[tokio::test]
async fn what_policies_remembered_of_a_message_that_was_not_kept_is_forgotten() {
    let rooms = Rooms::pairing();
    let mut line = Line::new();
    let execute = async |sql: &'static str| rooms.db.write(|c| c.execute_batch(sql)).await.unwrap();
    execute(
        "CREATE TRIGGER fault BEFORE INSERT ON taken BEGIN SELECT RAISE(ABORT, 'on purpose'); END",
    )
    .await;
    rooms.bring([line.text("m1", |_| ())]).await;
    assert_eq!(line.acked(), [""; 0]);
    assert_eq!(rooms.count("inbox").await, 0);
    execute("DROP TRIGGER fault").await;
    // Were the stranger's first message still remembered, the second would be refused.
    rooms.bring([line.text("m2", |_| ())]).await;
    assert_eq!(line.acked(), ["m2 accepted"]);
}

#[tokio::test]
async fn a_draft_that_cannot_be_committed_is_an_error_and_leaves_nothing() {
    let rooms = Rooms::open();
    shrink(&rooms).await;
    let long = draft(&"x".repeat(60_000));
    let failed = rooms.lane.draft(long.clone()).await.unwrap_err();
    assert!(failed.is_full() && failed.may_pass(), "{failed}");
    assert_eq!(rooms.count("outbox").await, 0);
    assert_eq!(rooms.count("dialogue").await, 0);
    grow(&rooms).await;
    assert!(rooms.send(long).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_full_inbox_keeps_messages_unacknowledged_and_in_order_until_there_is_room() {
    let rooms = Rooms::narrow(Room {
        inbox: Load::messages(1),
        outbox: Load::messages(9),
        held: Load::messages(9),
    });
    let mut line = Line::new();
    rooms.bring([line.text("m1", |_| ())]).await;
    assert_eq!(line.acked(), ["m1 accepted"]);
    let taking = rooms.bring([
        // A repeat, an end, and what lives for the moment need no room.
        line.text("m1", |_| ()),
        line.text("m2", |f| f.message.kind = Kind::End),
        line.text("m3", |_| ()),
        line.text("m4", |_| ()),
    ]);
    let emptying = async {
        for expected in ["m1", "m3", "m4"] {
            assert!(rooms.count("inbox WHERE state = 'waiting'").await <= 1);
            assert_eq!(deliver_one(&rooms).await, expected);
        }
    };
    tokio::join!(taking, emptying);
    let expected = ["m1 accepted", "m2 accepted", "m3 accepted", "m4 accepted"];
    assert_eq!(line.acked(), expected);
}

#[tokio::test]
async fn a_peer_that_floods_the_inbox_is_refused_beyond_its_share_and_stops_nobody() {
    let rooms = Rooms::narrow(Room {
        inbox: Load::messages(4),
        outbox: Load::messages(9),
        held: Load::messages(9),
    });
    let mut line = Line::new();
    let of_another = |name: &str| line.text(name, |f| f.message.from = AgentId::new("2").unwrap());
    let flood: Vec<String> = (0..300).map(|n| format!("m{n}")).collect();
    // More than a relay leaves unacknowledged, so that waiting with them would stop the link.
    let mut frames: Vec<Received> = flood.iter().map(|name| line.text(name, |_| ())).collect();
    frames.push(of_another("other"));
    rooms.bring(frames).await;
    let acked = line.acked();
    assert_eq!(acked[..2], ["m0 accepted", "m1 accepted"]);
    let all_refused = acked[2..300].iter().all(|one| one.ends_with("refused"));
    assert!(all_refused, "{acked:?}");
    assert_eq!(acked[300], "other accepted");
    let third = &rooms.inbox().await[2];
    assert_eq!(third.content, "");
    let why = "as many messages of this agent wait as may";
    assert_eq!(third.reason.as_deref(), Some(why));

    // A repeat hears the same again, and once the agent has taken some there is room.
    deliver_one(&rooms).await;
    deliver_one(&rooms).await;
    rooms
        .bring([line.text("m2", |_| ()), line.text("later", |_| ())])
        .await;
    assert_eq!(line.acked(), ["m2 refused", "later accepted"]);
}

#[tokio::test]
async fn long_texts_fill_a_share_of_the_inbox_as_many_do() {
    let rooms = Rooms::narrow(Room {
        inbox: Load {
            messages: 100,
            bytes: 60,
        },
        outbox: Load::messages(9),
        held: Load::messages(9),
    });
    let mut line = Line::new();
    let long = |name: &str, peer: &str| {
        line.text(name, |f| {
            f.message.from = AgentId::new(peer).unwrap();
            f.message.content = "long".repeat(10);
        })
    };
    let frames = [long("m1", "1"), long("m2", "1"), long("m3", "2")];
    rooms.bring(frames).await;
    let acked = ["m1 accepted", "m2 refused", "m3 accepted"];
    assert_eq!(line.acked(), acked);
}

#[tokio::test]
async fn strangers_cannot_have_so_much_held_that_the_disk_fills_or_known_peers_find_no_room() {
    let room = Room {
        inbox: Load::messages(9),
        outbox: Load::messages(9),
        held: Load::messages(4),
    };
    let holder = Module::that_says(Says::Hold("later", None), &[]);
    let chain = by_hand(&[("holder", Direction::Inbound, holder)]);
    let rooms = Rooms::with(&chain, room);
    rooms.set_trust("99", Trust::Known).await;
    let mut line = Line::new();
    let from = |line: &Line, sender: &str| {
        line.text(sender, |f| f.message.from = AgentId::new(sender).unwrap())
    };
    rooms
        .bring(["1", "2", "3", "99"].map(|sender| from(&line, sender)))
        .await;
    let expected = ["1 accepted", "2 accepted", "3 refused", "99 accepted"];
    assert_eq!(line.acked(), expected);
    assert_eq!(
        rooms.inbox_states().await,
        ["held", "held", "refused", "held"]
    );
    let third = &rooms.inbox().await[2];
    assert_eq!(third.content, "");
    let why = "as many messages are held as may be";
    assert_eq!(third.reason.as_deref(), Some(why));
    // Once a person has answered, there is room again.
    let first = MessageId::new("1").unwrap();
    let other = MessageId::new("2").unwrap();
    rooms.held.refuse(&first, None).await.unwrap().unwrap();
    rooms.held.refuse(&other, None).await.unwrap().unwrap();
    rooms.bring([from(&line, "4")]).await;
    assert_eq!(line.acked(), ["4 accepted"]);
}

#[tokio::test(start_paused = true)]
async fn where_no_sender_would_hear_of_it_nobody_is_refused_for_a_share() {
    let rooms = Rooms::narrow(Room {
        inbox: Load::messages(4),
        outbox: Load::messages(9),
        held: Load::messages(9),
    });
    let line = Line::version_1();
    let taking = rooms.bring(["m1", "m2", "m3"].map(|name| line.text(name, |_| ())));
    tokio::join!(taking, deliver_one(&rooms));
    let states = rooms.inbox_states().await;
    assert_eq!(states, ["delivered", "waiting", "waiting"]);
}

#[tokio::test(start_paused = true)]
async fn a_message_in_hand_does_not_keep_the_daemon_from_stopping() {
    let rooms = Rooms::narrow(Room {
        inbox: Load::messages(0),
        outbox: Load::messages(9),
        held: Load::messages(9),
    });
    let mut line = Line::new();
    let taking = rooms.bring([line.text("m1", |_| ())]);
    let stopping = async {
        let _ = rooms.db.write(|_| Ok(())).await;
        rooms.inbound.stop.cancel();
    };
    tokio::join!(taking, stopping);
    assert_eq!(line.acked(), [""; 0]);
    assert_eq!(rooms.count("inbox").await, 0);
}

#[tokio::test]
async fn a_value_that_nobody_wrote_is_an_error_and_not_taken_for_another() {
    let rooms = Rooms::open();
    rooms.bring([Line::new().text("m1", |_| ())]).await;
    for broken in [
        "UPDATE inbox SET kind = 'song'",
        "UPDATE inbox SET kind = 'text', trust = 'friend'",
        "UPDATE inbox SET trust = 'known', annotations = '{'",
    ] {
        rooms.db.write(|c| c.execute(broken, [])).await.unwrap();
        assert!(rooms.inbox.list(None, 9).await.is_err(), "{broken}");
    }
}

/// Delivers the oldest message, once there is one.
async fn deliver_one(rooms: &Rooms) -> String {
    // Waiting and not asking again and again: a paused clock goes on only while nothing is done.
    let mut wakes = rooms.inbox.wakes();
    let mut waiting = rooms.inbox.deliverable(1).await.unwrap();
    while waiting.is_empty() {
        wakes.changed().await.unwrap();
        waiting = rooms.inbox.deliverable(1).await.unwrap();
    }
    let row = waiting[0].row();
    rooms.inbox.bind(row, 1, |_| 1).await.unwrap();
    let delivered = crate::daemon::inbound::Settled::Delivered { run_id: None };
    rooms.inbox.settle(row, delivered).await.unwrap();
    waiting[0].message_id().as_str().to_owned()
}

/// Lets the database grow no further.
async fn shrink(rooms: &Rooms) {
    set_limit(rooms, "SELECT * FROM pragma_page_count").await;
}

async fn grow(rooms: &Rooms) {
    set_limit(rooms, "SELECT 1000000").await;
}

async fn set_limit(rooms: &Rooms, pages: &'static str) {
    let limit = move |c: &Connection| {
        let pages: u32 = c.query_row(pages, [], |row| row.get(0))?;
        c.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))
    };
    // A message that finds the disk full ends the transaction that this may be in with it.
    while let Err(why) = rooms.db.write(limit).await {
        assert!(why.may_pass(), "{why}");
    }
}
