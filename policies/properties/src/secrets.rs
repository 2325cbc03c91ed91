//! `secrets`: it never rewrites, says nothing but names and places, does what the strictest of them asks
//! for, and finds an own secret in every usual spelling wherever it is put.
//!
//! The input is a text, looked at as it is and without its zero-width spaces: a file of the corpus has one
//! in each token, so that nobody takes it for a leak.

mod own;

use std::fmt::Write as _;

use guest::{Decision, Direction, Message, Policy, Remembered, Trust, Verdict};
use secrets::Secrets;
use secrets::detector::{DETECTORS, Detector};
use secrets::rule::{FOUND, SECRET_HELD, SECRET_REJECTED};
use secrets::settings::{Action, Settings};

use crate::{is_taken, text};

/// What stands in the tokens of the corpus.
const JOINT: char = '\u{200b}';
/// How much of an input own secrets are put into, in bytes.
const AROUND: usize = 512;
/// A piece of a secret that would help whoever reads it, in bytes.
const PIECE: usize = 8;

/// A text.
pub fn holds(input: &[u8]) {
    let Ok(input) = std::str::from_utf8(input) else {
        return;
    };
    let prints = own::SECRETS.map(|secret| own::marked(secret.as_bytes()));
    let prints: Vec<_> = prints.into_iter().flatten().collect();
    let every = every_settings(&prints);
    for text in [input, &input.replace(JOINT, "")] {
        for settings in &every {
            is_judged(settings, text);
        }
    }
    finds_what_is_put_in(input);
}

/// The defaults with secrets of the daemon's own, as it hands them over.
pub fn with_own() -> String {
    let prints = own::SECRETS.map(|secret| own::marked(secret.as_bytes()));
    let prints: Vec<_> = prints.iter().flatten().collect();
    format!(r#"{{"own": {prints:?}}}"#)
}

/// The defaults, the strictest, and all actions beside one another.
fn every_settings(prints: &[String]) -> [Settings; 4] {
    let some =
        r#""entropy": 4.5, "disable": ["jwt", "url_password"], "allow": ["AKIA", "Bearer "]"#;
    [
        settings(prints, r#""entropy": true"#, |_| Action::Hold),
        settings(prints, r#""entropy": 2"#, |_| Action::Reject),
        watchful(prints),
        settings(prints, some, |detector| {
            [Action::Reject, Action::Tag, Action::Hold][detector as usize % 3]
        }),
    ]
}

/// For a text in which an own secret stands: all else that is found is told and passes.
fn watchful(prints: &[String]) -> Settings {
    settings(prints, r#""entropy": false"#, |detector| {
        if detector == Detector::OwnSecret {
            Action::Reject
        } else {
            Action::Tag
        }
    })
}

fn settings(prints: &[String], rest: &str, action: fn(Detector) -> Action) -> Settings {
    let prints: Vec<_> = prints.iter().map(|print| format!("\"{print}\"")).collect();
    let json = format!(r#"{{"own": [{}], {rest}}}"#, prints.join(", "));
    let mut settings = Secrets::settings(&json).expect("the settings are right");
    settings.actions = DETECTORS.map(|(_, detector)| action(detector));
    settings
}

/// Asserts that `content` is judged as `settings` ask, the same each time, and gives the decision.
fn is_judged(settings: &Settings, content: &str) -> Decision {
    let judge = |released| {
        let message = Message {
            direction: Direction::Outbound,
            trust: Trust::Known,
            released,
            ..text(content)
        };
        Secrets::judge(settings, &message, &mut Remembered::default())
    };
    let said = judge(false);
    is_taken(&said);
    assert_eq!(judge(false), said, "it changed its mind");
    let released = judge(true);
    assert_eq!(released.annotations, said.annotations);
    let Some(told) = Told::of(&said, content) else {
        assert_eq!((&said.verdict, released), (&Verdict::Pass, said.clone()));
        return said;
    };
    let named = told.findings.iter().map(|found| found.detector);
    let strictest = named.map(|detector| {
        assert!(!settings.is_disabled(detector), "{}", detector.name());
        settings.action(detector)
    });
    let strictest = strictest.max().expect("one is named");
    let does = |said: &Verdict, is_released| {
        let others = [Action::Tag, Action::Hold, Action::Reject].into_iter();
        // What is not named can only be stricter.
        let mut may = others
            .filter(|action| *action == strictest || (told.others > 0 && *action > strictest));
        may.any(|action| *said == verdict(action, is_released, &told.written))
    };
    assert!(does(&said.verdict, false), "{strictest:?}: {said:?}");
    assert!(does(&released.verdict, true), "{strictest:?}: {released:?}");
    said
}

/// What an action comes to; the reason holds what the annotation holds, and words of ours.
fn verdict(action: Action, is_released: bool, told: &str) -> Verdict {
    let reason = format!("it seems to hold a secret: {told}");
    match action {
        Action::Reject => Verdict::reject(SECRET_REJECTED, reason),
        Action::Hold if !is_released => Verdict::Hold {
            code: SECRET_HELD,
            reason,
            until: None,
        },
        Action::Hold | Action::Tag => Verdict::Pass,
    }
}

/// What the annotation says.
struct Told {
    findings: Vec<Found>,
    /// How many are not named.
    others: usize,
    written: String,
}

/// One finding by its name and place.
struct Found {
    detector: Detector,
    line: usize,
    column: usize,
}

impl Told {
    /// Reads the annotation back, if there is one: whoever writes anew what was read gets the same, so
    /// nothing stands there but names of detectors, places of `content` and a count.
    fn of(said: &Decision, content: &str) -> Option<Self> {
        let [annotation] = &said.annotations[..] else {
            assert_eq!(said.annotations, []);
            return None;
        };
        assert_eq!(annotation.key, FOUND);
        let (named, others) = match annotation.value.split_once(" and ") {
            Some((named, others)) => (named, number(others.trim_end_matches(" more"))),
            None => (annotation.value.as_str(), 0),
        };
        let findings: Vec<_> = named.split(", ").map(Found::read).collect();
        let mut written = String::new();
        for found in &findings {
            let comma = if written.is_empty() { "" } else { ", " };
            let name = found.detector.name();
            let _ = write!(written, "{comma}{name} at {}:{}", found.line, found.column);
            let mut lines = content.split('\n');
            let line = lines.nth(found.line - 1).expect("a line of the text");
            // Within the last character of a line, what stands there begins after it.
            assert!(
                (1..=line.chars().count() + 1).contains(&found.column),
                "{written}"
            );
        }
        if others > 0 {
            let _ = write!(written, " and {others} more");
        }
        assert_eq!(written, annotation.value);
        assert!(findings.is_sorted_by_key(|found| (found.line, found.column)));
        Some(Self {
            findings,
            others,
            written,
        })
    }
}

impl Found {
    fn read(written: &str) -> Self {
        let (name, place) = written.split_once(" at ").expect("a name and a place");
        let (line, column) = place.split_once(':').expect("a line and a character");
        let detector = DETECTORS.iter().find(|(known, _)| *known == name);
        Self {
            detector: detector.expect("a name of ours").1,
            line: number(line),
            column: number(column),
        }
    }
}

fn number(written: &str) -> usize {
    written.parse().expect("a number")
}

/// Asserts that own secrets are found in the beginning of `input`, spelled in every way: those that
/// there are anyway, and one that is made of the input itself.
fn finds_what_is_put_in(input: &str) {
    let around = &input[..input.floor_char_boundary(AROUND)];
    for secret in own::SECRETS {
        let marked = watchful(&Vec::from_iter(own::marked(secret.as_bytes())));
        for (turn, spelled) in own::spellings(secret).iter().enumerate() {
            is_found(&marked, around, turn, spelled, |told| {
                let mut pieces = secret.as_bytes().windows(PIECE);
                let is_told = |piece: &[u8]| told.windows(PIECE).any(|told| told == piece);
                assert!(!pieces.any(is_told), "{spelled}");
            });
        }
        let unmarked = watchful(&[own::unmarked(secret.as_bytes())]);
        is_found(&unmarked, around, 0, &format!("\"{secret}\""), |_| {});
    }
    let (secret, around) = around.split_at(around.floor_char_boundary(around.len() / 2));
    if let Some(print) = own::marked(secret.as_bytes()) {
        let marked = watchful(&[print]);
        for (turn, spelled) in own::encodings(secret).iter().enumerate() {
            is_found(&marked, around, turn, spelled, |_| {});
        }
    }
}

/// Asserts that `spelled` is found at the beginning of `around`, at its end, and at a place between that
/// is another at each turn; and shows `look` what is said of it.
fn is_found(settings: &Settings, around: &str, turn: usize, spelled: &str, look: impl Fn(&[u8])) {
    let between = (turn * 61 + 17) % (around.len() + 1);
    for place in [0, around.floor_char_boundary(between), around.len()] {
        let (before, after) = around.split_at(place);
        let said = is_judged(settings, &[before, spelled, after].concat());
        // With these settings nothing else is refused.
        let Verdict::Reject { reason, .. } = &said.verdict else {
            panic!("not found: {before:?} {spelled:?} {after:?}");
        };
        look(reason.as_bytes());
    }
}
