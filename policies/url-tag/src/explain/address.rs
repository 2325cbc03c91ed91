//! Which addresses lead into a private network or back to this machine, by the registries of
//! special-purpose addresses (RFC 6890).

use std::net::{Ipv4Addr, Ipv6Addr};

/// Whether `address` is no public one.
pub(super) fn is_private_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    match (a, b, c) {
        // This network, private use, loopback, link-local, multicast and what lies above.
        (0 | 10 | 127 | 224..=255, _, _) | (169, 254, _) | (192, 168, _) => true,
        // Private use, shared by carriers, protocol assignments, benchmarks.
        (172, 16..=31, _) | (100, 64..=127, _) | (192, 0, 0) | (198, 18..=19, _) => true,
        _ => false,
    }
}

/// Whether `address` is no public one, or holds an IPv4 address that is none.
pub(super) fn is_private_v6(address: Ipv6Addr) -> bool {
    if let Some(inner) = embedded(address) {
        return is_private_v4(inner);
    }
    let [first, second, ..] = address.segments();
    address.is_unspecified()
        || address.is_loopback()
        // Unique local, link-local and site-local of old, multicast, local translation.
        || matches!(first, 0xFC00..=0xFDFF | 0xFE80..=0xFEFF | 0xFF00..=0xFFFF)
        || (first == 0x64 && second == 0xFF9B)
}

/// The IPv4 address that `address` stands for: mapped, compatible, translated or 6to4.
pub(super) fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [a, b, c, d, e, f, g, h] = address.segments();
    let (high, low) = match (a, b, c, d, e, f) {
        (0, 0, 0, 0, 0, 0xFFFF) | (0, 0, 0, 0, 0xFFFF, 0) | (0x64, 0xFF9B, 0, 0, 0, 0) => (g, h),
        (0, 0, 0, 0, 0, 0) if g != 0 || h > 1 => (g, h),
        (0x2002, high, low, _, _, _) => (high, low),
        _ => return None,
    };
    Some(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)))
}
