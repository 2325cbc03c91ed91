//! Packs lists of numbers for `src/packed.rs`, as small as one look ahead over all of it makes them.

use std::collections::HashMap;

/// Repeating fewer bytes than this costs as much as giving them.
const SHORTEST: usize = 3;
/// How many earlier places are tried for each byte.
const TRIED: usize = 512;

/// Some lists, to be packed together.
#[derive(Default)]
pub(crate) struct Lists(Vec<u8>);

/// A part that stood there before.
#[derive(Clone, Copy)]
struct Repeat {
    length: usize,
    back: usize,
}

impl Lists {
    /// Adds a list of numbers as they are.
    pub(crate) fn numbers(&mut self, list: impl IntoIterator<Item = u32>) -> &mut Self {
        let list: Vec<_> = list.into_iter().collect();
        number(&mut self.0, list.len() as u32);
        for one in list {
            number(&mut self.0, one);
        }
        self
    }

    /// Adds a list of numbers as their differences.
    pub(crate) fn sums(&mut self, list: impl IntoIterator<Item = u32>) -> &mut Self {
        let mut last = 0_u32;
        self.numbers(list.into_iter().map(|one| {
            let apart = one.wrapping_sub(last).cast_signed();
            last = one;
            apart.unsigned_abs() << 1 | u32::from(apart < 0)
        }))
    }

    /// The lists, packed.
    pub(crate) fn pack(&self) -> Vec<u8> {
        let bytes = &self.0;
        let steps = steps(bytes);
        let mut out = Vec::new();
        let (mut given, mut at) = (0, 0);
        while at < bytes.len() {
            let Some(Repeat { length, back }) = steps[at] else {
                at += 1;
                continue;
            };
            give(&mut out, &bytes[given..at]);
            number(&mut out, length as u32);
            number(&mut out, back as u32);
            at += length;
            given = at;
        }
        if given < bytes.len() {
            give(&mut out, &bytes[given..]);
        }
        out
    }
}

/// What is best done at each byte: repeat from there on, or give it. Found from the end.
fn steps(bytes: &[u8]) -> Vec<Option<Repeat>> {
    let repeats = repeats(bytes);
    let mut costs = vec![0; bytes.len() + 1];
    let mut steps = vec![None; bytes.len()];
    for at in (0..bytes.len()).rev() {
        costs[at] = costs[at + 1] + 1;
        for longest in &repeats[at] {
            let shorter = SHORTEST..longest.length.min(64);
            for length in shorter.chain([longest.length]) {
                let step = 1 + size(length) + size(longest.back);
                let cost = step + costs[at + length];
                if cost < costs[at] {
                    let back = longest.back;
                    (costs[at], steps[at]) = (cost, Some(Repeat { length, back }));
                }
            }
        }
    }
    steps
}

/// What may be repeated at each byte: the longest part of those whose distance takes as many bytes.
fn repeats(bytes: &[u8]) -> Vec<Vec<Repeat>> {
    let mut places: HashMap<&[u8], Vec<usize>> = HashMap::new();
    let mut all = Vec::new();
    for at in 0..bytes.len() {
        let mut found: Vec<Repeat> = Vec::new();
        let Some(start) = bytes.get(at..at + SHORTEST) else {
            all.push(found);
            continue;
        };
        let earlier = places.entry(start).or_default();
        for place in earlier.iter().rev().take(TRIED) {
            let pairs = bytes[*place..].iter().zip(&bytes[at..]);
            let length = pairs.take_while(|(one, other)| one == other).count();
            let back = at - place;
            match found.iter_mut().find(|one| size(one.back) == size(back)) {
                Some(one) if one.length >= length => {}
                Some(one) => *one = Repeat { length, back },
                None => found.push(Repeat { length, back }),
            }
        }
        earlier.push(at);
        all.push(found);
    }
    all
}

fn give(out: &mut Vec<u8>, bytes: &[u8]) {
    number(out, bytes.len() as u32);
    out.extend_from_slice(bytes);
}

fn number(out: &mut Vec<u8>, mut number: u32) {
    while number > 0x7F {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// How many bytes a number takes.
fn size(number: usize) -> usize {
    match number {
        0..0x80 => 1,
        0x80..0x4000 => 2,
        _ => 3,
    }
}
