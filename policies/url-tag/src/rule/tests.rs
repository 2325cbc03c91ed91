use guest::{Direction, Trust};
use proptest::prelude::*;

use super::*;
use crate::adversarial::adversarial;

fn judged(text: &str) -> Decision {
    let message = Message {
        direction: Direction::Inbound,
        kind: Kind::Text,
        trust: Trust::Unknown,
        released: false,
        id: "1",
        from: "10000001",
        to: "20000002",
        conversation: None,
        turn: None,
        content: text,
        now: 0,
    };
    judge(&Settings::default(), &message)
}

fn after(text: &str) -> String {
    match judged(text).verdict {
        Verdict::Pass => text.to_owned(),
        Verdict::Rewrite(text) => text,
        refusal @ (Verdict::Reject { .. } | Verdict::Hold { .. }) => panic!("{text}: {refusal:?}"),
    }
}

#[test]
fn no_more_urls_are_described_than_asked_for_and_the_rest_are_disarmed() {
    let text = (0..100)
        .map(|n| format!("http://example.com/{n}\n"))
        .collect::<String>();
    let decision = judged(&text);
    assert_eq!(decision.annotations.len(), 21);
    assert_eq!(
        decision.annotations[0].value,
        "100, 80 of them disarmed and not described"
    );
    let text = after(&text);
    assert_eq!(text.matches("http://").count(), 20);
    assert_eq!(text.matches("hxxp://example[.]com").count(), 80);
}

#[test]
fn what_follows_too_many_urls_is_disarmed_as_a_whole() {
    let text = "http://example.com/ ".repeat(find::MAX_FOUND)
        + &"see javascript:alert(1) //a.bc ".repeat(9);
    assert_eq!(
        judged(&text).annotations[0].value,
        "more than 256, all but 20 of them disarmed and not described"
    );
    let text = after(&text);
    assert_eq!(text.matches("javascript[:]alert(1)").count(), 9);
    assert_eq!(
        text.matches("/[/]a.bc").count() + text.matches("[//]a").count(),
        9
    );
    assert_eq!(after(&text), text);
}

#[test]
fn a_fact_fits_whatever_the_url() {
    for text in [
        format!("http://{}.com/{}", "ü".repeat(60), "ü".repeat(950)),
        format!("![a](http://example.com/{})", ":/.".repeat(600)),
        format!("javascript:{}", "::".repeat(1_000)),
        format!("http://user:{}@example.com/", "\u{e9}".repeat(500)),
        format!("http://{}com", "я.".repeat(600)),
        format!("HTTP://{}.com:8/%01", "A".repeat(1_990)),
        format!("{}:8/%01", "a".repeat(1_990)),
        format!("javascript://{}/", "a.".repeat(900)),
    ] {
        for annotation in judged(&text).annotations {
            assert!(
                annotation.value.len() <= 4_096,
                "{}",
                annotation.value.len()
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 50_000, ..ProptestConfig::default() })]
    #[test]
    fn what_was_judged_stays_as_it_is(text in adversarial()) {
        let once = after(&text);
        prop_assert_eq!(after(&once), once);
    }
}
