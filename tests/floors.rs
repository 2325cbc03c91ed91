//! The floors hold: a module imports from below, never from above and not across.
//!
//! Reads `use` and path mentions of `crate::MODULE` in every source file, tests left out.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Who may import whom. A module that is missing here fails the test, so that adding one is a
/// decision and not an accident.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("types", &[]),
    ("clock", &["types"]),
    ("tasks", &["types"]),
    ("files", &["types"]),
    ("fault", &[]),
    ("served", &[]),
    ("corpus", &[]),
    ("follow", &["types", "clock", "tasks", "files"]),
    ("wire", &["types"]),
    ("tls", &["types"]),
    ("telemetry", &["types", "files"]),
    ("db", &["types", "clock", "tasks", "files"]),
    ("config", &["types", "clock", "tasks", "files"]),
    ("policy", BELOW_POLICY),
    ("daemon", BELOW_ROLES),
    ("relay", BELOW_ROLES),
    (
        "cli",
        &[
            "types",
            "clock",
            "tasks",
            "files",
            "fault",
            "follow",
            "wire",
            "tls",
            "telemetry",
            "db",
            "config",
            "policy",
            "daemon",
            "relay",
        ],
    ),
    ("main", &["cli"]),
    ("lib", &[]),
];
const BELOW_POLICY: &[&str] = &[
    "types",
    "clock",
    "tasks",
    "files",
    "follow",
    "wire",
    "tls",
    "telemetry",
    "db",
    "config",
];
const BELOW_ROLES: &[&str] = &[
    "types",
    "clock",
    "tasks",
    "files",
    "fault",
    "follow",
    "served",
    "wire",
    "tls",
    "telemetry",
    "db",
    "config",
    "policy",
];

/// Where SQL may stand.
const SQL_MAY_STAND: &[&str] = &[
    "src/db",
    "src/policy/state",
    "src/daemon/inbound/inbox",
    "src/daemon/outbound/outbox",
    "src/daemon/dialogue",
    "src/daemon/schema",
    "src/daemon/held/rows",
    "src/daemon/keeping/rows",
    "src/daemon/load",
    "src/daemon/rows",
    "src/daemon/story",
    "src/daemon/stories",
    "src/daemon/trust",
    "src/relay/store",
];

#[test]
fn modules_import_only_from_below() {
    let allowed: BTreeMap<&str, &[&str]> = MAY_IMPORT.iter().copied().collect();
    let mut wrong = Vec::new();
    for file in sources() {
        let module = module_of(&file);
        let Some(below) = allowed.get(module.as_str()) else {
            wrong.push(format!(
                "{}: module `{module}` stands on no floor",
                file.display()
            ));
            continue;
        };
        for imported in imports(&module, &fs::read_to_string(&file).unwrap()) {
            if imported != module && !below.contains(&imported.as_str()) {
                wrong.push(format!("{}: imports `{imported}`", file.display()));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn sql_stands_only_with_its_owner() {
    let statements = [
        "SELECT ",
        "INSERT INTO",
        "UPDATE ",
        "DELETE FROM",
        "CREATE TABLE",
    ];
    let mut wrong = Vec::new();
    for file in sources() {
        let path = relative(&file);
        let owner = SQL_MAY_STAND.iter().any(|owner| path.starts_with(owner));
        let text = fs::read_to_string(&file).unwrap();
        if !owner && statements.iter().any(|statement| text.contains(statement)) {
            wrong.push(path);
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn generated_bindings_stay_in_their_room() {
    let mut wrong = Vec::new();
    for file in sources() {
        let path = relative(&file);
        let text = fs::read_to_string(&file).unwrap();
        let generated = text.contains("bindgen!") || text.contains("::bindings::");
        if generated && !path.starts_with("src/policy/abi") {
            wrong.push(path);
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn every_file_is_under_400_lines() {
    let mut long = Vec::new();
    for folder in ["src", "tests", "policies", "benches"] {
        for file in rust_files(&root().join(folder)) {
            let lines = fs::read_to_string(&file).unwrap().lines().count();
            if lines > 400 {
                long.push(format!("{}: {lines} lines", relative(&file)));
            }
        }
    }
    assert_eq!(long, Vec::<String>::new());
}

/// The files of the library and the binary, their tests left out.
fn sources() -> Vec<PathBuf> {
    let mut files = rust_files(&root().join("src"));
    files.retain(|file| {
        let path = relative(file);
        !path.ends_with("/tests.rs") && !path.contains("/tests/") && !path.ends_with("_tests.rs")
    });
    assert!(files.len() > 40, "the sources were not found");
    files
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut files = Vec::new();
    for entry in entries.map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() && path.file_name().is_none_or(|name| name != "target") {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|end| end == "rs") {
            files.push(path);
        }
    }
    files
}

/// The top module that a file belongs to.
fn module_of(file: &Path) -> String {
    let path = relative(file);
    let first = path
        .trim_start_matches("src/")
        .split('/')
        .next()
        .unwrap_or_default();
    first.trim_end_matches(".rs").to_owned()
}

/// The top modules that a text mentions by `crate::`, in lists too, its own tests left out.
fn imports(module: &str, text: &str) -> Vec<String> {
    let code = text
        .split("#[cfg(test)]\nmod tests {")
        .next()
        .unwrap_or_default();
    let code: Vec<&str> = code
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect();
    let code = code.join("\n");
    let mut found = Vec::new();
    // Only the binary's own file sees the library from outside.
    let root = if module == "main" {
        "opendialogue::"
    } else {
        "crate::"
    };
    for (at, start) in code.match_indices(root) {
        let rest = &code[at + start.len()..];
        if let Some(list) = rest.strip_prefix('{') {
            let list = list.split('}').next().unwrap_or_default();
            found.extend(list.split(',').map(first_word));
        } else {
            found.push(first_word(rest));
        }
    }
    // `crate::name!` and `crate::Type` are no modules.
    found.retain(|name| name.starts_with(|c: char| c.is_ascii_lowercase()));
    found
}

fn first_word(text: &str) -> String {
    let text = text.trim_start();
    text.chars()
        .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
        .collect()
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
