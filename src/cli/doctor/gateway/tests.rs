use serde_json::{Value, json};

use super::super::daemon::tests::status;
use super::super::finding::Level;
use super::*;
use crate::config::{Origin, Position};

const FINE: &str = "{hooks: {enabled: true, token: 't', allowRequestSessionKey: true,
                     allowedSessionKeyPrefixes: ['hook:']}}";

fn of<'a>(
    hooks: Result<Option<&'a HookSettings>, &'a Complaint>,
    has_own_token: bool,
) -> Setup<'a> {
    Setup {
        hooks,
        openclaw_json: Path::new("/h/openclaw.json"),
        has_own_token,
        config_file: Path::new("/h/opendialogue.toml"),
    }
}

fn cut_off() -> Complaint {
    let at = Position { line: 7, column: 1 };
    Complaint::new(
        Origin::File("/h/openclaw.json".into(), at),
        "it cannot be read",
    )
}

fn commands(found: &[Finding]) -> Vec<(Level, &str)> {
    let parts = found.iter();
    parts
        .map(|one| (one.level, one.command.as_deref().unwrap_or_default()))
        .collect()
}

#[test]
fn what_the_gateways_file_lacks_is_told_with_the_command_that_sets_it() {
    let prefixes = "openclaw config set hooks.allowedSessionKeyPrefixes";
    let own_sessions = "openclaw config set hooks.allowRequestSessionKey true";
    let edit = "${EDITOR:-vi} /h/opendialogue.toml";
    for (text, own_token, expected) in [
        (FINE, false, vec![(Level::Ok, "")]),
        (
            "{}",
            false,
            vec![
                (Level::Problem, NEW_TOKEN),
                (Level::Warning, prefixes),
                (Level::Warning, own_sessions),
                (Level::Problem, ENABLE),
            ],
        ),
        (
            "{hooks: {enabled: true, allowRequestSessionKey: true}}",
            true,
            vec![(Level::Ok, "")],
        ),
        (
            "{hooks: {enabled: true, token: '${X}', allowRequestSessionKey: true}}",
            false,
            vec![(Level::Problem, edit)],
        ),
        (
            "{hooks: {enabled: true, token: 't', allowRequestSessionKey: true,
              allowedSessionKeyPrefixes: ['hook:opendialogue:']}}",
            false,
            vec![(Level::Problem, prefixes)],
        ),
    ] {
        let hooks = HookSettings::parse(text).unwrap();
        let found = setup(of(Ok(Some(&hooks)), own_token));
        let found = commands(&found);
        assert_eq!(found.len(), expected.len(), "{text}: {found:?}");
        for (found, expected) in found.iter().zip(expected) {
            assert_eq!(found.0, expected.0, "{text}");
            assert!(found.1.starts_with(expected.1), "{text}: {found:?}");
        }
    }
}

#[test]
fn a_file_that_is_missing_or_wrong_is_told() {
    let cut_off = cut_off();
    for (hooks, own_token, level, command) in [
        (Ok(None), true, Level::Ok, ""),
        (Ok(None), false, Level::Problem, NEW_TOKEN),
        (
            Err(&cut_off),
            true,
            Level::Problem,
            "${EDITOR:-vi} +7 /h/openclaw.json",
        ),
    ] {
        let found = setup(of(hooks, own_token));
        assert_eq!(commands(&found), [(level, command)]);
    }
}

#[test]
fn a_gateway_lives_drains_or_is_something_else() {
    for (is, level, command) in [
        (GatewayHealth::Ready, Level::Ok, ""),
        (
            GatewayHealth::Draining,
            Level::Warning,
            "opendialogue doctor",
        ),
        (GatewayHealth::Away, Level::Problem, START),
        (
            GatewayHealth::Foreign("it is none".to_owned()),
            Level::Problem,
            SHOW,
        ),
    ] {
        let found = [health("http://127.0.0.1:1", &is)];
        assert_eq!(commands(&found), [(level, command)]);
    }
}

#[test]
fn what_the_hook_says_to_the_token_is_told() {
    let edit = "${EDITOR:-vi} /h/opendialogue.toml";
    for (answer, own_token, level, command) in [
        (HookAnswer::TokenRight, false, Level::Ok, ""),
        (HookAnswer::TokenWrong, false, Level::Problem, NEW_TOKEN),
        (HookAnswer::TokenWrong, true, Level::Problem, edit),
        (HookAnswer::NoHooks, false, Level::Problem, ENABLE),
        (HookAnswer::NoHookThere, false, Level::Problem, SHOW),
        (
            HookAnswer::Unsaid("it answered 500".to_owned()),
            false,
            Level::Unknown,
            "",
        ),
    ] {
        let found = [token(&answer, of(Ok(None), own_token))];
        assert_eq!(commands(&found), [(level, command)], "{answer:?}");
    }
}

#[test]
fn why_nothing_is_handed_over_is_told_with_what_mends_it() {
    let hooks = HookSettings::parse("{}").unwrap();
    let edit = "${EDITOR:-vi} /h/opendialogue.toml";
    let again = "opendialogue doctor";
    for (trouble, own_token, level, command) in [
        (
            json!("not_wanted"),
            false,
            Level::Warning,
            "opendialogue up --deliver",
        ),
        (json!("busy"), false, Level::Warning, again),
        (json!("away"), false, Level::Problem, START),
        (json!("token"), false, Level::Problem, NEW_TOKEN),
        (json!("token"), true, Level::Problem, edit),
        (json!("no_hooks"), false, Level::Problem, ENABLE),
        (json!("no_gateway"), false, Level::Problem, SHOW),
        (json!("settings"), false, Level::Problem, NEW_TOKEN),
        (Value::Null, false, Level::Problem, "opendialogue status"),
    ] {
        let why = "the gateway answered 401: whatever the sentence says";
        let told = status(json!({
            "gateway_ready": false, "gateway_problem": why, "gateway_trouble": trouble,
        }));
        let finding = delivery(&told, of(Ok(Some(&hooks)), own_token));
        assert!(finding.says.contains(why), "{finding:?}");
        assert_eq!(commands(&[finding]), [(level, command)], "{trouble}");
    }
    for (ready, level, command) in [(true, Level::Ok, ""), (false, Level::Warning, again)] {
        let told = status(json!({ "gateway_ready": ready, "gateway_problem": null }));
        let finding = delivery(&told, of(Ok(Some(&hooks)), false));
        assert_eq!(commands(&[finding]), [(level, command)]);
    }
}

#[test]
fn the_token_is_tried_only_where_it_tells_something_new() {
    let fine = HookSettings::parse(FINE).unwrap();
    let disabled = HookSettings::parse("{hooks: {token: 't'}}").unwrap();
    let met = |trouble: &str| {
        Some(status(json!({
            "gateway_ready": false, "gateway_problem": "why", "gateway_trouble": trouble,
        })))
    };
    let well = || Some(status(json!({})));
    let cut_off = cut_off();
    let (ready, away) = (GatewayHealth::Ready, GatewayHealth::Away);
    for (hooks, own_token, health, told, tried) in [
        (Ok(Some(&fine)), false, &ready, None, true),
        (Ok(Some(&fine)), false, &ready, well(), true),
        (Ok(Some(&fine)), false, &away, None, false),
        (Ok(Some(&disabled)), false, &ready, None, false),
        (Ok(None), false, &ready, None, false),
        (Ok(None), true, &ready, None, true),
        (Err(&cut_off), true, &ready, None, true),
        (Ok(Some(&fine)), false, &ready, met("token"), false),
        (Ok(Some(&fine)), false, &ready, met("no_hooks"), false),
        (Ok(Some(&fine)), false, &ready, met("away"), true),
    ] {
        let setup = of(hooks, own_token);
        assert_eq!(may_try(setup, health, told.as_ref()), tried, "{told:?}");
    }
}

#[test]
fn a_daemon_that_hands_nothing_over_on_purpose_is_known() {
    for trouble in GatewayTrouble::ALL {
        let told = status(json!({ "gateway_ready": false, "gateway_trouble": trouble }));
        assert_eq!(is_unwanted(&told), trouble == GatewayTrouble::NotWanted);
    }
}
