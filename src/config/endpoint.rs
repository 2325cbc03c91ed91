//! The two parties that the daemon connects to, as URLs that cannot be wrong.
//!
//! Neither carries a user name, a password, a query or a fragment: those would end in logs.

use std::fmt;
use std::net::IpAddr;

use http::Uri;

/// Where agents connect when a relay's URL names no path.
const CONNECT_PATH: &str = "/connect";

/// A relay: `ws` or `wss`, a host, a port and the path where agents connect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelayUrl(Endpoint);

impl RelayUrl {
    /// Reads a relay's URL; a fault is one sentence.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wanted = Schemes {
            plain: "ws",
            secure: "wss",
        };
        let mut endpoint = Endpoint::parse(text, &wanted)?;
        if endpoint.path.is_empty() {
            endpoint.path = CONNECT_PATH.to_owned();
        }
        Ok(Self(endpoint))
    }

    /// Whether the connection is encrypted.
    pub fn is_secure(&self) -> bool {
        self.0.secure
    }

    /// The host, an IPv6 address without brackets.
    pub fn host(&self) -> &str {
        &self.0.host
    }

    /// The port, the scheme's own where none was written.
    pub fn port(&self) -> u16 {
        self.0.port
    }

    /// The path before `/api/...`: empty unless the relay stands below a path of its host.
    pub fn rest_prefix(&self) -> &str {
        self.0.path.strip_suffix(CONNECT_PATH).unwrap_or_default()
    }

    /// The URL before `/api/...`.
    pub fn rest_base(&self) -> String {
        let scheme = if self.0.secure { "https" } else { "http" };
        format!("{scheme}://{}{}", self.authority(), self.rest_prefix())
    }

    /// `host` or `host:port`, as it stands in the URL and in the `Host` header.
    pub fn authority(&self) -> String {
        self.0.authority()
    }

    /// Whether the host is this machine.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.0.host)
    }
}

impl fmt::Display for RelayUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.0.secure { "wss" } else { "ws" };
        write!(f, "{scheme}://{}{}", self.authority(), self.0.path)
    }
}

/// An OpenClaw gateway: `http` or `https`, a host, a port and perhaps a path before its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewayUrl(Endpoint);

impl GatewayUrl {
    /// Reads a gateway's URL; a fault is one sentence.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wanted = Schemes {
            plain: "http",
            secure: "https",
        };
        Endpoint::parse(text, &wanted).map(Self)
    }

    /// The whole URL of `path`, which begins with a slash.
    pub fn join(&self, path: &str) -> String {
        format!("{self}{path}")
    }

    /// Whether the host is this machine.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.0.host)
    }

    /// The host, an IPv6 address without brackets.
    pub fn host(&self) -> &str {
        &self.0.host
    }

    /// The port, the scheme's own where none was written.
    pub fn port(&self) -> u16 {
        self.0.port
    }
}

impl fmt::Display for GatewayUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.0.secure { "https" } else { "http" };
        write!(f, "{scheme}://{}{}", self.0.authority(), self.0.path)
    }
}

/// Whether `host` is this machine by its own name: `localhost`, 127.0.0.0/8 or `::1`.
pub fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(['.', ']']);
    match host.parse::<IpAddr>() {
        Ok(address) => address.to_canonical().is_loopback(),
        Err(_) => host.eq_ignore_ascii_case("localhost"),
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Endpoint {
    secure: bool,
    host: String,
    port: u16,
    /// Empty, or beginning with a slash and not ending in one.
    path: String,
}

struct Schemes {
    plain: &'static str,
    secure: &'static str,
}

impl Endpoint {
    fn parse(text: &str, wanted: &Schemes) -> Result<Self, String> {
        let Schemes { plain, secure } = wanted;
        let shape = || format!("expected a URL such as `{secure}://host:port/path`");
        if text.contains('#') {
            return Err("a URL with a fragment (`#`) is not taken".to_owned());
        }
        let uri: Uri = text.parse().map_err(|_| shape())?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(shape());
        };
        if authority.as_str().contains('@') {
            return Err("a URL with a user name or password in it is not taken".to_owned());
        }
        if uri.query().is_some() {
            return Err("a URL with a query (`?`) is not taken".to_owned());
        }
        let is_secure = scheme.eq_ignore_ascii_case(secure);
        if !is_secure && !scheme.eq_ignore_ascii_case(plain) {
            return Err(format!(
                "the scheme is `{plain}` or `{secure}`, not `{scheme}`"
            ));
        }
        let host = authority
            .host()
            .trim_start_matches('[')
            .trim_end_matches(']');
        if host.is_empty() {
            return Err(shape());
        }
        let port = read_port(authority)?.unwrap_or(if is_secure { 443 } else { 80 });
        Ok(Self {
            secure: is_secure,
            host: host.to_ascii_lowercase(),
            port,
            path: uri.path().trim_end_matches('/').to_owned(),
        })
    }

    fn authority(&self) -> String {
        let own_port = if self.secure { 443 } else { 80 };
        let host = if self.host.contains(':') {
            format!("[{}]", self.host)
        } else {
            self.host.clone()
        };
        if self.port == own_port {
            host
        } else {
            format!("{host}:{}", self.port)
        }
    }
}

/// The port, where one is written. The parser drops one that is no number from 1 to 65535.
fn read_port(authority: &http::uri::Authority) -> Result<Option<u16>, String> {
    let after_host = authority.as_str().strip_prefix(authority.host());
    match (after_host.unwrap_or_default(), authority.port_u16()) {
        ("", _) => Ok(None),
        (_, Some(port)) if port > 0 => Ok(Some(port)),
        (_, Some(_) | None) => Err("the port is a number from 1 to 65535".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relay_url_is_read_into_its_parts() {
        for (text, shown, rest) in [
            (
                "wss://od.wenmsg.fun/connect",
                "wss://od.wenmsg.fun/connect",
                "https://od.wenmsg.fun",
            ),
            (
                "ws://127.0.0.1:18786",
                "ws://127.0.0.1:18786/connect",
                "http://127.0.0.1:18786",
            ),
            (
                "WSS://Relay.Example:443/",
                "wss://relay.example/connect",
                "https://relay.example",
            ),
            (
                "ws://[::1]:9/x/connect/",
                "ws://[::1]:9/x/connect",
                "http://[::1]:9/x",
            ),
            ("wss://h/other", "wss://h/other", "https://h"),
        ] {
            let url = RelayUrl::parse(text).unwrap();
            assert_eq!(url.to_string(), shown, "{text}");
            assert_eq!(url.rest_base(), rest, "{text}");
        }
    }

    #[test]
    fn what_is_no_relay_url_is_refused_with_its_reason() {
        for (text, reason) in [
            ("", "expected a URL such as `wss://host:port/path`"),
            ("od.wenmsg.fun", "expected a URL"),
            ("/connect", "expected a URL"),
            (
                "https://od.wenmsg.fun/connect",
                "the scheme is `ws` or `wss`, not `https`",
            ),
            ("wss://u:p@h/connect", "user name or password"),
            ("wss://h/connect?x=1", "query"),
            ("wss://h/connect#x", "fragment"),
            ("wss://h:0/connect", "the port is a number from 1 to 65535"),
            ("wss://h:99999/connect", "the port is a number"),
            ("wss://h h/connect", "expected a URL"),
        ] {
            let error = RelayUrl::parse(text).unwrap_err();
            assert!(error.contains(reason), "{text}: {error}");
            assert!(!error.contains("u:p"), "{error}");
        }
    }

    #[test]
    fn a_gateway_url_joins_paths_and_knows_this_machine() {
        for (text, joined, loopback) in [
            (
                "http://127.0.0.1:18789",
                "http://127.0.0.1:18789/hooks/agent",
                true,
            ),
            ("http://localhost:80/", "http://localhost/hooks/agent", true),
            (
                "http://[::1]:18789/base/",
                "http://[::1]:18789/base/hooks/agent",
                true,
            ),
            (
                "http://[::ffff:127.0.0.1]:1",
                "http://[::ffff:127.0.0.1]:1/hooks/agent",
                true,
            ),
            (
                "https://gateway.example",
                "https://gateway.example/hooks/agent",
                false,
            ),
            (
                "http://127.0.0.1.example",
                "http://127.0.0.1.example/hooks/agent",
                false,
            ),
        ] {
            let url = GatewayUrl::parse(text).unwrap();
            assert_eq!(url.join("/hooks/agent"), joined, "{text}");
            assert_eq!(url.is_loopback(), loopback, "{text}");
        }
    }
}
