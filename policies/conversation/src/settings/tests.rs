use serde_json::{Value, json};

use super::*;

#[test]
fn nothing_said_is_the_defaults_of_the_schema() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let default = |key: &str| schema["properties"][key]["default"].clone();
    let settings = Settings::from_json("{}").unwrap();
    assert_eq!(settings, Settings::default());
    assert_eq!(default("max_turns"), json!(settings.max_turns));
    assert_eq!(
        default("max_turns_per_peer_day"),
        json!(settings.max_turns_per_peer_day)
    );
    assert_eq!(
        default("max_new_conversations"),
        json!(settings.max_new_conversations)
    );
    assert_eq!(default("loops"), "reject");
}

#[test]
fn what_is_said_is_taken_and_zero_is_no_limit() {
    let settings = json!({
        "max_turns": 6, "max_turns_per_peer_day": 0, "max_new_conversations": 60,
        "loops": "annotate",
    });
    let expected = Settings {
        max_turns: Some(6),
        max_turns_per_peer_day: None,
        max_new_conversations: Some(60),
        loops: Loops::Annotate,
    };
    assert_eq!(Settings::from_json(&settings.to_string()), Ok(expected));
}

#[test]
fn a_bad_setting_is_refused_by_its_name() {
    for (settings, names) in [
        (json!("x"), vec!["settings"]),
        (json!({ "max_turn": 5 }), vec!["max_turn"]),
        (json!({ "max_turns": -1 }), vec!["max_turns"]),
        (json!({ "max_turns": 2.5 }), vec!["max_turns"]),
        (json!({ "max_turns": "20" }), vec!["max_turns"]),
        (
            json!({ "max_turns_per_peer_day": 1_000_001, "max_new_conversations": 61 }),
            vec!["max_turns_per_peer_day", "max_new_conversations"],
        ),
        (json!({ "loops": true }), vec!["loops"]),
    ] {
        let complaints = Settings::from_json(&settings.to_string()).unwrap_err();
        let named: Vec<_> = complaints.iter().map(|c| c.setting.as_str()).collect();
        assert_eq!(named, names, "{settings}");
    }
}

#[test]
fn the_schema_names_the_same_settings() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let mut keys = KEYS.map(str::to_owned).to_vec();
    keys.sort();
    let properties = schema["properties"].as_object().unwrap();
    assert_eq!(properties.keys().cloned().collect::<Vec<_>>(), keys);
    assert_eq!(properties["loops"]["enum"], json!(LOOPS.map(|word| word.0)));
    assert_eq!(properties["max_turns"]["maximum"], MOST_TURNS);
    assert_eq!(properties["max_turns_per_peer_day"]["maximum"], MOST_TURNS);
    assert_eq!(properties["max_new_conversations"]["maximum"], MOST_NEW);
}
