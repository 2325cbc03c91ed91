//! What goes out: keys, conversations, turns, room.

use super::*;
use crate::daemon::outbound::Draft;
use crate::daemon::{dialogue, inbound::inbox, outbound::outbox, random};
use crate::types::TurnNumber;

#[tokio::test]
async fn one_key_makes_one_message_however_often_and_at_once() {
    let rooms = Rooms::open();
    let keyed = |change: fn(&mut Draft)| {
        let mut draft = draft("hello");
        draft.idempotency_key = Some("k1".to_owned());
        change(&mut draft);
        draft
    };
    let (one, other) = tokio::join!(rooms.send(keyed(|_| ())), rooms.send(keyed(|_| ())));
    let first = one.unwrap();
    assert_eq!(other, Ok(first.clone()));
    assert_eq!(rooms.send(keyed(|_| ())).await, Ok(first));
    let others: [fn(&mut Draft); 4] = [
        |d| d.content.push('!'),
        |d| d.to = AgentId::new("2").unwrap(),
        |d| d.conversation = ConversationId::new("c9").ok(),
        |d| d.reply_session = Some("agent:main".to_owned()),
    ];
    for other in others {
        assert_eq!(rooms.send(keyed(other)).await, Err(SendRefusal::KeyReused));
    }
    assert_eq!(rooms.outbox().await.len(), 1);
}

#[tokio::test]
async fn a_key_whose_message_was_refused_may_be_asked_again() {
    let rooms = Rooms::open();
    rooms.set_trust(PEER, Trust::Blocked).await;
    let mut asked = draft("hello");
    asked.idempotency_key = Some("k1".to_owned());
    let refused = rooms.send(asked.clone()).await;
    assert!(
        matches!(refused, Err(SendRefusal::Policy { .. })),
        "{refused:?}"
    );
    rooms.set_trust(PEER, Trust::Known).await;
    asked.id = random::message_id();
    assert!(rooms.send(asked).await.is_ok());
}

#[tokio::test]
async fn two_messages_at_once_to_a_new_peer_open_one_conversation() {
    let rooms = Rooms::open();
    let (one, other) = tokio::join!(rooms.send(draft("a")), rooms.send(draft("b")));
    assert_eq!(one.unwrap().conversation_id, other.unwrap().conversation_id);
}

#[tokio::test]
async fn an_ended_conversation_is_refused_by_name_and_replaced_without_one() {
    let rooms = Rooms::open();
    let first = rooms.send(draft("a")).await.unwrap().conversation_id;
    let named = |kind, content: &str| Draft {
        kind,
        conversation: Some(first.clone()),
        ..draft(content)
    };
    rooms.send(named(Kind::End, "")).await.unwrap();
    for kind in [Kind::Text, Kind::End] {
        let refused = rooms.send(named(kind, "b")).await;
        assert_eq!(refused, Err(SendRefusal::ConversationEnded(first.clone())));
    }
    // All of this in one millisecond.
    let second = rooms.send(draft("c")).await.unwrap().conversation_id;
    assert_ne!(second, first);
    assert_eq!(
        rooms.send(draft("d")).await.unwrap().conversation_id,
        second
    );
}

#[tokio::test]
async fn turns_count_both_ways_and_the_limit_rides_on_the_first() {
    let rooms = Rooms::open();
    let line = Line::new();
    rooms.send(draft("a")).await.unwrap();
    let conversation = rooms.outbox().await[0].conversation_id.clone();
    let answer = |name| {
        line.text(name, |f| {
            f.message.conversation = Some(conversation.clone())
        })
    };
    rooms.bring([answer("m1"), answer("m2")]).await;
    rooms.send(draft("b")).await.unwrap();
    let ready = rooms.outbox.ready(9, Default::default()).await.unwrap();
    let turns: Vec<_> = ready
        .messages
        .iter()
        .map(|one| (one.message().turn, one.message().max_turns))
        .collect();
    let number = TurnNumber::new;
    assert_eq!(turns, [(number(1), number(20)), (number(4), None)]);
}

#[tokio::test]
async fn an_all_digit_conversation_is_answered_where_a_peer_made_it_and_never_opened() {
    let rooms = Rooms::open();
    let digits = ConversationId::new("123").unwrap();
    let named = Draft {
        conversation: Some(digits.clone()),
        ..draft("a")
    };
    let refused = rooms.send(named.clone()).await;
    assert!(
        matches!(refused, Err(SendRefusal::Malformed(_))),
        "{refused:?}"
    );
    let opening = Line::new().text("m1", |f| f.message.conversation = Some(digits.clone()));
    rooms.bring([opening]).await;
    assert_eq!(rooms.send(named).await.unwrap().conversation_id, digits);
}

#[tokio::test]
async fn a_full_outbox_takes_no_more_but_knows_what_it_took() {
    let rooms = Rooms::narrow(Room {
        inbox: Load::messages(9),
        outbox: Load::messages(2),
        held: Load::messages(2),
    });
    let mut keyed = draft("a");
    keyed.idempotency_key = Some("k1".to_owned());
    let first = rooms.send(keyed.clone()).await;
    let to = |peer: &str| Draft {
        to: AgentId::new(peer).unwrap(),
        ..draft("b")
    };
    // One receiver has half of it, and the next finds a place.
    let refused = rooms.send(draft("b")).await;
    assert_eq!(refused, Err(SendRefusal::FullForReceiver));
    rooms.send(to("2")).await.unwrap();
    assert_eq!(rooms.send(to("3")).await, Err(SendRefusal::Full));
    assert_eq!(rooms.send(keyed).await, first);
    let row = rooms
        .outbox
        .ready(1, Default::default())
        .await
        .unwrap()
        .messages[0]
        .row();
    let sent = crate::daemon::outbound::Settlement::Sent;
    rooms.outbox.settle(row, sent).await.unwrap();
    assert!(rooms.send(draft("c")).await.is_ok());
}

#[tokio::test]
async fn what_the_relay_does_not_take_for_a_week_is_refused_and_keeps_its_text() {
    let rooms = Rooms::open();
    rooms.send(draft("old")).await.unwrap();
    let at = |hours: u64| NOW + Duration::from_secs(hours * 3_600);
    rooms.clock.set(at(24));
    let mut young = draft("young");
    young.drafted_at = at(24);
    rooms.send(young).await.unwrap();
    rooms.clock.set(at(7 * 24 - 1));
    assert_eq!(rooms.outbox.refuse_overdue().await.unwrap(), 0);
    let ready = async || rooms.outbox.ready(9, Default::default()).await.unwrap();
    assert_eq!(ready().await.messages.len(), 2);
    // It goes no more, and is settled once no answer to it can come.
    rooms.clock.set(at(7 * 24));
    assert_eq!(ready().await.messages.len(), 1);
    assert_eq!(rooms.outbox.refuse_overdue().await.unwrap(), 0);
    rooms.clock.set(at(7 * 24 + 1));
    let mut events = rooms.events.resubscribe();
    assert_eq!(rooms.outbox.refuse_overdue().await.unwrap(), 1);
    assert_eq!(rooms.outbox_states().await, ["refused", "queued"]);
    let old = &rooms.outbox().await[0];
    let why = "it waited for the relay for 7 days";
    assert_eq!(
        (old.content.as_str(), old.reason.as_deref()),
        ("old", Some(why))
    );
    let Ok(Event::Message { what, detail, .. }) = events.try_recv() else {
        panic!("nobody is told");
    };
    assert_eq!((what.as_str(), detail.as_deref()), ("refused", Some(why)));
}

#[tokio::test]
async fn blocking_refuses_all_that_waits_in_one_transaction_and_nothing_else() {
    let rooms = Rooms::pairing();
    let line = Line::new();
    let from = |name, sender: &'static str| {
        line.text(name, |f| f.message.from = AgentId::new(sender).unwrap())
    };
    rooms.set_trust("2", Trust::Known).await;
    rooms.bring([from("held", PEER), from("other", "2")]).await;
    rooms.set_trust(PEER, Trust::Known).await;
    rooms.bring([from("waiting", PEER)]).await;
    rooms.send(draft("queued")).await.unwrap();
    let block = |c: &Connection| {
        let peer = AgentId::new(PEER).unwrap();
        trust::set(c, &peer, Trust::Blocked, NOW)?;
        let mut refused = inbox::refuse_all_from(c, &peer, NOW, "blocked")?;
        refused.extend(outbox::refuse_all_to(c, &peer, NOW, "blocked")?);
        Ok(refused.len())
    };
    // One that fails half-way changes nothing.
    let failing = rooms.db.write(move |c| {
        block(c)?;
        Err::<(), _>(rusqlite::Error::InvalidQuery)
    });
    failing.await.unwrap_err();
    assert_eq!(rooms.inbox_states().await, ["held", "waiting", "waiting"]);
    assert_eq!(rooms.db.write(block).await.unwrap(), 3);
    assert_eq!(
        rooms.inbox_states().await,
        ["refused", "waiting", "refused"]
    );
    assert_eq!(rooms.outbox().await[0].state, "refused");
    assert!(matches!(
        rooms.send(draft("more")).await,
        Err(SendRefusal::Policy { .. })
    ));
}

#[tokio::test]
async fn what_another_agent_drafted_here_is_refused_and_never_sent() {
    let rooms = Rooms::open();
    let other = AgentId::new("7").unwrap();
    let mut as_other = draft("of another agent");
    as_other.me = other.clone();
    let id = rooms.send(as_other).await.unwrap().message_id;
    rooms.send(draft("ours")).await.unwrap();
    let refuse = |c: &Connection| {
        // As it was written before authors were.
        c.execute("UPDATE outbox SET author = '' WHERE author = '7'", [])?;
        let before = AgentId::new("7").unwrap();
        outbox::refuse_all_of_others(c, &AgentId::new(ME).unwrap(), &before, NOW)
    };
    assert_eq!(rooms.db.write(refuse).await.unwrap().len(), 1);
    assert_eq!(rooms.outbox_states().await, ["refused", "queued"]);
    let me = AgentId::new(ME).unwrap();
    let of = move |c: &Connection| crate::daemon::stories::of(c, &me, &id);
    let story = rooms.db.read(of).await.unwrap().remove(0);
    assert_eq!(story.from, other);
    assert_eq!(story.content, "of another agent", "its text is still there");
    let last = story.events.last().unwrap();
    assert_eq!(last.what, "refused");
    let why = format!("it was drafted as another agent; this agent is {ME} now");
    assert_eq!(last.detail, Some(why));
    assert_eq!(rooms.db.write(refuse).await.unwrap().len(), 0);
}

#[tokio::test]
async fn the_conversations_of_a_state_file_are_imported_once() {
    let rooms = Rooms::open();
    let inherited = |conversation: &str| {
        let one = dialogue::Inherited {
            conversation: ConversationId::new(conversation).unwrap(),
            reply_session: Some("agent:main".to_owned()),
            turns: 3,
        };
        [(AgentId::new(PEER).unwrap(), one)].into()
    };
    let import = async |conversation: &str| {
        let inherited = inherited(conversation);
        let import = move |c: &Connection| dialogue::import(c, &inherited, NOW);
        rooms.db.write(import).await.unwrap()
    };
    assert_eq!(import("c-old").await, 1);
    rooms.send(draft("a")).await.unwrap();
    assert_eq!(import("c-new").await, 0);
    let known = rooms.dialogues().await;
    assert_eq!(known.len(), 1);
    assert_eq!(known[0].conversation_id.as_str(), "c-old");
    assert_eq!(
        (known[0].turns, known[0].reply_session.as_deref()),
        (4, Some("agent:main"))
    );
}

pub(super) fn draft(content: &str) -> Draft {
    Draft {
        me: AgentId::new(ME).unwrap(),
        to: AgentId::new(PEER).unwrap(),
        kind: Kind::Text,
        content: content.to_owned(),
        conversation: None,
        reply_session: None,
        idempotency_key: None,
        id: random::message_id(),
        new_conversation: random::conversation_id(),
        drafted_at: NOW,
        max_turns: TurnNumber::new(20),
    }
}
