//! From a compiled guest to a component: what the build of the default policies and
//! `opendialogue policy build` share. `build.rs` takes this file in by its path, so it stands on
//! nothing of ours.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;

use wit_component::ComponentEncoder;

/// What policies are compiled for.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// Where a guest's flags go: over every other way to give some.
pub(crate) const FLAGS: &str = "CARGO_ENCODED_RUSTFLAGS";

/// Whether `rustc` can compile for [`TARGET`], asked in `folder`, which may choose a toolchain.
pub(crate) fn has_target(rustc: &OsStr, folder: &Path) -> io::Result<bool> {
    let asked = Command::new(rustc)
        .current_dir(folder)
        .args(["--print", "target-libdir", "--target", TARGET])
        .output()?;
    let libraries = String::from_utf8_lossy(&asked.stdout).trim().to_owned();
    Ok(asked.status.success()
        && fs::read_dir(libraries).is_ok_and(|mut files| files.next().is_some()))
}

/// A guest's flags: vector instructions, and paths that say nothing of this machine.
pub(crate) fn flags(shown_as: &[(&Path, &str)]) -> OsString {
    let mut flags = OsString::from("-Ctarget-feature=+simd128");
    for (from, to) in shown_as {
        flags.push("\u{1f}--remap-path-prefix=");
        flags.push(from);
        flags.push(format!("={to}"));
    }
    flags
}

/// Wraps a core module that carries the interface into a component of it.
pub(crate) fn wrap(module: &[u8]) -> Result<Vec<u8>, String> {
    let mut encoder = ComponentEncoder::default();
    let encoded = encoder.validate(true).module(module);
    let component = encoded.and_then(|encoder| encoder.encode());
    component.map_err(|error| format!("{error:#}"))
}
