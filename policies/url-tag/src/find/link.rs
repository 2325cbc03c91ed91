//! The first pass: what everybody takes for a link, by `linkify`.
//!
//! It is asked only where `://` stands, since it takes nothing else for a link and is slow to say so.

use linkify::{LinkFinder, LinkKind};

use super::{Candidate, end, scan};

/// How far before the `://` a scheme is looked for, in bytes.
const LONGEST_SCHEME: usize = 64;

/// The links of a text, in order.
pub(super) struct Links<'a> {
    text: &'a str,
    finder: LinkFinder,
    /// How far the text is read.
    from: usize,
}

impl<'a> Links<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        let mut finder = LinkFinder::new();
        finder.kinds(&[LinkKind::Url]);
        Self {
            text,
            finder,
            from: 0,
        }
    }
}

impl Iterator for Links<'_> {
    type Item = Candidate;

    fn next(&mut self) -> Option<Candidate> {
        let bytes = self.text.as_bytes();
        let mut mark = self.from;
        loop {
            mark += scan::next_mark(bytes.get(mark..)?)?;
            if bytes[mark..].starts_with(b"://") {
                break;
            }
            mark += 1;
        }
        let near = self
            .text
            .ceil_char_boundary(mark.saturating_sub(LONGEST_SCHEME));
        let start = near.max(self.from);
        let Some(link) = self.finder.links(&self.text[start..]).next() else {
            self.from = self.text.len();
            return None;
        };
        let at = start + link.start()..start + link.end();
        self.from = at.end;
        Some(Candidate {
            at: at.start..end::of_link(self.text, at),
            relative: false,
        })
    }
}
