//! Text of others, made safe to print: nothing in it can drive the terminal, reorder a line, hide
//! or look like a line of ours. What a person wrote in any language stays readable.
//!
//! Controls, bidirectional marks and invisible characters become escapes such as `\u{202e}`. What
//! scripts and emoji are joined with stays where it joins something: ZWJ, ZWNJ, variation
//! selectors, the tags of a flag. This is for eyes alone; what reaches the agent is the policies'.

use std::fmt::Write as _;

use crate::types::text::is_unseen;

/// The base of a flag that is spelled in tag characters.
const BLACK_FLAG: char = '\u{1f3f4}';
/// What ends such a flag.
const CANCEL_TAG: char = '\u{e007f}';
/// More than any flag's name has.
const MAX_FLAG_TAGS: usize = 6;

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
    let characters: Vec<char> = text.chars().collect();
    let mut shown = String::with_capacity(text.len());
    let mut at = 0;
    while at < characters.len() {
        let flag = flag_len(&characters[at..]);
        if flag > 0 {
            shown.extend(&characters[at..at + flag]);
            at += flag;
            continue;
        }
        let before = at.checked_sub(1).map(|at| characters[at]);
        show(
            characters[at],
            before,
            characters.get(at + 1).copied(),
            &mut shown,
        );
        at += 1;
    }
    shown
}

/// `text` with every line of it behind `margin`, so that none can pass for one of ours.
pub(super) fn lines(text: &str, margin: &str) -> String {
    let shown: Vec<String> = text
        .split('\n')
        .map(|part| format!("{margin}{}", line(part)).trim_end().to_owned())
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

fn show(c: char, before: Option<char>, after: Option<char>, shown: &mut String) {
    match c {
        '\n' => shown.push_str("\\n"),
        '\r' => shown.push_str("\\r"),
        '\t' => shown.push_str("\\t"),
        _ if !is_unseen(c) || joins(c, before, after) => shown.push(c),
        _ => shown.extend(c.escape_unicode()),
    }
}

/// Whether the invisible `c` shapes what stands beside it.
fn joins(c: char, before: Option<char>, after: Option<char>) -> bool {
    let Some(before) = before else {
        return false;
    };
    match c {
        '\u{200c}' | '\u{200d}' => after.is_some_and(|after| {
            let shaped = is_shaped(before) || is_presentation(before);
            let (before_word, after_word) = (before.is_alphanumeric(), after.is_alphanumeric());
            (shaped && (is_shaped(after) || after_word)) || (before_word && is_shaped(after))
        }),
        '\u{fe0e}' | '\u{fe0f}' => is_shaped(before) || matches!(before, '0'..='9' | '#' | '*'),
        '\u{fe00}'..='\u{fe0d}' | '\u{e0100}'..='\u{e01ef}' => is_shaped(before),
        '\u{180b}'..='\u{180d}' | '\u{180f}' => is_mongolian(before),
        '\u{180e}' => is_mongolian(before) && after.is_some_and(is_mongolian),
        _ => false,
    }
}

/// Something to be seen outside ASCII: a letter, a mark, a pictograph.
fn is_shaped(c: char) -> bool {
    !c.is_ascii() && !c.is_whitespace() && !is_unseen(c)
}

fn is_presentation(c: char) -> bool {
    matches!(c, '\u{fe0e}' | '\u{fe0f}')
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

    #[test]
    fn what_people_write_stays_as_it_is() {
        for text in [
            "",
            "two words, naïve cafe\u{301}",
            "API\u{200c}ها می\u{200c}خواهم",
            "क्\u{200d}ष ശ്രീ",
            "👩\u{200d}👩\u{200d}👧\u{200d}👦 👩🏽\u{200d}💻 ❤\u{fe0f}\u{200d}🔥 1\u{fe0f}\u{20e3}",
            "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
            "漢\u{e0100}字 한국어 עברית عربي ไทย",
            "a:b/c\"d\" \\ ~",
        ] {
            assert_eq!(line(text), text);
        }
    }

    #[test]
    fn what_hides_reorders_or_drives_a_terminal_is_seen() {
        for (text, shown) in [
            ("\u{1b}[2J", "\\u{1b}[2J"),
            ("\u{1b}]52;c;aGk=\u{7}", "\\u{1b}]52;c;aGk=\\u{7}"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("a\rb\nc\td\u{8}", "a\\rb\\nc\\td\\u{8}"),
            ("x\u{202e}y\u{2066}", "x\\u{202e}y\\u{2066}"),
            ("\u{200e}\u{200f}\u{61c}", "\\u{200e}\\u{200f}\\u{61c}"),
            ("zero\u{200b}width\u{feff}", "zero\\u{200b}width\\u{feff}"),
            ("a\u{200d}b", "a\\u{200d}b"),
            ("\u{200d}x", "\\u{200d}x"),
            ("م\u{200c}", "م\\u{200c}"),
            ("م\u{200c}\u{200c}م", "م\\u{200c}\\u{200c}م"),
            ("😀\u{fe0f}\u{fe01}\u{fe02}", "😀\u{fe0f}\\u{fe01}\\u{fe02}"),
            ("a\u{e0068}\u{e0069}", "a\\u{e0068}\\u{e0069}"),
            ("🏴\u{e0068}\u{e0069}", "🏴\\u{e0068}\\u{e0069}"),
            ("one\u{2028}two\u{2029}", "one\\u{2028}two\\u{2029}"),
            ("soft\u{ad}hyphen\u{3164}", "soft\\u{ad}hyphen\\u{3164}"),
        ] {
            assert_eq!(line(text), shown);
        }
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
