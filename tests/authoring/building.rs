//! A policy of one's own: written, built and tried by the commands that are there for it.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use opendialogue::types::Digest;

use super::cargo;
use crate::commands::process::Home;

#[test]
fn a_new_policy_builds_as_it_stands_and_passes_its_tests_and_cases() {
    let home = cargo::home();
    let folder = cargo::folder("its-own");
    let shown = folder.display();
    let made = home.run(&format!("policy new its-own --path {shown}"));
    assert_eq!(made.code, 0, "{made:?}");
    let again = home.run(&format!("policy new its-own --path {shown}"));
    assert!(
        again.code == 2 && again.stderr.contains("not empty"),
        "{again:?}"
    );
    for line in made
        .stdout
        .lines()
        .filter(|line| line.starts_with("  cargo"))
    {
        let ran = home.type_in(&format!("{line} --quiet"));
        assert_eq!(ran.code, 0, "{ran:?}");
        assert!(ran.stdout.contains("test result: ok. 2 passed"), "{ran:?}");
    }

    let nothing = home.run(&format!("policy test {shown}"));
    assert!(
        nothing.code == 2 && nothing.stderr.contains("policy build"),
        "{nothing:?}"
    );
    let built = home.run(&format!("policy build {shown}"));
    assert_eq!(built.code, 0, "{built:?}");
    let module = folder.join("its-own.wasm");
    let bytes = fs::read(&module).unwrap();
    let (size, digest) = (bytes.len(), Digest::of(&bytes));
    let says = format!("{}: {size} bytes, sha256 {digest}\n", module.display());
    assert_eq!(built.stdout, says);
    let seen = home.run(&format!("policy inspect {shown} --json")).json();
    assert_eq!(
        (&seen["name"], &seen["interface"]),
        (&"its-own".into(), &"0.1.0".into())
    );

    let tested = home.run(&format!("policy test {shown}"));
    assert!(
        tested.code == 0 && tested.stdout == "2 passed, 0 failed\n",
        "{tested:?}"
    );
    let cases = folder.join("cases/words.toml");
    let text = fs::read_to_string(&cases).unwrap();
    let broken = text.replace("expect = \"hold\", code = \"word\"", "expect = \"pass\"");
    assert_ne!(broken, text);
    fs::write(&cases, broken).unwrap();
    let tested = home.run(&format!("policy test {shown}"));
    assert_eq!(tested.code, 1, "{tested:?}");
    let table = "  message 1\n    \
        verdict        - pass\n                   + hold\n    \
        code           + word\n";
    assert!(tested.stdout.contains(table), "{tested:?}");
    assert!(
        tested.stdout.ends_with("1 passed, 1 failed\n"),
        "{tested:?}"
    );

    // What does not compile leaves the module that is there alone.
    fs::write(folder.join("src/rule.rs"), "fn").unwrap();
    let built = home.run(&format!("policy build {shown}"));
    assert!(
        built.code == 1
            && built
                .stderr
                .ends_with("opendialogue: the policy does not build\n"),
        "{built:?}"
    );
    assert_eq!(fs::read(&module).unwrap(), bytes);
}

#[test]
fn a_compiler_that_cannot_build_for_webassembly_is_told_in_one_sentence() {
    let without = "opendialogue: the compiler cannot build for WebAssembly; bring the target with \
        `rustup target add wasm32-unknown-unknown`\n";
    for (compiler, says) in [
        (Some("echo /no/such/folder"), without),
        (Some("echo 'unknown target' >&2; exit 1"), without),
        (
            None,
            "opendialogue: there is no `rustc` in the PATH; install Rust from https://rustup.rs\n",
        ),
    ] {
        let home = Home::new("");
        let programs = home.path().join("programs");
        fs::create_dir(&programs).unwrap();
        if let Some(does) = compiler {
            let file = programs.join("rustc");
            fs::write(&file, format!("#!/bin/sh\n{does}\n")).unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
        }
        let home = home.with("PATH", programs.to_str().unwrap());
        let folder = home.path().join("mine");
        let folder = folder.display();
        assert_eq!(
            home.run(&format!("policy new mine --path {folder}")).code,
            0
        );
        let ran = home.run(&format!("policy build {folder}"));
        assert_eq!((ran.code, ran.stderr.as_str()), (1, says), "{ran:?}");
        assert_eq!(ran.stdout, "");
    }
}

#[test]
fn a_folder_that_is_no_policy_and_a_name_that_is_none_are_wrong_words() {
    let home = Home::new("");
    let empty = home.path().display().to_string();
    for (words, says) in [
        (
            format!("policy build {empty}"),
            "Cargo.toml` cannot be read",
        ),
        (format!("policy build {empty}/none"), "cannot be read"),
        (format!("policy test {empty}"), "cases` cannot be read"),
        (
            format!("policy new Mine --path {empty}/x"),
            "a letter first",
        ),
        (
            format!("policy new host --path {empty}/x"),
            "a letter first",
        ),
    ] {
        let ran = home.run(&words);
        assert!(
            ran.code == 2 && ran.stderr.contains(says),
            "{words}: {ran:?}"
        );
    }
    assert_eq!(home.files(), ["opendialogue.toml"]);
}
