//! The JSON Schema says what a load takes, and the committed one is the program's.

use serde_json::Value;

use super::load;
use crate::config::json_schema;
use crate::config::schema::{KEYS, LIMIT_KEYS, POLICY_KEYS, TABLES};

const COMMITTED: &str = include_str!("../../../references/opendialogue.schema.json");
const SAMPLE: &str = include_str!("../../../references/opendialogue.sample.toml");

#[test]
fn the_committed_schema_is_the_programs() {
    let written = format!("{:#}\n", json_schema::document());
    assert!(
        written == COMMITTED,
        "write it anew: `opendialogue config schema > references/opendialogue.schema.json`"
    );
}

#[test]
fn every_key_is_described_and_no_other() {
    let schema = json_schema::document();
    let names = |value: &Value| -> Vec<String> {
        let described = value["properties"].as_object().unwrap();
        for (name, described) in described {
            assert!(described["description"].is_string(), "{name}");
        }
        described.keys().cloned().collect()
    };
    assert_eq!(names(&schema), TABLES);
    for table in TABLES.iter().filter(|table| **table != "policy") {
        let keys = KEYS.iter().filter(|key| key.table == *table);
        let keys: Vec<&str> = keys.map(|key| key.name).collect();
        assert_eq!(names(&schema["properties"][table]), keys);
    }
    let entry = &schema["properties"]["policy"]["items"];
    assert_eq!(names(entry), POLICY_KEYS);
    assert_eq!(names(&entry["properties"]["limits"]), LIMIT_KEYS);
}

#[test]
fn the_sample_keeps_to_the_schema_and_names_it() {
    assert_eq!(
        SAMPLE.lines().next(),
        Some("#:schema opendialogue.schema.json")
    );
    assert_eq!(complaints(SAMPLE), Vec::<String>::new());
}

#[test]
fn what_the_schema_refuses_a_load_refuses_too() {
    for wrong in [
        "[relay]\nurl = \"https://relay.example\"",
        "[relay]\nallow_plain = \"no\"",
        "[gateway]\nmax_in_flight = 65",
        "[gateway]\ndelivery_max_age = \"1 day\"",
        "[gateway]\npath = \"hooks\"",
        "[local]\nlisten = \"0.0.0.0:1\"",
        "[local]\nlisen = \"127.0.0.1:1\"",
        "[relay_server]\nstore = \"postgres://x\"",
        "[relay_server]\ntrusted_proxies = [\"proxy.example\"]",
        "[relay_server]\nmessage_max_bytes = 1",
        "[[policy]]\nmode = \"enforce\"",
        "[[policy]]\nname = \"acl\"\nmode = \"on\"",
        "[[policy]]\nname = \"acl\"\ndirections = []",
        "[[policy]]\nname = \"acl\"\nsha256 = \"00\"",
        "[[policy]]\nname = \"acl\"\nlimits = { time = 50 }",
        "[[policy]]\nname = \"acl\"\nlimits = { cpu = \"1s\" }",
        "[server]\nlisten = \"127.0.0.1:1\"",
    ] {
        assert!(!complaints(wrong).is_empty(), "{wrong}");
        assert!(load(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn what_a_load_takes_the_schema_takes_too() {
    for right in [
        "[relay]\nurl = \"ws://127.0.0.1:18786\"",
        "[gateway]\ndelivery_max_age = \"90 m\"\ntoken = \"a b~\"\npath = \"/x/y/\"",
        "[local]\nlisten = \"[::1]:0\"",
        "[relay_server]\nlisten = \"[::]:1\"\nstore = \"sqlite:x/y.db\"",
        "[relay_server]\ntrusted_proxies = [\"::1\", \"10.0.0.0/8\"]\nmax_turns = 0",
        "[[policy]]\nname = \"mine\"\nmodule = \"mine.wasm\"\nbefore = \"acl\"",
        "[[policy]]\nname = \"acl\"\nlimits.memory = \"1GiB\"\nsettings = { any = [1] }",
    ] {
        assert_eq!(complaints(right), Vec::<String>::new(), "{right}");
        assert!(load(right).is_ok(), "{right}: {:?}", load(right).err());
    }
}

/// What the schema has against a file.
fn complaints(text: &str) -> Vec<String> {
    let file: Value = toml::from_str(text).unwrap();
    let schema = jsonschema::validator_for(&json_schema::document()).unwrap();
    schema
        .iter_errors(&file)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect()
}
