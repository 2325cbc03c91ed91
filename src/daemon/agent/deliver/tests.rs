//! Delivery against the double of the gateway, with a real inbox.

#[expect(dead_code, reason = "the double serves other tests too")]
#[path = "../../../../tests/support/gateway.rs"]
mod double;

use rusqlite::params;
use tokio::sync::broadcast;

use double::{Gateway as Double, Run, Script};

use super::*;
use crate::config::GatewayUrl;
use crate::daemon::schema::MIGRATIONS;
use crate::daemon::story::Events;
use crate::daemon::view;
use crate::db::Database;
use crate::types::{Secret, Timestamp};

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
    for (id, text) in [("m-1", "first"), ("m-2", "second"), ("m-3", "third")] {
        world.arrive(id, "c-1", text).await;
    }
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
        Some("the gateway answered 401: the hook's token is not the gateway's")
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
    assert_eq!(world.gateway.runs().len(), 24);
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

struct World {
    gateway: Double,
    inbox: Inbox,
    db: Database,
    seen: tokio::sync::Mutex<Seen>,
    hooks: watch::Sender<Followed<Option<HookSettings>>>,
    status: watch::Receiver<GatewayStatus>,
    tasks: Tasks,
    _home: tempfile::TempDir,
}

/// What the inbox told of its rows so far.
struct Seen {
    events: broadcast::Receiver<view::Event>,
    words: Vec<String>,
}

#[derive(Debug)]
struct RowSeen {
    state: String,
    reason: Option<String>,
    attempts: u32,
    may_repeat: bool,
    run_id: Option<String>,
}

impl World {
    async fn new() -> Self {
        let gateway = Double::start().await;
        let home = tempfile::tempdir().unwrap();
        let tasks = Tasks::new();
        let db = Database::open(&home.path().join("daemon.db"), MIGRATIONS, &tasks).unwrap();
        let events = Events::new();
        let seen = tokio::sync::Mutex::new(Seen {
            events: events.listen(),
            words: Vec::new(),
        });
        let inbox = Inbox::new(db.clone(), events, Clock::system());
        let (hooks, followed) = watch::channel(followed(&gateway));
        let mut terms = Terms::new(configured(&gateway.base_url()));
        let short = Backoff {
            first: Duration::from_millis(50),
            most: Duration::from_millis(200),
        };
        terms.rules.retry = short;
        terms.rules.probe = short;
        terms.hook_timeout = Duration::from_millis(500);
        terms.grace = Duration::ZERO;
        let fences = FenceKey::new(&Secret::new("fence"));
        let (inbox_too, clock) = (inbox.clone(), Clock::system());
        let status = start(&tasks, inbox_too, terms, followed, fences, clock).unwrap();
        Self {
            gateway,
            inbox,
            db,
            seen,
            hooks,
            status,
            tasks,
            _home: home,
        }
    }

    async fn arrive(&self, id: &str, conversation: &str, text: &str) {
        self.insert(id, conversation, text, Clock::system().now())
            .await;
    }

    async fn insert(&self, id: &str, conversation: &str, text: &str, at: Timestamp) {
        let (id, conversation, text) = (id.to_owned(), conversation.to_owned(), text.to_owned());
        let insert = "INSERT INTO inbox (sender, id, kind, conversation, content, admitted, trust,
                          received_at, stored_at, state, annotations, verdicts)
                      VALUES ('10079218', ?1, 'text', ?2, ?3, ?3, 'known', ?4, ?4, 'waiting',
                          '[]', '[]')";
        let row = move |connection: &rusqlite::Connection| {
            connection.execute(insert, params![id, conversation, text, at.as_millis()])
        };
        self.db.write(row).await.unwrap();
        self.inbox.wake();
    }

    async fn set_reply_session(&self, conversation: &str, session: &str) {
        let row = [conversation.to_owned(), session.to_owned()];
        let insert = "INSERT INTO dialogue (peer, conversation, last_at, reply_session)
                      VALUES ('10079218', ?1, 0, ?2)";
        self.db
            .write(move |connection| connection.execute(insert, row))
            .await
            .unwrap();
    }

    /// Waits until `what` happened to messages `count` times since the start.
    async fn until(&self, what: &str, count: usize) {
        let mut seen = self.seen.lock().await;
        let enough = async {
            while seen.words.iter().filter(|word| *word == what).count() < count {
                if let view::Event::Message { what, .. } = seen.events.recv().await.unwrap() {
                    seen.words.push(what);
                }
            }
        };
        let enough = timeout(Duration::from_secs(20), enough).await;
        assert!(
            enough.is_ok(),
            "`{what}` {count} times; so far: {:?}",
            seen.words
        );
    }

    async fn until_status(&self, fits: impl Fn(&GatewayStatus) -> bool) -> GatewayStatus {
        let mut status = self.status.clone();
        let found = status.wait_for(|status| fits(status));
        let found = timeout(Duration::from_secs(20), found).await;
        found.expect("the status came in time").unwrap().clone()
    }

    /// What a change of `openclaw.json` to the gateway's settings does.
    fn follow_openclaw_json(&self) {
        self.hooks.send_replace(followed(&self.gateway));
    }

    async fn row(&self, id: &str) -> RowSeen {
        let id = id.to_owned();
        let row = move |connection: &rusqlite::Connection| {
            connection.query_row("SELECT * FROM inbox WHERE id = ?1", [id], |row| {
                Ok(RowSeen {
                    state: row.get("state")?,
                    reason: row.get("reason")?,
                    attempts: row.get("attempts")?,
                    may_repeat: row.get("may_repeat")?,
                    run_id: row.get("run_id")?,
                })
            })
        };
        self.db.read(row).await.unwrap()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.tasks.cancel();
    }
}

fn followed(gateway: &Double) -> Followed<Option<HookSettings>> {
    let settings = HookSettings::parse(&gateway.openclaw_json()).unwrap();
    Followed {
        good: Some(Arc::new(Some(settings))),
        problem: None,
    }
}

fn configured(base_url: &str) -> config::Gateway {
    config::Gateway {
        base_url: GatewayUrl::parse(base_url).unwrap(),
        token: None,
        path: None,
        second_turn: false,
        max_in_flight: 8.try_into().unwrap(),
        delivery_attempts: 3.try_into().unwrap(),
        delivery_max_age: Duration::from_secs(60 * 60),
    }
}

/// The content of each run's message.
fn texts(runs: &[Run]) -> Vec<&str> {
    let lines = runs.iter().map(|run| run.message.lines());
    lines
        .map(|mut lines| lines.find_map(|line| line.strip_prefix("| ")).unwrap())
        .collect()
}
