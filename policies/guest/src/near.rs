//! Which known word was perhaps meant by an unknown one.

/// Longer words are no misspelling of a setting, and would cost time.
const LONGEST: usize = 64;

/// The word that takes the fewest letters to change, where they are few: a third of it at the most.
pub(crate) fn nearest<'a>(said: &str, words: &mut dyn Iterator<Item = &'a str>) -> Option<&'a str> {
    let mut nearest = None;
    for word in words {
        let most = (word.len() / 3).max(1);
        let best = nearest.map_or(most + 1, |(changes, _)| changes);
        let changes = changes(said, word);
        if changes <= most && changes < best {
            nearest = Some((changes, word));
        }
    }
    nearest.map(|(_, word)| word)
}

/// How many letters have to be added, taken out or replaced to make one word of the other, whatever
/// their case.
fn changes(said: &str, word: &str) -> usize {
    if said.len() > LONGEST {
        return usize::MAX;
    }
    // The row of the table for the letters of `said` so far.
    let mut row: Vec<usize> = (0..=word.len()).collect();
    for (above, letter) in said.bytes().enumerate() {
        let mut corner = above;
        row[0] = above + 1;
        for (column, other) in word.bytes().enumerate() {
            let replaced = corner + usize::from(!letter.eq_ignore_ascii_case(&other));
            corner = row[column + 1];
            row[column + 1] = replaced.min(corner + 1).min(row[column] + 1);
        }
    }
    row[word.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_meant_where_it_is_near() {
        let words = ["open", "pairing", "known", "closed", "max_urls"];
        for (said, meant) in [
            ("know", Some("known")),
            ("KNOWN", Some("known")),
            ("opne", None),
            ("opn", Some("open")),
            ("closd", Some("closed")),
            ("pairng", Some("pairing")),
            ("max-url", Some("max_urls")),
            ("shut", None),
            ("", None),
            ("پنج", None),
        ] {
            assert_eq!(nearest(said, &mut words.into_iter()), meant, "{said}");
        }
        assert_eq!(
            nearest(&"a".repeat(LONGEST + 1), &mut words.into_iter()),
            None
        );
        assert_eq!(changes("kitten", "sitting"), 3);
    }
}
