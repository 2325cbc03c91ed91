//! What a service is to run: the program, the configuration, the home, the variables. Gathered once,
//! and all that the files are made of.

use std::path::{Path, PathBuf};

use super::super::Context;
use super::super::failure::Failure;
use crate::config::{Paths, VARIABLES};

/// A daemon as a service runs it.
#[derive(Debug, Clone)]
pub(super) struct Daemon {
    /// The program's real path.
    pub(super) program: String,
    /// The file that `--config` named.
    pub(super) config: Option<String>,
    /// The only folder that it writes.
    pub(super) home: String,
    /// Where it logs, where nobody keeps a journal.
    pub(super) log: String,
    /// What is set now and what it reads, in the order of the documentation.
    pub(super) variables: Vec<(&'static str, String)>,
    /// What it reads and what is set, but is not written down.
    pub(super) left_out: Vec<&'static str>,
}

/// Who this agent is, for one process: in a file it would outlive that, and the secret would stand in
/// one more place. The state file is where it belongs.
const LEFT_OUT: [&str; 2] = ["OPENDIALOGUE_AGENT_ID", "OPENDIALOGUE_AGENT_SECRET"];
/// The supervisor sets these by itself.
const SUPERVISORS_OWN: [&str; 2] = ["HOME", "XDG_CONFIG_HOME"];

impl Daemon {
    /// The daemon of this program, with these words and variables.
    pub(super) fn here(context: &Context, paths: &Paths) -> Result<Self, Failure> {
        let program = std::env::current_exe().and_then(|path| path.canonicalize());
        let program = program.map_err(|error| {
            anyhow::Error::new(error).context("finding the program's own real path")
        })?;
        let config = context.config_file.as_deref().map(absolute).transpose()?;
        let is_set = |name: &&str| context.environment.raw(name).is_some();
        let mut variables = Vec::new();
        for name in VARIABLES.iter().copied().filter(is_set) {
            if LEFT_OUT.contains(&name) || SUPERVISORS_OWN.contains(&name) {
                continue;
            }
            let value = context.environment.text(name);
            let value = value.map_err(|error| Failure::Words(format!("{name}: {error}")))?;
            variables.extend(value.map(|value| (name, value.to_owned())));
        }
        Ok(Self {
            program: text(&program)?,
            config,
            home: absolute(paths.home())?,
            log: absolute(&paths.log_dir())?,
            variables,
            left_out: LEFT_OUT.into_iter().filter(is_set).collect(),
        })
    }

    /// The words after the program that run it.
    pub(super) fn arguments(&self) -> Vec<&str> {
        let mut words = vec!["daemon"];
        if let Some(config) = &self.config {
            words.extend(["--config", config]);
        }
        words
    }

    /// The names of the variables that it gets, for the person who installs it.
    pub(super) fn carried(&self) -> String {
        let names: Vec<&str> = self.variables.iter().map(|(name, _)| *name).collect();
        match names.is_empty() {
            true => String::new(),
            false => format!(", with {} as set here", names.join(", ")),
        }
    }
}

fn absolute(path: &Path) -> Result<String, Failure> {
    let path: PathBuf = std::path::absolute(path)?;
    text(&path)
}

fn text(path: &Path) -> Result<String, Failure> {
    let text = path.to_str();
    text.map(str::to_owned).ok_or_else(|| {
        Failure::failed(format!(
            "`{}` is not UTF-8, which the service's file has to be",
            path.display()
        ))
    })
}

/// A daemon whose words and values have all that the files must not be confused by.
#[cfg(test)]
pub(super) fn odd() -> Daemon {
    Daemon {
        program: "/opt/100% \"new\"/open$dialogue".to_owned(),
        config: Some("/home/ada/a $b\\c.toml".to_owned()),
        home: "/home/ada/two words & <more>".to_owned(),
        log: "/home/ada/two words & <more>/opendialogue/log".to_owned(),
        variables: vec![
            (
                "OPENDIALOGUE_HOME",
                "/home/ada/two words & <more>".to_owned(),
            ),
            (
                "HTTPS_PROXY",
                "http://ada:50%\n\"$x@proxy.example:3128".to_owned(),
            ),
        ],
        left_out: Vec::new(),
    }
}

/// A daemon as most have it.
#[cfg(test)]
pub(super) fn plain() -> Daemon {
    Daemon {
        program: "/home/ada/.cargo/bin/opendialogue".to_owned(),
        config: None,
        home: "/home/ada/.openclaw".to_owned(),
        log: "/home/ada/.openclaw/opendialogue/log".to_owned(),
        variables: vec![("PATH", "/usr/local/bin:/usr/bin:/bin".to_owned())],
        left_out: Vec::new(),
    }
}
