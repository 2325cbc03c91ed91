mod complaints;
mod described;
mod file;
mod policies;

use std::path::Path;

use super::*;

const FILE: &str = "/etc/od/opendialogue.toml";

#[test]
fn the_sample_says_what_the_defaults_say() {
    let sample = include_str!("../../references/opendialogue.sample.toml");
    let from_sample = load(sample).unwrap();
    let from_nothing = load("").unwrap();
    let values = |config: &Config| -> Vec<(String, String)> {
        let settings = config.settings.iter();
        settings
            .map(|setting| (setting.key.clone(), setting.value.clone()))
            .collect()
    };
    assert_eq!(values(&from_sample), values(&from_nothing));
    for key in schema::KEYS {
        assert!(
            sample.contains(&format!("{} = ", key.name)),
            "the sample lacks {}",
            key.path()
        );
    }
    for key in schema::POLICY_KEYS {
        assert!(
            sample.contains(&format!("{key} = ")),
            "the sample lacks `{key}` of a policy"
        );
    }
}

#[test]
fn the_defaults_are_the_documented_ones() {
    let config = load("").unwrap();
    assert_eq!(config.relay.url.to_string(), "wss://od.wenmsg.fun/connect");
    assert_eq!(
        config.gateway.base_url.to_string(),
        "http://127.0.0.1:18789"
    );
    assert_eq!((config.gateway.token, config.gateway.path), (None, None));
    assert_eq!(config.gateway.delivery_max_age, Duration::from_secs(86_400));
    assert_eq!(config.local.listen.to_string(), "127.0.0.1:18787");
    assert_eq!(config.relay_server.listen.to_string(), "127.0.0.1:18786");
    let database = "/home/ada/.openclaw/opendialogue/relay.db";
    assert_eq!(
        config.relay_server.store,
        RelayStore::Sqlite(database.into())
    );
    assert_eq!(config.relay_server.max_turns, NonZeroU32::new(20));
    assert_eq!(config.log.filter, "info");
    assert_eq!(config.log.to, LogTo::StandardError);
    assert_eq!(config.log.format, LogFormat::Text);
    assert!(!config.notify.enabled);
    assert_eq!(config.notify.every, Duration::from_secs(600));
    assert_eq!(config.identity, IdentityOverride::default());
}

#[test]
fn a_flag_beats_a_variable_beats_the_file_beats_the_default() {
    let file =
        "relay.url = 'wss://file'\n[relay_server]\nlisten = '0.0.0.0:1'\nstore = 'sqlite:f.db'";
    let variable = ("OPENDIALOGUE_SERVER_URL", "wss://variable");
    let flags = Overrides {
        relay_listen: Some("127.0.0.1:2".to_owned()),
        relay_store: Some("sqlite:flag.db".to_owned()),
        log_to: Some("file".to_owned()),
    };
    let none = Overrides::default();
    for (key, variables, flags, text, value, origin) in [
        (
            "relay.url",
            vec![],
            &none,
            "",
            "\"wss://od.wenmsg.fun/connect\"",
            "default",
        ),
        (
            "relay.url",
            vec![],
            &none,
            file,
            "\"wss://file/connect\"",
            "/etc/od/opendialogue.toml:1:13",
        ),
        (
            "relay.url",
            vec![variable],
            &none,
            file,
            "\"wss://variable/connect\"",
            "OPENDIALOGUE_SERVER_URL",
        ),
        (
            "relay_server.listen",
            vec![],
            &none,
            file,
            "\"0.0.0.0:1\"",
            "/etc/od/opendialogue.toml:3:10",
        ),
        (
            "relay_server.listen",
            vec![],
            &flags,
            file,
            "\"127.0.0.1:2\"",
            "--listen",
        ),
        (
            "relay_server.store",
            vec![],
            &flags,
            file,
            "\"sqlite:flag.db\"",
            "--store",
        ),
        ("log.to", vec![], &flags, file, "\"file\"", "--log-to"),
    ] {
        let config = load_with(&variables, flags, text).unwrap();
        let setting = config
            .settings
            .iter()
            .find(|setting| setting.key == key)
            .unwrap();
        assert_eq!(setting.value, value, "{key}");
        assert_eq!(setting.origin.to_string(), origin, "{key}");
    }
    let store = |flags| load_with(&[], flags, file).unwrap().relay_server.store;
    assert_eq!(
        store(&none),
        RelayStore::Sqlite("/etc/od/f.db".into()),
        "beside the file"
    );
    assert_eq!(
        store(&flags),
        RelayStore::Sqlite("flag.db".into()),
        "where the command was given"
    );
}

#[test]
fn variables_without_a_key_are_taken_and_the_port_alone_is_changed() {
    let variables = [
        ("OPENDIALOGUE_STATUS_PORT", "9"),
        ("OPENDIALOGUE_AGENT_ID", "10079218"),
        ("OPENDIALOGUE_AGENT_SECRET", "hunter2"),
        ("OPENDIALOGUE_LOG", "debug"),
    ];
    let text = "[local]\nlisten = '[::1]:18787'";
    let config = load_with(&variables, &Overrides::default(), text).unwrap();
    assert_eq!(config.local.listen.to_string(), "[::1]:9");
    assert_eq!(
        config.identity.agent_id.as_ref().unwrap().as_str(),
        "10079218"
    );
    assert!(
        config
            .identity
            .agent_secret
            .as_ref()
            .unwrap()
            .matches("hunter2")
    );
    assert_eq!(config.log.filter, "debug");
    assert!(!format!("{config:?}").contains("hunter2"));
}

#[test]
fn zero_is_no_limit_where_that_is_said() {
    let text =
        "[relay_server]\nrate_limit_per_minute = 0\nmax_turns = 0\nregistrations_per_minute = 0";
    let server = load(text).unwrap().relay_server;
    assert_eq!(server.rate_limit_per_minute, None);
    assert_eq!(server.max_turns, None);
    assert_eq!(server.registrations_per_minute, None);
    let server = load("relay_server.connections_per_address = 0").unwrap();
    assert_eq!(server.relay_server.connections_per_address, None);
}

#[test]
fn proxies_are_trusted_by_address_and_block_and_none_unasked() {
    assert!(load("").unwrap().relay_server.trusted_proxies.is_empty());
    let text = "relay_server.trusted_proxies = ['127.0.0.1', '10.0.0.0/8']";
    let config = load(text).unwrap();
    let proxies = config.relay_server.trusted_proxies;
    let shown: Vec<String> = proxies.iter().map(ToString::to_string).collect();
    assert_eq!(shown, ["127.0.0.1", "10.0.0.0/8"]);
    let key = "relay_server.trusted_proxies";
    let setting = config.settings.iter().find(|setting| setting.key == key);
    let value = "[\"127.0.0.1\", \"10.0.0.0/8\"]";
    assert_eq!(setting.unwrap().value, value);
}

#[test]
fn the_gateway_token_is_taken_and_never_shown() {
    let text = "[gateway]\ntoken = 'hunter2'\npath = '/inbound/'";
    let config = load(text).unwrap();
    assert!(config.gateway.token.as_ref().unwrap().matches("hunter2"));
    assert_eq!(config.gateway.path.as_deref(), Some("/inbound"));
    assert!(!format!("{config:?}").contains("hunter2"));
    let report = load("[gateway]\ntoken = 'hünter2'").unwrap_err();
    assert!(!report.to_string().contains("nter2"), "{report}");
}

#[test]
fn without_a_home_nothing_is_loaded() {
    let none = Environment::default();
    let report = Config::load(&none, &Overrides::default(), None).unwrap_err();
    assert!(report.to_string().starts_with("HOME: neither"), "{report}");
}

#[test]
fn what_waits_for_a_restart_is_named_and_policies_are_not() {
    let old = load("[gateway]\ntoken = 'a'").unwrap();
    let new = load(
        "[gateway]\ntoken = 'b'\nmax_in_flight = 2\n[[policy]]\nname = 'acl'\nmode = 'monitor'",
    )
    .unwrap();
    assert_eq!(
        old.waiting_for_restart(&new),
        ["gateway.max_in_flight", "gateway.token"]
    );
    assert_eq!(old.waiting_for_restart(&old), [""; 0]);
}

fn load(text: &str) -> Result<Config, Report> {
    load_with(&[], &Overrides::default(), text)
}

fn load_with(
    variables: &[(&str, &str)],
    overrides: &Overrides,
    text: &str,
) -> Result<Config, Report> {
    let home = [("HOME", "/home/ada")];
    let environment = Environment::from_pairs(home.iter().chain(variables).copied());
    Config::from_text(&environment, overrides, Path::new(FILE), text)
}
