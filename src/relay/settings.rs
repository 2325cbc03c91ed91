//! What an operator may set, already checked: the relay never looks at a file or the environment.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use crate::types::Network;

/// OpenClaw keeps 18789 and 18800 to 18899 for itself.
const DEFAULT_PORT: u16 = 18786;

/// How a relay is to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Where it listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where it keeps what must last.
    pub store: StorePath,
    /// Messages that one agent may send in a minute; 0 is no limit.
    pub rate_limit_per_minute: u32,
    /// Turns of one episode of a conversation; 0 is no limit.
    pub max_turns: u32,
    /// Registrations from one address in a minute; 0 is no limit.
    pub registrations_per_minute: u32,
    /// Messages that wait for one agent, of which one sender holds at most a fifth.
    pub offline_queue_max: u32,
    /// The largest content, by version 1's rule: UTF-16 units times four.
    pub message_max_bytes: u64,
    /// Connections from one address at once, or from one /64 of IPv6; 0 is no limit.
    pub connections_per_address: u32,
    /// Proxies whose `X-Forwarded-For` says where a request comes from.
    pub trusted_proxies: Vec<Network>,
    /// Whether REST calls need no proof of who calls, as in version 1.
    pub open_rest: bool,
}

/// Where a relay keeps what must last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StorePath {
    /// In a SQLite file, created where it is not there.
    Sqlite(PathBuf),
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, DEFAULT_PORT)),
            store: StorePath::Sqlite(PathBuf::from("relay.db")),
            rate_limit_per_minute: 60,
            max_turns: 20,
            registrations_per_minute: 10,
            offline_queue_max: 1_000,
            message_max_bytes: 64 * 1024,
            connections_per_address: 256,
            trusted_proxies: Vec::new(),
            open_rest: false,
        }
    }
}

impl Settings {
    /// Whether others reach the relay as it is, without TLS: it listens beyond this machine, and no
    /// proxy is named that ends TLS in front of it.
    pub(super) fn is_bare(&self) -> bool {
        !self.listen.ip().to_canonical().is_loopback() && self.trusted_proxies.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relay_is_bare_that_others_reach_and_no_proxy_stands_before() {
        for (listen, proxies, is_bare) in [
            ("127.0.0.1:1", &[][..], false),
            ("127.9.9.9:1", &[], false),
            ("[::1]:1", &[], false),
            ("[::ffff:127.0.0.1]:1", &[], false),
            ("0.0.0.0:1", &[], true),
            ("[::]:1", &[], true),
            ("192.0.2.7:1", &[], true),
            ("0.0.0.0:1", &["10.0.0.0/8"], false),
        ] {
            let settings = Settings {
                listen: listen.parse().unwrap(),
                trusted_proxies: proxies.iter().map(|one| one.parse().unwrap()).collect(),
                ..Settings::default()
            };
            assert_eq!(settings.is_bare(), is_bare, "{listen} {proxies:?}");
        }
    }
}
