//! Emoji: every sequence of the standard's own list, as it is recommended and as keyboards and old
//! messages have it.

use super::untouched;

/// `+` before what is recommended for general interchange.
const LIST: &str = include_str!("../data/emoji.txt");

#[test]
fn every_emoji_sequence_comes_out_as_it_went_in() {
    let lines = LIST.lines().filter(|line| !line.starts_with("# "));
    let (mut all, mut recommended) = (0, Vec::new());
    for line in lines {
        let (mark, emoji) = line.split_at(1);
        untouched(emoji);
        all += 1;
        if mark == "+" {
            recommended.push(emoji);
        }
    }
    assert_eq!((all, recommended.len()), (5_225, 3_953));
    untouched(&recommended.concat());
    untouched(&recommended.join(" "));
}

#[test]
fn text_presentation_and_keycaps_stay() {
    for text in [
        "☎\u{FE0E}",
        "1\u{FE0F}\u{20E3}",
        "©\u{FE0F}",
        "👍🏽",
        "🏴‍☠️",
        "👩🏽‍❤️‍💋‍👨🏿",
        "🧑‍🧑‍🧒‍🧒",
    ] {
        untouched(text);
    }
}
