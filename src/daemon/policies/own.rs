//! The daemon's own secrets, told to the policy that looks for them, as fingerprints alone: no policy
//! sees a key. What a fingerprint is made of is in the README of `secrets`.
//!
//! The salt is new at each start, so the fingerprints of one run say nothing about those of another.

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
        let prints = secrets.filter_map(|secret| self.fingerprint(secret));
        let prints = Value::from_iter(prints);
        for entry in entries.iter_mut().filter(|entry| asks(entry)) {
            if let Value::Object(settings) = &mut entry.settings {
                settings.insert(SECRETS.1.to_owned(), prints.clone());
            }
        }
    }

    /// `LENGTH:SALT:DIGEST:MARK`.
    fn fingerprint(&self, secret: &Secret) -> Option<String> {
        let secret = secret.expose().as_bytes();
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
        assert_eq!(lengths, ["64", "14"], "{settings}");
        assert_eq!(settings["entropy"], 4.0);
        let text = settings.to_string();
        assert!(!text.contains(AGENT) && !text.contains("of-the-gateway"));
        assert_eq!(told(&mut known, "entropy = 4.0"), settings);
        let salted_anew = told(&mut own(&[AGENT, "short"]), "entropy = 4.0");
        assert_ne!(salted_anew, settings);
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
