//! Disarms a URL so that nothing follows it and a person can still read it:
//! `hxxps://evil[.]example`.
//!
//! What is disarmed is no URL any more, nor is anything in it, so it stays as it is when it is
//! looked at again.

/// Schemes that have a customary disarmed form.
const FORMS: [(&str, &str); 3] = [("https", "hxxps"), ("http", "hxxp"), ("ftp", "fxp")];

/// Disarms `written`.
pub fn defang(written: &str) -> String {
    let Some((scheme, rest)) = written
        .split_once(':')
        .filter(|_| !written.starts_with("//"))
    else {
        let rest = written.strip_prefix("//").unwrap_or(written);
        return format!("[//]{}", disarmed_rest(rest));
    };
    let form = FORMS
        .iter()
        .find(|(plain, _)| scheme.eq_ignore_ascii_case(plain));
    let (scheme, colon) = match form {
        Some((_, form)) => (*form, ":"),
        None => (scheme, "[:]"),
    };
    let slashes = rest.len() - rest.trim_start_matches(['/', '\\']).len();
    let (slashes, rest) = rest.split_at(slashes);
    // Without its slashes a scheme of the web is one still, in the eyes of a browser.
    let slashes = if slashes.is_empty() && colon == ":" {
        "//"
    } else {
        slashes
    };
    format!("{scheme}{colon}{slashes}{}", disarmed_rest(rest))
}

/// Whether `written` is disarmed already.
pub fn is_defanged(written: &str) -> bool {
    let scheme = written.split_once(':').map_or("", |(scheme, _)| scheme);
    FORMS
        .iter()
        .any(|(_, form)| scheme.eq_ignore_ascii_case(form))
}

/// What follows the scheme: the dots of the host, and all that could begin a URL inside.
fn disarmed_rest(rest: &str) -> String {
    let host = rest.find(['/', '\\', '?', '#']).unwrap_or(rest.len());
    let (host, behind) = rest.split_at(host);
    let mut out = String::with_capacity(rest.len() + 16);
    let is_address = host.as_bytes().contains(&b'[');
    let mut before = ' ';
    for c in host.chars() {
        match c {
            '.' | '\u{3002}' | '\u{FF0E}' | '\u{FF61}' if before != '[' => {
                out.push('[');
                out.push(c);
                out.push(']');
            }
            ':' if !is_address => out.push_str("[:]"),
            _ => out.push(c),
        }
        before = c;
    }
    for c in behind.chars() {
        match c {
            ':' if before != '[' => out.push_str("[:]"),
            '/' if before == '/' => out.push_str("[/]"),
            _ => out.push(c),
        }
        before = c;
    }
    out
}

#[cfg(test)]
mod tests;
