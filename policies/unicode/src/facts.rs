//! The facts about one character, looked up all at once.

use std::sync::LazyLock;

use crate::bits;
use crate::packed::packed;
use crate::trie::Trie;

static FACTS: LazyLock<Trie> = LazyLock::new(|| Trie::of(&mut packed!("facts").open()));

/// The facts about one character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts(u32);

impl Facts {
    /// The facts about `c`.
    #[inline]
    pub fn of(c: char) -> Self {
        Self(FACTS.get(c))
    }

    /// Canonical_Combining_Class.
    #[inline]
    pub fn ccc(self) -> u8 {
        (self.0 & bits::CCC) as u8
    }

    /// Whether normalisation may begin anew at it, whatever stands before.
    #[inline]
    pub fn begins(self) -> bool {
        self.0 & (bits::CCC | bits::NFC_NO | bits::NFC_MAYBE) == 0
    }

    /// Whether normalisation may change it: NFC_Quick_Check is not Yes.
    #[inline]
    pub fn may_change(self) -> bool {
        self.has(bits::NFC_NO | bits::NFC_MAYBE)
    }

    /// Whether it is a virama: a sign that takes the vowel from a letter, or stacks the next.
    #[inline]
    pub fn is_virama(self) -> bool {
        self.ccc() == 9
    }

    /// Whether it is a mark on the letter before it.
    #[inline]
    pub fn is_mark(self) -> bool {
        self.has(bits::MARK)
    }

    /// Whether it is a letter, mark or digit.
    #[inline]
    pub fn is_word(self) -> bool {
        self.has(bits::WORD)
    }

    /// Whether it is shown as nothing by default.
    #[inline]
    pub fn is_ignorable(self) -> bool {
        self.has(bits::IGNORABLE)
    }

    /// Whether it is a format character, shown or not.
    #[inline]
    pub fn is_format(self) -> bool {
        self.has(bits::FORMAT)
    }

    /// Whether it is a control, other than TAB and LF.
    #[inline]
    pub fn is_control(self) -> bool {
        self.has(bits::CONTROL)
    }

    /// Whether it may be shown as an emoji.
    #[inline]
    pub fn is_emoji(self) -> bool {
        self.has(bits::EMOJI)
    }

    /// Whether emoji are joined from it.
    #[inline]
    pub fn is_pictograph(self) -> bool {
        self.has(bits::PICTOGRAPH)
    }

    /// Whether it gives the emoji before it a skin tone.
    #[inline]
    pub fn is_skin_tone(self) -> bool {
        self.has(bits::SKIN_TONE)
    }

    /// Whether it is written from right to left.
    #[inline]
    pub fn is_right_to_left(self) -> bool {
        self.has(bits::RIGHT_TO_LEFT)
    }

    /// Whether it is written from left to right.
    #[inline]
    pub fn is_left_to_right(self) -> bool {
        self.has(bits::LEFT_TO_RIGHT)
    }

    /// Whether it is a letter that is joined to its neighbours in writing.
    #[inline]
    pub fn joins(self) -> bool {
        self.has(bits::JOINS_NEXT | bits::JOINS_PREVIOUS)
    }

    /// Whether joining reaches over it.
    #[inline]
    pub fn is_transparent(self) -> bool {
        self.has(bits::TRANSPARENT)
    }

    /// Whether it belongs to a script that is written without spaces, such as Thai.
    #[inline]
    pub fn is_unspaced(self) -> bool {
        self.has(bits::UNSPACED)
    }

    /// Whether it is a Han ideograph.
    #[inline]
    pub fn is_ideograph(self) -> bool {
        self.has(bits::IDEOGRAPH)
    }

    /// Whether it is a Mongolian letter.
    #[inline]
    pub fn is_mongolian(self) -> bool {
        self.has(bits::MONGOLIAN)
    }

    /// Whether it is a conjoining jamo.
    #[inline]
    pub fn is_jamo(self) -> bool {
        self.has(bits::JAMO)
    }

    /// Whether variation sequences with U+FE00 to U+FE0D begin with it.
    #[inline]
    pub fn has_variants(self) -> bool {
        self.has(bits::VARIANTS)
    }

    pub(crate) fn decomposes(self) -> bool {
        self.has(bits::DECOMPOSES)
    }

    #[inline]
    fn has(self, bits: u32) -> bool {
        self.0 & bits != 0
    }
}
