//! The texts that a policy is measured on, always the same ones. Pure.

/// A line of plain English.
const ASCII: &str = "Shall we meet at noon, or is a quarter past one better for you? ";
/// The same in many scripts, with what some of them are joined and marked with.
const MIXED: &str = "Shall we meet at noon? Встретимся в полдень? 我们中午见面好吗？ \
    क्या हम दोपहर में मिलें? هل نلتقي ظهراً؟ ظهر می‌بینمت؟ เจอกันตอนเที่ยงไหม 👩‍👩‍👧 Gặp nhau buổi trưa nhé? ";

/// A text that a policy is measured on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// What it is, in words.
    pub name: String,
    /// The text.
    pub content: String,
}

impl Text {
    /// The longest that is measured, in bytes: what a relay takes by default.
    pub const MAX_BYTES: usize = 64 * 1024;

    /// The texts that every policy is measured on, unless it is given others.
    pub fn standard() -> Vec<Self> {
        let texts = [
            ("ASCII", ASCII, 100),
            ("ASCII", ASCII, 2_000),
            ("mixed scripts", MIXED, 2_000),
        ];
        let texts = texts.map(|(name, line, bytes)| Self {
            name: name.to_owned(),
            content: filled(line, bytes),
        });
        texts.to_vec()
    }
}

/// `line` again and again, up to exactly so many bytes.
fn filled(line: &str, bytes: usize) -> String {
    let mut text = line.repeat(bytes.div_ceil(line.len()));
    text.truncate(text.floor_char_boundary(bytes));
    let rest = bytes - text.len();
    text + &".".repeat(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_the_bytes_that_it_says_and_is_cut_between_characters() {
        for (line, bytes, filled_as) in [
            ("ab", 5, "ababa"),
            ("aé", 5, "aéa."), // the second é would need a sixth byte,
            ("a", 0, ""),
        ] {
            assert_eq!(filled(line, bytes), filled_as);
        }
        for text in Text::standard() {
            let is_ascii = text.content.is_ascii();
            assert_eq!(is_ascii, text.name == "ASCII");
        }
    }
}
