//! Brings every end of a line to LF.

/// The text with LF alone between its lines, or nothing where it has no other.
pub(super) fn unify(text: &str) -> Option<String> {
    let others = ['\r', '\u{B}', '\u{C}', '\u{85}', '\u{2028}', '\u{2029}'];
    let first = text.find(others)?;
    let mut out = String::with_capacity(text.len());
    out.push_str(&text[..first]);
    let mut characters = text[first..].chars().peekable();
    while let Some(c) = characters.next() {
        if c == '\r' {
            characters.next_if_eq(&'\n');
        }
        out.push(if others.contains(&c) { '\n' } else { c });
    }
    Some(out)
}
