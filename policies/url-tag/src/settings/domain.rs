//! A domain in a list: it stands for its own host and for the hosts below it, never for a name
//! that merely ends in the same letters.

use url::Host;

/// A domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Domain {
    /// In lower-case ASCII, without a dot at the end.
    name: String,
}

impl Domain {
    /// The domain that `text` names, or nothing where it names none.
    pub fn new(text: &str) -> Option<Self> {
        let host = Host::parse(text).ok()?;
        let name = host.to_string();
        let name = name.trim_end_matches('.');
        (!name.is_empty()).then(|| Self {
            name: name.to_owned(),
        })
    }

    /// Whether `host`, as a browser writes it, is this domain or a host below it.
    ///
    /// Below a name without a dot, such as `com`, there is nothing that belongs together: it stands
    /// for itself alone.
    pub fn holds(&self, host: &str) -> bool {
        let host = host.trim_end_matches('.');
        let below = host.strip_suffix(&self.name);
        below.is_some_and(|rest| {
            rest.is_empty() || (rest.ends_with('.') && self.name.as_bytes().contains(&b'.'))
        })
    }
}
