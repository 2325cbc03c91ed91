//! What is refused before any message, and in which words.

use serde_json::json;

use super::*;
use crate::config::{Config, Environment, Overrides};

fn refused(spec: PolicySpec) -> String {
    Chain::load(engine(), &[spec]).unwrap_err().to_string()
}

fn refused_bytes(bytes: &[u8]) -> String {
    refused(Shelf::new().put("mine", bytes))
}

fn refused_module(module: &Module) -> String {
    refused_bytes(&module.bytes())
}

#[test]
fn the_default_policies_load_and_are_small() {
    for builtin in builtins() {
        let size = builtin.bytes.len();
        assert!(size < 250 * 1024, "`{}` has {size} bytes", builtin.name);
        let chain = load(&[PolicySpec::of_builtin(builtin.name)]);
        let (name, digest, description) = chain.descriptions().next().unwrap();
        assert_eq!(name, builtin.name);
        assert_eq!(description.name, builtin.name);
        assert_eq!(digest, crate::types::Digest::of(builtin.bytes));
        let schema: serde_json::Value = serde_json::from_str(&description.settings_schema).unwrap();
        assert_eq!(schema["additionalProperties"], json!(false));
    }
}

#[test]
fn every_policy_that_is_built_in_can_be_named_in_a_configuration() {
    let environment = Environment::from_pairs([("HOME", "/h")]);
    for builtin in builtins() {
        let name = builtin.name;
        let text = format!("[[policy]]\nname = \"mine\"\nmodule = \"builtin:{name}\"\n");
        let flags = Overrides::default();
        let config = Config::from_text(&environment, &flags, "/c.toml".as_ref(), &text);
        assert_eq!(
            config.unwrap().policies.last().unwrap().name,
            "mine",
            "{name}"
        );
    }
}

#[test]
fn what_is_no_component_is_refused_in_one_sentence() {
    let component = Module::default().bytes();
    let core = wat::parse_str("(module)").unwrap();
    for (bytes, says) in [
        (&b""[..], "its file is empty"),
        (b"#!/bin/sh\n", "it is not WebAssembly"),
        (b"xyz", "it is not WebAssembly"),
        (&core, "it is a core module, not a component"),
        (&component[..5], "it is cut short or damaged"),
        (
            &component[..component.len() / 2],
            "it is cut short or damaged",
        ),
    ] {
        let refusal = refused_bytes(bytes);
        assert!(
            refusal.starts_with(&format!("policy `mine`: {says}")),
            "{refusal}"
        );
        assert_eq!(refusal.lines().count(), 1, "{refusal}");
    }
}

#[test]
fn every_stranger_among_the_imports_is_named() {
    let wants = Module {
        imports: "(import \"wasi:cli/environment@0.2.0\" (instance))
            (import \"wasi:clocks/wall-clock@0.2.0\" (instance))
            (import \"opendialogue:policy/secrets@0.1.0\" (instance))
            (import \"opendialogue:policy/hooks@0.1.0\" (instance (export \"x\" (func))))
            (import \"host-call\" (func))"
            .to_owned(),
        ..Module::default()
    };
    assert_eq!(
        refused_module(&wants),
        "policy `mine`: it wants what no policy gets: `wasi:cli/environment@0.2.0`, \
         `wasi:clocks/wall-clock@0.2.0`, `opendialogue:policy/secrets@0.1.0`, \
         `opendialogue:policy/hooks@0.1.0`, `host-call`"
    );
    let text = Module::default().text();
    let unknown_function = text.replace(
        "(export \"now\" (func (result u64)))",
        "(export \"now\" (func (result u64))) (export \"sleep\" (func))",
    );
    assert_eq!(
        refused_bytes(&wat::parse_str(unknown_function).unwrap()),
        "policy `mine`: it wants what no policy gets: `opendialogue:policy/time@0.1.0#sleep`"
    );
}

#[test]
fn another_version_of_the_interface_is_named() {
    let text = Module::default().text().replace("@0.1.0", "@0.2.0");
    assert_eq!(
        refused_bytes(&wat::parse_str(text).unwrap()),
        "policy `mine`: it was built for version 0.2.0 of the interface, this program has 0.1.0"
    );
}

#[test]
fn a_missing_or_mistyped_export_is_named() {
    let missing = Module {
        evaluate_name: "judge",
        ..Module::default()
    };
    assert_eq!(
        refused_module(&missing),
        "policy `mine`: it has no export `evaluate`"
    );
    let text = Module::default().text();
    let mistyped = text.replace(
        "(export \"describe\" (func $describe))",
        "(export \"describe\" (func $configure))",
    );
    let refusal = refused_bytes(&wat::parse_str(mistyped).unwrap());
    assert!(
        refusal.starts_with("policy `mine`: it does not fit the interface"),
        "{refusal}"
    );
}

#[test]
fn a_policy_that_fails_before_any_message_is_refused() {
    const ENDLESS: &str = "(loop (br 0)) (unreachable)";
    const GROWS: &str = "(loop (br_if 0 (i32.ne (memory.grow (i32.const 16)) (i32.const -1))))
        (unreachable)";
    let starts = |code: &str| Module {
        start: format!("(func $begin {code}) (start $begin)").leak(),
        ..Module::default()
    };
    let describes = |describe| Module {
        describe,
        ..Module::default()
    };
    let configures = |configure| Module {
        configure,
        ..Module::default()
    };
    let memory = "it wants more memory than the 16777216 bytes of its limit";
    let time = "it took longer than 1000 ms";
    for (module, during, why) in [
        (starts("(unreachable)"), "while it was started", "wasm trap"),
        (starts("(loop (br 0))"), "while it was started", time),
        (starts(GROWS), "while it was started", memory),
        (describes("(unreachable)"), "in `describe`", "wasm trap"),
        (describes(ENDLESS), "in `describe`", time),
        (describes(GROWS), "in `describe`", memory),
        (configures("(unreachable)"), "in `configure`", "wasm trap"),
        (configures(ENDLESS), "in `configure`", time),
        (configures(GROWS), "in `configure`", memory),
    ] {
        let refusal = refused_module(&module);
        let begins = format!("policy `mine`: it failed {during}: {why}");
        assert!(refusal.starts_with(&begins), "{refusal}");
    }
}

#[test]
fn what_a_policy_says_before_any_message_has_a_bound_and_is_text() {
    let says = |describe, configure| Module {
        describe,
        configure,
        ..Module::default()
    };
    for (module, during, why) in [
        (
            // Its name has 12 MB.
            says(
                "(drop (memory.grow (i32.const 192)))
                 (i32.store offset=4 (i32.const 0x400) (i32.const 12000000)) (i32.const 0x400)",
                "(i32.const 0x800)",
            ),
            "in `describe`",
            "too much",
        ),
        (
            says(
                "(i32.store8 (i32.load (i32.const 0x400)) (i32.const 0xff)) (i32.const 0x400)",
                "(i32.const 0x800)",
            ),
            "in `describe`",
            "utf-8",
        ),
        (
            // It complains of 500,000 settings without a name.
            says(
                "(i32.const 0x400)",
                "(drop (memory.grow (i32.const 192)))
                 (i32.store8 (i32.const 0x800) (i32.const 1))
                 (i32.store offset=4 (i32.const 0x800) (i32.const 0x200000))
                 (i32.store offset=8 (i32.const 0x800) (i32.const 500000)) (i32.const 0x800)",
            ),
            "in `configure`",
            "too much",
        ),
    ] {
        let refusal = refused_module(&module);
        let begins = format!("policy `mine`: it failed {during}: ");
        assert!(
            refusal.starts_with(&begins) && refusal.contains(why),
            "{refusal}"
        );
        assert!(refusal.len() < 500, "{refusal}");
    }
}

#[test]
fn a_policy_that_needs_more_memory_than_its_limit_is_refused() {
    let mut spec = Shelf::new().put("mine", &Module::default().bytes());
    let shelf = Shelf::new();
    spec.module = shelf.put("mine", &Module::default().bytes()).module;
    spec.limits.memory_bytes = 1024 * 1024;
    assert_eq!(
        refused(spec),
        "policy `mine`: it failed while it was started: it wants more memory than the 1048576 \
         bytes of its limit"
    );
}

#[test]
fn a_bad_setting_is_refused_by_its_name() {
    let mut spec = PolicySpec::of_builtin("acl");
    spec.settings = json!({ "mod": "open", "rules": [{ "effect": "deny" }] });
    assert_eq!(
        refused(spec),
        "policy `acl`: setting `mod` is no setting; there are `mode`, `rules`; did you mean `mode`?; \
         setting `rules[0].effect` must be one of `allow`, `reject`, `hold`"
    );
}

#[test]
fn an_entry_that_contradicts_its_module_is_refused() {
    let acl = || PolicySpec::of_builtin("acl");
    let pinned = crate::types::Digest::of(b"other bytes");
    let own = crate::types::Digest::of(builtin("acl").unwrap().bytes);
    let there_are = builtins().map(|builtin| format!("`{}`", builtin.name));
    let there_are = there_are.collect::<Vec<_>>().join(", ");
    for (spec, says) in [
        (
            PolicySpec {
                sha256: Some(pinned),
                ..acl()
            },
            format!("policy `acl`: its digest is {own}, the entry's `sha256` is {pinned}"),
        ),
        (
            PolicySpec {
                on_failure: OnFailure::Pass,
                ..acl()
            },
            "policy `acl`: `on_failure = \"pass\"` is not allowed for it".to_owned(),
        ),
        (
            PolicySpec {
                module: ModuleSource::Builtin("alc".to_owned()),
                ..acl()
            },
            format!("policy `acl`: no policy `alc` comes with the program; there are {there_are}"),
        ),
        (
            PolicySpec {
                before: Some("nobody".to_owned()),
                ..acl()
            },
            "policy `acl`: `before` names `nobody`, which is no policy of this chain".to_owned(),
        ),
        (
            PolicySpec {
                name: "host".to_owned(),
                ..acl()
            },
            "policy `host`: a policy's name is 1 to 64 of `a-z 0-9 - _`, and not `host`".to_owned(),
        ),
    ] {
        assert_eq!(refused(spec), says);
    }
    load(&[PolicySpec {
        sha256: Some(own),
        ..acl()
    }]);
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let shelf = Shelf::new();
    let failed = Chain::load(
        engine(),
        &[
            PolicySpec::of_builtin("acl"),
            PolicySpec::of_builtin("acl"),
            shelf.put("empty", b""),
            PolicySpec::of_builtin("none"),
        ],
    );
    let errors = failed.unwrap_err().errors;
    let policies: Vec<_> = errors.iter().map(|error| error.policy.as_str()).collect();
    assert_eq!(policies, ["acl", "empty", "none"]);
}

#[test]
fn an_entry_stands_before_the_one_it_names() {
    let acl = |name: &str, before: Option<&str>| PolicySpec {
        name: name.to_owned(),
        before: before.map(str::to_owned),
        ..PolicySpec::of_builtin("acl")
    };
    let off = PolicySpec {
        mode: Mode::Off,
        ..acl("off", None)
    };
    for (specs, order) in [
        (vec![acl("a", None), acl("b", None)], "a b"),
        (vec![acl("a", None), acl("b", Some("a"))], "b a"),
        (
            vec![
                off,
                acl("a", None),
                acl("b", Some("c")),
                acl("c", Some("off")),
            ],
            "b c off a",
        ),
        (
            vec![acl("a", Some("b")), acl("b", Some("a")), acl("c", None)],
            "c a b",
        ),
    ] {
        let names: Vec<_> = load(&specs)
            .snapshot()
            .into_iter()
            .map(|status| status.name)
            .collect();
        assert_eq!(names.join(" "), order);
    }
}
