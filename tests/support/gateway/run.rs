//! The double's runs: which are active, in which session, and under which key each is known.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Bytes;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use super::{Settings, lock};

/// More are never active together.
const MAX_ACTIVE: usize = 8;

/// A message that was admitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) id: String,
    pub(crate) message: String,
    pub(crate) name: Option<String>,
    pub(crate) deliver: Option<bool>,
    pub(crate) session_key: Option<String>,
    pub(crate) idempotency_key: Option<String>,
}

/// A request that is to become a run.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub(super) message: String,
    pub(super) name: Option<String>,
    pub(super) deliver: Option<bool>,
    pub(super) session_key: Option<String>,
    pub(super) idempotency_key: Option<String>,
}

#[derive(Debug, Clone)]
pub(super) enum Admission {
    Run(String),
    Busy,
}

#[derive(Debug, Default)]
pub(super) struct Runs {
    state: watch::Sender<State>,
    keys: Arc<Mutex<HashMap<(String, Bytes), Known>>>,
    /// Requests whose sender may have hung up: the real gateway runs their messages all the same.
    going: Mutex<JoinSet<()>>,
}

#[derive(Debug, Default)]
struct State {
    all: Vec<Run>,
    /// The sessions of active runs; a run without a named session has one of its own.
    active: Vec<Option<String>>,
    most_active: usize,
    hold: bool,
}

#[derive(Debug, Clone)]
struct Known {
    admission: watch::Receiver<Option<Admission>>,
    since: Instant,
}

impl Runs {
    pub(super) async fn admit(
        &self,
        wanted: Wanted,
        body: Bytes,
        settings: &Settings,
    ) -> Admission {
        let mut admission = self.known_or_new(wanted, body, settings);
        let decided = admission.wait_for(Option::is_some).await.unwrap().clone();
        decided.unwrap()
    }

    fn known_or_new(
        &self,
        wanted: Wanted,
        body: Bytes,
        settings: &Settings,
    ) -> watch::Receiver<Option<Admission>> {
        let key = wanted.idempotency_key.clone().map(|key| (key, body));
        let now = Instant::now();
        let mut keys = lock(&self.keys);
        keys.retain(|_, known| now.duration_since(known.since) < settings.key_kept);
        if let Some(known) = key.as_ref().and_then(|key| keys.get(key)) {
            return known.admission.clone();
        }
        let (decide, admission) = watch::channel(None);
        if let Some(key) = &key {
            let admission = admission.clone();
            keys.insert(
                key.clone(),
                Known {
                    admission,
                    since: now,
                },
            );
        }
        let (state, keys) = (self.state.clone(), Arc::clone(&self.keys));
        let busy_wait = settings.busy_wait;
        lock(&self.going).spawn(async move {
            let admitted = run(&state, wanted, busy_wait).await;
            if let (Admission::Busy, Some(key)) = (&admitted, &key) {
                lock(&keys).remove(key);
            }
            decide.send_replace(Some(admitted));
        });
        admission
    }

    pub(super) fn all(&self) -> Vec<Run> {
        self.state.borrow().all.clone()
    }

    pub(super) async fn until(&self, count: usize) -> Vec<Run> {
        let mut state = self.state.subscribe();
        let enough = state.wait_for(|state| state.all.len() >= count).await;
        enough.unwrap().all.clone()
    }

    pub(super) fn hold(&self) {
        self.state.send_modify(|state| state.hold = true);
    }

    pub(super) fn finish(&self) {
        self.state.send_modify(|state| {
            state.hold = false;
            state.active.clear();
        });
    }

    pub(super) fn most_active(&self) -> usize {
        self.state.borrow().most_active
    }

    pub(super) fn forget_keys(&self) {
        lock(&self.keys).clear();
    }
}

/// Waits for the session and a place, then runs.
async fn run(state: &watch::Sender<State>, wanted: Wanted, busy_wait: Duration) -> Admission {
    let mut watched = state.subscribe();
    let admitted = timeout(busy_wait, async {
        loop {
            watched
                .wait_for(|state| state.has_room(&wanted))
                .await
                .unwrap();
            let mut id = None;
            // Another may have taken the place between the look and the taking.
            state.send_if_modified(|state| {
                let has_room = state.has_room(&wanted);
                id = has_room.then(|| state.take(&wanted));
                has_room
            });
            if let Some(id) = id {
                return Admission::Run(id);
            }
        }
    });
    admitted.await.unwrap_or(Admission::Busy)
}

impl State {
    fn has_room(&self, wanted: &Wanted) -> bool {
        let session_is_free =
            wanted.session_key.is_none() || !self.active.contains(&wanted.session_key);
        session_is_free && self.active.len() < MAX_ACTIVE
    }

    fn take(&mut self, wanted: &Wanted) -> String {
        let id = format!("run-{}", self.all.len() + 1);
        self.all.push(Run {
            id: id.clone(),
            message: wanted.message.clone(),
            name: wanted.name.clone(),
            deliver: wanted.deliver,
            session_key: wanted.session_key.clone(),
            idempotency_key: wanted.idempotency_key.clone(),
        });
        if self.hold {
            self.active.push(wanted.session_key.clone());
            self.most_active = self.most_active.max(self.active.len());
        }
        id
    }
}
