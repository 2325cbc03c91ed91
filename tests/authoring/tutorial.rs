//! The page on writing one's own policy, followed word for word: its files are written, its commands
//! typed, and what it shows is what comes, but for digests, sizes and times.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::cargo;
use crate::commands::process::{Daemon, Home, Ran};

/// The home of whoever writes the policy.
const ADA: &str = "/home/ada";
/// How often a command is typed until it shows what it is to show; what is followed takes effect
/// within two seconds.
const TRIES: usize = 500;

/// Something that the page has its reader do.
#[derive(Debug)]
enum Step {
    Write { file: String, text: String },
    Type { line: String, shows: Option<String> },
}

#[test]
fn the_page_on_writing_ones_own_is_followed_word_for_word() {
    let home = cargo::home();
    let ada = home.path().to_str().unwrap().to_owned();
    let home = home.with("OPENDIALOGUE_HOME", &format!("{ada}/.openclaw"));
    let programs = Path::new(env!("CARGO_BIN_EXE_opendialogue"))
        .parent()
        .unwrap();
    let path = cargo::variable("PATH").unwrap();
    let home = home.with("PATH", &format!("{}:{path}", programs.display()));
    fs::create_dir(home.path().join(".openclaw")).unwrap();
    symlink(cargo::folder("no-secrets"), home.path().join("no-secrets")).unwrap();
    let daemon = Daemon::start(&home);

    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("references/policies.md");
    let steps = steps(&fs::read_to_string(page).unwrap());
    let (mut written, mut typed) = (0, 0);
    for step in &steps {
        match step {
            Step::Write { file, text } => {
                written += 1;
                let file = file.replacen('~', &ada, 1);
                fs::write(home.path().join(file), text.replace(ADA, &ada)).unwrap();
            }
            Step::Type { line, shows } => {
                typed += 1;
                follow(&home, line, shows.as_deref());
            }
        }
    }
    assert!(written == 4 && typed >= 12, "{steps:#?}");
    assert_eq!(daemon.end(), 0);
}

/// Types `line`, again where it does not show yet what it is to show.
fn follow(home: &Home, line: &str, shows: Option<&str>) {
    let mut last = None;
    // Only what a daemon tells changes by itself.
    let tries = if line.contains("policy list") {
        TRIES
    } else {
        1
    };
    for _ in 0..tries {
        let ran = home.type_in(line);
        match shows {
            None => assert_eq!(ran.code, 0, "{line}: {ran:?}"),
            Some(shows) if masked(&shown(&ran)) != masked(shows) => {
                last = Some(ran);
                continue;
            }
            Some(_) => {}
        }
        return;
    }
    let ran = last.unwrap();
    panic!("{line}\n{}\n{}", shown(&ran), ran.stderr);
}

/// What a reader sees of a command that is not cargo's.
fn shown(ran: &Ran) -> String {
    let ours = ran.stderr.split_inclusive('\n');
    let ours = ours.skip_while(|line| !line.starts_with("opendialogue: "));
    ran.stdout.clone() + &ours.collect::<String>()
}

/// `text` with a sign in the place of what differs from run to run and from machine to machine, and
/// one space where there are several.
fn masked(text: &str) -> String {
    let words = text.split([' ', '\n']).filter(|word| !word.is_empty());
    let words: Vec<&str> = words.collect();
    let of_machine = |at: usize| {
        let word = words[at].trim_matches(|c: char| c.is_ascii_punctuation());
        let is_number = word.parse::<f64>().is_ok();
        let unit = words.get(at + 1).copied().unwrap_or_default();
        let has_unit = ["bytes", "bytes,", "KiB", "of"].contains(&unit);
        let is_digest = word.len() >= 12 && word.chars().all(|c| c.is_ascii_hexdigit());
        is_digest || (is_number && (word.contains('.') || has_unit))
    };
    let words = (0..words.len()).map(|at| if of_machine(at) { "#" } else { words[at] });
    words.collect::<Vec<_>>().join(" ")
}

/// What the section on writing one's own has its reader do, in order.
fn steps(page: &str) -> Vec<Step> {
    let (_, section) = page.split_once("\n## Writing one's own\n").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let mut steps = Vec::new();
    let mut prose = "";
    let mut lines = section.lines();
    while let Some(line) = lines.next() {
        let Some(kind) = line.strip_prefix("```") else {
            prose = if line.is_empty() { prose } else { line };
            continue;
        };
        let body = lines.by_ref().take_while(|line| *line != "```");
        let body: Vec<&str> = body.collect();
        match kind {
            "" => steps.extend(session(&body)),
            "sh" => steps.extend(body.iter().map(|line| Step::Type {
                line: (*line).to_owned(),
                shows: None,
            })),
            _ => steps.push(Step::Write {
                file: named(prose),
                text: body.join("\n") + "\n",
            }),
        }
    }
    steps
}

/// Commands behind `$`, each with what it shows.
fn session(body: &[&str]) -> Vec<Step> {
    let mut commands: Vec<(String, String)> = Vec::new();
    for line in body {
        match (line.strip_prefix("$ "), commands.last_mut()) {
            (Some(command), _) => commands.push((command.to_owned(), String::new())),
            (None, Some((_, shows))) => shows.extend([*line, "\n"]),
            (None, None) => panic!("nothing was typed before `{line}`"),
        }
    }
    let steps = commands.into_iter();
    steps
        .map(|(line, shows)| Step::Type {
            line,
            shows: Some(shows),
        })
        .collect()
}

/// The file that the line before a fence names: "In `FILE`:".
fn named(prose: &str) -> String {
    let name = prose
        .strip_suffix("`:")
        .and_then(|line| line.rsplit('`').next());
    let name = name.unwrap_or_else(|| panic!("no file is named by `{prose}`"));
    assert!(PathBuf::from(name).extension().is_some(), "{name}");
    name.to_owned()
}
