//! A delivery that runs: an inbox in a real database on one side, the gateway's double on the other.

use rusqlite::params;
use tokio::sync::broadcast;
use tokio::time::timeout;

use super::double::Gateway as Double;
use super::*;
use crate::config::GatewayUrl;
use crate::daemon::backoff::Chance;
use crate::daemon::inbound::UNAUTHENTICATED_RELAY;
use crate::daemon::schema::MIGRATIONS;
use crate::daemon::story::Events;
use crate::daemon::view;
use crate::db::Database;
use crate::policy::Annotation;
use crate::types::{Secret, Timestamp};

pub(super) struct World {
    pub(super) gateway: Double,
    pub(super) inbox: Inbox,
    pub(super) db: Database,
    seen: tokio::sync::Mutex<Seen>,
    pub(super) hooks: watch::Sender<Followed<Option<HookSettings>>>,
    pub(super) status: watch::Receiver<GatewayStatus>,
    pub(super) tasks: Tasks,
    _home: tempfile::TempDir,
}

/// What the inbox told of its rows so far.
struct Seen {
    events: broadcast::Receiver<view::Event>,
    words: Vec<String>,
}

#[derive(Debug)]
pub(super) struct RowSeen {
    pub(super) state: String,
    pub(super) reason: Option<String>,
    pub(super) attempts: u32,
    pub(super) may_repeat: bool,
    pub(super) run_id: Option<String>,
}

impl World {
    pub(super) async fn new() -> Self {
        let gateway = Double::start().await;
        let home = tempfile::tempdir().unwrap();
        let tasks = Tasks::new();
        let db = Database::open(&home.path().join("daemon.db"), MIGRATIONS, &tasks).unwrap();
        let events = Events::new();
        let seen = tokio::sync::Mutex::new(Seen {
            events: events.listen(),
            words: Vec::new(),
        });
        let inbox = Inbox::new(db.clone(), events.clone(), Clock::system());
        let (hooks, followed) = watch::channel(followed(&gateway));
        let status = start_one(&tasks, inbox.clone(), &gateway, followed, events);
        let world = Self {
            gateway,
            inbox,
            db,
            seen,
            hooks,
            status,
            tasks,
            _home: home,
        };
        // What a test waits for is not what stands at the start.
        world.until_status(|status| status.ready).await;
        world
    }

    /// Another delivery from the same inbox, which knows nothing of the first; it ends with what is
    /// given.
    pub(super) fn beside(&self) -> tokio_util::sync::DropGuard {
        let (tasks, hooks) = (Tasks::new(), self.hooks.subscribe());
        start_one(
            &tasks,
            self.inbox.clone(),
            &self.gateway,
            hooks,
            Events::new(),
        );
        tasks.stopping().clone().drop_guard()
    }

    /// Has nothing go until `openclaw.json` is followed again.
    pub(super) async fn shut(&self) {
        let none = Followed {
            good: Some(Arc::new(None)),
            problem: None,
        };
        self.hooks.send_replace(none);
        let is_shut = |status: &GatewayStatus| {
            let problem = status.problem.as_deref().unwrap_or_default();
            problem.contains("no `openclaw.json`")
        };
        self.until_status(is_shut).await;
    }

    pub(super) async fn arrive(&self, id: &str, conversation: &str, text: &str) {
        self.insert(id, conversation, text, Clock::system().now())
            .await;
    }

    pub(super) async fn insert(&self, id: &str, conversation: &str, text: &str, at: Timestamp) {
        self.insert_noted(id, conversation, text, at, &[]).await;
    }

    /// A message that came over a relay which does not prove who sends.
    pub(super) async fn arrive_unproven(&self, id: &str, conversation: &str) {
        let note = Annotation::host(UNAUTHENTICATED_RELAY, "anybody");
        let now = Clock::system().now();
        self.insert_noted(id, conversation, "hi", now, &[note])
            .await;
    }

    async fn insert_noted(
        &self,
        id: &str,
        conversation: &str,
        text: &str,
        at: Timestamp,
        notes: &[Annotation],
    ) {
        let (id, conversation, text) = (id.to_owned(), conversation.to_owned(), text.to_owned());
        let notes = serde_json::to_string(notes).unwrap();
        let insert = "INSERT INTO inbox (sender, id, kind, conversation, content, admitted, trust,
                          received_at, stored_at, state, annotations, verdicts)
                      VALUES ('10079218', ?1, 'text', ?2, ?3, ?3, 'known', ?4, ?4, 'waiting',
                          ?5, '[]')";
        let row = move |connection: &rusqlite::Connection| {
            connection.execute(
                insert,
                params![id, conversation, text, at.as_millis(), notes],
            )
        };
        self.db.write(row).await.unwrap();
        self.inbox.wake();
    }

    pub(super) async fn set_reply_session(&self, conversation: &str, session: &str) {
        let row = [conversation.to_owned(), session.to_owned()];
        let insert = "INSERT INTO dialogue (peer, conversation, last_at, reply_session)
                      VALUES ('10079218', ?1, 0, ?2)";
        self.db
            .write(move |connection| connection.execute(insert, row))
            .await
            .unwrap();
    }

    /// Waits until `what` happened to messages `count` times since the start.
    pub(super) async fn until(&self, what: &str, count: usize) {
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

    pub(super) async fn until_status(
        &self,
        fits: impl Fn(&GatewayStatus) -> bool,
    ) -> GatewayStatus {
        let mut status = self.status.clone();
        let found = status.wait_for(|status| fits(status));
        let found = timeout(Duration::from_secs(20), found).await;
        found.expect("the status came in time").unwrap().clone()
    }

    /// What a change of `openclaw.json` to the gateway's settings does.
    pub(super) fn follow_openclaw_json(&self) {
        self.hooks.send_replace(followed(&self.gateway));
    }

    pub(super) async fn row(&self, id: &str) -> RowSeen {
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

fn start_one(
    tasks: &Tasks,
    inbox: Inbox,
    gateway: &Double,
    hooks: watch::Receiver<Followed<Option<HookSettings>>>,
    events: Events,
) -> watch::Receiver<GatewayStatus> {
    let mut terms = Terms::new(configured(&gateway.base_url()));
    let short = Backoff {
        first: Duration::from_millis(50),
        most: Duration::from_millis(200),
        chance: Chance::Half,
    };
    terms.rules.retry = short;
    terms.rules.probe = short;
    terms.hook_timeout = Duration::from_millis(500);
    terms.grace = Duration::ZERO;
    let fences = FenceKey::new(&Secret::new("fence"));
    let clock = Clock::system();
    start(tasks, inbox, terms, hooks, fences, clock, events).unwrap()
}

fn followed(gateway: &Double) -> Followed<Option<HookSettings>> {
    let settings = HookSettings::parse(&gateway.openclaw_json()).unwrap();
    Followed {
        good: Some(Arc::new(Some(settings))),
        problem: None,
    }
}

pub(super) fn configured(base_url: &str) -> config::Gateway {
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
