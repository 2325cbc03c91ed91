use super::*;

/// The densest writing that there is, and one step past it.
#[test]
fn each_kind_is_bounded_where_it_stands() {
    for (kind, piece, fit) in [
        // A letter to each: sixteen, and eight more by the letters that are read meanwhile.
        (Kind::Joiner, "م\u{200C}", 23),
        (Kind::Joiner, "क\u{94D}\u{200D}", 46),
        (Kind::Joiner, "\u{200D}", 16),
        (Kind::Ideograph, "漢\u{E0100}", 18),
        (Kind::Ideograph, "神\u{FE00}", 18),
        (Kind::Selector, "က\u{FE00}", 31),
        (Kind::Selector, "1\u{FE0F}", 31),
        (Kind::Selector, "☎\u{FE0E}", 16),
        (Kind::Direction, "א\u{200F}", 31),
        (Kind::Space, "ก\u{200B}", 31),
        (Kind::Order, "ᠠ\u{180B}", 31),
    ] {
        let fits = |times: usize| !Excess::of(&piece.repeat(times)).has(kind);
        assert!(fits(fit), "{kind:?} {}", piece.escape_unicode());
        assert!(!fits(fit + 1), "{kind:?} {}", piece.escape_unicode());
    }
}

#[test]
fn as_dense_as_writing_is_never_too_much() {
    for (kind, piece) in [
        (Kind::Joiner, "سی\u{200C}دی\u{200C}ها، "),
        (Kind::Joiner, "مم\u{200C}م"),
        (Kind::Ideograph, "渡邉\u{E0100}さんと佐藤さんと"),
        (Kind::Direction, "١\u{200F}/١\u{200F}/٢٠٢١ "),
        (Kind::Space, "กข\u{200B}"),
    ] {
        let excess = Excess::of(&piece.repeat(10_000));
        assert!(!excess.has(kind), "{kind:?} {}", piece.escape_unicode());
    }
}

/// Ordinary writing before and behind makes no room.
#[test]
fn what_is_dense_shows_in_the_longest_text() {
    let long = "ordinary ".repeat(5_000);
    let dense = "م\u{200C}".repeat(30);
    assert!(Excess::of(&format!("{long}{dense}{long}")).has(Kind::Joiner));
}

#[test]
fn ideographs_have_four_different_selectors_at_most() {
    let text = |values: &[u32]| -> String {
        let selectors = values
            .iter()
            .filter_map(|value| char::from_u32(0xE0100 + value));
        selectors.map(|c| format!("漢{c}字がある")).collect()
    };
    assert!(!Excess::of(&text(&[0, 1, 2, 9, 9, 2, 1, 0])).has(Kind::Ideograph));
    assert!(Excess::of(&text(&[0, 1, 2, 9, 3])).has(Kind::Ideograph));
}

#[test]
fn what_emoji_are_made_of_is_not_counted() {
    let family = "👩🏽\u{200D}❤\u{FE0F}\u{200D}👨";
    assert!(!Excess::of(&family.repeat(100)).has(Kind::Joiner));
    let written = "❤\u{FE0F}1\u{FE0F}\u{20E3}";
    assert!(!Excess::of(&written.repeat(100)).has(Kind::Selector));
    assert!(Excess::of(&"👩\u{200D}م".repeat(100)).has(Kind::Joiner));
}
