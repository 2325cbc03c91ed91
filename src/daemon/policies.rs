//! Which policies this daemon wants: those of its configuration, with the owner's limit on turns
//! for the policy that counts them and the fingerprints of the daemon's own secrets for the one that
//! looks for secrets; and what is told when they are loaded anew.

pub(super) mod own;

use std::path::PathBuf;

use serde_json::Value;
use tokio::sync::watch;

use self::own::Own;
use super::story::Events;
use super::view::Event;
use crate::config::state_file::StateFile;
use crate::config::{Config, ModuleSource, PolicyEntry};
use crate::follow::Followed;
use crate::policy::{Engine, Fault, Policies, Reloaded, Source, Wanted, watch as policy_watch};
use crate::tasks::Tasks;
use crate::types::{Secret, TurnNumber};

/// The policy that counts turns, and its setting for their limit.
const TURNS: (&str, &str) = ("conversation", "max_turns");

/// The most that its setting may be.
const MAX_TURNS_MOST: u64 = 1_000_000;

/// The configuration, read again each time it is asked.
#[derive(Debug)]
struct Configured {
    /// What the daemon runs with until a restart.
    started: Config,
    /// The last one that could be read.
    latest: Config,
    max_turns: watch::Receiver<Option<TurnNumber>>,
    /// The limit that the policies read last count by.
    wanted_turns: watch::Sender<Option<TurnNumber>>,
    own: Own,
}

/// The policies in force, and the way by which the limit on turns gets to them.
#[derive(Debug)]
pub(super) struct Opened {
    policies: policy_watch::Opened,
    max_turns: watch::Sender<Option<TurnNumber>>,
    wanted_turns: watch::Receiver<Option<TurnNumber>>,
    /// The limit that those in force count by.
    counted: watch::Sender<Option<TurnNumber>>,
    /// The daemon's secrets, once they are known.
    secrets: watch::Sender<Vec<Secret>>,
}

/// Loads the policies of `config`; the state file said `max_turns`.
pub(super) async fn open(
    config: &Config,
    engine: Engine,
    max_turns: Option<TurnNumber>,
) -> Result<Opened, policy_watch::NotLoaded> {
    let (sender, max_turns) = watch::channel(max_turns);
    let (wanted, wanted_turns) = watch::channel(None);
    let (secrets, own) = watch::channel(Vec::new());
    let source = Configured {
        started: config.clone(),
        latest: config.clone(),
        max_turns,
        wanted_turns: wanted,
        own: Own::new(own),
    };
    let policies = policy_watch::open(engine, source).await?;
    let counted = *wanted_turns.borrow();
    Ok(Opened {
        policies,
        max_turns: sender,
        counted: watch::Sender::new(counted),
        wanted_turns,
        secrets,
    })
}

impl Opened {
    /// The policies once the daemon knows its own secrets: loaded anew where one is to know them too, so
    /// that nothing is judged before it does.
    pub(super) async fn knowing(
        mut self,
        secrets: Vec<Secret>,
        config: &Config,
    ) -> Result<Self, policy_watch::NotLoaded> {
        self.secrets.send_replace(secrets);
        if own::are_wanted(&config.policies) {
            self.policies = self.policies.again().await?;
            self.counted.send_replace(*self.wanted_turns.borrow());
        }
        Ok(self)
    }

    pub(super) fn chain(&self) -> std::sync::Arc<arc_swap::ArcSwap<crate::policy::Chain>> {
        self.policies.chain()
    }

    /// The limit on turns that the policies in force count by, as it changes; none where none counts.
    pub(super) fn max_turns(&self) -> watch::Receiver<Option<TurnNumber>> {
        self.counted.subscribe()
    }

    /// Keeps the policies in step with the configuration, their modules and the state file.
    pub(super) fn follow(
        self,
        tasks: &Tasks,
        state: watch::Receiver<Followed<Option<StateFile>>>,
        events: Events,
    ) -> Policies {
        let (wanted, counted) = (self.wanted_turns, self.counted);
        let tell = move |reloaded: &Reloaded| {
            if matches!(reloaded, Reloaded::Published { .. }) {
                counted.send_replace(*wanted.borrow());
            }
            events.tell(event(reloaded));
        };
        let policies = self.policies.follow(tasks, tell);
        let passing_on = pass_on(state, self.max_turns, policies.clone());
        let stop = tasks.stopping().clone();
        tasks.spawn("turn-limit", async move {
            stop.run_until_cancelled(passing_on).await;
        });
        policies
    }
}

impl Source for Configured {
    fn read(&mut self) -> Result<Wanted, Vec<Fault>> {
        let newer = self.latest.read_again();
        self.latest = newer.map_err(|report| Fault::of_report(&report))?;
        let mut entries = self.latest.policies.clone();
        if let Some(limit) = *self.max_turns.borrow() {
            entries
                .iter_mut()
                .for_each(|entry| limit_turns(entry, limit));
        }
        self.wanted_turns
            .send_replace(entries.iter().find_map(counted_turns));
        let mut files = self.files();
        if own::are_wanted(&entries) {
            self.own.tell(&self.latest, &mut entries);
            files.push(self.latest.paths.openclaw_json().to_owned());
        }
        Ok(Wanted {
            entries,
            files,
            waiting_for_restart: self.started.waiting_for_restart(&self.latest),
        })
    }
}

impl Configured {
    fn files(&self) -> Vec<PathBuf> {
        self.latest.followed_file().into_iter().collect()
    }
}

/// The limit that the policy that counts turns has in its settings: 0 stands for no limit, the most
/// that may be said.
fn counted_turns(entry: &PolicyEntry) -> Option<TurnNumber> {
    if !counts_turns(entry) {
        return None;
    }
    let limit = entry.settings.get(TURNS.1)?.as_u64()?;
    TurnNumber::new(limit).or(TurnNumber::new(MAX_TURNS_MOST))
}

fn counts_turns(entry: &PolicyEntry) -> bool {
    entry.name == TURNS.0 && entry.module == ModuleSource::Builtin(TURNS.0.to_owned())
}

/// Hands the owner's limit to the policy that counts turns, where its settings name none.
fn limit_turns(entry: &mut PolicyEntry, limit: TurnNumber) {
    let counts = counts_turns(entry);
    if let Value::Object(settings) = &mut entry.settings
        && counts
    {
        let settings = settings.entry(TURNS.1);
        settings.or_insert_with(|| Value::from(limit.get()));
    }
}

/// The limit in the state file's last good version.
pub(super) fn max_turns_in(state: &Followed<Option<StateFile>>) -> Option<TurnNumber> {
    let state = state.good.as_deref().and_then(Option::as_ref)?;
    state.max_turns_per_conversation
}

async fn pass_on(
    mut state: watch::Receiver<Followed<Option<StateFile>>>,
    limit: watch::Sender<Option<TurnNumber>>,
    policies: Policies,
) {
    loop {
        let newest = max_turns_in(&state.borrow_and_update());
        let is_new = limit.send_if_modified(|limit| {
            let is_new = *limit != newest;
            *limit = newest;
            is_new
        });
        if is_new {
            policies.look_again();
        }
        if state.changed().await.is_err() {
            return;
        }
    }
}

fn event(reloaded: &Reloaded) -> Event {
    let (ok, changed, faults) = match reloaded {
        Reloaded::Published { changed } => (true, changed.clone(), Vec::new()),
        Reloaded::Unchanged => (true, Vec::new(), Vec::new()),
        Reloaded::Failed { faults } => (false, Vec::new(), faults.clone()),
    };
    Event::PolicyReload {
        ok,
        changed,
        detail: policy_watch::told(&faults),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Environment, Overrides};

    #[test]
    fn the_limit_that_is_counted_by_is_the_one_that_is_proposed() {
        for (policies, state_file, expected) in [
            ("", None, None),
            ("", Some(7), Some(7)),
            ("settings = { max_turns = 50 }", None, Some(50)),
            ("settings = { max_turns = 50 }", Some(7), Some(50)),
            (
                "settings = { max_turns = 0 }",
                Some(7),
                Some(MAX_TURNS_MOST),
            ),
        ] {
            let text = format!("[[policy]]\nname = \"conversation\"\n{policies}\n");
            let environment = Environment::from_pairs([("HOME", "/h")]);
            let (flags, path) = (Overrides::default(), "/c.toml".as_ref());
            let config = Config::from_text(&environment, &flags, path, &text).unwrap();
            let mut entries = config.policies;
            if let Some(limit) = state_file.and_then(TurnNumber::new) {
                entries
                    .iter_mut()
                    .for_each(|entry| limit_turns(entry, limit));
            }
            let counted = entries.iter().find_map(counted_turns);
            assert_eq!(
                counted.map(TurnNumber::get),
                expected,
                "{text} {state_file:?}"
            );
        }
    }

    #[test]
    fn the_owners_limit_goes_to_the_policy_that_counts_turns_and_to_no_other() {
        let text = "[[policy]]\nname = \"mine\"\nmodule = \"mine.wasm\"\n\
                    [[policy]]\nname = \"acl\"\nmode = \"off\"\n";
        let environment = Environment::from_pairs([("HOME", "/h")]);
        let flags = Overrides::default();
        let config = Config::from_text(&environment, &flags, "/c.toml".as_ref(), text).unwrap();
        let limit = TurnNumber::new(7).unwrap();
        let of = |name: &str, module: ModuleSource, settings: Value| {
            let mut entry = config.policies[0].clone();
            entry.name = name.to_owned();
            entry.module = module;
            entry.settings = settings;
            limit_turns(&mut entry, limit);
            entry.settings
        };
        let builtin = || ModuleSource::Builtin("conversation".to_owned());
        let none = || serde_json::json!({});
        for (name, module, settings, expected) in [
            (
                "conversation",
                builtin(),
                none(),
                serde_json::json!({ "max_turns": 7 }),
            ),
            (
                "conversation",
                builtin(),
                serde_json::json!({ "max_turns": 3 }),
                serde_json::json!({ "max_turns": 3 }),
            ),
            (
                "conversation",
                ModuleSource::Path("own.wasm".into()),
                none(),
                none(),
            ),
            (
                "acl",
                ModuleSource::Builtin("acl".to_owned()),
                none(),
                none(),
            ),
        ] {
            let case = format!("{name} {module:?}");
            assert_eq!(of(name, module, settings), expected, "{case}");
        }
    }

    #[tokio::test]
    async fn a_new_limit_in_the_state_file_is_passed_on() {
        let environment = Environment::from_pairs([("HOME", "/h")]);
        let flags = Overrides::default();
        let config = Config::from_text(&environment, &flags, "/c.toml".as_ref(), "").unwrap();
        let config = config.without_policies();
        let opened = open(&config, Engine::start().unwrap(), None).await.unwrap();
        let mut passed_on = opened.max_turns.subscribe();
        let state = |text: &str| Followed {
            good: Some(std::sync::Arc::new(Some(StateFile::parse(text).unwrap()))),
            problem: None,
        };
        let (changed, followed) = watch::channel(state(r#"{"maxTurnsPerConversation": 7}"#));
        let tasks = Tasks::new();
        opened.follow(&tasks, followed, Events::new());
        for limit in [7, 9] {
            let limit = TurnNumber::new(limit);
            let wait = passed_on.wait_for(|passed| *passed == limit);
            let passed = tokio::time::timeout(std::time::Duration::from_secs(20), wait).await;
            assert!(passed.is_ok());
            changed.send_replace(state(r#"{"maxTurnsPerConversation": 9}"#));
        }
        tasks.cancel();
    }
}
