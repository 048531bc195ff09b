//! The commands of `zegel`: read arguments, call a journey or a room, print the result, return an exit code.
//!
//! stdout carries the result only; everything else goes to stderr. Never decides anything itself.

pub mod board;
pub mod card;
pub mod client;
pub mod config;
pub mod console;
pub mod database;
pub mod doctor;
pub mod extend;
pub mod files;
mod guard;
pub mod interrupt;
#[cfg(feature = "lab")]
pub mod lab;
pub mod mandate;
pub mod migrate;
pub mod outage;
mod outside;
mod password;
pub mod person;
pub mod seal;
pub mod serve;
pub mod sign;
pub mod terminal;
pub mod trust;
pub mod trust_lists;
pub mod verify;

use clap::{Parser, Subcommand};

pub use console::{Console, Exit, Format};

/// zegel: log people in with their card, check what they may do, seal documents.
///
/// Example: zegel verify decision.pdf
#[derive(Parser, Debug)]
#[command(
    name = "zegel",
    version,
    after_help = EXIT_CODES,
    max_term_width = 100,
    subcommand_required = true,
    arg_required_else_help = true
)]
pub struct Arguments {
    /// How results are printed: for people, or as stable JSON.
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "text|json",
        default_value_t = Format::Text,
        hide_possible_values = true
    )]
    pub format: Format,
    #[command(subcommand)]
    command: Command,
}

/// What the exit codes mean, for the help.
const EXIT_CODES: &str = "\
Exit codes, the same for every command:
  0  good
  1  it failed
  2  wrong usage
  3  verified, and not valid
  4  undecided: some proof is missing
  5  card or reader problem
  6  cancelled
  7  doctor or a check found problems

Results go to stdout, everything else to stderr. Settings: `zegel config reference`.";

#[derive(Subcommand, Debug)]
enum Command {
    Board(board::Arguments),
    Client(client::Arguments),
    Card(card::Arguments),
    Config(config::Arguments),
    Doctor(doctor::Arguments),
    Extend(extend::ExtendArguments),
    #[cfg(feature = "lab")]
    Lab(lab::Arguments),
    Mandate(mandate::Arguments),
    Migrate(migrate::Arguments),
    Outage(outage::Arguments),
    Person(person::Arguments),
    Seal(seal::Arguments),
    Serve(serve::Arguments),
    Sign(Box<sign::Arguments>),
    Timestamp(extend::TimestampArguments),
    Trust(trust_lists::Arguments),
    Verify(Box<verify::Arguments>),
}

impl Command {
    /// Whether a PIN or a key of the installation passes through its memory.
    const fn meets_secrets(&self) -> bool {
        match self {
            Self::Board(_)
            | Self::Card(_)
            | Self::Client(_)
            | Self::Doctor(_)
            | Self::Mandate(_)
            | Self::Person(_)
            | Self::Seal(_)
            | Self::Serve(_)
            | Self::Sign(_) => true,
            Self::Config(_)
            | Self::Extend(_)
            | Self::Migrate(_)
            | Self::Outage(_)
            | Self::Timestamp(_)
            | Self::Trust(_)
            | Self::Verify(_) => false,
            // Its secrets are made up, and it makes name spaces, which a process without dumps may not.
            #[cfg(feature = "lab")]
            Self::Lab(_) => false,
        }
    }

    /// Whether it writes the database, documents or scratch of an installation. What others write is the caller's,
    /// who decides who may read it.
    const fn writes_installation(&self) -> bool {
        match self {
            Self::Board(_)
            | Self::Client(_)
            | Self::Doctor(_)
            | Self::Mandate(_)
            | Self::Migrate(_)
            | Self::Outage(_)
            | Self::Person(_)
            | Self::Serve(_)
            | Self::Trust(_) => true,
            Self::Card(_)
            | Self::Config(_)
            | Self::Extend(_)
            | Self::Seal(_)
            | Self::Sign(_)
            | Self::Timestamp(_)
            | Self::Verify(_) => false,
            #[cfg(feature = "lab")]
            Self::Lab(_) => false,
        }
    }
}

/// Reads the arguments, runs the command and returns its exit code.
pub fn run(arguments: impl IntoIterator<Item = std::ffi::OsString>) -> Exit {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are results; everything else is wrong usage.
            if !error.use_stderr() {
                let _ = error.print();
                return Exit::Good;
            }
            let _ = std::io::Write::write_all(&mut std::io::stderr(), wrong_usage(&error).as_bytes());
            return Exit::Usage;
        }
    };
    let mut console = Console::standard(arguments.format);
    if arguments.command.meets_secrets()
        && let Err(error) = guard::keep_memory_to_itself()
    {
        return console.fail(Exit::Failed, "START_MEMORY", error);
    }
    if arguments.command.writes_installation() {
        guard::keep_files_to_itself();
    }
    match arguments.command {
        Command::Board(arguments) => board::run(arguments, &mut console),
        Command::Client(arguments) => client::run(arguments, &mut console),
        Command::Card(arguments) => card::run(arguments, &mut console),
        Command::Config(arguments) => config::run(arguments, &mut console),
        Command::Doctor(arguments) => doctor::run(arguments, &mut console),
        Command::Extend(arguments) => extend::extend(arguments, &mut console),
        #[cfg(feature = "lab")]
        Command::Lab(arguments) => lab::run(arguments, &mut console),
        Command::Mandate(arguments) => mandate::run(arguments, &mut console),
        Command::Migrate(arguments) => migrate::run(arguments, &mut console),
        Command::Outage(arguments) => outage::run(arguments, &mut console),
        Command::Person(arguments) => person::run(arguments, &mut console),
        Command::Seal(arguments) => seal::run(arguments, &mut console),
        Command::Serve(arguments) => serve::run(arguments, &mut console),
        Command::Sign(arguments) => sign::run(*arguments, &mut console),
        Command::Timestamp(arguments) => extend::timestamp(arguments, &mut console),
        Command::Trust(arguments) => trust_lists::run(arguments, &mut console),
        Command::Verify(arguments) => verify::run(*arguments, &mut console),
    }
}

/// What is wrong with the command line, as this program says such things.
fn wrong_usage(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let Some(text) = text.strip_prefix("error: ") else {
        // A command without its subcommand: the help is the answer.
        return text;
    };
    let mut lines = String::from("zegel: error: ");
    for line in text.lines() {
        let line = line.trim_end();
        if let Some(more) = line.strip_prefix("For more information, try ") {
            lines.push_str("hint: try ");
            lines.push_str(more.trim_end_matches('.'));
        } else if let Some(tip) = line.trim_start().strip_prefix("tip: ") {
            lines.push_str("hint: ");
            lines.push_str(tip);
        } else {
            lines.push_str(line);
        }
        if !line.is_empty() {
            lines.push('\n');
        }
    }
    lines
}

/// Runs `work` on an asynchronous runtime made for it.
pub fn block_on<T>(work: impl Future<Output = T>) -> Result<T, std::io::Error> {
    Ok(tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(work))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_that_meet_secrets_or_write_an_installation_are_guarded() {
        let (yes, no) = (true, false);
        for (words, secrets, files) in [
            (&["serve"][..], yes, yes),
            (&["sign", "a.pdf"], yes, no),
            (&["card", "read"], yes, no),
            (&["board", "list"], yes, yes),
            (&["client", "list", "zegelgem"], yes, yes),
            (&["mandate", "list", "--board", "zegelgem"], yes, yes),
            (&["doctor"], yes, yes),
            (&["migrate"], no, yes),
            (&["outage", "show"], no, yes),
            (&["trust", "list", "--lotl", "a.xml"], no, yes),
            (&["verify", "a.pdf"], no, no),
            (&["config", "example"], no, no),
        ] {
            let arguments = Arguments::try_parse_from(std::iter::once("zegel").chain(words.iter().copied()));
            let command = arguments.unwrap().command;
            assert_eq!(
                (command.meets_secrets(), command.writes_installation()),
                (secrets, files),
                "{words:?}"
            );
        }
    }
}
