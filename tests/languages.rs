//! Policies in other languages: one rule in four of them, the same decisions by all.
//!
//! `policies_elsewhere/` has the sources, the cases and what each language needs. A language whose
//! tools are not there is left out and says so on standard error.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;
use std::thread;
use std::time::Duration;

use opendialogue::policy::cases::{self, Runner};
use opendialogue::policy::{Chain, Engine, Limits, LoadFailed, ModuleSource, PolicySpec, Problem};
use opendialogue::types::Direction;
use serde::Deserialize;
use serde_json::Value;

mod building;

use building::{Language, folder, scratch};

/// The stack of the compiler: deeply nested code makes it recurse.
const STACK_BYTES: usize = 16 * 1024 * 1024;

#[test]
fn a_policy_in_rust_decides_as_the_rule_says() {
    tried(&Language::RUST, Limits::default());
}

#[test]
fn a_policy_in_c_decides_as_the_rule_says() {
    tried(&Language::C, Limits::default());
}

#[test]
fn a_policy_in_javascript_decides_as_the_rule_says() {
    tried(&Language::JAVASCRIPT, Limits::default());
}

#[test]
fn a_policy_in_python_decides_as_the_rule_says() {
    let limits = Limits {
        memory_bytes: 64 * 1024 * 1024,
        ..Limits::default()
    };
    tried(&Language::PYTHON, limits);
}

/// Builds the policy where its tools are there, and holds it against everything that is expected.
fn tried(language: &Language, limits: Limits) {
    let Some(module) = language.build() else {
        return;
    };
    let limits = Limits {
        // Nobody tests here how busy this machine is.
        time: limits.time.max(Duration::from_secs(1)),
        ..limits
    };
    let work = move || {
        let spec = PolicySpec {
            limits,
            ..PolicySpec::new("manners", ModuleSource::Path(module))
        };
        // Keeps the code at hand for all that follows. Whatever wants more than the interface gives,
        // of WASI say, is refused here.
        let chain = Chain::load(&ENGINE, std::slice::from_ref(&spec)).unwrap();
        says_what_it_is(language, &chain);
        decides_every_case(language, &spec);
        refuses_what_is_no_setting(language, &spec);
    };
    thread::scope(|scope| {
        let thread = thread::Builder::new().stack_size(STACK_BYTES);
        let ended = thread.spawn_scoped(scope, work).unwrap().join();
        // Its own words are above.
        assert!(ended.is_ok(), "{}", language.name);
    });
}

fn says_what_it_is(language: &Language, chain: &Chain) {
    let (_, _, described) = chain.descriptions().next().unwrap();
    assert_eq!(
        (described.name.as_str(), described.version.as_str()),
        ("manners", "0.1.0")
    );
    assert_eq!(described.directions, [Direction::Inbound]);
    assert!(described.may_pass_on_failure);
    let note = &described.notes[0];
    assert_eq!(
        (note.key.as_str(), note.value.as_str()),
        ("language", language.name)
    );
    let schema = folder().join("rust/src/settings.schema.json");
    let schema: Value = serde_json::from_str(&fs::read_to_string(schema).unwrap()).unwrap();
    let said: Value = serde_json::from_str(&described.settings_schema).unwrap();
    assert_eq!(said, schema);
}

fn decides_every_case(language: &Language, spec: &PolicySpec) {
    let text = fs::read_to_string(folder().join("cases/manners.toml")).unwrap();
    let mut runner = Runner::new(&ENGINE, spec.clone());
    let cases = cases::parse(&text).unwrap();
    assert!(cases.len() > 10);
    for case in cases {
        let missed = runner.run(&case).unwrap();
        let name = &case.name;
        assert!(missed.is_empty(), "{}: {name}: {missed:#?}", language.name);
    }
}

fn refuses_what_is_no_setting(language: &Language, spec: &PolicySpec) {
    let text = fs::read_to_string(folder().join("refused.toml")).unwrap();
    let refused: Refused = toml::from_str(&text).unwrap();
    assert!(refused.refused.len() > 5);
    for settings in refused.refused {
        let spec = PolicySpec {
            settings: serde_json::to_value(&settings.settings).unwrap(),
            ..spec.clone()
        };
        let failed = Chain::load(&ENGINE, &[spec]).unwrap_err();
        let mut expected = settings.problems;
        expected.sort();
        assert_eq!(problems(failed), expected, "{}", language.name);
    }
}

/// What a policy said of its settings, in no order.
fn problems(failed: LoadFailed) -> Vec<String> {
    let errors = failed.errors.into_iter();
    let problems = errors.flat_map(|error| {
        let Problem::Settings(problems) = error.problem else {
            panic!("{error}");
        };
        problems
    });
    let mut said: Vec<String> = problems
        .map(|one| format!("{}: {}", one.setting, one.problem))
        .collect();
    said.sort();
    said
}

/// Settings that nobody takes, as the file has them.
#[derive(Deserialize)]
struct Refused {
    refused: Vec<RefusedSettings>,
}

#[derive(Deserialize)]
struct RefusedSettings {
    settings: toml::Table,
    /// `setting: problem`.
    problems: Vec<String>,
}

/// One runtime for all; what it compiles is kept for the next run.
static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    let folder: &Path = scratch();
    Engine::start_with_cache(&folder.join("cache"), &folder.join("cache.key")).unwrap()
});
