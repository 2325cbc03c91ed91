//! Builds the policies in other languages, once for as long as their sources stay the same.
//!
//! Everything lies below the target folder: the tools that `policies_elsewhere/tools` installs, a
//! copy of the sources with the interface beside it, and what is built.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use opendialogue::types::Digest;

/// How a policy in one language is built.
#[derive(Debug)]
pub(super) struct Language {
    /// Its folder, and what the policy says of itself.
    pub(super) name: &'static str,
    /// Its files there.
    sources: &'static [&'static str],
    /// What of the tools has to be there.
    needs: &'static [&'static str],
    /// The commands, one after another in the copy of the sources; they end with `manners.wasm`.
    /// `TOOLS` is the folder of the tools and `OPENDIALOGUE` the program.
    commands: &'static [&'static str],
}

impl Language {
    pub(super) const JAVASCRIPT: Self = Self {
        name: "javascript",
        sources: &["manners.js"],
        needs: &[COMPONENTIZE_QJS],
        commands: &[
            "TOOLS/npm/node_modules/.bin/componentize-qjs --sync --stub-wasi \
             --wit wit --world policy --js manners.js --output manners.wasm",
        ],
    };
    pub(super) const PYTHON: Self = Self {
        name: "python",
        sources: &["manners.py"],
        needs: &[COMPONENTIZE_PY],
        commands: &[
            "TOOLS/venv/bin/componentize-py --wit-path wit --world policy \
             componentize --stub-wasi --output manners.wasm manners",
        ],
    };
    pub(super) const C: Self = Self {
        name: "c",
        sources: &["manners.c", "json.c", "json.h"],
        needs: &[WIT_BINDGEN, ZIG],
        commands: &[
            "TOOLS/cargo/bin/wit-bindgen c wit --world policy --out-dir .",
            "TOOLS/venv/bin/python-zig cc -target wasm32-wasi -mexec-model=reactor -O2 -s \
             -Wl,-z,stack-size=65536 -Wall -Wextra -Werror -o manners.core.wasm \
             manners.c json.c policy.c policy_component_type.o",
            "OPENDIALOGUE policy build manners.core.wasm",
        ],
    };
    pub(super) const RUST: Self = Self {
        name: "rust",
        sources: &[
            "Cargo.toml",
            "Cargo.lock",
            "src/lib.rs",
            "src/rule.rs",
            "src/settings.rs",
            "src/settings.schema.json",
            "src/glue.rs",
        ],
        needs: &[],
        commands: &["OPENDIALOGUE policy build ."],
    };

    /// The component, built anew where something has changed; none where a tool is missing, which is
    /// said.
    pub(super) fn build(&self) -> Option<PathBuf> {
        let tools = scratch().join("tools");
        let missing = self.needs.iter().find(|tool| !tools.join(tool).exists());
        if let Some(tool) = missing {
            let tool = Path::new(tool).file_name().unwrap_or_default();
            // Past what the harness keeps back of a test that passes.
            let mut said = io::stderr();
            let _ = writeln!(
                said,
                "SKIPPED: the policy in {} is not tried, `{}` is missing; \
                 `tests/policies_elsewhere/tools` installs it",
                self.name,
                tool.display()
            );
            return None;
        }
        let built = scratch().join(self.name);
        let module = built.join("manners.wasm");
        let stamp = built.join("built");
        let digest = self.digest();
        let same = fs::read_to_string(&stamp).is_ok_and(|old| old == digest);
        if !same || !module.exists() {
            let _ = fs::remove_file(&stamp);
            self.copy_to(&built);
            for command in self.commands {
                run(command, &built, &tools);
            }
            // Group and others may read what a tool made, not write.
            fs::set_permissions(&module, fs::Permissions::from_mode(0o600)).unwrap();
            fs::write(&stamp, digest).unwrap();
        }
        Some(module)
    }

    /// Of everything that the component comes from.
    fn digest(&self) -> String {
        let mut all = self.commands.join("\n").into_bytes();
        all.extend(fs::read(folder().join("tools")).unwrap());
        for (from, to) in self.files() {
            all.extend(to.to_string_lossy().bytes());
            all.extend(fs::read(from).unwrap());
        }
        Digest::of(&all).to_string()
    }

    /// What cargo made before stays there: it knows what is new.
    fn copy_to(&self, built: &Path) {
        for (from, to) in self.files() {
            let to = built.join(to);
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::copy(from, to).unwrap();
        }
    }

    /// The sources and the interface, each with its place in the copy.
    fn files(&self) -> Vec<(PathBuf, PathBuf)> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let interface = (root.join("wit/v0.1/policy.wit"), "wit/policy.wit".into());
        let sources = self.sources.iter();
        let sources = sources.map(|file| (folder().join(self.name).join(file), file.into()));
        sources.chain([interface]).collect()
    }
}

const COMPONENTIZE_QJS: &str = "npm/node_modules/.bin/componentize-qjs";
const COMPONENTIZE_PY: &str = "venv/bin/componentize-py";
const ZIG: &str = "venv/bin/python-zig";
const WIT_BINDGEN: &str = "cargo/bin/wit-bindgen";

/// Where everything is built, and the tools are.
pub(super) fn scratch() -> &'static Path {
    Path::new(concat!(env!("CARGO_TARGET_TMPDIR"), "/languages"))
}

/// Where the sources are.
pub(super) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/policies_elsewhere")
}

fn run(command: &str, built: &Path, tools: &Path) {
    let mut words = command.split_whitespace();
    let program = match words.next().unwrap() {
        "OPENDIALOGUE" => env!("CARGO_BIN_EXE_opendialogue").into(),
        tool => tools.join(tool.strip_prefix("TOOLS/").unwrap()),
    };
    let ran = Command::new(program)
        .args(words)
        .current_dir(built)
        // Whatever they keep is kept here.
        .env("ZIG_GLOBAL_CACHE_DIR", scratch().join("zig"))
        .env("ZIG_LOCAL_CACHE_DIR", scratch().join("zig"))
        .env_remove("CARGO_TARGET_DIR")
        .output()
        .unwrap();
    assert!(
        ran.status.success(),
        "`{command}`\n{}\n{}",
        String::from_utf8_lossy(&ran.stdout),
        String::from_utf8_lossy(&ran.stderr)
    );
}
