//! The commands for whoever writes a policy, as processes and without a daemon.

mod building;
mod cargo;
mod tutorial;

use std::fs;
use std::path::Path;

use crate::commands::process::Home;

const CORE: &str = r#"(module (import "env" "read_file" (func)) (func (export "evaluate")))"#;
const STRANGER: &str =
    r#"(component (import "wasi:cli/exit@0.2.0" (instance (export "exit" (func)))))"#;

#[test]
fn inspect_says_what_a_module_is_or_why_it_is_refused() {
    let home = Home::new("");
    let acl = home.run("policy inspect acl --json").json();
    assert_eq!(
        (&acl["name"], &acl["interface"]),
        (&"acl".into(), &"0.1.0".into())
    );
    assert_eq!(
        acl["settings_schema"]["title"],
        "Settings of the policy acl"
    );
    assert_eq!(acl["digest"].as_str().map(str::len), Some(64));
    let shown = home.run("policy inspect builtin:acl").stdout;
    assert!(
        shown.starts_with("acl 0.1.0\n") && shown.contains("state@0.1.0#get"),
        "{shown}"
    );

    for (text, import, why) in [
        (CORE, "env#read_file", "it is a core module"),
        (
            STRANGER,
            "wasi:cli/exit@0.2.0#exit",
            "it wants what no policy gets",
        ),
    ] {
        let file = module(&home, text);
        let ran = home.run(&format!("policy inspect {file}"));
        assert_eq!(ran.code, 0, "{ran:?}");
        assert!(
            ran.stdout.starts_with(&format!("refused: {why}")),
            "{ran:?}"
        );
        assert!(ran.stdout.contains(import), "{ran:?}");
    }
    assert_eq!(home.run("policy inspect /no/such.wasm").code, 1);
    assert_eq!(
        home.files(),
        ["module.wasm", "opendialogue.toml"],
        "nothing was created"
    );
}

#[test]
fn check_names_the_place_and_the_setting() {
    let home = Home::new("");
    let ran = home.run("policy check");
    assert!(ran.code == 0 && ran.stdout.contains("acl"), "{ran:?}");

    home.configure("[[policy]]\nname = \"acl\"\n[policy.settings]\nmode = \"shut\"\n");
    let ran = home.run("policy check");
    assert_eq!(ran.code, 2, "{ran:?}");
    let place = "opendialogue.toml:4:8: policy `acl`: setting `mode`";
    assert!(ran.stderr.contains(place), "{ran:?}");
    let faults = home.run("policy check --json").json();
    assert_eq!(
        (&faults["ok"], &faults["faults"][0]["policy"]),
        (&false.into(), &"acl".into())
    );

    let ran = home.run("policy check builtin:acl --settings {\"mode\":\"closed\"}");
    assert_eq!(ran.code, 0, "{ran:?}");
    let ran = home.run("policy check builtin:acl --settings {\"mood\":1}");
    assert!(
        ran.code == 2 && ran.stderr.contains("setting `mood`"),
        "{ran:?}"
    );
    assert_eq!(home.files(), ["opendialogue.toml"], "nothing was created");

    let file = module(&home, STRANGER);
    let ran = home.run(&format!("policy check {file}"));
    assert!(
        ran.code == 2 && ran.stderr.contains("wasi:cli/exit@0.2.0"),
        "{ran:?}"
    );
}

#[test]
fn test_runs_the_cases_and_shows_what_differs() {
    let home = Home::new("");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies/acl");
    let folder = folder.display();
    let ran = home.run(&format!("policy test {folder} --module builtin:acl"));
    assert!(
        ran.code == 0 && ran.stdout.contains(" passed, 0 failed"),
        "{ran:?}"
    );

    let file = format!("{}/case.toml", home.path().display());
    let text = "[[case]]\nname = \"a stranger\"\nsettings = { mode = \"known\" }\n\
                messages = [{ expect = \"pass\" }, { trust = \"known\", expect = \"pass\" }]\n";
    fs::write(&file, text).unwrap();
    let ran = home.run(&format!("policy test {file} --module acl"));
    assert_eq!(ran.code, 1, "{ran:?}");
    for line in [
        "verdict        - pass",
        "               + reject",
        "0 passed, 1 failed",
    ] {
        assert!(ran.stdout.contains(line), "{line}: {ran:?}");
    }
    let told = home
        .run(&format!("policy test {file} --module acl --json"))
        .json();
    assert_eq!(
        told["failed"][0]["missed"][0]["differences"][0]["got"],
        "reject"
    );

    fs::write(
        &file,
        "[[case]]\nname = \"x\"\nmessages = [{ expect = \"maybe\" }]\n",
    )
    .unwrap();
    let ran = home.run(&format!("policy test {file} --module acl"));
    assert!(ran.code == 2 && ran.stderr.contains("line 3"), "{ran:?}");
}

#[test]
fn bench_measures_each_text_beside_a_policy_that_does_nothing() {
    let home =
        Home::new("[[policy]]\nname = \"mine\"\nmodule = \"builtin:acl\"\nbefore = \"acl\"\n");
    let told = home.run("policy bench mine --runs 20 --json").json();
    assert_eq!(
        (&told["policy"], &told["limits"]["time_us"]),
        (&"mine".into(), &50_000.0.into())
    );
    let texts = told["texts"].as_array().unwrap();
    let sizes: Vec<_> = texts.iter().map(|text| &text["bytes"]).collect();
    assert_eq!(sizes, [100, 2_000, 2_000]);
    for text in texts {
        assert_eq!(text["verdicts"]["pass"], 20, "{text}");
        let number = |value: &serde_json::Value| value.as_f64().unwrap();
        assert!(number(&text["p99_us"]) >= number(&text["p50_us"]), "{text}");
        assert!(number(&text["no_op"]["p50_us"]) > 0.0 && number(&text["ratio"]) > 0.0);
        assert!(number(&text["share_of_limit"]) > 0.0);
    }
    assert!(
        told["memory_bytes"].as_u64() > Some(0) && told["start"]["p50_us"].as_f64() > Some(0.0)
    );

    let file = home.path().join("text");
    fs::write(&file, "see\u{202e}you").unwrap();
    let of_file = format!(
        "policy bench sanitize --runs 5 --content @{}",
        file.display()
    );
    let ran = home.run(&of_file);
    assert!(
        ran.code == 0 && ran.stdout.starts_with("sanitize 0.1.0, "),
        "{ran:?}"
    );
    assert!(ran.stdout.contains("  9      rewrite"), "{ran:?}");
    let ran = home.run("policy bench acl --settings {\"mode\":\"closed\"} --runs 5 --content hi");
    assert!(ran.stdout.contains("given  2      reject"), "{ran:?}");

    for (words, code, says) in [
        (
            "policy bench builtin:none",
            2,
            "no policy `none` comes with the program",
        ),
        (
            "policy bench acl --settings {\"mood\":1}",
            2,
            "setting `mood`",
        ),
        ("policy bench acl --runs 0", 2, "--runs"),
        ("policy bench acl --content @/no/such", 2, "cannot be read"),
        ("policy bench", 2, "FILE|FOLDER|NAME"),
    ] {
        let ran = home.run(words);
        assert!(
            ran.code == code && ran.stderr.contains(says),
            "{words}: {ran:?}"
        );
    }
    let file = module(&home, CORE);
    assert_eq!(home.run(&format!("policy bench {file}")).code, 2);
    assert_eq!(home.files(), ["module.wasm", "opendialogue.toml", "text"]);
}

#[test]
fn limits_on_the_command_line_stand_over_those_of_the_entry() {
    // The entry has too little memory for the module.
    let home = Home::new("[[policy]]\nname = \"acl\"\nlimits = { memory = \"1MiB\" }\n");
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies/acl");
    let test = format!("policy test {} --module acl", cases.display());
    for words in ["policy check acl", "policy bench acl --runs 1", &test] {
        let ran = home.run(words);
        let said = format!("{}{}", ran.stdout, ran.stderr);
        assert!(
            said.contains("more memory than the 1048576 bytes"),
            "{ran:?}"
        );
        let ran = home.run(&format!("{words} --memory 8MiB --time 1s"));
        assert_eq!(ran.code, 0, "{ran:?}");
        for (limit, says) in [
            ("--memory 1KiB", "must be from \"1MiB\" to \"1GiB\""),
            ("--memory much", "a whole number of `B`, `KiB`"),
            ("--time 1h", "must be from \"1ms\" to \"10s\""),
        ] {
            let ran = home.run(&format!("{words} {limit}"));
            assert!(ran.code == 2 && ran.stderr.contains(says), "{ran:?}");
        }
    }
    let limits = home
        .run("policy bench acl --runs 1 --memory 8MiB --time 1s --json")
        .json();
    assert_eq!(limits["limits"]["memory_bytes"], 8 << 20);
    assert_eq!(limits["limits"]["time_us"], 1_000_000.0);
    let ran = home.run("policy check --time 1s");
    assert!(
        ran.code == 2 && ran.stderr.contains("go with a module"),
        "{ran:?}"
    );
}

#[test]
fn build_wraps_a_core_module_or_says_why_it_cannot() {
    let home = Home::new("");
    let file = |name: &str| home.path().join(name);
    let build = |name: &str| home.run(&format!("policy build {}", file(name).display()));
    fs::write(file("good.core.wasm"), wat::parse_str("(module)").unwrap()).unwrap();
    let ran = build("good.core.wasm");
    assert!(
        ran.code == 0 && ran.stdout.contains("good.wasm: "),
        "{ran:?}"
    );
    let component = fs::read(file("good.wasm")).unwrap();
    assert!(component.starts_with(b"\0asm\x0d\0\x01\0"));

    fs::write(file("bad.core.wasm"), wat::parse_str(CORE).unwrap()).unwrap();
    let ran = build("bad.core.wasm");
    assert!(
        ran.code == 1 && ran.stderr.contains("cannot be wrapped"),
        "{ran:?}"
    );
    assert!(!file("bad.wasm").exists());

    // Never over the file that it was given.
    let ran = build("good.wasm");
    assert!(
        ran.code == 2 && ran.stderr.contains("NAME.core.wasm"),
        "{ran:?}"
    );
    assert_eq!(fs::read(file("good.wasm")).unwrap(), component);
}

/// Writes a module in WebAssembly's text form into the home, and names its file.
fn module(home: &Home, text: &str) -> String {
    let path = home.path().join("module.wasm");
    fs::write(&path, wat::parse_str(text).unwrap()).unwrap();
    path.display().to_string()
}
