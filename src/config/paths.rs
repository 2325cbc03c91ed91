//! Where everything lies, worked out from the environment alone; no file is touched.

use std::path::{Path, PathBuf};

use super::environment::Environment;

/// The directory of OpenClaw in a user's home, and our own default home.
const OPENCLAW_DIR: &str = ".openclaw";
/// Our directory in the home.
const OWN_DIR: &str = "opendialogue";

/// The files of one home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    home: PathBuf,
    openclaw_dir: PathBuf,
    openclaw_json: PathBuf,
    /// `opendialogue/`.
    root: PathBuf,
    /// Where identity and databases are: the home and `opendialogue/`, or `opendialogue/up/`.
    state_dir: PathBuf,
    data_dir: PathBuf,
}

/// Neither `OPENDIALOGUE_HOME` nor `HOME` is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("neither `OPENDIALOGUE_HOME` nor `HOME` is set, so there is no place to keep anything")]
pub struct NoHome;

impl Paths {
    /// The files of the home that `environment` names.
    pub fn new(environment: &Environment) -> Result<Self, NoHome> {
        let user_home = environment.raw("HOME").map(Path::new);
        let openclaw = user_home.map(|home| home.join(OPENCLAW_DIR));
        let path_of = |name| {
            let path = Path::new(environment.raw(name)?);
            Some(expand(path, user_home))
        };
        let home = path_of("OPENDIALOGUE_HOME")
            .or_else(|| openclaw.clone())
            .ok_or(NoHome)?;
        let openclaw_dir = path_of("OPENCLAW_STATE_DIR")
            .or(openclaw)
            .unwrap_or_else(|| home.clone());
        let openclaw_json =
            path_of("OPENCLAW_CONFIG_PATH").unwrap_or_else(|| openclaw_dir.join("openclaw.json"));
        let root = home.join(OWN_DIR);
        Ok(Self {
            openclaw_dir,
            openclaw_json,
            state_dir: home.clone(),
            data_dir: root.clone(),
            root,
            home,
        })
    }

    /// The files of `up` in the same home: identity, databases, token, cache and log of its own.
    pub fn for_up(&self) -> Self {
        let up = self.root.join("up");
        Self {
            state_dir: up.clone(),
            data_dir: up,
            ..self.clone()
        }
    }

    /// The files of the guest that `up` brings along, apart from those of `up` itself.
    pub fn for_guest(&self) -> Self {
        let guest = self.root.join("up").join("guest");
        Self {
            state_dir: guest.clone(),
            data_dir: guest,
            ..self.clone()
        }
    }

    /// The home itself.
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// The configuration, where `--config` names no other.
    pub fn config_file(&self) -> PathBuf {
        self.home.join("opendialogue.toml")
    }

    /// OpenClaw's own folder, where its gateway looks for skills.
    pub fn openclaw_dir(&self) -> &Path {
        &self.openclaw_dir
    }

    /// OpenClaw's own configuration, only read.
    pub fn openclaw_json(&self) -> &Path {
        &self.openclaw_json
    }

    /// Identity, turn limit and notify target.
    pub fn state_file(&self) -> PathBuf {
        self.state_dir.join("opendialogue-state.json")
    }

    /// The lock that `daemon` and `up` share.
    pub fn lock(&self) -> PathBuf {
        self.root.join("lock")
    }

    /// The directory that holds the databases, the token, the cache and the log.
    pub fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// The daemon's database.
    pub fn daemon_db(&self) -> PathBuf {
        self.data_dir.join("daemon.db")
    }

    /// The relay's database.
    pub fn relay_db(&self) -> PathBuf {
        self.data_dir.join("relay.db")
    }

    /// The bearer token of the local HTTP.
    pub fn token_file(&self) -> PathBuf {
        self.data_dir.join("token")
    }

    /// The log, where it goes to files.
    pub fn log_dir(&self) -> PathBuf {
        self.data_dir.join("log")
    }

    /// Compiled policies.
    pub fn cache_dir(&self) -> PathBuf {
        self.data_dir.join("cache")
    }

    /// The key that vouches for what is in [`Paths::cache_dir`].
    pub fn cache_key_file(&self) -> PathBuf {
        self.data_dir.join("cache.key")
    }
}

/// `~/...` as a shell would have read it; in a unit file or a container no shell does.
fn expand(path: &Path, user_home: Option<&Path>) -> PathBuf {
    match (path.strip_prefix("~"), user_home) {
        (Ok(rest), Some(home)) => home.join(rest),
        (Ok(_), None) | (Err(_), _) => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn home_and_openclaw_json_are_found_by_the_documented_order() {
        let home = ("HOME", "/h");
        let own = ("OPENDIALOGUE_HOME", "/own");
        let dir = ("OPENCLAW_STATE_DIR", "/claw");
        let file = ("OPENCLAW_CONFIG_PATH", "/etc/claw.json5");
        for (pairs, expected_home, expected_openclaw) in [
            (vec![home], "/h/.openclaw", "/h/.openclaw/openclaw.json"),
            (vec![home, own], "/own", "/h/.openclaw/openclaw.json"),
            (vec![own], "/own", "/own/openclaw.json"),
            (vec![home, dir], "/h/.openclaw", "/claw/openclaw.json"),
            (vec![home, dir, file], "/h/.openclaw", "/etc/claw.json5"),
            (
                vec![home, ("OPENDIALOGUE_HOME", "~/d")],
                "/h/d",
                "/h/.openclaw/openclaw.json",
            ),
        ] {
            let paths = Paths::new(&Environment::from_pairs(pairs.clone())).unwrap();
            assert_eq!(paths.home(), Path::new(expected_home), "{pairs:?}");
            assert_eq!(
                paths.openclaw_json(),
                Path::new(expected_openclaw),
                "{pairs:?}"
            );
        }
        assert_eq!(Paths::new(&Environment::default()), Err(NoHome));
    }

    #[test]
    fn up_has_identity_and_data_of_its_own_and_shares_the_lock() {
        let paths = Paths::new(&Environment::from_pairs([("OPENDIALOGUE_HOME", "/o")])).unwrap();
        let up = paths.for_up();
        assert_eq!(paths.state_file(), Path::new("/o/opendialogue-state.json"));
        assert_eq!(paths.token_file(), Path::new("/o/opendialogue/token"));
        assert_eq!(
            up.state_file(),
            Path::new("/o/opendialogue/up/opendialogue-state.json")
        );
        assert_eq!(up.daemon_db(), Path::new("/o/opendialogue/up/daemon.db"));
        assert_eq!(up.relay_db(), Path::new("/o/opendialogue/up/relay.db"));
        assert_eq!(up.lock(), paths.lock());
        assert_eq!(up.config_file(), paths.config_file());
        assert_eq!(up.for_up(), up);
        let guest = up.for_guest();
        assert_eq!(
            guest.state_file(),
            Path::new("/o/opendialogue/up/guest/opendialogue-state.json")
        );
        assert_eq!(
            guest.daemon_db(),
            Path::new("/o/opendialogue/up/guest/daemon.db")
        );
    }
}
