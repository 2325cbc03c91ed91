//! What the name of a host gives away.

use unicode::look;
use unicode::script::{self, Mix};

use super::address;

/// Names under these lead to this machine or its network (RFC 6761, 6762, 8375 and custom).
const PRIVATE: [&str; 9] = [
    "localhost",
    "local",
    "localdomain",
    "internal",
    "intranet",
    "lan",
    "home",
    "corp",
    "home.arpa",
];

/// Names under these stand for the address that they hold.
const ADDRESSES: [&str; 3] = ["nip.io", "sslip.io", "xip.io"];

/// Names that lead to this machine wherever they are looked up.
const LOOPBACK: [&str; 4] = ["localtest.me", "lvh.me", "lacolhost.com", "vcap.me"];

/// Names behind which another place hides.
const SHORTENERS: [&str; 30] = [
    "adf.ly",
    "bit.do",
    "bit.ly",
    "bitly.com",
    "buff.ly",
    "cutt.ly",
    "dub.sh",
    "fb.me",
    "goo.gl",
    "is.gd",
    "j.mp",
    "lnkd.in",
    "ow.ly",
    "qr.ae",
    "rb.gy",
    "rebrand.ly",
    "s.id",
    "shorturl.at",
    "short.io",
    "soo.gd",
    "surl.li",
    "t.co",
    "t.ly",
    "tiny.cc",
    "tinyurl.com",
    "trib.al",
    "urlz.fr",
    "v.gd",
    "wa.me",
    "youtu.be",
];

/// Whether `name` leads to this machine or its network, wherever it is looked up.
pub(super) fn is_private(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    let mut private = PRIVATE.into_iter().chain(LOOPBACK);
    private.any(|domain| is_under(name, domain)) || holds_private_address(name)
}

/// Whether `name` has no dot: it is looked up in this network alone.
pub(super) fn is_local(name: &str) -> bool {
    !name.trim_end_matches('.').as_bytes().contains(&b'.')
}

/// Whether `name` is one such as `10.0.0.1.nip.io` or `app-10-0-0-1.nip.io`.
fn holds_private_address(name: &str) -> bool {
    let mut domains = ADDRESSES.into_iter();
    let Some(domain) = domains.find(|domain| is_under(name, domain)) else {
        return false;
    };
    let held = &name[..name.len() - domain.len()];
    let mut parts = held.rsplit(['.', '-']).filter(|part| !part.is_empty());
    let mut address = [0; 4];
    for byte in address.iter_mut().rev() {
        let Some(part) = parts.next().and_then(|part| part.parse().ok()) else {
            return false;
        };
        *byte = part;
    }
    address::is_private_v4(address.into())
}

/// Whether another place hides behind `host`.
pub(super) fn is_shortener(host: &str) -> bool {
    let host = host.trim_end_matches('.');
    let host = host.strip_prefix("www.").unwrap_or(host);
    SHORTENERS.contains(&host)
}

/// Whether a label of `name` mixes scripts as no language does.
pub(super) fn mixes_scripts(name: &str) -> bool {
    name.split('.').any(|label| match script::mix(label) {
        Mix::Ascii | Mix::Single | Mix::Highly => false,
        Mix::Moderately | Mix::Minimally => true,
    })
}

/// Whether a label of `name` that is not ASCII can be mistaken for one that is.
pub(super) fn looks_like_ascii(name: &str) -> bool {
    let mut labels = name.split('.').filter(|label| !label.is_ascii());
    labels.any(|label| look::skeleton(label).is_ascii())
}

/// Whether `name` is `domain` or lies under it, label by label.
fn is_under(name: &str, domain: &str) -> bool {
    let under = name.strip_suffix(domain);
    under.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}
