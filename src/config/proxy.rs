//! Which proxy, if any, stands between us and a host: a pure function of the environment.
//!
//! A proxy is asked for the relay, never for this machine. One that is set but of no use is a
//! fault and not "no proxy": going round it would show a person's traffic to a network that they
//! keep it from.

use std::fmt;
use std::net::IpAddr;

use http::{HeaderValue, Uri};
use hyper_util::client::proxy::matcher::Matcher;

use super::endpoint::is_loopback;
use super::environment::Environment;

/// The proxies that the environment names.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ProxySettings {
    https: Option<Named>,
    http: Option<Named>,
    no: Option<String>,
}

/// An HTTP proxy to ask for a tunnel by `CONNECT`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proxy {
    /// Its host, an IPv6 address without brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The value of `Proxy-Authorization`, marked as sensitive.
    pub authorization: Option<HeaderValue>,
}

/// A variable names a proxy that cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{variable}` names no usable proxy; write `http://host:port`, or exempt this host by `NO_PROXY`"
)]
pub struct UnusableProxy {
    /// The variable.
    pub variable: &'static str,
}

/// A proxy as it was written, and the variable that says so. It may hold a password.
#[derive(Clone, PartialEq, Eq)]
struct Named {
    variable: &'static str,
    text: String,
}

impl ProxySettings {
    /// Reads the variables: lower case first, and `ALL_PROXY` where the scheme has none of its own.
    pub fn new(environment: &Environment) -> Self {
        let first = |variables: &[&'static str]| {
            variables.iter().find_map(|variable| {
                // Text that is not UTF-8 names no proxy, and is kept as one that cannot be used.
                let text = environment.raw(variable)?.to_string_lossy().into_owned();
                Some(Named { variable, text })
            })
        };
        Self {
            https: first(&["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]),
            http: first(&["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"]),
            no: first(&["no_proxy", "NO_PROXY"]).map(|named| named.text),
        }
    }

    /// The proxy for a connection to `host` and `port`; `wss` counts as `https`, `ws` as `http`.
    pub fn proxy_for(
        &self,
        scheme: &str,
        host: &str,
        port: u16,
    ) -> Result<Option<Proxy>, UnusableProxy> {
        let named = match scheme {
            "https" | "wss" => &self.https,
            "http" | "ws" => &self.http,
            _ => return Ok(None),
        };
        let Some(named) = named else {
            return Ok(None);
        };
        if is_loopback(host) || self.is_exempt(host, port) {
            return Ok(None);
        }
        let unusable = UnusableProxy {
            variable: named.variable,
        };
        Proxy::parse(&named.text).map(Some).ok_or(unusable)
    }

    fn is_exempt(&self, host: &str, port: u16) -> bool {
        let list = self.no.as_deref().unwrap_or_default();
        let host = bare(host).trim_end_matches('.').to_ascii_lowercase();
        list.split([',', ' '])
            .map(|entry| entry.trim().to_ascii_lowercase())
            .filter(|entry| !entry.is_empty())
            .any(|entry| exempts(&entry, &host, port))
    }
}

/// Shows which variables are set and never their values: a proxy's URL may hold a password.
impl fmt::Debug for ProxySettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |named: &Option<Named>| named.as_ref().map(|named| named.variable);
        f.debug_struct("ProxySettings")
            .field("https", &name(&self.https))
            .field("http", &name(&self.http))
            .field("no", &self.no)
            .finish()
    }
}

impl Proxy {
    /// Where it is, for a log: never its user or password.
    pub fn address(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// Reads `http://user:password@host:port`, of which host and port may stand alone.
    fn parse(text: &str) -> Option<Self> {
        let matcher = Matcher::builder().http(text).build();
        let found = matcher.intercept(&Uri::from_static("http://destination.invalid"))?;
        let uri = found.uri();
        if uri.scheme_str() != Some("http") {
            return None;
        }
        Some(Self {
            host: bare(uri.host()?).to_owned(),
            port: uri.port_u16().unwrap_or(80),
            authorization: found.basic_auth().cloned(),
        })
    }
}

/// Whether one entry of `NO_PROXY` covers the host: `*`, a network, an address, or a name with
/// all that ends in it; `:port` behind it narrows it to that port.
fn exempts(entry: &str, host: &str, port: u16) -> bool {
    if entry == "*" {
        return true;
    }
    let (entry, only_port) = split_port(entry);
    if only_port.is_some_and(|only| only != port) {
        return false;
    }
    match host.parse::<IpAddr>() {
        Ok(address) => in_network(entry, address),
        Err(_) => {
            let name = entry.trim_start_matches("*.").trim_start_matches('.');
            let name = name.trim_end_matches('.');
            let before = host.strip_suffix(name);
            !name.is_empty() && before.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        }
    }
}

/// `host:port`, `[address]:port` or neither; an address with several colons has no port.
fn split_port(entry: &str) -> (&str, Option<u16>) {
    if let Some((address, rest)) = entry
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'))
    {
        return (
            address,
            rest.strip_prefix(':').and_then(|port| port.parse().ok()),
        );
    }
    match entry.split_once(':') {
        Some((host, port)) if !port.contains(':') => match port.parse() {
            Ok(port) => (host, Some(port)),
            Err(_) => (entry, None),
        },
        Some(_) | None => (entry, None),
    }
}

/// Whether `address` lies in `entry`, an address or a network such as `10.0.0.0/8`.
fn in_network(entry: &str, address: IpAddr) -> bool {
    let (network, length) = match entry.split_once('/') {
        Some((network, length)) => (network, length.parse().ok()),
        None => (entry, Some(u32::MAX)),
    };
    let (Ok(network), Some(length)) = (network.parse::<IpAddr>(), length) else {
        return false;
    };
    match (network.to_canonical(), address.to_canonical()) {
        (IpAddr::V4(network), IpAddr::V4(address)) => same_prefix(
            network.to_bits().into(),
            address.to_bits().into(),
            length,
            32,
        ),
        (IpAddr::V6(network), IpAddr::V6(address)) => {
            same_prefix(network.to_bits(), address.to_bits(), length, 128)
        }
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
    }
}

fn same_prefix(network: u128, address: u128, length: u32, width: u32) -> bool {
    let ignored = width.saturating_sub(length);
    (network ^ address).checked_shr(ignored).unwrap_or(0) == 0
}

fn bare(host: &str) -> &str {
    host.trim_start_matches('[').trim_end_matches(']')
}

#[cfg(test)]
mod tests;
