//! A home from which cargo can be run, and one folder for what it builds, so that only the first
//! run of the tests compiles what every policy stands on.

use std::fs;
use std::path::{Path, PathBuf};

use crate::commands::process::Home;

/// A home with the environment that cargo and rustup need. What a policy stands on was fetched when
/// the default ones were built, so nothing is asked of a registry.
pub(super) fn home() -> Home {
    let mut home = Home::new("");
    for name in ["PATH", "RUSTUP_TOOLCHAIN"] {
        if let Some(value) = variable(name) {
            home = home.with(name, &value);
        }
    }
    for (name, folder) in [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")] {
        let usual = || format!("{}/{folder}", variable("HOME").unwrap());
        home = home.with(name, &variable(name).unwrap_or_else(usual));
    }
    let target = kept().join("target");
    home.with("CARGO_NET_OFFLINE", "true")
        .with("CARGO_TARGET_DIR", target.to_str().unwrap())
}

/// An empty folder for the policy `name`, always at the same place: cargo compiles anew what lies
/// elsewhere.
pub(super) fn folder(name: &str) -> PathBuf {
    let folder = kept().join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder).unwrap();
    }
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn kept() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("authoring")
}

#[expect(
    clippy::disallowed_methods,
    reason = "cargo is run as whoever runs the tests would"
)]
pub(super) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
