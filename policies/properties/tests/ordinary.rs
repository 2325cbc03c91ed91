//! Ordinary prose and code: the sources and the documents of packages that this workspace is built
//! with, and talks in nineteen languages. Nothing of it is changed that is not meant to be.

#![cfg(test)]

#[path = "../../packages.rs"]
mod packages;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use guest::{Decision, Direction, Kind, Message, Policy, Remembered, Trust, Verdict};
use sanitize::Sanitize;
use url_tag::UrlTag;

use packages::packages;

/// The packages, by name: Rust, and documents in English. None of them holds tables of Unicode, in
/// which every rare character stands by itself.
const PACKAGES: [&str; 23] = [
    "bitflags",
    "cfg-if",
    "either",
    "form_urlencoded",
    "hashbrown",
    "icu_collections",
    "icu_locale_core",
    "indexmap",
    "itoa",
    "libc",
    "linkify",
    "memchr",
    "percent-encoding",
    "proc-macro2",
    "prettyplease",
    "quote",
    "serde",
    "serde_core",
    "serde_json",
    "smallvec",
    "syn",
    "toml",
    "zerovec",
];

#[test]
fn sources_and_documents_come_out_of_sanitize_as_they_went_in() {
    let settings = Sanitize::settings(r#"{"max_chars": 65536}"#).unwrap();
    let mut changed = BTreeSet::new();
    let texts = texts();
    for (name, text) in &texts {
        if judged::<Sanitize>(&settings, text).verdict != Verdict::Pass {
            changed.insert(name.clone());
        }
    }
    assert_eq!(changed, BTreeSet::new(), "of {}", texts.len());
}

#[test]
fn nothing_is_disarmed_in_them_but_urls_that_are_meant() {
    let settings = UrlTag::settings(r#"{"max_urls": 30, "max_url_length": 8192}"#).unwrap();
    let mut disarmed = BTreeSet::new();
    let texts = texts();
    for (name, text) in &texts {
        let said = judged::<UrlTag>(&settings, text).annotations.into_iter();
        let said = said.filter(|said| said.key == "url" && said.value.ends_with("; disarmed"));
        // An image is fetched when it is shown, whoever means no harm by it.
        let meant = |value: &str| {
            value.contains(" in markdown_image;") || value.contains(" in html_source;")
        };
        disarmed.extend(said.filter(|said| !meant(&said.value)).map(|said| {
            let url = said.value.split(' ').next().unwrap_or_default();
            format!("{name}: {url}")
        }));
    }
    // A host without a dot is one of this network.
    let expected = ["linkify/url.rs: hxxps://www"].map(str::to_owned);
    assert_eq!(disarmed, BTreeSet::from(expected), "of {}", texts.len());
    assert!(texts.len() > 5_000, "{}", texts.len());
}

fn judged<P: Policy>(settings: &P::Settings, content: &str) -> Decision {
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
        content,
        now: 0,
    };
    P::judge(settings, &message, &mut Remembered::default())
}

/// Every text with the name of its file, in pieces of at most a message's length.
fn texts() -> Vec<(String, String)> {
    let mut texts = Vec::new();
    let policies = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let named = packages().into_iter();
    for (name, folder) in named.filter(|(name, _)| PACKAGES.contains(&name.as_str())) {
        take_folder(&name, &folder, &mut texts);
    }
    take_folder("talks", &policies.join("conversation/talks"), &mut texts);
    texts
}

fn take_folder(name: &str, folder: &Path, texts: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let file = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && !["tests", "data", "fuzz"].contains(&file.as_str()) {
            take_folder(name, &path, texts);
        }
        let extension = path.extension().and_then(|extension| extension.to_str());
        if !matches!(extension, Some("rs" | "md" | "txt" | "toml")) {
            continue;
        }
        let Ok(text) = fs::read_to_string(&path) else {
            continue;
        };
        for piece in pieces(&text) {
            texts.push((format!("{name}/{file}"), piece));
        }
    }
}

/// The text in pieces of some 2,000 bytes, cut between lines.
fn pieces(text: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    for line in text.split_inclusive('\n') {
        if let Some(last) = pieces.last_mut()
            && last.len() + line.len() <= 2_000
        {
            last.push_str(line);
        } else {
            pieces.push(line.to_owned());
        }
    }
    pieces
}
