//! `url-tag`: what is disarmed stays as it is, nothing else of the text changes, and nothing that
//! would be disarmed is left.

use guest::{Policy, Verdict};
use url_tag::UrlTag;

use crate::{is_taken, text};

/// The defaults, and everything disarmed.
const SETTINGS: [&str; 2] = [
    "{}",
    r#"{"max_urls": 1, "max_url_length": 64, "action": {"nonstandard_port": "defang", "data": "defang", "app_scheme": "defang", "shortener": "defang"}}"#,
];

/// A dot becomes three characters, and nothing becomes more.
const LONGER: usize = 3;

/// A text.
pub fn holds(input: &[u8]) {
    let Ok(input) = std::str::from_utf8(input) else {
        return;
    };
    for json in SETTINGS {
        let settings = UrlTag::settings(json).expect("the settings are right");
        let judge = |content: &str| {
            let said = UrlTag::judge(&settings, &text(content), &mut guest::Remembered::default());
            is_taken(&said);
            said.verdict
        };
        let disarmed = match judge(input) {
            Verdict::Pass => continue,
            Verdict::Rewrite(disarmed) => disarmed,
            other @ (Verdict::Reject { .. } | Verdict::Hold { .. }) => panic!("{other:?}"),
        };
        assert!(disarmed.len() <= LONGER * input.len(), "{disarmed}");
        assert_eq!(undone(&disarmed), undone(input));
        assert_eq!(judge(&disarmed), Verdict::Pass, "{disarmed}");
    }
}

/// The text without what disarming may have put into it, as far as both sides of a comparison are
/// treated alike.
fn undone(text: &str) -> String {
    let armed = text.to_ascii_lowercase().replace("hxxp", "http");
    let armed = armed.replace("fxp", "ftp");
    armed.replace(['[', ']', '/'], "")
}
