//! From a module's bytes to code that can be started: once for the same bytes.
//!
//! Looked for by digest in three places, the quickest first: what a chain in force already runs,
//! the cache on disk, the compiler. A cache that cannot be used costs time and nothing else; that
//! it is not used is said once in the log and stands in [`Code::note`].

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tracing::warn;
use wasmtime::component::Component;

use super::abi::{self, Prepared};
use super::cache::{Cache, CacheProblem};
use super::engine::Engine;
use super::loader::Problem;
use crate::types::Digest;

/// The compiled code of an engine.
#[derive(Default)]
pub(crate) struct Code {
    running: Mutex<BTreeMap<Digest, Weak<Prepared>>>,
    cache: Option<Cache>,
    note: Mutex<Option<String>>,
}

impl Code {
    /// Keeps compiled code in `folder`, where that is safe.
    pub(crate) fn cached(wasm: &wasmtime::Engine, folder: &Path, key_file: &Path) -> Self {
        let mut code = Self::default();
        match Cache::open(wasm, folder, key_file) {
            Ok(cache) => code.cache = Some(cache),
            Err(problem) => code.say(format!("compiled policies are not kept: {problem}")),
        }
        code
    }

    /// What was wrong with the cache, if anything, since the program started.
    pub(crate) fn note(&self) -> Option<String> {
        let note = self.note.lock().unwrap_or_else(PoisonError::into_inner);
        note.clone()
    }

    /// The code of the module in `bytes`, whose digest is `digest`. May take its time.
    pub(crate) fn prepare(
        &self,
        engine: &Engine,
        bytes: &[u8],
        digest: Digest,
    ) -> Result<Arc<Prepared>, Problem> {
        if let Some(running) = self.running(&digest) {
            return Ok(running);
        }
        let kept = self.kept(engine, &digest);
        let component = match &kept {
            Some(component) => component.clone(),
            None => abi::compile(engine, bytes)?,
        };
        let prepared = Arc::new(Prepared::new(engine, &component)?);
        if kept.is_none() {
            self.keep(&digest, &component);
        }
        let mut running = self.lock_running();
        running.retain(|_, code| code.strong_count() > 0);
        running.insert(digest, Arc::downgrade(&prepared));
        Ok(prepared)
    }

    fn running(&self, digest: &Digest) -> Option<Arc<Prepared>> {
        self.lock_running().get(digest)?.upgrade()
    }

    fn kept(&self, engine: &Engine, digest: &Digest) -> Option<Component> {
        match self.cache.as_ref()?.find(engine.wasm(), digest) {
            Ok(component) => component,
            Err(problem) => {
                self.say(format!(
                    "a compiled policy was not used and is compiled again: {problem}"
                ));
                None
            }
        }
    }

    fn keep(&self, digest: &Digest, component: &Component) {
        let Some(cache) = &self.cache else { return };
        let kept = match component.serialize() {
            Ok(code) => cache.keep(digest, &code),
            // Without its image there is nothing to keep.
            Err(_) => Ok(()),
        };
        if let Err(problem) = kept {
            self.say(not_kept(&problem));
        }
    }

    fn say(&self, sentence: String) {
        warn!("{sentence}");
        *self.note.lock().unwrap_or_else(PoisonError::into_inner) = Some(sentence);
    }

    fn lock_running(&self) -> std::sync::MutexGuard<'_, BTreeMap<Digest, Weak<Prepared>>> {
        // Each change of the map is whole, whoever panicked beside it.
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn not_kept(problem: &CacheProblem) -> String {
    use std::error::Error;
    let why = problem.source().map(|source| format!(": {source}"));
    format!(
        "a compiled policy could not be kept: {problem}{}",
        why.unwrap_or_default()
    )
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::builtins;
    use super::*;

    #[test]
    fn the_same_bytes_are_compiled_once_and_then_come_from_the_cache() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("cache");
        let start = || Engine::start_with_cache(&folder, &home.path().join("key")).unwrap();
        let module = builtins().next().unwrap().bytes;
        let digest = Digest::of(module);

        let engine = start();
        let first = engine.code().prepare(&engine, module, digest).unwrap();
        let second = engine.code().prepare(&engine, module, digest).unwrap();
        assert!(Arc::ptr_eq(&first, &second));
        let entry = fs::read_dir(&folder).unwrap().next().unwrap().unwrap();

        let engine = start();
        let before = fs::metadata(entry.path()).unwrap().modified().unwrap();
        // The bytes are not even looked at where the digest is known.
        let kept = engine.code().prepare(&engine, b"", digest);
        assert!(kept.is_ok());
        assert!(fs::metadata(entry.path()).unwrap().modified().unwrap() >= before);
        assert_eq!(engine.cache_note(), None);
    }

    #[test]
    fn a_forged_entry_is_said_and_replaced() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("cache");
        let start = || Engine::start_with_cache(&folder, &home.path().join("key")).unwrap();
        let module = builtins().next().unwrap().bytes;
        let prepare = |engine: &Engine| {
            let prepared = engine.code().prepare(engine, module, Digest::of(module));
            prepared.unwrap()
        };
        let engine = start();
        prepare(&engine);
        let entry = fs::read_dir(&folder).unwrap().next().unwrap().unwrap();
        fs::write(entry.path(), "forged").unwrap();

        let engine = start();
        prepare(&engine);
        let note = engine.cache_note().unwrap();
        assert!(note.contains("is not what was written there"), "{note}");
        let engine = start();
        prepare(&engine);
        assert_eq!(engine.cache_note(), None, "the entry is ours again");
    }
}
