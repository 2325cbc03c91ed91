use proptest::prelude::*;

use super::*;

const FULL: &str = r#"
// The gateway's own file.
{
  gateway: { port: 18789, auth: { mode: 'token' } },
  hooks: {
    enabled: true,
    token: "t0ken", /* with a } in a comment */
    path: '/inbound/',
    allowRequestSessionKey: true,
    allowedSessionKeyPrefixes: ["hook:", "agent:main:peer:",],
    mappings: [{ id: "x", match: { path: 'y' }, tricky: "[[[[" }],
  },
}
"#;

#[test]
fn the_hooks_are_read_and_everything_else_is_let_be() {
    let hooks = HookSettings::parse(FULL).unwrap();
    let expected = HookSettings {
        enabled: true,
        token: Some(Secret::new("t0ken")),
        token_elsewhere: false,
        path: "/inbound".to_owned(),
        allow_request_session_key: true,
        allowed_session_key_prefixes: Some(vec!["hook:".into(), "agent:main:peer:".into()]),
        default_session_key: None,
    };
    assert_eq!(hooks, expected);
}

#[test]
fn what_is_absent_has_the_gateways_default() {
    let expected = HookSettings {
        enabled: false,
        token: None,
        token_elsewhere: false,
        path: "/hooks".to_owned(),
        allow_request_session_key: false,
        allowed_session_key_prefixes: None,
        default_session_key: None,
    };
    for text in [
        "{}",
        "{hooks: {}}",
        "{hooks: null}",
        "{hooks: {token: '', path: ' / '}}",
    ] {
        assert_eq!(HookSettings::parse(text).as_ref(), Ok(&expected), "{text}");
    }
}

#[test]
fn a_token_that_is_kept_elsewhere_is_told_apart_from_none() {
    for text in [
        "{hooks: {token: '${OPENCLAW_HOOKS_TOKEN}'}}",
        "{hooks: {token: {source: 'env', id: 'X'}}}",
    ] {
        let hooks = HookSettings::parse(text).unwrap();
        assert!(hooks.token_elsewhere && hooks.token.is_none(), "{text}");
    }
}

#[test]
fn faults_have_a_place_and_quote_nothing() {
    for (text, place, reason) in [
        (
            "{hooks: {enabled: true,\n token 1}}",
            Some((2, 8)),
            "it cannot be read",
        ),
        (
            "{hooks: {enabled: 'hunter2'}}",
            Some((1, 19)),
            "expected bool",
        ),
        (
            "{hooks: {token: 12345678}}",
            Some((1, 17)),
            "expected a token in quotes",
        ),
        (
            "{hooks: {path: ['hunter2']}}",
            Some((1, 16)),
            "expected string",
        ),
        ("{hooks: 'hunter2'}", Some((1, 9)), "expected"),
        ("{hooks: {", Some((1, 9)), "it cannot be read"),
        ("", None, "it cannot be read"),
        ("[]", Some((1, 1)), "it cannot be read"),
    ] {
        let error = HookSettings::parse(text).unwrap_err();
        let found = error.position.map(|at| (at.line, at.column));
        assert!(error.reason.contains(reason), "{text}: {error:?}");
        assert_eq!(found, place, "{text}: {error:?}");
        let shown = format!("{error:?}");
        assert!(
            !shown.contains("hunter2") && !shown.contains("12345678"),
            "{shown}"
        );
    }
}

#[test]
fn deep_nesting_is_refused_and_not_followed() {
    let deep = format!("{{x: {}", "[".repeat(1_000_000));
    let error = HookSettings::parse(&deep).unwrap_err();
    assert!(error.reason.contains("nested"), "{error}");
    let harmless = format!("{{x: '{}'}} // {}", "[".repeat(1_000), "{".repeat(1_000));
    assert!(HookSettings::parse(&harmless).is_ok());
}

#[test]
fn a_session_key_is_used_only_where_the_gateway_opts_in() {
    let own = "hook:opendialogue:abc";
    let reply = "agent:main:talk";
    for (allow, prefixes, reply_session, expected) in [
        (false, None, None, None),
        (false, None, Some(reply), None),
        (false, Some(vec!["hook:", "agent:"]), Some(reply), None),
        (true, None, None, Some(own)),
        (true, None, Some(reply), Some(reply)),
        (true, Some(vec!["hook:"]), None, Some(own)),
        (true, Some(vec!["hook:"]), Some(reply), Some(own)),
        (
            true,
            Some(vec!["hook:", "agent:main:"]),
            Some(reply),
            Some(reply),
        ),
        (true, Some(vec!["agent:main:"]), Some(reply), Some(reply)),
        (true, Some(vec!["agent:main:"]), None, None),
        (true, Some(vec!["hook:opendialogue:abcd"]), None, None),
        (true, Some(vec![""]), None, None),
        (true, Some(vec![]), None, None),
    ] {
        let hooks = hooks(allow, prefixes.clone());
        let key = hooks.session_key(own, reply_session);
        assert_eq!(key, expected, "{allow} {prefixes:?} {reply_session:?}");
    }
}

#[test]
fn what_is_missing_is_named_as_commands_in_a_safe_order() {
    let commands = |text: &str| -> Vec<String> {
        let hooks = HookSettings::parse(text).unwrap();
        hooks
            .missing()
            .into_iter()
            .map(|missing| missing.command)
            .collect()
    };
    insta::assert_snapshot!(commands("{}").join("\n"), @r#"
    openclaw config set hooks.token "$(openssl rand -hex 32)"
    openclaw config set hooks.allowedSessionKeyPrefixes '["hook:"]'
    openclaw config set hooks.allowRequestSessionKey true
    openclaw config set hooks.enabled true
    "#);
    insta::assert_snapshot!(
        commands("{hooks: {enabled: true, token: 'x', allowRequestSessionKey: true,
                   allowedSessionKeyPrefixes: [\"it's\"]}}").join("\n"),
        @r#"openclaw config set hooks.allowedSessionKeyPrefixes '["it'\''s","hook:"]'"#
    );
    assert_eq!(commands(FULL), [""; 0]);
}

#[test]
fn settings_with_which_the_gateway_does_not_start_are_told_and_mended() {
    for (prefixes, default, stops) in [
        (None, "", false),
        (Some("[]"), "", false),
        (Some("['hook:']"), "", false),
        (Some("['agent:', 'ho']"), "", false),
        (Some("['agent:main:']"), "", true),
        (Some("['hook:opendialogue:']"), "", true),
        (Some("['']"), "", false),
        (Some("['hook:']"), "defaultSessionKey: 'agent:main:x'", true),
        (
            Some("['agent:main:']"),
            "defaultSessionKey: 'agent:main:x'",
            false,
        ),
        (Some("['agent:main:']"), "defaultSessionKey: null", true),
    ] {
        let prefixes = prefixes.map(|list| format!("allowedSessionKeyPrefixes: {list},"));
        let text = format!(
            "{{hooks: {{enabled: true, token: 'x', allowRequestSessionKey: true, {}{default}}}}}",
            prefixes.unwrap_or_default()
        );
        let hooks = HookSettings::parse(&text).unwrap();
        assert_eq!(hooks.stops_gateway(), stops, "{text}");
        let mends = hooks.missing();
        let mended = mends.iter().find_map(|one| {
            let list = one.command.split_once("allowedSessionKeyPrefixes '")?.1;
            serde_json::from_str(list.trim_end_matches('\'')).ok()
        });
        let hooks = HookSettings {
            allowed_session_key_prefixes: mended,
            ..hooks
        };
        assert!(!stops || !hooks.stops_gateway(), "{text}: {mends:?}");
    }
}

#[test]
fn a_missing_file_is_none_and_a_faulty_one_names_itself() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("openclaw.json");
    assert_eq!(HookSettings::read(&path), Ok(None));
    std::fs::write(&path, "{hooks: {enabled: 3}}").unwrap();
    let complaint = HookSettings::read(&path).unwrap_err().to_string();
    assert!(
        complaint.ends_with("openclaw.json:1:19: it cannot be read: expected bool"),
        "{complaint}"
    );
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(
        cut in 0..FULL.len(), noise in "[\\[\\]{}:,'\"/*\\\\a0-]{0,6}", at in 0..FULL.len(),
    ) {
        let mut text = FULL[..cut.max(at)].to_owned();
        text.insert_str(at.min(text.len()), &noise);
        let _ = HookSettings::parse(&text);
    }
}

fn hooks(allow: bool, prefixes: Option<Vec<&str>>) -> HookSettings {
    HookSettings {
        allow_request_session_key: allow,
        allowed_session_key_prefixes: prefixes
            .map(|prefixes| prefixes.into_iter().map(str::to_owned).collect()),
        ..HookSettings::parse("{}").unwrap()
    }
}
