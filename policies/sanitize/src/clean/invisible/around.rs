//! What stands around an invisible character: before it what was kept, behind it the text.

use unicode::Facts;

/// How far a joiner looks over marks for the letter that it joins; no script heaps up more.
const FAR: usize = 16;

/// What was kept so far.
#[derive(Debug)]
pub(super) struct Around {
    /// The last character.
    last: Facts,
    /// The one before it.
    last_but_one: Facts,
    last_character: char,
    /// The last that is shown.
    shown: Facts,
    /// The last that joining does not reach over.
    base: Facts,
    /// Whether an emoji stands last, with what belongs to it.
    emoji: bool,
    /// Whether a Mongolian letter stands last, with its selector.
    mongolian: bool,
    /// Whether the last character with a direction runs from right to left.
    right_to_left: bool,
    /// The same of the next one, and how much text was left behind it.
    next: Option<(bool, usize)>,
}

impl Default for Around {
    fn default() -> Self {
        let nothing = Facts::of(' ');
        Self {
            last: nothing,
            last_but_one: nothing,
            last_character: ' ',
            shown: nothing,
            base: nothing,
            emoji: false,
            mongolian: false,
            right_to_left: false,
            next: None,
        }
    }
}

impl Around {
    /// Takes a character that stays.
    pub(super) fn keep(&mut self, c: char, facts: Facts) {
        let is_selector = matches!(c, '\u{FE0E}' | '\u{FE0F}' | '\u{20E3}');
        self.emoji = facts.is_pictograph() || (self.emoji && (is_selector || facts.is_skin_tone()));
        let is_mongolian_selector = matches!(c, '\u{180B}'..='\u{180D}' | '\u{180F}');
        self.mongolian = facts.is_mongolian() || (self.mongolian && is_mongolian_selector);
        let is_joiner = matches!(c, '\u{200C}' | '\u{200D}');
        if is_joiner || !(facts.is_transparent() || facts.is_ignorable()) {
            self.base = facts;
        }
        if !facts.is_ignorable() {
            self.shown = facts;
        }
        if facts.is_right_to_left() {
            self.right_to_left = true;
        } else if facts.is_left_to_right() || c == '\n' {
            self.right_to_left = false;
        }
        (self.last_but_one, self.last, self.last_character) = (self.last, facts, c);
    }

    /// The last character that was kept.
    pub(super) fn last(&self) -> Facts {
        self.last
    }

    /// The last character that was kept and is shown.
    pub(super) fn shown(&self) -> Facts {
        self.shown
    }

    /// Whether the last character has variants that `selector`, one of U+FE00 to U+FE0D, may choose:
    /// three at most, but for hieroglyphs, which it turns in seven ways.
    pub(super) fn has_variant(&self, selector: char) -> bool {
        let is_hieroglyph = matches!(self.last_character, '\u{13000}'..='\u{143FF}');
        let most = if is_hieroglyph {
            '\u{FE06}'
        } else {
            '\u{FE02}'
        };
        self.last.has_variants() && selector <= most
    }

    /// Whether a joiner here stands beside a letter that is joined in writing, or beside a virama.
    ///
    /// After a virama is what RFC 5892 and UAX #31 know. Before one, it makes the forms of Bengali
    /// and Kannada that begin with RA, and the touching letters of Sinhala.
    pub(super) fn joins(&self, behind: &str) -> bool {
        let next = first(behind);
        self.last.is_virama()
            || (next.is_virama() && self.last.is_word())
            || self.base.joins()
            || base(behind).joins()
    }

    /// Whether U+200C here keeps a shifter of Khmer in its place.
    pub(super) fn shifts(&self, behind: &str) -> bool {
        let is_shifter = |c: char| matches!(c, '\u{17C9}' | '\u{17CA}');
        is_shifter(self.last_character) || behind.starts_with(is_shifter)
    }

    /// Whether U+200D here stands between two emoji.
    pub(super) fn joins_emoji(&self, behind: &str) -> bool {
        self.emoji && first(behind).is_pictograph()
    }

    /// Whether the nearest letter on either side, on the same line, runs from right to left, and no
    /// other mark of direction stands just before.
    pub(super) fn is_beside_right_to_left(&mut self, behind: &str) -> bool {
        let is_mark = matches!(self.last_character, '\u{200E}' | '\u{200F}' | '\u{61C}');
        !is_mark && (self.right_to_left || self.next_is_right_to_left(behind))
    }

    /// Whether a jamo stands before or behind, a filler in between or not.
    pub(super) fn is_beside_jamo(&self, behind: &str) -> bool {
        let before = match self.last_character {
            '\u{115F}' => self.last_but_one,
            _ => self.last,
        };
        before.is_jamo() || first(behind).is_jamo()
    }

    /// Whether a jamo stands behind, a filler in between or not.
    pub(super) fn leads_jamo(&self, behind: &str) -> bool {
        first(behind.strip_prefix('\u{1160}').unwrap_or(behind)).is_jamo()
    }

    /// Whether a Mongolian letter stands before, its selector in between or not.
    pub(super) fn is_after_mongolian(&self) -> bool {
        self.mongolian
    }

    /// Looks ahead once for all marks before the same letter, so that many marks take no longer.
    fn next_is_right_to_left(&mut self, behind: &str) -> bool {
        if let Some((right_to_left, left)) = self.next
            && left < behind.len()
        {
            return right_to_left;
        }
        let mut characters = behind.chars();
        let mut found = (false, 0);
        while let Some(c) = characters.next() {
            let facts = Facts::of(c);
            let right_to_left = facts.is_right_to_left();
            if right_to_left || facts.is_left_to_right() || c == '\n' {
                found = (right_to_left, characters.as_str().len());
                break;
            }
        }
        self.next = Some(found);
        found.0
    }
}

/// The first character of `text`.
pub(super) fn first(text: &str) -> Facts {
    Facts::of(text.chars().next().unwrap_or(' '))
}

/// The first character of `text` that joining does not reach over.
fn base(text: &str) -> Facts {
    let mut bases = text.chars().take(FAR).map(Facts::of);
    bases
        .find(|facts| !facts.is_transparent())
        .unwrap_or(Facts::of(' '))
}
