//! The program `zegel-agent`: beside the reader, for a browser's extension.

use std::process::ExitCode;

fn main() -> ExitCode {
    zegel::agent::command::run(std::env::args_os())
}
