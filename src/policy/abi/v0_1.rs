//! Version 0.1.0 of the interface: `wit/v0.1`.

use std::sync::Arc;
use std::time::Duration;

use wasmtime::component::{Component, HasSelf, Linker};
use wasmtime::{Store, UpdateDeadline};

use super::super::deadline::Deadline;
use super::super::decision::{self, Annotation, Decision, Nonsense, ReasonCode, Verdict};
use super::super::engine::{Engine, HANDED_BACK_BYTES, Limits, ticks};
use super::super::guest::{Description, Note};
use super::super::loader::{Problem, SettingProblem};
use super::host::{Host, Memory, Wrote};
use super::journal::{Journal, Level};
use super::{CallFailed, Question, failed, one_line};
use crate::types::{Direction, Kind, Timestamp, Trust};

mod generated {
    wasmtime::component::bindgen!({
        path: "wit/v0.1",
        world: "policy",
        ownership: Borrowing { duplicate_if_necessary: true },
    });
}

use generated::opendialogue::policy::{log, time, types};

mod state;

pub(super) const VERSION: &str = "0.1.0";
/// The interfaces that a component may import, with their functions.
pub(super) const IMPORTS: [(&str, &[&str]); 4] = [
    ("types", &[]),
    ("state", &["get", "set", "delete"]),
    ("time", &["now"]),
    ("log", &["write"]),
];
pub(super) const EXPORTS: [&str; 3] = ["describe", "configure", "evaluate"];

/// How long a new instance may take to start, and to take its settings: an interpreter is slow.
const START_TIME: Duration = Duration::from_secs(1);

pub(crate) struct Prepared(generated::PolicyPre<Host>);

pub(crate) struct Instance {
    store: Store<Host>,
    exports: generated::Policy,
    limits: Limits,
}

impl Prepared {
    pub(super) fn new(engine: &Engine, component: &Component) -> Result<Self, Problem> {
        let mut linker = Linker::new(engine.wasm());
        let unfit = |error: wasmtime::Error| Problem::Unfit(one_line(&error.to_string()));
        add_to_linker(&mut linker).map_err(unfit)?;
        let instance = linker.instantiate_pre(component).map_err(unfit)?;
        generated::PolicyPre::new(instance).map(Self).map_err(unfit)
    }

    pub(super) fn start(
        &self,
        engine: &Engine,
        journal: Arc<Journal>,
        limits: Limits,
    ) -> Result<Instance, CallFailed> {
        let mut store = Store::new(engine.wasm(), Host::new(journal, limits));
        store.limiter(|host| &mut host.meter);
        store.set_hostcall_fuel(HANDED_BACK_BYTES);
        store.epoch_deadline_callback(|store| {
            Ok(match store.data().deadline.left() {
                Some(left) => UpdateDeadline::Continue(ticks(left)),
                None => UpdateDeadline::Interrupt,
            })
        });
        allow(&mut store, START_TIME);
        let exports = self.0.instantiate(&mut store);
        let exports = exports.map_err(|error| {
            failed(
                &error,
                limits,
                store.data().meter.refused_memory(),
                START_TIME,
            )
        })?;
        Ok(Instance {
            store,
            exports,
            limits,
        })
    }
}

/// Gives a guest what [`IMPORTS`] lists.
fn add_to_linker(linker: &mut Linker<Host>) -> wasmtime::Result<()> {
    types::add_to_linker::<_, HasSelf<Host>>(linker, |host| host)?;
    time::add_to_linker::<_, HasSelf<Host>>(linker, |host| host)?;
    log::add_to_linker::<_, HasSelf<Host>>(linker, |host| host)?;
    state::add_to_linker(linker)
}

impl Instance {
    pub(super) fn describe(&mut self) -> Result<Description, CallFailed> {
        allow(&mut self.store, START_TIME);
        let said = self.exports.call_describe(&mut self.store);
        said.map(described)
            .map_err(|error| self.failed(&error, START_TIME))
    }

    pub(super) fn configure(&mut self, settings: &str) -> Result<Vec<SettingProblem>, CallFailed> {
        allow(&mut self.store, START_TIME);
        match self.exports.call_configure(&mut self.store, settings) {
            Ok(Ok(())) => Ok(Vec::new()),
            Ok(Err(problems)) if problems.is_empty() => Ok(vec![SettingProblem {
                setting: "settings".to_owned(),
                problem: "are refused without a word".to_owned(),
            }]),
            Ok(Err(problems)) => Ok(problems.into_iter().map(setting_problem).collect()),
            Err(error) => Err(self.failed(&error, START_TIME)),
        }
    }

    pub(super) fn evaluate(
        &mut self,
        policy: &str,
        question: Question<'_>,
        memory: Memory,
    ) -> Result<(Decision, Wrote), CallFailed> {
        let message_time = memory.time;
        self.store.data_mut().open(memory);
        let deadline = Deadline::start_counting(self.limits.time, question.processor);
        set_deadline(&mut self.store, deadline, self.limits.time);
        let annotations: Vec<_> = question.annotations.iter().map(prior).collect();
        let message = asked(&question, &annotations, message_time);
        let said = self.exports.call_evaluate(&mut self.store, message);
        let wrote = self.store.data_mut().close();
        let said = said.map_err(|error| self.failed(&error, self.limits.time))?;
        let wrote = wrote.unwrap_or_else(|| Wrote {
            writes: Default::default(),
            time: message_time,
        });
        Ok((decided(policy, said)?, wrote))
    }

    pub(super) fn memory_bytes(&self) -> u64 {
        self.store.data().meter.memory_bytes(self.limits)
    }

    fn failed(&self, error: &wasmtime::Error, time: Duration) -> CallFailed {
        let refused_memory = self.store.data().meter.refused_memory();
        failed(error, self.limits, refused_memory, time)
    }
}

/// Lets the next call take `time`.
fn allow(store: &mut Store<Host>, time: Duration) {
    set_deadline(store, Deadline::start(time), time);
}

fn set_deadline(store: &mut Store<Host>, deadline: Deadline, time: Duration) {
    store.data_mut().deadline = deadline;
    store.set_epoch_deadline(ticks(time));
}

fn asked<'a>(
    question: &Question<'a>,
    annotations: &'a [types::PriorAnnotation<'a>],
    time: Timestamp,
) -> types::Message<'a> {
    let facts = question.facts;
    types::Message {
        direction: match facts.direction {
            Direction::Inbound => types::Direction::Inbound,
            Direction::Outbound => types::Direction::Outbound,
        },
        kind: match facts.kind {
            Kind::Text => types::Kind::Text,
            Kind::Typing => types::Kind::Typing,
            Kind::ReadReceipt => types::Kind::ReadReceipt,
            Kind::End => types::Kind::End,
        },
        trust: match facts.trust {
            Trust::Blocked => types::Trust::Blocked,
            Trust::Unknown => types::Trust::Unknown,
            Trust::Known => types::Trust::Known,
            Trust::Owner => types::Trust::Owner,
        },
        released: question.released,
        id: facts.id.as_str(),
        from: facts.from.as_str(),
        to: facts.to.as_str(),
        conversation: facts.conversation.map(|id| id.as_str()),
        turn: facts.turn.map(|turn| turn.get()),
        content: question.content,
        received_at: time.as_millis(),
        annotations,
    }
}

fn prior(annotation: &Annotation) -> types::PriorAnnotation<'_> {
    types::PriorAnnotation {
        policy: annotation.policy(),
        key: annotation.key(),
        value: annotation.value(),
    }
}

fn decided(policy: &str, said: types::Decision) -> Result<Decision, Nonsense> {
    if said.annotations.len() > decision::MAX_ANNOTATIONS {
        return Err(Nonsense::TooManyAnnotations(said.annotations.len()));
    }
    let annotations = said.annotations.into_iter();
    let annotations = annotations.map(|said| Annotation::new(policy, said.key, &said.value));
    let annotations = annotations.collect::<Result<_, _>>()?;
    let verdict = match said.verdict {
        types::Verdict::Pass => Verdict::Pass,
        types::Verdict::Rewrite(content) => Verdict::Rewrite(content),
        types::Verdict::Reject(rejection) => Verdict::Reject {
            code: ReasonCode::new(rejection.code)?,
            reason: decision::reason(&rejection.reason)?,
            retry_after_ms: rejection.retry_after_ms,
        },
        types::Verdict::Hold(hold) => Verdict::Hold {
            code: ReasonCode::new(hold.code)?,
            reason: decision::reason(&hold.reason)?,
            until: hold.until.map(Timestamp::from_millis),
        },
    };
    Ok(Decision {
        verdict,
        annotations,
    })
}

fn described(said: types::Description) -> Description {
    let notes = said.notes.into_iter().map(|note| Note {
        key: one_line(&note.key),
        value: one_line(&note.value),
    });
    let directions = said
        .directions
        .into_iter()
        .map(|direction| match direction {
            types::Direction::Inbound => Direction::Inbound,
            types::Direction::Outbound => Direction::Outbound,
        });
    Description {
        name: one_line(&said.name),
        version: one_line(&said.version),
        directions: directions.collect(),
        may_pass_on_failure: said.may_pass_on_failure,
        settings_schema: said.settings_schema,
        notes: notes.collect(),
    }
}

fn setting_problem(said: types::SettingError) -> SettingProblem {
    SettingProblem {
        setting: one_line(&said.setting),
        problem: one_line(&said.problem),
    }
}

impl types::Host for Host {}

impl time::Host for Host {
    fn now(&mut self) -> u64 {
        Host::now(self).as_millis()
    }
}

impl log::Host for Host {
    fn write(&mut self, level: log::Level, text: String) {
        let level = match level {
            log::Level::Debug => Level::Debug,
            log::Level::Info => Level::Info,
            log::Level::Warn => Level::Warn,
            log::Level::Error => Level::Error,
        };
        self.log(&level, &text);
    }
}
