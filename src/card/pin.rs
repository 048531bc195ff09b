//! Asks a person for a PIN through a program that shows the window: the Assuan protocol of pinentry.
//!
//! The PIN is read into memory that is wiped and nowhere else; what the program writes to stderr is thrown away.
//! The program is started for one question and ended by its handle, whatever it does. Start from [`PinProgram`].

use std::io::{Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use zeroize::{Zeroize, Zeroizing};

use crate::base::lang::Language;
use crate::base::secret::{Pin, PinError};

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

/// How long the program may take to answer a setting.
const SETTING_LIMIT: Duration = Duration::from_secs(5);
/// How often a wait looks whether it was cancelled from outside.
const SLICE: Duration = Duration::from_millis(50);
/// The longest line of the protocol, its end included. Source: Assuan manual, "Client requests".
const MAX_LINE: usize = 1002;
/// How many lines may come before an answer. A program that says more is broken.
const MAX_LINES: usize = 64;

/// Error codes of libgpg-error that a pinentry uses, the low 16 bits. Source: `err-codes.h.in`.
const TIMEOUT: u32 = 62;
const CANCELED: u32 = 99;
const FULLY_CANCELED: u32 = 198;

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
        let mut dialogue = Dialogue::start(&self.command)?;
        match dialogue.ask(request, self.limit, stop) {
            Ok(outcome) => Ok(outcome),
            Err(Refused::Cancelled) => Ok(PinOutcome::Cancelled),
            Err(Refused::TimedOut) => Ok(PinOutcome::TimedOut),
            Err(Refused::Broken(what)) => Err(CardError::PinProgram(what)),
        }
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

/// Why there is no PIN.
enum Refused {
    Cancelled,
    TimedOut,
    Broken(&'static str),
}

/// A line of the program.
type Line = Zeroizing<Vec<u8>>;

/// One run of the program. Dropping it ends the program.
struct Dialogue {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<Line>,
}

impl Dialogue {
    fn start(command: &[String]) -> Result<Self, CardError> {
        let (program, arguments) = command
            .split_first()
            .ok_or(CardError::PinProgram("no program is configured"))?;
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // WHY: what a PIN program complains about may contain what was typed.
            .stderr(Stdio::null())
            .spawn()
            .map_err(|_| CardError::PinProgram("it cannot be started"))?;
        let input = child.stdin.take();
        let output = child.stdout.take();
        let (sender, lines) = sync_channel(4);
        let dialogue = Self { child, input, lines };
        let output = output.ok_or(CardError::PinProgram("it has no output"))?;
        std::thread::Builder::new()
            .name("card-pin".to_owned())
            .spawn(move || forward_lines(output, &sender))
            .map_err(|_| CardError::PinProgram("no thread for its output"))?;
        Ok(dialogue)
    }

    fn ask(
        &mut self,
        request: &PinRequest<'_>,
        limit: Duration,
        stop: &dyn Fn() -> bool,
    ) -> Result<PinOutcome, Refused> {
        self.answer(SETTING_LIMIT, stop)?;
        let words = texts(request.language);
        // Options that a program does not know are its own affair.
        self.set("OPTION lc-ctype=", "C.UTF-8", stop)?;
        self.set("SETTIMEOUT ", &limit.as_secs().to_string(), stop)?;
        self.set("SETTITLE ", words.title(request.purpose), stop)?;
        self.set("SETDESC ", &description(words, request), stop)?;
        self.set("SETPROMPT ", words.prompt, stop)?;
        self.set("SETOK ", words.button(request.purpose), stop)?;
        self.set("SETCANCEL ", words.cancel, stop)?;
        if let Some(error) = complaint(words, request) {
            self.set("SETERROR ", &error, stop)?;
        }
        self.send("GETPIN", "")?;
        let typed = self.answer(limit, stop)?;
        // The answer is in; how the program ends is of no interest.
        let _ = self.send("BYE", "");
        match Pin::from_digits(typed.unwrap_or_default()) {
            Ok(pin) => Ok(PinOutcome::Typed(pin)),
            Err(error) => Ok(PinOutcome::NoPin(error)),
        }
    }

    /// Sends a setting. A program that does not know it says so and goes on.
    fn set(&mut self, command: &str, value: &str, stop: &dyn Fn() -> bool) -> Result<(), Refused> {
        self.send(command, value)?;
        match self.answer(SETTING_LIMIT, stop) {
            Ok(_) | Err(Refused::Broken(REFUSED)) => Ok(()),
            Err(refused) => Err(refused),
        }
    }

    fn send(&mut self, command: &str, value: &str) -> Result<(), Refused> {
        let line = format!("{command}{}\n", escaped(value, command.len()));
        let input = self.input.as_mut().ok_or(Refused::Broken("it has no input"))?;
        input
            .write_all(line.as_bytes())
            .and_then(|()| input.flush())
            .map_err(|_| Refused::Broken("it ended"))
    }

    /// Reads up to the next `OK` or `ERR`, and returns the data in between.
    fn answer(&mut self, limit: Duration, stop: &dyn Fn() -> bool) -> Result<Option<Line>, Refused> {
        let mut data: Option<Line> = None;
        for _ in 0..MAX_LINES {
            let line = self.line(limit, stop)?;
            let (word, rest) = split_word(&line);
            match word {
                b"OK" => return Ok(data),
                b"ERR" => return Err(refusal(rest)),
                b"D" => {
                    let held = data.get_or_insert_with(|| Zeroizing::new(Vec::with_capacity(MAX_LINE)));
                    if held.len().saturating_add(rest.len()) > MAX_LINE {
                        return Err(Refused::Broken("it sent too much"));
                    }
                    unescape_into(rest, held);
                }
                // Status, comments and empty lines say nothing we ask for.
                b"S" | b"#" | b"" => {}
                word if word.first() == Some(&b'#') => {}
                b"INQUIRE" => self.send("END", "")?,
                _ => return Err(Refused::Broken("it does not speak Assuan")),
            }
        }
        Err(Refused::Broken("it sent too much"))
    }

    fn line(&mut self, limit: Duration, stop: &dyn Fn() -> bool) -> Result<Line, Refused> {
        let mut left = limit;
        loop {
            if stop() {
                return Err(Refused::Cancelled);
            }
            let slice = left.min(SLICE);
            match self.lines.recv_timeout(slice) {
                Ok(line) => return Ok(line),
                Err(RecvTimeoutError::Disconnected) => return Err(Refused::Broken("it ended")),
                Err(RecvTimeoutError::Timeout) => left = left.saturating_sub(slice),
            }
            if left.is_zero() {
                return Err(Refused::TimedOut);
            }
        }
    }
}

impl Drop for Dialogue {
    fn drop(&mut self) {
        self.input = None;
        // By its handle: a program of the same name may belong to somebody else.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads lines and hands them on, in memory that is wiped. Ends with the program's output.
fn forward_lines(mut output: impl Read, lines: &SyncSender<Line>) {
    let mut buffer = Zeroizing::new([0_u8; MAX_LINE]);
    let mut line: Line = Zeroizing::new(Vec::with_capacity(MAX_LINE));
    loop {
        let count = match output.read(buffer.as_mut_slice()) {
            Ok(0) | Err(_) => return,
            Ok(count) => count,
        };
        for byte in buffer.iter().take(count) {
            match byte {
                b'\n' => {
                    let full = std::mem::replace(&mut line, Zeroizing::new(Vec::with_capacity(MAX_LINE)));
                    if lines.send(full).is_err() {
                        return;
                    }
                }
                // INVARIANT: never grows past what was reserved, so no copy is left behind.
                _ if line.len() >= MAX_LINE => return,
                byte => line.push(*byte),
            }
        }
        buffer.zeroize();
    }
}

const REFUSED: &str = "it refused";

fn refusal(rest: &[u8]) -> Refused {
    let digits = std::str::from_utf8(split_word(rest).0)
        .ok()
        .and_then(|text| text.parse::<u32>().ok());
    match digits.map(|code| code & 0xFFFF) {
        Some(CANCELED | FULLY_CANCELED) => Refused::Cancelled,
        Some(TIMEOUT) => Refused::TimedOut,
        _ => Refused::Broken(REFUSED),
    }
}

fn split_word(line: &[u8]) -> (&[u8], &[u8]) {
    match line.iter().position(|byte| *byte == b' ') {
        Some(at) => (
            line.get(..at).unwrap_or_default(),
            line.get(at.saturating_add(1)..).unwrap_or_default(),
        ),
        None => (line, &[]),
    }
}

/// A value as a line carries it: `%`, CR and LF are written as hex, and it is cut where a line ends.
fn escaped(value: &str, used: usize) -> String {
    let mut text = String::new();
    for letter in value.chars() {
        let mut bytes = [0; 4];
        let encoded = match letter {
            '%' => "%25",
            '\r' => "%0D",
            '\n' => "%0A",
            letter if letter.is_control() => " ",
            letter => letter.encode_utf8(&mut bytes),
        };
        if used.saturating_add(text.len()).saturating_add(encoded.len()) > MAX_LINE.saturating_sub(2) {
            break;
        }
        text.push_str(encoded);
    }
    text
}

/// Adds what a D line carries, `%xx` decoded. A `%` without two hex digits stands for itself.
fn unescape_into(line: &[u8], to: &mut Vec<u8>) {
    let mut rest = line;
    while let Some((&byte, after)) = rest.split_first() {
        if byte == b'%'
            && let [high, low, tail @ ..] = after
            && let (Some(high), Some(low)) = (hex_digit(*high), hex_digit(*low))
        {
            to.push((high << 4) | low);
            rest = tail;
        } else {
            to.push(byte);
            rest = after;
        }
    }
}

const fn hex_digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte.wrapping_sub(b'0')),
        b'A'..=b'F' => Some(byte.wrapping_sub(b'A').wrapping_add(10)),
        b'a'..=b'f' => Some(byte.wrapping_sub(b'a').wrapping_add(10)),
        _ => None,
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

/// A text from elsewhere, so that it cannot forge a line of its own in the window.
fn one_line(text: &str) -> String {
    text.chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .take(160)
        .collect()
}

#[cfg(test)]
mod tests;
