//! Where a request comes from: the address at the other end of the socket, or, behind a proxy that
//! the operator trusts, the last address that the proxy was not itself told. Pure.
//!
//! Anyone can write `X-Forwarded-For`. It is believed only as far as trusted proxies wrote it:
//! from its end backwards, over addresses that are proxies of ours, to the first that is not.

use std::net::{IpAddr, SocketAddr};

use http::HeaderMap;

use crate::types::Network;

/// The bits of IPv6 that one customer has: a whole /64 counts as one address.
const CUSTOMER_BITS: u32 = 64;

const FORWARDED_FOR: &str = "x-forwarded-for";

/// The address of whoever asks, where `peer` is at the other end of the socket.
pub(super) fn origin_of(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> IpAddr {
    let peer = peer.to_canonical();
    if !is_trusted(peer, trusted) {
        return peer;
    }
    let lines = headers.get_all(FORWARDED_FOR).iter();
    let lines: Vec<&str> = lines
        .map(|line| line.to_str().unwrap_or_default())
        .collect();
    let hops = lines.iter().rev().flat_map(|line| line.rsplit(','));
    let mut nearest = peer;
    for hop in hops {
        // What cannot be read was not written by a proxy of ours: the last one that was stands.
        let Some(address) = address_of(hop.trim()) else {
            return nearest;
        };
        nearest = address;
        if !is_trusted(address, trusted) {
            return address;
        }
    }
    nearest
}

/// Whether `address` is a proxy whose word counts.
pub(super) fn is_trusted(address: IpAddr, trusted: &[Network]) -> bool {
    trusted.iter().any(|network| network.contains(address))
}

/// All addresses that count as one with `address`.
pub(super) fn customer_of(address: IpAddr) -> Network {
    match address.to_canonical() {
        IpAddr::V4(address) => Network::around(IpAddr::V4(address), u32::BITS),
        IpAddr::V6(address) => Network::around(IpAddr::V6(address), CUSTOMER_BITS),
    }
}

/// An address as proxies write it: bare, or with a port behind it.
fn address_of(hop: &str) -> Option<IpAddr> {
    let bare = hop.strip_prefix('[').and_then(|hop| hop.strip_suffix(']'));
    let address = match hop.parse::<SocketAddr>() {
        Ok(with_port) => with_port.ip(),
        Err(_) => bare.unwrap_or(hop).parse().ok()?,
    };
    Some(address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(FORWARDED_FOR, line.parse().unwrap());
        }
        headers
    }

    #[test]
    fn only_the_word_of_trusted_proxies_counts_and_only_their_own() {
        let trusted: Vec<Network> = ["127.0.0.1", "10.0.0.0/8", "::1"]
            .map(|network| network.parse().unwrap())
            .into();
        type Case<'a> = (&'a str, &'a [&'a str], &'a str);
        let cases: [Case<'_>; 15] = [
            ("192.0.2.9", &[], "192.0.2.9"),
            ("192.0.2.9", &["198.51.100.1"], "192.0.2.9"),
            ("127.0.0.1", &[], "127.0.0.1"),
            ("127.0.0.1", &["198.51.100.1"], "198.51.100.1"),
            ("::ffff:127.0.0.1", &["198.51.100.1"], "198.51.100.1"),
            ("::1", &["198.51.100.1:4711"], "198.51.100.1"),
            ("::1", &["2001:db8::7"], "2001:db8::7"),
            ("::1", &["[2001:db8::7]:4711"], "2001:db8::7"),
            ("::1", &["[2001:db8::7]"], "2001:db8::7"),
            // What the client wrote itself stands before what the proxy added.
            ("127.0.0.1", &["1.1.1.1, 198.51.100.1"], "198.51.100.1"),
            ("127.0.0.1", &["1.1.1.1", "198.51.100.1"], "198.51.100.1"),
            (
                "127.0.0.1",
                &["127.0.0.1, 198.51.100.1, 10.1.1.1"],
                "198.51.100.1",
            ),
            ("127.0.0.1", &["1.1.1.1, unknown"], "127.0.0.1"),
            ("127.0.0.1", &["1.1.1.1, nonsense, 10.1.1.1"], "10.1.1.1"),
            ("127.0.0.1", &["10.2.2.2, 10.1.1.1"], "10.2.2.2"),
        ];
        for (peer, lines, expected) in cases {
            let origin = origin_of(peer.parse().unwrap(), &headers(lines), &trusted);
            assert_eq!(origin, expected.parse::<IpAddr>().unwrap(), "{lines:?}");
        }
        let spoofed = headers(&["1.1.1.1"]);
        let loopback = "127.0.0.1".parse().unwrap();
        assert_eq!(origin_of(loopback, &spoofed, &[]), loopback);
    }

    #[test]
    fn a_customer_of_ipv6_has_a_whole_block() {
        let customer = |text: &str| customer_of(text.parse().unwrap());
        assert_eq!(customer("2001:db8::1"), customer("2001:db8::ffff:0:0:1"));
        assert_ne!(customer("2001:db8::1"), customer("2001:db8:0:1::1"));
        assert_eq!(customer("::ffff:192.0.2.1"), customer("192.0.2.1"));
        assert_ne!(customer("192.0.2.1"), customer("192.0.2.2"));
    }
}
