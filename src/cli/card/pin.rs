//! `zegel card pin tries|change|unblock`.

use std::ops::RangeInclusive;
use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::json;
use zeroize::Zeroizing;

use super::{Problem, Reader, on_card, token_pin};
use crate::base::lang::Language;
use crate::base::secret::Pin;
use crate::card::CardError;
use crate::card::eid::{Eid, Generation, LastTry, PinChange, PinState, Puk};
use crate::card::readers::Readers;
use crate::cli::console::{Console, Exit};
use crate::cli::terminal::AskError;

/// Where a person types digits that nobody sees.
pub trait Keyboard {
    /// Asks `question` until as many digits were typed as `lengths` says.
    ///
    /// # Errors
    /// `PinCancelled`, `PinTimeout`, `PinLength`; `Terminal` where there is none.
    fn digits(&self, question: &str, lengths: RangeInclusive<usize>) -> Result<Zeroizing<Vec<u8>>, AskError>;
}

#[derive(Subcommand, Debug)]
pub(super) enum PinCommand {
    /// Change the PIN: the one it is, and twice the new one.
    ///
    /// It is typed on the reader's own keys where there are some, else on the terminal.
    ///
    /// Example: zegel card pin change
    Change(Change),
    /// Show how many tries of the PIN are left. Asking costs none.
    ///
    /// Example: zegel card pin tries --format json
    Tries(Tries),
    /// Unblock the PIN of an eID card up to applet 1.7, with PUK1 and PUK2: the PIN stays what it was. Or that of a
    /// token, with its PUK: the PIN gets a new value.
    ///
    /// PUK1 is in the holder's letter, PUK2 is the municipality's. Later cards have no PUK: the municipality unblocks them.
    ///
    /// Example: zegel card pin unblock
    Unblock(Tries),
}

#[derive(Args, Debug)]
pub(super) struct Change {
    #[command(flatten)]
    reader: Reader,
    /// Go on although one try is left: a wrong PIN then blocks the card.
    #[arg(long)]
    last_try: bool,
    /// Type on the terminal although the reader has keys.
    #[arg(long)]
    terminal: bool,
    /// Language of the reader's own display: nl, fr, de or en.
    #[arg(long, value_name = "LANG", default_value = "nl")]
    language: Language,
}

#[derive(Args, Debug)]
pub(super) struct Tries {
    #[command(flatten)]
    reader: Reader,
}

/// What is known of a card before its PIN is asked.
struct Seen {
    chip: [u8; 16],
    generation: Generation,
    state: PinState,
    has_keys: bool,
}

pub(super) fn run(
    readers: &Readers,
    command: &PinCommand,
    keyboard: &dyn Keyboard,
    console: &mut Console,
) -> Result<Exit, Problem> {
    match command {
        PinCommand::Change(change) => change_pin(readers, change, keyboard, console),
        PinCommand::Tries(tries) => show_tries(readers, tries, console),
        PinCommand::Unblock(tries) => unblock(readers, tries, keyboard, console),
    }
}

fn look(readers: &Readers, reader: &Reader) -> Result<Seen, CardError> {
    on_card(readers, reader, |eid| {
        let data = eid.card_data()?;
        Ok(Seen {
            chip: data.chip_serial,
            generation: data.generation(),
            state: eid.pin_state()?,
            has_keys: eid.pin_pad()?.is_some_and(|pad| pad.changes()),
        })
    })
}

/// Runs `work` on the card that was looked at, and on no other.
fn on_same_card(
    readers: &Readers,
    reader: &Reader,
    chip: [u8; 16],
    work: impl FnOnce(&mut Eid<'_>) -> Result<(), CardError> + Send + 'static,
) -> Result<(), CardError> {
    on_card(readers, reader, move |eid| {
        if eid.card_data()?.chip_serial != chip {
            return Err(CardError::CardRemoved);
        }
        // An applet that can be asked is asked again: another program may have used up tries meanwhile.
        eid.pin_state()?;
        work(eid)
    })
}

fn show_tries(readers: &Readers, tries: &Tries, console: &mut Console) -> Result<Exit, Problem> {
    if let Some(token) = token_pin::look(readers, &tries.reader)? {
        return Ok(token.show(console));
    }
    let seen = look(readers, &tries.reader)?;
    let json = json!({ "tries_left": seen.state.tries_left(), "keypad": seen.has_keys });
    console.result(tries_text(seen.state), &json);
    Ok(Exit::Good)
}

pub(super) fn tries_text(state: PinState) -> String {
    match state {
        PinState::Blocked => "the PIN is blocked".to_owned(),
        PinState::Left(1) => "1 try left: a wrong PIN blocks the card".to_owned(),
        PinState::Left(left) => format!("{left} tries left"),
        PinState::Unknown => "unknown: asking this card would cost a try".to_owned(),
    }
}

fn change_pin(
    readers: &Readers,
    change: &Change,
    keyboard: &dyn Keyboard,
    console: &mut Console,
) -> Result<Exit, Problem> {
    let token = token_pin::look(readers, &change.reader)?;
    if let Some(token) = token {
        let last_try = last_try(token.state(), change, console)?;
        token.change(readers, &change.reader, last_try, keyboard)?;
        return Ok(changed(console));
    }
    let seen = look(readers, &change.reader)?;
    let last_try = last_try(seen.state, change, console)?;
    if seen.has_keys && !change.terminal {
        console.say(format_args!(
            "type on the reader: the PIN, then the new PIN twice ({})",
            tries_text(seen.state)
        ));
        let language = change.language;
        on_same_card(readers, &change.reader, seen.chip, move |eid| {
            eid.change_pin(PinChange::Pad(language), last_try)
        })?;
    } else {
        let old = ask_pin(keyboard, &question(seen.state))?;
        let new = ask_new_pin(keyboard)?;
        on_same_card(readers, &change.reader, seen.chip, move |eid| {
            eid.change_pin(PinChange::Typed { old: &old, new: &new }, last_try)
        })?;
    }
    Ok(changed(console))
}

fn changed(console: &mut Console) -> Exit {
    console.result("the PIN is changed", &json!({ "changed": true }));
    Exit::Good
}

/// Whether a last try may be used, by what is known of the PIN and what was asked for.
fn last_try(state: PinState, change: &Change, console: &mut Console) -> Result<LastTry, Problem> {
    Ok(match state {
        PinState::Blocked => return Err(CardError::PinBlocked.into()),
        PinState::Left(1) if !change.last_try => return Err(CardError::PinLastTry.into()),
        PinState::Left(1) => {
            console.warn("this is the last try of the PIN: a wrong one blocks the card");
            LastTry::Confirmed
        }
        // An applet that cannot be asked says so only when the PIN is sent; --last-try then covers it.
        PinState::Left(_) | PinState::Unknown if change.last_try => LastTry::Confirmed,
        PinState::Left(_) | PinState::Unknown => LastTry::NotConfirmed,
    })
}

/// What a person is asked for the PIN as it is.
pub(super) fn question(state: PinState) -> String {
    match state.tries_left() {
        Some(1) => "PIN (last try): ".to_owned(),
        Some(left) => format!("PIN ({left} tries left): "),
        None => "PIN: ".to_owned(),
    }
}

/// The new PIN, twice alike.
pub(super) fn ask_new_pin(keyboard: &dyn Keyboard) -> Result<Pin, Problem> {
    let new = ask_pin(keyboard, "new PIN: ")?;
    let again = ask_pin(keyboard, "new PIN, once more: ")?;
    if crate::base::secret::constant_time_eq(new.digits(), again.digits()) {
        Ok(new)
    } else {
        Err(CardError::PinsDiffer.into())
    }
}

pub(super) fn ask_pin(keyboard: &dyn Keyboard, question: &str) -> Result<Pin, Problem> {
    let digits = keyboard.digits(question, Pin::MIN_DIGITS..=Pin::MAX_DIGITS)?;
    Ok(Pin::from_digits(digits).map_err(CardError::from)?)
}

fn unblock(
    readers: &Readers,
    tries: &Tries,
    keyboard: &dyn Keyboard,
    console: &mut Console,
) -> Result<Exit, Problem> {
    if let Some(token) = token_pin::look(readers, &tries.reader)? {
        return token.unblock(readers, &tries.reader, keyboard, console);
    }
    let seen = look(readers, &tries.reader)?;
    if seen.generation == Generation::Ec {
        return Err(CardError::PukUnsupported.into());
    }
    if seen.state != PinState::Blocked {
        console.warn(format_args!("the PIN is not blocked: {}", tries_text(seen.state)));
    }
    let lengths = Puk::HALF..=Puk::HALF;
    let holder = keyboard.digits("PUK1, of the holder's letter: ", lengths.clone())?;
    let municipality = keyboard.digits("PUK2, of the municipality: ", lengths)?;
    let puk = Puk::new(holder, municipality)?;
    on_same_card(readers, &tries.reader, seen.chip, move |eid| eid.unblock(&puk))?;
    console.result(
        "the PIN is unblocked, with all its tries; it is what it was",
        &json!({ "unblocked": true }),
    );
    Ok(Exit::Good)
}

/// The terminal, where a person may take this long for each entry.
pub(super) struct Terminal;

/// How long a person may take to type. A card is in nobody's way meanwhile.
const TIME_TO_TYPE: Duration = Duration::from_mins(2);

impl Keyboard for Terminal {
    fn digits(&self, question: &str, lengths: RangeInclusive<usize>) -> Result<Zeroizing<Vec<u8>>, AskError> {
        // Keys raise no signals while it asks: Ctrl-C is read as "cancel".
        crate::cli::terminal::ask_for_digits(question, lengths, TIME_TO_TYPE, &|| false)
    }
}
