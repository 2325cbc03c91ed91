//! What loading a configuration is held to, whatever the file says: every complaint has its place in
//! it, the token is never shown, and what is in force is shown as it would be written.
//!
//! One function, run by the fuzz target `config` and for every file of its corpus.

use std::path::Path;

use super::{Config, Environment, Origin, Overrides, Report};

const FILE: &str = "/etc/od/opendialogue.toml";

/// Loads `input`, and panics where that is not so.
pub(super) fn holds(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    match load(text) {
        Ok(config) => is_shown_as_it_would_be_written(&config),
        Err(report) => has_its_places(&report, text),
    }
}

fn has_its_places(report: &Report, text: &str) {
    assert!(!report.is_empty());
    let lines = text.split('\n').count();
    for complaint in report.complaints() {
        assert!(!complaint.sentence.is_empty(), "{report}");
        let Origin::File(path, at) = &complaint.origin else {
            panic!("nothing else was given: {complaint}");
        };
        assert!(
            path == Path::new(FILE) && (1..=lines).contains(&at.line),
            "{complaint}"
        );
    }
}

fn is_shown_as_it_would_be_written(config: &Config) {
    if config.gateway.token.is_some() {
        let shown = config
            .settings
            .iter()
            .find(|one| one.key == "gateway.token");
        assert_eq!(shown.map(|one| &*one.value), Some("(hidden)"));
    }
    // Left out are words that stand for something else, and the escapes of another language.
    let is_as_written = |value: &str| !value.starts_with('(') && !value.contains('\\');
    let shown = config.settings.iter();
    let shown = shown.filter(|one| !one.key.starts_with("policy.") && is_as_written(&one.value));
    let shown: Vec<(&str, &str)> = shown.map(|one| (&*one.key, &*one.value)).collect();
    let lines: Vec<String> = shown
        .iter()
        .map(|(key, value)| format!("{key} = {value}\n"))
        .collect();
    let again = load(&lines.concat());
    let again = again.unwrap_or_else(|report| panic!("{}\n{report}", lines.concat()));
    for (key, value) in shown {
        let after = again.settings.iter().find(|one| one.key == key);
        assert_eq!(after.map(|one| &*one.value), Some(value), "{key}");
    }
}

fn load(text: &str) -> Result<Config, Report> {
    let environment = Environment::from_pairs([("HOME", "/home/ada")]);
    Config::from_text(&environment, &Overrides::default(), Path::new(FILE), text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::corpus;

    #[test]
    fn every_file_of_the_corpus_holds() {
        for text in corpus::of("config") {
            holds(text.as_bytes());
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]
        #[test]
        fn so_does_every_file_that_was_changed_somewhere(
            text in corpus::changed("config", "[\\[\\]{}='\"#.,\\\\a-z0-9:\\-_ \né]{0,8}")
        ) {
            holds(text.as_bytes());
        }
    }
}
