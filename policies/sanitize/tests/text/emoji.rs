//! Emoji, from a package that carries all sequences recommended for general interchange.

use std::collections::HashSet;

use super::untouched;

/// Everything in emoji-test: each sequence as it is recommended, and with its presentation
/// selectors left out one by one, as keyboards and old messages have it.
#[test]
fn every_emoji_sequence_comes_out_as_it_went_in() {
    let mut recommended = HashSet::new();
    for emoji in emojis::iter() {
        recommended.insert(emoji.as_str());
        recommended.extend(
            emoji
                .skin_tones()
                .into_iter()
                .flatten()
                .map(|tone| tone.as_str()),
        );
    }
    assert!(recommended.len() >= 3_953, "{}", recommended.len());
    let mut all = HashSet::new();
    for emoji in &recommended {
        let pieces: Vec<_> = emoji.split('\u{FE0F}').collect();
        for chosen in 0..1_u32 << (pieces.len() - 1) {
            let mut text = pieces[0].to_owned();
            for (place, piece) in pieces[1..].iter().enumerate() {
                if chosen & 1 << place == 0 {
                    text.push('\u{FE0F}');
                }
                text.push_str(piece);
            }
            all.insert(text);
        }
    }
    assert!(all.len() >= 5_225, "{}", all.len());
    for text in &all {
        untouched(text);
    }
    let mut together: Vec<_> = recommended.into_iter().collect();
    together.sort_unstable();
    untouched(&together.concat());
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
