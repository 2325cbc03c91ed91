use super::*;

const OWN: &str = "127.0.0.1:18787";
const TOKEN: &str = "Bearer 0123456789abcdef";

fn guard(require_token: bool) -> Guard {
    let address = "127.0.0.1:18787".parse().unwrap();
    Guard::new(address, Secret::new("0123456789abcdef"), require_token)
}

/// A request for the open `/status` that every rule lets through.
fn plain() -> Asked<'static> {
    Asked {
        route: Some("/status"),
        host: Some(OWN),
        ..Asked::default()
    }
}

#[test]
fn only_hosts_of_this_listener_are_served() {
    for (host, served) in [
        (Some("127.0.0.1:18787"), true),
        (Some("localhost:18787"), true),
        (Some("[::1]:18787"), true),
        (None, false),
        (Some(""), false),
        (Some("127.0.0.1"), false),
        (Some("localhost"), false),
        (Some("127.0.0.1:18788"), false),
        (Some("127.0.0.1:18787."), false),
        (Some("127.0.0.1.:18787"), false),
        (Some("evil.example:18787"), false),
        (Some("127.0.0.1.evil.example:18787"), false),
        (Some("localhost.evil.example"), false),
        (Some("0.0.0.0:18787"), false),
        (Some("user@127.0.0.1:18787"), false),
        (Some("127.0.0.1:18787, evil.example"), false),
    ] {
        let judged = guard(false).judge(&Asked { host, ..plain() });
        let expected = if served { Ok(()) } else { Err(Denied::Host) };
        assert_eq!(judged, expected, "{host:?}");
    }
}

#[test]
fn a_page_of_another_site_gets_nothing_though_it_names_no_origin() {
    for (site, served) in [
        (None, true),
        (Some("none"), true),
        (Some("same-origin"), true),
        (Some("same-site"), false),
        (Some("cross-site"), false),
        (Some(""), false),
    ] {
        let judged = guard(false).judge(&Asked { site, ..plain() });
        let expected = if served { Ok(()) } else { Err(Denied::Origin) };
        assert_eq!(judged, expected, "{site:?}");
    }
}

#[test]
fn a_listener_on_another_loopback_address_is_named_by_it() {
    let guard = Guard::new("127.8.8.8:9".parse().unwrap(), Secret::new("t"), false);
    for host in ["127.8.8.8:9", "localhost:9"] {
        let asked = Asked {
            host: Some(host),
            ..plain()
        };
        assert_eq!(guard.judge(&asked), Ok(()), "{host}");
    }
}

#[test]
fn a_page_of_another_origin_is_refused_whatever_it_asks_for() {
    for (origin, served) in [
        (None, true),
        (Some("http://127.0.0.1:18787"), true),
        (Some("http://localhost:18787"), true),
        (Some("http://[::1]:18787"), true),
        (Some("null"), false),
        (Some(""), false),
        (Some("https://127.0.0.1:18787"), false),
        (Some("http://127.0.0.1:18788"), false),
        (Some("http://127.0.0.1"), false),
        (Some("http://evil.example"), false),
        (Some("http://127.0.0.1:18787.evil.example"), false),
        (Some("file://"), false),
    ] {
        for route in ["/status", "/healthz", "/send", "/inbox"] {
            let asked = Asked {
                origin,
                route: Some(route),
                authorization: Some(TOKEN),
                ..plain()
            };
            let expected = if served { Ok(()) } else { Err(Denied::Origin) };
            assert_eq!(guard(false).judge(&asked), expected, "{origin:?} {route}");
        }
    }
}

#[test]
fn content_and_trust_need_the_token_and_with_require_token_everything_does() {
    let open = Ok(());
    let closed = Err(Denied::NoToken);
    for (route, by_default, all_required) in [
        (Some("/healthz"), open, open),
        (Some("/readyz"), open, open),
        (Some("/"), open, open),
        (Some("/page/{file}"), open, open),
        (Some("/history"), closed, closed),
        (Some("/status"), open, closed),
        (Some("/send"), open, closed),
        (Some("/policies"), open, closed),
        (Some("/agents/{id}"), open, closed),
        (Some("/conversations/{id}/end"), open, closed),
        (None, open, closed),
        (Some("/messages/{id}"), closed, closed),
        (Some("/inbox"), closed, closed),
        (Some("/outbox"), closed, closed),
        (Some("/conversations"), closed, closed),
        (Some("/trust"), closed, closed),
        (Some("/events"), closed, closed),
        (Some("/block"), closed, closed),
        (Some("/allow"), closed, closed),
        (Some("/allowlist-mode"), closed, closed),
        (Some("/a-route-added-later"), closed, closed),
    ] {
        let asked = Asked { route, ..plain() };
        let with_token = Asked {
            authorization: Some(TOKEN),
            ..asked
        };
        for (require_token, expected) in [(false, by_default), (true, all_required)] {
            let guard = guard(require_token);
            assert_eq!(guard.judge(&asked), expected, "{route:?} {require_token}");
            assert_eq!(
                guard.judge(&with_token),
                Ok(()),
                "{route:?} {require_token}"
            );
        }
    }
}

#[test]
fn only_the_right_bearer_token_opens() {
    for (authorization, expected) in [
        (Some(TOKEN), Ok(())),
        (Some("bearer 0123456789abcdef"), Ok(())),
        (Some("Bearer  0123456789abcdef"), Ok(())),
        (None, Err(Denied::NoToken)),
        (Some(""), Err(Denied::NoToken)),
        (Some("Bearer"), Err(Denied::NoToken)),
        (Some("Basic 0123456789abcdef"), Err(Denied::NoToken)),
        (Some("0123456789abcdef"), Err(Denied::NoToken)),
        (Some("Bearer "), Err(Denied::WrongToken)),
        (Some("Bearer 0123456789abcde"), Err(Denied::WrongToken)),
        (Some("Bearer 0123456789abcdeF"), Err(Denied::WrongToken)),
        (Some("Bearer 0123456789abcdef0"), Err(Denied::WrongToken)),
    ] {
        let asked = Asked {
            route: Some("/inbox"),
            authorization,
            ..plain()
        };
        assert_eq!(guard(false).judge(&asked), expected, "{authorization:?}");
    }
}

#[test]
fn a_body_is_json_and_not_too_large() {
    let limit = MAX_BODY_BYTES as u64;
    for (content_type, content_length, expected) in [
        (Some("application/json"), Some(limit), Ok(())),
        (Some("application/json"), None, Ok(())),
        (Some("Application/JSON; charset=utf-8"), Some(2), Ok(())),
        (
            Some("application/json"),
            Some(limit + 1),
            Err(Denied::TooLarge),
        ),
        (None, Some(2), Err(Denied::NotJson)),
        (Some(""), Some(2), Err(Denied::NotJson)),
        (Some("text/plain"), Some(2), Err(Denied::NotJson)),
        (
            Some("text/plain;application/json"),
            Some(2),
            Err(Denied::NotJson),
        ),
        (Some("application/jsonp"), Some(2), Err(Denied::NotJson)),
        (
            Some("application/x-www-form-urlencoded"),
            None,
            Err(Denied::NotJson),
        ),
        (
            Some("multipart/form-data; boundary=application/json"),
            None,
            Err(Denied::NotJson),
        ),
    ] {
        let asked = Asked {
            route: Some("/send"),
            content_type,
            content_length,
            has_body: true,
            ..plain()
        };
        assert_eq!(
            guard(false).judge(&asked),
            expected,
            "{content_type:?} {content_length:?}"
        );
    }
}

#[test]
fn the_outer_words_are_read_from_a_request_without_guessing() {
    let read = |request: axum::http::Request<()>| {
        let (parts, ()) = request.into_parts();
        let asked = Asked::of(&parts, Some("/send"));
        let owned = |text: Option<&str>| text.map(str::to_owned);
        (
            owned(asked.host),
            owned(asked.origin),
            asked.has_body,
            asked.content_length,
        )
    };
    let request = || axum::http::Request::post("/send").header("host", OWN);
    let own = Some(OWN.to_owned());
    for (request, expected) in [
        (request().body(()), (own.clone(), None, false, None)),
        (
            request().header("content-length", "0").body(()),
            (own.clone(), None, false, Some(0)),
        ),
        (
            request().header("content-length", "7").body(()),
            (own.clone(), None, true, Some(7)),
        ),
        (
            request().header("transfer-encoding", "chunked").body(()),
            (own.clone(), None, true, None),
        ),
        (
            request()
                .header("origin", "http://a")
                .header("origin", "http://b")
                .body(()),
            (own.clone(), Some(String::new()), false, None),
        ),
        (
            request().header("host", "evil.example").body(()),
            (Some(String::new()), None, false, None),
        ),
        (
            request().uri(format!("http://{OWN}/send")).body(()),
            (own.clone(), None, false, None),
        ),
        (
            request().uri("http://evil.example/send").body(()),
            (None, None, false, None),
        ),
    ] {
        let request = request.unwrap();
        let shown = format!("{request:?}");
        assert_eq!(read(request), expected, "{shown}");
    }
}
