//! `zegel config check|show|example|schema|reference`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::console::{Console, Exit};
use crate::config::read::{self, Problem, Settings};
use crate::config::{Config, show};

/// Where the settings of a command come from.
#[derive(Args, Debug, Clone)]
pub struct Files {
    /// Configuration file; may be given several times, later ones win [default: /etc/zegel/zegel.toml].
    #[arg(long = "config", value_name = "FILE")]
    pub files: Vec<PathBuf>,
}

impl Files {
    /// The files to read: those given, or the one place where an installation keeps it.
    pub fn paths(&self) -> Vec<PathBuf> {
        if self.files.is_empty() {
            vec![PathBuf::from("/etc/zegel/zegel.toml")]
        } else {
            self.files.clone()
        }
    }

    /// The settings, or every problem printed.
    pub fn load(&self, console: &mut Console) -> Result<Config, Exit> {
        read::load(&self.paths(), &read::environment()).map_err(|problems| print(console, &problems))
    }
}

/// Look at the settings: check them, show them merged, print an example.
///
/// Example: zegel config check --config /etc/zegel/zegel.toml
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Report every problem of the settings at once.
    Check(Files),
    /// Print an example file with every key explained.
    Example,
    /// Print the reference page (Markdown).
    Reference,
    /// Print the JSON schema of the file.
    Schema,
    /// Print the merged values, each with where it came from.
    Show(Files),
}

/// Runs the command.
pub fn run(arguments: Arguments, console: &mut Console) -> Exit {
    match arguments.command {
        Command::Check(files) => match files.load(console) {
            Ok(_) => {
                console.result("the settings are good", &serde_json::json!({"problems": []}));
                Exit::Good
            }
            Err(exit) => exit,
        },
        Command::Example => {
            console.result(show::example(), &serde_json::json!({"example": show::example()}));
            Exit::Good
        }
        Command::Reference => {
            console.result(
                show::reference(),
                &serde_json::json!({"reference": show::reference()}),
            );
            Exit::Good
        }
        Command::Schema => {
            let schema = show::schema();
            console.result(format_args!("{schema:#}"), &schema);
            Exit::Good
        }
        Command::Show(files) => match read::merge(&files.paths(), &read::environment()) {
            Ok(settings) => {
                console.result(show::merged(&settings), &as_json(&settings));
                Exit::Good
            }
            Err(problems) => print(console, &problems),
        },
    }
}

fn as_json(settings: &Settings) -> serde_json::Value {
    let text = show::merged(settings);
    serde_json::json!({"settings": text.lines().collect::<Vec<_>>()})
}

fn print(console: &mut Console, problems: &[Problem]) -> Exit {
    for problem in problems {
        console.error(problem);
        if let Some(hint) = &problem.hint {
            console.hint(hint);
        }
    }
    Exit::ProblemsFound
}
