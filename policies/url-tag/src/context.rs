//! Where in a text a URL stands, as far as that says what is done with it: an image is fetched when
//! it is shown, a link is followed by hand, code is neither.

use std::ops::Range;

/// How far the text around a URL is looked at, in bytes.
const NEAR: usize = 512;

/// Longer runs of backticks mark no code within a line.
const MAX_TICKS: usize = 8;

/// Where a URL stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Context {
    /// In text.
    Text,
    /// The target of a link in Markdown.
    MarkdownLink,
    /// The source of an image in Markdown.
    MarkdownImage,
    /// In an attribute of HTML.
    HtmlAttribute,
    /// In an attribute of HTML, or in a style, from which something is fetched at once.
    HtmlSource,
    /// In code.
    Code,
}

impl Context {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::MarkdownLink => "markdown_link",
            Self::MarkdownImage => "markdown_image",
            Self::HtmlAttribute => "html_attribute",
            Self::HtmlSource => "html_source",
            Self::Code => "code",
        }
    }
}

/// Where a URL stands, and the text that is shown in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'a> {
    /// Where it stands.
    pub context: Context,
    /// What a reader sees of a link.
    pub label: Option<&'a str>,
}

/// The context of the URL at `at`; `code` are the parts of `text` that are code.
pub fn place<'a>(text: &'a str, at: &Range<usize>, code: &[Range<usize>]) -> Place<'a> {
    let next = code.partition_point(|part| part.end <= at.start);
    if code.get(next).is_some_and(|part| part.start <= at.start) {
        return Place {
            context: Context::Code,
            label: None,
        };
    }
    let before = near_before(text, at.start);
    let behind = near_behind(text, at.end);
    in_markdown(before)
        .or_else(|| in_html(before, behind))
        .unwrap_or(Place {
            context: Context::Text,
            label: None,
        })
}

/// The parts of `text` that are code in Markdown: between fences, and between backticks.
pub fn code(text: &str) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    if memchr::memchr2(b'`', b'~', text.as_bytes()).is_none() {
        return parts;
    }
    let mut fence: Option<(&str, usize)> = None;
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let content = line.trim_start();
        let mark = ["```", "~~~"]
            .into_iter()
            .find(|mark| content.starts_with(mark));
        match (fence, mark) {
            (None, Some(mark)) => fence = Some((mark, start)),
            (Some((open, from)), Some(mark)) if open == mark => {
                parts.push(from..start + line.len());
                fence = None;
            }
            (Some(_), _) => {}
            (None, None) => between_ticks(line, start, &mut parts),
        }
        start += line.len();
    }
    if let Some((_, from)) = fence {
        parts.push(from..text.len());
    }
    parts
}

/// Adds what stands between two runs of as many backticks in one line.
fn between_ticks(line: &str, start: usize, parts: &mut Vec<Range<usize>>) {
    if !line.as_bytes().contains(&b'`') {
        return;
    }
    let bytes = line.as_bytes();
    let mut runs = Vec::new();
    let mut place = 0;
    while let Some(found) = bytes[place..].iter().position(|byte| *byte == b'`') {
        let from = place + found;
        let length = bytes[from..]
            .iter()
            .take_while(|byte| **byte == b'`')
            .count();
        place = from + length;
        if length <= MAX_TICKS {
            runs.push((from, length));
        }
    }
    let mut last = [0; MAX_TICKS + 1];
    for (at, (_, length)) in runs.iter().enumerate() {
        last[*length] = at;
    }
    let mut at = 0;
    while let Some((from, length)) = runs.get(at) {
        // Backticks that nothing closes are backticks.
        if last[*length] <= at {
            at += 1;
            continue;
        }
        let close = runs[at + 1..].iter().position(|(_, other)| other == length);
        let Some(close) = close.map(|close| at + 1 + close) else {
            return;
        };
        parts.push(start + from..start + runs[close].0 + length);
        at = close + 1;
    }
}

/// `[label](`, `![label](`, with `<` or without, and `[label]: `.
fn in_markdown(before: &str) -> Option<Place<'_>> {
    let inner = before.strip_suffix('<').unwrap_or(before);
    if let Some(label) = inner.trim_end_matches(' ').strip_suffix("](") {
        let open = opening(label)?;
        let context = match label[..open].ends_with('!') {
            true => Context::MarkdownImage,
            false => Context::MarkdownLink,
        };
        return Some(Place {
            context,
            label: Some(&label[open + 1..]),
        });
    }
    let named = inner.trim_end_matches([' ', '\t']).strip_suffix("]:")?;
    let open = opening(named)?;
    let begins_line = named[..open]
        .trim_end_matches(' ')
        .chars()
        .next_back()
        .is_none_or(|c| c == '\n');
    // A definition may be of an image as well as of a link, and images name it elsewhere.
    begins_line.then_some(Place {
        context: Context::MarkdownLink,
        label: None,
    })
}

/// Where the bracket opened that closes behind `label`.
fn opening(label: &str) -> Option<usize> {
    let mut closed = 0;
    for (place, byte) in label.bytes().enumerate().rev() {
        match byte {
            b']' => closed += 1,
            b'[' if closed == 0 => return Some(place),
            b'[' => closed -= 1,
            _ => {}
        }
    }
    None
}

/// An attribute with its name, or `url(` of a style.
fn in_html<'a>(before: &str, behind: &'a str) -> Option<Place<'a>> {
    let source = Place {
        context: Context::HtmlSource,
        label: None,
    };
    let unquoted = before.strip_suffix(['"', '\'']).unwrap_or(before);
    let is_style = |text: &str| {
        text.get(text.len().wrapping_sub(4)..)
            .is_some_and(|end| end.eq_ignore_ascii_case("url("))
    };
    if is_style(unquoted) {
        return Some(source);
    }
    let name = unquoted.trim_end().strip_suffix('=')?.trim_end();
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | ':' | '_');
    let start = name.trim_end_matches(is_name).len();
    let (tag, name) = name.split_at(start);
    let inside = tag
        .rfind('<')
        .is_some_and(|open| !tag.as_bytes()[open..].contains(&b'>'));
    if !inside {
        return None;
    }
    let name = name.to_ascii_lowercase();
    if matches!(
        name.as_str(),
        "src" | "srcset" | "poster" | "background" | "data" | "lowsrc"
    ) {
        return Some(source);
    }
    let label = behind
        .split_once('>')
        .and_then(|(_, shown)| shown.split_once('<'));
    Some(Place {
        context: Context::HtmlAttribute,
        label: label.map(|(shown, _)| shown),
    })
}

fn near_before(text: &str, end: usize) -> &str {
    let mut start = end.saturating_sub(NEAR);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    &text[start..end]
}

fn near_behind(text: &str, start: usize) -> &str {
    let mut end = text.len().min(start + NEAR);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[start..end]
}

#[cfg(test)]
mod tests;
