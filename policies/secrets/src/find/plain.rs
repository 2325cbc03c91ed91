//! What is no secret although it stands where one would: placeholders, words, identifiers, ids.
//! And the measure of what looks random.

use crate::bytes::{ALNUM, DIGIT, HEX, LOWER, UPPER, is};

/// How much of a value is looked at, in bytes: what is random is so in its beginning.
const LOOKED_AT: usize = 64;

/// What people and standards write where a secret would stand, in lower case.
const STAND_INS: [&str; 26] = [
    "example",
    "exampl3",
    "placeholder",
    "changeme",
    "change-me",
    "change_me",
    "change-it",
    "replace",
    "redacted",
    "removed",
    "dummy",
    "sample",
    "xxxx",
    "yyyy",
    "your",
    "insert",
    "todo",
    "fake",
    "foobar",
    "12345678",
    "abcdefg",
    "deadbeef",
    "...",
    "***",
    // The pair of RFC 7617's example, and its password.
    "qwxhzgrpbjpvcgvuihnlc2ft",
    "open sesame",
];

/// Whether `value` stands in for a secret: it says so, repeats itself, or counts up.
pub(super) fn is_placeholder(value: &[u8]) -> bool {
    let looked_at = &value[..value.len().min(LOOKED_AT)];
    let few = match looked_at.len() {
        0..12 => 4,
        12..20 => 6,
        _ => 8,
    };
    distinct(looked_at) < few || counts_up(looked_at) || says_so(looked_at)
}

/// How many different characters there are, upper and lower case being one.
fn distinct(value: &[u8]) -> u32 {
    let seen = value.iter().fold(0_u128, |seen, byte| {
        seen | 1 << (byte.to_ascii_lowercase() & 0x7f)
    });
    seen.count_ones()
}

/// Whether half of the characters are the next or the same as the one before them.
fn counts_up(value: &[u8]) -> bool {
    let pairs = value.windows(2);
    let steps = pairs.filter(|pair| pair[1] == pair[0] || pair[1] == pair[0].wrapping_add(1));
    steps.count() * 2 >= value.len()
}

fn says_so(value: &[u8]) -> bool {
    (0..value.len()).any(|at| {
        let rest = &value[at..];
        let first = rest[0].to_ascii_lowercase();
        let mut words = STAND_INS.iter().map(|word| word.as_bytes());
        words.any(|word| {
            word[0] == first
                && rest.len() >= word.len()
                && rest[..word.len()].eq_ignore_ascii_case(word)
        })
    })
}

/// Whether most of `value` is words: runs of letters as people write them, capitals at the front.
pub(super) fn is_wordy(value: &[u8]) -> bool {
    let value = &value[..value.len().min(LOOKED_AT)];
    let (mut of_words, mut at) = (0, 0);
    while at < value.len() {
        let end = word_end(value, at);
        if end - at >= 4 && is_speakable(&value[at..end]) {
            of_words += end - at;
        }
        at = end.max(at + 1);
    }
    of_words * 2 > value.len()
}

/// Where the word that begins at `at` ends: capitals, or small letters after one capital or none.
fn word_end(value: &[u8], at: usize) -> usize {
    let count = |from: usize, alphabet| {
        let rest = value[from..].iter();
        rest.take_while(|byte| is(**byte, alphabet)).count()
    };
    let capitals = count(at, UPPER);
    match capitals {
        0 | 1 => at + capitals + count(at + capitals, LOWER),
        _ => at + capitals,
    }
}

/// Whether a run of letters has vowels about where words have them.
fn is_speakable(letters: &[u8]) -> bool {
    let is_vowel = |byte: &u8| {
        matches!(
            byte.to_ascii_lowercase(),
            b'a' | b'e' | b'i' | b'o' | b'u' | b'y'
        )
    };
    let vowels = letters.iter().filter(|byte| is_vowel(byte)).count();
    let longest = letters.split(is_vowel).map(<[u8]>::len).max();
    vowels * 5 >= letters.len() && longest.is_none_or(|longest| longest <= 4)
}

/// Whether `value` is a UUID, or a digest that says so.
pub(super) fn is_id(value: &[u8]) -> bool {
    let groups = value.split(|byte| *byte == b'-').map(|group| {
        let is_hex = group.iter().all(|byte| is(*byte, HEX));
        if is_hex { group.len() } else { 0 }
    });
    const DIGESTS: [&[u8]; 5] = [b"sha1", b"sha2", b"sha3", b"sha5", b"md5"];
    groups.eq([8, 4, 4, 4, 12]) || DIGESTS.iter().any(|name| value.starts_with(name))
}

/// How many of small letters, capitals, digits and other characters there are.
pub(super) fn kinds(value: &[u8]) -> usize {
    let has = |alphabet| value.iter().any(|byte| is(*byte, alphabet));
    let other = value.iter().any(|byte| !is(*byte, ALNUM));
    [has(LOWER), has(UPPER), has(DIGIT), other]
        .iter()
        .filter(|has| **has)
        .count()
}

/// Whether `value` looks random at `threshold` bits for each character. A short value cannot have
/// many, and one of hexadecimal digits has four at the most.
pub(super) fn is_random(value: &[u8], threshold: f64) -> bool {
    let possible = (value.len().min(256) as f64).log2();
    let bound = match value.iter().all(|byte| is(*byte, HEX)) {
        true => (threshold - 0.5).min(0.75 * possible),
        false => threshold.min(0.85 * possible),
    };
    bits(value) >= bound
}

/// Shannon's entropy of the characters, in bits for each.
fn bits(value: &[u8]) -> f64 {
    let value = &value[..value.len().min(256)];
    let mut counts = [0_u16; 256];
    for byte in value {
        counts[usize::from(*byte)] += 1;
    }
    let all = value.len() as f64;
    let counts = counts.iter().filter(|count| **count > 0);
    counts
        .map(|count| f64::from(*count) / all)
        .map(|share| -share * share.log2())
        .sum()
}

/// Whether `password`, which stands where a password stands, is one: not a word, not what examples
/// have there.
pub(super) fn is_password(password: &[u8], user: &[u8]) -> bool {
    password.len() >= 6
        && password.is_ascii()
        && kinds(password) >= 2
        && password != user
        && !password
            .iter()
            .any(|byte| matches!(byte, b'{' | b'}' | b'$' | b'<' | b'>' | b'*'))
        && !is_placeholder(password)
        && !is_common(password)
}

/// Whether it is a word for a secret, perhaps with a few digits after it.
fn is_common(password: &[u8]) -> bool {
    const WORDS: [&[u8]; 12] = [
        b"password",
        b"passwd",
        b"pass",
        b"passw0rd",
        b"p@ssw0rd",
        b"secret",
        b"token",
        b"admin",
        b"test",
        b"user",
        b"root",
        b"guest",
    ];
    let digits = password.iter().rev().take_while(|byte| is(**byte, DIGIT));
    let word = &password[..password.len() - digits.count()];
    let word = word.strip_suffix(b"_").unwrap_or(word);
    let word = word.strip_prefix(b"my").unwrap_or(word);
    WORDS.iter().any(|common| word.eq_ignore_ascii_case(common))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_is_told_from_what_is_random() {
        for (value, expected) in [
            ("xxxxxxxxxxxxxxxxxxxxxxxx", true),
            ("0123456789abcdef0123456789abcdef", true),
            ("IOSFODNN7EXAMPLE", true),
            ("your-token-goes-here-42", true),
            ("AAAAAAAAAAAAAAAAAAAAAAAA", true),
            ("abababababababababababab", true),
            ("9f86d081884c7d659a2feaa0", false),
            ("q7Rk2VtX9mZp4LwN8sYd", false),
        ] {
            assert_eq!(is_placeholder(value.as_bytes()), expected, "{value}");
        }
    }

    #[test]
    fn words_and_identifiers_are_wordy_and_random_text_is_not() {
        for (value, expected) in [
            ("self.settings.next_token", true),
            ("HmacSha256Signer", true),
            ("correct-horse-battery-9", true),
            ("CONFIGURED_BY_OPERATOR_2", true),
            ("q7Rk2VtX9mZp4LwN8sYd", false),
            ("9f86d081884c7d659a2feaa0c55ad015", false),
            ("k3j9x0q2mz7w1p5t8v4n", false),
        ] {
            assert_eq!(is_wordy(value.as_bytes()), expected, "{value}");
        }
    }

    #[test]
    fn randomness_is_measured_against_what_a_length_can_have() {
        for (value, threshold, expected) in [
            ("9f86d081884c7d659a2feaa0c55ad015", 3.5, true),
            ("q7Rk2VtX9mZp4LwN8sYd", 3.5, true),
            ("q7Rk2VtX9mZp4LwN8sYd", 4.5, true),
            ("aaaaaaaabbbbbbbbcccc1234", 3.5, false),
            ("11111111112222222222", 3.5, false),
        ] {
            assert_eq!(is_random(value.as_bytes(), threshold), expected, "{value}");
        }
    }
}
