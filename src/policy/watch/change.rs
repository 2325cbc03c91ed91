//! What is different between two chains, as a pure function of their entries.

use super::super::loader::{Modules, PolicySpec};
use crate::types::Digest;

/// An entry with the module that it stood for.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Posted {
    pub(super) spec: PolicySpec,
    /// None for a policy that is off.
    pub(super) digest: Option<Digest>,
}

pub(super) fn posted(modules: &Modules) -> Vec<Posted> {
    let entries = modules.entries().map(|(spec, digest)| Posted {
        spec: spec.clone(),
        digest,
    });
    entries.collect()
}

/// The policies that are new, changed or gone, and those that stand in another order; in the order
/// of `after`, and those that are gone at the end.
pub(super) fn changed(before: &[Posted], after: &[Posted]) -> Vec<String> {
    let mut names = Vec::new();
    let kept = |of: &[Posted], other: &[Posted]| -> Vec<String> {
        let common = of
            .iter()
            .filter(|one| find(other, &one.spec.name).is_some());
        common.map(|one| one.spec.name.clone()).collect()
    };
    let (order_before, order_after) = (kept(before, after), kept(after, before));
    let place = |order: &[String], name: &String| order.iter().position(|one| one == name);
    for one in after {
        let name = &one.spec.name;
        let is_other = find(before, name).is_none_or(|old| old != one);
        if is_other || place(&order_before, name) != place(&order_after, name) {
            names.push(name.clone());
        }
    }
    let gone = before.iter().map(|one| &one.spec.name);
    names.extend(gone.filter(|name| find(after, name).is_none()).cloned());
    names
}

fn find<'a>(chain: &'a [Posted], name: &str) -> Option<&'a Posted> {
    chain.iter().find(|one| one.spec.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Mode;

    fn chain(entries: &[(&str, &str)]) -> Vec<Posted> {
        let entries = entries.iter().map(|(name, module)| Posted {
            spec: PolicySpec::of_builtin(name),
            digest: Some(Digest::of(module.as_bytes())),
        });
        entries.collect()
    }

    #[test]
    fn what_differs_is_named() {
        let before = [("a", "1"), ("b", "1"), ("c", "1")];
        for (after, expected) in [
            (before.to_vec(), vec![]),
            (vec![("a", "1"), ("b", "2"), ("c", "1")], vec!["b"]),
            (vec![("a", "1"), ("c", "1")], vec!["b"]),
            (
                vec![("a", "1"), ("new", "1"), ("b", "1"), ("c", "1")],
                vec!["new"],
            ),
            (vec![("b", "1"), ("a", "1"), ("c", "1")], vec!["b", "a"]),
            (vec![("c", "2")], vec!["c", "a", "b"]),
        ] {
            assert_eq!(
                changed(&chain(&before), &chain(&after)),
                expected,
                "{after:?}"
            );
        }
        let mut monitored = chain(&before);
        monitored[1].spec.mode = Mode::Monitor;
        assert_eq!(changed(&chain(&before), &monitored), ["b"]);
        let mut other_settings = chain(&before);
        other_settings[2].spec.settings = serde_json::json!({ "mode": "open" });
        assert_eq!(changed(&chain(&before), &other_settings), ["c"]);
    }
}
