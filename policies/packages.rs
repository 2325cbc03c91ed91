//! Where the sources of the packages are that this workspace is built with. Tests include this file.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Every package for this machine and for WebAssembly, with the folder of its sources: what a build
/// has fetched, and nothing of other platforms, so that it answers offline.
pub(crate) fn packages() -> Vec<(String, PathBuf)> {
    let asked = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--offline"])
        .args(["--filter-platform", "host-tuple"])
        .args(["--filter-platform", "wasm32-unknown-unknown"])
        .args([
            "--manifest-path",
            concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"),
        ])
        .output()
        .unwrap();
    let metadata: serde_json::Value = serde_json::from_slice(&asked.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap().iter();
    let packages = packages.map(|package| {
        let name = package["name"].as_str().unwrap().to_owned();
        let manifest = Path::new(package["manifest_path"].as_str().unwrap());
        (name, manifest.parent().unwrap().to_owned())
    });
    packages.collect()
}
