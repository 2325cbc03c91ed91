//! The default policies: their own tests, and their cases once more through the components.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use opendialogue::policy::cases::{self, Runner};
use opendialogue::policy::{Engine, PolicySpec, builtins};

#[test]
fn the_policies_own_tests_pass() {
    let manifest = policies().join("Cargo.toml");
    let run = Command::new(env!("CARGO"))
        .args(["test", "--quiet", "--locked", "--manifest-path"])
        .arg(manifest)
        .output()
        .unwrap();
    assert!(
        run.status.success(),
        "{}\n{}",
        String::from_utf8_lossy(&run.stdout),
        String::from_utf8_lossy(&run.stderr)
    );
}

#[test]
fn every_case_passes_through_its_component() {
    let engine = Engine::start().unwrap();
    for builtin in builtins() {
        let mut runner = Runner::new(&engine, PolicySpec::of_builtin(builtin.name));
        let mut run = 0;
        for file in fs::read_dir(policies().join(builtin.name).join("cases")).unwrap() {
            let text = fs::read_to_string(file.unwrap().path()).unwrap();
            for case in cases::parse(&text).unwrap() {
                let missed = runner.run(&case).unwrap();
                assert!(
                    missed.is_empty(),
                    "{}: {}: {missed:#?}",
                    builtin.name,
                    case.name
                );
                run += 1;
            }
        }
        assert!(run > 0, "`{}` has no cases", builtin.name);
    }
}

fn policies() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("policies")
}
