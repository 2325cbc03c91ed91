//! Whether the text of a link names another host than its target.

use url::Url;

/// Whether `label` is a name or a URL, and of another host than `target`.
pub(super) fn names_another(label: &str, target: &Url) -> bool {
    let label = label.trim().trim_matches(['*', '_', '`', '"']).trim();
    let Some(named) = host_of(label) else {
        return false;
    };
    let bare = |host: &str| {
        let host = host.trim_end_matches('.');
        host.strip_prefix("www.").unwrap_or(host).to_owned()
    };
    target.host_str().map(bare) != Some(bare(&named))
}

/// The host that `label` names, where it names one and nothing else.
fn host_of(label: &str) -> Option<String> {
    if label.contains(char::is_whitespace) || label.len() > 512 {
        return None;
    }
    let mut colons = label.match_indices(':');
    let url = if colons.any(|(place, _)| label[place..].starts_with("://")) {
        Url::parse(label).ok()?
    } else {
        let host = label.split(['/', '?', '#', ':']).next()?;
        if !is_name(host) {
            return None;
        }
        Url::parse(&format!("https://{label}")).ok()?
    };
    url.host_str().map(str::to_owned)
}

/// Whether `text` looks like the name of a host: `node.js` and `main.rs` do too, and name one.
fn is_name(text: &str) -> bool {
    let Some((name, last)) = text.rsplit_once('.') else {
        return false;
    };
    let is_part = |c: char| c.is_alphanumeric() || c == '-';
    let labels = name
        .split('.')
        .all(|label| !label.is_empty() && label.chars().all(is_part));
    labels && last.chars().nth(1).is_some() && last.chars().all(char::is_alphabetic)
}
