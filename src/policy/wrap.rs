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

/// What every guest is compiled with: vector instructions, and small loops written out twice, since
/// each turn of a loop also asks whether the call's time is up.
const CODE: [&str; 3] = [
    "-Ctarget-feature=+simd128",
    "-Cllvm-args=-unroll-count=2",
    "-Cllvm-args=-unroll-threshold=60",
];

/// A guest's flags: how its code is made, and paths that say nothing of this machine.
pub(crate) fn flags(shown_as: &[(&Path, &str)]) -> OsString {
    let mut flags = OsString::from(CODE.join("\u{1f}"));
    for (from, to) in shown_as {
        flags.push("\u{1f}--remap-path-prefix=");
        flags.push(from);
        flags.push(format!("={to}"));
    }
    flags
}

/// Wraps a core module that carries the interface into a component of it.
pub(crate) fn wrap(module: &[u8]) -> Result<Vec<u8>, String> {
    let encoder = ComponentEncoder::default();
    let encoded = encoder.validate(true).module(module);
    let component = encoded.and_then(|mut encoder| encoder.encode());
    component.map_err(|error| format!("{error:#}"))
}
