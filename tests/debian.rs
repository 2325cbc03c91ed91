//! The Debian package: built from the program of this test, put into a root of its own, and looked at
//! there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::commands::process::Home;

#[test]
fn the_package_is_built_and_installs_into_a_clean_root() {
    if !has("dpkg-deb") || !has("dpkg") {
        eprintln!("left out: this machine has no dpkg, so no package was built");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let package = build(folder.path());
    let version = env!("CARGO_PKG_VERSION");
    let name = package.file_name().unwrap().to_str().unwrap();
    assert!(name.starts_with(&format!("opendialogue_{version}_")));
    let told = said(Command::new("dpkg-deb").arg("--field").arg(&package));
    for field in ["Depends: libc6 (>= 2.", "Installed-Size: ", "Maintainer: "] {
        assert!(told.contains(field), "{told}");
    }
    for placeholder in ["@VERSION@", "@SIZE@", "@LIBC@", "@MAINTAINER@"] {
        assert!(!told.contains(placeholder), "{told}");
    }

    let root = folder.path().join("root");
    install(&package, &root);
    let program = root.join("usr/bin/opendialogue");
    let shown = said(Command::new(&program).arg("--version"));
    assert_eq!(shown, format!("opendialogue {version}\n"));
    for file in [
        "usr/lib/systemd/user/opendialogue.service",
        "usr/share/doc/opendialogue/copyright",
        "usr/share/doc/opendialogue/changelog.gz",
        "usr/share/doc/opendialogue/references/setup.md",
        "usr/share/doc/opendialogue/policies/acl/README.md",
        "usr/share/opendialogue/skills/opendialogue/SKILL.md",
        "usr/share/opendialogue/skills/opendialogue/references/commands.md",
    ] {
        assert!(root.join(file).is_file(), "{file}");
    }
    let copyright = fs::read_to_string(root.join("usr/share/doc/opendialogue/copyright")).unwrap();
    for (whose, licence) in [
        (
            "Copyright: 2026 The OpenDialogue authors\n",
            "License: MIT\n",
        ),
        ("Copyright: 2022 Leon Sorokin\n", "License: MIT-uPlot\n"),
    ] {
        assert!(copyright.contains(whose), "{copyright}");
        // Where it is named, and where it stands.
        assert_eq!(copyright.matches(licence).count(), 2, "{copyright}");
    }
    assert_eq!(copyright.matches("Permission is hereby granted").count(), 2);
    let left = fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, 2, "the package and the root, and no tree beside them");
}

#[test]
fn the_packages_unit_guards_as_the_command_does() {
    if cfg!(target_os = "macos") {
        eprintln!("left out: this system's services are none of systemd's");
        return;
    }
    let printed = Home::new("").run("service install --print").stdout;
    let packaged = root().join("packaging/debian/opendialogue.service");
    let packaged = fs::read_to_string(packaged).unwrap();
    assert_eq!(common(&packaged), common(&printed));
}

/// What both units have: all but what names this user's program, home and variables.
fn common(unit: &str) -> Vec<&str> {
    let own = ["ExecStart=", "Environment=", "ReadWritePaths="];
    let (_, body) = unit.split_once("[Unit]").unwrap();
    body.lines()
        .filter(|line| !own.iter().any(|own| line.starts_with(own)))
        .collect()
}

fn build(folder: &Path) -> PathBuf {
    let built = said(
        Command::new(root().join("packaging/debian/build"))
            .arg(env!("CARGO_BIN_EXE_opendialogue"))
            .arg(folder)
            // What is packed here is thrown away at once.
            .env("DPKG_DEB_COMPRESSOR_TYPE", "none"),
    );
    PathBuf::from(built.trim())
}

/// Installs by dpkg where this user may, else only unpacks.
fn install(package: &Path, root: &Path) {
    if !rustix::process::geteuid().is_root() {
        eprintln!("left out: only root installs by dpkg, so the package was unpacked");
        said(Command::new("dpkg-deb").arg("-x").arg(package).arg(root));
        return;
    }
    let state = root.join("var/lib/dpkg");
    for part in ["info", "updates"] {
        fs::create_dir_all(state.join(part)).unwrap();
    }
    fs::write(state.join("status"), "").unwrap();
    // In an empty root there is no C library.
    said(
        Command::new("dpkg")
            .arg(format!("--root={}", root.display()))
            .args(["--force-depends", "--install"])
            .arg(package),
    );
    let status = fs::read_to_string(state.join("status")).unwrap();
    assert!(status.contains("Status: install ok installed"), "{status}");
}

fn has(program: &str) -> bool {
    let output: std::io::Result<Output> = Command::new(program).arg("--version").output();
    output.is_ok_and(|output| output.status.success())
}

fn said(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{command:?}: {complaint}");
    String::from_utf8(output.stdout).unwrap()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
