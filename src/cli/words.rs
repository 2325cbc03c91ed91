//! Words that are no command: what is wrong with them, in the one sentence in which everything is said
//! that goes wrong.

use clap::Error;
use clap::error::ErrorKind;

/// What is most often wrong with the words after `send`.
const SENDING: &str = "; the text stands in one pair of quotes, the receiver after `--to`, seconds as \
                       in `--wait=5`";

/// How much is repeated of what was written, in characters.
const ECHOED: usize = 200;

/// The sentence on words that were not understood; none where help or the version was asked for, or
/// too little was said to say anything but the help.
pub(super) fn misunderstood(error: &Error) -> Option<String> {
    let is_help = matches!(
        error.kind(),
        ErrorKind::DisplayHelp
            | ErrorKind::DisplayVersion
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
    );
    (!is_help).then(|| {
        let mut said = sentence(&error.render().to_string());
        if error.kind() == ErrorKind::UnknownArgument
            && said.ends_with("see `opendialogue send --help`")
        {
            said.push_str(SENDING);
        }
        said
    })
}

/// Makes a sentence of what the parser wrote: what is wrong, its tips, and where the help is.
fn sentence(written: &str) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut help = "opendialogue --help".to_owned();
    for paragraph in written.split("\n\n") {
        let mut lines = paragraph.lines().map(str::trim);
        let first = lines.next().unwrap_or_default();
        if let Some(usage) = first.strip_prefix("Usage: ") {
            help = format!("{} --help", command(usage));
        } else if let Some(wrong) = first.strip_prefix("error: ") {
            let more: Vec<&str> = lines.collect();
            let wrong = format!("{wrong} {}", more.join(", "));
            parts.push(cut(wrong.trim_end()));
        } else {
            let tips = std::iter::once(first).chain(lines);
            parts.extend(tips.filter_map(|line| line.strip_prefix("tip: ").map(cut)));
        }
    }
    parts.push(format!("see `{help}`"));
    parts.join("; ")
}

/// No more of `text` than a person reads.
fn cut(text: &str) -> String {
    match text.char_indices().nth(ECHOED) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The command of a line on its usage, without what it takes.
fn command(usage: &str) -> String {
    let words = usage.split_whitespace();
    let command: Vec<&str> = words
        .take_while(|word| word.starts_with(|c: char| c.is_ascii_alphanumeric()))
        .collect();
    command.join(" ")
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::Words;

    #[test]
    fn words_that_are_no_command_are_told_in_one_sentence() {
        let mut told = Vec::new();
        for words in [
            "unheard-of",
            "statsu",
            "send --to 1 --wiat hello",
            "send --to --wait hello",
            "send --to=1|2 hello",
            "send",
            "send --to 1 -yes",
            "send --to 1 hello world",
            "send 1 hello",
            "send --to 1 --wait=soon hello",
            "trust blocked known",
            "trust 10000002",
            "trust 10000002 friend",
            "completions tcsh",
            "inbox --limit 501",
            "held release",
            "status status",
            "--config",
        ] {
            let all = ["opendialogue"].into_iter().chain(words.split_whitespace());
            let error = Words::try_parse_from(all).unwrap_err();
            let sentence = misunderstood(&error).unwrap_or_else(|| panic!("{words}: {error:?}"));
            assert!(!sentence.contains('\n'), "{sentence}");
            told.push(format!("{words}\n    {sentence}"));
        }
        insta::assert_snapshot!(told.join("\n"));
    }

    #[test]
    fn no_more_is_repeated_than_a_person_reads() {
        let long = "é".repeat(2_000);
        let error = Words::try_parse_from(["opendialogue", "status", &long]).unwrap_err();
        let sentence = misunderstood(&error).unwrap();
        assert!(
            sentence.contains("éé") && sentence.contains('…'),
            "{sentence}"
        );
        assert!(sentence.chars().count() < 300, "{sentence}");
    }

    #[test]
    fn help_stays_help() {
        for words in ["", "--help", "--version", "send --help", "policy"] {
            let all = ["opendialogue"].into_iter().chain(words.split_whitespace());
            let error = Words::try_parse_from(all).unwrap_err();
            assert_eq!(misunderstood(&error), None, "{words}");
        }
    }
}
