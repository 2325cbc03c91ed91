use super::*;
use crate::context::{code, place};
use crate::find::find;

/// The names of the flags of the last URL in `text`.
fn flags(text: &str) -> Vec<&'static str> {
    let found = find(text, 2_048).pop().unwrap_or_else(|| panic!("{text}"));
    let place = place(text, &found.at, &code(text));
    let explained = explain(&found, &text[found.at.clone()], &place);
    explained.flags.named().map(|(name, _)| name).collect()
}

#[test]
fn every_spelling_of_a_private_address_is_flagged() {
    for host in [
        "127.0.0.1",
        "127.1",
        "127.0.1",
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "017700000001",
        "127.0.0.1.",
        "0",
        "0.0.0.0",
        "[::1]",
        "[::]",
        "[0:0:0:0:0:0:0:1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "１２７.０.０.１",
        "127。0。0。1",
        "127%2e0%2e0%2e1",
        "①②⑦.0.0.1",
        "localhost",
        "LOCALHOST.",
        "a.localhost",
        "ⓛocalhost",
        "printer.local",
        "intranet",
        "metadata.google.internal",
        "10.0.0.1",
        "0xa9fea9fe",
        "169.254.169.254",
        "192.168.1.1",
        "172.31.255.255",
        "100.64.0.1",
        "[fe80::1]",
        "[fd00::1]",
        "[ff02::1]",
        "[fe80::1%25eth0]",
        "[::1%1]",
        "%31%32%37.0.0.1",
        "0x7F000001",
        "00000177.0.1",
        "127.0x1",
        "[::FFFF:7F00:0001]",
        "[0000::0001]",
        "[64:ff9b::127.0.0.1]",
        "[64:ff9b:1::a00:1]",
        "[::ffff:0:127.0.0.1]",
        "１２７．１",
        "127｡1",
        "127.0.0.1.nip.io",
        "app-10-0-0-1.sslip.io",
        "lvh.me",
    ] {
        for text in [
            format!("http://{host}/x"),
            format!("http://a:b@{host}:8080/x"),
        ] {
            assert!(
                flags(&text).contains(&"private"),
                "{text}: {:?}",
                flags(&text)
            );
        }
    }
    for host in [
        "8.8.8.8",
        "8.8.8.8.nip.io",
        "172.32.0.1",
        "example.com",
        "localhost.example.com",
        "[2606:4700::1]",
        "mylocal.com",
    ] {
        assert!(
            !flags(&format!("http://{host}/x")).contains(&"private"),
            "{host}"
        );
    }
}

#[test]
fn a_private_target_is_flagged_whatever_surrounds_it() {
    for text in [
        "https://example.com@127.0.0.1/",
        "https://example.com%2f@localhost/",
        "http:\\\\127.0.0.1\\x",
        "http:/127.0.0.1/",
        "http:127.0.0.1",
        "http:////127.0.0.1/",
        "http:/\\/127.0.0.1/",
        "HTTP://LOCALHOST",
        "hTtP://LoCaLhOsT.",
        "//127.0.0.1/x",
        "//localhost/",
        "ht\ttp://127.0.0.1/",
        "h\nttps://127.0.0.1/",
        "http\t://127.0.0.1/",
        "http:/\t/127.0.0.1/",
        "http://127.0.\t0.1/",
        "http://127.\t0.0.1/",
        "http://local\thost/",
        "[x](<http://127.0.0.1/>)",
        "<a href=http://127.0.0.1>x</a>",
        "wss://127.1/socket",
        "ftp://10.0.0.1/",
        "gopher://127.0.0.1:70/_x",
        "redis://localhost:6379/",
        "dict://[::1]:11211/",
        "postgres://db:5432/x",
    ] {
        assert!(
            flags(text).contains(&"private"),
            "{text}: {:?}",
            flags(text)
        );
    }
    for text in [
        "vscode://file/x",
        "steam://run/1",
        "ssh://git@example.com/x",
    ] {
        assert!(!flags(text).contains(&"private"), "{text}");
    }
}

#[test]
fn every_flag_is_raised_and_none_besides() {
    for (text, expected) in [
        ("https://example.com/a?b=c", vec![]),
        ("https://bücher.example/", vec!["idn"]),
        ("https://xn--bcher-kva.example/", vec!["idn", "punycode"]),
        (
            "https://p\u{430}ypal.com/",
            vec!["idn", "mixed_script", "confusable"],
        ),
        (
            "https://\u{430}\u{440}\u{440}\u{4cf}\u{435}.com/",
            vec!["idn", "confusable"],
        ),
        ("https://ยจฌฟ.com/", vec!["idn"]),
        ("https://google.com@evil.example/", vec!["userinfo"]),
        (
            "https://me:pw@evil.example/",
            vec!["userinfo", "credentials"],
        ),
        ("http://8.8.8.8/", vec!["ip_literal"]),
        ("http://134744072/", vec!["ip_literal", "ip_obfuscated"]),
        (
            "http://[::ffff:8.8.8.8]/",
            vec!["ip_literal", "ip_obfuscated"],
        ),
        ("https://example.com:444/", vec!["nonstandard_port"]),
        ("https://example.com:443/", vec![]),
        (
            "https://example.com/?t=q9XvB3nT7kLw2ZrYp8MfHs4JdGc6",
            vec!["high_entropy_query"],
        ),
        (
            "https://example.com/?q=the+quick+brown+fox+jumps+over",
            vec![],
        ),
        ("https://example.com/?access_token=x", vec!["credentials"]),
        ("https://example.com/a%0d%0ab", vec!["control_in_url"]),
        ("https://bit.ly/x", vec!["shortener"]),
        ("data:image/png;base64,AAAA", vec!["data"]),
        ("data:text/html,x", vec!["data", "dangerous_scheme"]),
        ("data:image/svg+xml,x", vec!["data", "dangerous_scheme"]),
        (
            "DATA:TEXT/HTML;charset=x,x",
            vec!["data", "dangerous_scheme"],
        ),
        ("javascript:alert(1)", vec!["dangerous_scheme"]),
        (
            "java\nscript:alert(1)",
            vec!["control_in_url", "dangerous_scheme"],
        ),
        ("file:///etc/passwd", vec!["dangerous_scheme"]),
        (
            "view-source:javascript:x",
            vec!["app_scheme", "dangerous_scheme"],
        ),
        ("zoommtg://zoom.us/join", vec!["app_scheme"]),
        ("mailto:a@example.com", vec![]),
        ("[paypal.com](https://evil.example/)", vec!["text_mismatch"]),
        (
            "[https://paypal.com/login](https://evil.example/)",
            vec!["text_mismatch"],
        ),
        ("[www.example.com](https://example.com/x)", vec![]),
        ("[click here](https://evil.example/)", vec![]),
        (
            "<a href='https://evil.example/'>paypal.com</a>",
            vec!["text_mismatch"],
        ),
        ("![x](https://example.com/a.png)", vec!["remote_image"]),
        ("<img src=//example.com/a.png>", vec!["remote_image"]),
        ("![x](data:image/png;base64,AAAA)", vec!["data"]),
    ] {
        assert_eq!(flags(text), expected, "{text}");
    }
    let long = format!("https://example.com/?{}", "a=b&".repeat(80));
    assert_eq!(flags(&long), ["long_query"]);
}

#[test]
fn a_url_is_given_as_a_browser_sees_it() {
    let text = "HTTP://B\u{fc}cher.Example:80/a b";
    let found = find(text, 2_048).remove(0);
    let written = &text[found.at.clone()];
    let explained = explain(&found, written, &place(text, &found.at, &[]));
    assert_eq!(explained.scheme.as_deref(), Some("http"));
    assert_eq!(explained.host.as_deref(), Some("xn--bcher-kva.example"));
    assert_eq!(explained.host_unicode.as_deref(), Some("bücher.example"));
    assert_eq!(
        explained.form.as_deref(),
        Some("http://xn--bcher-kva.example/a")
    );
}
