//! How many agents one address may register. Owns a bucket for each address that did lately.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use crate::relay::rate::Bucket;
use crate::types::Timestamp;

/// How many addresses are remembered; with so many at once, nobody new registers for a while.
const ADDRESSES_MAX: usize = 10_000;

/// Registrations of the last minute, by address.
#[derive(Debug, Default)]
pub(in crate::relay) struct Registrations {
    buckets: Mutex<HashMap<IpAddr, Bucket>>,
}

impl Registrations {
    /// Counts one registration from `address`; false where it made too many.
    pub(super) fn take(&self, address: IpAddr, per_minute: u32, now: Timestamp) -> bool {
        if per_minute == 0 {
            return true;
        }
        let network = network_of(address);
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= ADDRESSES_MAX && !buckets.contains_key(&network) {
            buckets.retain(|_, bucket| !bucket.is_full(per_minute, now));
            if buckets.len() >= ADDRESSES_MAX {
                return false;
            }
        }
        buckets
            .entry(network)
            .or_insert_with(|| Bucket::full(per_minute, now))
            .take(per_minute, now)
    }
}

/// One customer of IPv6 has a whole /64, so that counts as one address.
fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let network = address.to_bits() >> 64 << 64;
            IpAddr::V6(network.into())
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use super::*;

    const START: Timestamp = Timestamp::from_millis(1_795_373_464_750);

    #[test]
    fn each_address_has_its_own_rate_and_a_network_of_ipv6_is_one() {
        let registrations = Registrations::default();
        let v4 = |last| IpAddr::from([192, 0, 2, last]);
        let v6 = |last| IpAddr::from(Ipv6Addr::new(0x2001, 0xdb8, 0, 1, 0, 0, 0, last));
        let mapped = IpAddr::V6(Ipv4Addr::new(192, 0, 2, 1).to_ipv6_mapped());
        let taken = [v4(1), v4(1), mapped, v4(2), v6(1), v6(2), v6(3)]
            .map(|address| registrations.take(address, 2, START));
        assert_eq!(taken, [true, true, false, true, true, true, false]);
        assert!((0..9).all(|_| registrations.take(v4(1), 0, START)));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let registrations = Registrations::default();
        let address = |n: usize| IpAddr::V4(Ipv4Addr::from_bits(n as u32));
        for n in 0..ADDRESSES_MAX {
            assert!(registrations.take(address(n), 10, START));
        }
        assert!(!registrations.take(address(ADDRESSES_MAX), 10, START));
        let later = START + std::time::Duration::from_secs(60);
        assert!(registrations.take(address(ADDRESSES_MAX), 10, later));
    }
}
