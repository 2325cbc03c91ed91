//! Disarms a URL so that nothing follows it and a person can still read it:
//! `hxxps://evil[.]example`.
//!
//! What is disarmed is no URL any more, nor is anything in it, so it stays as it is when it is
//! looked at again.

/// Schemes that have a customary disarmed form.
pub(crate) const FORMS: [(&str, &str); 3] = [("https", "hxxps"), ("http", "hxxp"), ("ftp", "fxp")];

/// How far the dots of a host are put in brackets, in bytes: no name is longer.
const LONGEST_NAME: usize = 1_024;

/// Adds `written` to `out`, disarmed.
pub fn defang(written: &str, out: &mut String) {
    let Some((scheme, rest)) = written
        .split_once(':')
        .filter(|_| !written.starts_with("//"))
    else {
        out.push_str("[//]");
        return disarm_rest(written.strip_prefix("//").unwrap_or(written), out);
    };
    let mut forms = FORMS.iter();
    let form = forms.find(|(plain, _)| scheme.eq_ignore_ascii_case(plain));
    out.push_str(form.map_or(scheme, |(_, form)| form));
    out.push_str(if form.is_some() { ":" } else { "[:]" });
    let host = rest.trim_start_matches(['/', '\\']);
    let slashes = &rest[..rest.len() - host.len()];
    // Without its slashes a scheme of the web is one still, in the eyes of a browser.
    out.push_str(if slashes.is_empty() && form.is_some() {
        "//"
    } else {
        slashes
    });
    disarm_rest(host, out);
}

/// Adds what follows the scheme: the dots of the host, and all that could begin a URL inside, in
/// brackets.
fn disarm_rest(rest: &str, out: &mut String) {
    let ends_host = |byte: &u8| matches!(byte, b'/' | b'\\' | b'?' | b'#' | b' ' | b'\n' | b'\t');
    let end = rest.as_bytes().iter().position(ends_host);
    let end = end.unwrap_or(rest.len()).min(LONGEST_NAME);
    let (host, behind) = rest.split_at(rest.floor_char_boundary(end));
    let bytes = host.as_bytes();
    let is_address = bytes.contains(&b'[');
    let mut from = 0;
    for (place, byte) in bytes.iter().enumerate() {
        // Only dots, colons and what a dot in East Asia may begin with are looked at.
        let replaced = match byte {
            b':' if is_address => continue,
            b':' => "[:]",
            b'.' => "[.]",
            0xE3 | 0xEF => match &host[place..place + 3] {
                "\u{3002}" => "[\u{3002}]",
                "\u{FF0E}" => "[\u{FF0E}]",
                "\u{FF61}" => "[\u{FF61}]",
                _ => continue,
            },
            _ => continue,
        };
        if *byte != b':' && place > 0 && bytes[place - 1] == b'[' {
            continue;
        }
        out.push_str(&host[from..place]);
        out.push_str(replaced);
        from = place + replaced.len() - "[]".len();
    }
    out.push_str(&host[from..]);
    disarm_path(behind, out);
}

/// Adds `path` with every colon, and every slash behind a slash, in brackets.
fn disarm_path(path: &str, out: &mut String) {
    let bytes = path.as_bytes();
    let mut from = 0;
    let mut last = None;
    for (place, byte) in bytes.iter().enumerate() {
        let before = last.replace(*byte);
        let replaced = match (byte, before) {
            (b':', Some(b'[')) => continue,
            (b':', _) => "[:]",
            (b'/', Some(b'/')) => "[/]",
            _ => continue,
        };
        out.push_str(&path[from..place]);
        out.push_str(replaced);
        from = place + 1;
    }
    out.push_str(&path[from..]);
}

#[cfg(test)]
mod tests;
