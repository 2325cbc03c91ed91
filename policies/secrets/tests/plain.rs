//! Ordinary code and prose in which there is nothing to find: the sources and READMEs of packages that
//! this workspace is built or tested with, and this repository's own documents.

#![cfg(test)]

#[path = "../../packages.rs"]
mod packages;

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use guest::{Direction, Kind, Message, Policy, Remembered, Trust};
use secrets::Secrets;
use secrets::settings::Settings;

use packages::packages;

/// The packages that are read, whole.
const PACKAGES: [&str; 8] = [
    "url",
    "serde_json",
    "toml",
    "wit-bindgen",
    "proptest",
    "linkify",
    "idna",
    "sha2",
];

/// What is read of them.
const READ: [&str; 5] = ["rs", "md", "toml", "json", "txt"];

#[test]
fn sources_and_readmes_hold_nothing() {
    let packages = packages();
    let (mut bytes, mut wrong) = (0, Vec::new());
    for name in PACKAGES {
        let folder = packages.iter().find(|(package, _)| package == name);
        let folder = &folder.unwrap_or_else(|| panic!("no package `{name}`")).1;
        bytes += check_folder(folder, &mut wrong);
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert!(bytes > 1_000_000, "{bytes}");
}

#[test]
fn our_own_documents_hold_nothing() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let (mut bytes, mut wrong) = (0, Vec::new());
    for folder in [
        "references",
        "wit",
        "policies/guest",
        "policies/unicode",
        "policies/acl",
    ] {
        bytes += check_folder(&root.join(folder), &mut wrong);
    }
    for file in [
        "README.md",
        "CHANGELOG.md",
        "SKILL.md",
        "Cargo.toml",
        "Cargo.lock",
        "policies/secrets/README.md",
    ] {
        bytes += check_file(&root.join(file), &mut wrong);
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert!(bytes > 250_000, "{bytes}");
}

fn check_folder(folder: &Path, wrong: &mut Vec<String>) -> usize {
    let mut bytes = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        // What stands in tests stands there on purpose.
        let is_test = path.file_stem().is_some_and(|name| name == "tests");
        if is_test {
            continue;
        }
        if path.is_dir() {
            bytes += check_folder(&path, wrong);
        } else if READ
            .iter()
            .any(|end| path.extension().is_some_and(|is| is == *end))
        {
            bytes += check_file(&path, wrong);
        }
    }
    bytes
}

fn check_file(path: &Path, wrong: &mut Vec<String>) -> usize {
    let text = fs::read_to_string(path).unwrap_or_default();
    let found = said(&text);
    if !found.is_empty() {
        wrong.push(format!("{}: {}", path.display(), found.join("; ")));
    }
    text.len()
}

fn said(text: &str) -> Vec<String> {
    let message = Message {
        direction: Direction::Outbound,
        kind: Kind::Text,
        trust: Trust::Known,
        released: false,
        id: "1",
        from: "20000002",
        to: "10000001",
        conversation: None,
        turn: None,
        content: text,
        now: 0,
    };
    let settings = SETTINGS.get_or_init(as_the_daemon_has_them);
    let said = Secrets::judge(settings, &message, &mut Remembered::default());
    let annotations = said.annotations.into_iter();
    annotations.map(|annotation| annotation.value).collect()
}

static SETTINGS: OnceLock<Settings> = OnceLock::new();

/// With as many fingerprints as the daemon gives at most, of various marks.
fn as_the_daemon_has_them() -> Settings {
    let prints = (1..=12_u32).map(|count| {
        let mark = count.wrapping_mul(40_503) & 0xffff;
        format!("{}:5a17:{count:032x}:{mark:04x}", 8 + 4 * count)
    });
    let own: Vec<_> = prints.collect();
    let settings = serde_json::json!({ "own": own });
    Settings::from_json(&settings.to_string()).unwrap()
}
