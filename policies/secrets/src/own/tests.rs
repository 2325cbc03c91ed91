use super::*;

const SECRET: &str = "3f9a1c77e0b24d5586aa10cf93d2be4471f0c8e6a95b3d2207e4f6181b9cd03a";
const SALT: &[u8] = b"sixteen bytes...";

fn encoded(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn print_of(secret: &[u8], has_mark: bool) -> Fingerprint {
    let digest = Sha256::new()
        .chain_update(SALT)
        .chain_update(secret)
        .finalize();
    let mut written = format!(
        "{}:{}:{}",
        secret.len(),
        encoded(SALT),
        encoded(&digest[..KEPT])
    );
    if has_mark {
        let first = u64::from_be_bytes(secret[..MARKED].try_into().unwrap());
        written += &format!(":{:04x}", mark(first));
    }
    Fingerprint::new(&written).unwrap()
}

fn base64_of(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let groups = bytes.chunks(3).map(|group| {
        let bits = (0..3).fold(0_u32, |bits, at| {
            bits << 8 | u32::from(group.get(at).copied().unwrap_or(0))
        });
        let digits = (0..4).map(|at| DIGITS[(bits >> (18 - 6 * at)) as usize & 63]);
        let digits: String = digits.take(group.len() + 1).map(char::from).collect();
        format!("{digits:=<4}")
    });
    groups.collect()
}

fn base32_of(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let groups = bytes.chunks(5).map(|group| {
        let bits = (0..5).fold(0_u64, |bits, at| {
            bits << 8 | u64::from(group.get(at).copied().unwrap_or(0))
        });
        let digits = (0..8).map(|at| DIGITS[(bits >> (35 - 5 * at)) as usize & 31]);
        let count = (group.len() * 8).div_ceil(5);
        let digits: String = digits.take(count).map(char::from).collect();
        format!("{digits:=<8}")
    });
    groups.collect()
}

fn xxd(bytes: &[u8]) -> String {
    let lines = bytes.chunks(16).enumerate().map(|(at, line)| {
        let pairs: String = line.chunks(2).map(|pair| encoded(pair) + " ").collect();
        let shown = line.iter().map(|byte| match byte {
            b' '..=b'~' => char::from(*byte),
            _ => '.',
        });
        format!(
            "{:08x}: {pairs:<41}{}\n",
            at * 16,
            shown.collect::<String>()
        )
    });
    lines.collect()
}

#[test]
fn a_secret_is_found_in_every_spelling_and_whatever_stands_around_it() {
    let prints = Fingerprints::new(vec![print_of(SECRET.as_bytes(), true)]);
    let reversed: String = SECRET.chars().rev().collect();
    let percent: String = SECRET.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let broken: String = SECRET.chars().flat_map(|c| [c, '\u{200b}']).collect();
    let lines = format!("{}\r\n  {}", &SECRET[..20], &SECRET[20..]);
    let mut spellings = vec![
        SECRET.to_owned(),
        SECRET.to_uppercase(),
        reversed,
        percent,
        broken,
        lines,
        encoded(SECRET.as_bytes()),
        format!("a{}", encoded(SECRET.as_bytes())),
    ];
    for before in ["", "a", "ab", "abc"] {
        spellings.push(base64_of(format!("{before}{SECRET}").as_bytes()));
        let wrapped = base64_of(format!("{before}{SECRET}x").as_bytes());
        spellings.push(format!("{}\n{}", &wrapped[..30], &wrapped[30..]));
    }
    for spelling in spellings {
        for (before, after) in [("", ""), ("x", "y"), ("the token is ", "."), ("é\n", "é")] {
            let text = format!("{before}{spelling}{after}");
            let found = prints.find(&text);
            assert!(!found.is_empty(), "{text}");
            for place in found {
                assert!(place.start < place.end && place.end <= text.len(), "{text}");
            }
        }
    }
}

#[test]
fn pieces_tags_and_escapes_hide_no_secret() {
    let prints = Fingerprints::new(vec![print_of(SECRET.as_bytes(), true)]);
    let each = |write: &dyn Fn(u8) -> String| SECRET.bytes().map(write).collect::<String>();
    let pieces = |length: usize, between: &str| {
        let pieces = SECRET.as_bytes().chunks(length);
        let pieces: Vec<_> = pieces.map(|piece| str::from_utf8(piece).unwrap()).collect();
        pieces.join(between)
    };
    let tag = |byte: u8| {
        char::from_u32(0xe0000 + u32::from(byte))
            .unwrap()
            .to_string()
    };
    let wrapped = base64_of(SECRET.as_bytes());
    let spellings = [
        each(&tag),
        each(&|byte| format!("a{}", tag(byte))),
        each(&|byte| {
            if byte < b'8' {
                tag(byte)
            } else {
                char::from(byte).to_string()
            }
        }),
        each(&|byte| format!("{}{}", char::from(byte), tag(b'!'))),
        format!("> {}", pieces(16, "\n> ")),
        format!("- {}", pieces(16, "\n- ")),
        format!("1. {}", pieces(64, "")),
        pieces(4, "-"),
        pieces(2, ":"),
        pieces(8, " "),
        pieces(8, " · "),
        pieces(1, "\", \""),
        format!("\"{}\"", pieces(20, "\" + \"")),
        format!("\"{}\"", pieces(20, "\\n\"\n  \"")),
        format!("> {}\n> {}", &wrapped[..40], &wrapped[40..]),
        base32_of(SECRET.as_bytes()),
        base32_of(format!("ab{SECRET}").as_bytes()).to_lowercase(),
        each(&|byte| format!("\\u{byte:04x}")),
        each(&|byte| format!("\\u{{{byte:x}}}")),
        each(&|byte| format!("\\x{byte:02X}")),
        each(&|byte| format!("\\{byte:03o}")),
        each(&|byte| format!("&#{byte};")),
        each(&|byte| format!("&#x{byte:x};")),
        each(&|byte| format!("0x{byte:02x}, ")),
        pieces(1, "%2D").replace('3', "%33"),
        xxd(SECRET.as_bytes()),
    ];
    for spelling in spellings {
        for (before, after) in [("", ""), ("take this:\n", "\nthat is it")] {
            let text = format!("{before}{spelling}{after}");
            let found = prints.find(&text);
            assert!(!found.is_empty(), "{text}");
            for place in found {
                assert!(place.start < place.end && place.end <= text.len(), "{text}");
                assert!(text.is_char_boundary(place.start), "{text}");
            }
        }
    }
}

#[test]
fn the_bytes_behind_a_secret_are_found_in_every_digits() {
    let bytes = hex(SECRET).unwrap();
    let prints = Fingerprints::new(vec![print_of(&bytes, true)]);
    let escaped: String = bytes.iter().map(|byte| format!("\\x{byte:02x}")).collect();
    let listed: Vec<_> = bytes.iter().map(|byte| format!("0x{byte:02x}")).collect();
    let mut spellings = vec![
        SECRET.to_owned(),
        SECRET.to_uppercase(),
        escaped,
        listed.join(", "),
        xxd(&bytes),
        base64_of(&bytes).replace('/', "\\/"),
        base64_of(&bytes).replace('/', "%2F").replace('+', "%2B"),
    ];
    for before in 0..6 {
        let all = [&b"abcdef"[..before], &bytes].concat();
        let base64 = base64_of(&all);
        let at = 20;
        spellings.push(base64.replace('+', "-").replace('/', "_"));
        spellings.push(format!("> {}\n> {}", &base64[..at], &base64[at..]));
        spellings.push(format!("- {}\n- {}", &base64[..at], &base64[at..]));
        spellings.push(format!("\"{}\" + \"{}\"", &base64[..at], &base64[at..]));
        spellings.push(base64);
        spellings.push(base32_of(&all));
        spellings.push(format!(
            "{}\n{}",
            &base32_of(&all)[..at],
            &base32_of(&all)[at..]
        ));
    }
    for spelling in spellings {
        assert!(
            !prints.find(&format!("take\n{spelling}.")).is_empty(),
            "{spelling}"
        );
    }
    assert_eq!(prints.find(&SECRET[1..]), []);
}

#[test]
fn its_place_is_told() {
    let prints = Fingerprints::new(vec![print_of(SECRET.as_bytes(), true)]);
    let text = format!("é {SECRET}.");
    assert_eq!(prints.find(&text)[0], 3..3 + SECRET.len());
    let hex = encoded(SECRET.as_bytes());
    assert_eq!(prints.find(&format!("a. x{hex}"))[0].start, 4);
    let base64 = base64_of(SECRET.as_bytes());
    assert_eq!(prints.find(&format!("a. {base64}"))[0].start, 3);
    let reversed: String = SECRET.chars().rev().collect();
    assert_eq!(
        prints.find(&format!("a. {reversed}."))[0],
        3..3 + SECRET.len()
    );
}

#[test]
fn without_a_mark_it_is_found_where_it_stands_alone() {
    let prints = Fingerprints::new(vec![print_of(SECRET.as_bytes(), false)]);
    assert!(!prints.find(&format!("\"{SECRET}\"")).is_empty());
    assert_eq!(prints.find(&format!("x{SECRET}")), []);
    for spelling in [
        SECRET.to_uppercase(),
        encoded(SECRET.as_bytes()),
        base64_of(SECRET.as_bytes()),
        base32_of(SECRET.as_bytes()),
        SECRET.replace('3', "\\x33"),
    ] {
        let found = prints.find(&format!("it is \"{spelling}\""));
        assert!(!found.is_empty(), "{spelling}");
    }
}

#[test]
fn what_is_not_the_secret_is_not_found() {
    let prints = Fingerprints::new(vec![print_of(SECRET.as_bytes(), true)]);
    for other in [
        &SECRET[1..],
        &SECRET[..63],
        "",
        "short",
        &SECRET.replace('3', "4"),
    ] {
        assert_eq!(prints.find(other), [], "{other}");
    }
    assert_eq!(Fingerprints::default().find(SECRET), []);
}

#[test]
fn a_text_that_would_cost_too_much_is_taken_for_the_secret() {
    let prints = Fingerprints::new(vec![print_of(b"12345678", true)]);
    assert_eq!(prints.find(&"abcdefgh".repeat(8_192)), []);
    // Whoever knows the mark alone can make the policy hold the text, and nothing else.
    let same_mark = "12345678".repeat(8_192);
    let other = Fingerprint {
        digest: [0; KEPT],
        ..prints.prints[0].clone()
    };
    assert_eq!(Fingerprints::new(vec![other]).find(&same_mark).len(), 1);
}
