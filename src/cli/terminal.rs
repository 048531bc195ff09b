//! Asks for the PIN on the terminal.
//!
//! The terminal is `/dev/tty`, whatever stdin and stdout are. Nothing of what is typed is shown, or kept by the
//! terminal's own line editing; it is read byte by byte into memory that is wiped. Keys do not raise signals
//! meanwhile: Ctrl-C and Ctrl-D are read as "cancel", and a signal from elsewhere is looked for ten times a second. So
//! the terminal gets its settings back on every way out.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::ops::RangeInclusive;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

use crate::base::secret::{Pin, PinError};
use crate::card::CardError;

/// How often a wait looks whether it was cancelled from outside.
const SLICE: Duration = Duration::from_millis(100);
/// How often a person may type what is no PIN.
const ATTEMPTS: u8 = 5;

const END_OF_TEXT: u8 = 0x03;
const END_OF_TRANSMISSION: u8 = 0x04;
const BACKSPACE: u8 = 0x08;
const DELETE: u8 = 0x7F;
const ERASE_LINE: u8 = 0x15;

/// Why there is no PIN from the terminal.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// The person cancelled, took too long, or typed no PIN.
    #[error(transparent)]
    Card(#[from] CardError),
    /// There is no terminal, or it does not do what it is told.
    #[error("there is no terminal to ask for the PIN on")]
    Terminal(#[source] io::Error),
}

impl From<rustix::io::Errno> for AskError {
    fn from(error: rustix::io::Errno) -> Self {
        Self::Terminal(error.into())
    }
}

impl From<io::Error> for AskError {
    fn from(error: io::Error) -> Self {
        Self::Terminal(error)
    }
}

/// Asks for the PIN, again as long as what is typed is no PIN. None of that costs a try of the card.
///
/// `stop`: says when somebody asked the program to end.
///
/// # Errors
/// `PinCancelled`, `PinTimeout`, `PinLength`; `Terminal` where there is none.
pub fn ask_for_pin(
    tries_left: Option<u8>,
    limit: Duration,
    stop: &dyn Fn() -> bool,
) -> Result<Pin, AskError> {
    let question = match tries_left {
        Some(1) => "PIN (last try): ".to_owned(),
        Some(left) => format!("PIN ({left} tries left): "),
        None => "PIN: ".to_owned(),
    };
    let digits = ask_for_digits(&question, Pin::MIN_DIGITS..=Pin::MAX_DIGITS, limit, stop)?;
    Ok(Pin::from_digits(digits).map_err(CardError::from)?)
}

/// Asks `question`, again as long as what is typed is not as many digits as `lengths` says.
///
/// # Errors
/// As [`ask_for_pin`].
pub fn ask_for_digits(
    question: &str,
    lengths: RangeInclusive<usize>,
    limit: Duration,
    stop: &dyn Fn() -> bool,
) -> Result<Zeroizing<Vec<u8>>, AskError> {
    let mut terminal = File::options().read(true).write(true).open("/dev/tty")?;
    let mut last = CardError::PinCancelled;
    for _ in 0..ATTEMPTS {
        let typed = {
            let silent = Silent::begin(&terminal)?;
            write_to(silent.terminal, question)?;
            let typed = line(silent.terminal, *lengths.end(), limit, stop);
            let _ = write_to(silent.terminal, "\n");
            typed?
        };
        let error = if !lengths.contains(&typed.len()) {
            PinError::Length {
                min: *lengths.start(),
                max: *lengths.end(),
            }
        } else if !typed.iter().all(u8::is_ascii_digit) {
            PinError::NotDigits
        } else {
            return Ok(typed);
        };
        let said = match error {
            PinError::Length { min, max } if min == max => format!("it has {min} digits"),
            error => error.to_string(),
        };
        writeln!(terminal, "{said}; this cost no try")?;
        last = error.into();
    }
    Err(last.into())
}

/// The terminal while it shows nothing and raises no signals. Its settings come back when this goes.
struct Silent<'t> {
    terminal: &'t File,
    before: Termios,
}

impl<'t> Silent<'t> {
    fn begin(terminal: &'t File) -> Result<Self, AskError> {
        let before = tcgetattr(terminal)?;
        let mut silent = before.clone();
        silent.local_modes.remove(
            LocalModes::ECHO
                | LocalModes::ECHONL
                | LocalModes::ICANON
                | LocalModes::IEXTEN
                | LocalModes::ISIG,
        );
        silent.special_codes[SpecialCodeIndex::VMIN] = 1;
        silent.special_codes[SpecialCodeIndex::VTIME] = 0;
        // What was typed before the question was not meant as its answer.
        tcsetattr(terminal, OptionalActions::Flush, &silent)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for Silent<'_> {
    fn drop(&mut self) {
        // Flushed too: digits typed beyond the end must not reach whoever reads the terminal next.
        let _ = tcsetattr(self.terminal, OptionalActions::Flush, &self.before);
    }
}

fn write_to(mut terminal: &File, text: &str) -> io::Result<()> {
    terminal.write_all(text.as_bytes())
}

/// Reads one line, in memory that never moves and is wiped.
fn line(
    mut terminal: &File,
    most: usize,
    limit: Duration,
    stop: &dyn Fn() -> bool,
) -> Result<Zeroizing<Vec<u8>>, AskError> {
    // INVARIANT: never grows past what is reserved, so no copy is left behind.
    let most = most.saturating_add(1);
    let mut digits = Zeroizing::new(Vec::with_capacity(most));
    let mut key = Zeroizing::new([0_u8; 1]);
    let mut left = limit;
    loop {
        if stop() {
            return Err(CardError::PinCancelled.into());
        }
        if left.is_zero() {
            return Err(CardError::PinTimeout.into());
        }
        let slice = Timespec {
            tv_sec: 0,
            tv_nsec: i64::from(SLICE.subsec_nanos()),
        };
        match poll(&mut [PollFd::new(&terminal, PollFlags::IN)], Some(&slice)) {
            Ok(0) => {
                left = left.saturating_sub(SLICE);
                continue;
            }
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => continue,
            Err(error) => return Err(error.into()),
        }
        if terminal.read(key.as_mut_slice())? == 0 {
            // The terminal is gone.
            return Err(CardError::PinCancelled.into());
        }
        match key.as_slice() {
            [b'\n' | b'\r'] => return Ok(digits),
            [END_OF_TEXT | END_OF_TRANSMISSION] => return Err(CardError::PinCancelled.into()),
            [BACKSPACE | DELETE] => {
                digits.pop();
            }
            [ERASE_LINE] => digits.clear(),
            // One digit too many is kept, so that a long line is told from a good one.
            typed if digits.len() < most => digits.extend_from_slice(typed),
            _ => {}
        }
    }
}
