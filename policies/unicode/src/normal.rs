//! Normalisation forms C and D, by UAX #15.
//!
//! Text is taken segment by segment: what stands between two characters at which normalisation may
//! begin anew. A segment that cannot change is copied, the others are taken apart, ordered and
//! joined. Time grows with the length of the text alone, however many marks are heaped up.

use std::sync::LazyLock;

use crate::facts::Facts;
use crate::packed::packed;

/// The canonical mappings, but for Hangul, which is computed.
struct Mappings {
    /// The pairs that join, each as one number, in order.
    pairs: Vec<u64>,
    /// What each of them joins to.
    joined: Vec<u32>,
    /// What falls apart, in order.
    wholes: Vec<u32>,
    /// The first part of each.
    firsts: Vec<u32>,
    /// Where the other parts of each end, behind a zero.
    ends: Vec<u32>,
    others: Vec<u32>,
}

static MAPPINGS: LazyLock<Mappings> = LazyLock::new(|| {
    let mut lists = packed!("normal").open();
    let (firsts, seconds) = (lists.sums(), lists.sums());
    let pairs = firsts.into_iter().zip(seconds);
    Mappings {
        pairs: pairs.map(|(first, second)| both(first, second)).collect(),
        joined: lists.sums(),
        wholes: lists.sums(),
        firsts: lists.sums(),
        ends: lists.sums(),
        others: lists.sums(),
    }
});

const L: u32 = 0x1100;
const V: u32 = 0x1161;
const T: u32 = 0x11A7;
const S: u32 = 0xAC00;
const V_COUNT: u32 = 21;
const T_COUNT: u32 = 28;
const S_COUNT: u32 = 11_172;

/// Up to here marks are put in order one by one; longer heaps are sorted into classes.
const FEW: usize = 16;

/// Brings `text` into form C, or nothing where it is in it already.
pub fn compose(text: &str) -> Option<String> {
    let first = first_change(text)?;
    let mut out = String::with_capacity(text.len());
    out.push_str(&text[..first]);
    let mut parts = Vec::new();
    let mut rest = &text[first..];
    while let Some(segment) = next_segment(rest) {
        let (segment, changes) = segment;
        rest = &rest[segment.len()..];
        if changes {
            take_apart(segment, &mut parts);
            join(&mut parts);
            out.extend(parts.iter().map(|(c, _)| c));
        } else {
            out.push_str(segment);
        }
    }
    (out != text).then_some(out)
}

/// Brings `text` into form D.
pub fn decompose(text: &str) -> String {
    let mut parts = Vec::new();
    take_apart(text, &mut parts);
    parts.into_iter().map(|(c, _)| c).collect()
}

/// Where the segment begins in which the first change may be.
fn first_change(text: &str) -> Option<usize> {
    let mut segment = 0;
    let mut last = 0;
    for (place, c) in text.char_indices() {
        if c.is_ascii() {
            (segment, last) = (place, 0);
            continue;
        }
        let facts = Facts::of(c);
        if facts.begins() {
            (segment, last) = (place, 0);
            continue;
        }
        if facts.may_change() || (facts.ccc() != 0 && facts.ccc() < last) {
            return Some(segment);
        }
        last = facts.ccc();
    }
    None
}

/// The first segment of `text`, and whether it may change.
fn next_segment(text: &str) -> Option<(&str, bool)> {
    let mut characters = text.char_indices();
    let (_, first) = characters.next()?;
    let facts = Facts::of(first);
    let (mut changes, mut last) = (facts.may_change(), facts.ccc());
    for (place, c) in characters {
        let facts = Facts::of(c);
        if facts.begins() {
            return Some((&text[..place], changes));
        }
        changes |= facts.may_change() || (facts.ccc() != 0 && facts.ccc() < last);
        last = facts.ccc();
    }
    Some((text, changes))
}

/// Puts the parts of `text` into `parts`, each with its class, in canonical order.
fn take_apart(text: &str, parts: &mut Vec<(char, u8)>) {
    parts.clear();
    let mut heap = 0;
    for c in text.chars() {
        each_part(c, |part| {
            let ccc = Facts::of(part).ccc();
            if ccc == 0 {
                order(&mut parts[heap..]);
                heap = parts.len() + 1;
            }
            parts.push((part, ccc));
        });
    }
    if let Some(heap) = parts.get_mut(heap..) {
        order(heap);
    }
}

/// Gives every part of `c`, itself where it has none.
fn each_part(c: char, mut give: impl FnMut(char)) {
    let code = u32::from(c);
    if let Some(place) = code.checked_sub(S).filter(|place| *place < S_COUNT) {
        give(character(L + place / (V_COUNT * T_COUNT)));
        give(character(V + place % (V_COUNT * T_COUNT) / T_COUNT));
        if place % T_COUNT != 0 {
            give(character(T + place % T_COUNT));
        }
        return;
    }
    if !Facts::of(c).decomposes() {
        return give(c);
    }
    let all = &*MAPPINGS;
    if let Ok(place) = all.wholes.binary_search(&code) {
        give(character(all.firsts[place]));
        let [start, end] = [all.ends[place], all.ends[place + 1]].map(|end| end as usize);
        all.others[start..end]
            .iter()
            .for_each(|part| give(character(*part)));
    }
}

/// Orders marks by their class and leaves those of one class as they stand.
fn order(heap: &mut [(char, u8)]) {
    if heap.len() <= FEW {
        for end in 1..heap.len() {
            let mut place = end;
            while place > 0 && heap[place - 1].1 > heap[place].1 {
                heap.swap(place - 1, place);
                place -= 1;
            }
        }
        return;
    }
    let mut starts = [0_usize; 257];
    for (_, ccc) in &*heap {
        starts[usize::from(*ccc) + 1] += 1;
    }
    for class in 0..256 {
        starts[class + 1] += starts[class];
    }
    let unordered = heap.to_vec();
    for part in unordered {
        let place = &mut starts[usize::from(part.1)];
        heap[*place] = part;
        *place += 1;
    }
}

/// Joins what belongs together: each part with the last one of class 0, unless another part of
/// its class, or one of class 0, stands between them.
fn join(parts: &mut Vec<(char, u8)>) {
    let mut kept = 0;
    let mut starter: Option<usize> = None;
    let mut last = 0;
    for place in 0..parts.len() {
        let (c, ccc) = parts[place];
        if let Some(starter) = starter {
            let beside = kept == starter + 1;
            let blocked = !beside && (last == 0 || last >= ccc);
            if !blocked && let Some(both) = pair(parts[starter].0, c) {
                parts[starter].0 = both;
                continue;
            }
        }
        if ccc == 0 {
            starter = Some(kept);
        }
        last = ccc;
        parts[kept] = (c, ccc);
        kept += 1;
    }
    parts.truncate(kept);
}

/// What `first` and `second` join to.
fn pair(first: char, second: char) -> Option<char> {
    let (a, b) = (u32::from(first), u32::from(second));
    if (L..L + 19).contains(&a) && (V..V + V_COUNT).contains(&b) {
        return Some(character(S + ((a - L) * V_COUNT + (b - V)) * T_COUNT));
    }
    if (S..S + S_COUNT).contains(&a)
        && (a - S).is_multiple_of(T_COUNT)
        && (T + 1..T + T_COUNT).contains(&b)
    {
        return Some(character(a + b - T));
    }
    let all = &*MAPPINGS;
    let place = all.pairs.binary_search(&both(a, b)).ok()?;
    Some(character(all.joined[place]))
}

/// A pair as one number.
fn both(first: u32, second: u32) -> u64 {
    u64::from(first) << 32 | u64::from(second)
}

/// The character of a code that stands in the tables or was computed from one.
fn character(code: u32) -> char {
    char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
}

#[cfg(test)]
mod tests;
