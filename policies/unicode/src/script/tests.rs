use unicode_security::RestrictionLevelDetection as _;
use unicode_security::restriction_level::RestrictionLevel;

use super::*;

#[test]
fn everyday_words_are_of_one_script_or_of_a_usual_mixture() {
    for (word, expected) in [
        ("paypal", Mix::Ascii),
        ("café", Mix::Single),
        ("пример", Mix::Single),
        ("東京タワー", Mix::Single),
        ("Tシャツ", Mix::Highly),
        ("A형", Mix::Highly),
        ("aक", Mix::Moderately),
        ("p\u{430}ypal", Mix::Minimally),
        ("αpha", Mix::Minimally),
        ("कक", Mix::Single),
        ("क\u{430}", Mix::Minimally),
    ] {
        assert_eq!(mix(word), expected, "{word}");
    }
}

/// The reference asks first whether each character is fit for identifiers; where it is, both agree,
/// but for rare scripts, which the reference does not take beside Latin.
#[test]
fn pairs_of_letters_are_as_the_reference_has_them() {
    let letters = [
        'a', 'é', 'я', 'λ', 'א', 'ب', 'क', 'ก', '漢', 'あ', 'ア', '한', 'ㄅ', 'ა', 'հ', '1', '々',
        'ー',
    ];
    for first in letters {
        for second in letters {
            let word: String = [first, second].iter().collect();
            let expected = match word.as_str().detect_restriction_level() {
                RestrictionLevel::ASCIIOnly => Mix::Ascii,
                RestrictionLevel::SingleScript => Mix::Single,
                RestrictionLevel::HighlyRestrictive => Mix::Highly,
                RestrictionLevel::ModeratelyRestrictive => Mix::Moderately,
                RestrictionLevel::MinimallyRestrictive => Mix::Minimally,
                RestrictionLevel::Unrestricted => continue,
            };
            assert_eq!(mix(&word), expected, "{word}");
        }
    }
}
