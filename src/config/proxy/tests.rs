use super::*;

const RELAY: (&str, &str, u16) = ("wss", "relay.example", 443);

#[test]
fn the_first_variable_that_is_set_decides() {
    let lower = ("https_proxy", "http://lower:1");
    let upper = ("HTTPS_PROXY", "http://upper:2");
    let all = ("ALL_PROXY", "http://all:3");
    let http = ("HTTP_PROXY", "http://http:4");
    for (pairs, destination, expected) in [
        (vec![], RELAY, None),
        (vec![lower, upper, all], RELAY, Some("lower:1")),
        (vec![upper, all], RELAY, Some("upper:2")),
        (vec![all], RELAY, Some("all:3")),
        (vec![http], RELAY, None),
        (vec![http], ("ws", "relay.example", 80), Some("http:4")),
        (vec![upper], ("ws", "relay.example", 80), None),
        (
            vec![upper],
            ("https", "relay.example", 443),
            Some("upper:2"),
        ),
        (vec![("HTTPS_PROXY", "bare:8080")], RELAY, Some("bare:8080")),
        (
            vec![("HTTPS_PROXY", "http://portless/")],
            RELAY,
            Some("portless:80"),
        ),
        (
            vec![("HTTPS_PROXY", "http://[fd00::1]:9")],
            RELAY,
            Some("[fd00::1]:9"),
        ),
    ] {
        let settings = settings(&pairs);
        let (scheme, host, port) = destination;
        let proxy = settings.proxy_for(scheme, host, port).unwrap();
        let address = proxy.map(|proxy| proxy.address());
        assert_eq!(address.as_deref(), expected, "{pairs:?}");
    }
}

#[test]
fn this_machine_is_never_reached_by_a_proxy() {
    let settings = settings(&[("ALL_PROXY", "http://p:1")]);
    for host in [
        "127.0.0.1",
        "127.9.9.9",
        "::1",
        "[::1]",
        "localhost",
        "LOCALHOST.",
        "::ffff:127.0.0.1",
    ] {
        assert_eq!(settings.proxy_for("ws", host, 18_786), Ok(None), "{host}");
    }
    let lookalike = settings.proxy_for("ws", "localhost.example", 80).unwrap();
    assert!(lookalike.is_some());
}

#[test]
fn no_proxy_exempts_by_name_suffix_network_port_and_star() {
    for (list, host, port, exempt) in [
        ("", "relay.example", 443, false),
        ("*", "relay.example", 443, true),
        ("relay.example", "relay.example", 443, true),
        ("example", "relay.example", 443, true),
        (".example", "relay.example", 443, true),
        ("*.example", "relay.example", 443, true),
        ("RELAY.Example", "Relay.EXAMPLE.", 443, true),
        ("lay.example", "relay.example", 443, false),
        ("relay.example.org", "relay.example", 443, false),
        ("other, relay.example", "relay.example", 443, true),
        ("other relay.example", "relay.example", 443, true),
        ("relay.example:443", "relay.example", 443, true),
        ("relay.example:444", "relay.example", 443, false),
        ("10.0.0.0/8", "10.200.3.4", 443, true),
        ("10.0.0.0/8", "11.0.0.1", 443, false),
        ("10.0.0.0/33", "10.0.0.1", 443, false),
        ("0.0.0.0/0", "203.0.113.9", 443, true),
        ("10.0.0.1", "10.0.0.1", 443, true),
        ("10.0.0.1", "10.0.0.10", 443, false),
        ("10.0.0.1:443", "10.0.0.1", 443, true),
        ("fd00::/8", "fd12::1", 443, true),
        ("fd00::/8", "[fd12::1]", 443, true),
        ("[fd12::1]:444", "fd12::1", 443, false),
        ("fd12::1", "fd12::1", 443, true),
        ("::/0", "10.0.0.1", 443, false),
        ("10.0.0.0/x", "10.0.0.1", 443, false),
        (",,.,:", "relay.example", 443, false),
    ] {
        let settings = settings(&[("ALL_PROXY", "http://p:1"), ("NO_PROXY", list)]);
        let proxy = settings.proxy_for("wss", host, port).unwrap();
        assert_eq!(proxy.is_none(), exempt, "NO_PROXY={list} for {host}:{port}");
    }
}

#[test]
fn a_proxy_of_no_use_is_a_fault_and_is_not_gone_round() {
    for text in [
        "socks5://p:1",
        "https://p:1",
        "ftp://p:1",
        "http://",
        "not a url",
    ] {
        let settings = settings(&[("ALL_PROXY", text), ("NO_PROXY", "exempt.example")]);
        let fault = UnusableProxy {
            variable: "ALL_PROXY",
        };
        assert_eq!(
            settings.proxy_for("wss", "relay.example", 443),
            Err(fault),
            "{text}"
        );
        assert_eq!(
            settings.proxy_for("wss", "exempt.example", 443),
            Ok(None),
            "{text}"
        );
        assert_eq!(
            settings.proxy_for("ws", "127.0.0.1", 443),
            Ok(None),
            "{text}"
        );
    }
}

#[test]
fn a_password_is_sent_and_never_shown() {
    let settings = settings(&[("HTTPS_PROXY", "http://Aladdin:open%20sesame@p:1")]);
    let proxy = settings
        .proxy_for("wss", "relay.example", 443)
        .unwrap()
        .unwrap();
    assert_eq!(
        proxy.authorization.as_ref().unwrap(),
        "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
    );
    let shown = format!("{settings:?} {proxy:?} {}", proxy.address());
    assert!(
        !shown.contains("sesame") && !shown.contains("QWxh"),
        "{shown}"
    );
}

fn settings(pairs: &[(&str, &str)]) -> ProxySettings {
    ProxySettings::new(&Environment::from_pairs(pairs.iter().copied()))
}
