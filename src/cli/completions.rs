//! `opendialogue completions SHELL`: the script by which a shell completes the commands.

use clap::CommandFactory as _;
use clap_complete::Shell;

use super::failure::Failure;
use super::{Words, print};

/// Print the script by which a shell completes these commands
///
/// For example `opendialogue completions bash > ~/.local/share/bash-completion/completions/opendialogue`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The shell
    shell: Shell,
}

impl Arguments {
    pub(super) fn run(self) -> Result<(), Failure> {
        print::line(script(self.shell).trim_end())
    }
}

fn script(shell: Shell) -> String {
    let mut script = Vec::new();
    let mut words = Words::command();
    clap_complete::generate(shell, &mut words, "opendialogue", &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::process::{Command, Stdio};

    use clap::ValueEnum as _;

    use super::*;

    #[test]
    fn every_shell_learns_every_command() {
        let words = Words::command();
        for shell in Shell::value_variants() {
            let script = script(*shell);
            for command in words.get_subcommands() {
                let name = command.get_name();
                assert!(script.contains(name), "{shell}: {name}");
            }
        }
    }

    #[test]
    fn the_shells_that_are_here_can_read_their_script() {
        for (shell, words) in [
            (Shell::Bash, ["bash", "-n"]),
            (Shell::Zsh, ["zsh", "-n"]),
            (Shell::Fish, ["fish", "--no-execute"]),
        ] {
            let [program, flag] = words;
            let child = Command::new(program)
                .arg(flag)
                .stdin(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn();
            // A shell that is not here reads nothing.
            let Ok(mut child) = child else { continue };
            let script = script(shell);
            let mut input = child.stdin.take().unwrap();
            input.write_all(script.as_bytes()).unwrap();
            drop(input);
            let read = child.wait_with_output().unwrap();
            let said = String::from_utf8_lossy(&read.stderr).into_owned();
            assert!(read.status.success() && said.is_empty(), "{shell}: {said}");
        }
    }
}
