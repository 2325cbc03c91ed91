//! Floor 4: the command line. Reads the words, starts the roles, talks to a running daemon by its
//! local HTTP, and is the only place that prints.
//!
//! Each subcommand is a file with its arguments and its `run`, and one variant of `Command`.
//! What a peer wrote is printed through `safe`; how a command ends is a `Failure` or nothing.

mod allow;
mod allowlist;
mod ask;
mod block;
mod client;
mod completions;
mod config;
mod daemon;
mod dead;
mod decide;
mod doctor;
mod failure;
mod held;
mod inbox;
mod mcp;
mod messages;
mod outbox;
mod policy;
mod print;
mod relay;
mod role;
mod safe;
mod send;
mod service;
mod status;
mod tail;
mod time;
mod trust;
mod unblock;
mod up;
mod words;

use std::ffi::OsString;
use std::future::Future;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::{Config, Environment, Examined, Overrides, Paths};
use client::Client;
use failure::Failure;

/// Lets the agents on people's own machines talk to each other.
#[derive(Debug, Parser)]
#[command(name = "opendialogue", version, max_term_width = 100, after_help = EXIT_CODES)]
struct Words {
    /// The configuration, instead of `opendialogue.toml` in the home
    #[arg(long, global = true, value_name = "FILE", display_order = LAST)]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

/// Where an option of every command stands among a command's own.
const LAST: usize = 100;

const EXIT_CODES: &str = "\
Exit codes: 0 done, 1 it failed, 2 the words or the configuration are wrong,
3 the daemon does not answer, 4 refused by policy or relay";

#[derive(Debug, Subcommand)]
enum Command {
    Up(up::Arguments),
    Daemon(daemon::Arguments),
    Relay(relay::Arguments),
    Send(send::Arguments),
    Status(status::Arguments),
    Doctor(doctor::Arguments),
    Inbox(inbox::Arguments),
    Outbox(outbox::Arguments),
    Messages(messages::Arguments),
    Tail(tail::Arguments),
    Mcp(mcp::Arguments),
    Held(held::Arguments),
    Dead(dead::Arguments),
    Trust(trust::Arguments),
    Block(block::Arguments),
    Unblock(unblock::Arguments),
    Allow(allow::Arguments),
    Allowlist(allowlist::Arguments),
    Policy(policy::Arguments),
    Config(config::Arguments),
    Completions(completions::Arguments),
    Service(service::Arguments),
}

/// What every command is given: the environment and the file named on the command line.
#[derive(Debug, Clone)]
struct Context {
    environment: Environment,
    config_file: Option<PathBuf>,
}

/// Runs the program with `words`, its own name first.
pub fn run(words: impl IntoIterator<Item = OsString>) -> ExitCode {
    let words = match Words::try_parse_from(words) {
        Ok(words) => words,
        Err(error) => {
            if let Some(sentence) = words::misunderstood(&error) {
                let failure = Failure::Words(sentence);
                print::failure(&failure);
                return failure.exit_code();
            }
            // Help and version go to standard output; a closed one is no error.
            let _ = error.print();
            return ExitCode::from(u8::from(error.use_stderr()) * 2);
        }
    };
    let context = Context {
        environment: Environment::from_process(),
        config_file: words.config,
    };
    match words.command.run(&context) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            print::failure(&failure);
            failure.exit_code()
        }
    }
}

impl Command {
    fn run(self, context: &Context) -> Result<(), Failure> {
        #[cfg(feature = "faults")]
        context.arm_fault()?;
        match self {
            Command::Up(arguments) => role::block_on(arguments.run(context)),
            Command::Daemon(arguments) => role::block_on(arguments.run(context)),
            Command::Relay(arguments) => role::block_on(arguments.run(context)),
            Command::Send(arguments) => talk(arguments.run(context)),
            Command::Status(arguments) => talk(arguments.run(context)),
            Command::Doctor(arguments) => talk(arguments.run(context)),
            Command::Inbox(arguments) => talk(arguments.run(context)),
            Command::Outbox(arguments) => talk(arguments.run(context)),
            Command::Messages(arguments) => talk(arguments.run(context)),
            Command::Tail(arguments) => talk(arguments.run(context)),
            Command::Mcp(arguments) => talk(arguments.run(context)),
            Command::Held(arguments) => talk(arguments.run(context)),
            Command::Dead(arguments) => talk(arguments.run(context)),
            Command::Trust(arguments) => talk(arguments.run(context)),
            Command::Block(arguments) => talk(arguments.run(context)),
            Command::Unblock(arguments) => talk(arguments.run(context)),
            Command::Allow(arguments) => talk(arguments.run(context)),
            Command::Allowlist(arguments) => talk(arguments.run(context)),
            Command::Policy(arguments) => talk(arguments.run(context)),
            Command::Config(arguments) => arguments.run(context),
            Command::Completions(arguments) => arguments.run(),
            Command::Service(arguments) => arguments.run(context),
        }
    }
}

impl Context {
    /// Has this process end where the environment says; in builds for tests alone.
    #[cfg(feature = "faults")]
    fn arm_fault(&self) -> Result<(), Failure> {
        let words = self.environment.raw("OPENDIALOGUE_FAULT");
        words.map_or(Ok(()), |words| {
            crate::fault::arm(&words.to_string_lossy())
                .map_err(|misnamed| Failure::Words(misnamed.to_string()))
        })
    }

    /// The configuration with these flags over it.
    fn load(&self, overrides: &Overrides) -> Result<Config, Failure> {
        Ok(Config::load(
            &self.environment,
            overrides,
            self.config_file.as_deref(),
        )?)
    }

    /// The configuration as far as it can be read.
    fn examine(&self) -> Examined {
        let flags = Overrides::default();
        Examined::load(&self.environment, &flags, self.config_file.as_deref())
    }

    /// The daemon of this home. A configuration that is named has to be right, although the lock
    /// file alone says where the daemon is.
    fn client(&self) -> Result<Client, Failure> {
        if self.config_file.is_some() {
            self.load(&Overrides::default())?;
        }
        let paths = Paths::new(&self.environment);
        Client::find(&paths.map_err(|no_home| Failure::Words(no_home.to_string()))?)
    }
}

/// Runs a command that only talks to the daemon: one thread is enough.
fn talk(command: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let ended = runtime.block_on(command);
    // A read of standard input that nobody answers any more must not keep the process.
    runtime.shutdown_background();
    ended
}

#[cfg(test)]
mod tests;
