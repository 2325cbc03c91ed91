//! What happens when modules, entries and settings change while the chain is in force.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::timeout;

use super::*;
use crate::config::{Config, Environment, Overrides};
use crate::policy::watch::{NotLoaded, open};
use crate::tasks::Tasks;

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// Policies `one` and `two`, in files beside the configuration; those of the program are off.
static BOTH: LazyLock<String> = LazyLock::new(|| {
    let off = builtins().map(|builtin| {
        let name = builtin.name;
        format!("[[policy]]\nname = \"{name}\"\nmodule = \"builtin:{name}\"\nmode = \"off\"\n")
    });
    "[[policy]]\nname = \"one\"\nmodule = \"one.wasm\"\n\
     [[policy]]\nname = \"two\"\nmodule = \"two.wasm\"\n"
        .to_owned()
        + &off.collect::<String>()
});

/// A chain in force that follows a home of its own.
struct World {
    home: tempfile::TempDir,
    policies: Policies,
    told: mpsc::Receiver<Reloaded>,
    tasks: Tasks,
}

struct Wants(Config);

impl Source for Wants {
    fn read(&mut self) -> Result<Wanted, Vec<Fault>> {
        let newer = self.0.read_again();
        let newer = newer.map_err(|report| Fault::of_report(&report))?;
        Ok(Wanted {
            entries: newer.policies.clone(),
            files: newer.followed_file().into_iter().collect(),
            waiting_for_restart: self.0.waiting_for_restart(&newer),
        })
    }
}

impl World {
    async fn of(config: &str) -> Self {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("one.wasm"), passing().bytes()).unwrap();
        fs::write(home.path().join("two.wasm"), passing().bytes()).unwrap();
        Self::in_home(home, config).await.unwrap()
    }

    async fn in_home(home: tempfile::TempDir, config: &str) -> Result<Self, NotLoaded> {
        fs::write(home.path().join("opendialogue.toml"), config).unwrap();
        let environment = Environment::from_pairs([("OPENDIALOGUE_HOME", home.path())]);
        let config = Config::load(&environment, &Overrides::default(), None).unwrap();
        let opened = open(engine().clone(), Wants(config)).await?;
        let (tell, told) = mpsc::channel(64);
        let tasks = Tasks::new();
        let policies = opened.follow(&tasks, move |reloaded| {
            tell.try_send(reloaded.clone()).unwrap();
        });
        Ok(Self {
            home,
            policies,
            told,
            tasks,
        })
    }

    fn file(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    async fn told(&mut self) -> Reloaded {
        let told = timeout(PATIENCE, self.told.recv()).await;
        assert!(!self.tasks.is_broken());
        told.expect("it is told in time").unwrap()
    }

    async fn fault(&mut self) -> String {
        match self.told().await {
            Reloaded::Failed { faults } => watch::told(&faults).unwrap(),
            other @ (Reloaded::Published { .. } | Reloaded::Unchanged) => {
                panic!("it did not fail: {other:?}")
            }
        }
    }

    fn digests(&self) -> Vec<Option<String>> {
        let status = self.policies.status().into_iter();
        status.map(|policy| policy.digest).collect()
    }

    /// How the policy `name` is.
    fn status(&self, name: &str) -> PolicyStatus {
        of(name, self.policies.status())
    }

    fn is_admitted(&self) -> bool {
        let outcome = outcome(&self.policies.chain(), &letter("hello"));
        matches!(outcome, Outcome::Admitted { .. })
    }
}

/// How an editor writes.
type Way<'a> = &'a dyn Fn(&Path, &[u8]);

fn of(name: &str, policies: Vec<PolicyStatus>) -> PolicyStatus {
    let mut policies = policies.into_iter();
    policies.find(|policy| policy.name == name).unwrap()
}

fn passing() -> Module {
    Module::default()
}

fn refusing() -> Module {
    Module::that_says(Says::Reject("closed"), &[])
}

fn published(changed: &[&str]) -> Reloaded {
    Reloaded::Published {
        changed: changed.iter().map(|name| (*name).to_owned()).collect(),
    }
}

/// As an editor that writes beside the file and puts it in its place.
fn rename_over(path: &Path, bytes: &[u8]) {
    let beside = path.with_extension("swp");
    fs::write(&beside, bytes).unwrap();
    fs::rename(beside, path).unwrap();
}

/// As an editor that keeps the old file under another name first.
fn back_up_and_write(path: &Path, bytes: &[u8]) {
    fs::rename(path, path.with_extension("bak")).unwrap();
    fs::write(path, bytes).unwrap();
}

#[tokio::test]
async fn a_changed_module_judges_however_it_was_written() {
    let mut world = World::of(&BOTH).await;
    let truncate_and_write = |path: &Path, bytes: &[u8]| fs::write(path, bytes).unwrap();
    let ways: [Way; 3] = [&truncate_and_write, &rename_over, &back_up_and_write];
    for write in ways {
        assert!(world.is_admitted());
        write(&world.file("two.wasm"), &refusing().bytes());
        assert_eq!(world.told().await, published(&["two"]));
        assert!(!world.is_admitted());
        write(&world.file("two.wasm"), &passing().bytes());
        assert_eq!(world.told().await, published(&["two"]));
    }
}

#[tokio::test]
async fn what_is_written_at_once_is_loaded_at_once() {
    let mut world = World::of(&BOTH).await;
    let generation = world.policies.published();
    fs::write(world.file("one.wasm"), refusing().bytes()).unwrap();
    fs::write(world.file("two.wasm"), refusing().bytes()).unwrap();
    let monitored = BOTH.replace("two.wasm\"", "two.wasm\"\nmode = \"monitor\"");
    fs::write(world.file("opendialogue.toml"), monitored).unwrap();
    assert_eq!(world.told().await, published(&["one", "two"]));
    assert_eq!(*generation.borrow(), 1);
}

#[tokio::test]
async fn entries_and_settings_take_effect_and_other_keys_wait() {
    let mut world = World::of("").await;
    let config = world.file("opendialogue.toml");
    assert!(world.is_admitted());
    let closed = "[[policy]]\nname = \"acl\"\nsettings = { mode = \"closed\" }\n";
    rename_over(&config, closed.as_bytes());
    assert_eq!(world.told().await, published(&["acl"]));
    assert!(!world.is_admitted());

    let added = format!("{closed}[[policy]]\nname = \"one\"\nmodule = \"one.wasm\"\n");
    let other_key = format!("[gateway]\nmax_in_flight = 3\n{added}");
    fs::write(&config, other_key).unwrap();
    assert_eq!(world.told().await, published(&["one"]));
    let standing = world.policies.standing();
    assert_eq!(standing.waiting_for_restart, ["gateway.max_in_flight"]);

    // A module that was not there before is followed from now on.
    fs::write(world.file("one.wasm"), refusing().bytes()).unwrap();
    assert_eq!(world.told().await, published(&["one"]));
    fs::write(&config, "").unwrap();
    assert_eq!(world.told().await, published(&["acl", "one"]));
    assert_eq!(world.policies.standing(), Standing::default());
}

#[tokio::test]
async fn what_does_not_load_leaves_the_chain_in_force_alone_and_is_told() {
    let mut world = World::of(&BOTH).await;
    let whole = passing().bytes();
    let starts = Module {
        start: "(start $fails) (func $fails (unreachable))",
        ..Module::default()
    };
    let configures = Module {
        configure: "(unreachable)",
        ..Module::default()
    };
    let stranger = Module {
        imports: "(import \"wasi:clocks/wall-clock@0.2.0\" (instance))".to_owned(),
        ..Module::default()
    };
    let core = wat::parse_str("(module)").unwrap();
    for (bytes, says) in [
        (Vec::new(), "its file is empty"),
        (whole[..whole.len() / 2].to_vec(), "it is cut short"),
        (core, "it is a core module"),
        (b"text".to_vec(), "it is not WebAssembly"),
        (stranger.bytes(), "`wasi:clocks/wall-clock@0.2.0`"),
        (starts.bytes(), "it failed while it was started"),
        (configures.bytes(), "it failed in `configure`"),
        (
            Module::that_does("(unreachable)").bytes(),
            "it failed on a harmless message: wasm trap",
        ),
        (
            Module::that_does("(loop (br 0))").bytes(),
            "it failed on a harmless message: it took longer than 50 ms",
        ),
        (
            Module::that_says(Says::Reject("policy_error"), &[]).bytes(),
            "it failed on a harmless message: its answer breaks the interface",
        ),
    ] {
        let before = world.digests();
        fs::write(world.file("two.wasm"), &bytes).unwrap();
        let fault = world.fault().await;
        assert!(
            fault.contains("policy `two`: ") && fault.contains(says),
            "{fault}"
        );
        assert_eq!(world.digests(), before);
        assert!(world.is_admitted());
        let error = world.status("two").error.unwrap();
        assert!(error.contains(says), "{error}");
        assert_eq!(world.status("one").error, None);

        fs::write(world.file("two.wasm"), &whole).unwrap();
        assert_eq!(world.told().await, Reloaded::Unchanged);
        assert_eq!(world.status("two").error, None);
    }
    assert_eq!(*world.policies.published().borrow(), 0);
}

#[tokio::test]
async fn a_pin_holds_for_the_bytes_that_are_loaded() {
    let pin = crate::types::Digest::of(&passing().bytes());
    let pinned = BOTH.replace("two.wasm\"", &format!("two.wasm\"\nsha256 = \"{pin}\""));
    let mut world = World::of(&pinned).await;
    let other = refusing().bytes();
    fs::write(world.file("two.wasm"), &other).unwrap();
    assert!(world.fault().await.contains("the entry's `sha256` is"));
    assert!(world.is_admitted());
    let pin = crate::types::Digest::of(&other);
    let pinned = BOTH.replace("two.wasm\"", &format!("two.wasm\"\nsha256 = \"{pin}\""));
    fs::write(world.file("opendialogue.toml"), pinned).unwrap();
    assert_eq!(world.told().await, published(&["two"]));
}

#[tokio::test]
async fn a_faulty_configuration_is_told_with_its_line_and_one_that_vanished_is_no_default() {
    let mut world = World::of(&BOTH).await;
    let config = world.file("opendialogue.toml");
    let before = world.digests();
    fs::write(
        &config,
        BOTH.replace("[[policy]]\nname = \"two\"", "[[policy]]\nnam = 1"),
    )
    .unwrap();
    let fault = world.fault().await;
    assert!(fault.contains("opendialogue.toml:4:1: "), "{fault}");
    fs::remove_file(&config).unwrap();
    assert!(world.fault().await.contains("opendialogue.toml"));
    assert_eq!(world.digests(), before);
    fs::write(&config, BOTH.as_str()).unwrap();
    assert_eq!(world.told().await, Reloaded::Unchanged);
}

#[tokio::test]
async fn a_message_ends_on_the_chain_on_which_it_began() {
    let mut world = World::of(&BOTH).await;
    let begun = world.policies.chain();
    let digest = of("two", begun.snapshot()).digest;
    fs::write(world.file("two.wasm"), refusing().bytes()).unwrap();
    assert_eq!(world.told().await, published(&["two"]));
    let ruling = judge(&begun, &letter("hello"), &mut PolicyState::default());
    assert!(matches!(ruling.outcome, Outcome::Admitted { .. }));
    assert_eq!(Some(ruling.steps[1].digest.to_string()), digest);
    assert!(!world.is_admitted());
}

#[tokio::test]
async fn a_request_loads_anew_what_nobody_changed() {
    let mut world = World::of(&BOTH).await;
    // Fails on what the self-test does not try.
    let fragile = Module::that_does(
        "(if (i32.eq (i32.load offset=60 (local.get $message)) (i32.const 7)) (then (unreachable)))",
    );
    fs::write(world.file("two.wasm"), fragile.bytes()).unwrap();
    assert_eq!(world.told().await, published(&["two"]));
    let mut state = PolicyState::default();
    for _ in 0..6 {
        judge(&world.policies.chain(), &letter("fragile"), &mut state);
    }
    let status = || world.status("two");
    assert_eq!(status().state, PolicyHealth::Failing);
    assert_eq!(world.policies.reload().await, Some(published(&[])));
    assert_eq!(status().state, PolicyHealth::Ready);
    assert_eq!(*world.policies.published().borrow(), 2);
    assert_eq!(world.told().await, published(&[]));
    world.tasks.cancel();
    world.tasks.drain(PATIENCE).await.unwrap();
    assert_eq!(world.policies.reload().await, None);
}

#[tokio::test]
async fn a_chain_that_is_wrong_at_the_start_is_refused_whole() {
    let home = tempfile::tempdir().unwrap();
    fs::write(
        home.path().join("one.wasm"),
        Module::that_does("(unreachable)").bytes(),
    )
    .unwrap();
    let refused = World::in_home(home, &BOTH).await.err().unwrap().to_string();
    assert!(
        refused.contains("policy `two`: ") && refused.contains("cannot be read"),
        "{refused}"
    );
}
