use super::*;

#[test]
fn words_that_mix_scripts_are_counted_by_level() {
    let found = look("p\u{430}ypal and 東京タワー Tシャツ and pаy αbc aक", &[]).unwrap();
    assert_eq!(
        found.summary,
        "moderately_restrictive 1, minimally_restrictive 3"
    );
    assert_eq!(found.words, "p\u{430}ypal pаy αbc aक");
}

#[test]
fn ordinary_words_of_any_language_are_not_found() {
    let text = "plain text, naïve café, привет мир, שלום עולם, سلام دنیا, नमस्ते, 東京タワー, \
                한국어 K팝, ελληνικά, ไทย, ჯ, Tシャツ, 1º, x²";
    assert_eq!(look(text, &[]), None);
}

#[test]
fn a_word_that_looks_like_a_protected_one_is_named_by_the_protected_one() {
    let protected = ["PayPal", "system"].map(Protected::new);
    for (text, like) in [
        ("p\u{430}yp\u{430}l", "looks_like paypal 1"),
        ("PAYPA1 paypa1", "looks_like paypal 2"),
        ("\u{455}ystem", "looks_like system 1"),
        ("𝐬𝐲𝐬𝐭𝐞𝐦", "looks_like system 1"),
    ] {
        let summary = look(text, &protected).unwrap().summary;
        assert!(summary.ends_with(like), "{text}: {summary}");
    }
    assert_eq!(
        look("PayPal, paypal and systems of the System", &protected),
        None
    );
}

#[test]
fn no_more_than_a_few_words_are_shown() {
    let found = look(&"pаy ".repeat(100), &[]).unwrap();
    assert_eq!(found.summary, "minimally_restrictive 100");
    assert_eq!(found.words.split(' ').count(), SHOWN);
}
