//! Looks at one module without a chain: what it is, what it wants and gives, and why it would be
//! refused where it would be. Runs nothing of it but its start and `describe`.

use std::sync::Arc;

use super::abi::{self, Journal};
use super::engine::{Engine, Limits};
use super::guest::Description;
use super::loader::{self, ModuleSource, Problem};
use crate::types::Digest;

/// What a module may have while it says who it is: an interpreter fits, a bomb does not.
const MEMORY_BYTES: u64 = 256 * 1024 * 1024;

/// What a module is.
#[derive(Debug)]
pub struct Inspection {
    /// The digest of its bytes.
    pub digest: Digest,
    /// How many bytes it has.
    pub size: usize,
    /// The version of the interface that it was built for, where its imports say.
    pub interface: Option<String>,
    /// What it wants, each as `interface#function`.
    pub imports: Vec<String>,
    /// What it gives.
    pub exports: Vec<String>,
    /// What it says of itself, or why it would be refused.
    pub described: Result<Description, Problem>,
}

/// Looks at `module`. Compiles it; fails only where there are no bytes to look at.
pub fn inspect(engine: &Engine, module: &ModuleSource) -> Result<Inspection, Problem> {
    let bytes = loader::bytes(module)?;
    let surface = abi::surface(engine, &bytes);
    Ok(Inspection {
        digest: Digest::of(&bytes),
        size: bytes.len(),
        interface: surface.interface,
        imports: surface.imports,
        exports: surface.exports,
        described: describe(engine, &bytes),
    })
}

fn describe(engine: &Engine, bytes: &[u8]) -> Result<Description, Problem> {
    let limits = Limits {
        memory_bytes: MEMORY_BYTES,
        ..Limits::default()
    };
    let failed = |during| {
        move |error: abi::CallFailed| Problem::Failed {
            during,
            error: error.to_string(),
        }
    };
    let prepared = engine.code().prepare(engine, bytes, Digest::of(bytes))?;
    let _entered = engine.enter();
    let mut instance = prepared
        .start(engine, Arc::new(Journal::new("inspected")), limits)
        .map_err(failed("while it was started"))?;
    instance.describe().map_err(failed("in `describe`"))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_module_says_who_it_is_or_why_it_is_refused() {
        let engine = Engine::start().unwrap();
        let acl = ModuleSource::Builtin("acl".to_owned());
        let acl = inspect(&engine, &acl).unwrap();
        assert_eq!(acl.interface.as_deref(), Some("0.1.0"));
        assert_eq!(acl.exports, ["describe", "configure", "evaluate"]);
        let state = "opendialogue:policy/state@0.1.0#get".to_owned();
        assert!(acl.imports.contains(&state), "{:?}", acl.imports);
        assert_eq!(acl.described.unwrap().name, "acl");

        let folder = tempfile::tempdir().unwrap();
        let core =
            r#"(module (import "wasi_snapshot_preview1" "fd_write" (func)) (func (export "go")))"#;
        let stranger =
            r#"(component (import "wasi:cli/exit@0.2.0" (instance (export "exit" (func)))))"#;
        for (text, imports, exports, why) in [
            (
                core,
                vec!["wasi_snapshot_preview1#fd_write"],
                vec!["go"],
                "core module",
            ),
            (
                stranger,
                vec!["wasi:cli/exit@0.2.0#exit"],
                vec![],
                "wants what no policy gets",
            ),
            ("(component)", vec![], vec![], "no export `describe`"),
        ] {
            let path = folder.path().join("module.wasm");
            fs::write(&path, wat::parse_str(text).unwrap()).unwrap();
            let seen = inspect(&engine, &ModuleSource::Path(path)).unwrap();
            assert_eq!((seen.imports, seen.exports), own(imports, exports));
            let refused = seen.described.unwrap_err().to_string();
            assert!(refused.contains(why), "{refused}");
        }
        let path = folder.path().join("module.wasm");
        fs::write(&path, b"\0asm\x0d\0\x01\0broken").unwrap();
        let seen = inspect(&engine, &ModuleSource::Path(path)).unwrap();
        assert!(seen.imports.is_empty() && seen.size == 14);
        assert!(matches!(seen.described, Err(Problem::Damaged(_))));
    }

    fn own(imports: Vec<&str>, exports: Vec<&str>) -> (Vec<String>, Vec<String>) {
        let own = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect();
        (own(imports), own(exports))
    }
}
