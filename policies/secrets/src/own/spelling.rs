//! The ways to write a secret in which it is looked for. They are a list of their own, since nothing
//! but a fingerprint is looked up in them: no shape is, so none can be taken for one by chance.
//!
//! ```text
//! written ── seen, the tags in it read, the tags alone ── as it is, and its escapes read
//!   └─ each of these: as it is · without white space · letters and digits alone, also as digits of
//!      bytes · what base64 is made of, also as base64 · the bytes of a dump
//! ```

use crate::bytes::{ALNUM, Alphabet, DASH, PLUS_SLASH, UNDERSCORE, is, is_at, run};
use crate::view::View;

use super::packed::{BASE32, BASE64, HEX};
use super::search::{Exhausted, Search};
use super::{dump, escape};

/// What base64 has beside letters and digits.
const BASE64_SIGNS: Alphabet = PLUS_SLASH | DASH | UNDERSCORE;

/// Looks at every spelling of `text`.
pub(super) fn search(text: &str, search: &mut Search<'_>) -> Result<(), Exhausted> {
    let written = View::written(text);
    let seen = View::seen(text);
    if seen.is_some() {
        whole(&written, search)?;
    }
    with_escapes(seen.as_ref().unwrap_or(&written), search)?;
    // What is seen was looked at in every way, so of what mixes it with tags the letters are enough.
    if let Some(tagged) = View::tagged(text) {
        letters(&tagged, search)?;
    }
    if let Some(hidden) = View::hidden(text) {
        with_escapes(&hidden, search)?;
    }
    Ok(())
}

fn with_escapes(base: &View, search: &mut Search<'_>) -> Result<(), Exhausted> {
    every_way(base, search)?;
    match escape::unescaped(base) {
        Some(unescaped) => every_way(&unescaped, search),
        None => Ok(()),
    }
}

#[inline(never)]
fn every_way(base: &View, search: &mut Search<'_>) -> Result<(), Exhausted> {
    whole(base, search)?;
    if let Some(joined) = base.joined() {
        whole(&joined, search)?;
    }
    letters(base, search)?;
    if let Some(pieces) = pieces(base) {
        search.plain(&pieces)?;
        BASE64.search(&pieces, search)?;
    } else {
        BASE64.search(base, search)?;
    }
    match dump::dumped(base) {
        Some(dumped) => search.plain(&dumped),
        None => Ok(()),
    }
}

/// Looks at `view` as it stands, the fingerprints without a mark included.
#[inline(never)]
fn whole(view: &View, search: &mut Search<'_>) -> Result<(), Exhausted> {
    search.plain(view)?;
    if search.prints.has_unmarked() {
        search.runs(view)?;
        HEX.runs(view, search)?;
        BASE64.runs(view, search)?;
        BASE32.runs(view, search)?;
    }
    Ok(())
}

/// Looks at the letters and digits of `base` alone: whatever stands between the pieces is gone.
#[inline(never)]
fn letters(base: &View, search: &mut Search<'_>) -> Result<(), Exhausted> {
    let letters = base.without(&mut |_, byte| !is(byte, ALNUM));
    let letters = letters.as_ref().unwrap_or(base);
    search.plain(letters)?;
    HEX.search(letters, search)?;
    BASE32.search(letters, search)?;
    BASE64.search(letters, search)
}

/// `base` without what is no letter and no digit, but for the other characters of base64 where they
/// stand beside one: of `"ab/" + "+cd"` it is `ab/+cd`.
fn pieces(base: &View) -> Option<View> {
    let text = &base.bytes;
    let (mut end, mut is_kept) = (0, false);
    base.without(&mut |at, byte| {
        if is(byte, ALNUM) {
            return false;
        }
        if at >= end {
            end = run(text, at, BASE64_SIGNS, usize::MAX).max(at + 1);
            let begins = at > 0 && is_at(text, at - 1, ALNUM);
            is_kept = is(byte, BASE64_SIGNS) && (begins || is_at(text, end, ALNUM));
        }
        !is_kept
    })
}
