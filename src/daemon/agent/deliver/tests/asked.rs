//! What a process that is killed leaves behind.

use tokio::time::timeout;

use super::*;
use crate::daemon::inbound::inbox::mark_unheard;

#[tokio::test]
async fn while_the_hook_is_asked_a_killed_process_leaves_that_the_message_may_have_been_run() {
    let world = World::new().await;
    world
        .gateway
        .script([Script::RunAndAnswerLate(Duration::from_millis(300))]);
    world.arrive("m-1", "c-1", "asked").await;
    world.gateway.until_asked(1).await;
    world.arrive("m-2", "c-1", "behind it").await;
    // What the next process does first.
    assert_eq!(unheard(&world).await, 1);
    let (asked, behind) = (world.row("m-1").await, world.row("m-2").await);
    assert_eq!((asked.may_repeat, asked.attempts), (true, 1));
    assert_eq!((behind.may_repeat, behind.attempts), (false, 0));
    world.until("delivered", 2).await;
}

#[tokio::test]
async fn an_answer_after_which_nothing_was_run_leaves_nothing_unknown() {
    let answer = |status, body: &str| Script::Answer {
        status,
        headers: vec![("retry-after", "600".to_owned())],
        body: body.to_owned(),
    };
    let restarting = r#"{"ok":false,"error":{"code":"draining"}}"#;
    for script in [answer(429, "slow down"), answer(503, restarting)] {
        let case = format!("{script:?}");
        let world = World::new().await;
        world.gateway.script([script]);
        world.arrive("m-1", "c-1", "hello").await;
        world.until_status(|status| status.problem.is_some()).await;
        assert_eq!(unheard(&world).await, 0, "{case}");
    }
    let busy = r#"{"ok":false,"error":"hook session busy"}"#;
    let world = World::new().await;
    world.gateway.script([answer(503, busy)]);
    world.arrive("m-1", "c-1", "hello").await;
    world.until("retry", 1).await;
    assert_eq!(unheard(&world).await, 0);
}

#[tokio::test]
async fn after_an_orderly_stop_nothing_is_unknown_of_what_never_left() {
    let world = World::new().await;
    let no_hook = Followed {
        good: Some(Arc::new(None)),
        problem: None,
    };
    world.hooks.send(no_hook).unwrap();
    world.until_status(|status| status.problem.is_some()).await;
    world.arrive("m-1", "c-1", "hello").await;
    // As a message is written where few wait: it would go at once.
    let ask = |c: &rusqlite::Connection| c.execute("UPDATE inbox SET asked = 1", []);
    world.db.write(ask).await.unwrap();
    world.tasks.cancel();
    let noted = async {
        let asked = |c: &rusqlite::Connection| {
            c.query_row("SELECT count(*) FROM inbox WHERE asked", [], |row| {
                row.get::<_, u32>(0)
            })
        };
        while world.db.read(asked).await.unwrap() > 0 {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(20), noted).await.unwrap();
    assert_eq!(unheard(&world).await, 0);
}

async fn unheard(world: &World) -> usize {
    let now = Clock::system().now();
    let marked = world.db.write(move |c| mark_unheard(c, now)).await;
    marked.unwrap().len()
}
