//! Writing that needs what an attacker would use.

use std::iter::once;

use unicode_normalization::UnicodeNormalization;

use super::{cleaned, untouched};

#[test]
fn what_a_person_wrote_in_any_language_comes_out_as_it_went_in() {
    for text in [
        // Persian: the non-joiner in prefixes, plurals, after foreign words and over marks.
        "می‌خواهم کتاب‌ها را ببینم",
        "API‌ها و PDF‌های تازه، نامه‌ای به «Sara‌جان»",
        "خانهٔ‌ما، مُؤَ‌دَّب",
        // Arabic with vowels, the Arabic letter mark, and HEH with a joiner in dates.
        "اَلْعَرَبِيَّةُ لُغَةٌ",
        "١٢\u{61C}-٣٤ شارع",
        "١٤٤٦ ه\u{200D}",
        // Urdu, Kurdish, Uyghur, Sindhi, Pashto.
        "اُردُو زبان، بی‌جے‌پی",
        "کوردی لەناو‌چوون",
        // Hindi, Marathi, Nepali: half forms and explicit viramas.
        "हिन्दी में क्\u{200D}ष और क्\u{200C}ष, र\u{94D}\u{200D}य",
        "ऱ्\u{200D}हास",
        // Bengali: the joiner before the virama, KHANDA TA of old.
        "র\u{200D}্য\u{9BE}ম, ত\u{9CD}\u{200D}, বাংলা",
        // Kannada and Telugu.
        "ರ\u{200D}್ಕ, ಕ್\u{200C}ಷ, రాజ్\u{200C}కుమార్",
        // Malayalam: chillus of old, conjuncts kept apart.
        "അവന്\u{200D} പറഞ്ഞു, എന്\u{200C}റെ, ന്\u{200D}റെ",
        // Sinhala: conjuncts, and touching letters with the joiner before.
        "ශ්\u{200D}රී ලංකා, ක්\u{200D}ෂ, ම\u{200D}්ම",
        // Tamil, Gujarati, Gurmukhi, Odia.
        "க்\u{200C}ஷ தமிழ், ગુજરાતી, ਪੰਜਾਬੀ, ଓଡ଼ିଆ",
        // Thai, Lao, Khmer, Myanmar, with spaces of no width between words.
        "ภาษา\u{200B}ไทย\u{200B}เขียน\u{200B}ติดกัน",
        "ພາສາ\u{200B}ລາວ",
        "ភាសា\u{200B}ខ្មែរ\u{200B}មិន\u{200B}ដកឃ្លា, ប\u{200C}៉ី, ស\u{17CA}\u{200C}ី",
        "မြန်မာ\u{200B}ဘာသာ\u{200B}စကား",
        // Tibetan and Balinese stacks, the highest of them with eight marks.
        "བོད་ཡིག་ནི་སྐད, ཧྐྵྨླྺྼྻྂ, ᬩᬮᬶ",
        // Mongolian: selectors, the vowel separator, the narrow space.
        "ᠮᠣᠩᠭ\u{180B}ᠣᠯ ᠠᠷᠬ\u{180E}ᠠ ᠪᠠᠢᠨ\u{202F}ᠠ",
        // Old Hangul with fillers, and jamo that stand alone.
        "ᄒᆞᆫ글, \u{115F}ᅡ, ᄀ\u{1160}, \u{115F}\u{1160}ᆨ",
        // Ideographs with registered variants, and with standardised ones.
        "葛\u{E0100}飾区, 辻\u{E0101}, 邉\u{E0109}, 神\u{FE00}",
        // Myanmar, Phags-pa, mathematics, the slashed zeros.
        "က\u{FE00}, ကေ\u{FE00}, ꡥ\u{FE00}, ≨\u{FE00}, 0\u{FE00}０\u{FE00}",
        // Script capitals, Manichaean, quotation marks, East Asian punctuation, hieroglyphs.
        "ℋ\u{FE00}ℬ\u{FE01}𝒜\u{FE00}, 𐫅\u{FE00}, ‘\u{FE02}x”\u{FE01}, 、\u{FE00}？\u{FE01}, 𓀒\u{FE03}",
        // Hebrew with cantillation and an order of marks of its own; marks of direction.
        "ירושל\u{5B7}\u{34F}\u{5B4}ם",
        "שלום (C++)\u{200E} עולם, \u{200F}123 שקל",
        // Latin with marks that have no composed form, Vietnamese, Yoruba, IPA.
        "ẹ\u{300}kọ\u{301}, Nguyễn Thị Hằng, n̥ʷɔ̃˥˩",
        "Straße, Ærøskøbing, İstanbul, œuvre, “quotes” — dash…",
        "Ελληνικά, кириллица, ქართული, հայերեն, ᏣᎳᎩ, ⵜⴰⵎⴰⵣⵉⵖⵜ",
        "日本語のテキスト、中文（繁體）、한국어。①②③ ｶﾀｶﾅ Ｆｕｌｌ",
        "𞤀𞤣𞤤𞤢𞤥, ߒߞߏ, ܣܘܪܝܝܐ, ދިވެހި",
        // Spaces that are seen, Braille, private use.
        "a\u{A0}b\u{2009}c\u{3000}d⠀⠃ \u{E000}",
        // The visible format characters of Arabic, Syriac and Kaithi.
        "\u{600}١٢٣ \u{6DD}٤ \u{70F}ܐ \u{110BD}𑂩",
        "fn main() {\n\tprintln!(\"{}\", a >> 2 & 0xFF);\n}\n",
    ] {
        let composed = unicode::normal::compose(text);
        untouched(composed.as_deref().unwrap_or(text));
    }
}

/// The forms of ideographs that go another way through normalisation.
#[test]
fn every_standardised_variant_of_an_ideograph_comes_out_as_it_went_in() {
    let mut variants = 0;
    for c in '\u{F900}'..='\u{2FA1F}' {
        let sequence: String = once(c).cjk_compat_variants().collect();
        if sequence.chars().count() == 2 {
            untouched(&sequence);
            variants += 1;
        }
    }
    assert_eq!(variants, 1_002);
}

#[test]
fn decomposed_text_is_composed_and_nothing_is_lost() {
    for (text, expected) in [
        ("cafe\u{301}", "café"),
        ("\u{1112}\u{1161}\u{11AB}\u{1100}\u{1173}\u{11AF}", "한글"),
        ("a\u{323}\u{302}", "ậ"),
        ("\u{212B}\u{2126}", "ÅΩ"),
    ] {
        let (out, removed) = cleaned(text);
        assert_eq!((out.as_str(), removed.total()), (expected, 0));
    }
}

#[test]
fn lines_end_with_lf() {
    let (out, removed) = cleaned("a\r\nb\rc\u{85}d\u{2028}e\u{2029}f\u{B}g\u{C}h\n");
    assert_eq!(
        (out.as_str(), removed.total()),
        ("a\nb\nc\nd\ne\nf\ng\nh\n", 0)
    );
}
