use super::*;

#[test]
fn a_word_that_looks_like_another_has_its_skeleton() {
    for (word, like) in [
        ("p\u{430}yp\u{430}l", "paypal"),
        ("\u{430}\u{440}\u{440}\u{4cf}e", "apple"),
        ("𝐩𝐚𝐲𝐩𝐚𝐥", "paypal"),
        ("sys\u{200b}tem", "system"),
        ("rnicrosoft", "microsoft"),
        ("g00gle", "gOOgle"),
    ] {
        assert_eq!(skeleton(word), skeleton(like), "{word}");
    }
}

#[test]
fn a_word_that_looks_like_nothing_in_ascii_keeps_its_letters() {
    for word in ["привет", "日本", "é"] {
        assert!(!skeleton(word).is_ascii(), "{word}");
    }
}

#[test]
fn ascii_skeletons_are_as_the_reference_has_them() {
    let mut found = 0;
    for c in ('\u{20}'..=char::MAX).filter(|c| !c.is_control()) {
        let word = c.to_string();
        let reference: String = unicode_security::skeleton(&word).collect();
        if reference.is_ascii() {
            assert_eq!(skeleton(&word), reference, "{c:?}");
            found += 1;
        }
    }
    assert!(found > 1_000, "{found}");
}
