//! What every store must do, whatever is under it. Each backend runs the same suite.

use std::sync::Arc;
use std::time::Duration;

use super::sqlite::{SqliteStore, create_file};
use super::*;
use crate::relay::conversation::{Closed, Side, Turn, Via};
use crate::relay::fixture::{ALICE, BOB, agent, message, turn};
use crate::tasks::Tasks;
use crate::types::Kind;

const NOW: Timestamp = Timestamp::from_millis(1_795_373_464_750);
const ROOM: MailboxRoom = MailboxRoom {
    total: 5,
    of_one_sender: 3,
    bytes: 1_000,
};

/// A way to open the same store again and again.
struct Backend {
    folder: tempfile::TempDir,
}

impl Backend {
    fn sqlite() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn open(&self, tasks: &Tasks) -> Arc<dyn Store> {
        let path = self.folder.path().join("relay.db");
        create_file(&path).unwrap();
        Arc::new(SqliteStore::open(&path, tasks).unwrap())
    }
}

async fn with_two_agents(store: &dyn Store) {
    for id in [ALICE, BOB] {
        assert!(store.register(new_agent(id)).await.unwrap());
    }
}

fn new_agent(id: &str) -> NewAgent {
    NewAgent {
        card: Card {
            agent_id: agent(id),
            name: format!("agent {id}"),
            version: "1.0.0".to_owned(),
            capabilities: vec!["chat".to_owned()],
            description: None,
            created_at: NOW,
            updated_at: NOW,
        },
        secret: Secret::new("s3cret"),
    }
}

fn mail(from: &str, id: &str, sequence: u64) -> StoredMail {
    StoredMail {
        message: Message {
            from: agent(from),
            ..turn(id, "c-1")
        },
        received_at: NOW,
        sequence,
        ends: None,
        may_repeat: false,
    }
}

async fn put(store: &dyn Store, mail: StoredMail) -> Enqueued {
    store.enqueue(mail, ROOM).await.await.unwrap()
}

async fn waiting(store: &dyn Store) -> Vec<String> {
    let waiting = store.waiting(&agent(BOB)).await.unwrap();
    waiting
        .iter()
        .map(|mail| mail.name.id.to_string())
        .collect()
}

#[tokio::test]
async fn an_agent_is_registered_once_and_found_as_it_is() {
    let backend = Backend::sqlite();
    let store = backend.open(&Tasks::new());
    with_two_agents(&*store).await;
    assert!(!store.register(new_agent(BOB)).await.unwrap());
    let change = CardChange {
        description: Some("helps".to_owned()),
        ..CardChange::default()
    };
    let later = NOW + Duration::from_secs(1);
    store.change_card(&agent(BOB), change, later).await.unwrap();
    store
        .note_features(&agent(BOB), Features::OURS)
        .await
        .unwrap();
    let record = store.agent(&agent(BOB)).await.unwrap().unwrap();
    let expected = Card {
        description: Some("helps".to_owned()),
        updated_at: later,
        ..new_agent(BOB).card
    };
    assert_eq!(record.card, expected);
    assert_eq!(record.last_features, Some(Features::OURS));
    assert_eq!(record.secret, Secret::new("s3cret"));
    assert_eq!(record.revision, 2);
    assert!(store.agent(&agent("404")).await.unwrap().is_none());
}

#[tokio::test]
async fn lists_are_kept_apart_and_bounded() {
    let backend = Backend::sqlite();
    let store = backend.open(&Tasks::new());
    with_two_agents(&*store).await;
    let entry = |peer: &str, reason: Option<&str>| Listed {
        peer: agent(peer),
        reason: reason.map(str::to_owned),
        created_at: NOW,
    };
    let (blocked, allowed) = (List::Blocked, List::Allowed);
    let bob = agent(BOB);
    for (list, peer, fits) in [
        (blocked, "1", true),
        (blocked, "2", true),
        (blocked, "3", false),
        (blocked, "2", true),
        (allowed, "3", true),
    ] {
        let entry = entry(peer, Some("spam"));
        assert_eq!(store.enlist(list, &bob, entry, 2).await.unwrap(), fits);
    }
    store.delist(blocked, &bob, &agent("1")).await.unwrap();
    store.set_allowlist(&bob, true).await.unwrap();
    let record = store.agent(&bob).await.unwrap().unwrap();
    assert_eq!(record.blocked, [agent("2")].into());
    assert_eq!(record.allowed, [agent("3")].into());
    assert!(record.allowlist_enabled);
    assert_eq!(
        store.listed(blocked, &bob).await.unwrap(),
        [entry("2", Some("spam"))]
    );
    let alice = store.agent(&agent(ALICE)).await.unwrap().unwrap();
    assert!(alice.blocked.is_empty());
}

#[tokio::test]
async fn a_nonce_is_claimed_once_until_it_is_swept() {
    let backend = Backend::sqlite();
    let store = backend.open(&Tasks::new());
    let (alice, bob) = (agent(ALICE), agent(BOB));
    let nonce = Nonce::new("n-1").unwrap();
    let claim = async |who| store.claim_nonce(who, &nonce, NOW).await.unwrap();
    assert!(claim(&alice).await);
    assert!(!claim(&alice).await);
    assert!(claim(&bob).await);
    store.forget_nonces(NOW).await.unwrap();
    assert!(!claim(&alice).await, "its time has not passed");
    let later = NOW + Duration::from_millis(1);
    store.forget_nonces(later).await.unwrap();
    assert!(claim(&alice).await);
}

#[tokio::test]
async fn mail_waits_in_the_order_in_which_it_was_taken_in() {
    let backend = Backend::sqlite();
    let store = backend.open(&Tasks::new());
    for (id, sequence) in [("third", 30), ("first", 10), ("second", 20)] {
        assert_eq!(
            put(&*store, mail(ALICE, id, sequence)).await,
            Enqueued::Stored
        );
    }
    assert_eq!(
        put(&*store, mail(ALICE, "first", 40)).await,
        Enqueued::Stored
    );
    assert_eq!(waiting(&*store).await, ["first", "second", "third"]);

    let rows = store.waiting(&agent(BOB)).await.unwrap();
    let rows: Vec<MailRow> = rows.iter().map(|mail| mail.row).collect();
    let name = MailName::of(&message("second", ""));
    drop(store.remove(&agent(BOB), vec![name]).await);
    assert_eq!(waiting(&*store).await, ["first", "third"]);
    let found = store.mail(rows).await.unwrap();
    assert_eq!(found, [mail(ALICE, "first", 10), mail(ALICE, "third", 30)]);
}

#[tokio::test]
async fn a_listing_sees_everything_that_was_submitted_before_it() {
    let backend = Backend::sqlite();
    let store = backend.open(&Tasks::new());
    let room = MailboxRoom {
        total: 500,
        of_one_sender: 500,
        bytes: 100_000,
    };
    for n in 0..200 {
        drop(store.enqueue(mail(ALICE, &format!("m-{n}"), n), room).await);
    }
    assert_eq!(waiting(&*store).await.len(), 200);
}

#[tokio::test]
async fn a_mailbox_is_bounded_in_all_and_for_each_sender() {
    let backend = Backend::sqlite();
    let store = backend.open(&Tasks::new());
    let mut outcomes = Vec::new();
    for (n, from) in ["1", "1", "1", "1", "2", "2", "3"].into_iter().enumerate() {
        let mail = mail(from, &format!("m-{n}"), n as u64);
        outcomes.push(put(&*store, mail).await == Enqueued::Stored);
    }
    // Half of what is left each, so that the third still finds a place.
    assert_eq!(outcomes, [true, true, true, false, true, false, true]);
    // What waits already needs no room.
    assert_eq!(put(&*store, mail("1", "m-0", 99)).await, Enqueued::Stored);
}

#[tokio::test]
async fn long_mail_fills_a_share_of_a_mailbox_as_much_mail_does() {
    let backend = Backend::sqlite();
    let store = backend.open(&Tasks::new());
    let mut outcomes = Vec::new();
    for (n, from) in ["1", "1", "2"].into_iter().enumerate() {
        let mut long = mail(from, &format!("m-{n}"), n as u64);
        long.message.content = "ü".repeat(250);
        outcomes.push(put(&*store, long).await == Enqueued::Stored);
    }
    assert_eq!(outcomes, [true, false, true]);
}

#[test]
fn a_sender_has_its_bound_and_half_of_what_is_left() {
    let room = MailboxRoom {
        total: 1_000,
        of_one_sender: 200,
        bytes: 1_000,
    };
    let many = |messages| Stock { messages, bytes: 0 };
    let mut others = 0;
    let mut shares = Vec::new();
    while others < room.total {
        let share = (0..).find(|own| !room.takes(many(*own), many(others)));
        let share = share.unwrap();
        shares.push(share);
        others += share;
    }
    let expected = [200, 200, 200, 200, 100, 50, 25, 13, 6, 3, 2, 1];
    assert_eq!(shares, expected, "of senders that take all they can");
    assert!(!room.takes(many(0), many(1_000)));
    assert!(!room.takes(many(0), many(u32::MAX)));
    let long = |bytes| Stock { messages: 1, bytes };
    for (own, others, takes) in [
        (499, 0, true),
        (500, 0, false),
        (99, 800, true),
        (100, 800, false),
    ] {
        assert_eq!(room.takes(long(own), long(others)), takes, "{own} {others}");
    }
}

#[tokio::test]
async fn mail_and_its_marks_outlive_the_store() {
    let backend = Backend::sqlite();
    let tasks = Tasks::new();
    let store = backend.open(&tasks);
    let last = StoredMail {
        ends: Some(EndReason::ParticipantEnded),
        message: Message {
            kind: Kind::End,
            ..mail(ALICE, "m-1", 1).message
        },
        ..mail(ALICE, "m-1", 1)
    };
    put(&*store, last.clone()).await;
    let name = MailName::of(&last.message);
    let marked = store.mark_may_repeat(&agent(BOB), vec![name]).await;
    marked.await.unwrap();
    drop(store);
    tasks.drain(Duration::from_secs(5)).await.unwrap();

    let store = backend.open(&Tasks::new());
    let rows = store.waiting(&agent(BOB)).await.unwrap();
    let found = store.mail(vec![rows[0].row]).await.unwrap();
    let expected = StoredMail {
        may_repeat: true,
        ..last
    };
    assert_eq!(found, [expected]);
}

#[tokio::test]
async fn conversations_and_their_history_are_kept_for_their_participants() {
    let backend = Backend::sqlite();
    let store = backend.open(&Tasks::new());
    let mut conversation = Conversation::fresh();
    for n in 0..5_u64 {
        let message = turn(&format!("m-{n}"), "c-1");
        let key = Key::of(&message).unwrap();
        let turn = Turn {
            from: key.side(&message.from),
            kind: message.kind,
            via: Via::Request,
            wish: None,
            other: None,
        };
        conversation.accept(&turn, 20, NOW + Duration::from_secs(n));
        let kept = KeptTurn {
            key,
            conversation: conversation.clone(),
            message,
            at: NOW + Duration::from_secs(n),
        };
        store.keep_turn(kept).await.await.unwrap();
    }
    let key = Key::of(&turn("m", "c-1")).unwrap();
    let kept = store.conversation(&key).await.unwrap().unwrap();
    assert_eq!(kept, conversation);

    let query = |who: Option<&str>, peer: Option<&str>| HistoryQuery {
        id: key.id.clone(),
        participant: who.map(agent),
        peer: peer.map(agent),
        last: 2,
        bytes: 1_000,
    };
    for (who, peer, found) in [
        (Some(ALICE), None, true),
        (Some(BOB), None, true),
        (Some(BOB), Some(ALICE), true),
        (None, None, true),
        (Some("666"), None, false),
        (Some("666"), Some(ALICE), false),
        (Some(BOB), Some("666"), false),
        (Some(BOB), Some(BOB), false),
    ] {
        let history = store.history(query(who, peer)).await.unwrap();
        assert_eq!(history.is_some(), found, "{who:?} with {peer:?}");
    }
    let history = store
        .history(query(Some(BOB), None))
        .await
        .unwrap()
        .unwrap();
    let ids: Vec<&str> = history
        .messages
        .iter()
        .map(|said| said.message.id.as_str())
        .collect();
    assert_eq!((ids, history.total), (vec!["m-3", "m-4"], 5));

    // Every message is `hi`: two bytes.
    for (bytes, given) in [(0, 1), (3, 1), (4, 2), (9, 4), (10, 5), (usize::MAX, 5)] {
        let query = HistoryQuery {
            last: 100,
            bytes,
            ..query(None, None)
        };
        let history = store.history(query).await.unwrap().unwrap();
        let latest = history.messages.last().unwrap();
        assert_eq!(history.messages.len(), given, "{bytes}");
        assert_eq!((latest.message.id.as_str(), history.total), ("m-4", 5));
    }
}

#[tokio::test]
async fn an_end_is_kept_and_what_is_old_is_swept() {
    let backend = Backend::sqlite();
    let store = backend.open(&Tasks::new());
    let message = turn("m-1", "c-1");
    let key = Key::of(&message).unwrap();
    let closed = Closed {
        by: Side::High,
        told: None,
        crossing: None,
    };
    let kept = KeptTurn {
        key: key.clone(),
        conversation: Conversation {
            last: NOW,
            closed: Some(closed),
            ..Conversation::fresh()
        },
        message,
        at: NOW,
    };
    store.keep_turn(kept.clone()).await.await.unwrap();
    store.forget_history(NOW).await.unwrap();
    let found = store.conversation(&key).await.unwrap();
    assert_eq!(found, Some(kept.conversation));
    let later = NOW + Duration::from_millis(1);
    store.forget_history(later).await.unwrap();
    assert_eq!(store.conversation(&key).await.unwrap(), None);
}
