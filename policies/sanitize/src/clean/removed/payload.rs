//! Reads what hidden characters spell: tags as ASCII, variation selectors as bytes, and runs of
//! two different characters without width as bits.

/// How many characters of each kind are read; an attack shows itself in fewer.
const MOST: usize = 512;

/// Bits that spell less than this many characters spell it by chance.
const LEAST_FROM_BITS: usize = 2;

/// What was hidden, as far as it is read.
#[derive(Debug, Clone, Default)]
pub(super) struct Hidden {
    tags: String,
    selected: Vec<u8>,
    widthless: Vec<char>,
}

impl Hidden {
    /// Takes the next hidden character.
    pub(super) fn take(&mut self, c: char) {
        let code = u32::from(c);
        match c {
            '\u{E0020}'..='\u{E007E}' if self.tags.len() < MOST => {
                self.tags.extend(char::from_u32(code - 0xE0000));
            }
            '\u{FE00}'..='\u{FE0F}' if self.selected.len() < MOST => {
                self.selected.push((code - 0xFE00) as u8);
            }
            '\u{E0100}'..='\u{E01EF}' if self.selected.len() < MOST => {
                self.selected.push((code - 0xE0100 + 16) as u8);
            }
            '\u{200B}'..='\u{200F}' | '\u{2060}'..='\u{2064}' | '\u{FEFF}' | '\u{180E}'
                if self.widthless.len() < MOST * 8 =>
            {
                self.widthless.push(c);
            }
            _ => {}
        }
    }

    /// What it spelled.
    pub(super) fn decoded(&self) -> Option<String> {
        let selected = String::from_utf8_lossy(&self.selected).into_owned();
        let parts = [
            (
                "tags",
                Some(self.tags.clone()).filter(|tags| !tags.is_empty()),
            ),
            ("selectors", Some(selected).filter(|text| is_readable(text))),
            ("bits", self.spelled_in_bits()),
        ];
        let said = parts.into_iter().filter_map(|(way, text)| {
            let text = text?;
            Some(format!("{way}: {text}"))
        });
        let said: Vec<_> = said.collect();
        (!said.is_empty()).then(|| said.join("; "))
    }

    /// The text that two kinds of characters spell as bits, eight to a character.
    fn spelled_in_bits(&self) -> Option<String> {
        let zero = *self.widthless.first()?;
        let one = *self.widthless.iter().find(|c| **c != zero)?;
        let bits = self.widthless.iter().filter(|c| [zero, one].contains(c));
        let bits: Vec<u8> = bits.map(|c| u8::from(*c == one)).collect();
        let read = |flip: u8| {
            let bytes = bits.chunks_exact(8);
            let bytes = bytes.map(|bits| bits.iter().fold(0, |byte, bit| byte << 1 | bit ^ flip));
            String::from_utf8(bytes.collect()).ok()
        };
        let readable = |text: &String| text.chars().count() >= LEAST_FROM_BITS && is_readable(text);
        [0, 1]
            .into_iter()
            .find_map(|flip| read(flip).filter(readable))
    }
}

/// Whether a person could read `text`: it is not empty, and no part of it is broken or a control.
fn is_readable(text: &str) -> bool {
    !text.is_empty() && !text.contains(|c: char| c.is_control() || c == char::REPLACEMENT_CHARACTER)
}
