//! A part of the address space: one address, or all that begin alike, as `10.0.0.0/8`.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

/// One address or a block of them.
///
/// An IPv4 address that is written in IPv6 (`::ffff:192.0.2.1`) is that IPv4 address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Network {
    address: IpAddr,
    prefix: u32,
}

/// Why a text is no [`Network`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidNetwork {
    /// It is no address.
    #[error("expected an address or a block, such as `127.0.0.1` or `10.0.0.0/8`")]
    Address,
    /// The number behind the slash is none, or too large.
    #[error("a block of IPv4 ends in `/0` to `/32`, one of IPv6 in `/0` to `/128`")]
    Prefix,
    /// It names an address inside the block and not the block.
    #[error("the address has bits behind the prefix; the block begins at `{0}`")]
    Inside(IpAddr),
}

impl Network {
    /// The block of the first `prefix` bits of `address`.
    pub fn around(address: IpAddr, prefix: u32) -> Self {
        let address = address.to_canonical();
        let prefix = prefix.min(bits_of(address));
        Self {
            address: cut(address, prefix),
            prefix,
        }
    }

    /// Whether `address` lies in it.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        bits_of(address) == bits_of(self.address) && cut(address, self.prefix) == self.address
    }
}

impl FromStr for Network {
    type Err = InvalidNetwork;

    fn from_str(text: &str) -> Result<Self, InvalidNetwork> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| InvalidNetwork::Address)?;
        let prefix = match prefix {
            Some(prefix) => prefix_of(prefix).filter(|prefix| *prefix <= bits_of(address)),
            None => Some(bits_of(address)),
        };
        let prefix = prefix.ok_or(InvalidNetwork::Prefix)?;
        let begins = cut(address, prefix);
        if begins != address {
            return Err(InvalidNetwork::Inside(begins));
        }
        let mapped = match address {
            IpAddr::V6(v6) if v6.to_ipv4_mapped().is_some() => prefix.saturating_sub(96),
            IpAddr::V4(_) | IpAddr::V6(_) => prefix,
        };
        Ok(Self::around(address, mapped))
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.prefix == bits_of(self.address) {
            return self.address.fmt(f);
        }
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

fn prefix_of(text: &str) -> Option<u32> {
    let is_plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_plain)
}

fn bits_of(address: IpAddr) -> u32 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

/// `address` with every bit behind `prefix` cleared.
fn cut(address: IpAddr, prefix: u32) -> IpAddr {
    let behind = bits_of(address).saturating_sub(prefix);
    match address {
        IpAddr::V4(address) => {
            let mask = u32::MAX.checked_shl(behind).unwrap_or(0);
            IpAddr::V4((address.to_bits() & mask).into())
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl(behind).unwrap_or(0);
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & mask))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_holds_the_addresses_that_begin_as_it_does() {
        for (network, inside, outside) in [
            ("127.0.0.1", "127.0.0.1", "127.0.0.2"),
            ("127.0.0.1", "::ffff:127.0.0.1", "::1"),
            ("10.0.0.0/8", "10.255.255.255", "11.0.0.0"),
            ("192.0.2.128/25", "192.0.2.128", "192.0.2.127"),
            ("0.0.0.0/0", "255.255.255.255", "2001:db8::1"),
            ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::"),
            ("::/0", "2001:db8::1", "192.0.2.1"),
            ("::ffff:10.0.0.0/104", "10.1.2.3", "11.1.2.3"),
        ] {
            let network: Network = network.parse().unwrap();
            assert!(network.contains(inside.parse().unwrap()), "{network}");
            assert!(!network.contains(outside.parse().unwrap()), "{network}");
        }
    }

    #[test]
    fn it_is_shown_as_it_was_written() {
        for text in ["127.0.0.1", "10.0.0.0/8", "::1", "2001:db8::/32"] {
            assert_eq!(text.parse::<Network>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_block_is_refused() {
        use InvalidNetwork::{Address, Inside, Prefix};
        for (text, why) in [
            ("", Address),
            ("localhost", Address),
            ("10.0.0.0:80", Address),
            ("10.0.0/8", Address),
            ("10.0.0.0/", Prefix),
            ("10.0.0.0/33", Prefix),
            ("10.0.0.0/+8", Prefix),
            ("2001:db8::/129", Prefix),
            ("10.0.0.1/8", Inside("10.0.0.0".parse().unwrap())),
        ] {
            assert_eq!(text.parse::<Network>(), Err(why), "{text}");
        }
    }
}
