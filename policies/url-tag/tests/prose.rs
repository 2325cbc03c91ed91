//! Ordinary prose and code in many languages, in which nothing is disarmed that is no URL.

#![cfg(test)]

use std::fs;
use std::path::Path;

use guest::{Direction, Kind, Message, Policy, Remembered, Trust, Verdict};
use url_tag::UrlTag;
use url_tag::settings::Settings;

#[test]
fn prose_and_code_come_out_as_they_went_in() {
    let corpus = include_str!("data/prose.txt");
    let mut pieces = 0;
    for piece in corpus.split("\n%%\n") {
        assert_eq!(rewritten(piece), None, "{piece}");
        pieces += 1;
    }
    assert_eq!(pieces, 44);
}

/// The sources of this workspace, without the tests, in which dangerous URLs stand on purpose.
#[test]
fn our_own_sources_come_out_as_they_went_in() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut files = 0;
    for package in ["acl", "guest", "idna-adapter", "sanitize", "unicode"] {
        files += check_folder(&root.join(package).join("src"));
    }
    assert!(files > 20, "{files}");
}

fn check_folder(folder: &Path) -> usize {
    let mut files = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files += check_folder(&path);
        } else {
            let text = fs::read_to_string(&path).unwrap();
            assert_eq!(rewritten(&text), None, "{}", path.display());
            files += 1;
        }
    }
    files
}

fn rewritten(text: &str) -> Option<String> {
    let message = Message {
        direction: Direction::Inbound,
        kind: Kind::Text,
        trust: Trust::Unknown,
        released: false,
        id: "1",
        from: "10000001",
        to: "20000002",
        conversation: None,
        turn: None,
        content: text,
        now: 0,
    };
    match UrlTag::judge(&Settings::default(), &message, &mut Remembered::default()).verdict {
        Verdict::Pass => None,
        Verdict::Rewrite(text) => Some(text),
        other @ (Verdict::Reject { .. } | Verdict::Hold { .. }) => panic!("{other:?}"),
    }
}
