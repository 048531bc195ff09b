//! Windows shown by another program: the client's side of the Assuan protocol, as pinentry speaks it.
//!
//! What a person types is read into memory that is wiped and nowhere else; what the program writes to stderr is thrown
//! away. The program is started for one question and ended by its handle, whatever it does. Start from [`show`].

use std::io::{Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use zeroize::{Zeroize, Zeroizing};

use crate::base::text::is_unseen;

use super::error::CardError;

/// What a window shows. Every text is one the caller wrote: nothing in it can forge a command.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window<'a> {
    /// Its title.
    pub title: &'a str,
    /// The text over field or buttons. It is cut at [`MAX_TEXT`] bytes as they are sent.
    pub description: &'a str,
    /// The field's label.
    pub prompt: &'a str,
    /// Why it is asked again.
    pub error: Option<&'a str>,
    /// The button that goes on.
    pub ok: &'a str,
    /// The button that stops.
    pub cancel: &'a str,
    /// A third button, where the program can show one.
    pub other: Option<&'a str>,
}

/// What kind of window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Two or three buttons.
    Confirm,
    /// One button.
    Message,
    /// A field for a PIN, and two buttons.
    Pin,
}

/// How a window ended.
#[derive(Debug)]
pub enum Reply {
    /// The person stopped.
    Cancelled,
    /// The person goes on; not for [`Kind::Pin`].
    Confirmed,
    /// The third button.
    Other,
    /// The caller's `stop` said so.
    Stopped,
    /// Nothing was done in time.
    TimedOut,
    /// What was typed, unchecked.
    Typed(Zeroizing<Vec<u8>>),
}

/// How long the program may take to answer a setting.
const SETTING_LIMIT: Duration = Duration::from_secs(5);
/// How often a wait looks whether it was cancelled from outside.
const SLICE: Duration = Duration::from_millis(50);
/// The longest line of the protocol, its end included. Source: Assuan manual, "Client requests".
const MAX_LINE: usize = 1002;
/// How many lines may come before an answer. A program that says more is broken.
const MAX_LINES: usize = 64;
/// How many bytes of a description are sent, escapes counted as three.
pub const MAX_TEXT: usize = MAX_LINE - 2 - "SETDESC ".len();

/// Error codes of libgpg-error that a pinentry uses, the low 16 bits. Source: `err-codes.h.in`.
const TIMEOUT: u32 = 62;
const CANCELED: u32 = 99;
const NOT_CONFIRMED: u32 = 114;
const FULLY_CANCELED: u32 = 198;

/// Shows `window` by the program with this command line, and waits for the person at most for `limit`. Ends when `stop`
/// says so: the page was left, the card is gone.
///
/// # Errors
/// `PinProgram` when the program cannot be started or does not speak the protocol.
pub fn show(
    command: &[String],
    window: &Window<'_>,
    kind: Kind,
    limit: Duration,
    stop: &dyn Fn() -> bool,
) -> Result<Reply, CardError> {
    let mut dialogue = Dialogue::start(command)?;
    match dialogue.ask(window, kind, limit, stop) {
        Ok(reply) => Ok(reply),
        Err(Refused::Cancelled) => Ok(Reply::Cancelled),
        Err(Refused::Other) => Ok(Reply::Other),
        Err(Refused::Stopped) => Ok(Reply::Stopped),
        Err(Refused::TimedOut) => Ok(Reply::TimedOut),
        Err(Refused::Broken(what)) => Err(CardError::PinProgram(what)),
    }
}

/// Why there is no answer.
enum Refused {
    Cancelled,
    Other,
    Stopped,
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
            .name("card-window".to_owned())
            .spawn(move || forward_lines(output, &sender))
            .map_err(|_| CardError::PinProgram("no thread for its output"))?;
        Ok(dialogue)
    }

    fn ask(
        &mut self,
        window: &Window<'_>,
        kind: Kind,
        limit: Duration,
        stop: &dyn Fn() -> bool,
    ) -> Result<Reply, Refused> {
        self.answer(SETTING_LIMIT, stop)?;
        // Options that a program does not know are its own affair.
        self.set("OPTION lc-ctype=", "C.UTF-8", stop)?;
        self.set("SETTIMEOUT ", &limit.as_secs().to_string(), stop)?;
        self.set("SETTITLE ", window.title, stop)?;
        self.set("SETDESC ", window.description, stop)?;
        self.set("SETOK ", window.ok, stop)?;
        if kind != Kind::Message {
            self.set("SETCANCEL ", window.cancel, stop)?;
        }
        if kind == Kind::Pin {
            self.set("SETPROMPT ", window.prompt, stop)?;
        }
        if let Some(other) = window.other {
            self.set("SETNOTOK ", other, stop)?;
        }
        if let Some(error) = window.error {
            self.set("SETERROR ", error, stop)?;
        }
        let command = match kind {
            Kind::Confirm => "CONFIRM",
            Kind::Message => "MESSAGE",
            Kind::Pin => "GETPIN",
        };
        self.send(command, "")?;
        let typed = self.answer(limit, stop)?;
        // The answer is in; how the program ends is of no interest.
        let _ = self.send("BYE", "");
        Ok(match kind {
            Kind::Pin => Reply::Typed(typed.unwrap_or_default()),
            Kind::Confirm | Kind::Message => Reply::Confirmed,
        })
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
                return Err(Refused::Stopped);
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
        Some(NOT_CONFIRMED) => Refused::Other,
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

/// A text from elsewhere, so that it cannot forge a line of its own in a window, nor turn one around.
pub fn one_line(text: &str) -> String {
    let is_plain = |letter: char| !letter.is_control() && !is_unseen(letter);
    text.chars()
        .map(|letter| if is_plain(letter) { letter } else { ' ' })
        .take(160)
        .collect()
}

/// How many bytes `text` takes in a line.
pub fn sent_bytes(text: &str) -> usize {
    escaped(text, 0).len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_cannot_forge_a_command() {
        assert_eq!(escaped("a\nb%\r", 0), "a%0Ab%25%0D");
        assert!(escaped(&"x".repeat(3000), 8).len() <= MAX_LINE);
        assert_eq!(one_line("a\nSETPIN"), "a SETPIN");
        assert_eq!(one_line("a\u{2028}b\u{202e}c\u{feff}d"), "a b c d");
        assert_eq!(sent_bytes("a\n"), 4);
    }

    proptest::proptest! {
        #[test]
        fn any_output_of_a_program_is_cut_into_short_lines(bytes in proptest::collection::vec(0_u8.., 0..4000)) {
            let (lines, read) = std::sync::mpsc::sync_channel(bytes.len() + 1);
            forward_lines(bytes.as_slice(), &lines);
            drop(lines);
            let mut total = 0;
            for line in read {
                total += line.len() + 1;
                proptest::prop_assert!(line.len() <= MAX_LINE && !line.contains(&b'\n'));
                let (word, rest) = split_word(&line);
                proptest::prop_assert!(word.len() + rest.len() <= line.len());
                let _ = refusal(rest);
            }
            proptest::prop_assert!(total <= bytes.len());
        }

        #[test]
        fn any_data_line_decodes(bytes in proptest::collection::vec(0_u8.., 0..100)) {
            let mut to = Vec::new();
            unescape_into(&bytes, &mut to);
            proptest::prop_assert!(to.len() <= bytes.len());
        }
    }
}
