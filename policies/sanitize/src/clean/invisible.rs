//! Removes what is shown as nothing, and leaves it where a script or an emoji needs it.
//!
//! The text is read once from front to back. Before each character stands what was kept so far,
//! behind it the text as it is; what that look ahead got wrong, because it saw something that goes
//! itself, the next round puts right. What a text has more of than writing has goes everywhere in it.

use unicode::Facts;

use super::Options;
use super::removed::{Class, Removed};

mod around;
mod bounds;

use around::Around;
use bounds::{Excess, Kind};

/// What becomes of U+200D and U+200C.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joiner {
    /// It stays where writing needs it.
    Context,
    /// It goes.
    Strip,
}

/// What becomes of variation selectors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Selector {
    /// One stays after a character that has variants.
    Context,
    /// They go.
    Strip,
}

/// What becomes of tag characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tag {
    /// They stay in the flag of a subdivision that there is.
    Flags,
    /// They go.
    Strip,
}

/// What becomes of characters that set the direction of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bidi {
    /// Marks stay beside text that runs from right to left; overrides, embeddings, isolates go.
    Strip,
    /// All go.
    All,
}

/// What becomes of U+200B.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ZeroWidth {
    /// It stays in scripts that are written without spaces.
    Context,
    /// It goes.
    Strip,
}

/// What becomes of everything else that is shown as nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ignorable {
    /// It goes, but for what Hangul, Mongolian and marks in an order of their own need.
    Strip,
    /// It goes, and every other format character with it.
    Format,
}

/// What the tags of the flags of England, Scotland and Wales spell; the last one ends them.
const FLAGS: [&str; 3] = [
    "\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}",
    "\u{E0067}\u{E0062}\u{E0073}\u{E0063}\u{E0074}\u{E007F}",
    "\u{E0067}\u{E0062}\u{E0077}\u{E006C}\u{E0073}\u{E007F}",
];
const BLACK_FLAG: char = '\u{1F3F4}';

/// The last selector that stays on an ideograph. The Ideographic Variation Database has the first 32
/// of the 240 in use; as many again are left to it to grow.
const LAST_SELECTOR: char = '\u{E013F}';

/// The text without what goes, or nothing where nothing does.
pub(super) fn filter(text: &str, options: &Options, removed: &mut Removed) -> Option<String> {
    let mut out: Option<String> = None;
    let excess = Excess::of(text);
    let mut around = Around::default();
    let mut characters = text.char_indices();
    while let Some((place, c)) = characters.next() {
        let behind = characters.as_str();
        let facts = Facts::of(c);
        let goes = if c.is_ascii() || !(facts.is_ignorable() || facts.is_format()) {
            None
        } else {
            goes(c, options, excess, &mut around, behind)
        };
        if let Some(class) = goes {
            removed.hidden(class, c);
            out.get_or_insert_with(|| text[..place].to_owned());
            continue;
        }
        around.keep(c, facts);
        if let Some(out) = &mut out {
            out.push(c);
        }
        if let Some(tags) = flag(c, options, behind) {
            characters = skip(characters, tags);
            if let Some(out) = &mut out {
                out.push_str(tags);
            }
        }
    }
    out
}

/// The class by which `c` goes, or nothing where it stays.
fn goes(
    c: char,
    options: &Options,
    excess: Excess,
    around: &mut Around,
    behind: &str,
) -> Option<Class> {
    let all = options.default_ignorable == Ignorable::Format;
    let (class, stays) = match c {
        '\u{200D}' => (
            Class::Zwj,
            options.zwj == Joiner::Context && (around.joins(behind) || around.joins_emoji(behind)),
        ),
        '\u{200C}' => (
            Class::Zwnj,
            options.zwnj == Joiner::Context && (around.joins(behind) || around.shifts(behind)),
        ),
        '\u{FE0E}' | '\u{FE0F}' => (
            Class::VariationSelectors,
            options.variation_selectors == Selector::Context && around.last().is_emoji(),
        ),
        '\u{FE00}'..='\u{FE0D}' => (
            Class::VariationSelectors,
            options.variation_selectors == Selector::Context && around.has_variant(c),
        ),
        '\u{E0100}'..='\u{E01EF}' => (
            Class::VariationSelectors,
            options.variation_selectors == Selector::Context
                && around.last().is_ideograph()
                && c <= LAST_SELECTOR,
        ),
        '\u{E0000}'..='\u{E007F}' => (Class::TagCharacters, false),
        '\u{200E}' | '\u{200F}' | '\u{61C}' => (
            Class::Bidi,
            options.bidi == Bidi::Strip && around.is_beside_right_to_left(behind),
        ),
        '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => (Class::Bidi, false),
        '\u{200B}' => (
            Class::ZeroWidthSpace,
            options.zero_width_space == ZeroWidth::Context
                && around.last().is_unspaced()
                && around::first(behind).is_unspaced(),
        ),
        '\u{115F}' => (Class::DefaultIgnorable, !all && around.leads_jamo(behind)),
        '\u{1160}' => (
            Class::DefaultIgnorable,
            !all && around.is_beside_jamo(behind),
        ),
        '\u{180B}'..='\u{180D}' | '\u{180F}' => (
            Class::DefaultIgnorable,
            !all && around.last().is_mongolian(),
        ),
        '\u{180E}' => (
            Class::DefaultIgnorable,
            !all && around.is_after_mongolian() && around::first(behind).is_mongolian(),
        ),
        '\u{34F}' => (
            Class::DefaultIgnorable,
            !all && around.last().ccc() != 0 && around::first(behind).ccc() != 0,
        ),
        // Marks of annotations: nothing shows them, though nothing says that it should not.
        '\u{FFF9}'..='\u{FFFB}' => (Class::DefaultIgnorable, false),
        _ => (
            Class::DefaultIgnorable,
            !all && !Facts::of(c).is_ignorable(),
        ),
    };
    let too_many = Kind::of(c, around.shown(), behind).is_some_and(|kind| excess.has(kind));
    (too_many || !stays).then_some(class)
}

/// The tags behind a black flag that make it the flag of a subdivision.
fn flag<'a>(c: char, options: &Options, behind: &'a str) -> Option<&'a str> {
    if c != BLACK_FLAG || options.tag_characters != Tag::Flags {
        return None;
    }
    let tags = FLAGS.into_iter().find(|tags| behind.starts_with(tags))?;
    Some(&behind[..tags.len()])
}

fn skip<'a>(characters: std::str::CharIndices<'a>, tags: &str) -> std::str::CharIndices<'a> {
    let mut characters = characters;
    tags.chars().for_each(|_| {
        characters.next();
    });
    characters
}
