use proptest::prelude::*;

use super::*;

#[test]
fn a_report_names_everything_at_once_as_a_compiler_does() {
    let text = r#"
[relay]
ulr = "wss://relay.example/connect"
url = "https://relay.example"

[gateway]
base_url = "http://gateway.example:18789"
max_inflight = 9
max_in_flight = 0
delivery_max_age = "soon"
second_turn = "yes"
listen = 3

[local]
listen = "0.0.0.0:18787"

[[policy]]
name = "acl"
on_failure = "pass"
limits = { time = "1h", memry = "16MiB" }

[[policy]]
name = "scanner"
mode = "enforced"
before = "alc"

[relay_serve]
max_turns = 20
"#;
    let variables = [
        ("OPENDIALOGUE_STATUS_PORT", "http"),
        ("OPENDIALOGUE_AGENT_ID", "a b"),
        ("OPENDIALOGUE_LOG", "info,x=loud"),
    ];
    let report = load_with(&variables, &Overrides::default(), text).unwrap_err();
    insta::assert_snapshot!(report);
}

#[test]
fn an_entry_whose_name_is_wrong_hides_none_of_its_other_faults() {
    let text = "[[policy]]\nmode = 'loud'\n[[policy]]\nname = 'acl'\n[[policy]]\nname = 'acl'\n\
                on_failure = 'pas'\n[[policy]]\nname = 'A b'\nlimits = { time = '1y' }\n";
    let report = load(text).unwrap_err().to_string();
    let lines: Vec<&str> = report.lines().collect();
    for (line, place, told) in [
        (0, ":1:1: ", "needs a `name`"),
        (1, ":2:8: ", "`policy.mode`"),
        (2, ":5:1: ", "already an entry with this name"),
        (3, ":7:14: ", "`policy.acl.on_failure`"),
        (4, ":9:8: ", "a policy's name"),
        (5, ":10:19: ", "`policy.limits.time`"),
    ] {
        assert!(
            lines[line].contains(place) && lines[line].contains(told),
            "{report}"
        );
    }
    assert_eq!(lines.len(), 6, "{report}");
}

#[test]
fn faults_of_syntax_are_all_reported_and_broken_lines_only_once() {
    let text = "[relay]\nurl = \n[gateway]\nmax_in_flight = 0\nbase_url = 'x\n[local]\nlisten 3\n";
    insta::assert_snapshot!(load(text).unwrap_err());
}

#[test]
fn every_kind_of_fault_has_its_place_and_sentence() {
    for (text, complaint) in [
        (
            "relay = 3",
            "1:9: `relay`: expected a table, found an integer",
        ),
        (
            "[relay]\nurl = 3",
            "2:7: `relay.url`: expected a URL in quotes, found an integer",
        ),
        (
            "[local]\nurl = 'x'",
            "2:1: unknown key `local.url`; it belongs in `[relay]`",
        ),
        ("listen = 'x'", "1:1: unknown table `listen`"),
        (
            "max_turns = 3",
            "1:1: unknown table `max_turns`; it belongs in `[relay_server]`",
        ),
        (
            "[lokal]",
            "1:2: unknown table `lokal`; did you mean `local`?",
        ),
        ("[local]\ncolour = 1", "2:1: unknown key `local.colour`"),
        (
            "[relay]\nurl = 'wss://a'\nurl = 'wss://b'",
            "3:1: this is not TOML: duplicate key",
        ),
        (
            "[local]\nrequire_token = 1",
            "2:17: `local.require_token`: expected `true` or `false`, found an integer",
        ),
        (
            "[gateway]\nmax_in_flight = 65",
            "2:17: `gateway.max_in_flight`: must be from 1 to 64",
        ),
        (
            "[gateway]\nmax_in_flight = 1.5",
            "2:17: `gateway.max_in_flight`: expected a whole number, found a float",
        ),
        (
            "[gateway]\nmax_in_flight = 0x41",
            "2:17: `gateway.max_in_flight`: must be from 1 to 64",
        ),
        (
            "[gateway]\ndelivery_max_age = 24",
            "2:20: `gateway.delivery_max_age`: expected a duration in quotes, such as \"24h\", found an integer",
        ),
        (
            "[gateway]\ndelivery_max_age = '8d'",
            "2:20: `gateway.delivery_max_age`: must be from \"1s\" to \"7d\"",
        ),
        (
            "[gateway]\npath = 'hooks'",
            "2:8: `gateway.path`: expected a path such as \"/hooks\"",
        ),
        (
            "[gateway]\npath = '/'",
            "2:8: `gateway.path`: expected a path such as \"/hooks\"",
        ),
        (
            "[gateway]\ntoken = ''",
            "2:9: `gateway.token`: a token is printable ASCII and not empty",
        ),
        (
            "[relay_server]\nlisten = 'localhost'",
            "2:10: `relay_server.listen`: expected an address and a port, such as `127.0.0.1:18786`",
        ),
        (
            "[relay_server]\nstore = 'postgres://x'",
            "2:9: `relay_server.store`: expected `sqlite` or `sqlite:PATH`",
        ),
        (
            "[relay_server]\nmessage_max_bytes = 86017",
            "2:21: `relay_server.message_max_bytes`: must be from 8000 to 86016",
        ),
        (
            "[relay_server]\ntrusted_proxies = '127.0.0.1'",
            "2:19: `relay_server.trusted_proxies`: expected a list of addresses or blocks, such as \
             [\"127.0.0.1\", \"10.0.0.0/8\"], found a string",
        ),
        (
            "[relay_server]\ntrusted_proxies = ['10.0.0.1/8']",
            "2:19: `relay_server.trusted_proxies`: \"10.0.0.1/8\": the address has bits behind the \
             prefix; the block begins at `10.0.0.0`",
        ),
        (
            "[relay_server]\noffline_queue_max = 0",
            "2:21: `relay_server.offline_queue_max`: must be from 1 to 1000000",
        ),
    ] {
        let report = load(text).unwrap_err().to_string();
        assert_eq!(report, format!("{FILE}:{complaint}"), "{text}");
    }
}

#[test]
fn a_gateway_elsewhere_needs_to_be_meant() {
    let remote = "[gateway]\nbase_url = 'https://gateway.example'";
    let report = load(remote).unwrap_err().to_string();
    assert!(report.contains(":2:12: `gateway.base_url`: the gateway is not on this machine"));
    let meant = format!("{remote}\nallow_remote = true");
    assert_eq!(
        load(&meant).unwrap().gateway.base_url.to_string(),
        "https://gateway.example"
    );

    let variable = [("OPENDIALOGUE_GATEWAY_BASE_URL", "http://10.0.0.1")];
    let report = load_with(&variable, &Overrides::default(), "")
        .unwrap_err()
        .to_string();
    assert!(report.starts_with("OPENDIALOGUE_GATEWAY_BASE_URL: `gateway.base_url`: the gateway"));
}

#[test]
fn a_relay_elsewhere_is_encrypted_unless_plain_is_meant() {
    for (text, taken) in [
        ("url = 'wss://relay.example'", true),
        ("url = 'ws://127.0.0.1:18786'", true),
        ("url = 'ws://localhost:18786'", true),
        ("url = 'ws://[::1]:18786'", true),
        ("url = 'ws://relay.example'", false),
        ("url = 'ws://192.168.1.7:18786'", false),
        ("url = 'ws://0.0.0.0:18786'", false),
        ("url = 'ws://localhost.relay.example'", false),
        ("url = 'ws://relay.example'\nallow_plain = true", true),
    ] {
        match load(&format!("[relay]\n{text}")) {
            Ok(_) => assert!(taken, "{text}"),
            Err(report) => {
                assert!(!taken, "{text}: {report}");
                let report = report.to_string();
                assert!(
                    report.contains(":2:7: `relay.url`: without TLS"),
                    "{report}"
                );
            }
        }
    }
    let variable = [("OPENDIALOGUE_SERVER_URL", "ws://10.0.0.1")];
    let report = load_with(&variable, &Overrides::default(), "").unwrap_err();
    assert!(report.to_string().starts_with("OPENDIALOGUE_SERVER_URL: "));
}

#[test]
fn a_fault_below_a_layer_that_decides_is_still_told() {
    let variable = [("OPENDIALOGUE_SERVER_URL", "ws://127.0.0.1:1")];
    let report = load_with(&variable, &Overrides::default(), "relay.url = 3").unwrap_err();
    assert_eq!(report.complaints().len(), 1);
}

#[test]
fn a_report_reads_as_json_too() {
    let report = load("[lokal]").unwrap_err();
    insta::assert_snapshot!(
        serde_json::to_string(&report).unwrap(),
        @r#"{"complaints":[{"origin":"/etc/od/opendialogue.toml:1:2","sentence":"unknown table `lokal`; did you mean `local`?"}]}"#
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn no_text_makes_a_load_panic(
        start in 0..SAMPLE.len(),
        end in 0..SAMPLE.len(),
        noise in "[\\[\\]{}='\"#.,\\-a0é\n\\\\]{0,8}",
    ) {
        let text = mutated(start, end, &noise);
        if let Err(report) = load(&text) {
            prop_assert!(!report.is_empty());
            prop_assert!(!report.to_string().is_empty());
        }
    }
}

const SAMPLE: &str = include_str!("../../../references/opendialogue.sample.toml");

/// The sample with what lies between the two places replaced by `noise`.
fn mutated(start: usize, end: usize, noise: &str) -> String {
    let (start, end) = (start.min(end), start.max(end));
    format!("{}{noise}{}", &SAMPLE[..start], &SAMPLE[end..])
}
