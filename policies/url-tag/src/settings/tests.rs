use serde_json::{Value, json};

use super::*;

#[test]
fn nothing_said_disarms_what_is_dangerous_and_tags_the_rest() {
    let settings = Settings::from_json("{}").unwrap();
    assert_eq!(settings, Settings::default());
    let disarmed: Vec<_> = FLAGS
        .into_iter()
        .filter(|(_, flag)| settings.actions[*flag as usize] == Action::Defang)
        .collect();
    let names: Vec<_> = disarmed.into_iter().map(|(name, _)| name).collect();
    assert_eq!(
        names,
        [
            "private",
            "dangerous_scheme",
            "remote_image",
            "too_long",
            "denied"
        ]
    );
}

#[test]
fn settings_are_read_whole() {
    let said = json!({
        "action": { "idn": "hold", "private": "tag" },
        "allow_domains": ["Example.com", "bücher.example"],
        "deny_domains": ["10.0.0.1"],
        "max_urls": 3,
        "max_url_length": 100,
    });
    let settings = Settings::from_json(&said.to_string()).unwrap();
    assert_eq!(settings.actions[Flag::Idn as usize], Action::Hold);
    assert_eq!(settings.actions[Flag::Private as usize], Action::Tag);
    assert!(settings.allowed[1].holds("xn--bcher-kva.example"));
    assert!(settings.denied[0].holds("10.0.0.1"));
    assert_eq!((settings.max_urls, settings.max_url_length), (3, 100));
}

#[test]
fn a_domain_holds_its_host_and_those_below_it() {
    let domain = Domain::new("Example.com.").unwrap();
    for (host, held) in [
        ("example.com", true),
        ("a.b.example.com", true),
        ("example.com.", true),
        ("notexample.com", false),
        ("example.com.evil.example", false),
        ("com", false),
    ] {
        assert_eq!(domain.holds(host), held, "{host}");
    }
    assert!(!Domain::new("com").unwrap().holds("example.com"));
}

#[test]
fn a_bad_setting_is_refused_by_its_name() {
    for (settings, names) in [
        (json!([]), vec!["settings"]),
        (json!({ "actions": {} }), vec!["actions"]),
        (json!({ "action": "tag" }), vec!["action"]),
        (
            json!({ "action": { "idnn": "tag", "idn": "drop" } }),
            vec!["action.idnn", "action.idn"],
        ),
        (
            json!({ "allow_domains": "example.com" }),
            vec!["allow_domains"],
        ),
        (
            json!({ "deny_domains": ["fine.example", "http://x.example", "", 5, "a b"] }),
            vec![
                "deny_domains[1]",
                "deny_domains[2]",
                "deny_domains[3]",
                "deny_domains[4]",
            ],
        ),
        (
            json!({ "max_urls": 31, "max_url_length": 10 }),
            vec!["max_urls", "max_url_length"],
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
    let names = |table: &Value| {
        let mut names: Vec<_> = table.as_object().unwrap().keys().cloned().collect();
        names.sort();
        names
    };
    let sorted = |names: &[&str]| {
        let mut names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        names.sort();
        names
    };
    let properties = &schema["properties"];
    assert_eq!(names(properties), sorted(&KEYS));
    let actions = &properties["action"]["properties"];
    assert_eq!(names(actions), sorted(&FLAGS.map(|(name, _)| name)));
    let defaults = |table: &Value| -> Value {
        let table = table.as_object().unwrap().iter();
        Value::Object(
            table
                .map(|(key, property)| (key.clone(), property["default"].clone()))
                .collect(),
        )
    };
    let mut said = defaults(properties);
    said["action"] = defaults(actions);
    assert_eq!(
        Settings::from_json(&said.to_string()),
        Ok(Settings::default())
    );
    for action in actions.as_object().unwrap().values() {
        assert_eq!(action["enum"], json!(ACTIONS.map(|(word, _)| word)));
    }
}
