//! Delivery against the double of the gateway, with a real inbox.

#[expect(dead_code, reason = "the double serves other tests too")]
#[path = "../../../../tests/support/gateway.rs"]
mod double;

mod asked;
mod batches;
mod busy;
mod world;

use double::{Run, Script};
use world::{World, configured};

use super::*;

#[tokio::test]
async fn a_message_reaches_the_agent_with_its_facts() {
    let world = World::new().await;
    world.arrive("m-1", "c-1", "Are you there?").await;
    let runs = world.gateway.until_run(1).await;
    world.until("delivered", 1).await;
    let Run {
        id,
        message,
        name,
        deliver,
        session_key,
        idempotency_key,
    } = &runs[0];
    assert_eq!(id, "run-1");
    assert_eq!(
        (name.as_deref(), *deliver),
        (Some("OpenDialogue"), Some(false))
    );
    let hash = session_key
        .as_ref()
        .unwrap()
        .strip_prefix("hook:opendialogue:");
    assert_eq!(hash.unwrap().len(), 64);
    assert_eq!(idempotency_key.as_ref().unwrap().len(), 67);
    assert!(message.starts_with("From: 10079218\nTrust: known\nConversation: c-1\n"));
    assert!(message.contains("\n| Are you there?\n"), "{message}");
    let row = world.row("m-1").await;
    assert_eq!(
        (row.state.as_str(), row.run_id.as_deref()),
        ("delivered", Some("run-1"))
    );
    assert!(world.status.clone().borrow().ready);
}

#[tokio::test]
async fn whatever_the_gateway_answers_first_a_message_is_run_once() {
    let answer = |status, body: &str| Script::Answer {
        status,
        headers: vec![
            ("retry-after", "0".to_owned()),
            ("content-type", "application/json".to_owned()),
        ],
        body: body.to_owned(),
    };
    let busy = r#"{"ok":false,"error":"hook session busy"}"#;
    let restarting = r#"{"ok":false,"error":{"code":"draining"}}"#;
    for (case, script, attempts, may_repeat) in [
        ("timeout", answer(408, busy), 1, false),
        ("conflict", answer(409, busy), 1, false),
        ("too many", answer(429, "slow down"), 0, false),
        ("fault", answer(500, "oops"), 1, true),
        ("bad gateway", answer(502, "<html>"), 1, true),
        ("busy", answer(503, busy), 0, false),
        ("restarting", answer(503, restarting), 0, false),
        ("wrong token", answer(401, "Unauthorized"), 0, false),
        ("no hooks", answer(404, "Not Found"), 0, false),
        ("no hooks, older", answer(405, "no"), 0, false),
        ("page", answer(200, "<!doctype html>"), 0, false),
        (
            "session key",
            answer(400, r#"{"error":"sessionKey is disabled"}"#),
            0,
            false,
        ),
        ("hung up", Script::HangUp, 1, true),
        ("run and hung up", Script::RunAndHangUp, 1, true),
        (
            "slow",
            Script::RunAndAnswerLate(Duration::from_millis(600)),
            1,
            true,
        ),
    ] {
        let world = World::new().await;
        world.gateway.script([script]);
        world.arrive("m-1", "c-1", "first").await;
        world.gateway.until_asked(1).await;
        world.arrive("m-2", "c-1", "second").await;
        world.until("delivered", 2).await;
        let runs = world.gateway.runs();
        assert_eq!(texts(&runs), ["first", "second"], "{case}");
        let asked = world.gateway.asked();
        assert_eq!(asked.len(), 3, "{case}");
        assert_eq!(asked[0].idempotency_key, asked[1].idempotency_key, "{case}");
        assert_eq!(asked[0].message, asked[1].message, "{case}");
        let row = world.row("m-1").await;
        assert_eq!(
            (row.attempts, row.may_repeat),
            (attempts, may_repeat),
            "{case}"
        );
    }
}

#[tokio::test]
async fn what_can_never_go_is_given_up_and_stops_nobody() {
    let world = World::new().await;
    let answer = |status| Script::Answer {
        status,
        headers: vec![],
        body: r#"{"ok":false,"error":"message too odd"}"#.to_owned(),
    };
    world.gateway.script([answer(400), answer(413)]);
    world.arrive("m-1", "c-1", "first").await;
    world.until("dead", 1).await;
    world.arrive("m-2", "c-1", "second").await;
    world.until("dead", 2).await;
    world.arrive("m-3", "c-1", "third").await;
    world.until("delivered", 1).await;
    assert_eq!(texts(&world.gateway.runs()), ["third"]);
    for (id, why) in [
        ("m-1", "the gateway answered 400: message too odd"),
        ("m-2", "the gateway answered 413: message too odd"),
    ] {
        let row = world.row(id).await;
        assert_eq!(
            (row.state.as_str(), row.reason.as_deref()),
            ("dead", Some(why))
        );
    }
}

#[tokio::test]
async fn a_message_out_of_attempts_or_too_old_is_given_up() {
    let world = World::new().await;
    let fault = Script::Answer {
        status: 500,
        headers: vec![],
        body: String::new(),
    };
    world.gateway.script(vec![fault; 3]);
    world.arrive("m-1", "c-1", "first").await;
    world.until("dead", 1).await;
    let row = world.row("m-1").await;
    assert_eq!(row.state, "dead");
    assert!(
        row.reason
            .unwrap()
            .starts_with("the gateway answered 500, after 3 attempts")
    );

    let long_ago = Clock::system().now() - Duration::from_secs(2 * 60 * 60);
    world.insert("m-2", "c-2", "second", long_ago).await;
    world.until("dead", 2).await;
    assert_eq!(world.gateway.asked().len(), 3, "it was never sent");
}

#[tokio::test]
async fn a_wrong_configuration_pauses_delivery_until_it_is_mended() {
    let world = World::new().await;
    world
        .gateway
        .set(|settings| settings.token = "another".to_owned());
    for (id, text) in [("m-1", "first"), ("m-2", "second"), ("m-3", "third")] {
        world.arrive(id, "c-1", text).await;
    }
    let problem = world
        .until_status(|status| !status.ready && status.problem.is_some())
        .await;
    assert_eq!(
        problem.problem.as_deref(),
        Some(
            "the gateway answered 401: the hook's token is not the gateway's: check `[gateway] \
             token`, or where that is not set `hooks.token` in `openclaw.json`"
        )
    );
    assert_eq!(world.row("m-1").await.attempts, 0);
    world.follow_openclaw_json();
    world.until("delivered", 3).await;
    assert_eq!(texts(&world.gateway.runs()), ["first", "second", "third"]);
    world.until_status(|status| status.ready).await;

    world.hooks.send_replace(Followed {
        good: Some(Arc::new(None)),
        problem: None,
    });
    world.arrive("m-4", "c-1", "fourth").await;
    let problem = world.until_status(|status| !status.ready).await;
    assert!(problem.problem.unwrap().contains("no `openclaw.json`"));
    world.follow_openclaw_json();
    world.until("delivered", 4).await;
}

#[tokio::test]
async fn hooks_that_are_switched_on_again_are_found_by_trying() {
    let world = World::new().await;
    world.gateway.set(|settings| settings.enabled = false);
    world.arrive("m-1", "c-1", "first").await;
    world.until_status(|status| status.problem.is_some()).await;
    world.gateway.set(|settings| settings.enabled = true);
    world.until("delivered", 1).await;
}

#[tokio::test]
async fn a_gateway_that_is_down_loses_nothing_and_counts_no_attempt() {
    let mut world = World::new().await;
    world.gateway.stop().await;
    for number in 0..6 {
        let conversation = format!("c-{}", number % 2);
        world
            .arrive(&format!("m-{number}"), &conversation, &number.to_string())
            .await;
    }
    world
        .until_status(|status| !status.ready && status.problem.is_some())
        .await;
    world.gateway.start_again().await;
    world.until("delivered", 6).await;
    let runs = world.gateway.runs();
    for conversation in ["c-0", "c-1"] {
        let about = format!("\nConversation: {conversation}\n");
        let (mine, _): (Vec<Run>, Vec<Run>) = runs
            .iter()
            .cloned()
            .partition(|run| run.message.contains(&about));
        let sent = texts(&mine);
        assert_eq!(sent.len(), 3);
        assert!(sent.is_sorted(), "{sent:?}");
    }
    assert_eq!(world.row("m-0").await.attempts, 0);
    world.until_status(|status| status.ready).await;
}

#[tokio::test]
async fn conversations_go_side_by_side_up_to_eight() {
    let world = World::new().await;
    world.gateway.hold_runs();
    for number in 0..12 {
        let conversation = format!("c-{number}");
        world
            .arrive(&format!("m-{number}"), &conversation, "hi")
            .await;
        world
            .arrive(&format!("n-{number}"), &conversation, "there")
            .await;
    }
    world.gateway.until_run(8).await;
    world.gateway.finish_runs();
    world.until("delivered", 24).await;
    assert_eq!(world.gateway.most_active(), 8);
    assert_eq!(texts(&world.gateway.runs()).len(), 24);
}

#[tokio::test]
async fn many_conversations_that_rest_keep_nobody_else_waiting() {
    let world = World::new().await;
    let later = Clock::system().now() + Duration::from_secs(60);
    let rest = move |connection: &rusqlite::Connection| {
        connection.execute("UPDATE inbox SET next_attempt_at = ?1", [later.as_millis()])
    };
    world.hooks.send_replace(Followed {
        good: None,
        problem: None,
    });
    world.until_status(|status| status.problem.is_some()).await;
    for number in 0..100 {
        let (id, conversation) = (format!("m-{number}"), format!("c-{number}"));
        world.arrive(&id, &conversation, "resting").await;
    }
    world.db.write(rest).await.unwrap();
    world.follow_openclaw_json();
    world.arrive("m-new", "c-new", "awake").await;
    world.until("delivered", 1).await;
    assert_eq!(texts(&world.gateway.runs()), ["awake"]);
}

#[tokio::test]
async fn a_conversations_reply_session_is_named_where_the_gateway_lets_it() {
    let world = World::new().await;
    for (conversation, session) in [("c-1", "hook:mine"), ("c-2", "agent:main")] {
        world.set_reply_session(conversation, session).await;
        world
            .arrive(&format!("m-{conversation}"), conversation, "hi")
            .await;
    }
    world.until("delivered", 2).await;
    let runs = world.gateway.runs();
    let session_of = |conversation: &str| {
        let about = format!("\nConversation: {conversation}\n");
        let run = runs
            .iter()
            .find(|run| run.message.contains(&about))
            .unwrap();
        run.session_key.clone().unwrap()
    };
    assert_eq!(session_of("c-1"), "hook:mine");
    assert!(session_of("c-2").starts_with("hook:opendialogue:"));
}

#[tokio::test]
async fn a_forged_sender_who_guesses_a_conversation_stays_out_of_its_reply_session() {
    let world = World::new().await;
    let unguessable = "9b2f6c1e-54a7-4c1d-8a35-0c9d1f7be2a4";
    for conversation in ["c-1", unguessable] {
        world.set_reply_session(conversation, "hook:mine").await;
        let id = format!("m-{conversation}");
        world.arrive_unproven(&id, conversation).await;
    }
    world.until("delivered", 2).await;
    let session_of = |conversation: &str| {
        let runs = world.gateway.runs();
        let about = format!("\nConversation: {conversation}\n");
        let run = runs.into_iter().find(|run| run.message.contains(&about));
        run.unwrap().session_key.unwrap()
    };
    assert!(session_of("c-1").starts_with("hook:opendialogue:"));
    assert_eq!(session_of(unguessable), "hook:mine");
}

#[tokio::test]
async fn a_redirect_takes_the_token_nowhere() {
    let world = World::new().await;
    let elsewhere = double::Gateway::start().await;
    let location = format!("{}/hooks/agent", elsewhere.base_url());
    world.gateway.script([Script::Answer {
        status: 307,
        headers: vec![("location", location)],
        body: String::new(),
    }]);
    world.arrive("m-1", "c-1", "first").await;
    let paused = world.until_status(|status| status.problem.is_some()).await;
    assert!(
        paused
            .problem
            .unwrap()
            .contains("redirects are not followed")
    );
    world.until("delivered", 1).await;
    assert_eq!(elsewhere.asked(), []);
}

#[tokio::test]
async fn a_stop_marks_what_may_have_reached_the_agent() {
    let world = World::new().await;
    world
        .gateway
        .script([Script::RunAndAnswerLate(Duration::from_secs(60))]);
    world.arrive("m-1", "c-1", "first").await;
    world.gateway.until_asked(1).await;
    world.tasks.cancel();
    world.until("retry", 1).await;
    let row = world.row("m-1").await;
    assert_eq!(
        (row.state.as_str(), row.attempts, row.may_repeat),
        ("waiting", 0, true)
    );
}

#[test]
fn the_terms_are_the_configurations() {
    let terms = Terms::new(configured("http://127.0.0.1:18789"));
    assert_eq!((terms.rules.max_in_flight, terms.rules.attempts), (8, 3));
    assert!(terms.hook_timeout >= Duration::from_secs(30));
}

/// The content of the messages of each run, in order.
fn texts(runs: &[Run]) -> Vec<&str> {
    let lines = runs.iter().flat_map(|run| run.message.lines());
    lines.filter_map(|line| line.strip_prefix("| ")).collect()
}
