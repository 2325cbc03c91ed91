//! The module that is no default one: it does nothing, or never answers, and is built as any policy
//! is.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;

use opendialogue::policy::{ModuleSource, PolicySpec};

/// Where the modules are.
pub(crate) struct Modules {
    noop: PathBuf,
}

impl Modules {
    /// Builds them.
    pub(crate) fn build() -> Result<Self, Box<dyn Error>> {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/chain/noop");
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("noop");
        let built = Command::new(env!("CARGO_BIN_EXE_opendialogue"))
            .args(["policy", "build"])
            .arg(&source)
            .env("CARGO_TARGET_DIR", &target)
            .status()?;
        if !built.success() {
            return Err("the policy that does nothing does not build".into());
        }
        Ok(Self {
            noop: source.join("noop.wasm"),
        })
    }

    /// The policy that does nothing, under `name`.
    pub(crate) fn noop(&self, name: &str) -> PolicySpec {
        PolicySpec::new(name, ModuleSource::Path(self.noop.clone()))
    }

    /// A policy that never answers.
    pub(crate) fn endless(&self) -> PolicySpec {
        PolicySpec {
            settings: serde_json::json!({ "endless": true }),
            ..self.noop("endless")
        }
    }
}
