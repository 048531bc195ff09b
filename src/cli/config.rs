//! `zegel config check|show|example|schema|reference`.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::console::{Console, Exit, Format};
use crate::config::read::{self, Origin, Problem, Settings};
use crate::config::{Config, show};
use crate::telemetry;

/// Where an installation keeps its settings.
const INSTALLED: &str = "/etc/zegel/zegel.toml";

/// Where the settings of a command come from.
#[derive(Args, Debug, Clone)]
pub struct Files {
    /// Configuration file; may be given several times, later ones win [default: /etc/zegel/zegel.toml].
    // The id is not the field's name: commands have arguments of their own that are called `files`.
    #[arg(long = "config", id = "config", value_name = "FILE")]
    pub files: Vec<PathBuf>,
}

impl Files {
    /// The files to read: those given, or the one place where an installation keeps it.
    pub fn paths(&self) -> Vec<PathBuf> {
        if self.files.is_empty() {
            vec![PathBuf::from(INSTALLED)]
        } else {
            self.files.clone()
        }
    }

    /// The same for commands that work without an installation: none where nobody named one and none is installed.
    pub fn paths_that_exist(&self) -> Vec<PathBuf> {
        if self.files.is_empty() && !Path::new(INSTALLED).exists() {
            Vec::new()
        } else {
            self.paths()
        }
    }

    /// The settings, or every problem: those that only the start of a service would show too.
    pub(super) fn check(&self) -> Result<Config, Vec<Problem>> {
        let (files, environment) = (self.paths(), read::environment());
        let config = read::load(&files, &environment)?;
        let Err(error) = telemetry::check(&config.log) else {
            return Ok(config);
        };
        let origin = read::merge(&files, &environment)?
            .get("log")
            .map(|found| found.origin.clone());
        Err(vec![Problem {
            origin,
            key: "log".to_owned(),
            message: error.to_string(),
            hint: None,
        }])
    }

    /// The settings, or every problem printed.
    pub fn load(&self, console: &mut Console) -> Result<Config, Exit> {
        read::load(&self.paths(), &read::environment())
            .map_err(|problems| print(console, &problems, Exit::Failed))
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
    /// Report every problem of the settings at once; exit code 7 when there are any.
    ///
    /// Example: zegel config check --config zegel.toml
    Check(Files),
    /// Print an example file with every key explained.
    ///
    /// Example: zegel config example > zegel.toml
    Example,
    /// Print the reference page (Markdown).
    ///
    /// Example: zegel config reference
    Reference,
    /// Print the JSON schema of the file.
    ///
    /// Example: zegel config schema > zegel.schema.json
    Schema,
    /// Print the merged values, each with where it came from; passwords are hidden.
    ///
    /// Example: zegel config show --config zegel.toml
    Show(Files),
}

/// Runs the command.
pub fn run(arguments: Arguments, console: &mut Console) -> Exit {
    match arguments.command {
        Command::Check(files) => match files.check() {
            Ok(_) => {
                console.result("the settings are good", &serde_json::json!({"problems": []}));
                Exit::Good
            }
            Err(problems) => report(console, &problems),
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
            Err(problems) => report(console, &problems),
        },
    }
}

fn as_json(settings: &Settings) -> serde_json::Value {
    let text = show::merged(settings);
    serde_json::json!({"settings": text.lines().collect::<Vec<_>>()})
}

/// The problems as the result that was asked for: on stdout as JSON, for people on stderr as every error.
pub(super) fn report(console: &mut Console, problems: &[Problem]) -> Exit {
    if console.format() == Format::Json {
        let problems: Vec<_> = problems
            .iter()
            .map(|problem| {
                let (file, line) = match &problem.origin {
                    Some(Origin::File { path, line }) => (Some(path.display().to_string()), Some(*line)),
                    _ => (None, None),
                };
                let variable = match &problem.origin {
                    Some(Origin::Environment(name)) => Some(name),
                    _ => None,
                };
                serde_json::json!({
                    "file": file, "line": line, "variable": variable, "message": problem.message, "hint": problem.hint,
                    "key": Some(&problem.key).filter(|key| !key.is_empty()),
                })
            })
            .collect();
        console.result("", &serde_json::json!({ "problems": problems }));
        return Exit::ProblemsFound;
    }
    print(console, problems, Exit::ProblemsFound)
}

/// Says every problem, and returns `exit`.
pub(super) fn print(console: &mut Console, problems: &[Problem], exit: Exit) -> Exit {
    for problem in problems {
        console.error(problem);
        if let Some(hint) = &problem.hint {
            console.hint(hint);
        }
    }
    exit
}
