//! The one `end` that follows when a conversation's turns are used up.

use super::outbound::draft;
use super::*;
use crate::daemon::outbound::Draft;
use crate::policy::tests::Says;

fn limit(direction: Direction) -> Arc<Chain> {
    let refuses = Module::that_says(Says::Reject("turn_limit"), &[]);
    by_hand(&[("limit", direction, refuses)])
}

async fn kinds(rooms: &Rooms) -> Vec<String> {
    let rows = rooms.outbox().await;
    rows.iter()
        .map(|row| format!("{} {}", row.kind, row.state))
        .collect()
}

async fn ended_because(rooms: &Rooms) -> Option<String> {
    let known = rooms.dialogues().await;
    known[0].ended_because.clone()
}

#[tokio::test]
async fn one_end_goes_out_for_each_episode_that_the_limit_closes() {
    let rooms = Rooms::open();
    let limit = limit(Direction::Inbound);
    let mut line = Line::new();
    let mut wakes = rooms.outbox.wakes();
    for episode in 1..=2 {
        let name = |n: u32| format!("m{episode}-{n}");
        rooms.publish(&OPEN);
        rooms.bring([line.text(&name(1), |_| ())]).await;
        assert!(!wakes.has_changed().unwrap());
        rooms.publish(&limit);
        let refused = [2, 3, 4].map(|n| line.text(&name(n), |_| ()));
        rooms.bring(refused).await;
        assert_eq!(kinds(&rooms).await, vec!["end queued"; episode]);
        assert!(wakes.has_changed().unwrap());
        wakes.mark_unchanged();
        let because = ended_because(&rooms).await;
        assert_eq!(
            because.as_deref(),
            Some("it met a limit, which the refused message names")
        );
        assert_eq!(
            line.acked()[1..],
            [2, 3, 4].map(|n| format!("{} refused", name(n)))
        );
    }
    let end = rooms.outbox.ready(1, Default::default()).await.unwrap();
    let end = end.messages[0].message();
    assert_eq!((end.content.as_str(), end.to.as_str()), ("", PEER));
    assert_eq!(end.conversation, ConversationId::new("c1").ok());
}

#[tokio::test]
async fn an_end_never_answers_an_end_nor_a_conversation_that_never_was() {
    let rooms = Rooms::open();
    let line = Line::new();
    rooms.bring([line.text("m1", |_| ())]).await;
    rooms.publish(&limit(Direction::Inbound));
    let frames = [
        line.text("m2", |f| f.message.kind = Kind::End),
        line.text("m3", |f| {
            f.message.conversation = ConversationId::new("new").ok()
        }),
    ];
    rooms.bring(frames).await;
    assert_eq!(
        rooms.inbox_states().await,
        ["waiting", "refused", "refused"]
    );
    assert_eq!(rooms.count("outbox").await, 0);
}

#[tokio::test]
async fn a_limit_on_what_goes_out_closes_once_even_where_the_end_is_refused_too() {
    let rooms = Rooms::open();
    rooms.send(draft("a")).await.unwrap();
    rooms.publish(&limit(Direction::Outbound));
    let conversation = rooms.outbox().await[0].conversation_id.clone();
    let named = || Draft {
        conversation: Some(conversation.clone()),
        ..draft("b")
    };
    let refused = rooms.send(named()).await;
    assert!(
        matches!(&refused, Err(SendRefusal::Policy { code, .. }) if code == "turn_limit"),
        "{refused:?}"
    );
    let closed = rooms.send(named()).await;
    assert_eq!(closed, Err(SendRefusal::ConversationEnded(conversation)));
    let expected = ["text queued", "text refused", "end refused"];
    assert_eq!(kinds(&rooms).await, expected);
    let because = ended_because(&rooms).await;
    assert_eq!(
        because.as_deref(),
        Some("it met a limit, which the refused message names")
    );
}

#[tokio::test]
async fn a_released_message_that_meets_the_limit_closes_as_well() {
    let hold = Module::that_says(Says::Hold("wait", None), &[]);
    let rooms = Rooms::open();
    let line = Line::new();
    rooms.bring([line.text("m1", |_| ())]).await;
    rooms.publish(&by_hand(&[("wait", Direction::Inbound, hold)]));
    rooms.bring([line.text("m2", |_| ())]).await;
    rooms.publish(&limit(Direction::Inbound));
    let id = MessageId::new("m2").unwrap();
    let released = rooms
        .held
        .release(&id, None, crate::daemon::Release::Person);
    assert_eq!(released.await.unwrap().unwrap().state, "refused");
    assert_eq!(kinds(&rooms).await, ["end queued"]);
}
