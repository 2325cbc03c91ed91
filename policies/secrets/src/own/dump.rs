//! Bytes as `xxd`, `hexdump -C` and `od -t x1` print them: lines of an offset, up to sixteen bytes in
//! pairs of hexadecimal digits, and what they look like, which is not read.

use crate::bytes::{ALNUM, HEX, hex_value, is, is_at, run};
use crate::view::View;

/// How many bytes a line has.
const LINE: usize = 16;

/// The lengths of an offset, in digits.
const OFFSET: std::ops::RangeInclusive<usize> = 4..=16;

/// The bytes that the lines of `base` print; none where no line does.
pub(super) fn dumped(base: &View) -> Option<View> {
    let text = &base.bytes;
    let (mut bytes, mut places) = (Vec::new(), Vec::new());
    let mut begin = 0;
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        let end = begin + line.len();
        if let Some(mut at) = after_offset(&text[..end], begin) {
            for _ in 0..LINE {
                at += text[at..end]
                    .iter()
                    .take(2)
                    .take_while(|byte| **byte == b' ')
                    .count();
                let [high, low, ..] = text[at..end] else {
                    break;
                };
                let (Some(high), Some(low)) = (hex_value(high), hex_value(low)) else {
                    break;
                };
                bytes.push(high << 4 | low);
                places.push(base.place(at) as u32);
                at += 2;
            }
        }
        begin = end;
    }
    (!bytes.is_empty()).then(|| View::of_places(bytes, places))
}

/// Where what follows the offset begins, in the line from `begin` to the end of `text`. What is no
/// letter and no digit may stand before the offset: a quoted line is one too.
fn after_offset(text: &[u8], begin: usize) -> Option<usize> {
    let before = text[begin..]
        .iter()
        .take_while(|byte| !is(**byte, ALNUM))
        .count();
    let offset = begin + before;
    let end = run(text, offset, HEX, OFFSET.end() + 1);
    OFFSET.contains(&(end - offset)).then_some(())?;
    let end = end + usize::from(text.get(end) == Some(&b':'));
    // The two bytes that come first show at once that the line is none.
    (text.get(end) == Some(&b' ')).then_some(())?;
    let first = run(text, end, crate::bytes::WHITE, 3);
    (is_at(text, first, HEX) && is_at(text, first + 1, HEX)).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_of_a_dump_are_read_and_no_others() {
        let xxd = "00000000: 6162 6364 6566 6768 696a 6b6c 6d6e 6f70  abcdefghijklmnop\n\
                   00000010: 7172 7374                                qrst\n";
        let hexdump = "00000000  61 62 63 64 65 66 67 68  69 6a 6b 6c 6d 6e 6f 70  |abcdefghijklmnop|\n\
                       00000010  71 72 73 74                                       |qrst|\n00000014\n";
        let od =
            "> 0000000 61 62 63 64 65 66 67 68 69 6a 6b 6c 6d 6e 6f 70\r\n> 0000020 71 72 73 74\n";
        for text in [xxd, hexdump, od] {
            let view = dumped(&View::written(text)).unwrap();
            assert_eq!(view.bytes, b"abcdefghijklmnopqrst", "{text}");
        }
        assert_eq!(dumped(&View::written(xxd)).unwrap().place(1), 12);
        for text in [
            "",
            "a face is here",
            "0000",
            "00000000: ",
            "3f9a1c77e0b24d5586 61 62",
            "1234 zz",
        ] {
            assert!(dumped(&View::written(text)).is_none(), "{text}");
        }
    }
}
