use serde_json::{Value, json};

use super::*;

#[test]
fn nothing_said_is_open_without_rules() {
    assert_eq!(Settings::from_json("{}"), Ok(Settings::default()));
    assert_eq!(Settings::default().mode, Mode::Open);
}

#[test]
fn a_rule_is_read_whole() {
    let settings = json!({
        "mode": "known",
        "rules": [
            {
                "peer": "10000001", "direction": "inbound", "kinds": ["text", "end"],
                "conversation": "c-1", "expires": "1970-01-02T00:00:00Z", "effect": "hold",
                "reason": "for a look",
            },
            { "peer": "*", "effect": "reject" },
        ],
    });
    let whole = Rule {
        peer: Some("10000001".to_owned()),
        direction: Some(Direction::Inbound),
        kinds: Some(vec![Kind::Text, Kind::End]),
        conversation: Some("c-1".to_owned()),
        expires: Some(86_400_000),
        effect: Effect::Hold,
        reason: Some("for a look".to_owned()),
    };
    let everyone = Rule {
        peer: None,
        direction: None,
        kinds: None,
        conversation: None,
        expires: None,
        effect: Effect::Reject,
        reason: None,
    };
    let expected = Settings {
        mode: Mode::Known,
        rules: vec![whole, everyone],
    };
    assert_eq!(Settings::from_json(&settings.to_string()), Ok(expected));
}

#[test]
fn a_bad_setting_is_refused_by_its_name() {
    let rule = |key: &str, value: Value| json!({ "rules": [{ "effect": "allow", key: value }] });
    for (settings, names) in [
        (json!([]), vec!["settings"]),
        (json!({ "mod": "open" }), vec!["mod"]),
        (json!({ "mode": "opne" }), vec!["mode"]),
        (json!({ "mode": 1, "rules": {} }), vec!["mode", "rules"]),
        (json!({ "rules": ["x"] }), vec!["rules[0]"]),
        (
            json!({ "rules": [{ "effect": "allow" }, {}] }),
            vec!["rules[1].effect"],
        ),
        (
            json!({ "rules": [{ "effect": "deny" }] }),
            vec!["rules[0].effect"],
        ),
        (rule("pear", json!("1")), vec!["rules[0].pear"]),
        (rule("peer", json!("a|b")), vec!["rules[0].peer"]),
        (rule("peer", json!("")), vec!["rules[0].peer"]),
        (
            rule("conversation", json!("*")),
            vec!["rules[0].conversation"],
        ),
        (rule("direction", json!("both")), vec!["rules[0].direction"]),
        (rule("kinds", json!([])), vec!["rules[0].kinds"]),
        (
            rule("kinds", json!(["text", "txt"])),
            vec!["rules[0].kinds[1]"],
        ),
        (rule("expires", json!(5)), vec!["rules[0].expires"]),
        (rule("expires", json!("tomorrow")), vec!["rules[0].expires"]),
        (
            rule("reason", json!("x".repeat(1025))),
            vec!["rules[0].reason"],
        ),
    ] {
        let complaints = Settings::from_json(&settings.to_string()).unwrap_err();
        let named: Vec<_> = complaints.iter().map(|c| c.setting.as_str()).collect();
        assert_eq!(named, names, "{settings}");
    }
    assert!(Settings::from_json("{").is_err());
}

#[test]
fn the_schema_names_the_same_settings() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let names = |table: &Value| {
        let mut names: Vec<_> = table.as_object().unwrap().keys().cloned().collect();
        names.sort();
        names
    };
    let rule = &schema["properties"]["rules"]["items"]["properties"];
    let mut keys = KEYS.map(str::to_owned).to_vec();
    keys.sort();
    assert_eq!(names(&schema["properties"]), ["mode", "rules"]);
    assert_eq!(names(rule), keys);
    assert_eq!(
        schema["properties"]["mode"]["enum"],
        json!(MODES.map(|m| m.0))
    );
    assert_eq!(rule["effect"]["enum"], json!(EFFECTS.map(|e| e.0)));
    assert_eq!(rule["kinds"]["items"]["enum"], json!(KINDS.map(|k| k.0)));
    assert_eq!(rule["direction"]["enum"], json!(DIRECTIONS.map(|d| d.0)));
}
