//! One text for each detector, as its provider documents the format. Every token is put together here
//! at run time, so that nobody who searches this repository takes it for a leak.

#![cfg(test)]

use guest::{Direction, Kind, Message, Policy, Remembered, Trust, Verdict};
use secrets::Secrets;
use secrets::detector::DETECTORS;
use secrets::find::checksum::checksum;
use secrets::settings::Settings;

const DIGITS: &str = "0123456789";
const HEX: &str = "0123456789abcdef";
const LOWER: &str = "abcdefghijklmnopqrstuvwxyz0123456789";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const ALNUM: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const URL64: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const BASE64: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

#[test]
fn every_detector_finds_what_it_is_for_and_once() {
    for seed in 1..20 {
        for (detector, text) in texts(seed) {
            let told = told(&text);
            let is_it = told.starts_with(&format!("{detector} at "));
            assert!(
                is_it && !told.contains(", "),
                "{detector} {seed}: `{told}` of {text}"
            );
        }
    }
    let tried: Vec<_> = texts(1).into_iter().map(|(detector, _)| detector).collect();
    // The tests of the fingerprints try the first one.
    for (name, _) in &DETECTORS[1..] {
        assert!(tried.contains(name), "{name}");
    }
}

#[test]
fn nothing_that_was_found_is_repeated() {
    for (detector, text) in texts(7) {
        let told = told(&text);
        let parts = text.split(|c: char| !c.is_ascii_alphanumeric());
        for part in parts.filter(|part| part.len() >= 8 && !detector.contains(part)) {
            assert!(!told.contains(part), "{told}");
        }
    }
}

fn texts(seed: u64) -> Vec<(&'static str, String)> {
    let mut state = seed;
    let mut any = |alphabet: &str, length: usize| -> String {
        let next = std::iter::repeat_with(|| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            char::from(alphabet.as_bytes()[(state >> 33) as usize % alphabet.len()])
        });
        next.take(length).collect()
    };
    let mut all: Vec<(&'static str, String)> = Vec::new();
    let mut add = |detector, pieces: &[&str]| all.push((detector, pieces.concat()));
    let summed = |random: String| {
        let sum = checksum(random.as_bytes()).map(char::from);
        random + &sum.iter().collect::<String>()
    };
    add(
        "private_key",
        &["-----BEGIN ", "RSA PRIVATE KEY-----\n", &any(BASE64, 64)],
    );
    add(
        "private_key",
        &[
            "{\"key\": \"-----BEGIN ",
            "PRIVATE KEY-----\\n",
            &any(BASE64, 64),
            "\\n",
        ],
    );
    add("private_key", &["AGE-SECRET-", "KEY-1", &any(UPPER, 58)]);
    let header = base64(b"{\"alg\":\"HS256\",\"typ\":\"JWT\"}");
    add(
        "jwt",
        &[&header, ".", &any(URL64, 60), ".", &any(URL64, 43)],
    );
    let header = base64(b"{\"typ\":\"JWT\",\"alg\":\"RSA-OAEP\",\"enc\":\"A256GCM\"}");
    let parts = [
        any(URL64, 80),
        any(URL64, 16),
        any(URL64, 60),
        any(URL64, 22),
    ]
    .join(".");
    add("jwt", &[&header, ".", &parts]);
    for prefix in ["AK", "AS"] {
        add("aws_key", &["id ", prefix, "IA", &any(UPPER, 16)]);
    }
    add(
        "aws_key",
        &["aws_secret_access", "_key = ", &any(ALNUM, 39), "7"],
    );
    for kind in ["p", "o", "u", "s", "r"] {
        add(
            "github_token",
            &["x gh", kind, "_", &summed(any(ALNUM, 30))],
        );
    }
    add(
        "github_token",
        &["github", "_pat_", &any(ALNUM, 22), "_", &any(ALNUM, 59)],
    );
    add("gitlab_token", &["gl", "pat-", &any(URL64, 19), "x"]);
    add(
        "gitlab_token",
        &["gl", "pat-", &any(URL64, 27), ".", &any(LOWER, 9)],
    );
    add("gitlab_token", &["gl", "rt-", &any(URL64, 19), "x"]);
    let ids = [any(DIGITS, 12), any(DIGITS, 13)].join("-");
    add("slack_token", &["xo", "xb-", &ids, "-", &any(ALNUM, 24)]);
    add(
        "slack_token",
        &["xo", "xp-", &ids, "-", &ids, "-", &any(HEX, 32)],
    );
    let hook = [
        "T",
        &any(UPPER, 10),
        "/B",
        &any(UPPER, 10),
        "/",
        &any(ALNUM, 24),
    ]
    .concat();
    add(
        "slack_token",
        &["https://hooks.", "slack.com/services/", &hook],
    );
    add("stripe_key", &["sk", "_live_", &any(ALNUM, 24)]);
    add("stripe_key", &["rk", "_live_", &any(ALNUM, 99)]);
    add("google_key", &["key=AI", "za", &any(URL64, 34), "x"]);
    add("google_key", &["GOC", "SPX-", &any(URL64, 27), "x"]);
    add("google_key", &["ya", "29.", &any(URL64, 120)]);
    add(
        "openai_key",
        &[
            "sk",
            "-proj-",
            &any(URL64, 74),
            "T3Blbk",
            "FJ",
            &any(URL64, 74),
        ],
    );
    add(
        "openai_key",
        &["sk", "-", &any(ALNUM, 20), "T3Blbk", "FJ", &any(ALNUM, 20)],
    );
    add(
        "anthropic_key",
        &["sk", "-ant-api03-", &any(URL64, 93), "AA"],
    );
    add(
        "npm_token",
        &["//registry/:_authToken=npm", "_", &summed(any(ALNUM, 30))],
    );
    add(
        "pypi_token",
        &["pypi-AgEIcHl", "waS5vcmc", &any(URL64, 150)],
    );
    add("huggingface_token", &["hf", "_", &any(&ALNUM[..52], 34)]);
    add(
        "telegram_token",
        &["bot 1", &any(DIGITS, 8), ":AA", &any(URL64, 33)],
    );
    let number = base64(format!("1{}", any(DIGITS, 17)).as_bytes());
    add(
        "discord_token",
        &["bot ", &number, ".", &any(URL64, 6), ".", &any(URL64, 38)],
    );
    let hook = ["1", &any(DIGITS, 18), "/", &any(URL64, 68)].concat();
    add("discord_token", &["discord.com", "/api/webhooks/", &hook]);
    add(
        "sendgrid_key",
        &["SG", ".", &any(URL64, 22), ".", &any(URL64, 43)],
    );
    add("twilio_key", &["sid: S", "K", &any(HEX, 32)]);
    add("square_token", &["sq0", "atp-", &any(URL64, 22)]);
    add("square_token", &["EA", "AA", &any(URL64, 60)]);
    for kind in ["at", "ca", "pa", "ss"] {
        add("shopify_token", &["shp", kind, "_", &any(HEX, 32)]);
    }
    add("digitalocean_token", &["dop", "_v1_", &any(HEX, 64)]);
    add(
        "azure_key",
        &[
            "AccountName=x;Account",
            "Key=",
            &any(BASE64, 86),
            "==;EndpointSuffix=y",
        ],
    );
    add(
        "azure_key",
        &["SharedAccess", "Key=", &any(BASE64, 43), "="],
    );
    add(
        "azure_key",
        &["x ", &any(ALNUM, 3), "8", "Q~", &any(ALNUM, 34)],
    );
    add("service_token", &["lin", "_api_", &any(ALNUM, 40)]);
    add("service_token", &["hv", "s.", &any(URL64, 95)]);
    add(
        "service_token",
        &["PM", "AK-", &any(HEX, 24), "-", &any(HEX, 34)],
    );
    add(
        "connection_string",
        &[
            "mongodb+srv://app:",
            &any(ALNUM, 12),
            "!9a@db.internal/prod",
        ],
    );
    add(
        "url_password",
        &["https://", "oauth2:", &any(ALNUM, 12), "!9a@git.internal/x"],
    );
    add(
        "authorization",
        &["Authorization: Bearer ", &any(ALNUM, 39), "7"],
    );
    let pair = base64(format!("ada:{}!9a", any(ALNUM, 12)).as_bytes());
    add("authorization", &["authorization: Basic ", &pair]);
    for (before, after) in [
        ("MY_API_KEY=", ""),
        ("api-key: ", ""),
        ("{\"clientSecret\": \"", "\"}"),
        ("tool --auth-token ", " --verbose"),
        ("export DB_PASSWORD='", "'"),
        ("| password | ", " |"),
        ("headers[\"X-Api-Key\"] = \"", "\";"),
        ("{\\\"access_token\\\":\\\"", "\\\"}"),
        ("**Password:** `", "`"),
        ("the secret is ", "."),
    ] {
        add("named_secret", &[before, &any(ALNUM, 30), "7x", after]);
    }
    add("named_secret", &["encryption_key: ", &any(HEX, 64)]);
    all
}

fn base64(bytes: &[u8]) -> String {
    let groups = bytes.chunks(3).map(|group| {
        let bits = (0..3).fold(0_usize, |bits, at| {
            bits << 8 | usize::from(group.get(at).copied().unwrap_or(0))
        });
        let digits = (0..=group.len()).map(|at| bits >> (18 - 6 * at) & 63);
        let digits = digits.map(|digit| char::from(BASE64.as_bytes()[digit]));
        digits.collect::<String>()
    });
    groups.collect()
}

fn told(text: &str) -> String {
    let message = Message {
        direction: Direction::Outbound,
        kind: Kind::Text,
        trust: Trust::Owner,
        released: false,
        id: "1",
        from: "20000002",
        to: "10000001",
        conversation: None,
        turn: None,
        content: text,
        now: 0,
    };
    let said = Secrets::judge(&Settings::default(), &message, &mut Remembered::default());
    match said.verdict {
        Verdict::Hold { reason, .. } => {
            let places = reason.strip_prefix("it seems to hold a secret: ").unwrap();
            assert_eq!(places, said.annotations[0].value);
            places.to_owned()
        }
        Verdict::Pass | Verdict::Rewrite(_) | Verdict::Reject { .. } => String::new(),
    }
}
