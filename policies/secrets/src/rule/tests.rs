use guest::{Direction, Kind, Trust};
use proptest::prelude::*;

use super::*;

fn message(content: &str, released: bool) -> Message<'_> {
    Message {
        direction: Direction::Outbound,
        kind: Kind::Text,
        trust: Trust::Known,
        released,
        id: "1",
        from: "20000002",
        to: "10000001",
        conversation: None,
        turn: None,
        content,
        now: 0,
    }
}

fn judged(settings: &str, content: &str) -> Decision {
    let settings = Settings::from_json(settings).unwrap();
    judge(&settings, &message(content, false))
}

/// A token of GitLab, put together here so that nobody takes this file for a leak.
fn gitlab() -> String {
    ["glpat-", "Zq7wRt2LmX", "9vBn4KcYpD"].concat()
}

#[test]
fn a_finding_holds_and_is_told_by_name_and_place_alone() {
    let text = format!("first line\nthen {} and\né {}", gitlab(), gitlab());
    let said = judged("{}", &text);
    let named = "gitlab_token at 2:6, gitlab_token at 3:3";
    assert_eq!(
        said.verdict,
        Verdict::Hold {
            code: SECRET_HELD,
            reason: format!("it seems to hold a secret: {named}"),
            until: None,
        }
    );
    let expected = Annotation {
        key: FOUND,
        value: named.to_owned(),
    };
    assert_eq!(said.annotations, [expected]);
}

#[test]
fn the_strictest_action_is_taken() {
    let url = ["https://ada:", "xK9!mQ2v", "@git.internal/"].concat();
    let both = format!("{} {url}", gitlab());
    for (settings, text, expected) in [
        ("{}", both.as_str(), "hold"),
        (r#"{"action": {"gitlab_token": "tag"}}"#, &both, "hold"),
        (r#"{"action": {"gitlab_token": "tag"}}"#, &gitlab(), "pass"),
        (r#"{"action": {"url_password": "reject"}}"#, &both, "reject"),
        (r#"{"disable": ["url_password"]}"#, &url, "pass"),
        (r#"{"allow": ["glpat-"]}"#, &gitlab(), "pass"),
        (r#"{"allow": ["glpat-"]}"#, &both, "hold"),
    ] {
        let said = judged(settings, text);
        assert_eq!(said.verdict.word(), expected, "{settings} {text}");
    }
    assert_eq!(
        judged(r#"{"action": {"gitlab_token": "tag"}}"#, &gitlab())
            .annotations
            .len(),
        1
    );
}

#[test]
fn an_own_secret_counts_whatever_shape_stands_around_it() {
    let own = "q7rk2vtx9mzp4lwn8syd";
    let print = "20:00:9dda9e9bacc69dca5c98a21abe4054ab:f06c";
    let settings = |rest: &str| format!(r#"{{"fingerprints": ["{print}"]{rest}}}"#);
    let shaped = format!("{}{own}", gitlab());
    let named = "gitlab_token at 1:1, own_secret at 1:27";
    for (rest, expected) in [
        ("", "hold"),
        (r#", "action": {"gitlab_token": "tag"}"#, "hold"),
        (
            r#", "action": {"gitlab_token": "tag", "own_secret": "reject"}"#,
            "reject",
        ),
        (r#", "action": {"own_secret": "tag"}"#, "hold"),
    ] {
        let said = judged(&settings(rest), &shaped);
        assert_eq!(said.verdict.word(), expected, "{rest}");
        assert_eq!(said.annotations[0].value, named, "{rest}");
    }
    // Under the name of a secret it is told once.
    let value = &judged(&settings(""), &format!("token={own}")).annotations[0].value;
    assert_eq!(value, "own_secret at 1:7");
}

#[test]
fn a_release_answers_a_hold_and_no_rejection() {
    let text = gitlab();
    for (settings, expected) in [
        ("{}", "pass"),
        (r#"{"action": {"gitlab_token": "reject"}}"#, "reject"),
    ] {
        let settings = Settings::from_json(settings).unwrap();
        let said = judge(&settings, &message(&text, true));
        assert_eq!(said.verdict.word(), expected);
    }
}

#[test]
fn what_nobody_sees_hides_nothing() {
    let smuggled: String = gitlab().chars().flat_map(|c| [c, '\u{200b}']).collect();
    let wide: String = gitlab()
        .chars()
        .map(|c| char::from_u32(c as u32 + 0xfee0).unwrap())
        .collect();
    for text in [smuggled, wide] {
        let value = &judged("{}", &format!("x {text}")).annotations[0].value;
        assert_eq!(value, "gitlab_token at 1:3");
    }
}

#[test]
fn what_hides_in_tags_is_found() {
    let tags = |text: &str| -> String {
        let tags = text
            .bytes()
            .map(|byte| char::from_u32(0xe0000 + u32::from(byte)));
        tags.map(Option::unwrap).collect()
    };
    let value = judged("{}", &format!("hello{}", tags(&gitlab()))).annotations;
    assert_eq!(value[0].value, "gitlab_token at 1:6");
    assert_eq!(
        judged("{}", &format!("hello{}", tags("gbeng"))).annotations,
        []
    );
}

#[test]
fn eight_are_named_and_the_rest_counted() {
    let many = vec![gitlab(); 11].join(" ");
    let value = judged("{}", &many).annotations.remove(0).value;
    assert_eq!(value.matches("gitlab_token at ").count(), 8);
    assert!(value.ends_with(" and 3 more"), "{value}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_text_makes_it_fail_or_change_its_mind_or_the_text(
        pieces in prop::collection::vec(prop::sample::select(PIECES), 0..60),
        noise in any::<String>(),
    ) {
        let text = pieces.concat() + &noise + &pieces.concat();
        let settings = Settings::from_json(
            r#"{"fingerprints": ["8:00:00112233445566778899aabbccddeeff:0a0b"]}"#,
        ).unwrap();
        let said = judge(&settings, &message(&text, false));
        prop_assert!(!matches!(said.verdict, Verdict::Rewrite(_)));
        prop_assert_eq!(judge(&settings, &message(&text, false)), said);
    }
}

/// Pieces of which texts are made that touch every detector.
const PIECES: &[&str] = &[
    "ghp_",
    "glpat-",
    "AKIA",
    "eyJ",
    "eyJhbGciOiJIUzI1NiJ9",
    ".",
    "SG.",
    "xoxb-",
    "://",
    ":",
    "@",
    "a",
    "Z",
    "7",
    "=",
    "==",
    "\"",
    "'",
    "`",
    "\n",
    "\\n",
    " ",
    "password",
    "token",
    "--secret ",
    " is ",
    "<password>",
    "</",
    "|",
    "-----BEGIN ",
    "PRIVATE KEY-----",
    "Private-Lines: 4",
    "Q~",
    "123456789:AA",
    "MTIz",
    "Bearer ",
    "Basic ",
    "Authorization: ",
    "é",
    "\u{200b}",
    "\u{ff41}",
    "%61",
    "\\x61",
    "\u{e0041}",
    "\n00000000: 6162 ",
    "hooks.slack.com/services/",
    "q7Rk2VtX9mZp4LwN8sYd",
    "postgres://",
    "PWD=",
    ";",
    "MIIEvQIBADANBgkqhkiG9w0BAQ",
];
