//! The skill: whether the gateway finds it, and in the `PATH` of its service the program.

use std::path::{Path, PathBuf};

use super::finding::Finding;
use crate::files::shell_word;

/// A folder in which the gateway looks for the skill, and what lies there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) folder: PathBuf,
    pub(super) found: Found,
}

/// What was found in a [`Place`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    Nothing,
    /// A link, which the gateway does not follow out of its folder.
    Link,
    /// The skill of this version.
    Ours,
    /// Another one.
    Another,
}

/// Whether the skill is where the gateway looks; the first place is where it is put.
pub(super) fn installed(places: &[Place]) -> Finding {
    let check = "skill";
    let here = places.iter().find(|place| place.found != Found::Nothing);
    let put = |folder: &Path| {
        let folder = shell_word(folder);
        format!("mkdir -p {folder} && cp -R SKILL.md references {folder}/")
    };
    let from = "from a clone of this version";
    match here {
        None => {
            let folder = places.first().map(|place| place.folder.as_path());
            let folder = folder.unwrap_or(Path::new("skills/opendialogue"));
            let says = format!(
                "it is not in `{}`, so the agent does not know how to answer: copy it {from}",
                folder.display()
            );
            Finding::warning(check, says, put(folder))
        }
        Some(place) => {
            let shown = place.folder.display();
            match place.found {
                Found::Nothing | Found::Ours => {
                    Finding::ok(check, format!("`{shown}` has this version"))
                }
                Found::Link => Finding::warning(
                    check,
                    format!("`{shown}` is a link, which the gateway may refuse: copy it {from}"),
                    format!("rm {} && {}", shell_word(&place.folder), put(&place.folder)),
                ),
                Found::Another => Finding::warning(
                    check,
                    format!("`{shown}` has the skill of another version: copy it {from}"),
                    put(&place.folder),
                ),
            }
        }
    }
}

/// The unit of a gateway's service, and where its `PATH` has the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Service {
    pub(super) unit: PathBuf,
    /// Its `PATH`; none where the unit sets none.
    pub(super) path: Option<String>,
    /// The program in it.
    pub(super) program: Option<PathBuf>,
}

/// Whether the gateway's service finds the program, which is `this`.
pub(super) fn program(services: &[Service], this: &Path) -> Vec<Finding> {
    let check = "program";
    if services.is_empty() {
        let says = "there is no unit of the gateway's service to read its `PATH` from, so whether \
                    it finds `opendialogue` could not be told";
        return vec![Finding::unknown(check, says)];
    }
    services
        .iter()
        .map(|service| {
            let unit = service.unit.display();
            match (&service.path, &service.program) {
                (None, _) => Finding::unknown(
                    check,
                    format!("`{unit}` sets no `PATH`, so what the gateway finds could not be told"),
                ),
                (Some(_), Some(program)) => {
                    Finding::ok(check, format!("the gateway finds `{}`", program.display()))
                }
                (Some(path), None) => Finding::problem(
                    check,
                    format!(
                        "the `PATH` of `{unit}` ({path}) has no `opendialogue`, and the gateway \
                         drops the skill without a word"
                    ),
                    format!(
                        "sudo install -m 755 {} {}",
                        shell_word(this),
                        shell_word(&system_folder(path).join("opendialogue"))
                    ),
                ),
            }
        })
        .collect()
}

/// A folder of `path` that is made for what the machine's owner installs; else its first.
fn system_folder(path: &str) -> PathBuf {
    let usual = Path::new("/usr/local/bin");
    let folders = || std::env::split_paths(path);
    let has_usual = folders().any(|folder| folder == usual);
    match (has_usual, folders().next()) {
        (false, Some(first)) => first,
        (true, _) | (false, None) => usual.to_owned(),
    }
}

/// The `PATH` that a unit and what is dropped in beside it set; the last one counts. `home` stands
/// for `%h`.
pub(super) fn path_of_unit(text: &str, home: &Path) -> Option<String> {
    let lines = text.lines().map(str::trim);
    let settings = lines.filter_map(|line| line.strip_prefix("Environment="));
    let mut path = None;
    for setting in settings.flat_map(words) {
        if let Some(value) = setting.strip_prefix("PATH=") {
            path = Some(value.replace("%h", &home.to_string_lossy()));
        }
    }
    path
}

/// The words of a setting, in quotes or not.
fn words(setting: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for c in setting.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, ' ' | '\t') => words.push(String::new()),
            (Some(_) | None, c) => {
                if let Some(last) = words.last_mut() {
                    last.push(c);
                }
            }
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::super::finding::Level;
    use super::*;

    #[test]
    fn the_skill_is_there_and_of_this_version_or_is_to_be_copied() {
        let place = |folder: &str, found| Place {
            folder: PathBuf::from(folder),
            found,
        };
        let put =
            |folder: &str| format!("mkdir -p {folder} && cp -R SKILL.md references {folder}/");
        for (first, second, level, command) in [
            (Found::Ours, Found::Nothing, Level::Ok, None),
            (Found::Nothing, Found::Ours, Level::Ok, None),
            (
                Found::Nothing,
                Found::Nothing,
                Level::Warning,
                Some(put("/s")),
            ),
            (
                Found::Nothing,
                Found::Another,
                Level::Warning,
                Some(put("/w")),
            ),
            (
                Found::Link,
                Found::Nothing,
                Level::Warning,
                Some(format!("rm /s && {}", put("/s"))),
            ),
        ] {
            let finding = installed(&[place("/s", first), place("/w", second)]);
            assert_eq!(finding.level, level, "{first:?} {second:?}");
            assert_eq!(finding.command, command, "{first:?} {second:?}");
        }
    }

    #[test]
    fn the_program_is_in_the_path_of_the_service_or_the_command_puts_it_there() {
        let this = Path::new("/home/ada/.cargo/bin/opendialogue");
        let service = |path: Option<&str>, program: Option<&str>| Service {
            unit: PathBuf::from("/u"),
            path: path.map(str::to_owned),
            program: program.map(PathBuf::from),
        };
        let install = "sudo install -m 755 /home/ada/.cargo/bin/opendialogue";
        for (services, level, command) in [
            (vec![], Level::Unknown, None),
            (vec![service(None, None)], Level::Unknown, None),
            (
                vec![service(Some("/a"), Some("/a/opendialogue"))],
                Level::Ok,
                None,
            ),
            (
                vec![service(Some("/a:/usr/local/bin"), None)],
                Level::Problem,
                Some(format!("{install} /usr/local/bin/opendialogue")),
            ),
            (
                vec![service(Some("/a:/b"), None)],
                Level::Problem,
                Some(format!("{install} /a/opendialogue")),
            ),
        ] {
            let found = program(&services, this);
            assert_eq!((found.len(), found[0].level), (1, level), "{services:?}");
            assert_eq!(found[0].command, command);
        }
    }

    #[test]
    fn a_units_path_is_read_as_the_service_manager_does() {
        let home = Path::new("/home/ada");
        for (text, path) in [
            ("[Service]\nExecStart=/x\n", None),
            ("Environment=PATH=/a:/b\n", Some("/a:/b")),
            ("Environment=\"PATH=/a b:/c\" X=1\n", Some("/a b:/c")),
            ("  Environment=X=1 'PATH=%h/bin'\n", Some("/home/ada/bin")),
            (
                "Environment=PATH=/a\nEnvironment=HOME=/x\nEnvironment=PATH=/b\n",
                Some("/b"),
            ),
            ("#Environment=PATH=/a\nEnvironment=MYPATH=/b\n", None),
        ] {
            assert_eq!(path_of_unit(text, home).as_deref(), path, "{text}");
        }
    }
}
