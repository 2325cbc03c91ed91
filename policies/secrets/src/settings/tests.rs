use serde_json::json;

use super::*;

const PRINT: &str = "64:00ff:00112233445566778899aabbccddeeff";

#[test]
fn nothing_said_holds_everything() {
    let settings = Settings::from_json("{}").unwrap();
    assert_eq!(settings, Settings::default());
    assert_eq!(settings.entropy, Some(ENTROPY));
    for (name, detector) in DETECTORS {
        assert_eq!(settings.action(detector), Action::Hold, "{name}");
        assert!(!settings.is_disabled(detector), "{name}");
    }
}

#[test]
fn settings_are_read_whole() {
    let said = json!({
        "action": { "jwt": "tag", "private_key": "reject" },
        "disable": ["named_secret", "own_secret"],
        "entropy": 4.2,
        "allow": ["rk_live_", PRINT],
        "own": false,
        "fingerprints": [PRINT, format!("{PRINT}:0a0b")],
    });
    let settings = Settings::from_json(&said.to_string()).unwrap();
    assert_eq!(settings.action(Detector::Jwt), Action::Tag);
    assert_eq!(settings.action(Detector::PrivateKey), Action::Reject);
    assert_eq!(settings.action(Detector::AwsKey), Action::Hold);
    assert!(settings.is_disabled(Detector::NamedSecret));
    assert!(!settings.is_disabled(Detector::PrivateKey));
    assert_eq!(settings.entropy, Some(4.2));
    assert!(settings.allows(b"any", Some("rk_live_")));
    assert!(!settings.allows(b"any", Some("sk_live_")) && !settings.allows(b"any", None));
    let own = Settings::from_json(&json!({ "own": [PRINT] }).to_string()).unwrap();
    assert_ne!(own.fingerprints, Fingerprints::default());
    let off = Settings::from_json(r#"{"entropy": false}"#).unwrap();
    assert_eq!(off.entropy, None);
}

#[test]
fn a_bad_setting_is_refused_by_its_name() {
    for (said, setting) in [
        (json!({ "actions": {} }), "actions"),
        (json!({ "action": "hold" }), "action"),
        (json!({ "action": { "jwt": "defang" } }), "action.jwt"),
        (json!({ "action": { "jwts": "hold" } }), "action.jwts"),
        (json!({ "disable": ["jwts"] }), "disable[0]"),
        (json!({ "disable": "jwt" }), "disable"),
        (json!({ "entropy": 1 }), "entropy"),
        (json!({ "entropy": "high" }), "entropy"),
        (json!({ "allow": ["rk_live_", "rk_"] }), "allow[1]"),
        (json!({ "own": "yes" }), "own"),
        (json!({ "own": ["00"] }), "own[0]"),
        (json!({ "own": vec![PRINT; 17] }), "own"),
        (json!({ "fingerprints": PRINT }), "fingerprints"),
        (json!({ "fingerprints": vec![PRINT; 65] }), "fingerprints"),
        (json!({ "fingerprints": [&PRINT[1..]] }), "fingerprints[0]"),
        (
            json!({ "fingerprints": [format!("{PRINT}:0a0b:00")] }),
            "fingerprints[0]",
        ),
        (
            json!({ "fingerprints": [format!("{PRINT}:0a")] }),
            "fingerprints[0]",
        ),
        (
            json!({ "fingerprints": [PRINT.replace("00ff", "0ff")] }),
            "fingerprints[0]",
        ),
        (
            json!({ "fingerprints": [PRINT.replace("64:", "600:")] }),
            "fingerprints[0]",
        ),
    ] {
        let refused = Settings::from_json(&said.to_string()).unwrap_err();
        let names: Vec<_> = refused.iter().map(|one| one.setting.as_str()).collect();
        assert_eq!(names, [setting], "{said}");
    }
}

#[test]
fn the_schema_knows_what_the_code_knows() {
    let schema: serde_json::Value = serde_json::from_str(SCHEMA).unwrap();
    let properties = schema["properties"].as_object().unwrap();
    let mut keys: Vec<_> = properties.keys().map(String::as_str).collect();
    keys.sort_unstable();
    assert_eq!(keys, KEYS);
    let actions = properties["action"]["properties"].as_object().unwrap();
    assert_eq!(actions.len(), DETECTORS.len());
    for (place, (name, _)) in DETECTORS.iter().enumerate() {
        assert_eq!(actions[*name]["enum"], json!(["tag", "hold", "reject"]));
        assert_eq!(actions[*name]["default"], "hold");
        assert_eq!(properties["disable"]["items"]["enum"][place], *name);
    }
    assert_eq!(properties["fingerprints"]["maxItems"], MAX_FINGERPRINTS);
    assert_eq!(properties["allow"]["maxItems"], MAX_ALLOWED);
    assert_eq!(properties["entropy"]["minimum"], LEAST_ENTROPY as u64);
    assert_eq!(properties["entropy"]["maximum"], MOST_ENTROPY as u64);
    assert_eq!(properties["own"]["default"], true);
    assert_eq!(properties["own"]["maxItems"], MAX_OWN);
}
