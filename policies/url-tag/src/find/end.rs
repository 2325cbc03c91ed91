//! Where a URL in a text ends: a text goes on behind it, and marks that belong to the text follow.

use std::ops::Range;

/// No URL is read further than this, in bytes.
const LONGEST: usize = 8_192;

/// The end of what `linkify` found: it takes East Asian punctuation for part of a URL.
pub(super) fn of_link(text: &str, link: Range<usize>) -> usize {
    let written = &text[link.clone()];
    match east_asian_end(written) {
        Some(end) => link.start + end,
        None => link.end,
    }
}

/// The end of a URL that begins at `start`, of which the text up to `least` belongs to it.
pub(super) fn of_candidate(text: &str, start: usize, least: usize) -> usize {
    let mut furthest = text.len().min(start + LONGEST);
    while !text.is_char_boundary(furthest) {
        furthest -= 1;
    }
    let ends = |c: char| {
        c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | '`' | '|' | '“' | '”')
    };
    let rest = &text[least..furthest];
    let mut rest = &rest[..rest.find(ends).unwrap_or(rest.len())];
    if let Some(quote) = text[..start].chars().next_back().filter(|c| *c == '\'') {
        rest = &rest[..rest.find(quote).unwrap_or(rest.len())];
    }
    rest = &rest[..east_asian_end(rest).unwrap_or(rest.len())];
    least + balanced(rest).trim_end_matches(is_sentence_end).len()
}

/// Where punctuation of East Asian writing ends a URL: where nothing follows that goes on with it.
fn east_asian_end(written: &str) -> Option<usize> {
    let is_end = |c: char| {
        matches!(
            c,
            '\u{3001}'
                | '\u{3002}'
                | '\u{FF01}'
                | '\u{FF0C}'
                | '\u{FF1A}'
                | '\u{FF1B}'
                | '\u{FF1F}'
        ) || matches!(
            c,
            '\u{3008}'..='\u{3011}' | '\u{FF08}' | '\u{FF09}' | '\u{2026}'
        )
    };
    let goes_on = |c: char| {
        c.is_ascii_alphanumeric() || matches!(c, '\u{FF10}'..='\u{FF19}' | '\u{FF41}'..='\u{FF5A}')
    };
    let mut ends = written.char_indices().filter(|(_, c)| is_end(*c));
    let (end, _) = ends.find(|(place, c)| {
        let next = written[place + c.len_utf8()..].chars().next();
        !(*c == '\u{3002}' && next.is_some_and(goes_on))
    })?;
    Some(end)
}

/// `written` up to the first closing bracket that nothing in it opened.
fn balanced(written: &str) -> &str {
    let mut open = [0_i32; 3];
    for (place, c) in written.char_indices() {
        let kind = match c {
            '(' | ')' => 0,
            '[' | ']' => 1,
            '{' | '}' => 2,
            _ => continue,
        };
        open[kind] += if matches!(c, '(' | '[' | '{') { 1 } else { -1 };
        if open[kind] < 0 {
            return &written[..place];
        }
    }
    written
}

/// Whether `c` at the end belongs to the sentence and not to the URL.
fn is_sentence_end(c: char) -> bool {
    matches!(
        c,
        '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '*' | '_' | '~'
    )
}
