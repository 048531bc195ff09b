//! The commands of `zegel`: read arguments, call a journey or a room, print the result, return an exit code.
//!
//! stdout carries the result only; everything else goes to stderr. Never decides anything itself.

pub mod board;
pub mod card;
pub mod client;
pub mod config;
pub mod console;
pub mod doctor;
#[cfg(feature = "lab")]
pub mod lab;
pub mod mandate;
pub mod migrate;
pub mod serve;
pub mod sign;
pub mod verify;

use clap::{Parser, Subcommand};

pub use console::{Console, Exit, Format};

/// zegel: log people in with their card, check what they may do, seal documents.
#[derive(Parser, Debug)]
#[command(
    name = "zegel",
    version,
    max_term_width = 100,
    subcommand_required = true,
    arg_required_else_help = true
)]
pub struct Arguments {
    /// How results are printed: for people, or as stable JSON.
    #[arg(long, global = true, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    Board(board::Arguments),
    Client(client::Arguments),
    Card(card::Arguments),
    Config(config::Arguments),
    Doctor(doctor::Arguments),
    #[cfg(feature = "lab")]
    Lab(lab::Arguments),
    Mandate(mandate::Arguments),
    Migrate(migrate::Arguments),
    Serve(serve::Arguments),
    Sign(sign::Arguments),
    Verify(verify::Arguments),
}

/// Reads the arguments, runs the command and returns its exit code.
pub fn run(arguments: impl IntoIterator<Item = std::ffi::OsString>) -> Exit {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are results; everything else is wrong usage.
            let wrong = error.use_stderr();
            let _ = error.print();
            return if wrong { Exit::Usage } else { Exit::Good };
        }
    };
    let mut console = Console::standard(arguments.format);
    match arguments.command {
        Command::Board(arguments) => board::run(arguments, &mut console),
        Command::Client(arguments) => client::run(arguments, &mut console),
        Command::Card(arguments) => card::run(arguments, &mut console),
        Command::Config(arguments) => config::run(arguments, &mut console),
        Command::Doctor(arguments) => doctor::run(arguments, &mut console),
        #[cfg(feature = "lab")]
        Command::Lab(arguments) => lab::run(arguments, &mut console),
        Command::Mandate(arguments) => mandate::run(arguments, &mut console),
        Command::Migrate(arguments) => migrate::run(arguments, &mut console),
        Command::Serve(arguments) => serve::run(arguments, &mut console),
        Command::Sign(arguments) => sign::run(arguments, &mut console),
        Command::Verify(arguments) => verify::run(arguments, &mut console),
    }
}

/// Runs `work` on an asynchronous runtime made for it.
pub fn block_on<T>(work: impl Future<Output = T>) -> Result<T, std::io::Error> {
    Ok(tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(work))
}
