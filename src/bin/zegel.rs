//! The program `zegel`: the service and its tools.

use std::process::ExitCode;

fn main() -> ExitCode {
    zegel::cli::run(std::env::args_os()).into()
}
