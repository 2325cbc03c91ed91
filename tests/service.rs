//! `opendialogue service` against a systemd that writes down what it is asked, and the real one's own
//! reading of the unit.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

use super::commands::process::{Daemon, Home, Ran};

const UNIT: &str = ".config/systemd/user/opendialogue.service";

/// A home whose `systemctl` answers with `exit` and keeps the words of each call.
fn home(exit: i32) -> Home {
    let home = Home::new("");
    let bin = home.path().join("bin");
    fs::create_dir(&bin).unwrap();
    let said = home.path().join("said");
    let script = format!(
        "#!/bin/sh\necho \"$*\" >> '{}'\necho 'no bus' >&2\nexit {exit}\n",
        said.display()
    );
    let program = bin.join("systemctl");
    fs::write(&program, script).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:/usr/bin:/bin", bin.display());
    home.with("PATH", &path)
}

fn said(home: &Home) -> Vec<String> {
    let said = fs::read_to_string(home.path().join("said")).unwrap_or_default();
    said.lines().map(str::to_owned).collect()
}

fn unit(home: &Home) -> PathBuf {
    home.path().join(UNIT)
}

fn install(home: &Home) -> Ran {
    let ran = home.run("service install");
    assert_eq!(ran.code, 0, "{ran:?}");
    ran
}

#[test]
#[cfg_attr(target_os = "macos", ignore = "systemd is Linux's")]
fn a_service_is_written_started_restarted_and_removed() {
    let home = home(0);
    let printed = home.run("service install --print").stdout;
    assert!(!unit(&home).exists() && said(&home).is_empty());

    let installed = install(&home);
    assert_eq!(fs::read_to_string(unit(&home)).unwrap(), printed);
    let mode = fs::metadata(unit(&home)).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o600);
    assert!(home.path().join("opendialogue").is_dir());
    for word in [
        "OPENDIALOGUE_HOME",
        "journalctl --user -u opendialogue",
        "loginctl enable-linger",
    ] {
        assert!(installed.stdout.contains(word), "{word}: {installed:?}");
    }

    install(&home);
    let removed = home.run("service uninstall");
    assert_eq!(removed.code, 0, "{removed:?}");
    assert!(!unit(&home).exists());
    assert_eq!(
        said(&home),
        [
            "--user show --property=Version",
            "--user daemon-reload",
            "--user enable --now opendialogue.service",
            "--user show --property=Version",
            "--user daemon-reload",
            "--user enable opendialogue.service",
            "--user restart opendialogue.service",
            "--user show --property=Version",
            "--user disable --now opendialogue.service",
            "--user daemon-reload",
        ]
    );
    let none = home.run("service uninstall");
    assert!(none.code == 1 && none.stderr.contains("no service was installed"));
}

#[test]
#[cfg_attr(target_os = "macos", ignore = "systemd is Linux's")]
fn the_unit_holds_what_the_daemon_needs_and_no_secret() {
    let home = home(0);
    let configuration = home.path().join("opendialogue.toml");
    let words = format!("service install --config {}", configuration.display());
    let ran = home.run(&words);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stderr.contains("OPENDIALOGUE_AGENT_SECRET"), "{ran:?}");

    let unit = fs::read_to_string(unit(&home)).unwrap();
    let program = fs::canonicalize(env!("CARGO_BIN_EXE_opendialogue")).unwrap();
    let start = format!(
        "ExecStart=\"{}\" \"daemon\" \"--config\" \"{}\"\n",
        program.display(),
        configuration.display()
    );
    let (path, home) = (home.path().display(), home.path().join("bin"));
    assert!(unit.contains(&start), "{unit}");
    assert!(unit.contains(&format!("ReadWritePaths=\"{path}\"\n")));
    assert!(unit.contains(&format!("Environment=\"OPENDIALOGUE_HOME={path}\"\n")));
    assert!(unit.contains(&format!("Environment=\"PATH={}:", home.display())));
    assert!(!unit.contains("secret-of-the-test") && !unit.contains("AGENT_"));
}

#[test]
#[cfg_attr(target_os = "macos", ignore = "systemd is Linux's")]
fn what_somebody_else_wrote_is_neither_replaced_nor_removed() {
    let home = home(0);
    fs::create_dir_all(unit(&home).parent().unwrap()).unwrap();
    fs::write(unit(&home), "[Service]\nExecStart=/bin/true\n").unwrap();
    for words in ["service install", "service uninstall"] {
        let ran = home.run(words);
        assert_eq!(ran.code, 1, "{words}: {ran:?}");
        assert!(ran.stderr.contains("was not written by this command"));
    }
    let kept = fs::read_to_string(unit(&home)).unwrap();
    assert_eq!(kept, "[Service]\nExecStart=/bin/true\n");
    assert_eq!(said(&home), [""; 0]);
}

#[test]
#[cfg_attr(target_os = "macos", ignore = "systemd is Linux's")]
fn without_systemd_nothing_is_written_and_print_is_named() {
    let absent = Home::new("").with("PATH", "/nowhere");
    for home in [home(1), absent] {
        let ran = home.run("service install");
        assert_eq!(ran.code, 1, "{ran:?}");
        let told = "does not answer: ";
        assert!(ran.stderr.contains(told) && ran.stderr.contains("--print"));
        assert!(!unit(&home).exists());
    }
}

#[test]
#[cfg_attr(target_os = "macos", ignore = "systemd is Linux's")]
fn a_daemon_that_runs_already_is_told_and_a_wrong_configuration_too() {
    let home = home(0);
    let daemon = Daemon::start(&home);
    let ran = home.run("service install");
    let process = format!("process {} runs on this home", daemon.pid());
    assert!(ran.code == 1 && ran.stderr.contains(&process), "{ran:?}");
    assert!(!unit(&home).exists());
    assert_eq!(daemon.end(), 0);

    home.configure("[locale]\n");
    assert_eq!(home.run("service install").code, 2);
    assert_eq!(home.run("service install --print").code, 2);
}

#[test]
#[cfg_attr(target_os = "macos", ignore = "systemd is Linux's")]
fn systemd_itself_finds_nothing_wrong_with_the_unit() {
    let home = home(0);
    let unit = home.path().join("opendialogue.service");
    fs::write(&unit, home.run("service install --print").stdout).unwrap();
    let verified = Command::new("systemd-analyze")
        .args(["--user", "verify"])
        .arg(&unit)
        .env("XDG_RUNTIME_DIR", home.path())
        .output();
    let Ok(verified) = verified else {
        eprintln!("left out: this machine has no systemd-analyze, so the unit was not verified");
        return;
    };
    let complaints = String::from_utf8(verified.stderr).unwrap();
    assert!(verified.status.success(), "{complaints}");
    assert!(!complaints.contains("opendialogue.service"), "{complaints}");
}

#[test]
fn a_daemon_logs_to_private_files_when_it_is_asked_to() {
    let home = Home::new("[log]\nformat = \"json\"\n");
    let mut daemon = Daemon::role(&home, "daemon --log-to file");
    assert!(daemon.line().starts_with("agent 10000001, "));
    assert_eq!(daemon.end(), 0);
    let log = home.path().join("opendialogue/log/daemon.log");
    let mode = fs::metadata(&log).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o600);
    let text = fs::read_to_string(log).unwrap();
    assert!(text.contains("agent 10000001 is up"), "{text}");
    let is_json = |line| serde_json::from_str::<serde_json::Value>(line).is_ok();
    assert!(text.lines().all(is_json), "{text}");

    let wrong = home.run("daemon --log-to nowhere");
    assert!(
        wrong.code == 2 && wrong.stderr.contains("--log-to"),
        "{wrong:?}"
    );
}
