//! Which module a person means, and where modules are compiled.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::thread;

use serde_json::Value;

use super::super::Context;
use super::super::failure::Failure;
use crate::config::Overrides;
use crate::policy::{Engine, ModuleSource, PolicySpec};

/// The stack of the compiler: deeply nested code makes it recurse.
const STACK_BYTES: usize = 16 * 1024 * 1024;

/// A file where `words` look like one, or the module in a folder, else the policy of that name in the
/// configuration, else the one that comes with the program.
pub(super) fn named(context: &Context, words: &str) -> Result<PolicySpec, Failure> {
    if let Some(name) = words.strip_prefix("builtin:") {
        return Ok(PolicySpec::of_builtin(name));
    }
    let path = Path::new(words);
    if path.is_dir() {
        return in_folder(path);
    }
    if words.contains('/') || path.extension().is_some() || path.exists() {
        return Ok(of_file(path));
    }
    let config = context.load(&Overrides::default())?;
    let entry = config.policies.iter().find(|entry| entry.name == words);
    let spec = entry.map_or_else(|| PolicySpec::of_builtin(words), PolicySpec::from);
    // It stands alone here, whomever it stands before in the chain.
    Ok(PolicySpec {
        before: None,
        ..spec
    })
}

/// The entry of the module that `policy build` put into `folder`.
pub(super) fn in_folder(folder: &Path) -> Result<PolicySpec, Failure> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let is_module = path.extension() == Some(OsStr::new("wasm"));
        // What `policy build` wraps is no module yet.
        let is_core = path.file_stem().is_some_and(|stem| {
            let stem = Path::new(stem);
            stem.extension() == Some(OsStr::new("core"))
        });
        if is_module && !is_core {
            found.push(path);
        }
    }
    match found.as_slice() {
        [module] => Ok(of_file(module)),
        [] => Err(Failure::Words(format!(
            "there is no module in `{}`: name one, or build it first with `opendialogue policy \
             build`",
            folder.display()
        ))),
        _ => Err(Failure::Words(format!(
            "there is more than one module in `{}`: name one",
            folder.display()
        ))),
    }
}

/// Settings as they are written on the command line.
pub(super) fn settings(text: &str) -> Result<Value, String> {
    match serde_json::from_str(text) {
        Ok(settings @ Value::Object(_)) => Ok(settings),
        Ok(_) => Err("settings are a JSON object".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// The entry of the module in `path`, under the file's name.
pub(super) fn of_file(path: &Path) -> PolicySpec {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let plain = |c: char| match c.to_ascii_lowercase() {
        c @ ('a'..='z' | '0'..='9' | '-' | '_') => c,
        _ => '-',
    };
    let name: String = stem.chars().map(plain).take(64).collect();
    let name = match name.as_str() {
        "" | "host" => "policy",
        name => name,
    };
    PolicySpec::new(name, ModuleSource::Path(path.to_owned()))
}

/// Does `work` with a runtime for policies, on a thread that a compiler can recurse on. Nothing that
/// is compiled there is kept.
pub(super) fn with_engine<T: Send>(
    work: impl FnOnce(&Engine) -> Result<T, Failure> + Send,
) -> Result<T, Failure> {
    let engine = Engine::start().map_err(anyhow::Error::new)?;
    let ended = thread::scope(|scope| {
        let thread = thread::Builder::new().stack_size(STACK_BYTES);
        let started = thread.spawn_scoped(scope, || work(&engine))?;
        Ok::<_, std::io::Error>(started.join())
    })?;
    ended.unwrap_or_else(|_| Err(Failure::failed("compiling the policies broke off")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_one_module_beside_what_it_was_wrapped_of() {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str| fs::write(folder.path().join(name), "").unwrap();
        let says = || in_folder(folder.path()).unwrap_err().to_string();
        put("one.core.wasm");
        assert!(says().starts_with("there is no module in "), "{}", says());
        put("one.wasm");
        assert_eq!(in_folder(folder.path()).unwrap().name, "one");
        put("two.wasm");
        assert!(says().starts_with("there is more than one module"));
    }

    #[test]
    fn a_file_gives_its_policy_a_name_that_is_allowed() {
        for (file, name) in [
            ("/a/no-links.wasm", "no-links"),
            ("No Links.wasm", "no-links"),
            ("host.wasm", "policy"),
            ("/", "policy"),
        ] {
            assert_eq!(of_file(Path::new(file)).name, name);
        }
    }
}
