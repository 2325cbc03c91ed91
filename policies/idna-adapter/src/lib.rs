//! Stands in for the package of the same name, by which `idna` gets its Unicode data, and answers
//! from the tables of `unicode`. The package's own tables would take half of a policy's size; the
//! tests of `url-tag` hold the whole to the standards' own test data.

use unicode::idna::{self, Ignored};

pub use unicode::idna::{BidiClass as Class, JoiningType as Joining};

/// Joining types that extend a connection to the next letter.
pub const LEFT_OR_DUAL_JOINING_MASK: JoiningTypeMask =
    JoiningTypeMask(1 << Joining::Left as u32 | 1 << Joining::Dual as u32);

/// Joining types that extend a connection to the letter before.
pub const RIGHT_OR_DUAL_JOINING_MASK: JoiningTypeMask =
    JoiningTypeMask(1 << Joining::Right as u32 | 1 << Joining::Dual as u32);

/// Classes that make a name one that runs from right to left.
pub const RTL_MASK: BidiClassMask =
    mask(&[Class::RightToLeft, Class::ArabicLetter, Class::ArabicNumber]);

/// Classes that the first character of a label may have.
pub const FIRST_BC_MASK: BidiClassMask =
    mask(&[Class::LeftToRight, Class::RightToLeft, Class::ArabicLetter]);

/// Classes that the last character of a label from left to right may have.
pub const LAST_LTR_MASK: BidiClassMask = mask(&[Class::LeftToRight, Class::EuropeanNumber]);

/// Classes that the last character of a label from right to left may have.
pub const LAST_RTL_MASK: BidiClassMask = mask(&[
    Class::RightToLeft,
    Class::ArabicLetter,
    Class::EuropeanNumber,
    Class::ArabicNumber,
]);

/// Classes that may stand inside a label from left to right.
pub const MIDDLE_LTR_MASK: BidiClassMask = BidiClassMask(INSIDE.0 | 1 << Class::LeftToRight as u32);

/// Classes that may stand inside a label from right to left.
pub const MIDDLE_RTL_MASK: BidiClassMask = BidiClassMask(INSIDE.0 | RTL_MASK.0);

/// Classes that may stand inside any label.
const INSIDE: BidiClassMask = mask(&[
    Class::EuropeanNumber,
    Class::EuropeanSeparator,
    Class::CommonSeparator,
    Class::EuropeanTerminator,
    Class::OtherNeutral,
    Class::BoundaryNeutral,
    Class::NonspacingMark,
]);

/// Joining_Type.
#[derive(Debug, Clone, Copy)]
pub struct JoiningType(Joining);

impl JoiningType {
    /// The mask of this type alone.
    pub fn to_mask(self) -> JoiningTypeMask {
        JoiningTypeMask(1 << self.0 as u32)
    }

    /// Whether joining reaches over it.
    pub fn is_transparent(self) -> bool {
        self.0 == Joining::Transparent
    }
}

/// Some joining types.
#[derive(Debug, Clone, Copy)]
pub struct JoiningTypeMask(u32);

impl JoiningTypeMask {
    /// Whether both have a type in common.
    pub fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// Bidi_Class.
#[derive(Debug, Clone, Copy)]
pub struct BidiClass(Class);

impl BidiClass {
    /// The mask of this class alone.
    pub fn to_mask(self) -> BidiClassMask {
        BidiClassMask(1 << self.0 as u32)
    }

    /// Whether it is Left_To_Right.
    pub fn is_ltr(self) -> bool {
        self.0 == Class::LeftToRight
    }

    /// Whether it is Nonspacing_Mark.
    pub fn is_nonspacing_mark(self) -> bool {
        self.0 == Class::NonspacingMark
    }

    /// Whether it is European_Number.
    pub fn is_european_number(self) -> bool {
        self.0 == Class::EuropeanNumber
    }

    /// Whether it is Arabic_Number.
    pub fn is_arabic_number(self) -> bool {
        self.0 == Class::ArabicNumber
    }
}

/// Some bidi classes.
#[derive(Debug, Clone, Copy)]
pub struct BidiClassMask(u32);

impl BidiClassMask {
    /// Whether both have a class in common.
    pub fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// What `idna` asks.
#[derive(Debug, Default)]
pub struct Adapter(());

impl Adapter {
    /// The tables are always there.
    pub const fn new() -> Self {
        Self(())
    }

    /// Whether Canonical_Combining_Class is Virama.
    pub fn is_virama(&self, c: char) -> bool {
        idna::is_virama(c)
    }

    /// Whether General_Category is Mark.
    pub fn is_mark(&self, c: char) -> bool {
        idna::is_mark(c)
    }

    /// Bidi_Class.
    pub fn bidi_class(&self, c: char) -> BidiClass {
        BidiClass(idna::bidi_class(c))
    }

    /// Joining_Type.
    pub fn joining_type(&self, c: char) -> JoiningType {
        JoiningType(idna::joining_type(c))
    }

    /// Maps and normalises a name as somebody wrote it.
    pub fn map_normalize<'a>(
        &'a self,
        mut name: impl Iterator<Item = char> + 'a,
    ) -> impl Iterator<Item = char> + 'a {
        characters(idna::map(&mut name, Ignored::LeftOut))
    }

    /// Maps and normalises a label that was decoded, in which nothing may have been mapped away.
    pub fn normalize_validate<'a>(
        &'a self,
        mut label: impl Iterator<Item = char> + 'a,
    ) -> impl Iterator<Item = char> + 'a {
        characters(idna::map(&mut label, Ignored::Disallowed))
    }
}

const fn mask(classes: &[Class]) -> BidiClassMask {
    let mut bits = 0;
    let mut place = 0;
    while place < classes.len() {
        bits |= 1 << classes[place] as u32;
        place += 1;
    }
    BidiClassMask(bits)
}

/// The characters of `text`, which they keep.
fn characters(text: String) -> impl Iterator<Item = char> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let c = text[at..].chars().next()?;
        at += c.len_utf8();
        Some(c)
    })
}
