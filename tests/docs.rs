//! The documents say what is: their links lead somewhere, their commands and flags exist, the skill
//! keeps its rules, and every test that the threats name is there.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use serde_json::Value;

mod markdown;

use markdown::{anchors, code_spans, fenced_lines, links};

#[test]
fn every_relative_link_leads_somewhere() {
    let mut broken = Vec::new();
    for document in documents() {
        for link in links(&read(&document)) {
            if link.contains("://") {
                continue;
            }
            let (path, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = match path {
                "" => document.clone(),
                path => document.parent().unwrap().join(path),
            };
            let leads = target.exists()
                && (anchor.is_empty() || anchors(&read(&target)).iter().any(|one| one == anchor));
            if !leads {
                broken.push(format!("{}: {link}", relative(&document)));
            }
        }
    }
    assert_eq!(broken, Vec::<String>::new());
}

#[test]
fn every_command_and_flag_in_the_documents_exists() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for document in documents() {
        let text = read(&document);
        for line in [fenced_lines(&text), code_spans(&text)].concat() {
            let Some(words) = words_for_us(&line) else {
                continue;
            };
            seen += 1;
            if let Err(why) = check_command(&words) {
                wrong.push(format!("{}: `{line}`: {why}", relative(&document)));
            }
        }
    }
    assert!(seen > 40, "only {seen} commands were found");
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn the_readme_lists_every_command_and_no_other() {
    let readme = read(&root().join("README.md"));
    let mut listed = BTreeSet::new();
    for row in readme.lines().filter(|line| line.starts_with("| `")) {
        let words = row.trim_start_matches("| `").split([' ', '`']);
        listed.extend(words.take(1).map(str::to_owned));
    }
    assert_eq!(listed, subcommands(&[]));
}

#[test]
fn the_readmes_test_command_is_the_one_that_decides_what_lands() {
    let readme = read(&root().join("README.md"));
    let script = fs::read_to_string(root().join(".ci/run")).unwrap();
    assert!(
        fenced_lines(&readme)
            .iter()
            .any(|line| line == "cargo test")
    );
    assert!(script.lines().any(|line| line == "cargo test"));
}

#[test]
fn the_skill_declares_itself_by_the_rules() {
    let skill = read(&root().join("SKILL.md"));
    let (front, body) = skill
        .strip_prefix("---\n")
        .and_then(|rest| rest.split_once("\n---\n"))
        .unwrap();
    let field = |name: &str| {
        let line = front.lines().find(|line| line.starts_with(name)).unwrap();
        let value = line.split_once(':').unwrap().1.trim();
        value.trim_matches('"').to_owned()
    };
    let keys: Vec<&str> = front
        .lines()
        .map(|line| line.split_once(':').unwrap().0)
        .collect();
    let known = [
        "name",
        "description",
        "license",
        "compatibility",
        "user-invocable",
        "metadata",
    ];
    assert_eq!(keys, known);
    assert_eq!(field("name"), "opendialogue");
    assert!((1..160).contains(&field("description").chars().count()));
    assert!((1..=500).contains(&field("compatibility").chars().count()));
    assert_eq!(field("license"), "MIT");
    assert_eq!(field("user-invocable"), "true");

    let metadata: Value = serde_json::from_str(&field("metadata")).unwrap();
    let openclaw = metadata["openclaw"].as_object().unwrap();
    assert_eq!(openclaw["requires"]["bins"][0], "opendialogue");
    assert!(openclaw["os"].is_array() && openclaw["emoji"].is_string());
    assert!(openclaw.keys().all(|key| key != "always"));
    assert!(body.lines().count() < 500);
}

#[test]
fn the_skill_names_no_token_and_pastes_no_text() {
    let skill = read(&root().join("SKILL.md"));
    let lines = fenced_lines(&skill);
    let mut sends = 0;
    for (at, line) in lines.iter().enumerate() {
        assert!(!line.contains('$'), "the shell would read: {line}");
        if !line.starts_with("opendialogue send") {
            continue;
        }
        sends += 1;
        let (command, delimiter) = line.split_once(" - <<'").expect(line);
        let delimiter = delimiter.strip_suffix('\'').expect(line);
        assert!(!command.contains('"') && !command.contains('\''), "{line}");
        assert!(lines[at..].iter().any(|line| line == delimiter), "{line}");
    }
    assert!(sends > 1);
    for word in ["Bearer", "Authorization", "opendialogue/token", "18787"] {
        assert!(!skill.contains(word), "{word}");
    }
    assert!(!lines.iter().any(|line| line.contains("curl")));
}

#[test]
fn the_skill_knows_the_task_by_its_name_and_its_facts() {
    let skill = read(&root().join("SKILL.md"));
    let hook = read(&root().join("src/daemon/agent/hook.rs"));
    let render = read(&root().join("src/daemon/agent/render.rs"));
    assert!(hook.contains("\"OpenDialogue\"") && skill.contains("Task: OpenDialogue"));
    for fact in ["From", "Trust", "Conversation", "Message id", "Received"] {
        assert!(render.contains(&format!("\"{fact}: {{}}\"")), "{fact}");
        assert!(skill.contains(&format!("\n{fact}: ")), "{fact}");
    }
}

#[test]
fn the_skill_reads_on_one_level_deep_and_says_when() {
    let skill = read(&root().join("SKILL.md"));
    let mut pages = 0;
    for link in links(&skill).iter().filter(|link| !link.starts_with('#')) {
        let page = link.strip_prefix("references/").expect(link);
        assert!(!page.contains('/'), "{link}");
        let (_, after) = skill.split_once(&format!("({link})")).unwrap();
        assert!(
            after.starts_with(": before") || after.starts_with(": when"),
            "{link}"
        );
        pages += 1;
    }
    assert!(pages > 2);
}

#[test]
fn every_test_that_the_threats_name_is_there() {
    let threats = read(&root().join("references/threats.md"));
    let mut missing = Vec::new();
    let mut named = 0;
    for span in code_spans(&threats) {
        let Some((file, test)) = span.split_once(".rs: ") else {
            continue;
        };
        named += 1;
        let text = fs::read_to_string(root().join(format!("{file}.rs"))).unwrap_or_default();
        if !text.contains(&format!("fn {test}(")) {
            missing.push(span);
        }
    }
    assert!(named > 40, "only {named} tests are named");
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn the_architecture_names_every_module_and_every_decision() {
    let architecture = read(&root().join("references/architecture.md"));
    let mut missing = Vec::new();
    for name in names_in("src").difference(&names(&["lib.rs", "main.rs"])) {
        let module = name.trim_end_matches(".rs");
        if !architecture.contains(&format!("`{module}`")) {
            missing.push(name.clone());
        }
    }
    let linked: BTreeSet<String> = links(&architecture).into_iter().collect();
    for decision in names_in("references/decisions") {
        if !linked.contains(&format!("decisions/{decision}")) {
            missing.push(decision);
        }
    }
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn the_documents_speak_of_the_project_alone() {
    /// Hosts that a reader may be sent to, or that stand as examples.
    const HOSTS: [&str; 11] = [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "localhost",
        "[::1]",
        "example.org",
        "relay.example.org",
        "od.wenmsg.fun",
        "rustup.rs",
        "evil.example",
        "json-schema.org",
    ];
    /// Folders in which people and build machines work.
    const PERSONAL: [&str; 7] = ["home", "Users", "root", "tmp", "work", "workspace", "mnt"];
    let mut strange = Vec::new();
    for document in documents() {
        let text = read(&document);
        for rest in text.split("://").skip(1) {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && !"-.[]".contains(c));
            let host = rest[..end.unwrap_or(rest.len())].replace("[.]", ".");
            let host = host.trim_end_matches('.');
            let is_placeholder = host.is_empty() || host == "host";
            if !is_placeholder && !HOSTS.contains(&host) && !host.ends_with(".example") {
                strange.push(format!("{}: {host}", relative(&document)));
            }
        }
        for word in text.split(|c: char| c.is_whitespace() || "`\"'()|".contains(c)) {
            let mut parts = word.strip_prefix('/').unwrap_or_default().split('/');
            let first = parts.next().unwrap_or_default();
            if PERSONAL.contains(&first) && !word.starts_with("/home/ada/") {
                strange.push(format!("{}: {word}", relative(&document)));
            }
        }
    }
    assert_eq!(strange, Vec::<String>::new());
}

/// The words after the program's name, where `line` is a command for it.
fn words_for_us(line: &str) -> Option<Vec<String>> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let ours = |word: &&str| *word == "opendialogue" || word.ends_with("/opendialogue");
    let at = match line.strip_prefix("cargo run") {
        Some(_) => words.iter().position(|word| *word == "--")?,
        None => words.iter().position(ours)?,
    };
    let rest = words.get(at + 1..)?;
    let is_command = |word: &str| word.chars().all(|c| c.is_ascii_lowercase());
    let first = rest.first()?;
    is_command(first).then(|| rest.iter().map(|&word| word.to_owned()).collect())
}

fn check_command(words: &[String]) -> Result<(), String> {
    let mut path = Vec::new();
    for word in words {
        let known = subcommands(&path);
        if known.is_empty() {
            break;
        }
        if !known.contains(word) {
            return Err(format!("there is no `{word}`"));
        }
        path.push(word.as_str());
    }
    let help = help(&path);
    // What follows a bare `--` is never a flag.
    let before = words.iter().take_while(|word| *word != "--");
    for word in before.filter(|word| word.starts_with("--")) {
        let flag: String = word
            .chars()
            .take_while(|c| c.is_ascii_lowercase() || *c == '-')
            .collect();
        let known = help
            .split(|c: char| !c.is_ascii_lowercase() && c != '-')
            .any(|known| known == flag);
        if !known {
            return Err(format!("there is no `{flag}`"));
        }
    }
    Ok(())
}

/// The commands that the help of `path` lists; none where it has no commands of its own.
fn subcommands(path: &[&str]) -> BTreeSet<String> {
    let help = help(path);
    let Some((_, rest)) = help.split_once("\nCommands:\n") else {
        return BTreeSet::new();
    };
    let rows = rest.lines().take_while(|line| !line.is_empty());
    rows.filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .map(str::to_owned)
        .collect()
}

fn help(path: &[&str]) -> String {
    static READ: Mutex<BTreeMap<String, String>> = Mutex::new(BTreeMap::new());
    let mut read = READ.lock().unwrap();
    read.entry(path.join(" "))
        .or_insert_with(|| ask_for_help(path))
        .clone()
}

fn ask_for_help(path: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_opendialogue"))
        .args(path)
        .arg("--help")
        .output()
        .unwrap();
    assert!(output.status.success(), "no help for {path:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Every document: those of the root, of `references/` and of the policies, here and elsewhere.
fn documents() -> Vec<PathBuf> {
    let policies = ["policies", "tests/policies_elsewhere"];
    let mut found = Vec::new();
    for folder in ["", "references", "references/decisions"] {
        found.extend(entries(folder));
    }
    for entry in policies.into_iter().flat_map(entries) {
        if entry.is_dir() {
            found.extend(entries(&relative(&entry)));
        }
        found.push(entry);
    }
    found.retain(|path| path.extension().is_some_and(|end| end == "md"));
    assert!(found.len() > 8, "the documents were not found");
    found
}

fn names_in(folder: &str) -> BTreeSet<String> {
    let files = entries(folder).into_iter().filter(|path| path.is_file());
    files
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect()
}

fn names(listed: &[&str]) -> BTreeSet<String> {
    listed.iter().map(|&name| name.to_owned()).collect()
}

fn entries(folder: &str) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(root().join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    found.sort();
    found
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|why| panic!("{}: {why}", file.display()))
}

fn relative(file: &Path) -> String {
    file.strip_prefix(root())
        .unwrap_or(file)
        .display()
        .to_string()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
