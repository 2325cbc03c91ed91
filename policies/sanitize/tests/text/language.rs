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

/// Writing that has more of what is shown as nothing than any other, over and over: were it a little
/// denser than a bound, the bound would show.
#[test]
fn the_densest_writing_comes_out_as_it_went_in() {
    for text in [
        // Persian: prefixes and plurals in every word, a conjugation, names of letters.
        "می‌خواهم کتاب‌هایم را به خانه‌هایشان ببرم و نمی‌دانم که می‌توانم یا نمی‌توانم. ",
        "می‌روم، می‌روی، می‌رود، می‌رویم، می‌روید، می‌روند؛ نمی‌ره، می‌ره، می‌شه. ",
        "گل‌ها، شب‌ها، سال‌ها، نامه‌های خسته‌کننده‌ی بچه‌ها، رفته‌اند و گفته‌ام. ",
        "سی‌دی‌ها، بی‌بی‌سی، سی‌ان‌ان، ای‌بی‌سی، پی‌اچ‌پی، ان‌جی‌او. ",
        // Dates of the Islamic calendar, each with the sign of its era.
        "۱۳۵۷ ه\u{200D}.ش، ۱۳۹۹ ه\u{200D}.ق؛ ",
        // Urdu.
        "بی‌جے‌پی کے ایم‌ایل‌اے اور خوب‌صورت کتاب‌خانہ. ",
        // Kurdish as old keyboards write it, with U+0647 U+200C for each E.
        "ئه\u{200C}م ده\u{200C}قه\u{200C} به\u{200C} زمانی کوردی نووسراوه\u{200C} و هه\u{200C}موو \
         که\u{200C}سێک ده\u{200C}توانێت بیخوێنێته\u{200C}وه\u{200C}. ",
        "له\u{200C}به\u{200C}رئه\u{200C}وه\u{200C}ی ئه\u{200C}مه\u{200C} هه\u{200C}ڵه\u{200C}یه\u{200C}، \
         پێویسته\u{200C} دووباره\u{200C} بینووسین و چاوی پێدا بخشێنین. ",
        // Hindi, Marathi, Nepali: half forms and viramas that are seen.
        "क्\u{200D}ष और क्\u{200C}ष, शक्\u{200C}ति, विद्\u{200C}या, बुद्\u{200C}धि, द्\u{200D}वारा. ",
        "दुसऱ्\u{200D}या सुऱ्\u{200D}या, गर्\u{200D}यो, भन्\u{200D}यो, पऱ्\u{200D}यो. ",
        // Bengali: YA-PHALAA after RA, KHANDA TA of old, viramas that are seen.
        "র\u{200D}্যাব, র\u{200D}্যাম, র\u{200D}্যাঙ্ক, হঠাত্\u{200D}, উদ্\u{200C}যাপন, শেক্\u{200C}সপিয়ার. ",
        // Kannada, Telugu.
        "ಅರ\u{200D}್ಥ, ವರ\u{200D}್ಷ, ರಾಜ್\u{200C}ಕುಮಾರ್, హైదరాబాద్\u{200C}లో, రాజ్\u{200C}కుమార్\u{200C}కు. ",
        // Malayalam: chillus by the joiner, conjuncts kept apart.
        "അവന്\u{200D} പറഞ്ഞു, ഞാന്\u{200D} നിങ്ങള്\u{200D}ക്കു വേണ്ടി കാത്തിരുന്നു; അവര്\u{200D} വീട്ടില്\u{200D} \
         വന്നപ്പോള്\u{200D} എന്\u{200D}റെ മകള്\u{200D} തമിഴ്\u{200C}നാട്ടില്\u{200D} ആയിരുന്നു. ",
        // Sinhala: conjuncts with RA, YA and others, and RA above.
        "ශ්\u{200D}රී ලංකා ප්\u{200D}රජාතාන්ත්\u{200D}රික සමාජවාදී ජනරජය, විද්\u{200D}යාව, ක්\u{200D}රියාව, වාක්\u{200D}ය, \
         ධර්\u{200D}මය, කාර්\u{200D}ය්\u{200D}යාලය, ක්\u{200D}ෂේත්\u{200D}රය. ",
        // Arabic dates, with marks of direction between their parts; Hebrew with them.
        "١\u{200F}/١\u{200F}/٢٠٢٦، ٣\u{200F}/٩\u{200F}/٢٠٢٦؛ ",
        "שלום C++\u{200E} עולם, \u{200F}123 שקל, \u{200E}+972-3-1234567\u{200E}. ",
        // Khmer and Thai with a space of no width between words.
        "ខ្ញុំ\u{200B}ទៅ\u{200B}ផ្សារ\u{200B}ទិញ\u{200B}ត្រី\u{200B}និង\u{200B}បន្លែ ",
        "ผม\u{200B}ไป\u{200B}ที่\u{200B}นา\u{200B}กับ\u{200B}แม่\u{200B}และ\u{200B}น้อง ",
        // Names with registered variants.
        "葛\u{E0100}城市の渡邉\u{E0101}さんと辻\u{E0100}さんが祇園の茶屋で会いました。",
        // Mongolian.
        "ᠮᠣᠩᠭ\u{180B}ᠣᠯ ᠠᠷᠬ\u{180E}ᠠ ᠪᠠᠢᠨ\u{202F}ᠠ ",
        // Slashed zeros, and a quotation in East Asian width.
        "10\u{FE00}24, 20\u{FE00}48, ‘\u{FE01}x’\u{FE01} ",
    ] {
        let text = unicode::normal::compose(text).unwrap_or_else(|| text.to_owned());
        untouched(&text.repeat(50));
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
