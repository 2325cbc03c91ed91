//! What was expected beside what came.

use serde::Serialize;

/// One thing that a message was judged otherwise in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// What it is: `verdict`, `code`.
    pub what: &'static str,
    /// What the case says; nothing where it says that there is none.
    pub expected: Option<String>,
    /// What came, if anything.
    pub got: Option<String>,
}

impl Difference {
    /// Something that the case says nothing about.
    pub(super) fn unasked(what: &'static str, got: &str) -> Self {
        Self {
            what,
            expected: None,
            got: Some(got.to_owned()),
        }
    }
}

/// Where the case says nothing, nothing must come.
pub(super) fn always<T: ToString + PartialEq>(
    what: &'static str,
    expected: Option<T>,
    got: Option<T>,
) -> Option<Difference> {
    (expected != got).then(|| Difference {
        what,
        expected: expected.map(|side| side.to_string()),
        got: got.map(|side| side.to_string()),
    })
}

/// Where the case says nothing, anything may come.
pub(super) fn where_said<T: ToString + PartialEq>(
    what: &'static str,
    expected: Option<T>,
    got: Option<T>,
) -> Option<Difference> {
    expected.is_some().then(|| always(what, expected, got))?
}
