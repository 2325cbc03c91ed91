//! `opendialogue service`: the daemon as a service of the user's own, that starts with the machine or
//! the login and is started again where it fails.
//!
//! What is written is a pure function of what the daemon is to run with, one for each kind of
//! supervisor; a file that this command did not write is neither replaced nor removed.

mod daemon;
mod launchd;
mod supervisor;
mod systemd;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::failure::Failure;
use super::{Context, policy, print};
use crate::config::{Config, Paths};
use crate::files::{create_private_dir, read_lock, replace_private, shell_word};
use daemon::Daemon;
use supervisor::Supervisor;

/// Have the daemon run as a service of yours
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Install(Install),
    Uninstall(Uninstall),
}

/// Write the service's file, start the daemon by it, and have it started from now on
///
/// With systemd it is a unit of your own user, on macOS an agent of launchd. The daemon gets this
/// program, the `--config` that is given here, and the variables that are set here and that it reads.
#[derive(Debug, Args)]
struct Install {
    /// Print the file, and write and start nothing
    #[arg(long)]
    print: bool,
}

/// Stop the daemon that runs as a service, and remove the service's file
#[derive(Debug, Args)]
struct Uninstall {}

/// Stands in every file that this command writes; one without it is somebody else's.
const MARK: &str = "Written by `opendialogue service install`";

impl Arguments {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        match self.verb {
            Verb::Install(install) => install.run(context),
            Verb::Uninstall(Uninstall {}) => uninstall(context),
        }
    }
}

impl Install {
    fn run(self, context: &Context) -> Result<(), Failure> {
        let config = policy::configuration(context)??;
        let daemon = Daemon::here(context, &config.paths)?;
        let supervisor = Supervisor::of_this_system();
        let text = supervisor.text(&daemon);
        if self.print {
            return print::line(text.trim_end());
        }
        install(context, &config, &daemon, supervisor, &text)
    }
}

fn install(
    context: &Context,
    config: &Config,
    daemon: &Daemon,
    supervisor: Supervisor,
    text: &str,
) -> Result<(), Failure> {
    let file = supervisor.file(&context.environment)?;
    let before = ours(&file)?;
    supervisor.probe()?;
    if before == Before::Nothing {
        nobody_runs(&config.paths)?;
    }
    // The service may write in the home alone, so somebody else has to make it.
    create_private_dir(config.paths.data_dir()).map_err(anyhow::Error::from)?;
    if supervisor.logs_to_files() {
        create_private_dir(&config.paths.log_dir()).map_err(anyhow::Error::from)?;
    }
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    replace_private(&file, text.as_bytes()).map_err(anyhow::Error::from)?;
    supervisor.start(&file, before)?;
    print::line(format_args!(
        "wrote `{}` and started the daemon{}\n{}",
        file.display(),
        daemon.carried(),
        supervisor.advice(&config.paths)
    ))?;
    for variable in &daemon.left_out {
        print::note(format_args!(
            "{variable} is set here and was not written into a file: the service runs without it"
        ));
    }
    Ok(())
}

fn uninstall(context: &Context) -> Result<(), Failure> {
    let supervisor = Supervisor::of_this_system();
    let file = supervisor.file(&context.environment)?;
    match ours(&file)? {
        Before::Nothing => {
            return Err(Failure::failed(format!(
                "there is no `{}`, so no service was installed by this command",
                file.display()
            )));
        }
        Before::Ours => {}
    }
    supervisor.probe()?;
    supervisor.stop()?;
    fs::remove_file(&file)?;
    supervisor.forget()?;
    print::line(format_args!(
        "stopped the daemon and removed `{}`; the home stays as it is",
        file.display()
    ))
}

/// What stands where the service's file belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Before {
    Nothing,
    Ours,
}

/// What stands at `file`; somebody else's is a failure.
fn ours(file: &Path) -> Result<Before, Failure> {
    let text = match fs::read(file) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Before::Nothing),
        Err(error) => return Err(anyhow::Error::new(error).context(named(file)).into()),
    };
    if text.contains(MARK) {
        return Ok(Before::Ours);
    }
    Err(Failure::failed(format!(
        "`{}` was not written by this command, so it is left as it is; move it away first: \
         `mv {} {}`",
        file.display(),
        shell_word(file),
        shell_word(&aside(file)),
    )))
}

fn named(file: &Path) -> String {
    format!("reading `{}`", file.display())
}

fn aside(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".old");
    PathBuf::from(name)
}

/// A daemon that somebody started by hand keeps the home's lock, and the service could not start.
fn nobody_runs(paths: &Paths) -> Result<(), Failure> {
    match read_lock(&paths.lock()).map_err(anyhow::Error::from)? {
        None => Ok(()),
        Some(holder) => Err(Failure::failed(format!(
            "process {} runs on this home already; end it first",
            holder.pid
        ))),
    }
}
