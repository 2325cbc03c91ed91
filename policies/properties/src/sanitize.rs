//! `sanitize`: what goes on is clean, stays so, and is no longer than documented; what was hidden is
//! told to the owner alone.

use guest::{Decision, Policy, Verdict};
use sanitize::Sanitize;
use sanitize::rule::{CONTROL_CHARACTER, NOT_STABLE, REMOVED_BUDGET, TOO_LONG};

use crate::{is_taken, text};

/// Every profile, and the settings that change most.
const SETTINGS: [&str; 5] = [
    r#"{"max_chars": 65536}"#,
    r#"{"profile": "strict", "removed_budget": 1}"#,
    r#"{"profile": "detect"}"#,
    r#"{"controls": "reject", "protected_words": ["paypal", "system"], "removed_budget": 0}"#,
    r#"{"normalize": "none", "terminal_escapes": "keep", "line_breaks": "keep", "max_combining_marks": 1}"#,
];
const CODES: [&str; 4] = [CONTROL_CHARACTER, NOT_STABLE, REMOVED_BUDGET, TOO_LONG];

/// What form C makes longer, it makes at most three times as long, in bytes.
const LONGER: usize = 3;

/// A text.
pub fn holds(input: &[u8]) {
    let Ok(input) = std::str::from_utf8(input) else {
        return;
    };
    for json in SETTINGS {
        let settings = Sanitize::settings(json).expect("the settings are right");
        let judge = |content: &str| -> Decision {
            let said =
                Sanitize::judge(&settings, &text(content), &mut guest::Remembered::default());
            is_taken(&said);
            said
        };
        let said = judge(input);
        is_told_to_the_owner_alone(&said);
        let clean = match &said.verdict {
            Verdict::Pass => continue,
            Verdict::Reject { code, .. } | Verdict::Hold { code, .. } => {
                assert!(CODES.contains(code), "{code}");
                assert!(!settings.detect);
                continue;
            }
            Verdict::Rewrite(clean) => clean,
        };
        assert!(!settings.detect && clean != input);
        assert!(clean.len() <= LONGER * input.len());
        let is_line = |c: char| matches!(c, '\n' | '\t') || (c == '\r' && json.contains("keep"));
        assert!(!clean.contains(|c: char| c.is_control() && !is_line(c)));
        if !json.contains("none") {
            assert_eq!(unicode::normal::compose(clean), None, "not in form C");
        }
        let again = judge(clean);
        assert_eq!(again.verdict, Verdict::Pass, "{json}");
        assert!(!again.annotations.iter().any(|said| said.key == "removed"));
    }
}

/// What the agent reads of it holds numbers and words of ours alone.
fn is_told_to_the_owner_alone(said: &Decision) {
    for said in &said.annotations {
        let ours = |c: char| c.is_ascii_alphanumeric() || matches!(c, ' ' | ',' | '_');
        assert!(
            said.key.starts_with("owner.") || said.value.chars().all(ours),
            "{said:?}"
        );
    }
}
