//! Finds the URLs of a text: what everybody takes for a link, and what a browser takes for one all the
//! same. What the `url` crate does not parse is none.
//!
//! Time grows with the length of the text: what lies in a URL is not looked at again, a URL is read to
//! a bounded length, after [`MAX_PARSED`] of them or [`MAX_READ`] bytes the others are taken for URLs
//! unread, and after [`MAX_FOUND`] the rest of the text for one.

use std::ops::Range;

use url::{Host, Url};

use scan::Scan;

mod end;
mod scan;
mod scheme;

/// How many URLs are parsed; the longest list that is ever described is shorter.
pub const MAX_PARSED: usize = 32;
/// How much is read of all URLs together, in bytes; those of names count several times.
pub const MAX_READ: usize = 8_192;
/// How long what is no URL may be for less of it to be parsed, in bytes.
const LONGEST_NAME: usize = 512;
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
/// read.
pub fn find(text: &str, longest: usize) -> Vec<Found> {
    if !may_hold_one(text.as_bytes()) {
        return Vec::new();
    }
    let mut scan = Scan::of(text);
    let mut budget = Budget::default();
    let mut found = Vec::new();
    let mut read_to = 0;
    while let Some(Candidate { at, relative }) = scan.next_from(read_to) {
        let written = &text[at.clone()];
        let is_read = written.len() <= longest && budget.takes(written);
        let (url, end) = match is_read {
            true => match read(written, relative) {
                Some((url, length)) => (Some(Box::new(url)), at.start + length),
                None => continue,
            },
            false => (None, at.end),
        };
        if found.len() == MAX_FOUND {
            found.push(Found {
                at: at.start..text.len(),
                relative,
                url: None,
            });
            break;
        }
        read_to = end;
        found.push(Found {
            at: at.start..end,
            relative,
            url,
        });
    }
    found
}

/// What may still be read of a text.
struct Budget {
    urls: usize,
    bytes: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            urls: MAX_PARSED,
            bytes: MAX_READ,
        }
    }
}

impl Budget {
    /// Whether `written` may be read, which is taken out then: the last may be dearer than what is left,
    /// but no name dearer than all there was.
    fn takes(&mut self, written: &str) -> bool {
        let name = name_price(written);
        if self.urls == 0 || self.bytes == 0 || name > MAX_READ {
            return false;
        }
        self.urls -= 1;
        self.bytes = self.bytes.saturating_sub(written.len() + name);
        true
    }
}

/// What reading the name in `written` costs beside its length: a byte of it takes as long as three of a
/// path, and where it is not ASCII as eight.
fn name_price(written: &str) -> usize {
    let scheme = written.bytes().take_while(|byte| *byte != b':').count();
    let behind = written.bytes().skip(scheme);
    let behind = behind.skip_while(|byte| matches!(byte, b':' | b'/' | b'\\'));
    let name = behind.take_while(|byte| !matches!(byte, b'/' | b'\\' | b'?' | b'#'));
    name.map(|byte| if byte.is_ascii() { 2 } else { 7 }).sum()
}

/// Whether there is a colon or two slashes: nothing is a URL without.
fn may_hold_one(text: &[u8]) -> bool {
    let mut marks = memchr::memchr2_iter(b':', b'/', text);
    marks.any(|place| text[place] == b':' || text.get(place + 1) == Some(&b'/'))
}

/// What `written` begins with, and how much of it that is: all, or its host, as programs read it that
/// stop at what no host holds.
fn read(written: &str, relative: bool) -> Option<(Url, usize)> {
    if let Some(url) = confirmed(written, relative) {
        return Some((url, written.len()));
    }
    let start = written.find("://").filter(|_| !relative)? + "://".len();
    if written.len() > start + LONGEST_NAME {
        return None;
    }
    let name = &written.as_bytes()[start..start + end::of_name(&written[start..])];
    let is_mark = |byte: &u8| byte.is_ascii_punctuation() && !b"-._~".contains(byte);
    let user = name.iter().position(|byte| *byte == b'@');
    let user = user.map_or(0, |at| at + 1);
    let first = name[user..].iter().position(is_mark);
    let mut end = name.len();
    for is_second in [false, true, true] {
        while end > 0 && name[end - 1].is_ascii_punctuation() && name[end - 1] != b'-' {
            end -= 1;
        }
        let shorter = &written[..start + end];
        if let Some(url) = confirmed(shorter, false) {
            return Some((url, shorter.len()));
        }
        end = match is_second {
            false => name[..end].iter().rposition(is_mark)?,
            true => end.min(user + first?),
        };
    }
    None
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
