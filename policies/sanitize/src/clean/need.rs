//! One look at a text that tells which steps may change it, so that the others need not run.

use unicode::Facts;

use super::{LineBreaks, Normalize, Options};

/// Which steps may change a text.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Needs {
    /// A line ends with something else than LF.
    pub(super) lines: bool,
    /// Something in it is shown as nothing.
    pub(super) invisible: bool,
    /// The first control character that ends no line.
    pub(super) control: Option<char>,
    /// It may not be in normalisation form C.
    pub(super) normalize: bool,
    /// A character carries too many marks.
    pub(super) marks: bool,
}

impl Needs {
    pub(super) fn of(text: &str, options: &Options) -> Self {
        let mut needs = Self::default();
        let (mut marks, mut last_ccc) = (0, 0);
        for c in text.chars() {
            if matches!(c, ' '..='~' | '\n' | '\t') {
                (marks, last_ccc) = (0, 0);
                continue;
            }
            let facts = Facts::of(c);
            if facts.is_mark() {
                marks += 1;
                needs.marks |= marks > options.max_combining_marks;
            } else {
                marks = 0;
            }
            let ccc = facts.ccc();
            needs.normalize |= facts.may_change() || (ccc != 0 && ccc < last_ccc);
            last_ccc = ccc;
            needs.invisible |= facts.is_ignorable() || facts.is_format();
            match c {
                '\r' | '\u{2028}' | '\u{2029}' => needs.lines = true,
                '\u{B}' | '\u{C}' | '\u{85}' if options.line_breaks == LineBreaks::Lf => {
                    needs.lines = true;
                }
                _ if facts.is_control() => needs.control = needs.control.or(Some(c)),
                _ => {}
            }
        }
        needs.lines &= options.line_breaks == LineBreaks::Lf;
        needs.normalize &= options.normalize == Normalize::Nfc;
        needs
    }
}
