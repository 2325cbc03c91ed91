//! Reading the configuration once more: with the environment and the flags of the first time.

use std::path::PathBuf;

use super::{Config, Environment, Overrides, Report};

/// What a configuration was made of, beside its file.
#[derive(Debug, Clone, Default)]
pub(super) struct Source(Option<Layers>);

#[derive(Debug, Clone)]
struct Layers {
    environment: Environment,
    overrides: Overrides,
}

impl Source {
    pub(super) fn of(environment: &Environment, overrides: &Overrides) -> Self {
        Self(Some(Layers {
            environment: environment.clone(),
            overrides: overrides.clone(),
        }))
    }
}

impl Config {
    /// Reads the configuration as its file is now. A file that was there must still be there: its
    /// policies are not given up for the defaults because an editor is between two steps.
    pub fn read_again(&self) -> Result<Self, Report> {
        match &self.source.0 {
            Some(layers) => {
                Self::load(&layers.environment, &layers.overrides, self.file.as_deref())
            }
            None => Ok(self.clone()),
        }
    }

    /// The file that [`Config::read_again`] reads, there or not.
    pub fn followed_file(&self) -> Option<PathBuf> {
        self.source.0.as_ref()?;
        Some(
            self.file
                .clone()
                .unwrap_or_else(|| self.paths.config_file()),
        )
    }

    /// The same without any policy, now and however often it is read again.
    pub fn without_policies(mut self) -> Self {
        self.policies = Vec::new();
        self.source = Source::default();
        self
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const OFF: &str = "[[policy]]\nname = \"acl\"\nmode = \"off\"\n";

    #[test]
    fn a_configuration_is_read_again_with_what_it_was_read_with_first() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("opendialogue.toml");
        let environment = Environment::from_pairs([
            ("OPENDIALOGUE_HOME", home.path().as_os_str()),
            ("OPENDIALOGUE_STATUS_PORT", "18999".as_ref()),
        ]);
        let first = Config::load(&environment, &Overrides::default(), None).unwrap();
        assert_eq!(first.followed_file(), Some(file.clone()));
        assert_eq!(first.file, None);

        fs::write(&file, OFF).unwrap();
        let newer = first.read_again().unwrap();
        assert_eq!(newer.policies[0].mode, crate::config::Mode::Off);
        assert_eq!(newer.local.listen.port(), 18999);
        assert_eq!(first.waiting_for_restart(&newer), Vec::<String>::new());

        fs::write(&file, format!("{OFF}[gateway]\nmax_in_flight = 3\n")).unwrap();
        let newest = newer.read_again().unwrap();
        assert_eq!(
            first.waiting_for_restart(&newest),
            ["gateway.max_in_flight"]
        );

        let alone = newest.clone().without_policies();
        assert_eq!(alone.followed_file(), None);
        assert!(alone.read_again().unwrap().policies.is_empty());

        fs::remove_file(&file).unwrap();
        assert!(newest.read_again().is_err(), "a file that was there");
        assert!(first.read_again().is_ok(), "a file that never was");
    }
}
