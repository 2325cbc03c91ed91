//! A map from some characters to short texts, as both the looks of characters and the mapping of
//! domain names need one.

use crate::packed::Lists;

/// The map.
pub(crate) struct Texts {
    /// The characters that have one, in order.
    codes: Vec<u32>,
    /// Which one each has.
    places: Vec<u32>,
    /// Where each text ends, behind a zero.
    ends: Vec<u32>,
    /// All of them, one behind the other.
    texts: Vec<u32>,
}

impl Texts {
    /// The next map of `lists`.
    pub(crate) fn of(lists: &mut Lists) -> Self {
        Self {
            codes: lists.sums(),
            places: lists.sums(),
            ends: lists.sums(),
            texts: lists.sums(),
        }
    }

    /// Adds the text of `c` to `out`; false where it has none.
    #[inline(never)]
    pub(crate) fn push(&self, c: char, out: &mut String) -> bool {
        let Ok(at) = self.codes.binary_search(&u32::from(c)) else {
            return false;
        };
        let place = self.places[at] as usize;
        let [start, end] = [self.ends[place], self.ends[place + 1]].map(|end| end as usize);
        for code in &self.texts[start..end] {
            out.extend(char::from_u32(*code));
        }
        true
    }
}
