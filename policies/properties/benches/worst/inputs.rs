//! The texts that are measured: one as people write them, and those that were made to cost.

/// How long each is, in bytes, to within a character.
const SIZE: usize = 64 * 1024;

/// As long as the longest scheme that is looked for, and longer.
const LONG_WORD: &str =
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaadata:";

/// What people write: several languages, numbers, emoji, a link in each paragraph.
pub(crate) fn typical() -> String {
    repeat(
        "The build is green again: the cache was stale, so I cleared it and ran all 214 tests twice. \
         گزارش را خواندم، نامه‌ها رسید و «فهرست» هم کامل بود. 報告書を読みました。ありがとうございます。 \
         हिन्दी में भी ठीक है, कल दस बजे मिलते हैं। 👩🏽‍💻 Да, всё готово, отправляю завтра утром. \
         Nguyễn Thị Hằng hat die Übersicht schon: https://example.com/reports/2026?page=2 is the one. \
         한국어 문서도 확인했습니다. Could you look at the second half, and say what is missing?\n\n",
    )
}

/// What was made to cost, each with its name.
pub(crate) fn adversarial() -> Vec<(String, String)> {
    let repeated = REPEATED.iter();
    let repeated = repeated.map(|(name, piece)| ((*name).to_owned(), repeat(piece)));
    let behind = BEHIND.iter();
    let behind = behind.map(|(name, first, piece)| ((*name).to_owned(), filled(first, piece)));
    repeated.chain(behind).chain(made()).collect()
}

/// Those that are one piece over and over.
const REPEATED: [(&str, &str); 119] = [
    ("one combining mark", "\u{301}"),
    (
        "combining marks out of order",
        "\u{301}\u{323}\u{345}\u{31b}",
    ),
    (
        "a letter and nine marks",
        "a\u{301}\u{323}\u{301}\u{323}\u{301}\u{323}\u{301}\u{323}\u{301}",
    ),
    ("letters with a mark each", "e\u{301}"),
    ("letters with two marks that join", "u\u{308}\u{304}"),
    ("marks of Hebrew and Arabic", "\u{5b0}\u{64b}\u{651}\u{5c1}"),
    ("zero width joiners", "\u{200d}"),
    ("zero width non-joiners", "\u{200c}"),
    ("joiners between Arabic letters", "ب\u{200d}"),
    (
        "joiners behind marks of Arabic",
        "ب\u{651}\u{64b}\u{651}\u{64b}\u{200c}",
    ),
    (
        "joiners in a heap of marks",
        "\u{64b}\u{64b}\u{64b}\u{64b}\u{64b}\u{64b}\u{200c}",
    ),
    ("zero width spaces", "\u{200b}"),
    ("zero width spaces in Thai", "ไ\u{200b}"),
    (
        "everything of no width",
        "\u{200b}\u{200c}\u{200d}\u{2060}\u{feff}",
    ),
    ("marks of direction", "\u{200e}"),
    ("marks of direction in spaces", "\u{200f} "),
    ("marks of direction in Hebrew", "א\u{200f}"),
    ("overrides", "\u{202e}a\u{202c}"),
    ("isolates", "\u{2066}\u{2069}"),
    ("tag characters", "\u{e0041}"),
    ("black flags", "\u{1f3f4}"),
    (
        "flags of England",
        "\u{1f3f4}\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
    ),
    (
        "flags that are none",
        "\u{1f3f4}\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e007f}",
    ),
    ("variation selectors", "\u{fe0f}"),
    ("selectors of ideographs", "葛\u{e0100}\u{e0101}"),
    ("emoji", "👩🏽‍💻"),
    ("joined emoji", "👩\u{200d}"),
    ("soft hyphens", "\u{ad}"),
    ("grapheme joiners", "\u{34f}"),
    ("Hangul fillers", "\u{115f}\u{1160}"),
    ("jamo", "\u{1100}\u{1161}\u{11a8}"),
    ("Hangul", "한국어 "),
    ("ideographs", "漢字仮名"),
    ("rare ideographs", "\u{20000}\u{30000}"),
    ("kana", "ひらがなカタカナ"),
    ("Thai", "ภาษาไทย"),
    ("Khmer", "ភាសាខ្មែរ"),
    ("Ethiopic", "አማርኛ "),
    ("Cherokee", "ᏣᎳᎩ "),
    ("Adlam", "𞤀𞤣𞤤𞤢𞤥"),
    ("circled letters", "ⓐⒷ"),
    ("compatibility ideographs", "\u{fa30}"),
    ("canonical singletons", "\u{212b}\u{2126}"),
    ("composition exclusions", "\u{958}\u{fb1d}"),
    ("the longest decompositions", "\u{390}\u{1f82}"),
    ("Devanagari", "क्षत्रि"),
    ("Mongolian", "ᠠ\u{180b}\u{180e}"),
    ("NUL", "\0"),
    ("C1 controls", "\u{84}"),
    ("ESC", "\u{1b}"),
    ("ESC [", "\u{1b}["),
    ("ESC ]", "\u{1b}]"),
    ("ESC and a space of no width", "\u{1b}\u{200b}"),
    ("CSI", "\u{9b}"),
    ("OSC", "\u{9d}"),
    ("colours", "\u{1b}[31mx\u{1b}[0m"),
    ("CR", "\r"),
    ("CR LF", "\r\n"),
    ("paragraph separators", "\u{2029}"),
    ("words of two scripts", "p\u{430}ypal "),
    ("words of three scripts", "аbγ "),
    ("one word of two scripts", "p\u{430}"),
    ("mathematical letters", "𝐬𝐲𝐬𝐭𝐞𝐦 "),
    ("letters with ligatures", "\u{fdfa}"),
    ("http://", "http://"),
    ("http:// and a letter", "http://a"),
    ("http:// and a space", "http://a "),
    ("http://a/?", "http://a/?"),
    ("https:", "https:a "),
    ("//", "//"),
    ("// and a host", " //a.bc"),
    ("a.", "a."),
    ("a.bc/", "a.bc/"),
    (":", ":"),
    ("a:", "a:"),
    ("what ends as data: does", "ta:"),
    ("a://", "a://"),
    ("a:// and a space", "a:// "),
    ("a:// and a letter", "a://b "),
    ("1://", "1://"),
    ("long words and a colon", LONG_WORD),
    ("hxxp://", "hxxp://"),
    ("http://!", "http://!"),
    ("http://!a@b", "http://!a@b "),
    ("data: and dots", "data:.."),
    ("javascript:", "javascript:"),
    ("javascript: and more", "javascript:a(1)"),
    ("broken scripts", "java\nscript:x()"),
    ("TAB and colon", "\t:"),
    ("letters, TAB and colon", "aaaaaaaaa\t:"),
    ("data:", "data:"),
    ("data: and a comma", "data:a/b,"),
    ("mailto:", "mailto:a@b.c "),
    ("www.", "www.a.bc "),
    ("@", "a@"),
    ("[", "["),
    ("](", "]("),
    ("[a](http://b.c)", "[a](http://b.c)"),
    ("![](", "![](http://a.bc/)"),
    ("<a href=", "<a href=http://a.bc>"),
    ("backticks", "`"),
    ("runs of backticks", "` `` "),
    ("fences", "```\n~~~\n"),
    ("xn--", "http://xn--a.xn--b.c "),
    ("names in Unicode", "http://bücher.例え.テスト "),
    ("hosts out of digits", "http://0x7f.1 "),
    ("beginnings of tokens", "sk-ghp_AKIAxoxb-eyJ"),
    ("beginnings of keys", "-----BEGIN "),
    ("keys that nothing ends", "-----BEGIN PRIVATE KEY-----\nAA"),
    ("names of secrets", "password="),
    ("names of secrets, and values", "api_key: x1Y2z3 "),
    ("tokens in three parts", "eyJhbGciOi.eyJ."),
    ("base64", "QUJDRA=="),
    ("base64 without end", "QUJD"),
    ("hexadecimal digits", "0a1b"),
    ("escapes of letters", "\\u0041"),
    ("encoded letters", "%41"),
    ("entities", "&#65;"),
    ("letters far apart", "a b c d "),
];

/// Those that begin with one thing and go on with another.
const BEHIND: [(&str, &str, &str); 14] = [
    ("one letter, then marks", "a", "\u{301}\u{323}"),
    ("an OSC that nothing ends", "\u{1b}]0;", "a"),
    ("a CSI that nothing ends", "\u{1b}[", "1;"),
    ("a DCS of ESC", "\u{90}", "\u{1b}"),
    ("one long word of two scripts", "а", "a"),
    ("a URL without end", "http://a.bc/", "a"),
    ("a query without end", "http://a.bc/?", "a=b&"),
    ("a query of brackets", "http://a.bc/?", "([{"),
    ("a host without end", "http://", "a."),
    ("a host of ideographs", "http://", "漢"),
    ("a user without end", "http://", "a:"),
    ("a data URL without end", "data:text/html,", "%41"),
    ("a scheme without end", "", "aa"),
    ("a link's text without end", "[", "a]("),
];

/// Those that are made otherwise.
fn made() -> Vec<(String, String)> {
    let half = SIZE / 2;
    let deep = "[".repeat(half) + &"]".repeat(half);
    let ticks: String = (1..)
        .map(|length| "`".repeat(length) + " ")
        .take(350)
        .collect();
    let parentheses = format!(
        "http://a.bc/{}{}",
        "(".repeat(half - 10),
        ")".repeat(half - 10)
    );
    let onion = "\u{1b}".repeat(half) + &"[1m".repeat(half / 3);
    let labels = "[![".repeat(SIZE / 20) + &"](http://a.bc/)".repeat(SIZE / 20);
    let host = |piece: &str| format!("http://{}^ ", piece.repeat(2_000 / piece.len()));
    let whole = |piece: &str| format!("http://{} ", piece.repeat(2_000 / piece.len()));
    [
        ("long hosts that are none", repeat(&host("a"))),
        ("long hosts in parts that are none", repeat(&host("a."))),
        ("long hosts of marks that are none", repeat(&host("a="))),
        ("long hosts in Unicode that are none", repeat(&host("漢"))),
        ("long users of hosts that are none", repeat(&host("a@"))),
        ("long hosts", repeat(&whole("a"))),
        ("long hosts in parts", repeat(&whole("a."))),
        ("long hosts in Unicode", repeat(&whole("漢"))),
        ("long hosts in Unicode in parts", repeat(&whole("漢."))),
        ("long users", repeat(&whole("a@"))),
        ("long paths", repeat(&whole("a/"))),
        ("long queries", repeat(&whole("a?&"))),
        ("long paths in Unicode", repeat(&whole("/漢"))),
        ("long paths, disarmed", repeat(&whole("a/")) + " http://0/"),
        (
            "long queries, disarmed",
            repeat(&whole("a?&")) + " http://0/",
        ),
        ("long users, disarmed", repeat(&whole("a@")) + " http://0/"),
        (
            "names in Unicode, disarmed",
            "http://漢字.例え.テスト ".repeat(40) + &repeat(" http://0/"),
        ),
        (
            "queries that look random",
            repeat(&whole("?0a_bcdefghijklmnopqrst0&")),
        ),
        (
            "queries that look random, disarmed",
            "http://0/ ".to_owned() + &repeat(&whole("?0a_bcdefghijklmnopqrst0&")),
        ),
        ("brackets in brackets", deep),
        ("longer and longer backticks", ticks),
        ("parentheses in a URL", parentheses),
        ("escapes that uncover escapes", onion),
        ("images in links in images", labels),
    ]
    .map(|(name, text)| (name.to_owned(), text))
    .into()
}

fn repeat(piece: &str) -> String {
    filled("", piece)
}

/// `first`, then `piece` over and over.
fn filled(first: &str, piece: &str) -> String {
    let mut text = first.to_owned();
    while text.len() + piece.len() <= SIZE {
        text.push_str(piece);
    }
    text
}
