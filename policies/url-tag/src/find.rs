//! Finds the URLs of a text, in two passes: `linkify` for what everybody takes for a link, then a
//! scan for what a browser takes for one all the same. What the `url` crate does not parse is none.
//!
//! Time grows with the length of the text: a URL is read to a bounded length, and after
//! [`MAX_PARSED`] of them the rest are taken for URLs unread.

use std::ops::Range;

use linkify::{LinkFinder, LinkKind};
use url::Url;

use crate::defang;

mod end;
mod scan;

/// How many URLs are parsed; the longest list that is ever described is shorter.
pub const MAX_PARSED: usize = 64;

/// A URL in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Where it stands, in bytes.
    pub at: Range<usize>,
    /// Whether it begins with `//` and takes its scheme from where it is opened.
    pub relative: bool,
    /// What it is, unless it is too long to be read or one of too many.
    pub url: Option<Url>,
}

/// What may be a URL.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Candidate {
    at: Range<usize>,
    relative: bool,
}

/// The URLs of `text`, in order, none inside another. One that is longer than `longest` is not
/// parsed.
pub fn find(text: &str, longest: usize) -> Vec<Found> {
    if !may_hold_one(text.as_bytes()) {
        return Vec::new();
    }
    let mut finder = LinkFinder::new();
    finder.kinds(&[LinkKind::Url]);
    let links = finder.links(text).map(|link| {
        let end = end::of_link(text, link.start()..link.end());
        Candidate {
            at: link.start()..end,
            relative: false,
        }
    });
    let scanned = scan::candidates(text);
    let mut found = Vec::new();
    let mut parsed = 0;
    let mut read_to = 0;
    for candidate in merged(links, scanned) {
        if candidate.at.start < read_to {
            continue;
        }
        let written = &text[candidate.at.clone()];
        let url = if written.len() > longest || parsed >= MAX_PARSED {
            None
        } else {
            parsed += 1;
            let Some(url) = confirmed(written, candidate.relative) else {
                continue;
            };
            Some(url)
        };
        if url.is_none() && defang::is_defanged(written) {
            continue;
        }
        read_to = candidate.at.end;
        found.push(Found {
            at: candidate.at,
            relative: candidate.relative,
            url,
        });
    }
    found
}

/// Whether there is a colon or two slashes: nothing is a URL without.
fn may_hold_one(text: &[u8]) -> bool {
    let mut marks = memchr::memchr2_iter(b':', b'/', text);
    marks.any(|place| text[place] == b':' || text.get(place + 1) == Some(&b'/'))
}

/// Both lists in one, by where they begin, the longer first.
fn merged(
    links: impl Iterator<Item = Candidate>,
    scanned: impl Iterator<Item = Candidate>,
) -> impl Iterator<Item = Candidate> {
    let (mut links, mut scanned) = (links.peekable(), scanned.peekable());
    std::iter::from_fn(move || match (links.peek(), scanned.peek()) {
        (Some(link), Some(other)) => {
            let order = |one: &Candidate| (one.at.start, std::cmp::Reverse(one.at.end));
            if order(link) <= order(other) {
                links.next()
            } else {
                scanned.next()
            }
        }
        (Some(_), None) => links.next(),
        (None, _) => scanned.next(),
    })
}

/// What `written` is to a browser, where it is a URL to one.
fn confirmed(written: &str, relative: bool) -> Option<Url> {
    if defang::is_defanged(written) {
        return None;
    }
    let url = if relative {
        Url::parse(&format!("https:{written}")).ok()?
    } else {
        Url::parse(written).ok()?
    };
    let has_something = url.has_host() || url.cannot_be_a_base() || url.path().len() > 1;
    has_something.then_some(url)
}

#[cfg(test)]
mod tests;
