//! The rule: looks for secrets in what is written, in what is seen of it and in what hides in tags, and does what the
//! strictest of them asks for.
//!
//! It looks at messages of every kind and never rewrites: a text without its secret would say
//! something else than its author wrote.

use std::fmt::Write as _;
use std::ops::Range;

use guest::{Annotation, Decision, Message, Verdict};

use crate::detector::Detector;
use crate::find;
use crate::settings::{Action, Settings};
use crate::view::View;

/// The code of a rejection.
pub const SECRET_REJECTED: &str = "secret_rejected";
/// The code of a hold.
pub const SECRET_HELD: &str = "secret_held";

/// What was found, for the owner alone: names and places.
pub const FOUND: &str = "owner.secrets";

/// How many findings are named.
const NAMED: usize = 8;

/// Something that looks like a secret, where it stands in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Finding {
    detector: Detector,
    at: Range<usize>,
}

/// Decides about one message.
pub fn judge(settings: &Settings, message: &Message<'_>) -> Decision {
    let text = message.content;
    let findings = findings(settings, text);
    let strictest = findings
        .iter()
        .map(|found| settings.action(found.detector))
        .max();
    let Some(action) = strictest else {
        return Verdict::Pass.into();
    };
    let named = named(text, &findings);
    let reason = format!("it seems to hold a secret: {named}");
    let verdict = match action {
        Action::Reject => Verdict::reject(SECRET_REJECTED, reason),
        Action::Hold if !message.released => Verdict::Hold {
            code: SECRET_HELD,
            reason,
            until: None,
        },
        Action::Hold | Action::Tag => Verdict::Pass,
    };
    Decision {
        verdict,
        annotations: vec![Annotation {
            key: FOUND,
            value: named,
        }],
    }
}

/// Everything that is found in `text` and may not pass, apart and in order.
fn findings(settings: &Settings, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !settings.is_disabled(Detector::OwnSecret) {
        let own = settings.fingerprints.find(text).into_iter();
        findings.extend(own.map(|at| Finding {
            detector: Detector::OwnSecret,
            at,
        }));
    }
    let unseen = View::seen(text).into_iter().chain(View::hidden(text));
    for view in std::iter::once(View::written(text)).chain(unseen) {
        let found = find::find(&view, settings.entropy)
            .into_iter()
            .filter(|found| {
                !settings.is_disabled(found.detector)
                    && !settings.allows(&view.bytes[found.at.clone()], found.prefix)
            });
        findings.extend(found.map(|found| Finding {
            detector: found.detector,
            at: view.places(&found.at),
        }));
    }
    apart(findings)
}

/// The findings in order: own secrets, what is known by its shape, and, where neither stands, what is
/// known by where it stands; each of the three has a place once. So nothing that is shaped around an
/// own secret takes its place.
fn apart(findings: Vec<Finding>) -> Vec<Finding> {
    let (general, known): (Vec<_>, Vec<_>) = findings
        .into_iter()
        .partition(|found| found.detector.is_general());
    let (own, shaped) = known
        .into_iter()
        .partition(|found| found.detector == Detector::OwnSecret);
    let (own, shaped, mut general) = (disjoint(own), disjoint(shaped), disjoint(general));
    general.retain(|found| !is_met(found, &own) && !is_met(found, &shaped));
    let mut all = [own, shaped, general].concat();
    all.sort_by_key(|found| (found.at.start, found.detector));
    all
}

/// Whether any of `others`, which stand apart and in order, has a part of where `found` stands.
fn is_met(found: &Finding, others: &[Finding]) -> bool {
    let next = others.partition_point(|other| other.at.end <= found.at.start);
    others
        .get(next)
        .is_some_and(|other| other.at.start < found.at.end)
}

fn disjoint(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.sort_by_key(|found| (found.at.start, found.detector));
    let mut covered = 0;
    findings.retain(|found| {
        let is_new = found.at.start >= covered;
        covered = covered.max(found.at.end);
        is_new
    });
    findings
}

/// What the findings are and where: `github_token at 1:14, private_key at 3:1`, by line and character.
fn named(text: &str, findings: &[Finding]) -> String {
    let mut named = String::new();
    let (mut line, mut column, mut from) = (1, 1, 0);
    for found in findings.iter().take(NAMED) {
        for c in text[from..].chars() {
            if from >= found.at.start {
                break;
            }
            from += c.len_utf8();
            (line, column) = match c {
                '\n' => (line + 1, 1),
                _ => (line, column + 1),
            };
        }
        let separator = if named.is_empty() { "" } else { ", " };
        let name = found.detector.name();
        // Writing into memory does not fail.
        let _ = write!(named, "{separator}{name} at {line}:{column}");
    }
    if let Some(others) = findings
        .len()
        .checked_sub(NAMED)
        .filter(|others| *others > 0)
    {
        let _ = write!(named, " and {others} more");
    }
    named
}

#[cfg(test)]
mod tests;
