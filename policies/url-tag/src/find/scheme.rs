//! Schemes: where one begins in a text, and what has to follow it.

/// How far before its colon a scheme is looked for, in bytes: longer ones name no program.
pub(super) const LONGEST: usize = 64;

/// Schemes that are looked for in pieces too.
const IN_PIECES: [&[u8]; 4] = [b"javascript", b"vbscript", b"http", b"https"];
/// The longest of them.
const LONGEST_IN_PIECES: usize = "javascript".len();

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
        let first = scheme.first().map_or(0, |first| letter(*first));
        let known = &SCHEMES[usize::from(BEGINS[first])..usize::from(BEGINS[first + 1])];
        let known = known.iter().find(|(name, _)| name.as_bytes() == scheme);
        known.map_or(Self::Other, |(_, kind)| *kind)
    }
}

/// The schemes that need no slashes, and the disarmed forms of those of the web. In the order of their
/// first letters.
const SCHEMES: [(&str, Scheme); 32] = {
    use Scheme::{Data, Disarmed, File, Opaque, Script, Web};
    [
        ("blob", Opaque),
        ("callto", Opaque),
        ("data", Data),
        ("facetime", Opaque),
        ("file", File),
        ("ftp", Web),
        ("fxp", Disarmed),
        ("http", Web),
        ("https", Web),
        ("hxxp", Disarmed),
        ("hxxps", Disarmed),
        ("intent", Opaque),
        ("itms-services", Opaque),
        ("jar", Opaque),
        ("javascript", Script),
        ("livescript", Script),
        ("magnet", Opaque),
        ("mailto", Opaque),
        ("mk", Opaque),
        ("ms-excel", Opaque),
        ("ms-msdt", Opaque),
        ("ms-powerpoint", Opaque),
        ("ms-word", Opaque),
        ("search-ms", Opaque),
        ("shell", Opaque),
        ("sms", Opaque),
        ("smsto", Opaque),
        ("tel", Opaque),
        ("vbscript", Script),
        ("view-source", Opaque),
        ("ws", Web),
        ("wss", Web),
    ]
};

/// For the number of each letter, how many of [`SCHEMES`] begin with one before it.
const BEGINS: [u8; 33] = {
    let mut begins = [0; 33];
    let mut place = 0;
    let mut last = 0;
    while place < SCHEMES.len() {
        let first = letter(SCHEMES[place].0.as_bytes()[0]);
        assert!(
            last <= first,
            "they stand in the order of their first letters"
        );
        last = first;
        let mut next = first + 1;
        while next < begins.len() {
            begins[next] += 1;
            next += 1;
        }
        place += 1;
    }
    begins
};

/// For each letter, those behind which it ends one of [`SCHEMES`], as bits.
const ENDS: [u32; 32] = {
    let mut ends = [0; 32];
    let mut place = 0;
    while place < SCHEMES.len() {
        let name = SCHEMES[place].0.as_bytes();
        ends[letter(name[name.len() - 1])] |= 1 << letter(name[name.len() - 2]);
        place += 1;
    }
    ends
};

/// The number of a letter in either case. Other bytes have one too.
const fn letter(byte: u8) -> usize {
    (byte & 0x1f) as usize
}

/// Whether one of the schemes that need no slashes may end where `bytes` does, by the last two bytes.
pub(super) fn may_end(bytes: &[u8]) -> bool {
    match bytes {
        [.., before, last] => {
            is_left_out(*last)
                || is_left_out(*before)
                || ENDS[letter(*last)] & (1 << letter(*before)) != 0
        }
        _ => false,
    }
}

/// Where the scheme begins that ends where `text` does. One that two slashes follow may begin in the
/// middle of a word: not all writing puts a space between words.
pub(super) fn start(text: &str, is_slashed: bool) -> Option<usize> {
    let bytes = text.as_bytes();
    let end = bytes.len();
    let least = end.saturating_sub(LONGEST);
    let mut start = end;
    while start > least && is_part(bytes[start - 1]) {
        start -= 1;
    }
    if start > 0
        && is_left_out(bytes[start - 1])
        && let Some(first) = in_pieces(bytes).filter(|first| *first < start)
    {
        return Some(first);
    }
    // What stands before the first letter belongs to the text.
    while start < end && !bytes[start].is_ascii_alphabetic() {
        start += 1;
    }
    if start == end {
        return None;
    }
    let before = text[..start].chars().next_back();
    let is_apart = is_slashed || before.is_none_or(|c| !c.is_alphanumeric() && c != '_');
    is_apart.then_some(start)
}

/// Where a scheme of the web or of scripts begins that ends where `bytes` does, in pieces or not.
fn in_pieces(bytes: &[u8]) -> Option<usize> {
    let mut letters = [0; LONGEST_IN_PIECES];
    let mut first = letters.len();
    for (place, byte) in bytes.iter().enumerate().rev() {
        if is_left_out(*byte) {
            continue;
        }
        first = first
            .checked_sub(1)
            .filter(|_| byte.is_ascii_alphabetic())?;
        letters[first] = byte.to_ascii_lowercase();
        if IN_PIECES.contains(&&letters[first..]) {
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
