//! The schema of a policy's settings as its component carries it: without the white space that
//! people read it by.

/// The schema in the file at `$path`, which is named as in [`include_str!`].
#[macro_export]
macro_rules! schema {
    ($path:literal) => {{
        const WRITTEN: &str = include_str!($path);
        const BYTES: [u8; $crate::schema::length(WRITTEN)] = $crate::schema::compact(WRITTEN);
        match std::str::from_utf8(&BYTES) {
            Ok(schema) => schema,
            Err(_) => panic!("what is left of text is text"),
        }
    }};
}

/// How long `json` is without its white space.
#[doc(hidden)]
pub const fn length(json: &str) -> usize {
    compacted::<0>(json).1
}

/// `json` without its white space, `N` bytes of it.
#[doc(hidden)]
pub const fn compact<const N: usize>(json: &str) -> [u8; N] {
    compacted(json).0
}

/// `json` without what is white outside its strings, as far as `N` bytes hold it, and its length.
const fn compacted<const N: usize>(json: &str) -> ([u8; N], usize) {
    let json = json.as_bytes();
    let mut out = [0; N];
    let (mut at, mut length) = (0, 0);
    let (mut quoted, mut escaped) = (false, false);
    while at < json.len() {
        let byte = json[at];
        if quoted || !byte.is_ascii_whitespace() {
            if length < N {
                out[length] = byte;
            }
            length += 1;
        }
        quoted = quoted != (byte == b'"' && !escaped);
        escaped = byte == b'\\' && !escaped;
        at += 1;
    }
    (out, length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_goes_but_for_that_in_strings() {
        const WRITTEN: &str = "{\n  \"a b\": [1, \"\\\" c \\\\\"],\t\"d\" : \" \"\n}\n";
        const BYTES: [u8; length(WRITTEN)] = compact(WRITTEN);
        assert_eq!(BYTES, *b"{\"a b\":[1,\"\\\" c \\\\\"],\"d\":\" \"}");
    }
}
