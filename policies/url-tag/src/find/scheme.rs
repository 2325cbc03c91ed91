//! Schemes: where one begins in a text, and what has to follow it.

/// The longest scheme that is looked for: longer ones name no program.
const LONGEST: usize = 32;

/// Schemes that are looked for in pieces too.
const IN_PIECES: [&[u8]; 4] = [b"javascript", b"vbscript", b"http", b"https"];

/// A scheme, by what must follow it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scheme {
    /// A browser follows it with slashes or without.
    Web,
    /// The path of a file.
    File,
    /// Data, with their type as far as that must be written.
    Data,
    /// It runs what follows.
    Script,
    /// It needs no slashes and is followed by anything.
    Opaque,
    /// Two slashes.
    Other,
    /// Nothing: what a scheme of the web is called once it is disarmed.
    Disarmed,
}

impl Scheme {
    /// What `written` is, in any case and with TAB and LF in it, which a browser leaves out.
    pub(super) fn of(written: &[u8]) -> Self {
        if written.iter().all(|byte| byte.is_ascii_lowercase()) {
            return Self::of_plain(written);
        }
        let mut plain = [0; LONGEST];
        let mut length = 0;
        for byte in written.iter().filter(|byte| !is_left_out(**byte)) {
            let Some(place) = plain.get_mut(length) else {
                return Self::Other;
            };
            *place = byte.to_ascii_lowercase();
            length += 1;
        }
        Self::of_plain(&plain[..length])
    }

    fn of_plain(scheme: &[u8]) -> Self {
        match scheme {
            b"http" | b"https" | b"ws" | b"wss" | b"ftp" => Self::Web,
            b"hxxp" | b"hxxps" | b"fxp" => Self::Disarmed,
            b"file" => Self::File,
            b"data" => Self::Data,
            b"javascript" | b"vbscript" | b"livescript" => Self::Script,
            b"mailto" | b"tel" | b"sms" | b"smsto" | b"callto" | b"facetime" | b"blob"
            | b"view-source" | b"intent" | b"magnet" | b"jar" | b"mk" | b"ms-msdt" | b"ms-word"
            | b"ms-excel" | b"ms-powerpoint" | b"search-ms" | b"shell" | b"itms-services" => {
                Self::Opaque
            }
            _ => Self::Other,
        }
    }
}

/// Where the scheme begins that ends at `colon`.
pub(super) fn start(text: &str, colon: usize) -> Option<usize> {
    let bytes = &text.as_bytes()[..colon];
    let last = *bytes.last()?;
    if !is_part(last) && !is_left_out(last) {
        return None;
    }
    let near = &bytes[colon.saturating_sub(LONGEST + 1)..];
    let length = near.iter().rev().take_while(|byte| is_part(**byte)).count();
    let before = colon.checked_sub(length + 1).map(|before| bytes[before]);
    if before.is_some_and(is_left_out)
        && let Some(start) = in_pieces(bytes)
    {
        return Some(start);
    }
    if length > LONGEST {
        return None;
    }
    // What stands before the first letter belongs to the text.
    let scheme = &bytes[colon - length..];
    let start = colon - length + scheme.iter().position(u8::is_ascii_alphabetic)?;
    let before = text[..start].chars().next_back();
    let apart = before.is_none_or(|c| !c.is_alphanumeric() && c != '_');
    apart.then_some(start)
}

/// Where a scheme of the web or of scripts begins that ends where `bytes` does, in pieces or not.
fn in_pieces(bytes: &[u8]) -> Option<usize> {
    let mut letters = Vec::new();
    for (place, byte) in bytes.iter().enumerate().rev() {
        if is_left_out(*byte) {
            continue;
        }
        letters.insert(0, byte.to_ascii_lowercase());
        if !byte.is_ascii_alphabetic() || letters.len() > "javascript".len() {
            return None;
        }
        if IN_PIECES.contains(&letters.as_slice()) {
            let before = place.checked_sub(1).map(|before| bytes[before]);
            let apart = before.is_none_or(|before| !before.is_ascii_alphanumeric());
            return apart.then_some(place);
        }
    }
    None
}

fn is_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')
}

/// Whether a browser leaves `byte` out of a URL, wherever it stands.
fn is_left_out(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | b'\r')
}
