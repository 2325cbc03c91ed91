//! The parts of a URL as they are written, before a browser has put them right.

/// The parts.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Parts<'a> {
    /// The host, without a port.
    pub(super) host: &'a str,
}

/// The parts of `written`.
pub(super) fn parts(written: &str, relative: bool) -> Parts<'_> {
    let behind_scheme = match relative {
        true => written,
        false => written.split_once(':').map_or(written, |(_, rest)| rest),
    };
    let authority = behind_scheme.trim_start_matches(['/', '\\']);
    let authority = authority
        .split(['/', '\\', '?', '#'])
        .next()
        .unwrap_or(authority);
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    let host = match host.strip_prefix('[') {
        Some(address) => address.split(']').next().unwrap_or(address),
        None => host.split(':').next().unwrap_or(host),
    };
    Parts { host }
}
