//! Finds the URLs of a text, in two passes: `linkify` for what everybody takes for a link, then a
//! scan for what a browser takes for one all the same. What the `url` crate does not parse is none.
//!
//! Time grows with the length of the text: what lies in a URL is not looked at again, a URL is read to
//! a bounded length, after [`MAX_PARSED`] of them the others are taken for URLs unread, and after
//! [`MAX_FOUND`] the rest of the text for one.

use std::iter::Peekable;
use std::ops::Range;

use url::{Host, Url};

use crate::defang;
use link::Links;
use scan::Scan;

mod end;
mod link;
mod scan;
mod scheme;

/// How many URLs are parsed; the longest list that is ever described is shorter.
pub const MAX_PARSED: usize = 32;
/// How many URLs are told apart. What begins with the next one is taken for one to the end of the text.
pub const MAX_FOUND: usize = 256;

/// A URL in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Where it stands, in bytes.
    pub at: Range<usize>,
    /// Whether it begins with `//` and takes its scheme from where it is opened.
    pub relative: bool,
    /// What it is, unless it is too long to be read or one of too many.
    pub url: Option<Box<Url>>,
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
    let mut both = Both {
        links: Links::of(text).peekable(),
        scan: Scan::of(text),
    };
    let mut found = Vec::new();
    let mut parsed = 0;
    let mut read_to = 0;
    while let Some(candidate) = both.next_from(read_to) {
        let written = &text[candidate.at.clone()];
        if defang::is_defanged(written) {
            continue;
        }
        let url = if written.len() > longest || parsed >= MAX_PARSED {
            None
        } else {
            parsed += 1;
            let Some(url) = confirmed(written, candidate.relative) else {
                continue;
            };
            Some(Box::new(url))
        };
        if found.len() == MAX_FOUND {
            found.push(Found {
                at: candidate.at.start..text.len(),
                relative: candidate.relative,
                url: None,
            });
            break;
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

/// Both passes in one.
struct Both<'a> {
    links: Peekable<Links<'a>>,
    scan: Scan<'a>,
}

impl Both<'_> {
    /// The next that begins at `place` or behind it: by where they begin, the longer first.
    fn next_from(&mut self, place: usize) -> Option<Candidate> {
        let begins_before = |link: &Candidate| link.at.start < place;
        while self.links.next_if(begins_before).is_some() {}
        let order = |one: &Candidate| (one.at.start, std::cmp::Reverse(one.at.end));
        match (self.links.peek(), self.scan.peek_from(place)) {
            (Some(link), Some(other)) if order(link) <= order(other) => self.links.next(),
            (Some(_), None) => self.links.next(),
            (_, Some(_)) => self.scan.take(),
            (None, None) => None,
        }
    }
}

/// What `written` is to a browser, where it is a URL to one.
fn confirmed(written: &str, relative: bool) -> Option<Url> {
    let url = if relative {
        Url::parse(&format!("https:{written}")).ok()?
    } else {
        Url::parse(written)
            .or_else(|error| without_zone(written).ok_or(error))
            .ok()?
    };
    let has_something = url.has_host() || url.cannot_be_a_base() || url.path().len() > 1;
    has_something.then_some(url)
}

/// What other programs than browsers follow: an address with the interface that leads to it, as in
/// `http://[fe80::1%25eth0]/`. The interface is left out.
fn without_zone(written: &str) -> Option<Url> {
    let open = written.find('[')?;
    let close = open + written[open..].find(']')?;
    let zone = open + written[open..close].find('%')?;
    let url = Url::parse(&format!("{}{}", &written[..zone], &written[close..])).ok()?;
    matches!(url.host(), Some(Host::Ipv6(_))).then_some(url)
}

#[cfg(test)]
mod tests;
