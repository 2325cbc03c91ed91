//! Looks for the fingerprints in one spelling of a text: at every place where a mark says that one may
//! stand, and in whole runs for those without a mark.

use std::ops::Range;

use crate::bytes::{DOT, EQUALS, PLUS_SLASH, TILDE, URL64, is, run};
use crate::view::View;

use super::{Fingerprint, Fingerprints, MARKED, mark};

/// How many digests one text may cost: twice what 64 KiB full of escapes cost by chance where the
/// settings are full of fingerprints. What would need more is taken for the secret.
const MAX_DIGESTS: usize = 8_192;

/// A search through the spellings of one text.
pub(super) struct Search<'a> {
    pub(super) prints: &'a Fingerprints,
    pub(super) found: Vec<Range<usize>>,
    digests: usize,
}

/// The text would cost too much.
pub(super) struct Exhausted;

impl<'a> Search<'a> {
    pub(super) fn new(prints: &'a Fingerprints) -> Self {
        Self {
            prints,
            found: Vec::new(),
            digests: MAX_DIGESTS,
        }
    }

    /// Looks at `view` as it is, backwards, and with its capitals as small letters.
    pub(super) fn plain(&mut self, view: &View) -> Result<(), Exhausted> {
        let text = &view.bytes;
        if self.prints.marks.is_empty() {
            return Ok(());
        }
        let (mut forwards, mut small, mut backwards) = (0_u64, 0_u64, 0_u64);
        for (at, byte) in text.iter().enumerate() {
            forwards = forwards << 8 | u64::from(*byte);
            small = small << 8 | u64::from(byte.to_ascii_lowercase());
            backwards = backwards >> 8 | u64::from(*byte) << 56;
            let Some(from) = (at + 1).checked_sub(MARKED) else {
                continue;
            };
            if self.is_marked(forwards) {
                let value = |length| {
                    let at = from..from + length;
                    Some((text.get(at.clone())?.to_vec(), at))
                };
                self.look(view, forwards, &value)?;
            }
            if small != forwards && self.is_marked(small) {
                let value = |length| {
                    let at = from..from + length;
                    Some((text.get(at.clone())?.to_ascii_lowercase(), at))
                };
                self.look(view, small, &value)?;
            }
            if self.is_marked(backwards) {
                let value = |length| {
                    let from = (at + 1).checked_sub(length)?;
                    let value = text[from..=at].iter().rev().copied();
                    Some((value.collect(), from..at + 1))
                };
                self.look(view, backwards, &value)?;
            }
        }
        Ok(())
    }

    /// Looks at the whole runs of token characters of `view`, for the fingerprints without a mark.
    pub(super) fn runs(&mut self, view: &View) -> Result<(), Exhausted> {
        let prints = self.prints;
        let token = URL64 | DOT | PLUS_SLASH | TILDE | EQUALS;
        let mut at = 0;
        while at < view.bytes.len() {
            if !is(view.bytes[at], token) {
                at += 1;
                continue;
            }
            let end = run(&view.bytes, at, token, usize::MAX);
            let value = &view.bytes[at..end];
            let same = |print: &&Fingerprint| print.mark.is_none() && print.length == value.len();
            for print in prints.prints.iter().filter(same) {
                let backwards: Vec<u8> = value.iter().rev().copied().collect();
                for value in [value, &backwards, &value.to_ascii_lowercase()] {
                    self.try_out(print, value, view, at..end)?;
                }
            }
            at = end;
        }
        Ok(())
    }

    /// Whether any fingerprint has the mark of these eight bytes.
    pub(super) fn is_marked(&self, first: u64) -> bool {
        let mark = mark(first);
        self.prints.marks[usize::from(mark >> 6)] & 1 << (mark & 63) != 0
    }

    /// Tries the fingerprints that have the mark of `first` on what `value` gives for their lengths:
    /// bytes, and where in `view` they stand.
    pub(super) fn look(
        &mut self,
        view: &View,
        first: u64,
        value: &dyn Fn(usize) -> Option<(Vec<u8>, Range<usize>)>,
    ) -> Result<(), Exhausted> {
        let (prints, mark) = (self.prints, mark(first));
        for print in prints
            .prints
            .iter()
            .filter(|print| print.mark == Some(mark))
        {
            if let Some((value, at)) = value(print.length) {
                self.try_out(print, &value, view, at)?;
            }
        }
        Ok(())
    }

    /// Tries one fingerprint on one value, which stands at `at` in `view`.
    pub(super) fn try_out(
        &mut self,
        print: &Fingerprint,
        value: &[u8],
        view: &View,
        at: Range<usize>,
    ) -> Result<(), Exhausted> {
        let Some(left) = self.digests.checked_sub(1) else {
            let place = view.place(at.start);
            self.found.push(place..place + 1);
            return Err(Exhausted);
        };
        self.digests = left;
        if print.is_of(value) {
            self.found.push(view.places(&at));
        }
        Ok(())
    }
}
