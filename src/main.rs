//! The program: its words go to the command line, and out comes an exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    opendialogue::cli::run(std::env::args_os())
}
