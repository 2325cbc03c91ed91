//! `opendialogue policy build`: cargo for WebAssembly and the wrapping, with no second tool.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context as _;
use serde::Deserialize;
use serde_json::Value;

use super::super::failure::Failure;
use super::super::print;
use crate::files;
use crate::policy::wrap::{self, TARGET};
use crate::types::Digest;

/// Build a policy written in Rust into a component, or wrap what another compiler made
///
/// Runs cargo for `wasm32-unknown-unknown`, wraps what it makes with the interface, and puts it
/// into the folder as `NAME.wasm`, whole or not at all: a daemon that follows it sees one change.
/// Of a file `NAME.core.wasm` it makes `NAME.wasm` beside it, and runs nothing.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The policy's folder, with its `Cargo.toml`, or a core module `NAME.core.wasm`
    #[arg(value_name = "FOLDER|MODULE", default_value = ".")]
    place: PathBuf,
}

impl Arguments {
    pub(super) fn run(self) -> Result<(), Failure> {
        let (made, module, file) = match self.place.is_file() {
            true => ("it", self.place.clone(), beside(&self.place)?),
            false => {
                let folder = fs::canonicalize(&self.place);
                let folder = folder.map_err(|error| unusable(&self.place, &error))?;
                let name = package_name(&folder)?;
                check_target(&folder)?;
                let file = self.place.join(format!("{name}.wasm"));
                ("what cargo made", compile(&folder, &name)?, file)
            }
        };
        let module = fs::read(&module).with_context(|| format!("`{}`", module.display()))?;
        let component = wrap::wrap(&module)
            .map_err(|error| Failure::failed(format!("{made} cannot be wrapped: {error}")))?;
        files::replace_private(&file, &component).map_err(anyhow::Error::new)?;
        print::line(format_args!(
            "{}: {} bytes, sha256 {}",
            file.display(),
            component.len(),
            Digest::of(&component)
        ))
    }
}

/// Where the component of the core module in `file` is put.
fn beside(file: &Path) -> Result<PathBuf, Failure> {
    let name = file.file_name().and_then(OsStr::to_str);
    let name = name.and_then(|name| name.strip_suffix(".core.wasm"));
    let name = name.filter(|name| !name.is_empty()).ok_or_else(|| {
        let shown = file.display();
        Failure::Words(format!(
            "`{shown}` is no folder, and no module that is called `NAME.core.wasm`"
        ))
    })?;
    Ok(file.with_file_name(format!("{name}.wasm")))
}

#[derive(Deserialize)]
struct Manifest {
    package: Package,
}

#[derive(Deserialize)]
struct Package {
    name: String,
}

fn package_name(folder: &Path) -> Result<String, Failure> {
    let path = folder.join("Cargo.toml");
    let text = fs::read_to_string(&path).map_err(|error| unusable(&path, &error))?;
    let manifest: Manifest = toml::from_str(&text)
        .map_err(|error| Failure::Words(format!("`{}`: {error}", path.display())))?;
    Ok(manifest.package.name)
}

fn unusable(path: &Path, error: &io::Error) -> Failure {
    Failure::Words(format!("`{}` cannot be read: {error}", path.display()))
}

fn check_target(folder: &Path) -> Result<(), Failure> {
    match wrap::has_target(OsStr::new("rustc"), folder) {
        Ok(true) => Ok(()),
        Ok(false) => Err(Failure::failed(format!(
            "the compiler cannot build for WebAssembly; bring the target with `rustup target add \
             {TARGET}`"
        ))),
        Err(_) => Err(Failure::failed(
            "there is no `rustc` in the PATH; install Rust from https://rustup.rs",
        )),
    }
}

/// Has cargo compile the library of the package `name`, and names the module.
fn compile(folder: &Path, name: &str) -> Result<PathBuf, Failure> {
    let cargo = Command::new("cargo")
        .current_dir(folder)
        .args(["build", "--release", "--lib", "--target", TARGET])
        .args(["--message-format", "json-render-diagnostics"])
        .env(wrap::FLAGS, wrap::flags(&[(folder, name)]))
        // What cargo has to say goes to whoever waits.
        .stderr(Stdio::inherit())
        .output()
        .context("cargo does not run")?;
    if !cargo.status.success() {
        return Err(Failure::failed("the policy does not build"));
    }
    let said = String::from_utf8_lossy(&cargo.stdout);
    module_of(&said, name).ok_or_else(|| {
        Failure::failed(
            "cargo made no WebAssembly module; the package needs `crate-type = [\"cdylib\"]`",
        )
    })
}

/// The module among what cargo says that it made: one JSON object on each line.
fn module_of(said: &str, name: &str) -> Option<PathBuf> {
    let library = name.replace('-', "_");
    let made = said
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut files = made
        .filter(|made| made["reason"] == "compiler-artifact")
        .filter(|made| {
            let made = made["target"]["name"].as_str();
            made.is_some_and(|made| made.replace('-', "_") == library)
        })
        .flat_map(|made| made["filenames"].as_array().cloned().unwrap_or_default())
        .filter_map(|file| file.as_str().map(PathBuf::from));
    files.find(|file| file.extension() == Some(OsStr::new("wasm")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_module_is_found_among_what_cargo_made() {
        let said = r#"
{"reason":"compiler-artifact","target":{"name":"other"},"filenames":["/t/other.wasm"]}
not json
{"reason":"compiler-artifact","target":{"name":"no_links"},"filenames":["/t/n.rlib","/t/n.wasm"]}
{"reason":"build-finished","success":true}"#;
        assert_eq!(module_of(said, "no-links"), Some("/t/n.wasm".into()));
        assert_eq!(module_of(said, "none"), None);
    }

    #[test]
    fn only_a_core_module_says_what_its_component_is_called() {
        let file = beside(Path::new("there/my.own.core.wasm"));
        assert_eq!(file.unwrap(), Path::new("there/my.own.wasm"));
        for other in ["there/own.wasm", ".core.wasm", "there/Cargo.toml"] {
            assert!(beside(Path::new(other)).is_err(), "{other}");
        }
    }
}
