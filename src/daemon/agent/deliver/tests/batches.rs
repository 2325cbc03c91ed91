//! What waited goes together: as one request, again as the very same one, and apart where the
//! gateway will not have it whole.

use super::double::Asked;
use super::*;
use crate::daemon::inbound::Settled;

/// A world in which `ids` wait in one conversation and nothing goes yet.
async fn waiting(ids: &[&str]) -> World {
    let world = World::new().await;
    world.shut().await;
    for id in ids {
        world.arrive(id, "c-1", &format!("text of {id}")).await;
    }
    world
}

fn failing(status: u16, error: &str) -> Script {
    Script::Answer {
        status,
        headers: vec![("content-type", "application/json".to_owned())],
        body: format!(r#"{{"ok":false,"error":"{error}"}}"#),
    }
}

/// The ids of the messages in each request.
fn asked_for(asked: &[Asked]) -> Vec<Vec<&str>> {
    let texts = asked.iter().map(|asked| asked.message.as_deref().unwrap());
    texts
        .map(|text| {
            let ids = text.lines();
            ids.filter_map(|line| line.strip_prefix("Message id: "))
                .collect()
        })
        .collect()
}

#[tokio::test]
async fn what_waited_goes_at_once_in_its_order_and_what_comes_alone_goes_alone() {
    let world = waiting(&["m-1", "m-2", "m-3"]).await;
    world.arrive("other", "c-2", "another talk").await;
    world.follow_openclaw_json();
    world.until("delivered", 4).await;
    world.arrive("m-4", "c-1", "later").await;
    world.until("delivered", 5).await;
    let asked = world.gateway.asked();
    let mut requests = asked_for(&asked);
    requests.sort();
    assert_eq!(
        requests,
        [vec!["m-1", "m-2", "m-3"], vec!["m-4"], vec!["other"]]
    );
    let together = asked.iter().find_map(|asked| {
        let text = asked.message.clone()?;
        text.starts_with("Messages: 3, ").then_some(text)
    });
    let together = together.unwrap();
    assert!(together.contains("\nMessage: 3 of 3\nFrom: 10079218\n"));
    assert!(together.contains("\n| text of m-2\n"), "{together}");
    let runs = ["m-1", "m-3"].map(async |id| world.row(id).await.run_id.unwrap());
    let [first, last] = runs;
    assert_eq!(first.await, last.await, "one run has them all");
}

#[tokio::test]
async fn more_than_fit_go_in_several_requests() {
    let ids: Vec<String> = (1..=60).map(|number| format!("m-{number}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let world = waiting(&ids).await;
    world.follow_openclaw_json();
    world.until("delivered", 60).await;
    let asked = world.gateway.asked();
    assert_eq!(asked_for(&asked), [&ids[..50], &ids[50..]]);

    let world = waiting(&[]).await;
    let large = "\\".repeat(60_000);
    for id in ["m-1", "m-2", "m-3"] {
        world.arrive(id, "c-1", &large).await;
    }
    world.follow_openclaw_json();
    world.until("delivered", 3).await;
    let asked = world.gateway.asked();
    assert_eq!(asked_for(&asked), [vec!["m-1", "m-2"], vec!["m-3"]]);
}

#[tokio::test]
async fn a_batch_of_unknown_outcome_goes_again_as_it_was_with_all_else_behind_it() {
    for script in [
        Script::RunAndHangUp,
        failing(500, "oops"),
        failing(408, "slow"),
    ] {
        let may_repeat = !matches!(script, Script::Answer { status: 408, .. });
        let world = waiting(&["m-1", "m-2"]).await;
        world.gateway.script([script]);
        world.follow_openclaw_json();
        world.gateway.until_asked(1).await;
        world.arrive("m-3", "c-1", "behind").await;
        world.until("delivered", 3).await;
        let asked = world.gateway.asked();
        assert_eq!(
            asked_for(&asked),
            [vec!["m-1", "m-2"], vec!["m-1", "m-2"], vec!["m-3"]]
        );
        assert_eq!(asked[0], asked[1], "the gateway knows it again");
        for id in ["m-1", "m-2"] {
            let row = world.row(id).await;
            assert_eq!((row.attempts, row.may_repeat), (1, may_repeat), "{id}");
        }
        assert_eq!(world.gateway.runs().len(), 2);
    }
}

#[tokio::test]
async fn a_batch_out_of_attempts_is_given_up_whole() {
    let world = waiting(&["m-1", "m-2"]).await;
    world.gateway.script(vec![failing(500, "oops"); 3]);
    world.follow_openclaw_json();
    world.until("dead", 2).await;
    assert_eq!(world.gateway.asked().len(), 3);
}

#[tokio::test]
async fn one_message_that_the_gateway_never_takes_does_not_take_the_others_with_it() {
    for status in [400, 413] {
        let world = waiting(&["m-1", "m-2", "m-3"]).await;
        let no = || failing(status, "too odd");
        world.gateway.script([no(), no()]);
        world.follow_openclaw_json();
        world.until("delivered", 2).await;
        let asked = world.gateway.asked();
        assert_eq!(
            asked_for(&asked),
            [
                vec!["m-1", "m-2", "m-3"],
                vec!["m-1"],
                vec!["m-2"],
                vec!["m-3"]
            ]
        );
        assert_eq!(world.row("m-1").await.state, "dead");
        assert_eq!(world.row("m-3").await.attempts, 0);
    }
}

#[tokio::test]
async fn what_was_bound_before_a_crash_goes_as_it_was_bound() {
    // Between the binding and the request.
    let world = waiting(&["m-1", "m-2"]).await;
    let head = world.inbox.deliverable(1).await.unwrap()[0].row();
    let bound = world.inbox.bind(head, 50, |waiting| waiting.len()).await;
    assert_eq!(bound.unwrap().unwrap().count(), 2);
    world.arrive("m-3", "c-1", "behind").await;
    world.follow_openclaw_json();
    world.until("delivered", 3).await;
    let asked = world.gateway.asked();
    assert_eq!(asked_for(&asked), [vec!["m-1", "m-2"], vec!["m-3"]]);

    // Between the request and its answer, and between the answer and the row: a batch, and one alone.
    for ids in [vec!["m-1", "m-2"], vec!["m-1"]] {
        let world = waiting(&ids).await;
        let late = Script::RunAndAnswerLate(Duration::from_secs(60));
        world.gateway.script([late]);
        world.follow_openclaw_json();
        world.gateway.until_asked(1).await;
        world.arrive("m-3", "c-1", "behind").await;
        // A second process finds what the first, of which nothing more is heard, had written.
        let second = world.beside();
        world.until("delivered", ids.len() + 1).await;
        drop(second);
        let asked = world.gateway.asked();
        let again = asked.iter().filter(|again| **again == asked[0]).count();
        let behind = asked_for(&asked);
        let behind = behind.iter().filter(|ids| **ids == ["m-3"]).count();
        assert!(again > 1 && again + behind == asked.len(), "{asked:?}");
        assert_eq!(world.gateway.runs().len(), 2, "the gateway ran each once");
    }
}

#[tokio::test]
async fn what_is_left_of_a_batch_goes_alone() {
    let world = waiting(&["m-1", "m-2", "m-3"]).await;
    let head = world.inbox.deliverable(1).await.unwrap()[0].row();
    let bound = world.inbox.bind(head, 50, |waiting| waiting.len()).await;
    assert_eq!(bound.unwrap().unwrap().count(), 3);
    world
        .inbox
        .give_up(head, "too old".to_owned())
        .await
        .unwrap();
    world.follow_openclaw_json();
    world.until("delivered", 2).await;
    let asked = world.gateway.asked();
    assert_eq!(asked_for(&asked), [["m-2"], ["m-3"]]);
}

#[tokio::test]
async fn what_is_proven_and_what_is_not_stay_apart() {
    let world = waiting(&["m-1"]).await;
    world.arrive_unproven("m-2", "c-1").await;
    world.arrive_unproven("m-3", "c-1").await;
    world.follow_openclaw_json();
    world.until("delivered", 3).await;
    let asked = world.gateway.asked();
    assert_eq!(asked_for(&asked), [vec!["m-1"], vec!["m-2", "m-3"]]);
}

#[tokio::test]
async fn a_stop_marks_the_whole_batch() {
    let world = waiting(&["m-1", "m-2"]).await;
    let late = Script::RunAndAnswerLate(Duration::from_secs(60));
    world.gateway.script([late]);
    world.follow_openclaw_json();
    world.gateway.until_asked(1).await;
    world.tasks.cancel();
    world.until("retry", 2).await;
    assert!(world.row("m-2").await.may_repeat);
    // What a person refused meanwhile stays refused, whatever the answer.
    let head = world.inbox.deliverable(1).await.unwrap()[0].row();
    let refuse = |c: &rusqlite::Connection| {
        c.execute("UPDATE inbox SET state = 'refused' WHERE id = 'm-2'", [])
    };
    world.db.write(refuse).await.unwrap();
    let delivered = Settled::Delivered { run_id: None };
    world.inbox.settle(head, delivered).await.unwrap();
    assert_eq!(world.row("m-1").await.state, "delivered");
    assert_eq!(world.row("m-2").await.state, "refused");
}
