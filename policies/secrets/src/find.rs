//! Finds what looks like a secret: by shape, by where it stands, and by its name.
//!
//! One pass over the text knows what each shape begins with, a second one looks at names and their
//! values. Whatever is read ahead is bounded or remembered, so that no text costs more than its length.

use std::ops::Range;

use crate::detector::Detector;
use crate::view::View;

pub mod checksum;
mod key;
mod named;
mod plain;
mod shape;
mod table;
mod web;

use shape::Runs;

/// Something that looks like a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What it looks like.
    pub detector: Detector,
    /// Where it stands in the view.
    pub at: Range<usize>,
    /// The prefix by which it was known.
    pub prefix: Option<&'static str>,
}

/// All prefixes by which tokens are known.
pub fn prefixes() -> impl Iterator<Item = &'static str> {
    table::SHAPES.iter().map(|shape| shape.prefix)
}

/// Everything in `view` that looks like a secret; what stands under a name where a `threshold` is
/// given, in bits for each character. What is known by its shape is not told a second time by where it
/// stands.
pub fn find(view: &View, threshold: Option<f64>) -> Vec<Found> {
    let text = &view.bytes;
    let (mut known, mut general) = shapes(text);
    if let Some(threshold) = threshold {
        named::find(text, threshold, |detector, at| {
            general.push(Found {
                detector,
                at,
                prefix: None,
            });
        });
    }
    // What is known stands in order and apart, so one step finds what a general one might meet.
    general.retain(|found| {
        let next = known.partition_point(|known| known.at.end <= found.at.start);
        known
            .get(next)
            .is_none_or(|known| known.at.start >= found.at.end)
    });
    general.sort_by_key(|found| (found.at.start, found.detector));
    let mut covered = 0;
    general.retain(|found| {
        let is_new = found.at.start >= covered;
        covered = covered.max(found.at.end);
        is_new
    });
    known.append(&mut general);
    known.sort_by_key(|found| found.at.start);
    known
}

/// What is known by its shape, apart and in order, and what is known by where it stands.
fn shapes(text: &[u8]) -> (Vec<Found>, Vec<Found>) {
    let (mut known, mut general) = (Vec::new(), Vec::new());
    let mut runs = Runs::default();
    let mut at = 0;
    while at < text.len() {
        let found = one(text, at, &mut runs);
        if text[at] == b':'
            && let Some((detector, at)) = web::url(text, at)
        {
            general.push(Found {
                detector,
                at,
                prefix: None,
            });
        }
        at = match found {
            Some(found) if found.detector.is_general() => {
                general.push(found);
                at + 1
            }
            Some(found) => {
                let end = found.at.end.max(at + 1);
                known.push(found);
                end
            }
            None => at + 1,
        };
    }
    (known, general)
}

/// What is known by its shape and shows itself at `at`.
fn one(text: &[u8], at: usize, runs: &mut Runs) -> Option<Found> {
    let alone = |detector, found: Option<Range<usize>>| {
        found.map(|at| Found {
            detector,
            at,
            prefix: None,
        })
    };
    let by_form = match text[at] {
        b'B' => alone(Detector::PrivateKey, key::armoured(text, at)),
        b'P' => alone(Detector::PrivateKey, key::putty(text, at)),
        b'b' => alone(Detector::PrivateKey, key::bare(text, at)),
        b'e' => alone(Detector::Jwt, web::jwt(text, at, runs)),
        b':' => alone(Detector::TelegramToken, web::telegram(text, at, runs)),
        b'Q' => alone(Detector::AzureKey, web::azure(text, at)),
        b'M' => alone(Detector::PrivateKey, key::bare(text, at))
            .or_else(|| alone(Detector::DiscordToken, web::discord(text, at, runs))),
        b'N' | b'O' => alone(Detector::DiscordToken, web::discord(text, at, runs)),
        _ => None,
    };
    by_form.or_else(|| {
        let (shape, end) = shape::at(text, at, runs)?;
        Some(Found {
            detector: shape.detector,
            at: at..end,
            prefix: Some(shape.prefix),
        })
    })
}

#[cfg(test)]
mod tests;
