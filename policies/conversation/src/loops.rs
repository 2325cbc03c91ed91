//! Finding that two agents have nothing more to say to one another.
//!
//! Looks at the last texts of an episode, oldest first, and at the one that is being judged.
//! Four patterns, none of which knows a word of any language:
//!
//! - near-duplicates: the last 3 of one direction, or 5 of its last 8, are nearly the same but for
//!   numbers. Texts too short for that count when 3 of them follow one another, whoever sent them:
//!   a row of "yes" to a row of questions is no loop.
//! - A-B-A-B: twice the same exchange, numbers and all.
//! - a spiral: 4 texts in a row, from both, that say little and ask nothing, after something was
//!   said.

use guest::Direction;

use crate::fingerprint::Fingerprint;

/// How many texts of each direction are looked at.
pub const EACH_WAY: usize = 8;

/// A text of the episode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Said {
    /// Which way it went.
    pub direction: Direction,
    /// What is remembered of it.
    pub fingerprint: Fingerprint,
}

/// A loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loop {
    /// The same over and over.
    NearDuplicates,
    /// The same exchange again.
    Alternation,
    /// One acknowledgement after another.
    Acknowledgements,
}

impl Loop {
    /// What a person sees of it.
    pub fn seen(self) -> &'static str {
        match self {
            Self::NearDuplicates => "nearly the same text again and again",
            Self::Alternation => "the same exchange twice",
            Self::Acknowledgements => "nothing but acknowledgements",
        }
    }

    /// The loop's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::NearDuplicates => "near_duplicates",
            Self::Alternation => "alternation",
            Self::Acknowledgements => "acknowledgements",
        }
    }
}

/// The loop that `last` completes after what was said `before`.
pub fn completed(before: &[Said], last: &Said) -> Option<Loop> {
    if near_duplicates(before, last) {
        return Some(Loop::NearDuplicates);
    }
    if alternation(before, last) {
        return Some(Loop::Alternation);
    }
    acknowledgements(before, last).then_some(Loop::Acknowledgements)
}

fn near_duplicates(before: &[Said], last: &Said) -> bool {
    let like_last = |other: &&Said| other.fingerprint.resembles(&last.fingerprint);
    if last.fingerprint.is_short() {
        return before.len() >= 2 && before.iter().rev().take(2).all(|other| like_last(&other));
    }
    let same_way = before.iter().rev();
    let same_way = same_way.filter(|other| other.direction == last.direction);
    let in_a_row = same_way.clone().take_while(like_last).count() + 1;
    let of_eight = same_way.take(EACH_WAY - 1).filter(like_last).count() + 1;
    in_a_row >= 3 || of_eight >= 5
}

fn alternation(before: &[Said], last: &Said) -> bool {
    let Some([a, b, c]) = before.last_chunk() else {
        return false;
    };
    let alternates =
        a.direction == c.direction && b.direction == last.direction && a.direction != b.direction;
    alternates && a.fingerprint.repeats(&c.fingerprint) && b.fingerprint.repeats(&last.fingerprint)
}

fn acknowledgements(before: &[Said], last: &Said) -> bool {
    let Some((before, spiral)) = before.split_last_chunk::<3>() else {
        return false;
    };
    let spiral = spiral.iter().chain([last]);
    let from_both = spiral.clone().any(|said| said.direction != last.direction);
    let something_was_said = before.iter().any(|said| !said.fingerprint.is_slight());
    from_both && something_was_said && spiral.clone().all(|said| said.fingerprint.is_slight())
}
