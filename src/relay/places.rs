//! How many connections are open: in all, and from one address. A place is given back when its
//! last holder drops it.
//!
//! Connections from this machine and from trusted proxies have no bound of their own: behind them
//! stand many. Who comes through a trusted proxy is counted by the address that the proxy names,
//! once its connection becomes a WebSocket.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::origin::customer_of;
use crate::types::Network;

/// How many connections are open at once, WebSockets among them.
pub(super) const CONNECTIONS_MAX: usize = 20_000;

/// The places that are taken.
#[derive(Debug)]
pub(super) struct Places {
    most: usize,
    /// Of one address; 0 is no limit.
    most_of_one: u32,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    in_all: usize,
    by_customer: HashMap<Network, u32>,
}

/// Why there is no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoPlace {
    /// All are taken.
    Full,
    /// This address has as many as one may.
    TooManyOfOne,
}

/// One connection's place; whoever holds it keeps it.
#[derive(Debug)]
pub(super) struct Place {
    places: Arc<Places>,
    kind: Kind,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    /// One of all.
    Connection,
    /// One of an address.
    OfCustomer(Network),
}

impl Places {
    /// Places for `most` connections, of which one address has `most_of_one`, 0 for no limit.
    pub(super) fn new(most: usize, most_of_one: u32) -> Arc<Self> {
        Arc::new(Self {
            most,
            most_of_one,
            taken: Mutex::default(),
        })
    }

    /// A place among all.
    pub(super) fn take(self: &Arc<Self>) -> Result<Place, NoPlace> {
        let mut taken = self.taken();
        if taken.in_all >= self.most {
            return Err(NoPlace::Full);
        }
        taken.in_all += 1;
        Ok(self.place(Kind::Connection))
    }

    /// A place among those of `address`; none is needed for this machine's own.
    pub(super) fn take_of(self: &Arc<Self>, address: IpAddr) -> Result<Option<Place>, NoPlace> {
        if self.most_of_one == 0 || address.to_canonical().is_loopback() {
            return Ok(None);
        }
        let customer = customer_of(address);
        let mut taken = self.taken();
        let count = taken.by_customer.entry(customer).or_default();
        if *count >= self.most_of_one {
            return Err(NoPlace::TooManyOfOne);
        }
        *count += 1;
        Ok(Some(self.place(Kind::OfCustomer(customer))))
    }

    fn place(self: &Arc<Self>, kind: Kind) -> Place {
        Place {
            places: Arc::clone(self),
            kind,
        }
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken();
        match self.kind {
            Kind::Connection => taken.in_all = taken.in_all.saturating_sub(1),
            Kind::OfCustomer(customer) => {
                let left = taken.by_customer.get_mut(&customer).map(|count| {
                    *count = count.saturating_sub(1);
                    *count
                });
                if left == Some(0) {
                    taken.by_customer.remove(&customer);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn places_are_bounded_and_given_back() {
        let places = Places::new(2, 0);
        let first = places.take().unwrap();
        let _second = places.take().unwrap();
        assert_eq!(places.take().unwrap_err(), NoPlace::Full);
        drop(first);
        assert!(places.take().is_ok());
    }

    #[test]
    fn one_address_takes_no_more_than_its_share_and_leaves_nothing_behind() {
        let places = Places::new(100, 2);
        let take = |text| places.take_of(address(text));
        let mine = [take("192.0.2.1").unwrap(), take("192.0.2.1").unwrap()];
        assert_eq!(take("192.0.2.1").unwrap_err(), NoPlace::TooManyOfOne);
        assert!(take("192.0.2.2").unwrap().is_some());
        let _of_a_block = [take("2001:db8::1").unwrap(), take("2001:db8::2").unwrap()];
        assert_eq!(take("2001:db8::3").unwrap_err(), NoPlace::TooManyOfOne);
        drop(mine);
        assert!(take("192.0.2.1").is_ok());
        assert_eq!(
            places.taken().by_customer.len(),
            1,
            "only the block is left"
        );
        // This machine's own, and a relay without the limit.
        assert!((0..9).all(|_| matches!(take("127.0.0.1"), Ok(None))));
        let unbounded = Places::new(100, 0);
        assert!((0..9).all(|_| matches!(unbounded.take_of(address("192.0.2.1")), Ok(None))));
    }
}
