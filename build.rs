//! Builds the default policies: every member of the guests' workspace in `policies/`, compiled to
//! WebAssembly by a nested cargo and wrapped into a component of the interface in `wit/`.
//!
//! Writes `OUT_DIR/<name>.wasm` and `OUT_DIR/builtins.rs`, a list of name and bytes. The bytes
//! depend on the sources, the lock file and the compiler alone, never on where the checkout lies.
//! Beside them it writes `OUT_DIR/no_op.wasm`, which `policy bench` measures against.

use std::env;
use std::error::Error;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

#[path = "src/policy/wrap.rs"]
mod wrap;

use wrap::TARGET;

/// The policy that does nothing. It has no cases, and is no default.
const NO_OP: &str = "no-op";

fn main() {
    let Err(error) = build() else { return };
    for line in error.to_string().lines() {
        tell_cargo("error", line);
    }
}

fn build() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(required("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(required("OUT_DIR")?);
    let policies = root.join("policies");
    let names = policy_names(&policies)?;
    watch(&names);
    bring_target()?;
    let modules = compile(&policies, &names, &out.join("policies"))?;
    wrap_file(&modules.join("no_op.wasm"), &out.join("no_op.wasm"))?;
    let mut list = String::from("&[\n");
    for name in names {
        let component = out.join(format!("{name}.wasm"));
        let module = format!("{}.wasm", name.replace('-', "_"));
        wrap_file(&modules.join(module), &component)?;
        writeln!(list, "    ({name:?}, include_bytes!({component:?})),")?;
    }
    list.push_str("]\n");
    fs::write(out.join("builtins.rs"), list)?;
    Ok(())
}

/// A policy is a folder with a package and its cases.
fn policy_names(policies: &Path) -> Result<Vec<String>, Box<dyn Error>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(policies)? {
        let entry = entry?;
        let folder = entry.path();
        if folder.join("Cargo.toml").is_file() && folder.join("cases").is_dir() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// Runs this again when a source changes, but not when `policies/target` does.
fn watch(names: &[String]) {
    let fixed = [
        "build.rs",
        "src/policy/wrap.rs",
        "wit",
        "policies/Cargo.toml",
        "policies/Cargo.lock",
        "policies/guest/Cargo.toml",
        "policies/guest/src",
        "policies/idna-adapter/Cargo.toml",
        "policies/idna-adapter/src",
        "policies/unicode/Cargo.toml",
        "policies/unicode/build.rs",
        "policies/unicode/build",
        "policies/unicode/src",
    ];
    for path in fixed {
        tell_cargo("rerun-if-changed", path);
    }
    for name in names.iter().map(String::as_str).chain([NO_OP]) {
        for part in ["Cargo.toml", "src"] {
            tell_cargo("rerun-if-changed", &format!("policies/{name}/{part}"));
        }
    }
}

/// Makes sure that the compiler can build for WebAssembly: rustup is asked once where it cannot.
fn bring_target() -> Result<(), Box<dyn Error>> {
    if has_target()? {
        return Ok(());
    }
    let asked = Command::new("rustup")
        .args(["target", "add", TARGET])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if asked.is_ok_and(|status| status.success()) && has_target()? {
        return Ok(());
    }
    Err(format!("the policies need a compiler target that is missing; bring it with `rustup target add {TARGET}`").into())
}

fn has_target() -> Result<bool, Box<dyn Error>> {
    Ok(wrap::has_target(&required("RUSTC")?, Path::new("."))?)
}

/// Compiles the workspace in `policies` and names the folder with its modules.
fn compile(policies: &Path, names: &[String], target: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let mut cargo = Command::new(required("CARGO")?);
    cargo
        .current_dir(policies)
        .args([
            "build",
            "--release",
            "--locked",
            "--lib",
            "--target",
            TARGET,
        ])
        .arg("--target-dir")
        .arg(target);
    for name in names.iter().map(String::as_str).chain([NO_OP]) {
        cargo.args(["--package", name]);
    }
    // What was meant for the host's own build would change or break the guests'.
    for (name, _) in env::vars_os() {
        let name = name.to_string_lossy();
        let meant_for_host = name.starts_with("CARGO_ENCODED_")
            || name.starts_with("CARGO_PROFILE_")
            || name.starts_with("CARGO_BUILD_")
            || name.starts_with("CARGO_TARGET_")
            || name.starts_with("CARGO_FEATURE_")
            || name.starts_with("CARGO_CFG_")
            || name.ends_with("_WRAPPER")
            || name == "RUSTFLAGS"
            || name == "CLIPPY_ARGS"
            || name == "TARGET";
        if meant_for_host {
            cargo.env_remove(&*name);
        }
    }
    cargo.env(wrap::FLAGS, flags(policies)?);
    let done = cargo.stdout(Stdio::null()).output()?;
    if done.status.success() {
        return Ok(target.join(TARGET).join("release"));
    }
    Err(format!(
        "the policies do not build:\n{}",
        String::from_utf8_lossy(&done.stderr)
    )
    .into())
}

fn flags(policies: &Path) -> Result<OsString, Box<dyn Error>> {
    let home = match required("CARGO_HOME") {
        Ok(home) => PathBuf::from(home),
        Err(_) => env::home_dir().ok_or("no home directory")?.join(".cargo"),
    };
    Ok(wrap::flags(&[(policies, "policies"), (&home, "cargo")]))
}

/// Wraps the module at `from` into a component at `to`.
fn wrap_file(from: &Path, to: &Path) -> Result<(), Box<dyn Error>> {
    fs::write(to, wrap::wrap(&fs::read(from)?)?)?;
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "cargo tells a build script so")]
fn required(name: &str) -> Result<OsString, String> {
    env::var_os(name).ok_or_else(|| format!("cargo did not set {name}"))
}

fn tell_cargo(what: &str, value: &str) {
    println!("cargo::{what}={value}");
}
