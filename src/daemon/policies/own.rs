//! The daemon's own secrets, told to the policy that looks for them, as fingerprints alone: no policy
//! sees a key. What a fingerprint is made of is in the README of `secrets`.
//!
//! The salt is new at each start, so a digest says nothing about those of another run. The length and the
//! mark know no salt: they tell of two runs whether a secret may be the same, and no more.

use std::sync::LazyLock;

use serde_json::Value;
use tokio::sync::watch;
use zeroize::Zeroizing;

use crate::config::openclaw::HookSettings;
use crate::config::{Config, ModuleSource, PolicyEntry};
use crate::daemon::random;
use crate::policy::{PolicyStatus, builtin};
use crate::types::digest::encode_hex;
use crate::types::{Digest, Secret};

/// The policy that looks for secrets, and its setting for those of the daemon.
const SECRETS: (&str, &str) = ("secrets", "own");

/// The lengths of a secret that has a fingerprint, in bytes: a shorter one would be guessed from it.
const LENGTHS: std::ops::RangeInclusive<usize> = 8..=256;

/// From how many bytes on what is derived from a secret counts: a shorter word may be one by chance,
/// and less of a secret may stand in any text.
const DISTINCT: usize = 16;

/// How much of a digest is kept, in bytes.
const KEPT: usize = 16;

/// What spreads the first eight bytes of a secret over its mark.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

/// The daemon's own secrets.
#[derive(Debug)]
pub(super) struct Own {
    salt: [u8; 16],
    /// Those that stay while the daemon runs, once they are known.
    lasting: watch::Receiver<Vec<Secret>>,
    /// The hook's token in the last `openclaw.json` that could be read.
    hook: Option<Secret>,
}

impl Own {
    /// The ones that `lasting` holds, and the hook's token.
    pub(super) fn new(lasting: watch::Receiver<Vec<Secret>>) -> Self {
        Self {
            salt: random::bytes(),
            lasting,
            hook: None,
        }
    }

    /// Hands the fingerprints to every entry that asks for them. Reads `openclaw.json`.
    pub(super) fn tell(&mut self, config: &Config, entries: &mut [PolicyEntry]) {
        // While it cannot be read the last token counts; the file is followed, so its next version does.
        if let Ok(hooks) = HookSettings::read(config.paths.openclaw_json()) {
            self.hook = hooks.and_then(|hooks| hooks.token);
        }
        let lasting = self.lasting.borrow();
        let configured = config.gateway.token.as_ref();
        let secrets = lasting.iter().chain(&self.hook).chain(configured);
        let prints = secrets.flat_map(|secret| {
            let forms = forms(secret.expose());
            let prints = forms.iter().filter_map(|form| self.fingerprint(form));
            prints.collect::<Vec<_>>()
        });
        let prints = Value::from_iter(prints);
        for entry in entries.iter_mut().filter(|entry| asks(entry)) {
            if let Value::Object(settings) = &mut entry.settings {
                settings.insert(SECRETS.1.to_owned(), prints.clone());
            }
        }
    }

    /// `LENGTH:SALT:DIGEST:MARK`.
    fn fingerprint(&self, secret: &[u8]) -> Option<String> {
        let first = secret
            .first_chunk()
            .filter(|_| LENGTHS.contains(&secret.len()))?;
        let salted = Zeroizing::new([&self.salt, secret].concat());
        let digest = encode_hex(&Digest::of(&salted).as_bytes()[..KEPT]);
        let mark = u64::from_be_bytes(*first).wrapping_mul(SPREAD) >> 48;
        let salt = encode_hex(&self.salt);
        Some(format!("{}:{salt}:{digest}:{mark:04x}", secret.len()))
    }
}

/// What a secret is known by: its text; its letters and digits alone, as they are left where it goes in
/// pieces; and the bytes that it is the hexadecimal digits or the base64 of.
fn forms(secret: &str) -> Vec<Zeroizing<Vec<u8>>> {
    let text = secret.as_bytes();
    let mut forms = vec![Zeroizing::new(text.to_vec())];
    // Room for all at once, so that no copy stays behind in memory.
    let mut alone = Zeroizing::new(Vec::with_capacity(text.len()));
    alone.extend(text.iter().filter(|byte| byte.is_ascii_alphanumeric()));
    // Hexadecimal digits may stand in groups, as those of a UUID.
    let bytes = match packed(&alone, 4, hex_value) {
        Some(bytes) => Some(bytes).filter(|bytes| LENGTHS.contains(&bytes.len())),
        None => packed(text, 6, base64_value).filter(|bytes| bytes.len() >= DISTINCT),
    };
    if alone.len() < text.len() && alone.len() >= DISTINCT {
        forms.push(alone);
    }
    forms.extend(bytes);
    forms
}

/// The bytes that `digits`, padded or not, say with `bits` each; none where one is no digit, or where
/// they end within a byte.
fn packed(digits: &[u8], bits: u32, value: fn(u8) -> Option<u8>) -> Option<Zeroizing<Vec<u8>>> {
    let padded = digits
        .iter()
        .rev()
        .take_while(|byte| **byte == b'=')
        .count();
    let digits = &digits[..digits.len() - padded];
    let mut bytes = Zeroizing::new(Vec::with_capacity(digits.len()));
    let (mut held, mut count) = (0_u32, 0);
    for digit in digits {
        held = held << bits | u32::from(value(*digit)?);
        count += bits;
        if count >= 8 {
            count -= 8;
            bytes.push((held >> count & 0xff) as u8);
        }
    }
    (count < bits).then_some(bytes)
}

fn hex_value(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).map(|value| value as u8)
}

/// The value of a digit of base64, in either of its alphabets.
fn base64_value(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}

/// Whether any of `entries` asks for the daemon's secrets.
pub(super) fn are_wanted(entries: &[PolicyEntry]) -> bool {
    entries.iter().any(asks)
}

/// Whether one of the policies in force may have been told the daemon's secrets.
pub(in crate::daemon) fn may_be_known_to(policies: &[PolicyStatus]) -> bool {
    static FINDER: LazyLock<Option<String>> = LazyLock::new(|| {
        let finder = builtin(SECRETS.0)?;
        Some(Digest::of(finder.bytes).to_string())
    });
    policies
        .iter()
        .any(|policy| policy.digest.is_some() && policy.digest == *FINDER)
}

/// Whether an entry is the policy that looks for secrets, and was not told to leave the daemon's alone.
fn asks(entry: &PolicyEntry) -> bool {
    entry.module == ModuleSource::Builtin(SECRETS.0.to_owned())
        && matches!(
            entry.settings.get(SECRETS.1),
            None | Some(Value::Bool(true))
        )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Environment, Overrides};

    const AGENT: &str = "3f9a1c77e0b24d5586aa10cf93d2be4471f0c8e6a95b3d2207e4f6181b9cd03a";

    fn config(settings: &str) -> Config {
        let text = format!(
            "[gateway]\ntoken = \"of-the-gateway\"\n[[policy]]\nname = \"keep\"\n\
             module = \"builtin:secrets\"\ndirections = [\"outbound\"]\nsettings = {{ {settings} }}\n"
        );
        let environment = Environment::from_pairs([("HOME", "/h")]);
        Config::from_text(
            &environment,
            &Overrides::default(),
            "/c.toml".as_ref(),
            &text,
        )
        .unwrap()
    }

    fn own(secrets: &[&str]) -> Own {
        let secrets = secrets.iter().map(|secret| Secret::new(*secret));
        Own::new(watch::channel(secrets.collect()).1)
    }

    fn told(own: &mut Own, settings: &str) -> Value {
        let config = config(settings);
        let mut entries = config.policies.clone();
        own.tell(&config, &mut entries);
        for entry in &entries {
            let untouched = entry.name == "keep" || entry.settings == serde_json::json!({});
            assert!(untouched, "{}", entry.name);
        }
        entries.last().unwrap().settings.clone()
    }

    #[test]
    fn the_policy_is_told_fingerprints_and_no_secret() {
        let mut known = own(&[AGENT, "short"]);
        let settings = told(&mut known, "entropy = 4.0");
        let prints = settings["own"].as_array().unwrap().iter();
        let prints = prints.map(|print| print.as_str().unwrap());
        let lengths: Vec<_> = prints
            .map(|print| print.split_once(':').unwrap().0)
            .collect();
        assert_eq!(lengths, ["64", "32", "14"], "{settings}");
        assert_eq!(settings["entropy"], 4.0);
        let text = settings.to_string();
        assert!(!text.contains(AGENT) && !text.contains("of-the-gateway"));
        assert_eq!(told(&mut known, "entropy = 4.0"), settings);
        let salted_anew = told(&mut own(&[AGENT, "short"]), "entropy = 4.0");
        assert_ne!(salted_anew, settings);
    }

    #[test]
    fn the_policy_finds_a_secret_by_the_fingerprint_of_it() {
        let own = own(&[]);
        let longest: String = (0..64).map(|n| format!("k{n:03}")).collect();
        for secret in [AGENT, "of-the-gateway", "8 bytes!", &longest] {
            let written = own.fingerprint(secret.as_bytes()).unwrap();
            let print = secrets::own::Fingerprint::new(&written).unwrap();
            assert!(print.is_of(secret.as_bytes()), "{written}");
            let prints = secrets::own::Fingerprints::new(vec![print]);
            // Between letters it is found by its mark alone.
            let place = 1..1 + secret.len();
            assert!(prints.find(&format!("x{secret}x")).contains(&place));
            assert!(prints.find(&secret[1..]).is_empty());
        }
        for (length, has_one) in [(7, false), (8, true), (256, true), (257, false)] {
            assert_eq!(secrets::own::LENGTHS.contains(&length), has_one);
            let print = own.fingerprint("k".repeat(length).as_bytes());
            assert_eq!(print.is_some(), has_one, "{length}");
        }
    }

    #[test]
    fn a_secret_is_known_by_its_letters_and_by_the_bytes_behind_it_too() {
        for (secret, others) in [
            (
                "3f9A1c77e0b24d55",
                vec![b"\x3f\x9a\x1c\x77\xe0\xb2\x4d\x55".to_vec()],
            ),
            (
                "blue kettle on the stove",
                vec![b"bluekettleonthestove".to_vec()],
            ),
            (
                "c2l4dGVlbiBieXRlcyEhIQ==",
                vec![
                    b"c2l4dGVlbiBieXRlcyEhIQ".to_vec(),
                    b"sixteen bytes!!!".to_vec(),
                ],
            ),
            ("c2l4dGVlbiBieXRlcyEhIQ", vec![b"sixteen bytes!!!".to_vec()]),
            (
                "30313233-3435-3637-3839-616263646566",
                vec![
                    b"30313233343536373839616263646566".to_vec(),
                    b"0123456789abcdef".to_vec(),
                ],
            ),
            ("of-the-gateway", vec![]),
            ("a.b.c.d", vec![]),
        ] {
            let forms = forms(secret);
            assert_eq!(*forms[0], secret.as_bytes());
            let derived: Vec<_> = forms[1..].iter().map(|form| form.to_vec()).collect();
            assert_eq!(derived, others, "{secret}");
        }
    }

    #[test]
    fn who_does_not_ask_is_not_told() {
        let mut own = own(&[AGENT]);
        assert_eq!(told(&mut own, "own = false")["own"], false);
        assert!(told(&mut own, "own = true")["own"].is_array());
        assert!(are_wanted(&config("").policies));
        assert!(!are_wanted(&config("own = false").policies));
    }

    #[test]
    fn the_hooks_token_is_followed_and_the_last_one_counts_while_it_cannot_be_read() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("openclaw.json");
        let environment = Environment::from_pairs([
            ("HOME", home.path().as_os_str()),
            ("OPENCLAW_CONFIG_PATH", file.as_os_str()),
        ]);
        let flags = Overrides::default();
        let config = Config::from_text(&environment, &flags, "/c.toml".as_ref(), "").unwrap();
        let mut own = own(&[]);
        for (text, expected) in [
            (r#"{"hooks": {"token": "first-token"}}"#, "first-token"),
            (r#"{"hooks": {"token": "secon"#, "first-token"),
            (r#"{"hooks": {"token": "second-token"}}"#, "second-token"),
        ] {
            std::fs::write(&file, text).unwrap();
            own.tell(&config, &mut []);
            assert!(own.hook.as_ref().unwrap().matches(expected), "{text}");
        }
    }
}
