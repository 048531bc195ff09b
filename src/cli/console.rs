//! What commands print and return.

use std::fmt::Display;
use std::io::Write;

use clap::ValueEnum;

use crate::base::text::{one_line, plain_lines};

/// The exit codes, the same for every command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: done.
    Good,
    /// 1: it did not work.
    Failed,
    /// 2: the command line is wrong.
    Usage,
    /// 3: verified, and not valid.
    NotValid,
    /// 4: verified, and undecided.
    Indeterminate,
    /// 5: card or reader problem.
    Card,
    /// 6: cancelled by the person.
    Cancelled,
    /// 7: doctor or check found problems.
    ProblemsFound,
}

impl Exit {
    /// The number the shell sees.
    pub const fn code(self) -> u8 {
        match self {
            Self::Good => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::NotValid => 3,
            Self::Indeterminate => 4,
            Self::Card => 5,
            Self::Cancelled => 6,
            Self::ProblemsFound => 7,
        }
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// How results are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Stable, documented JSON: one object.
    Json,
    /// For people.
    Text,
}

/// Where a command prints: results to one side, everything else to the other.
pub struct Console {
    format: Format,
    results: Box<dyn Write>,
    messages: Box<dyn Write>,
}

impl Console {
    /// stdout and stderr.
    pub fn standard(format: Format) -> Self {
        Self {
            format,
            results: Box::new(std::io::stdout()),
            messages: Box::new(std::io::stderr()),
        }
    }

    /// Any two writers, for tests.
    pub fn new(format: Format, results: Box<dyn Write>, messages: Box<dyn Write>) -> Self {
        Self {
            format,
            results,
            messages,
        }
    }

    /// What was asked for.
    pub const fn format(&self) -> Format {
        self.format
    }

    /// Prints the result: `text` for people, `json` for programs. A closed pipe is no error; no text is no line.
    ///
    /// What steers a terminal is shown as an escape, whoever wrote it; a text from elsewhere that could end a line is made
    /// one line by whoever puts it into `text`.
    pub fn result(&mut self, text: impl Display, json: &serde_json::Value) {
        let text = text.to_string();
        let _ = match self.format {
            Format::Text if text.trim_end().is_empty() => Ok(()),
            Format::Text => writeln!(self.results, "{}", plain_lines(text.trim_end_matches('\n'))),
            Format::Json => writeln!(self.results, "{json:#}"),
        };
        let _ = self.results.flush();
    }

    /// Where results go, for a file that is one.
    pub fn results(&mut self) -> &mut dyn Write {
        &mut *self.results
    }

    /// Prints the result as it stands, whatever the format: files that a command writes to stdout.
    pub fn raw(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.results.write_all(bytes)?;
        self.results.flush()
    }

    /// Says what is going on.
    pub fn say(&mut self, message: impl Display) {
        let message = message.to_string();
        let _ = writeln!(self.messages, "zegel: {}", one_line(&message));
    }

    /// Warns.
    pub fn warn(&mut self, message: impl Display) {
        let message = message.to_string();
        let _ = writeln!(self.messages, "zegel: warning: {}", one_line(&message));
    }

    /// Says what failed.
    pub fn error(&mut self, message: impl Display) {
        let message = message.to_string();
        let _ = writeln!(self.messages, "zegel: error: {}", one_line(&message));
    }

    /// Says the way out.
    pub fn hint(&mut self, message: impl Display) {
        let message = message.to_string();
        let _ = writeln!(self.messages, "hint: {}", one_line(&message));
    }

    /// Says what failed with its stable code, and returns `exit`.
    pub fn fail(&mut self, exit: Exit, code: &str, message: impl Display) -> Exit {
        self.error(format_args!("{message} ({code})"));
        exit
    }

    /// The same for an error with everything that caused it.
    pub fn fail_with(&mut self, exit: Exit, code: &str, error: &dyn std::error::Error) -> Exit {
        self.fail(exit, code, chain(error))
    }
}

/// An error with everything that caused it, on one line.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let next = cause.to_string();
        if !text.ends_with(&next) {
            text.push_str(": ");
            text.push_str(&next);
        }
        source = cause.source();
    }
    text
}
