//! As much of Markdown as the documents use: fences, code spans, links, headings.

/// The lines of all fenced blocks.
pub(super) fn fenced_lines(text: &str) -> Vec<String> {
    split(text).0
}

/// The code spans, each on one line however it was broken.
pub(super) fn code_spans(text: &str) -> Vec<String> {
    let prose = prose(text);
    let spans = prose.split('`').skip(1).step_by(2);
    spans
        .map(|span| span.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect()
}

/// The targets of all links.
pub(super) fn links(text: &str) -> Vec<String> {
    let prose = prose(text);
    let outside: String = prose.split('`').step_by(2).collect();
    outside
        .split("](")
        .skip(1)
        .filter_map(|rest| Some(rest.split_once(')')?.0.to_owned()))
        .collect()
}

/// The anchors of all headings.
pub(super) fn anchors(text: &str) -> Vec<String> {
    let prose = prose(text);
    let headings = prose.lines().filter(|line| line.starts_with('#'));
    headings
        .map(|line| anchor(line.trim_start_matches('#').trim()))
        .collect()
}

/// Everything that stands in no fence.
fn prose(text: &str) -> String {
    split(text).1
}

fn split(text: &str) -> (Vec<String>, String) {
    let (mut fenced, mut prose, mut is_inside) = (Vec::new(), String::new(), false);
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            is_inside = !is_inside;
        } else if is_inside {
            fenced.push(line.to_owned());
        } else {
            prose.push_str(line);
            prose.push('\n');
        }
    }
    assert!(!is_inside, "a fence is not closed");
    (fenced, prose)
}

fn anchor(heading: &str) -> String {
    let kept = heading
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    let lower: String = kept.flat_map(char::to_lowercase).collect();
    lower.replace(' ', "-")
}
