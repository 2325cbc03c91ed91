//! The policies, and the messages that wait for a person.

use super::daemon::{PolicyState, Status};
use super::finding::{Finding, Level, edit};
use crate::config::Origin;
use crate::policy::Fault;

/// The policies as the daemon has them.
pub(super) fn policies(status: &Status) -> Vec<Finding> {
    let check = "in force";
    let mut found = Vec::new();
    for policy in &status.policies {
        if policy.state == PolicyState::Failing {
            let why = policy.error.as_deref().unwrap_or("it does not say why");
            found.push(Finding::problem(
                check,
                format!(
                    "policy `{}` fails, and what it should judge is held or refused, as its entry \
                     says: {why}; after five failures in a row it rests for a minute each time",
                    policy.name
                ),
                "opendialogue policy check",
            ));
        } else if let Some(error) = &policy.error {
            let says = format!("policy `{}` is kept as it was: {error}", policy.name);
            found.push(Finding::warning(check, says, "opendialogue policy check"));
        }
    }
    for problem in status.policies_problem.iter().flat_map(|text| text.lines()) {
        let says = format!("what is wanted is not in force: {problem}");
        found.push(Finding::problem(check, says, "opendialogue policy check"));
    }
    if let Some(problem) = &status.policy_cache_problem {
        let command = "opendialogue policy reload";
        found.push(Finding::warning("cache", problem.as_str(), command));
    }
    if found.is_empty() {
        found.push(Finding::ok(check, counted(status.policies.len())));
    }
    found
}

/// The policies as a start would load them: how many, or every fault.
pub(super) fn loadable(loaded: Result<usize, &[Fault]>) -> Vec<Finding> {
    let check = "loadable";
    match loaded {
        Ok(count) => vec![Finding::ok(check, counted(count))],
        Err(faults) => faults
            .iter()
            .map(|fault| Finding::problem(check, fault.to_string(), mend_at(&fault.origin)))
            .collect(),
    }
}

/// Whether none of the policies is a problem.
pub(super) fn are_well(policies: &[Finding]) -> bool {
    policies.iter().all(|one| one.level != Level::Problem)
}

/// The command that opens the place of a fault; where it has none, the one that tells it.
fn mend_at(origin: &Origin) -> String {
    match origin {
        Origin::File(path, at) => edit(path, Some(at.line)),
        Origin::Default | Origin::WholeFile(_) | Origin::Environment(_) | Origin::Flag(_) => {
            "opendialogue policy check".to_owned()
        }
    }
}

fn counted(count: usize) -> String {
    match count {
        1 => "1 policy".to_owned(),
        count => format!("{count} policies"),
    }
}

/// What waits for a person, or fills up; without `status` no daemon runs and nobody has counted.
pub(super) fn waiting(status: Option<&Status>) -> Vec<Finding> {
    let Some(status) = status else {
        return vec![Finding::unknown("waiting", "a running daemon counts them")];
    };
    let are = |count| {
        if count == 1 {
            "1 is".to_owned()
        } else {
            format!("{count} are")
        }
    };
    let mut found = Vec::new();
    if status.held > 0 {
        let says = format!(
            "{} held, for you to answer or until a moment",
            are(status.held)
        );
        found.push(Finding::warning("held", says, "opendialogue held"));
    }
    if status.dead > 0 {
        let says = format!(
            "{} given up on the way to the agent, to try again or drop",
            are(status.dead)
        );
        found.push(Finding::warning("dead", says, "opendialogue dead"));
    }
    if let Some(problem) = &status.inbox_problem {
        let command = "opendialogue inbox";
        found.push(Finding::problem("inbox", problem.as_str(), command));
    }
    if found.is_empty() {
        found.push(Finding::ok("waiting", "none waits for a person"));
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::daemon::tests::status;
    use super::*;
    use crate::config::Position;

    type Told = Vec<(&'static str, Level, Option<String>)>;

    fn told(found: Vec<Finding>) -> Told {
        let parts = |one: Finding| (one.check, one.level, one.command);
        found.into_iter().map(parts).collect()
    }

    fn of(findings: &[(&'static str, Level, Option<&str>)]) -> Told {
        let parts = findings.iter();
        parts
            .map(|(check, level, command)| (*check, *level, command.map(str::to_owned)))
            .collect()
    }

    #[test]
    fn policies_that_fail_or_are_not_in_force_are_told() {
        let check = Some("opendialogue policy check");
        let failing = json!([{ "name": "acl", "state": "failing", "error": "out of time" }]);
        let kept = json!([{ "name": "acl", "state": "ready", "error": "its file is empty" }]);
        for (changed, expected) in [
            (json!({}), of(&[("in force", Level::Ok, None)])),
            (
                json!({ "policies": failing }),
                of(&[("in force", Level::Problem, check)]),
            ),
            (
                json!({ "policies": kept }),
                of(&[("in force", Level::Warning, check)]),
            ),
            (
                json!({ "policies_problem": "one\ntwo" }),
                of(&[
                    ("in force", Level::Problem, check),
                    ("in force", Level::Problem, check),
                ]),
            ),
            (
                json!({ "policy_cache_problem": "it is open" }),
                of(&[("cache", Level::Warning, Some("opendialogue policy reload"))]),
            ),
        ] {
            assert_eq!(
                told(policies(&status(changed.clone()))),
                expected,
                "{changed}"
            );
        }
    }

    #[test]
    fn a_chain_that_does_not_load_has_each_fault() {
        assert_eq!(told(loadable(Ok(5))), of(&[("loadable", Level::Ok, None)]));
        let fault = |origin| Fault {
            policy: Some("acl".to_owned()),
            origin,
            sentence: "policy `acl`: setting `mode` must be another".to_owned(),
        };
        let at = Position { line: 4, column: 8 };
        let faults = [
            fault(Origin::Default),
            fault(Origin::File("/o.toml".into(), at)),
        ];
        let expected = of(&[
            (
                "loadable",
                Level::Problem,
                Some("opendialogue policy check"),
            ),
            ("loadable", Level::Problem, Some("${EDITOR:-vi} +4 /o.toml")),
        ]);
        let found = loadable(Err(&faults));
        assert!(
            found[1].says.starts_with("/o.toml:4:8: policy `acl`"),
            "{found:?}"
        );
        assert!(!are_well(&found) && are_well(&loadable(Ok(5))));
        assert_eq!(told(found), expected);
    }

    #[test]
    fn what_waits_for_a_person_is_counted() {
        for (changed, expected) in [
            (json!({}), of(&[("waiting", Level::Ok, None)])),
            (
                json!({ "held": 1, "dead": 2 }),
                of(&[
                    ("held", Level::Warning, Some("opendialogue held")),
                    ("dead", Level::Warning, Some("opendialogue dead")),
                ]),
            ),
            (
                json!({ "inbox_problem": "it fills" }),
                of(&[("inbox", Level::Problem, Some("opendialogue inbox"))]),
            ),
        ] {
            let status = status(changed.clone());
            assert_eq!(told(waiting(Some(&status))), expected, "{changed}");
        }
        assert_eq!(
            told(waiting(None)),
            of(&[("waiting", Level::Unknown, None)])
        );
        let one = status(json!({ "held": 1, "policies": Value::Array(Vec::new()) }));
        assert_eq!(
            waiting(Some(&one))[0].says,
            "1 is held, for you to answer or until a moment"
        );
    }
}
