//! What lies on the disk around the daemon: folders, users, the database's file, the skill, the unit
//! of the gateway's service. Everything is only read.

use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::disk::File;
use super::home::Folder;
use super::skill::{Found, Place, Service, path_of_unit};
use crate::db::{self, OpenError};
use crate::files::{FileError, LockInfo};

/// The skill that belongs to this program.
const SKILL: &str = include_str!("../../../SKILL.md");

/// The permission bits by which somebody may run a file.
const RUNNABLE: u32 = 0o111;

/// The first number that is given to a person, and the one that stands for nobody.
const FIRST_PERSON: u32 = 1000;
const NOBODY: u32 = 65534;

/// What a folder is.
pub(super) fn folder(found: io::Result<Metadata>) -> Folder {
    match found {
        Ok(metadata) if metadata.is_symlink() => Folder::Link,
        Ok(metadata) if metadata.is_dir() => Folder::There {
            owner: metadata.uid(),
            mode: metadata.mode() & 0o7777,
        },
        Ok(_) => Folder::Other,
        Err(_) => Folder::Missing,
    }
}

/// How many people have a shell here; those whom a directory service knows are not counted.
pub(super) fn users_with_shell() -> usize {
    people(&fs::read_to_string("/etc/passwd").unwrap_or_default())
}

fn people(passwd: &str) -> usize {
    let has_shell = |line: &&str| {
        let fields: Vec<&str> = line.split(':').collect();
        let [_, _, number, .., shell] = fields.as_slice() else {
            return false;
        };
        let is_person = number
            .parse()
            .is_ok_and(|number: u32| number >= FIRST_PERSON && number != NOBODY);
        is_person && !shell.ends_with("/nologin") && !shell.ends_with("/false")
    };
    passwd.lines().filter(has_shell).count()
}

/// The database's file, which nobody has open; `lock` says whether that is still so.
pub(super) fn database(
    path: &Path,
    lock: impl Fn() -> Result<Option<LockInfo>, FileError>,
) -> File {
    if !path.exists() {
        return File::Missing;
    }
    let examined = db::examine(path);
    if !matches!(lock(), Ok(None)) {
        return File::Unread("a daemon has opened it meanwhile".to_owned());
    }
    match examined {
        Ok(()) => File::Whole,
        Err(OpenError::Damaged { path, why }) => {
            File::Damaged(format!("`{}` is damaged ({why})", path.display()))
        }
        Err(why) => File::Unread(why.to_string()),
    }
}

/// The places below OpenClaw's folder where the gateway looks for the skill.
pub(super) fn skills(openclaw_dir: &Path) -> Vec<Place> {
    ["skills", "workspace/skills"]
        .into_iter()
        .map(|place| {
            let folder = openclaw_dir.join(place).join("opendialogue");
            let found = skill_in(&folder);
            Place { folder, found }
        })
        .collect()
}

fn skill_in(folder: &Path) -> Found {
    let file = folder.join("SKILL.md");
    let is_link = |path: &Path| {
        path.symlink_metadata()
            .is_ok_and(|found| found.is_symlink())
    };
    match fs::read(&file) {
        _ if is_link(folder) || is_link(&file) => Found::Link,
        Ok(bytes) if bytes == SKILL.as_bytes() => Found::Ours,
        Ok(_) => Found::Another,
        Err(_) => Found::Nothing,
    }
}

/// The gateway's services among the units of the user whose home this is.
pub(super) fn services(user_home: &Path) -> Vec<Service> {
    let units = user_home.join(".config/systemd/user");
    let is_gateway = |path: &PathBuf| {
        let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
        name.starts_with("openclaw-gateway") && name.ends_with(".service")
    };
    let mut units = entries(&units);
    units.retain(is_gateway);
    units
        .into_iter()
        .map(|unit| service(unit, user_home))
        .collect()
}

fn service(unit: PathBuf, user_home: &Path) -> Service {
    let mut dropped_in = unit.as_os_str().to_owned();
    dropped_in.push(".d");
    let mut parts = vec![unit.clone()];
    parts.extend(entries(Path::new(&dropped_in)));
    let texts = parts
        .iter()
        .filter_map(|part| fs::read_to_string(part).ok());
    let text = texts.collect::<Vec<_>>().join("\n");
    let path = path_of_unit(&text, user_home);
    let folders = path.as_deref().map(std::env::split_paths);
    let program = folders.into_iter().flatten().find_map(|folder| {
        let program = folder.join("opendialogue");
        let is_program = program
            .metadata()
            .is_ok_and(|found| found.is_file() && found.permissions().mode() & RUNNABLE != 0);
        is_program.then_some(program)
    });
    Service {
        unit,
        path,
        program,
    }
}

/// What lies in a folder, by name; nothing where there is none.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_with_a_shell_are_counted_and_services_are_not() {
        let passwd = "root:x:0:0:root:/root:/bin/bash\n\
                      daemon:x:1:1::/usr/sbin:/usr/sbin/nologin\n\
                      ada:x:1000:1000::/home/ada:/bin/bash\n\
                      bob:x:1001:1001:Bob,,,:/home/bob:/usr/bin/zsh\n\
                      mail:x:1002:1002::/var/mail:/bin/false\n\
                      nobody:x:65534:65534::/:/bin/sh\n\
                      broken\n";
        assert_eq!(people(passwd), 2);
        assert_eq!(people(""), 0);
    }

    #[test]
    fn the_skill_is_found_in_its_version() {
        let home = tempfile::tempdir().unwrap();
        let found = || skills(home.path()).into_iter().map(|place| place.found);
        assert!(found().eq([Found::Nothing, Found::Nothing]));
        let folder = home.path().join("workspace/skills/opendialogue");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("SKILL.md"), SKILL).unwrap();
        assert!(found().eq([Found::Nothing, Found::Ours]));
        fs::write(folder.join("SKILL.md"), "another").unwrap();
        fs::create_dir_all(home.path().join("skills")).unwrap();
        std::os::unix::fs::symlink(&folder, home.path().join("skills/opendialogue")).unwrap();
        assert!(found().eq([Found::Link, Found::Another]));
    }

    #[test]
    fn a_gateways_service_is_read_with_what_is_dropped_in() {
        let home = tempfile::tempdir().unwrap();
        let units = home.path().join(".config/systemd/user");
        assert_eq!(services(home.path()), []);
        fs::create_dir_all(units.join("openclaw-gateway.service.d")).unwrap();
        fs::write(units.join("other.service"), "Environment=PATH=/x\n").unwrap();
        let unit = units.join("openclaw-gateway.service");
        fs::write(&unit, "[Service]\nEnvironment=PATH=/nowhere\n").unwrap();
        let found = services(home.path());
        assert_eq!((found.len(), &found[0].unit), (1, &unit));
        assert_eq!(found[0].path.as_deref(), Some("/nowhere"));
        assert_eq!(found[0].program, None);

        let program = home.path().join("bin/opendialogue");
        fs::create_dir_all(home.path().join("bin")).unwrap();
        fs::write(&program, "").unwrap();
        let dropped_in = units.join("openclaw-gateway.service.d/path.conf");
        fs::write(dropped_in, "[Service]\nEnvironment=PATH=/nowhere:%h/bin\n").unwrap();
        assert_eq!(services(home.path())[0].program, None);
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(services(home.path())[0].program, Some(program));
    }
}
