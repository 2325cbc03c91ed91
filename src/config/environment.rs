//! The environment, read once: the only place of the program that does.
//!
//! Only the variables of [`NAMES`] are looked at. An empty one counts as not set.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;

/// Every variable that the program reads. Of the proxies both cases are read, lower case first.
pub const NAMES: &[&str] = &[
    "OPENDIALOGUE_HOME",
    "OPENDIALOGUE_SERVER_URL",
    "OPENDIALOGUE_GATEWAY_BASE_URL",
    "OPENDIALOGUE_STATUS_PORT",
    "OPENDIALOGUE_AGENT_ID",
    "OPENDIALOGUE_AGENT_SECRET",
    "OPENDIALOGUE_LOG",
    "OPENCLAW_CONFIG_PATH",
    "OPENCLAW_STATE_DIR",
    "HOME",
    "XDG_CONFIG_HOME",
    "PATH",
    "https_proxy",
    "HTTPS_PROXY",
    "http_proxy",
    "HTTP_PROXY",
    "all_proxy",
    "ALL_PROXY",
    "no_proxy",
    "NO_PROXY",
    #[cfg(feature = "faults")]
    "OPENDIALOGUE_FAULT",
];

/// The variables of [`NAMES`] as they were when the program started.
#[derive(Clone, Default)]
pub struct Environment {
    variables: BTreeMap<&'static str, OsString>,
}

/// A variable is not UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the value is not UTF-8 text")]
pub struct NotText;

impl Environment {
    /// Reads the environment of this process.
    #[expect(clippy::disallowed_methods, reason = "config reads the environment")]
    pub fn from_process() -> Self {
        Self::from_lookup(std::env::var_os)
    }

    /// An environment of these variables and no other, for tests and embedding; names that the
    /// program does not read are dropped.
    pub fn from_pairs<K, V>(pairs: impl IntoIterator<Item = (K, V)>) -> Self
    where
        K: AsRef<str>,
        V: Into<OsString>,
    {
        let mut pairs: BTreeMap<String, OsString> = pairs
            .into_iter()
            .map(|(name, value)| (name.as_ref().to_owned(), value.into()))
            .collect();
        Self::from_lookup(|name| pairs.remove(name))
    }

    /// The bytes of a variable; `None` where it is not set or empty.
    pub fn raw(&self, name: &str) -> Option<&OsStr> {
        self.variables.get(name).map(OsString::as_os_str)
    }

    /// The text of a variable; `None` where it is not set or empty.
    pub fn text(&self, name: &str) -> Result<Option<&str>, NotText> {
        let Some(value) = self.raw(name) else {
            return Ok(None);
        };
        value.to_str().map(Some).ok_or(NotText)
    }

    fn from_lookup(mut lookup: impl FnMut(&'static str) -> Option<OsString>) -> Self {
        let set = NAMES
            .iter()
            .copied()
            .filter_map(|name| lookup(name).map(|value| (name, value)));
        Self {
            variables: set.filter(|(_, value)| !value.is_empty()).collect(),
        }
    }
}

/// Shows which variables are set and never their values: some are secret.
impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.variables.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_named_variables_are_seen_and_empty_ones_are_not_set() {
        let environment = Environment::from_pairs([
            ("OPENDIALOGUE_LOG", "debug"),
            ("OPENDIALOGUE_HOME", ""),
            ("RUST_LOG", "trace"),
        ]);
        assert_eq!(environment.text("OPENDIALOGUE_LOG"), Ok(Some("debug")));
        assert_eq!(environment.text("OPENDIALOGUE_HOME"), Ok(None));
        assert_eq!(environment.text("RUST_LOG"), Ok(None));
    }

    #[test]
    fn debugging_shows_no_value() {
        let environment = Environment::from_pairs([("OPENDIALOGUE_AGENT_SECRET", "hunter2")]);
        let shown = format!("{environment:?}");
        assert!(shown.contains("OPENDIALOGUE_AGENT_SECRET") && !shown.contains("hunter2"));
    }

    #[test]
    fn a_value_that_is_no_text_is_told_apart_from_none() {
        use std::os::unix::ffi::OsStringExt;
        let value = OsString::from_vec(vec![0xff]);
        let environment = Environment::from_pairs([("OPENDIALOGUE_LOG", value)]);
        assert_eq!(environment.text("OPENDIALOGUE_LOG"), Err(NotText));
        assert!(environment.raw("OPENDIALOGUE_LOG").is_some());
    }
}
