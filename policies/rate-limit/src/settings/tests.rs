use serde_json::{Value, json};

use super::*;

fn read_from(settings: &Value) -> Settings {
    Settings::from_json(&settings.to_string()).unwrap()
}

#[test]
fn nothing_said_is_the_plugins_limit() {
    let settings = read_from(&json!({}));
    assert_eq!(settings, Settings::default());
    for limits in [&settings.inbound, &settings.outbound] {
        assert_eq!(limits.peer.messages, Some(Rate::whole_minute(30)));
        assert_eq!(limits.everyone.messages, Some(Rate::whole_minute(300)));
        assert_eq!(limits.peer.bytes, None);
    }
    assert_eq!(settings.inbound.on_limit, OnLimit::Defer);
    assert_eq!(settings.outbound.on_limit, OnLimit::Reject);
}

#[test]
fn what_is_said_is_taken_and_the_rest_stays() {
    let settings = read_from(&json!({ "inbound": {
        "on_limit": "reject",
        "peer": {
            "messages": { "per_minute": 6 },
            "bytes": { "per_minute": 1_000 },
            "signals": { "per_minute": 0 },
        },
        "everyone": { "messages": { "burst": 7 } },
    } }));
    let burst = |per_minute, burst| Some(Rate { per_minute, burst });
    assert_eq!(settings.outbound, Settings::default().outbound);
    assert_eq!(settings.inbound.on_limit, OnLimit::Reject);
    assert_eq!(settings.inbound.peer.messages, burst(6, 6));
    assert_eq!(settings.inbound.peer.bytes, burst(1_000, LEAST_BYTES));
    assert_eq!(settings.inbound.peer.signals, None);
    assert_eq!(settings.inbound.everyone.messages, burst(300, 7));
}

#[test]
fn a_bad_setting_is_refused_by_its_name() {
    let rate = |value: Value| json!({ "inbound": { "peer": { "messages": value } } });
    for (settings, names) in [
        (json!([]), vec!["settings"]),
        (json!({ "inbond": {} }), vec!["inbond"]),
        (json!({ "inbound": 5 }), vec!["inbound"]),
        (
            json!({ "inbound": { "on_limit": "drop" } }),
            vec!["inbound.on_limit"],
        ),
        (
            json!({ "outbound": { "peers": {} } }),
            vec!["outbound.peers"],
        ),
        (json!({ "outbound": { "peer": [] } }), vec!["outbound.peer"]),
        (
            json!({ "outbound": { "everyone": { "turns": {} } } }),
            vec!["outbound.everyone.turns"],
        ),
        (rate(json!(30)), vec!["inbound.peer.messages"]),
        (
            rate(json!({ "per_hour": 3 })),
            vec!["inbound.peer.messages.per_hour"],
        ),
        (
            rate(json!({ "per_minute": -1, "burst": 0 })),
            vec![
                "inbound.peer.messages.burst",
                "inbound.peer.messages.per_minute",
            ],
        ),
        (
            rate(json!({ "per_minute": 1_000_000_001_u64 })),
            vec!["inbound.peer.messages.per_minute"],
        ),
        (
            json!({ "inbound": { "peer": { "bytes": { "burst": 65_536 } } } }),
            vec!["inbound.peer.bytes.per_minute"],
        ),
        (
            json!({ "inbound": { "peer": { "bytes": { "per_minute": 5, "burst": 5 } } } }),
            vec!["inbound.peer.bytes.burst"],
        ),
    ] {
        let complaints = Settings::from_json(&settings.to_string()).unwrap_err();
        let named: Vec<_> = complaints.iter().map(|c| c.setting.as_str()).collect();
        assert_eq!(named, names, "{settings}");
    }
}

#[test]
fn the_schema_names_the_same_settings() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let names = |table: &Value| {
        let keys = table["properties"].as_object().unwrap().keys();
        keys.cloned().collect::<Vec<_>>()
    };
    let sorted = |keys: &[&str]| {
        let mut keys: Vec<_> = keys.iter().map(ToString::to_string).collect();
        keys.sort();
        keys
    };
    let defs = &schema["$defs"];
    assert_eq!(names(&schema), sorted(&DIRECTIONS));
    assert_eq!(names(&defs["limits"]), sorted(&LIMITS));
    assert_eq!(names(&defs["rates"]), sorted(&RATES));
    for (rate, least_burst) in [("rate", 1), ("bytes", LEAST_BYTES)] {
        let rate = &defs[rate];
        assert_eq!(names(rate), sorted(&RATE));
        assert_eq!(rate["properties"]["burst"]["minimum"], least_burst);
        assert_eq!(rate["properties"]["burst"]["maximum"], MAX_NUMBER);
        assert_eq!(rate["properties"]["per_minute"]["maximum"], MAX_NUMBER);
    }
    assert_eq!(
        defs["limits"]["properties"]["on_limit"]["enum"],
        json!(ON_LIMIT.map(|word| word.0))
    );
}
