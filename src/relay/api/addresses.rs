//! How often one address may do what needs no proof. Owns a bucket for each that did lately.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use crate::relay::origin::customer_of;
use crate::relay::rate::Bucket;
use crate::types::{Network, Timestamp};

/// How many addresses are remembered; with so many at once, nobody new is let in for a while.
const ADDRESSES_MAX: usize = 10_000;

/// What was done in the last minute, by address.
#[derive(Debug, Default)]
pub(in crate::relay) struct Addresses {
    buckets: Mutex<HashMap<Network, Bucket>>,
}

impl Addresses {
    /// Counts once for `address`, of which `per_minute` are let in, 0 for all; false where it is
    /// one too many.
    pub(super) fn take(&self, address: IpAddr, per_minute: u32, now: Timestamp) -> bool {
        if per_minute == 0 {
            return true;
        }
        let network = customer_of(address);
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

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use super::*;

    const START: Timestamp = Timestamp::from_millis(1_795_373_464_750);

    #[test]
    fn each_address_has_its_own_rate_and_a_network_of_ipv6_is_one() {
        let addresses = Addresses::default();
        let v4 = |last| IpAddr::from([192, 0, 2, last]);
        let v6 = |last| IpAddr::from(Ipv6Addr::new(0x2001, 0xdb8, 0, 1, 0, 0, 0, last));
        let mapped = IpAddr::V6(Ipv4Addr::new(192, 0, 2, 1).to_ipv6_mapped());
        let taken = [v4(1), v4(1), mapped, v4(2), v6(1), v6(2), v6(3)]
            .map(|address| addresses.take(address, 2, START));
        assert_eq!(taken, [true, true, false, true, true, true, false]);
        assert!((0..9).all(|_| addresses.take(v4(1), 0, START)));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let addresses = Addresses::default();
        let address = |n: usize| IpAddr::V4(Ipv4Addr::from_bits(n as u32));
        for n in 0..ADDRESSES_MAX {
            assert!(addresses.take(address(n), 10, START));
        }
        assert!(!addresses.take(address(ADDRESSES_MAX), 10, START));
        let later = START + std::time::Duration::from_secs(60);
        assert!(addresses.take(address(ADDRESSES_MAX), 10, later));
    }
}
