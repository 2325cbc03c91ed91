//! The standards' own test data, as the packages carry it: it holds the tables that this workspace
//! puts in the place of theirs to the same answers.

#![cfg(test)]

#[path = "../../packages.rs"]
mod packages;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use serde_json::Value;
use url::Url;

use packages::packages;

#[test]
fn the_url_standards_test_data_pass() {
    let tests = package("url").join("tests");
    let expected_failures = read(&tests.join("expected_failures.txt"));
    let expected_failures: HashSet<_> = expected_failures.lines().collect();
    let data: Value = serde_json::from_str(&read(&tests.join("urltestdata.json"))).unwrap();
    let (mut passed, mut known, mut failed) = (0, Vec::new(), Vec::new());
    for case in data
        .as_array()
        .unwrap()
        .iter()
        .filter(|case| case.is_object())
    {
        // A lone surrogate is no text in Rust.
        let Some(input) = case["input"].as_str() else {
            continue;
        };
        let name = match case["base"].as_str() {
            Some(base) => format!("<{}> against <{}>", escaped(input), escaped(base)),
            None => format!("<{}>", escaped(input)),
        };
        if passes(case, input) {
            passed += 1;
        } else if expected_failures.contains(name.as_str()) {
            known.push(name);
        } else {
            failed.push(name);
        }
    }
    assert_eq!(failed, Vec::<String>::new());
    assert_eq!((passed, known.len()), (783, 36));
}

fn passes(case: &Value, input: &str) -> bool {
    let parsed = match case["base"].as_str() {
        Some(base) => Url::parse(base).and_then(|base| base.join(input)),
        None => Url::parse(input),
    };
    match (parsed, case["failure"].as_bool()) {
        (Err(_), failure) => failure == Some(true),
        (Ok(_), Some(true)) => false,
        (Ok(url), _) => {
            url.as_str() == case["href"]
                && url::quirks::hostname(&url) == case["hostname"]
                && url::quirks::protocol(&url) == case["protocol"]
                && url::quirks::port(&url) == case["port"]
                && url::quirks::pathname(&url) == case["pathname"]
        }
    }
}

fn escaped(text: &str) -> String {
    text.chars().flat_map(char::escape_debug).collect()
}

#[test]
fn every_line_of_the_idna_test_is_right() {
    let text = read(&package("idna").join("tests/IdnaTestV2.txt"));
    let mut lines = 0;
    for line in text.lines() {
        let line = line.split('#').next().unwrap().trim();
        if line.is_empty() {
            continue;
        }
        let columns: Vec<_> = line
            .split(';')
            .map(|column| unescaped(column.trim()))
            .collect();
        let [source, unicode, unicode_errors, ascii, ascii_errors, ..] = &columns[..] else {
            panic!("{line}");
        };
        if unicode.contains(is_newer) || source.contains(is_newer) {
            continue;
        }
        let or = |said: &String, other: &String| match said.as_str() {
            "" => other.clone(),
            "\"\"" => String::new(),
            said => said.to_owned(),
        };
        let source = or(source, &String::new());
        let unicode = or(unicode, &source);
        let ascii = or(ascii, &unicode);
        let ascii_errors = or(ascii_errors, unicode_errors);
        let (said, result) = idna::uts46::Uts46::new().to_unicode(
            source.as_bytes(),
            idna::AsciiDenyList::STD3,
            idna::uts46::Hyphens::Check,
        );
        // The package does not tell an empty label where a name is only shown.
        if !unicode_errors.contains("X4_2") {
            assert_eq!(result.is_err(), has_errors(unicode_errors), "{line}");
            assert!(result.is_err() || said == unicode, "{line}: {said}");
        }
        let result = idna::uts46::Uts46::new().to_ascii(
            source.as_bytes(),
            idna::AsciiDenyList::STD3,
            idna::uts46::Hyphens::Check,
            idna::uts46::DnsLength::Verify,
        );
        assert_eq!(
            result.is_err(),
            has_errors(&ascii_errors),
            "{line}: {result:?}"
        );
        if let Ok(said) = result {
            assert_eq!(said, ascii, "{line}");
        }
        lines += 1;
    }
    assert_eq!(lines, 6_294);
}

/// Whether `c` was assigned after version 16, of which the data are: ideographs and seal script.
fn is_newer(c: char) -> bool {
    matches!(c, '\u{323B0}'..='\u{33479}' | '\u{3D000}'..='\u{3FC3F}')
}

/// Whether a status such as `[B1, V7]` names an error.
fn has_errors(status: &str) -> bool {
    !status.trim_matches(['[', ']']).is_empty()
}

/// The text with its `\u` escapes read.
fn unescaped(column: &str) -> String {
    let mut pieces = column.split("\\u");
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let code = u32::from_str_radix(&piece[..4], 16).unwrap();
        // A lone surrogate cannot be written, but an invalid character in its place errs alike.
        text.push(char::from_u32(code).unwrap_or('\u{FFFF}'));
        text.push_str(&piece[4..]);
    }
    text
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The folder of the sources of a package that this one is built with.
fn package(name: &str) -> PathBuf {
    let mut packages = packages().into_iter();
    packages.find(|(found, _)| found == name).unwrap().1
}
