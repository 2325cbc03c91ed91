//! Cleans a text until nothing changes any more.
//!
//! One pass is not enough on a text that was made for it: what is removed brings together what was
//! apart. So a round runs every step that the text needs, and rounds go on until one changes
//! nothing; a text that needs more than [`MAX_ROUNDS`] is refused. What comes out is therefore a
//! text that cleaning leaves as it is. Each step takes time that grows with the length alone.

pub mod removed;

mod control;
mod escape;
mod invisible;
mod line;
mod mark;
mod need;

pub use invisible::{Bidi, Ignorable, Joiner, Selector, Tag, ZeroWidth};
pub use removed::{Class, Removed};

use need::Needs;

/// How many rounds a text may take. Everyday text takes none, an attack with one trick takes two.
pub const MAX_ROUNDS: usize = 8;

/// What is cleaned, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Whether the text is brought into normalisation form C.
    pub normalize: Normalize,
    /// U+200D.
    pub zwj: Joiner,
    /// U+200C.
    pub zwnj: Joiner,
    /// U+FE00 to U+FE0F and U+E0100 to U+E01EF.
    pub variation_selectors: Selector,
    /// U+E0000 to U+E007F.
    pub tag_characters: Tag,
    /// What sets the direction of text.
    pub bidi: Bidi,
    /// U+200B.
    pub zero_width_space: ZeroWidth,
    /// Everything else that is shown as nothing.
    pub default_ignorable: Ignorable,
    /// C0 but TAB and LF, DEL, C1.
    pub controls: Controls,
    /// ECMA-48 sequences.
    pub terminal_escapes: Escapes,
    /// What ends a line.
    pub line_breaks: LineBreaks,
    /// How many marks one character may carry.
    pub max_combining_marks: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            normalize: Normalize::Nfc,
            zwj: Joiner::Context,
            zwnj: Joiner::Context,
            variation_selectors: Selector::Context,
            tag_characters: Tag::Flags,
            bidi: Bidi::Strip,
            zero_width_space: ZeroWidth::Context,
            default_ignorable: Ignorable::Strip,
            controls: Controls::Strip,
            terminal_escapes: Escapes::Strip,
            line_breaks: LineBreaks::Lf,
            max_combining_marks: 8,
        }
    }
}

/// Whether text is normalised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Normalize {
    /// To form C.
    Nfc,
    /// Not at all.
    None,
}

/// What becomes of a control character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Controls {
    /// It is removed.
    Strip,
    /// The whole text is refused.
    Reject,
}

/// What becomes of terminal escapes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Escapes {
    /// They go whole, with what they carry.
    Strip,
    /// Their control characters go; what is left of them is shown.
    Keep,
}

/// What becomes of line breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineBreaks {
    /// Each becomes LF.
    Lf,
    /// CR, CRLF, U+2028 and U+2029 stay.
    Keep,
}

/// A text that was cleaned.
#[derive(Debug, Default)]
pub struct Cleaned {
    /// The text, where it is another one now.
    pub text: Option<String>,
    /// What was removed.
    pub removed: Removed,
}

/// Why a text is not cleaned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// It holds a control character, and the options refuse those.
    Control(char),
    /// It would take too many rounds.
    NotStable,
}

/// Cleans `text`.
pub fn clean(text: &str, options: &Options) -> Result<Cleaned, Problem> {
    if is_plain(text.as_bytes()) {
        return Ok(Cleaned::default());
    }
    let mut cleaned = Cleaned::default();
    for _ in 0..MAX_ROUNDS {
        let now = cleaned.text.as_deref().unwrap_or(text);
        let Some(next) = round(now, options, &mut cleaned.removed)? else {
            return Ok(cleaned);
        };
        cleaned.text = Some(next);
    }
    let now = cleaned.text.as_deref().unwrap_or(text);
    match round(now, options, &mut cleaned.removed)? {
        None => Ok(cleaned),
        Some(_) => Err(Problem::NotStable),
    }
}

/// Whether all is printable ASCII, TAB or LF: no step would change it.
fn is_plain(text: &[u8]) -> bool {
    fn has_odd(block: &[u8]) -> bool {
        let odd = |byte: &u8| !matches!(byte, b' '..=b'~' | b'\n' | b'\t');
        // Without a way out inside a block, a block is compared many bytes at a time.
        block.iter().fold(false, |any, byte| any | odd(byte))
    }
    let (blocks, rest) = text.as_chunks::<64>();
    !blocks.iter().any(|block| has_odd(block)) && !has_odd(rest)
}

/// Runs every step that `text` needs, and gives what came out where it is something else.
fn round(text: &str, options: &Options, removed: &mut Removed) -> Result<Option<String>, Problem> {
    let needs = Needs::of(text, options);
    let mut new: Option<String> = None;
    if needs.lines {
        step(text, &mut new, line::unify);
    }
    if let Some(control) = needs.control
        && options.controls == Controls::Reject
    {
        return Err(Problem::Control(control));
    }
    if needs.invisible {
        step(text, &mut new, |text| {
            invisible::filter(text, options, removed)
        });
    }
    if needs.control.is_some() {
        if options.terminal_escapes == Escapes::Strip {
            step(text, &mut new, |text| escape::strip(text, removed));
        }
        step(text, &mut new, |text| control::strip(text, removed));
    }
    if needs.normalize {
        step(text, &mut new, unicode::normal::compose);
    }
    if needs.marks {
        step(text, &mut new, |text| {
            mark::limit(text, options.max_combining_marks, removed)
        });
    }
    Ok(new)
}

/// Runs one step on what the steps before it left.
fn step(text: &str, new: &mut Option<String>, run: impl FnOnce(&str) -> Option<String>) {
    if let Some(changed) = run(new.as_deref().unwrap_or(text)) {
        *new = Some(changed);
    }
}
