//! Which module a person means, and where modules are compiled.

use std::path::Path;
use std::thread;

use super::super::Context;
use super::super::failure::Failure;
use crate::config::Overrides;
use crate::policy::{Engine, ModuleSource, PolicySpec};

/// The stack of the compiler: deeply nested code makes it recurse.
const STACK_BYTES: usize = 16 * 1024 * 1024;

/// A file where `words` look like one, else the policy of that name in the configuration, else the
/// one that comes with the program.
pub(super) fn named(context: &Context, words: &str) -> Result<PolicySpec, Failure> {
    if let Some(name) = words.strip_prefix("builtin:") {
        return Ok(PolicySpec::of_builtin(name));
    }
    let path = Path::new(words);
    if words.contains('/') || path.extension().is_some() || path.exists() {
        return Ok(of_file(path));
    }
    let config = context.load(&Overrides::default())?;
    let entry = config.policies.iter().find(|entry| entry.name == words);
    Ok(entry.map_or_else(|| PolicySpec::of_builtin(words), PolicySpec::from))
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
