//! The bits in which the facts about a character are kept. Written by the build, read by
//! everything else, which is why both include this file.

/// Canonical_Combining_Class, in the lowest eight bits.
pub(crate) const CCC: u32 = 0xFF;
/// NFC_Quick_Check is No.
pub(crate) const NFC_NO: u32 = 1 << 8;
/// NFC_Quick_Check is Maybe: it may join what stands before it.
pub(crate) const NFC_MAYBE: u32 = 1 << 9;
/// General_Category is Mark.
pub(crate) const MARK: u32 = 1 << 10;
/// Default_Ignorable_Code_Point.
pub(crate) const IGNORABLE: u32 = 1 << 11;
/// General_Category is Format.
pub(crate) const FORMAT: u32 = 1 << 12;
/// Emoji.
pub(crate) const EMOJI: u32 = 1 << 13;
/// Extended_Pictographic.
pub(crate) const PICTOGRAPH: u32 = 1 << 14;
/// Bidi_Class is R or AL.
pub(crate) const RIGHT_TO_LEFT: u32 = 1 << 15;
/// Bidi_Class is L.
pub(crate) const LEFT_TO_RIGHT: u32 = 1 << 16;
/// Joining_Type is L or D.
pub(crate) const JOINS_NEXT: u32 = 1 << 17;
/// Joining_Type is R or D.
pub(crate) const JOINS_PREVIOUS: u32 = 1 << 18;
/// Joining_Type is T.
pub(crate) const TRANSPARENT: u32 = 1 << 19;
/// Line_Break is SA: a letter or mark of a script that is written without spaces.
pub(crate) const UNSPACED: u32 = 1 << 20;
/// Unified_Ideograph.
pub(crate) const IDEOGRAPH: u32 = 1 << 21;
/// A Mongolian letter.
pub(crate) const MONGOLIAN: u32 = 1 << 22;
/// A conjoining jamo.
pub(crate) const JAMO: u32 = 1 << 23;
/// Standardised variation sequences with U+FE00 to U+FE0D begin with it.
pub(crate) const VARIANTS: u32 = 1 << 24;
/// A control, other than TAB and LF.
pub(crate) const CONTROL: u32 = 1 << 25;
/// A letter, mark or digit.
pub(crate) const WORD: u32 = 1 << 26;
/// Emoji_Modifier.
pub(crate) const SKIN_TONE: u32 = 1 << 27;
/// It has a canonical decomposition.
pub(crate) const DECOMPOSES: u32 = 1 << 28;

/// What IDNA asks of a character: Bidi_Class in the lowest four bits.
pub(crate) const IDNA_BIDI: u32 = 0xF;
/// Joining_Type in the next three.
pub(crate) const IDNA_JOINING_SHIFT: u32 = 4;
/// UTS #46 leaves it out.
pub(crate) const IDNA_IGNORED: u32 = 1 << 7;
/// UTS #46 does not allow it.
pub(crate) const IDNA_DISALLOWED: u32 = 1 << 8;
