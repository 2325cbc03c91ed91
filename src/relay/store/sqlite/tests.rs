use std::io::{Seek, SeekFrom, Write};
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use http::Request;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::*;
use crate::clock::Clock;
use crate::relay::accept::Whence;
use crate::relay::api;
use crate::relay::fixture::{BOB, agent, parcel};
use crate::relay::node::Node;
use crate::relay::settings::Settings;

#[tokio::test]
async fn a_full_store_is_named_keeps_nothing_and_is_well_again_once_there_is_room() {
    let (_folder, store) = open();
    assert_eq!(asked(&store).await, (200, json!({ "ok": true })));
    limit(&store, 1).await;
    assert!(!put(&store, "m-1").await, "nothing is said to be stored");
    let full = (503, json!({ "ok": false, "state": "store_full" }));
    assert_eq!(asked(&store).await, full);
    assert!(store.waiting(&agent(BOB)).await.unwrap().is_empty());
    limit(&store, 1_000_000).await;
    assert_eq!(asked(&store).await, (200, json!({ "ok": true })));
    assert!(put(&store, "m-1").await);
}

#[tokio::test]
async fn a_damaged_store_is_named_and_keeps_nothing_any_more() {
    let (folder, store) = open();
    let path = folder.path().join("relay.db");
    // From here on everything is in the file itself.
    let fold = store.database.reader().unwrap();
    fold.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        .unwrap();
    let bytes = std::fs::metadata(&path).unwrap().len();
    let mut file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.seek(SeekFrom::Start(4096)).unwrap();
    file.write_all(&vec![0xA5; usize::try_from(bytes).unwrap() - 4096])
        .unwrap();
    let key = Key::of(&crate::relay::fixture::turn("m-1", "c-1")).unwrap();
    assert!(store.conversation(&key).await.is_err());
    let damaged = (503, json!({ "ok": false, "state": "store_damaged" }));
    assert_eq!(asked(&store).await, damaged);
    assert!(!put(&store, "m-1").await, "nothing is said to be stored");
}

fn open() -> (tempfile::TempDir, Arc<SqliteStore>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("relay.db");
    create_file(&path).unwrap();
    let store = SqliteStore::open(&path, &Tasks::new()).unwrap();
    (folder, Arc::new(store))
}

/// Gives the database so many pages at the most.
async fn limit(store: &SqliteStore, pages: u32) {
    let limit = move |c: &Connection| c.pragma_update(None, "max_page_count", pages);
    store.database.write(limit).await.unwrap();
}

/// Puts mail into a mailbox; whether it is said to be there.
async fn put(store: &SqliteStore, id: &str) -> bool {
    let (mut mail, _) = parcel(id).into_stored(false);
    // More than the free part of a page.
    mail.message.content = "long ".repeat(10_000);
    let room = MailboxRoom {
        total: 9,
        of_one_sender: 9,
        bytes: 1_000_000,
    };
    let commit = store.enqueue(mail, room).await;
    matches!(commit.await, Ok(Enqueued::Stored))
}

/// What a relay over this store answers when it is asked how it is.
async fn asked(store: &Arc<SqliteStore>) -> (u16, Value) {
    let (settings, store) = (Settings::default(), Arc::<SqliteStore>::clone(store));
    let node = Node::new(settings, Clock::system(), Tasks::new(), store);
    let loopback = std::net::IpAddr::from([127, 0, 0, 1]);
    let request = Request::get("/healthz").extension(Whence {
        peer: loopback,
        origin: loopback,
    });
    let request = request.body(Body::empty()).unwrap();
    let answer = api::router(Arc::new(node)).oneshot(request).await.unwrap();
    let status = answer.status().as_u16();
    let body = to_bytes(answer.into_body(), 1024).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap())
}
