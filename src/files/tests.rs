use std::os::unix::fs::{PermissionsExt, symlink};
use std::sync::atomic::AtomicBool;

use super::*;

#[test]
fn what_is_created_is_private_from_the_start() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("a/b");
    create_private_dir(&dir).unwrap();
    create_private_dir(&dir).unwrap();
    let file = dir.join("token");
    create_private(&file, b"first").unwrap();
    for (path, mode) in [
        (&home.path().join("a"), 0o700),
        (&dir, 0o700),
        (&file, 0o600),
    ] {
        assert_eq!(mode_of(path), mode, "{}", path.display());
    }
    assert!(
        create_private(&file, b"second").is_err(),
        "it exists already"
    );
    assert_eq!(read_private(&file, 10).unwrap().unwrap(), b"first");
}

#[test]
fn a_replaced_file_is_whole_private_and_alone() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("state.json");
    for text in ["{}", "{\"agentId\":\"1\"}", ""] {
        replace_private(&file, text.as_bytes()).unwrap();
        assert_eq!(read_private_text(&file, 100).unwrap().unwrap(), text);
        assert_eq!(mode_of(&file), 0o600);
    }
    assert_eq!(
        fs::read_dir(home.path()).unwrap().count(),
        1,
        "no temporary file is left"
    );
}

#[test]
fn a_failed_replacement_leaves_no_temporary_file() {
    let home = tempfile::tempdir().unwrap();
    let taken = home.path().join("taken");
    fs::create_dir(&taken).unwrap();
    assert!(replace_private(&taken, b"x").is_err());
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
}

#[test]
fn a_replacement_takes_the_place_of_a_link_and_not_of_its_target() {
    let home = tempfile::tempdir().unwrap();
    let target = home.path().join("target");
    let link = home.path().join("link");
    create_private(&target, b"untouched").unwrap();
    symlink(&target, &link).unwrap();
    replace_private(&link, b"new").unwrap();
    assert_eq!(read_private(&target, 100).unwrap().unwrap(), b"untouched");
    assert_eq!(read_private(&link, 100).unwrap().unwrap(), b"new");
}

#[test]
fn each_fault_of_a_private_file_has_its_own_sentence() {
    let home = tempfile::tempdir().unwrap();
    let at = |name: &str| home.path().join(name);
    create_private(&at("good"), b"12345678").unwrap();
    create_private(&at("it's open"), b"x").unwrap();
    fs::set_permissions(at("it's open"), PermissionsExt::from_mode(0o640)).unwrap();
    symlink(at("good"), at("link")).unwrap();
    fs::create_dir(at("dir")).unwrap();
    create_private(&at("latin1"), b"\xff").unwrap();

    assert!(read_private(&at("none"), 100).unwrap().is_none());
    for (name, limit, sentence) in [
        (
            "it's open",
            100,
            "open to other users (mode 0640); mend it with `chmod 600 '",
        ),
        ("link", 100, "is a symbolic link, which is not followed"),
        ("dir", 100, "is not a file"),
        ("good", 7, "is larger than 7 bytes"),
        ("latin1", 100, "is not UTF-8 text"),
    ] {
        let error = read_private_text(&at(name), limit).unwrap_err().to_string();
        assert!(error.contains(sentence), "{name}: {error}");
    }
    assert_eq!(read_private(&at("good"), 8).unwrap().unwrap().len(), 8);
}

#[test]
fn a_file_of_another_user_is_refused() {
    // Where the tests run as root, `/etc/passwd` is our own; any other id stands for a stranger.
    let metadata = fs::metadata("/etc/passwd").unwrap();
    let path = Path::new("/etc/passwd");
    let error = if metadata.uid() == geteuid().as_raw() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("theirs");
        create_private(&file, b"x").unwrap();
        std::os::unix::fs::chown(&file, Some(12_345), None).unwrap();
        read_private(&file, 100).unwrap_err()
    } else {
        read_private(path, 1_000_000).unwrap_err()
    };
    assert!(matches!(error, FileError::Owner { .. }), "{error}");
    assert!(error.to_string().contains("sudo chown"), "{error}");
}

#[test]
fn a_directory_open_to_others_is_refused_and_left_alone() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("opendialogue");
    fs::create_dir(&dir).unwrap();
    fs::set_permissions(&dir, PermissionsExt::from_mode(0o755)).unwrap();
    let error = create_private_dir(&dir).unwrap_err().to_string();
    assert!(
        error.contains("(mode 0755); mend it with `chmod 700 "),
        "{error}"
    );
    assert_eq!(mode_of(&dir), 0o755);
}

#[test]
fn a_second_lock_hears_who_holds_the_first() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("lock");
    assert_eq!(read_lock(&path).unwrap(), None, "there is none yet");

    let mut lock = Lock::acquire(&path).unwrap();
    let address = "127.0.0.1:18787".parse().unwrap();
    lock.publish(address, Path::new("/t/token")).unwrap();
    let ours = LockInfo {
        pid: std::process::id(),
        address: Some(address),
        token_file: Some("/t/token".into()),
    };
    assert_eq!(mode_of(&path), 0o600);
    assert_eq!(read_lock(&path).unwrap(), Some(ours.clone()));
    match Lock::acquire(&path) {
        Err(LockError::Held { holder, .. }) => assert_eq!(holder, Some(ours)),
        other => panic!("{other:?}"),
    }
    let sentence = Lock::acquire(&path).unwrap_err().to_string();
    assert!(
        sentence.contains(&format!("process {}", std::process::id())),
        "{sentence}"
    );

    drop(lock);
    assert_eq!(read_lock(&path).unwrap(), None);
    drop(Lock::acquire(&path).unwrap());
}

#[test]
fn the_text_of_a_dead_process_is_no_holder() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("lock");
    let stale = format!(
        "{{\"pid\":{},\"address\":null,\"token_file\":null}}",
        i32::MAX
    );
    create_private(&path, stale.as_bytes()).unwrap();
    assert_eq!(read_lock(&path).unwrap(), None);
    drop(Lock::acquire(&path).unwrap());
}

#[test]
fn the_text_of_a_process_that_holds_no_lock_is_no_holder() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("lock");
    // What a crash left, under a number that another process has by now.
    let stale = format!(
        "{{\"pid\":{},\"address\":null,\"token_file\":null}}",
        std::process::id()
    );
    create_private(&path, stale.as_bytes()).unwrap();
    assert_eq!(read_lock(&path).unwrap(), None);
    drop(Lock::acquire(&path).unwrap());
}

#[test]
fn asking_who_holds_the_lock_keeps_nobody_from_taking_it() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("lock");
    let stale = format!(
        "{{\"pid\":{},\"address\":null,\"token_file\":null}}",
        std::process::id()
    );
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                let _ = read_lock(&path);
            }
        });
        for _ in 0..50 {
            std::fs::write(&path, &stale).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
            drop(Lock::acquire(&path).unwrap());
        }
        done.store(true, Ordering::Relaxed);
    });
}

#[test]
fn a_path_in_a_command_is_one_word() {
    for (path, word) in [
        ("/home/a/state.json", "/home/a/state.json"),
        ("/home/a b", "'/home/a b'"),
        ("/it's; rm", r"'/it'\''s; rm'"),
        ("/$HOME", "'/$HOME'"),
    ] {
        assert_eq!(shell_word(Path::new(path)), word);
    }
}

fn mode_of(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().mode() & 0o7777
}
