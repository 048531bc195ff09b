//! Asks a person for a PIN through a program that shows the window: the Assuan protocol of pinentry.
//!
//! What is asked for and in which words; the protocol is in [`assuan`]. Start from [`PinProgram`].

use std::time::Duration;

use crate::base::lang::Language;
use crate::base::secret::{Pin, PinError};

use super::assuan::{self, Kind, Reply, Window, one_line};
use super::error::CardError;
use super::pin_texts::{Texts, texts};

/// A program that asks for PINs, by its command line: `["/usr/bin/pinentry-gtk-2"]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PinProgram {
    command: Vec<String>,
    limit: Duration,
}

/// What a PIN is asked for. The two look different in the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To prove who is there.
    Login,
    /// To bind the holder to a document.
    Sign,
}

/// Why the PIN is asked once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Earlier {
    /// What was typed was no PIN; it cost no try.
    Length,
    /// The card refused it.
    Wrong,
}

/// One question to a person.
#[derive(Clone, Debug)]
pub struct PinRequest<'a> {
    /// What for.
    pub purpose: Purpose,
    /// Who asks (log-in) or what is signed (signature), one line.
    pub subject: &'a str,
    /// The short code that stands on the page too.
    pub short_code: &'a str,
    /// In which language.
    pub language: Language,
    /// PIN tries left, where known.
    pub tries_left: Option<u8>,
    /// Why it is asked again.
    pub earlier: Option<Earlier>,
}

/// What came of the question.
#[derive(Debug)]
pub enum PinOutcome {
    /// The person cancelled.
    Cancelled,
    /// What was typed is no PIN; ask again with [`Earlier::Length`].
    NoPin(PinError),
    /// Nothing was typed in time.
    TimedOut,
    /// A PIN.
    Typed(Pin),
}

impl PinProgram {
    /// The program with this command line. `limit`: how long a person may take.
    ///
    /// # Errors
    /// `PinProgram` when the command line is empty.
    pub fn new(command: Vec<String>, limit: Duration) -> Result<Self, CardError> {
        if command.first().is_none_or(String::is_empty) {
            return Err(CardError::PinProgram("no program is configured"));
        }
        Ok(Self { command, limit })
    }

    /// Asks. Waits for the person at most as long as the limit says, and ends when `stop` says so: the page was
    /// left, the card is gone.
    ///
    /// # Errors
    /// `PinProgram` when the program cannot be started or does not speak the protocol.
    pub fn ask(&self, request: &PinRequest<'_>, stop: &dyn Fn() -> bool) -> Result<PinOutcome, CardError> {
        let words = texts(request.language);
        let (description, error) = (description(words, request), complaint(words, request));
        let window = Window {
            title: words.title(request.purpose),
            description: &description,
            prompt: words.prompt,
            error: error.as_deref(),
            ok: words.button(request.purpose),
            cancel: words.cancel,
            other: None,
        };
        Ok(
            match assuan::show(&self.command, &window, Kind::Pin, self.limit, stop)? {
                Reply::Cancelled | Reply::Confirmed | Reply::Other | Reply::Stopped => PinOutcome::Cancelled,
                Reply::TimedOut => PinOutcome::TimedOut,
                Reply::Typed(typed) => match Pin::from_digits(typed) {
                    Ok(pin) => PinOutcome::Typed(pin),
                    Err(error) => PinOutcome::NoPin(error),
                },
            },
        )
    }

    /// As [`PinProgram::ask`], and again as long as what is typed is no PIN; at most five times.
    ///
    /// # Errors
    /// `PinCancelled`, `PinTimeout`, `PinLength`, `PinProgram`.
    pub fn ask_for_pin(&self, request: &PinRequest<'_>, stop: &dyn Fn() -> bool) -> Result<Pin, CardError> {
        let mut request = request.clone();
        let mut last = CardError::PinCancelled;
        for _ in 0..5 {
            match self.ask(&request, stop)? {
                PinOutcome::Typed(pin) => return Ok(pin),
                PinOutcome::Cancelled => return Err(CardError::PinCancelled),
                PinOutcome::TimedOut => return Err(CardError::PinTimeout),
                PinOutcome::NoPin(error) => {
                    last = error.into();
                    request.earlier = Some(Earlier::Length);
                }
            }
        }
        Err(last)
    }
}

impl PinProgram {
    /// Says what the PIN is for, and that it is typed `times` times on the reader's own keys; the person goes on there.
    ///
    /// # Errors
    /// `PinCancelled`, `PinTimeout`, `PinProgram`.
    pub fn announce_keypad(
        &self,
        request: &PinRequest<'_>,
        times: usize,
        stop: &dyn Fn() -> bool,
    ) -> Result<(), CardError> {
        let words = texts(request.language);
        let line = match times {
            1 => words.keypad_line.to_owned(),
            many => words.keypad_times_line.replace("{count}", &many.to_string()),
        };
        let (description, error) = (
            format!("{}\n{line}", description(words, request)),
            complaint(words, request),
        );
        let window = Window {
            title: words.title(request.purpose),
            description: &description,
            error: error.as_deref(),
            ok: words.go_on,
            cancel: words.cancel,
            ..Window::default()
        };
        match assuan::show(&self.command, &window, Kind::Confirm, self.limit, stop)? {
            Reply::Confirmed => Ok(()),
            Reply::TimedOut => Err(CardError::PinTimeout),
            Reply::Cancelled | Reply::Other | Reply::Stopped | Reply::Typed(_) => {
                Err(CardError::PinCancelled)
            }
        }
    }
}

fn description(words: &Texts, request: &PinRequest<'_>) -> String {
    let mut text = words
        .line(request.purpose)
        .replace("{name}", &one_line(request.subject));
    text.push('\n');
    text.push_str(&words.code_line.replace("{code}", &one_line(request.short_code)));
    if let Some(left @ 2..) = request.tries_left
        && left < 3
        && request.earlier != Some(Earlier::Wrong)
    {
        text.push('\n');
        text.push_str(&words.tries_line.replace("{left}", &left.to_string()));
    }
    text
}

/// The line in red: why it is asked again, or that this is the last try.
fn complaint(words: &Texts, request: &PinRequest<'_>) -> Option<String> {
    if request.tries_left == Some(1) {
        return Some(words.last_line.to_owned());
    }
    match (request.earlier, request.tries_left) {
        (Some(Earlier::Length), _) => Some(
            words
                .length_line
                .replace("{min}", &Pin::MIN_DIGITS.to_string())
                .replace("{max}", &Pin::MAX_DIGITS.to_string()),
        ),
        (Some(Earlier::Wrong), Some(left)) => Some(words.wrong_line.replace("{left}", &left.to_string())),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
