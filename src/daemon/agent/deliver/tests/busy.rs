//! A session that is busy: asked again and again, and told of once.

use super::*;

#[tokio::test]
async fn a_session_that_stays_busy_is_told_of_once() {
    let busy = || Script::Answer {
        status: 503,
        headers: vec![("content-type", "application/json".to_owned())],
        body: r#"{"ok":false,"error":"hook session busy"}"#.to_owned(),
    };
    let failed = Script::Answer {
        status: 500,
        headers: Vec::new(),
        body: "oops".to_owned(),
    };
    let world = World::new().await;
    world
        .gateway
        .script([busy(), busy(), busy(), failed, busy()]);
    world.arrive("m-1", "c-1", "first").await;
    world.until("delivered", 1).await;
    assert_eq!(world.gateway.asked().len(), 6);
    let told = "SELECT detail FROM story WHERE what = 'retry' ORDER BY seq";
    let told = move |connection: &rusqlite::Connection| {
        let mut told = connection.prepare(told)?;
        told.query_map([], |row| row.get(0))?
            .collect::<rusqlite::Result<Vec<String>>>()
    };
    let told = world.db.read(told).await.unwrap();
    let reasons: Vec<bool> = told.iter().map(|why| why.contains("is busy")).collect();
    assert_eq!(reasons, [true, false, true], "{told:?}");
}
