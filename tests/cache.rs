//! The cache of compiled code, from outside: what others could have written there is not used, and
//! the daemon says so.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::commands::process::{Daemon, Home};

#[test]
fn code_that_others_could_have_written_is_not_used_and_that_is_said() {
    let home = Home::new("");
    let cache = home.path().join("opendialogue/cache");
    assert_eq!(cache_problem(&home), Value::Null);
    let kept = entries(&cache);
    assert!(kept.len() >= 5, "{kept:?}");

    fs::set_permissions(&cache, Permissions::from_mode(0o755)).unwrap();
    for (entry, _) in &kept {
        fs::write(entry, b"what somebody else put there").unwrap();
    }
    let problem = cache_problem(&home);
    let problem = problem.as_str().unwrap();
    assert!(problem.contains("is open to other users"), "{problem}");
    let mode = fs::metadata(&cache).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o755, "it is the owner's to mend");
    for (entry, bytes) in entries(&cache) {
        assert_eq!(bytes, b"what somebody else put there", "{entry:?}");
    }

    fs::set_permissions(&cache, Permissions::from_mode(0o700)).unwrap();
    for (entry, mut bytes) in kept {
        // The last byte is code.
        *bytes.last_mut().unwrap() ^= 1;
        fs::write(entry, bytes).unwrap();
    }
    let problem = cache_problem(&home);
    let problem = problem.as_str().unwrap();
    assert!(
        problem.contains("is not what was written there"),
        "{problem}"
    );
    assert_eq!(
        cache_problem(&home),
        Value::Null,
        "they were compiled and kept again"
    );
}

/// What a daemon that starts in `home`, and judges by every policy, says of the cache.
fn cache_problem(home: &Home) -> Value {
    let daemon = Daemon::start(home);
    let status = home.run("status --json").json();
    assert_eq!(status["policies"].as_array().map(Vec::len), Some(5));
    for policy in status["policies"].as_array().unwrap() {
        assert_eq!(policy["state"], "ready", "{policy}");
    }
    let problem = &status["policy_cache_problem"];
    if let Some(problem) = problem.as_str() {
        let shown = home.run("status").stdout;
        assert!(shown.contains(problem), "{shown}");
    }
    assert_eq!(daemon.end(), 0);
    problem.clone()
}

/// The files of the cache, with what is in them.
fn entries(cache: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let files = fs::read_dir(cache).unwrap();
    let files = files.map(|file| file.unwrap().path());
    files
        .map(|file| {
            let bytes = fs::read(&file).unwrap();
            (file, bytes)
        })
        .collect()
}
