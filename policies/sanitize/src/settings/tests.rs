use serde_json::{Value, json};

use super::*;

#[test]
fn nothing_said_is_the_balanced_profile() {
    assert_eq!(Settings::from_json("{}"), Ok(Settings::default()));
    let said = r#"{"profile": "balanced"}"#;
    assert_eq!(Settings::from_json(said), Ok(Settings::default()));
}

#[test]
fn a_setting_wins_over_its_profile() {
    let said =
        json!({ "profile": "strict", "zwj": "context", "max_chars": 10, "removed_budget": 1 });
    let settings = Settings::from_json(&said.to_string()).unwrap();
    assert_eq!(settings.clean.zwj, Joiner::Context);
    assert_eq!(settings.clean.zwnj, Joiner::Strip);
    assert_eq!((settings.max_chars, settings.removed_budget), (10, 1.0));
}

#[test]
fn a_bad_setting_is_refused_by_its_name() {
    for (settings, names) in [
        (json!([]), vec!["settings"]),
        (json!({ "zwjj": "context" }), vec!["zwjj"]),
        (json!({ "profile": "lax" }), vec!["profile"]),
        (json!({ "normalize": "nfkc" }), vec!["normalize"]),
        (json!({ "zwj": true, "bidi": "keep" }), vec!["zwj", "bidi"]),
        (
            json!({ "max_combining_marks": 0 }),
            vec!["max_combining_marks"],
        ),
        (json!({ "max_chars": 0.5 }), vec!["max_chars"]),
        (json!({ "max_chars": 70_000 }), vec!["max_chars"]),
        (json!({ "removed_budget": 1.5 }), vec!["removed_budget"]),
        (json!({ "removed_budget": "all" }), vec!["removed_budget"]),
        (json!({ "protected_words": "x" }), vec!["protected_words"]),
        (
            json!({ "protected_words": ["fine", "two words", "é", "x"] }),
            vec![
                "protected_words[1]",
                "protected_words[2]",
                "protected_words[3]",
            ],
        ),
    ] {
        let complaints = Settings::from_json(&settings.to_string()).unwrap_err();
        let named: Vec<_> = complaints.iter().map(|c| c.setting.as_str()).collect();
        assert_eq!(named, names, "{settings}");
    }
}

#[test]
fn the_schema_names_the_same_settings_and_defaults() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let properties = schema["properties"].as_object().unwrap();
    let mut keys = KEYS.map(str::to_owned).to_vec();
    keys.sort();
    let mut named: Vec<_> = properties.keys().cloned().collect();
    named.sort();
    assert_eq!(named, keys);
    let defaults = properties
        .iter()
        .map(|(key, property)| (key.clone(), property["default"].clone()));
    let defaults = Value::Object(defaults.collect());
    assert_eq!(
        Settings::from_json(&defaults.to_string()),
        Ok(Settings::default())
    );
    for (key, property) in properties {
        for word in property["enum"].as_array().into_iter().flatten() {
            let said = json!({ key: word }).to_string();
            assert!(Settings::from_json(&said).is_ok(), "{said}");
        }
    }
}
