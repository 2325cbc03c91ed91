use super::*;

mod links;

/// The URLs of `text`, as they are written.
fn written(text: &str) -> Vec<&str> {
    find(text, 2_048)
        .into_iter()
        .map(|found| &text[found.at])
        .collect()
}

#[test]
fn what_a_browser_follows_is_found() {
    for url in [
        "http://example.com",
        "HTTPS://Example.COM/Path?q=1#f",
        "ftp://ftp.example.com/a",
        "ws://example.com/s",
        "http://127.1/",
        "http://2130706433/",
        "http://0/",
        "http://[::1]/",
        "http://0x7f.0.0.1/x",
        "//evil.example/x",
        "//[::1]/x",
        "//127.1/x",
        "https:host",
        "https:/host/x",
        "http:\\\\evil.example\\x",
        "https:///evil.example/x",
        "http://user:pass@example.com/",
        "http://１２７.０.０.１/",
        "http://127。0。0。1/",
        "http://bücher.example/ü",
        "http://例え.テスト/",
        "javascript:alert(1)",
        "JAVASCRIPT:alert(document.cookie)",
        "java\tscript:alert(1)",
        "vbscript:msgbox(1)",
        "data:text/html,hi",
        "data:text/html;base64,PGI+",
        "data:,x",
        "data:;base64,eA==",
        "mailto:a@example.com",
        "tel:+123456",
        "file:///etc/passwd",
        "file://server/share",
        "file:\\\\server\\share",
        "file:C:/Windows",
        "vscode://file/x",
        "steam://run/1",
        "ssh://git@example.com/x",
        "view-source:http://example.com/",
        "ms-msdt:/id",
        "http://xn--bcher-kva.example/",
        "http://a.b/c_(d)_[e]",
    ] {
        for text in [
            url.to_owned(),
            format!("see {url} now"),
            format!("({url})"),
            format!("<{url}>"),
            format!("\"{url}\","),
            format!("{url}\n"),
        ] {
            assert_eq!(written(&text), [url], "{text}");
        }
    }
}

#[test]
fn marks_before_a_scheme_hide_it_from_nobody() {
    for marks in ["....", "-+-", &".".repeat(200), &"1.".repeat(100)] {
        let text = format!("{marks}javascript:alert(1)");
        assert_eq!(written(&text), ["javascript:alert(1)"], "{text}");
    }
}

#[test]
fn what_is_no_url_is_not_found() {
    for text in [
        "JavaScript: a language",
        "file: notes.txt",
        "data: 5, 6",
        "note:this, ratio 3:4, at 12:30",
        "std::vec::Vec, a::b, C:\\dir, D:/x",
        "//TODO fix, //nolint:all, // comment, a // b, //i",
        "key:value, {file:name, data:x, title:y}",
        "http: the protocol, https:, http://, http:// x",
        "hxxp://evil[.]example/, hxxps://a[.]b, fxp://c[.]d",
        "and/or, 1/2//3, path//to//file, ./a//b",
        "::1, [::1]:8080, 127.0.0.1, 1.2.3.4:80",
        "a?b:c, x ? y : z, (a):(b)",
        "emoji:smile: and :tada:",
        "http://exa mple, http://[, http://[::1, http://a..b:99999/",
        "language-javascript:x",
    ] {
        let found = written(text);
        let none = found
            .iter()
            .all(|url| *url == "http://exa" || *url == "http://a..b");
        assert!(none, "{text}: {found:?}");
    }
}

#[test]
fn a_url_ends_where_the_text_goes_on() {
    for (text, url) in [
        ("at http://example.com/a.", "http://example.com/a"),
        ("(see http://example.com/a_(b))", "http://example.com/a_(b)"),
        ("[x](http://127.1/a)", "http://127.1/a"),
        ("http://127.1/a?b=c, and", "http://127.1/a?b=c"),
        ("'http://127.1/a'b", "http://127.1/a"),
        ("访问http://example.com/路，谢谢", "http://example.com/路"),
        ("http://127.1/a。谢谢", "http://127.1/a"),
        ("**http://0/x**", "http://0/x"),
        ("src=//cdn.example/x.js>", "//cdn.example/x.js"),
        (
            "http://127.1/?u=http://127.2/",
            "http://127.1/?u=http://127.2/",
        ),
    ] {
        assert_eq!(written(text), [url], "{text}");
    }
}

#[test]
fn a_url_begins_and_ends_where_a_program_may_read_one() {
    for (text, url) in [
        ("访问http://127.1/路", "http://127.1/路"),
        ("x_http://127.1/", "http://127.1/"),
        ("'http://a'@evil.example/'", "http://a'@evil.example/"),
        ("(http://a)b@evil.example/)", "http://a)b@evil.example/"),
        ("例え http://a.example　b@c.example", "http://a.example"),
        ("vbscript://host(![", "vbscript://host"),
        ("http://a.example:-:", "http://a.example"),
        ("http://a@b.example[x", "http://a@b.example"),
    ] {
        assert_eq!(written(text), [url], "{text}");
    }
}

#[test]
fn no_more_is_read_than_takes_its_time() {
    let read = |text: &str| {
        let found = find(text, 2_048);
        (
            found.iter().filter(|found| found.url.is_some()).count(),
            found.len(),
        )
    };
    for (host, path, expected) in [
        ("a.example", 1_000, (8, 12)),
        ("a.example", 100, (12, 12)),
        ("漢字.example", 1_000, (8, 12)),
        (&"a".repeat(500), 10, (6, 12)),
        (&"漢".repeat(100), 10, (4, 12)),
        (&"漢".repeat(400), 10, (0, 12)),
    ] {
        let text = format!("http://{host}/{} ", "x".repeat(path)).repeat(12);
        assert_eq!(read(&text), expected, "{host}, {path}");
    }
}

#[test]
fn what_is_too_long_or_too_much_is_found_unread() {
    let long = format!("http://example.com/{}", "a".repeat(3_000));
    let found = find(&long, 2_048);
    assert_eq!((found.len(), &found[0].url), (1, &None));
    let many = "http://example.com/ ".repeat(MAX_PARSED + 5);
    let found = find(&many, 2_048);
    assert_eq!(found.len(), MAX_PARSED + 5);
    assert!(found[MAX_PARSED..].iter().all(|found| found.url.is_none()));
    let too_many = "http://example.com/ ".repeat(MAX_FOUND + 5);
    let found = find(&too_many, 2_048);
    assert_eq!(found.len(), MAX_FOUND + 1);
    assert_eq!(found[MAX_FOUND].at, MAX_FOUND * 20..too_many.len());
}
