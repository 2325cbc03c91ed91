use std::collections::BTreeSet;

use super::*;
use crate::types::{Digest, Direction};

const BOTH: &[Direction] = &[Direction::Inbound, Direction::Outbound];

/// The default chain in its order, and the directions that each policy judges.
const DEFAULT: &[(&str, &[Direction])] = &[
    ("acl", BOTH),
    ("rate-limit", BOTH),
    ("sanitize", &[Direction::Inbound]),
    ("url-tag", &[Direction::Inbound]),
    ("conversation", BOTH),
];

#[test]
fn without_an_entry_the_chain_is_the_default_one() {
    let chain = load("").unwrap().policies;
    assert_eq!(names(&chain), default_names());
    for (entry, (name, directions)) in chain.iter().zip(DEFAULT) {
        let module = ModuleSource::Builtin((*name).to_owned());
        assert_eq!(entry.module, module, "{name}");
        let directions: BTreeSet<_> = directions.iter().copied().collect();
        assert_eq!(entry.directions, directions, "{name}");
        let ways = (entry.mode, entry.on_failure);
        assert_eq!(ways, (Mode::Enforce, OnFailure::Hold), "{name}");
        let limits = Limits {
            time: Duration::from_millis(50),
            memory_bytes: 16 << 20,
        };
        assert_eq!(entry.limits, limits, "{name}");
        assert_eq!(entry.settings, serde_json::json!({}), "{name}");
        assert_eq!(entry.origin, Origin::Default, "{name}");
    }
}

#[test]
fn an_entry_changes_only_the_keys_that_it_gives() {
    let text = "[[policy]]\nname = 'acl'\nmode = 'off'\nlimits.time = '10ms'";
    let chain = load(text).unwrap().policies;
    let default = load("").unwrap().policies.remove(0);
    let listed = names(&chain);
    assert_eq!(
        listed,
        default_names(),
        "a policy that is off stays in the list"
    );
    assert_eq!(chain[0].mode, Mode::Off);
    assert_eq!(chain[0].limits.time, Duration::from_millis(10));
    assert_eq!(chain[0].limits.memory_bytes, default.limits.memory_bytes);
    assert_eq!(chain[0].module, default.module);
    assert_eq!(chain[0].directions, default.directions);
}

#[test]
fn a_new_policy_has_every_key_it_was_given() {
    let digest = Digest::of(b"module");
    let text = format!(
        "[[policy]]\nname = 'scan'\nmodule = 'm/scan.wasm'\nsha256 = '{}'\ndirections = ['outbound']\n\
         mode = 'monitor'\non_failure = 'pass'\nbefore = 'acl'\nlimits = {{ memory = '64MiB' }}\n\
         settings = {{ words = ['a', 'b'], deep = {{ x = 1.5, when = 2026-01-01 }}, on = true }}",
        digest.to_string().to_uppercase(),
    );
    let chain = load(&text).unwrap().policies;
    assert_eq!(names(&chain), in_full("scan acl … conversation"));
    let scan = &chain[0];
    assert_eq!(
        scan.module,
        ModuleSource::Path("/etc/od/m/scan.wasm".into()),
        "beside the file"
    );
    assert_eq!(scan.sha256, Some(digest));
    assert_eq!(scan.directions, BTreeSet::from([Direction::Outbound]));
    assert_eq!(
        (scan.mode, scan.on_failure),
        (Mode::Monitor, OnFailure::Pass)
    );
    assert_eq!(scan.limits.memory_bytes, 64 << 20);
    assert_eq!(scan.limits.time, Duration::from_millis(50));
    let settings = serde_json::json!({
        "deep": {"when": "2026-01-01", "x": 1.5}, "on": true, "words": ["a", "b"],
    });
    assert_eq!(scan.settings, settings);
}

#[test]
fn new_policies_come_last_or_before_the_one_they_name() {
    for (before, expected) in [
        (["", "", ""], "acl … conversation a b c"),
        (["acl", "", ""], "a acl … conversation b c"),
        (["acl", "acl", ""], "a b acl … conversation c"),
        (["conversation", "", "acl"], "c acl … a conversation b"),
        (["b", "", "a"], "acl … conversation c a b"),
        (["", "", "acl"], "c acl … conversation a b"),
        (["c", "c", "acl"], "a b c acl … conversation"),
    ] {
        let chain = load(&three(before)).unwrap().policies;
        assert_eq!(names(&chain), in_full(expected), "{before:?}");
    }
}

#[test]
fn places_that_nobody_can_have_are_refused() {
    for (before, sentence) in [
        (
            ["nobody", "", ""],
            ":4:10: `policy.a.before`: there is no policy `nobody`",
        ),
        (
            ["alc", "", ""],
            "there is no policy `alc`; did you mean `acl`?",
        ),
        (
            ["a", "", ""],
            "`policy.a.before`: this leads round in a circle",
        ),
        (
            ["b", "a", ""],
            "`policy.b.before`: this leads round in a circle",
        ),
        (
            ["b", "c", "a"],
            "`policy.c.before`: this leads round in a circle",
        ),
    ] {
        let report = load(&three(before)).unwrap_err().to_string();
        assert!(report.contains(sentence), "{before:?}: {report}");
    }
}

#[test]
fn a_faulty_entry_is_refused_with_its_line() {
    for (entry, complaint) in [
        ("mode = 'off'", "1:1: `policy`: an entry needs a `name`"),
        (
            "name = 'A b'",
            "2:8: `policy.name`: a policy's name is 1 to 64 of `a-z`, `0-9` and `-`",
        ),
        (
            "name = 'scan'",
            "1:1: `policy.scan`: there is no default policy of this name, so it needs a `module`",
        ),
        (
            "name = 'rate-limt'",
            "1:1: `policy.rate-limt`: there is no default policy of this name, so it needs a `module`; did you mean `rate-limit`?",
        ),
        (
            "name = 'acl'\nmodule = 'builtin:alc'",
            "3:10: `policy.acl.module`: there is no built-in policy `alc`; did you mean `acl`?",
        ),
        (
            "name = 'acl'\nmodule = ''",
            "3:10: `policy.acl.module`: expected `builtin:NAME` or a path",
        ),
        (
            "name = 'acl'\nsha256 = 'abc'",
            "3:10: `policy.acl.sha256`: expected the 64 hex digits of a SHA-256",
        ),
        (
            "name = 'acl'\ndirections = []",
            "3:14: `policy.acl.directions`: needs at least one direction; `mode = \"off\"` takes a policy out",
        ),
        (
            "name = 'acl'\ndirections = ['in']",
            "3:14: `policy.acl.directions`: expected one of `inbound`, `outbound`",
        ),
        (
            "name = 'acl'\ndirections = ['inbound', 'inbound']",
            "3:14: `policy.acl.directions`: `inbound` stands here twice",
        ),
        (
            "name = 'acl'\nmode = 'ofl'",
            "3:8: `policy.acl.mode`: expected one of `enforce`, `monitor`, `off`; did you mean `off`?",
        ),
        (
            "name = 'acl'\non_failure = 'pass'",
            "3:14: `policy.acl.on_failure`: `acl` can never pass what it could not judge; use `hold` or `reject`",
        ),
        (
            "name = 'mine'\nmodule = 'builtin:acl'\non_failure = 'pass'",
            "4:14: `policy.mine.on_failure`: `acl` can never pass what it could not judge; use `hold` or `reject`",
        ),
        (
            "name = 'acl'\nlimits = 3",
            "3:10: `policy.acl.limits`: expected a table, found an integer",
        ),
        (
            "name = 'acl'\nlimits.memory = '1KiB'",
            "3:17: `policy.acl.limits.memory`: must be from \"1MiB\" to \"1GiB\"",
        ),
        (
            "name = 'acl'\nsettings = []",
            "3:12: `policy.acl.settings`: expected a table, found an array",
        ),
        (
            "name = 'acl'\nsettings = { x = [nan] }",
            "3:19: `policy.acl.settings.x.0`: JSON has no such number",
        ),
        (
            "name = 'acl'\nmod = 'x'",
            "3:1: unknown key `policy.acl.mod`; did you mean `mode`?",
        ),
    ] {
        let report = load(&format!("[[policy]]\n{entry}"))
            .unwrap_err()
            .to_string();
        assert_eq!(report, format!("{FILE}:{complaint}"), "{entry}");
    }
    let twice = "[[policy]]\nname = 'acl'\n[[policy]]\nname = 'acl'";
    let report = load(twice).unwrap_err().to_string();
    assert_eq!(
        report,
        format!("{FILE}:3:1: `policy.acl`: there is already an entry with this name")
    );
    let single = load("[policy]\nname = 'acl'").unwrap_err().to_string();
    assert_eq!(
        single,
        format!("{FILE}:1:1: policies are a list: write `[[policy]]`")
    );
    let text = load("policy = ['acl']").unwrap_err().to_string();
    assert_eq!(
        text,
        format!("{FILE}:1:11: expected a policy's table, found a string")
    );
}

#[test]
fn more_policies_than_anybody_needs_are_refused() {
    let entry = |number| format!("[[policy]]\nname = 'p{number}'\nmodule = 'x.wasm'\n");
    let of = |count: usize| (0..count).map(entry).collect::<String>();
    assert_eq!(load(&of(64)).unwrap().policies.len(), 64 + DEFAULT.len());
    let report = load(&of(66)).unwrap_err().to_string();
    assert_eq!(
        report,
        format!("{FILE}:193:1: `policy`: there are more than 64 entries")
    );
}

#[test]
fn a_setting_that_a_policy_refuses_can_be_found_in_the_file() {
    let text = "[[policy]]\nname = 'acl'\n[policy.settings]\nmode = 'open'\n\
                rules = [\n  { peer = '1' },\n  { peer = '2' },\n]";
    let acl = load(text).unwrap().policies.remove(0);
    for (setting, place) in [
        ("mode", "4:8"),
        ("rules", "5:9"),
        ("rules.1.peer", "7:12"),
        ("rules.1.effect", "7:3"),
        ("unheard_of", "3:1"),
    ] {
        let origin = acl.setting_origin(setting).to_string();
        assert_eq!(origin, format!("{FILE}:{place}"), "{setting}");
    }
    let untouched = load("[[policy]]\nname = 'acl'").unwrap().policies.remove(0);
    assert_eq!(
        untouched.setting_origin("mode").to_string(),
        format!("{FILE}:1:1")
    );
}

#[test]
fn what_is_in_force_for_a_policy_is_shown_with_who_set_it() {
    let config = load("[[policy]]\nname = 'acl'\nmode = 'monitor'\nlimits.time = '1s'").unwrap();
    let rows = || config.settings.iter();
    for (name, _) in DEFAULT {
        let prefix = format!("policy.{name}.");
        let of_policy = rows().filter(|row| row.key.starts_with(&prefix));
        assert_eq!(of_policy.count(), 7, "{name}");
    }
    let rows: Vec<String> = rows()
        .filter(|row| row.key.starts_with("policy.acl."))
        .map(|row| format!("{} = {}  # {}", row.key, row.value, row.origin))
        .collect();
    insta::assert_snapshot!(rows.join("\n"), @r#"
    policy.acl.module = "builtin:acl"  # default
    policy.acl.directions = ["inbound", "outbound"]  # default
    policy.acl.mode = "monitor"  # /etc/od/opendialogue.toml:3:8
    policy.acl.on_failure = "hold"  # default
    policy.acl.limits.time = "1s"  # /etc/od/opendialogue.toml:4:15
    policy.acl.limits.memory = "16MiB"  # default
    policy.acl.settings = {}  # default
    "#);
}

/// Three new policies, each before the named one.
fn three(before: [&str; 3]) -> String {
    let entry = |name: &str, before: &str| {
        let entry = format!("[[policy]]\nname = '{name}'\nmodule = 'x.wasm'\n");
        match before {
            "" => entry,
            before => format!("{entry}before = '{before}'\n"),
        }
    };
    ["a", "b", "c"]
        .into_iter()
        .zip(before)
        .map(|(name, before)| entry(name, before))
        .collect()
}

/// The names in `sketch`, in which `…` stands for the middle of the default chain.
fn in_full(sketch: &str) -> Vec<&str> {
    let [_, middle @ .., _] = &default_names()[..] else {
        panic!("{DEFAULT:?}");
    };
    let sketch = sketch.split(' ');
    sketch
        .flat_map(|name| match name {
            "…" => middle.to_vec(),
            name => vec![name],
        })
        .collect()
}

fn default_names() -> Vec<&'static str> {
    DEFAULT.iter().map(|(name, _)| *name).collect()
}

fn names(chain: &[PolicyEntry]) -> Vec<&str> {
    chain.iter().map(|entry| entry.name.as_str()).collect()
}
