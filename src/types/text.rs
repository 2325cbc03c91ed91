//! Characters that a person does not see, or that move what they do see, and text without them.

/// Whether `c` is a control, a format character, a separator of lines, a selector, a filler, a tag
/// or reserved to be invisible: what hides in text, reorders it or drives a terminal. Joiners count
/// too; whoever shows prose lets them through where they join something.
pub fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
        )
}

/// The longest that somebody else's sentence gets in a line of ours, in characters.
const HEARD_MAX_CHARS: usize = 256;

/// `text` with every character that hides, reorders or controls written as `\u{…}`.
pub fn visible(text: &str) -> String {
    if !text.chars().any(is_unseen) {
        return text.to_owned();
    }
    let mut seen = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_unseen(c) {
            seen.extend(c.escape_unicode());
        } else {
            seen.push(c);
        }
    }
    seen
}

/// What somebody else said, for a log line, a reason or a story of ours: visible, and cut after 256
/// characters.
pub fn heard(text: &str) -> String {
    heard_up_to(HEARD_MAX_CHARS, text)
}

/// The same with room for `most` characters.
pub fn heard_up_to(most: usize, text: &str) -> String {
    let mut heard = String::new();
    let mut room = most;
    for c in text.chars() {
        let shown = visible(c.encode_utf8(&mut [0; 4]));
        let length = shown.chars().count();
        if length >= room {
            heard.push('…');
            break;
        }
        room -= length;
        heard.push_str(&shown);
    }
    heard
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_heard_is_visible_and_short() {
        for plain in ["", "not on the list", "naïve 漢字 👍"] {
            assert_eq!(heard(plain), plain);
        }
        assert_eq!(heard("a\n\u{1b}[2Jb"), "a\\u{a}\\u{1b}[2Jb");
        for long in ["x".repeat(100_000), "\u{202e}".repeat(100_000)] {
            let heard = heard(&long);
            assert!(
                heard.chars().count() <= 256 && heard.ends_with('…'),
                "{heard}"
            );
        }
        assert_eq!(heard(&"x".repeat(255)), "x".repeat(255));
    }

    #[test]
    fn what_hides_or_reorders_is_unseen_and_what_is_written_is_not() {
        for unseen in [
            '\0',
            '\n',
            '\u{1b}',
            '\u{7f}',
            '\u{9b}',
            '\u{200d}',
            '\u{202e}',
            '\u{e0041}',
        ] {
            assert!(is_unseen(unseen), "{unseen:?}");
        }
        for seen in ['a', ' ', 'é', 'ی', '語', '👩', '\u{301}', '\u{a0}'] {
            assert!(!is_unseen(seen), "{seen:?}");
        }
    }
}
