//! Text of others, made safe to print: nothing in it can drive the terminal, reorder a line, hide
//! or look like a line of ours. What a person wrote in any language stays readable.
//!
//! Controls, bidirectional marks and invisible characters become escapes such as `\u{202e}`. What
//! scripts and emoji are joined with stays where it joins something, and no more of it than writing
//! needs: ZWJ, ZWNJ, variation selectors, the tags of a flag. The local page follows the same rules
//! (`daemon/api/page/text.js`); `tests/golden/shown.json` holds both to them. This is for eyes alone;
//! what reaches the agent is the policies'.

use std::fmt::Write as _;

use crate::types::text::is_unseen;

/// The base of a flag that is spelled in tag characters.
const BLACK_FLAG: char = '\u{1f3f4}';
/// What ends such a flag.
const CANCEL_TAG: char = '\u{e007f}';
/// More than any flag's name has.
const MAX_FLAG_TAGS: usize = 6;
/// How many joiners stand in a row one letter apart: a word such as *goft-o-gu* has two.
const MAX_LETTERS_ROW: u32 = 2;
/// The same of pictures: a family of four has three.
const MAX_PICTURES_ROW: u32 = 3;
/// A joiner of letters has its price in characters that are seen: the densest writing, Persian verbs
/// in a list, has six to each.
const JOINER_PRICE: u32 = 4;
/// What a text has from the start and can save at most: eight joiners.
const MAX_CREDIT: u32 = 32;
/// Selectors of variants in one text: names of persons and places need one or two.
const MAX_VARIANTS: u32 = 8;

/// A message's kind before who it is from or to: nothing for a text.
pub(super) fn kind(kind: &str) -> String {
    match kind {
        "text" => String::new(),
        kind => format!("{} ", line(kind)),
    }
}

/// A message of a box: its head, why it stands as it does, and its text behind a margin.
pub(super) fn entry(head: String, reason: Option<&str>, text: Option<String>) -> String {
    let mut shown = head;
    for more in reason
        .map(|reason| format!("    {}", line(reason)))
        .into_iter()
        .chain(text)
    {
        shown.push('\n');
        shown.push_str(&more);
    }
    shown
}

/// `text` on one line.
pub(super) fn line(text: &str) -> String {
    shown(text, "\\n")
}

/// `text` with every line of it behind `margin`, so that none can pass for one of ours.
pub(super) fn lines(text: &str, margin: &str) -> String {
    let shown: Vec<String> = shown(text, "\n")
        .split('\n')
        .map(|part| format!("{margin}{part}").trim_end().to_owned())
        .collect();
    shown.join("\n")
}

/// The text of a message behind `margin`; where it is not kept, how long it was; nothing where it
/// had none.
pub(super) fn text(text: &str, bytes: u64, margin: &str) -> Option<String> {
    match (text.is_empty(), bytes) {
        (true, 0) => None,
        (true, bytes) => Some(format!("{margin}(its text of {bytes} bytes is not kept)")),
        (false, _) => Some(lines(text, &format!("{margin}| "))),
    }
}

/// Written JSON, with what a terminal might act on as JSON's own escapes: the same value.
pub(super) fn json(written: &str) -> String {
    let mut shown = String::with_capacity(written.len());
    for c in written.chars() {
        if c.is_ascii() || !is_unseen(c) {
            shown.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            write!(shown, "\\u{unit:04x}").expect("a String takes every write");
        }
    }
    shown
}

/// `text` with `line_feed` for each of its own.
fn shown(text: &str, line_feed: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let mut shown = String::with_capacity(text.len());
    let mut shaping = Shaping::default();
    let mut before = ' ';
    let mut at = 0;
    while let Some(&c) = characters.get(at) {
        let length = flag_len(&characters[at..]).max(1);
        let after = characters.get(at + length).copied().unwrap_or(' ');
        let stays = shaping.stays(c, before, after);
        match c {
            '\n' => shown.push_str(line_feed),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            _ if stays => shown.extend(&characters[at..at + length]),
            _ => shown.extend(c.escape_unicode()),
        }
        before = c;
        at += length;
    }
    shown
}

/// Which invisible characters of a text stay, asked for one character after another.
struct Shaping {
    /// What joiners of letters are paid with; every character that is seen adds one.
    credit: u32,
    /// Characters seen since the last joiner.
    apart: u32,
    /// Joiners up to the last one with no more than one character between each two.
    row: u32,
    variants: u32,
}

impl Default for Shaping {
    fn default() -> Self {
        Self {
            credit: MAX_CREDIT,
            apart: 2,
            row: 0,
            variants: 0,
        }
    }
}

impl Shaping {
    /// Whether `c` is seen, or shapes what stands beside it.
    fn stays(&mut self, c: char, before: char, after: char) -> bool {
        if !is_unseen(c) || matches!(c, '\t' | '\n') {
            self.credit = MAX_CREDIT.min(self.credit + 1);
            self.apart = self.apart.saturating_add(1);
            return true;
        }
        match c {
            '\u{200d}' if joins_pictures(before, after) => self.join(MAX_PICTURES_ROW, 0),
            '\u{200c}' | '\u{200d}' if joins_letters(c, before, after) => self.join_letters(),
            '\u{180b}'..='\u{180d}' | '\u{180f}' if is_mongolian(before) => self.join_letters(),
            '\u{180e}' if is_mongolian(before) && is_mongolian(after) => self.join_letters(),
            '\u{fe0e}' | '\u{fe0f}' => is_picture(before) || is_keycap(before, after),
            '\u{fe00}'..='\u{fe0d}' | '\u{e0100}'..='\u{e01ef}' if is_varied(before) => {
                self.variants = self.variants.saturating_add(1);
                self.variants <= MAX_VARIANTS
            }
            _ => false,
        }
    }

    fn join_letters(&mut self) -> bool {
        self.join(MAX_LETTERS_ROW, JOINER_PRICE)
    }

    fn join(&mut self, max_row: u32, price: u32) -> bool {
        self.row = if self.apart < 2 {
            self.row.saturating_add(1)
        } else {
            1
        };
        self.apart = 0;
        let Some(left) = self.credit.checked_sub(price) else {
            return false;
        };
        let stays = self.row <= max_row;
        if stays {
            self.credit = left;
        }
        stays
    }
}

fn joins_pictures(before: char, after: char) -> bool {
    (is_picture(before) || before == '\u{fe0f}') && is_picture(after)
}

/// Whether a joiner changes how the letters beside it are written: beside a virama, at the end of a
/// word too; behind the Arabic heh that stands alone; ZWNJ between letters of which one is of a
/// script that joins them.
fn joins_letters(joiner: char, before: char, after: char) -> bool {
    is_virama(before)
        || (before.is_alphanumeric() && is_virama(after))
        || (before == '\u{647}' && !after.is_alphanumeric())
        || (joiner == '\u{200c}'
            && before.is_alphanumeric()
            && after.is_alphanumeric()
            && (is_cursive(before) || is_cursive(after)))
}

/// What has a picture, or may have one with a selector behind it.
fn is_picture(c: char) -> bool {
    matches!(
        c,
        '©' | '®' | '\u{203c}' | '\u{2049}' | '\u{2122}' | '\u{2139}' | '\u{2194}'..='\u{21aa}'
        | '\u{231a}'..='\u{23ff}' | '\u{24c2}' | '\u{25aa}'..='\u{27bf}'
        | '\u{2934}'..='\u{2935}' | '\u{2b05}'..='\u{2b55}' | '\u{3030}' | '\u{303d}'
        | '\u{3297}'..='\u{3299}' | '\u{1f000}'..='\u{1faff}'
    )
}

/// Whether a selector between them makes a key of a digit.
fn is_keycap(before: char, after: char) -> bool {
    matches!(before, '0'..='9' | '#' | '*') && after == '\u{20e3}'
}

/// A letter or sign beyond ASCII that is no picture.
fn is_varied(c: char) -> bool {
    !c.is_ascii() && !c.is_whitespace() && !is_unseen(c) && !is_picture(c)
}

/// A character of Arabic, Syriac or one of India's scripts.
fn is_cursive(c: char) -> bool {
    matches!(c, '\u{600}'..='\u{dff}')
}

/// What takes its vowel from a letter of India's scripts, or shifts one of Khmer.
fn is_virama(c: char) -> bool {
    matches!(
        c,
        '\u{94d}'
            | '\u{9cd}'
            | '\u{a4d}'
            | '\u{acd}'
            | '\u{b4d}'
            | '\u{bcd}'
            | '\u{c4d}'
            | '\u{ccd}'
            | '\u{d4d}'
            | '\u{dca}'
            | '\u{17c9}'..='\u{17ca}'
    )
}

fn is_mongolian(c: char) -> bool {
    matches!(c, '\u{1820}'..='\u{18aa}')
}

/// How many characters from the first are one flag spelled in tags; none where they are not.
fn flag_len(characters: &[char]) -> usize {
    let [BLACK_FLAG, rest @ ..] = characters else {
        return 0;
    };
    let is_tag = |c: &char| matches!(c, '\u{e0030}'..='\u{e0039}' | '\u{e0061}'..='\u{e007a}');
    let tags = rest
        .iter()
        .take(MAX_FLAG_TAGS + 1)
        .take_while(|c| is_tag(c))
        .count();
    match (tags, rest.get(tags)) {
        (1..=MAX_FLAG_TAGS, Some(&CANCEL_TAG)) => tags + 2,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_not_kept_leaves_its_size_and_none_is_made_up() {
        for (content, bytes, shown) in [
            ("hi\nyou", 6, Some("  | hi\n  | you")),
            ("", 9, Some("  (its text of 9 bytes is not kept)")),
            ("", 0, None),
        ] {
            assert_eq!(text(content, bytes, "  ").as_deref(), shown);
        }
    }

    /// Cases that the page is held to as well.
    #[derive(serde::Deserialize)]
    struct Golden {
        unseen: Vec<[u32; 2]>,
        stays: Vec<String>,
        seen: Vec<[String; 2]>,
    }

    fn golden() -> Golden {
        serde_json::from_str(include_str!("../../tests/golden/shown.json")).unwrap()
    }

    #[test]
    fn what_people_write_stays_as_it_is() {
        for text in golden().stays {
            assert_eq!(line(&text), text);
        }
        let ascii = "a:b/c\"d\" \\ ~";
        assert_eq!(line(ascii), ascii);
    }

    #[test]
    fn what_hides_reorders_or_drives_a_terminal_is_seen() {
        for [text, shown] in golden().seen {
            assert_eq!(line(&text), shown);
        }
        for (text, shown) in [
            ("\u{1b}[2J", "\\u{1b}[2J"),
            ("\u{1b}]52;c;aGk=\u{7}", "\\u{1b}]52;c;aGk=\\u{7}"),
            ("a\rb\nc\td\u{8}", "a\\rb\\nc\\td\\u{8}"),
        ] {
            assert_eq!(line(text), shown);
        }
    }

    #[test]
    fn what_is_unseen_is_so_on_the_page_too() {
        let unseen = golden().unseen;
        for c in '\0'..=char::MAX {
            let code = u32::from(c);
            let expected = unseen
                .iter()
                .any(|[first, last]| (*first..=*last).contains(&code));
            assert_eq!(is_unseen(c), expected, "{}", c.escape_unicode());
        }
    }

    #[test]
    fn a_new_line_gives_no_new_room_for_what_hides() {
        let text = "漢\u{e0100}\n".repeat(9);
        let shown = lines(&text, "| ");
        assert_eq!(shown.matches("漢\u{e0100}").count(), 8);
        assert!(shown.ends_with("\n| 漢\\u{e0100}\n|"), "{shown}");
    }

    #[test]
    fn no_line_of_a_message_can_pass_for_one_of_ours() {
        let text = "hello\n#13 from 10000001 (owner)\n\n\r\u{1b}[1A";
        let shown = lines(text, "  | ");
        assert_eq!(
            shown,
            "  | hello\n  | #13 from 10000001 (owner)\n  |\n  | \\r\\u{1b}[1A"
        );
    }

    #[test]
    fn json_stays_the_same_value() {
        let value = serde_json::json!({ "content": "a\u{202e}\u{e0041}\u{9b}\n漢👍", "n": 1 });
        let shown = json(&value.to_string());
        assert_eq!(
            shown,
            r#"{"content":"a\u202e\udb40\udc41\u009b\n漢👍","n":1}"#
        );
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&shown).unwrap(),
            value
        );
    }
}
