//! Which known word was perhaps meant by an unknown one: a little, since every policy carries it.

/// Of the words that begin as `said` does, for half their length at least, the one that does longest.
pub(crate) fn nearest<'a>(said: &str, words: &[&'a str]) -> Option<&'a str> {
    let (mut nearest, mut longest) = (None, 0);
    for word in words.iter().copied() {
        let pairs = said.bytes().zip(word.bytes());
        let same = pairs.take_while(|(one, other)| one == other).count();
        if same > longest && same * 2 >= said.len().max(word.len()) {
            (nearest, longest) = (Some(word), same);
        }
    }
    nearest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_begins_as_a_known_one_is_meant_for_it() {
        let words = ["open", "pairing", "known", "closed", "max_urls"];
        for (said, meant) in [
            ("know", Some("known")),
            ("opne", Some("open")),
            ("closd", Some("closed")),
            ("pairng", Some("pairing")),
            ("max_url", Some("max_urls")),
            ("opening-hours", None),
            ("shut", None),
            ("", None),
            ("پنج", None),
        ] {
            assert_eq!(nearest(said, &words), meant, "{said}");
        }
    }
}
