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
    if written.contains(char::is_control) {
        return true;
    }
    let pairs = written
        .as_bytes()
        .windows(3)
        .filter(|three| three[0] == b'%');
    pairs.into_iter().any(|three| match (three[1], three[2]) {
        (b'0' | b'1', last) => last.is_ascii_hexdigit(),
        (b'7', b'f' | b'F') => true,
        _ => false,
    })
}

/// Whether the query is long.
pub(super) fn is_long(url: &Url) -> bool {
    url.query().is_some_and(|query| query.len() > LONG)
}

/// Whether the query or the fragment names a secret.
pub(super) fn has_credentials(url: &Url) -> bool {
    let mut names = values(url).map(|(name, _)| name);
    names.any(|name| {
        let name = name.to_ascii_lowercase().replace('-', "_");
        SECRETS.contains(&name.as_str())
    })
}

/// Whether a value in the query looks random.
pub(super) fn has_high_entropy(url: &Url) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let mut words = values(url).flat_map(|(_, value)| value.split(move |c| !is_part(c)));
    words.any(|word| {
        let digits = word.bytes().filter(u8::is_ascii_digit).count();
        let mixed = digits >= 2 && word.bytes().any(|byte| byte.is_ascii_alphabetic());
        word.len() >= MEASURED_FROM && mixed && entropy(word) >= RANDOM_BITS
    })
}

/// What the query and the fragment name, with its value.
fn values(url: &Url) -> impl Iterator<Item = (&str, &str)> {
    let parts = [url.query(), url.fragment()].into_iter().flatten();
    let pairs = parts.flat_map(|part| part.split(['&', ';']));
    pairs.map(|pair| pair.split_once('=').unwrap_or(("", pair)))
}

/// Bits for each byte of `value`, by how often each comes.
fn entropy(value: &str) -> f64 {
    let measured = &value.as_bytes()[..value.len().min(MEASURED_TO)];
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
