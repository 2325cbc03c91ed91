//! What `config check` and all that reads the configuration say of it.

use std::os::unix::fs::PermissionsExt;

use super::process::Home;

#[test]
fn a_setting_that_its_policy_refuses_is_a_fault_of_the_configuration_beside_all_others() {
    let settings = "[[policy]]\nname = \"acl\"\n[policy.settings]\nmode = \"know\"\nrule = 3\n\
                    [[policy]]\nname = \"rate-limit\"\n\
                    settings = { inbound = { peer = { messages = { per_minute = -1 } } } }\n";
    let told = [
        ":4:8: policy `acl`: setting `mode` must be one of `open`, `pairing`, `known`, `closed`; did \
         you mean `known`?",
        ":5:8: policy `acl`: setting `rule` is no setting; there are `mode`, `rules`; did you mean \
         `rules`?",
        ":8:61: policy `rate-limit`: setting `inbound.peer.messages.per_minute` must be a whole",
    ];
    let home = Home::new(settings);
    for words in [
        "config check",
        "service install --print",
        "policy check",
        "daemon",
    ] {
        let ran = home.run(words);
        assert!(ran.code == 2 && ran.stdout.is_empty(), "{words}: {ran:?}");
        for told in told {
            assert!(ran.stderr.contains(told), "{words}: {told}: {ran:?}");
        }
    }
    let doctor = home.run("doctor").stdout;
    assert!(
        doctor.contains("stands below") && doctor.contains(" +4 "),
        "{doctor}"
    );

    home.configure(&format!("{settings}[local]\nlisen = 3\n"));
    let checked = home.run("config check --json");
    let complaints = checked.json()["complaints"].clone();
    assert_eq!(complaints.as_array().map(Vec::len), Some(4), "{complaints}");
    assert_eq!(
        complaints[3]["sentence"],
        "unknown key `local.lisen`; did you mean `listen`?"
    );
    assert!(home.run("doctor").stdout.contains(told[2]));
}

#[test]
fn a_token_that_others_can_read_is_told() {
    let home = Home::new("[gateway]\ntoken = \"not-to-be-seen\"\n");
    let file = home.path().join("opendialogue.toml");
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o644)).unwrap();
    let checked = home.run("config check");
    assert_eq!(checked.code, 0, "{checked:?}");
    assert!(checked.stderr.contains("`chmod 600 "), "{checked:?}");
    let json = home.run("config check --json").json();
    assert_eq!(json["cautions"].as_array().map(Vec::len), Some(1), "{json}");
    assert!(home.run("doctor").stdout.contains("chmod 600 "));
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o600)).unwrap();
    assert_eq!(home.run("config check").stderr, "");
}
