//! What the rest of a URL carries: controls, secrets by name, what looks random.

use url::Url;

/// A query past this is long, in bytes: searches and tracking stay below.
const LONG: usize = 256;

/// Values shorter than this are not measured: any few characters look random.
const MEASURED_FROM: usize = 24;
/// Values are measured to here; what is random is so in its beginning.
const MEASURED_TO: usize = 512;
/// Bits for each character from which a value looks random: hexadecimal digits come near 4, base64
/// near 6. Sentences exceed it too, but they have spaces, or no digits.
const RANDOM_BITS: f64 = 3.5;

/// Names under which secrets travel.
const SECRETS: [&str; 18] = [
    "access_token",
    "accesskey",
    "api_key",
    "apikey",
    "auth",
    "authorization",
    "client_secret",
    "id_token",
    "jwt",
    "key",
    "pass",
    "passwd",
    "password",
    "pwd",
    "refresh_token",
    "secret",
    "session",
    "token",
];

/// Whether control characters stand in `written`, or are encoded in it.
pub(super) fn has_control(written: &str) -> bool {
    let bytes = written.as_bytes();
    let mut place = 0;
    while let Some(byte) = bytes.get(place) {
        let behind = &bytes[place + 1..];
        let is_control = match byte {
            // The first byte of the controls past ASCII.
            0xC2 => matches!(behind, [..=0x9F, ..]),
            b'%' => match behind {
                [b'0' | b'1', last, ..] => last.is_ascii_hexdigit(),
                [b'7', b'f' | b'F', ..] => true,
                _ => false,
            },
            byte => byte.is_ascii_control(),
        };
        if is_control {
            return true;
        }
        place += 1;
    }
    false
}

/// Whether the query is long.
pub(super) fn is_long(url: &Url) -> bool {
    url.query().is_some_and(|query| query.len() > LONG)
}

/// Whether the query or the fragment names a secret.
pub(super) fn has_credentials(url: &Url) -> bool {
    values(url).any(|(name, _)| SECRETS.iter().any(|secret| is_called(name, secret)))
}

/// Whether `name` is `secret`, in either case and with hyphens or underscores.
fn is_called(name: &[u8], secret: &str) -> bool {
    let plain = |byte: &u8| match byte {
        b'-' => b'_',
        byte => byte.to_ascii_lowercase(),
    };
    name.len() == secret.len() && name.iter().map(plain).eq(secret.bytes())
}

/// Whether a value in the query looks random.
pub(super) fn has_high_entropy(url: &Url) -> bool {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let mut words = values(url).flat_map(|(_, value)| value.split(move |byte| !is_part(byte)));
    words.any(|word| word.len() >= MEASURED_FROM && is_mixed(word) && entropy(word) >= RANDOM_BITS)
}

/// Whether `word` has digits and letters.
fn is_mixed(word: &[u8]) -> bool {
    let digits = word.iter().filter(|byte| byte.is_ascii_digit()).count();
    digits >= 2 && word.iter().any(u8::is_ascii_alphabetic)
}

/// What the query and the fragment name, with its value.
fn values(url: &Url) -> impl Iterator<Item = (&[u8], &[u8])> {
    let parts = [url.query(), url.fragment()].into_iter().flatten();
    let pairs = parts.flat_map(|part| part.as_bytes().split(|byte| matches!(byte, b'&' | b';')));
    pairs.map(|pair| match pair.iter().position(|byte| *byte == b'=') {
        Some(place) => (&pair[..place], &pair[place + 1..]),
        None => (&pair[..0], pair),
    })
}

/// Bits for each byte of `value`, by how often each comes.
fn entropy(value: &[u8]) -> f64 {
    let measured = &value[..value.len().min(MEASURED_TO)];
    let mut counts = [0_u32; 256];
    for byte in measured {
        counts[usize::from(*byte)] += 1;
    }
    let all = measured.len() as f64;
    let shares = counts
        .into_iter()
        .filter(|count| *count > 0)
        .map(|count| f64::from(count) / all);
    -shares.map(|share| share * share.log2()).sum::<f64>()
}
