//! The five components in a runtime of this bench's own, called directly: with everything that
//! bounds them, and with nothing.

use std::collections::HashMap;
use std::error::Error;

use opendialogue::policy::builtin;
use wasmtime::component::{Component, HasSelf, Linker};
use wasmtime::{Config, Engine, OptLevel, Store, StoreLimits, StoreLimitsBuilder, UpdateDeadline};

use super::NAMES;
use super::letter::{Letter, Post, Text};

mod generated {
    wasmtime::component::bindgen!({
        path: "wit/v0.1",
        world: "policy",
        ownership: Borrowing { duplicate_if_necessary: true },
    });
}

use generated::opendialogue::policy::{log, state, time, types};

/// Whether the components are bounded.
#[derive(Clone, Copy)]
pub(crate) enum Limits {
    /// Not at all.
    None,
    /// By a deadline, memory, tables, and what they may hand to the host.
    All,
}

impl Limits {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::None => "unbounded",
            Self::All => "bounded",
        }
    }
}

/// The host's side: a memory and a time.
struct Host {
    entries: HashMap<Vec<u8>, Vec<u8>>,
    now: u64,
    limits: StoreLimits,
}

struct Policy {
    store: Store<Host>,
    exports: generated::Policy,
    limits: Limits,
}

/// Calls all five with one message after the other.
pub(crate) fn calling(limits: Limits, text: Text) -> Result<impl FnMut(), Box<dyn Error>> {
    let mut config = Config::new();
    config
        .concurrency_support(false)
        .cranelift_opt_level(OptLevel::Speed)
        .cranelift_nan_canonicalization(true)
        .wasm_relaxed_simd(false)
        .epoch_interruption(matches!(limits, Limits::All));
    let engine = Engine::new(&config)?;
    let policies = NAMES.map(|name| Policy::start(&engine, name, limits));
    let mut policies = policies.into_iter().collect::<Result<Vec<_>, _>>()?;
    let mut post = Post::of(text);
    Ok(move || {
        let letter = post.next_letter();
        for policy in &mut policies {
            assert!(policy.passes(letter), "it does not let the message pass");
        }
    })
}

impl Policy {
    fn start(engine: &Engine, name: &str, limits: Limits) -> Result<Self, Box<dyn Error>> {
        let builtin = builtin(name).ok_or("there is no such policy")?;
        let component = Component::from_binary(engine, builtin.bytes)?;
        let mut linker = Linker::new(engine);
        generated::Policy::add_to_linker::<_, HasSelf<Host>>(&mut linker, |host| host)?;
        let host = Host {
            entries: HashMap::new(),
            now: 0,
            limits: StoreLimitsBuilder::new()
                .memory_size(16 << 20)
                .table_elements(100_000)
                .build(),
        };
        let mut store = Store::new(engine, host);
        if let Limits::All = limits {
            store.limiter(|host| &mut host.limits);
            store.set_hostcall_fuel(1 << 20);
            store.epoch_deadline_callback(|_| Ok(UpdateDeadline::Interrupt));
            store.set_epoch_deadline(1);
        }
        let exports = generated::Policy::instantiate(&mut store, &component, &linker)?;
        let settled = exports.call_configure(&mut store, "{}")?;
        settled.map_err(|_| "it does not take its settings")?;
        Ok(Self {
            store,
            exports,
            limits,
        })
    }

    fn passes(&mut self, letter: &Letter) -> bool {
        self.store.data_mut().now = letter.time;
        if let Limits::All = self.limits {
            self.store.set_epoch_deadline(51);
        }
        let message = types::Message {
            direction: types::Direction::Inbound,
            kind: types::Kind::Text,
            trust: types::Trust::Known,
            released: false,
            id: letter.id.as_str(),
            from: letter.from.as_str(),
            to: letter.to.as_str(),
            conversation: Some(letter.conversation.as_str()),
            turn: None,
            content: &letter.content,
            received_at: letter.time,
            annotations: &[],
        };
        let said = self.exports.call_evaluate(&mut self.store, message);
        said.is_ok_and(|said| {
            matches!(
                said.verdict,
                types::Verdict::Pass | types::Verdict::Rewrite(_)
            )
        })
    }
}

impl types::Host for Host {}

impl state::Host for Host {
    fn get(&mut self, key: Vec<u8>) -> Option<Vec<u8>> {
        self.entries.get(&key).cloned()
    }

    fn set(&mut self, key: Vec<u8>, value: Vec<u8>) -> Result<(), state::SetError> {
        self.entries.insert(key, value);
        Ok(())
    }

    fn delete(&mut self, key: Vec<u8>) {
        self.entries.remove(&key);
    }
}

impl time::Host for Host {
    fn now(&mut self) -> u64 {
        self.now
    }
}

impl log::Host for Host {
    fn write(&mut self, _: log::Level, _: String) {}
}
