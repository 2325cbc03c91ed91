use std::os::unix::fs::{PermissionsExt, symlink};
use std::time::Duration;

use super::*;

/// A cache in a home of its own.
struct Home {
    home: tempfile::TempDir,
    engine: Engine,
}

impl Home {
    fn new() -> Self {
        Self {
            home: tempfile::tempdir().unwrap(),
            engine: Engine::default(),
        }
    }

    fn folder(&self) -> PathBuf {
        self.home.path().join("cache")
    }

    fn open(&self) -> Result<Cache, CacheProblem> {
        self.open_for(&self.engine)
    }

    fn open_for(&self, engine: &Engine) -> Result<Cache, CacheProblem> {
        Cache::open(engine, &self.folder(), &self.home.path().join("cache.key"))
    }

    fn code(&self) -> Vec<u8> {
        let component = Component::new(&self.engine, b"\0asm\x0d\0\x01\0").unwrap();
        component.serialize().unwrap()
    }

    /// A cache with one entry, whose path is also given.
    fn with_entry(&self, module: &Digest) -> (Cache, PathBuf) {
        let cache = self.open().unwrap();
        cache.keep(module, &self.code()).unwrap();
        let path = cache.path(module);
        (cache, path)
    }
}

#[test]
fn what_was_kept_is_found_again_by_the_next_process() {
    let home = Home::new();
    let module = Digest::of(b"module");
    let (_, path) = home.with_entry(&module);
    let again = home.open().unwrap();
    assert!(again.find(&home.engine, &module).unwrap().is_some());
    let other = Digest::of(b"another");
    assert!(again.find(&home.engine, &other).unwrap().is_none());
    for private in [path, home.home.path().join("cache.key")] {
        let mode = fs::metadata(private).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn code_of_another_engine_is_not_even_looked_at() {
    let home = Home::new();
    let module = Digest::of(b"module");
    let (_, path) = home.with_entry(&module);
    let mut config = wasmtime::Config::new();
    config.epoch_interruption(true);
    let other = Engine::new(&config).unwrap();
    let cache = home.open_for(&other).unwrap();
    assert!(cache.find(&other, &module).unwrap().is_none());
    // Put where the other engine looks, it is told by its MAC.
    fs::copy(path, cache.path(&module)).unwrap();
    let refused = cache.find(&other, &module).unwrap_err();
    assert!(matches!(refused, CacheProblem::NotOurs(_)), "{refused}");
}

#[test]
fn a_forged_entry_is_not_used_and_can_be_replaced() {
    let home = Home::new();
    let module = Digest::of(b"module");
    let (cache, path) = home.with_entry(&module);
    let good = fs::read(&path).unwrap();
    let changed = |at: usize| {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        bytes
    };
    let another = Digest::of(b"another");
    cache.keep(&another, &home.code()).unwrap();
    let moved = fs::read(cache.path(&another)).unwrap();
    for (what, bytes) in [
        ("empty", Vec::new()),
        ("cut in its head", good[..KIND.len() + 5].to_vec()),
        ("cut in its code", good[..good.len() - 1].to_vec()),
        ("longer", [good.as_slice(), b"x"].concat()),
        ("of another kind", changed(3)),
        ("with another MAC", changed(KIND.len())),
        ("with other code", changed(good.len() - 1)),
        ("of another module", moved),
        ("bare", home.code()),
    ] {
        fs::write(&path, &bytes).unwrap();
        let refused = cache.find(&home.engine, &module).unwrap_err();
        assert!(matches!(refused, CacheProblem::NotOurs(_)), "{what}");
        cache.keep(&module, &home.code()).unwrap();
        assert!(cache.find(&home.engine, &module).unwrap().is_some());
    }
}

#[test]
fn an_entry_that_others_could_have_written_is_not_used_and_can_be_replaced() {
    let home = Home::new();
    let module = Digest::of(b"module");
    let (cache, path) = home.with_entry(&module);
    let elsewhere = home.home.path().join("elsewhere");
    let open = |path: &Path| fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
    let link = |path: &Path| {
        fs::rename(path, &elsewhere).unwrap();
        symlink(&elsewhere, path).unwrap();
    };
    for spoil in [&open as &dyn Fn(&Path), &link] {
        spoil(&path);
        let refused = cache.find(&home.engine, &module).unwrap_err();
        assert!(matches!(refused, CacheProblem::File(_)), "{refused}");
        cache.keep(&module, &home.code()).unwrap();
        assert!(cache.find(&home.engine, &module).unwrap().is_some());
    }
}

#[test]
fn a_folder_or_key_that_others_can_read_is_not_used() {
    let home = Home::new();
    home.open().unwrap();
    for (name, mode) in [("cache", 0o755), ("cache.key", 0o640)] {
        let path = home.home.path().join(name);
        let before = fs::metadata(&path).unwrap().permissions();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let refused = home.open().err().unwrap().to_string();
        assert!(refused.contains("is open to other users"), "{refused}");
        fs::set_permissions(&path, before).unwrap();
    }
    home.open().unwrap();
}

#[test]
fn a_key_that_is_lost_takes_its_entries_with_it() {
    let home = Home::new();
    let module = Digest::of(b"module");
    for broken in [None, Some("")] {
        let (_, path) = home.with_entry(&module);
        let key = home.home.path().join("cache.key");
        match broken {
            Some(text) => fs::write(&key, text).unwrap(),
            None => fs::remove_file(&key).unwrap(),
        }
        let cache = home.open().unwrap();
        assert!(!path.exists());
        assert!(cache.find(&home.engine, &module).unwrap().is_none());
    }
}

#[test]
fn what_a_crash_left_is_swept_up() {
    let home = Home::new();
    home.open().unwrap();
    let left = home.folder().join(".entry.77-0.tmp");
    fs::write(&left, "half").unwrap();
    home.open().unwrap();
    assert!(!left.exists());
}

#[test]
fn what_was_used_least_recently_goes() {
    let entry = |name: &str, used, bytes| Entry {
        used: SystemTime::UNIX_EPOCH + Duration::from_secs(used),
        bytes,
        path: PathBuf::from(name),
    };
    let entries = vec![
        entry("old", 1, 10),
        entry("new", 3, 10),
        entry("middle", 2, 10),
    ];
    for (places, bytes, gone) in [
        (3, 30, vec![]),
        (2, 30, vec!["old"]),
        (3, 29, vec!["old"]),
        (1, 100, vec!["middle", "old"]),
        (3, 9, vec!["new", "middle", "old"]),
    ] {
        let room = Room {
            entries: places,
            bytes,
        };
        let gone: Vec<PathBuf> = gone.into_iter().map(PathBuf::from).collect();
        assert_eq!(surplus(entries.clone(), room), gone, "{room:?}");
    }
}
