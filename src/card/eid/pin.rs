//! The PIN of the card: what is known of it, how it is given, changed and unblocked.
//!
//! Whatever carries a PIN or a PUK is sent at most once for what a person typed. A fault after it never starts the
//! operation again.

use zeroize::Zeroizing;

use crate::base::lang::Language;
use crate::base::secret::Pin;
use crate::card::apdu::{Command, StatusWord};
use crate::card::error::CardError;
use crate::card::pad::{PadStop, PinPad};
use crate::card::transport::{Disposition, Transport, TransportError};

use super::driver::Eid;
use super::recognition::{CardData, Generation};
use super::session::{Session, Stop};
use super::status::{Asked, cause};

/// Tries of the cardholder's PIN when none was used up. Source: reference §10.1.
pub(super) const ALL_TRIES: u8 = 3;

/// Whether the person was told that one try is left, and goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LastTry {
    /// They know, and confirmed.
    Confirmed,
    /// Nobody asked them.
    NotConfirmed,
}

/// What is known of the PIN before it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PinState {
    /// No try is left; the municipality can help.
    Blocked,
    /// So many tries are left.
    Left(u8),
    /// This applet cannot be asked without using up a try.
    Unknown,
}

impl PinState {
    const fn of(tries: u8) -> Self {
        match tries {
            0 => Self::Blocked,
            left => Self::Left(left),
        }
    }

    /// Tries left, where known.
    pub const fn tries_left(self) -> Option<u8> {
        match self {
            Self::Blocked => Some(0),
            Self::Left(left) => Some(left),
            Self::Unknown => None,
        }
    }
}

/// Where the PIN of one operation comes from.
#[derive(Clone, Copy, Debug)]
pub enum PinSource<'a> {
    /// The person types it on the reader, which speaks this language; see [`Eid::pin_pad`].
    Pad(Language),
    /// It was typed at this computer.
    Typed(&'a Pin),
}

impl<'a> From<&'a Pin> for PinSource<'a> {
    fn from(pin: &'a Pin) -> Self {
        Self::Typed(pin)
    }
}

/// A change of the PIN.
#[derive(Clone, Copy, Debug)]
pub enum PinChange<'a> {
    /// The person types the old PIN and twice the new one on the reader.
    Pad(Language),
    /// Both were typed at this computer; that the new one was typed twice alike is the caller's to see.
    Typed {
        /// The PIN as it is.
        old: &'a Pin,
        /// The PIN as it shall be.
        new: &'a Pin,
    },
}

/// The codes that unblock the PIN of a card up to applet 1.7: six digits of the holder's letter, and six that the
/// municipality keeps. Wiped on drop and never shown.
#[derive(Debug)]
pub struct Puk(Pin);

impl Puk {
    /// Digits of each half.
    pub const HALF: usize = 6;

    /// `holder`: PUK1 of the holder's letter. `municipality`: PUK2. Both as ASCII digits; they are wiped.
    ///
    /// # Errors
    /// `PukLength` when one is not of six digits; it cost no try.
    ///
    /// Source: reference §10.2: the card is given PUK2, then PUK1.
    pub fn new(holder: Zeroizing<Vec<u8>>, municipality: Zeroizing<Vec<u8>>) -> Result<Self, CardError> {
        if holder.len() != Self::HALF || municipality.len() != Self::HALF {
            return Err(CardError::PukLength);
        }
        let mut digits = Zeroizing::new(Vec::with_capacity(Pin::MAX_DIGITS));
        digits.extend_from_slice(&municipality);
        digits.extend_from_slice(&holder);
        Pin::from_digits(digits)
            .map(Self)
            .map_err(|_| CardError::PukLength)
    }
}

/// What is known of a keypad in the reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keypad {
    NotLooked,
    Absent,
    Present(PinPad),
}

/// A source that is ready to be used.
#[derive(Clone, Copy)]
pub(super) enum Entry<'a> {
    Pad(PinPad, Language),
    Typed(&'a Pin),
}

/// The last command that may have had its effect when the card was lost.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Sent {
    Nothing,
    Verify,
    /// A command after which the card is another: a signature made, a PIN changed.
    Effect,
}

/// How far an operation with a PIN came.
pub(super) struct Attempt {
    pub(super) sent: Sent,
    /// What is known of the PIN afterwards.
    pub(super) after: Option<PinState>,
}

impl Eid<'_> {
    /// What is known of the PIN, without using up a try: from GET CARD DATA on 1.8, by an empty VERIFY on 1.7. Older
    /// applets cannot be asked, for there an empty VERIFY burns a try: of them only what an answer in this connection
    /// told is known.
    ///
    /// # Errors
    /// As [`Eid::card_data`].
    pub fn pin_state(&mut self) -> Result<PinState, CardError> {
        let told = self.pin_state;
        let known_data = self.data.clone();
        let (data, state) = self.run(|session, _| {
            let data = session.card_data()?;
            same_chip(known_data.as_ref(), &data)?;
            let state = session.pin_state(&data)?;
            Ok((data, state))
        })?;
        let state = match (data.generation(), told) {
            (Generation::Early, Some(told)) => told,
            _ => state,
        };
        self.data = Some(data);
        self.pin_state = Some(state);
        Ok(state)
    }

    /// The keypad of the reader, when it has one that this card can be used with. Asked once for a connection.
    ///
    /// # Errors
    /// As [`Eid::card_data`].
    pub fn pin_pad(&mut self) -> Result<Option<PinPad>, CardError> {
        let generation = self.card_data()?.generation();
        let mut keypad = self.keypad;
        let found = self.run(|session, _| session.keypad(&mut keypad, generation));
        self.keypad = keypad;
        found
    }

    /// Changes the PIN, in one transaction: CHANGE REFERENCE DATA, LOG OFF.
    ///
    /// # Errors
    /// `PinBlocked` and `PinLastTry` before anything is sent; `PinWrong`; `PinPad`, `PinCancelled`, `PinTimeout` and
    /// `PinsDiffer` from a keypad; `OutcomeUnknown` when the card was lost after the command: then either PIN may be
    /// the right one.
    pub fn change_pin(&mut self, change: PinChange<'_>, last_try: LastTry) -> Result<(), CardError> {
        let mut keypad = self.keypad;
        let result = self.attempt(Some(last_try), |session, card, attempt| {
            let pad = match change {
                PinChange::Pad(language) => Some((session.need_keypad(&mut keypad, card)?, language)),
                PinChange::Typed { .. } => None,
            };
            session.prove_applet()?;
            attempt.sent = Sent::Effect;
            session.disposition = Disposition::Reset;
            let status = match (change, pad) {
                (_, Some((pad, language))) => session.enter(|transport| pad.modify(transport, language))?,
                (PinChange::Typed { old, new }, None) => {
                    let mut blocks = Zeroizing::new(Vec::with_capacity(16));
                    blocks.extend_from_slice(&pin_block(old));
                    blocks.extend_from_slice(&pin_block(new));
                    let command =
                        Command::new(Asked::Change.name(), [0x00, 0x24, 0x00, 0x01]).with_secret(blocks);
                    session.exchange(&command)?.status()
                }
                (PinChange::Pad(_), None) => return Err(CardError::PinPad("the reader has none").into()),
            };
            session.judge(Asked::Change, status, attempt)?;
            session.log_off();
            Ok(())
        });
        self.keypad = keypad;
        result
    }

    /// Unblocks the PIN and gives it all its tries, up to applet 1.7. The PIN itself stays what it was.
    ///
    /// # Errors
    /// `PukUnsupported` on 1.8 and later, before anything is sent; `PukWrong`, `PukBlocked`; `OutcomeUnknown`.
    ///
    /// Source: reference §10.2.
    pub fn unblock(&mut self, puk: &Puk) -> Result<(), CardError> {
        self.attempt(None, |session, card, attempt| {
            if card.generation() == Generation::Ec {
                return Err(CardError::PukUnsupported.into());
            }
            session.prove_applet()?;
            attempt.sent = Sent::Effect;
            session.disposition = Disposition::Reset;
            let command =
                Command::new(Asked::Unblock.name(), [0x00, 0x2C, 0x00, 0x01]).with_secret(pin_block(&puk.0));
            let status = session.exchange(&command)?.status();
            if !status.is_ok() {
                session.disposition = Disposition::Leave;
                return Err(cause(Asked::Unblock, status).into());
            }
            attempt.after = Some(PinState::Left(ALL_TRIES));
            session.log_off();
            Ok(())
        })
    }

    /// Drops every PIN right on the card, whoever got it: LOG OFF, or a reset where the card does not confirm.
    ///
    /// # Errors
    /// As [`Eid::card_data`].
    pub fn log_off(&mut self) -> Result<(), CardError> {
        self.run(|session, _| {
            session.prove_applet()?;
            session.disposition = Disposition::Reset;
            session.log_off();
            Ok(())
        })
    }

    /// Runs `operation`, which gives the card a PIN or a PUK, in one transaction: after the tries left were looked
    /// at, and never a second time once something was sent.
    ///
    /// `last_try`: whether the last try of the PIN may be used; `None` when the operation uses none.
    pub(super) fn attempt<T>(
        &mut self,
        last_try: Option<LastTry>,
        mut operation: impl FnMut(&mut Session<'_>, &CardData, &mut Attempt) -> Result<T, Stop>,
    ) -> Result<T, CardError> {
        let known_data = self.data.clone();
        let known_state = self.pin_state;
        let mut attempt = Attempt {
            sent: Sent::Nothing,
            after: None,
        };
        let mut data = None;
        let result = self.run(|session, _| {
            let (card, state) = if let (Some(data), Some(state)) = (&known_data, known_state) {
                (data.clone(), state)
            } else {
                // Card data of before an attempt says nothing about the tries left now.
                let card = session.card_data()?;
                same_chip(known_data.as_ref(), &card)?;
                let state = match last_try {
                    Some(_) => session.pin_state(&card)?,
                    None => PinState::Unknown,
                };
                (card, state)
            };
            match (state, last_try) {
                (PinState::Blocked, Some(_)) => return Err(CardError::PinBlocked.into()),
                (PinState::Left(1), Some(LastTry::NotConfirmed)) => {
                    attempt.after = Some(state);
                    return Err(CardError::PinLastTry.into());
                }
                _ => {}
            }
            let done = operation(session, &card, &mut attempt);
            data = Some(card);
            // Once something was sent, no fault may lead to a second run.
            done.map_err(|stop| match (stop, attempt.sent) {
                (stop, Sent::Nothing) => stop,
                (Stop::Transport(error), sent) => {
                    session.disposition = Disposition::Reset;
                    lost(error, sent).into()
                }
                (stop, _) => stop,
            })
        });
        self.data = data.or(known_data);
        // Unknown tries are read again before the PIN is asked again.
        self.pin_state = attempt.after;
        result
    }
}

/// A connection ends with its card: one that has another serial number now was read wrongly, then or now.
fn same_chip(known: Option<&CardData>, now: &CardData) -> Result<(), CardError> {
    match known {
        Some(known) if known.chip_serial != now.chip_serial => Err(CardError::Communication),
        _ => Ok(()),
    }
}

/// What it means that the card was lost at this point.
fn lost(error: TransportError, sent: Sent) -> CardError {
    match (CardError::from(error), sent) {
        (CardError::CardRemoved | CardError::CardMissing, _) => CardError::CardRemoved,
        (CardError::ReaderGone, _) => CardError::ReaderGone,
        (_, Sent::Effect) => CardError::OutcomeUnknown,
        (error, _) => error,
    }
}

impl Session<'_> {
    pub(super) fn pin_state(&mut self, data: &CardData) -> Result<PinState, Stop> {
        match (data.generation(), data.tries_left) {
            (_, Some(tries)) => Ok(PinState::of(tries)),
            (Generation::Early, None) => Ok(PinState::Unknown),
            (_, None) => {
                let query = Command::new("VERIFY status", [0x00, 0x20, 0x00, 0x01]);
                let status = self.applet_exchange(&query)?.status();
                match (status, status.tries_left()) {
                    // Already verified, perhaps for another program: then no try is missing.
                    (StatusWord::OK, _) => Ok(PinState::Left(ALL_TRIES)),
                    (StatusWord::PIN_BLOCKED, _) => Ok(PinState::Blocked),
                    (_, Some(tries)) => Ok(PinState::of(tries)),
                    _ => Ok(PinState::Unknown),
                }
            }
        }
    }

    /// Looks for a keypad that suits this card.
    fn keypad(&mut self, keypad: &mut Keypad, generation: Generation) -> Result<Option<PinPad>, Stop> {
        if *keypad == Keypad::NotLooked {
            *keypad = match PinPad::find(self.transport)? {
                // Its own empty VERIFY would burn a try.
                Some(pad) if pad.asks_before() && generation == Generation::Early => Keypad::Absent,
                Some(pad) => Keypad::Present(pad),
                None => Keypad::Absent,
            };
        }
        Ok(match *keypad {
            Keypad::Present(pad) => Some(pad),
            Keypad::NotLooked | Keypad::Absent => None,
        })
    }

    fn need_keypad(&mut self, keypad: &mut Keypad, card: &CardData) -> Result<PinPad, Stop> {
        let found = self.keypad(keypad, card.generation())?;
        found.ok_or_else(|| CardError::PinPad("the reader has none").into())
    }

    /// Makes a source ready: nothing may be looked up between MSE and VERIFY.
    pub(super) fn entry<'a>(
        &mut self,
        source: PinSource<'a>,
        keypad: &mut Keypad,
        card: &CardData,
    ) -> Result<Entry<'a>, Stop> {
        Ok(match source {
            PinSource::Typed(pin) => Entry::Typed(pin),
            PinSource::Pad(language) => Entry::Pad(self.need_keypad(keypad, card)?, language),
        })
    }

    /// VERIFY, once. Afterwards `attempt` says what is known of the PIN.
    pub(super) fn verify(&mut self, entry: Entry<'_>, attempt: &mut Attempt) -> Result<(), Stop> {
        attempt.sent = Sent::Verify;
        // Until the card said otherwise the rights must not outlive this transaction.
        self.disposition = Disposition::Reset;
        let status = match entry {
            Entry::Typed(pin) => {
                let command =
                    Command::new(Asked::Verify.name(), [0x00, 0x20, 0x00, 0x01]).with_secret(pin_block(pin));
                self.exchange(&command)?.status()
            }
            Entry::Pad(pad, language) => self.enter(|transport| pad.verify(transport, language))?,
        };
        self.judge(Asked::Verify, status, attempt)
    }

    /// Lets a person type on the reader.
    fn enter(
        &mut self,
        entry: impl FnOnce(&mut dyn Transport) -> Result<StatusWord, PadStop>,
    ) -> Result<StatusWord, Stop> {
        match entry(self.transport) {
            Ok(status) => Ok(status),
            Err(PadStop::Transport(error)) => Err(error.into()),
            Err(PadStop::Card(error)) => Err(error.into()),
        }
    }

    /// What the answer to a command with a PIN says of the PIN.
    fn judge(&mut self, asked: Asked, status: StatusWord, attempt: &mut Attempt) -> Result<(), Stop> {
        if status.is_ok() {
            attempt.after = Some(PinState::Left(ALL_TRIES));
            return Ok(());
        }
        let error = cause(asked, status);
        let known = match &error {
            CardError::PinBlocked => Some(PinState::Blocked),
            CardError::PinWrong { left } => Some(PinState::Left(*left)),
            _ => None,
        };
        if known.is_some() {
            // A wrong PIN takes every right; nothing is left to inherit.
            self.disposition = Disposition::Leave;
            attempt.after = known;
        }
        Err(error.into())
    }

    /// Drops the PIN right. When the card does not confirm, the transaction ends with a reset.
    pub(super) fn log_off(&mut self) {
        let command = Command::new(Asked::LogOff.name(), [0x80, 0xE6, 0x00, 0x00]);
        if self
            .exchange(&command)
            .is_ok_and(|response| response.status().is_ok())
        {
            self.disposition = Disposition::Leave;
        }
    }
}

/// The 8 bytes of VERIFY: nibble 2, nibble length, the digits, and `F` to the end.
///
/// WHY on the heap: an array is copied when it is returned, and the copy left on the stack is wiped by nobody.
///
/// Source: reference §10.1.
fn pin_block(pin: &Pin) -> Zeroizing<Vec<u8>> {
    let digits = pin.digits();
    let mut block = Zeroizing::new(vec![0xFF_u8; 8]);
    let nibbles = [2, u8::try_from(digits.len()).unwrap_or(0)];
    let values = nibbles.into_iter().chain(digits.iter().map(|digit| digit & 0x0F));
    for (index, value) in values.enumerate() {
        if let Some(byte) = block.get_mut(index / 2) {
            *byte = if index % 2 == 0 {
                (value << 4) | 0x0F
            } else {
                (*byte & 0xF0) | value
            };
        }
    }
    block
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pin_blocks_are_bcd_with_a_length_nibble() {
        for (digits, block) in [
            ("1234", "241234ffffffffff"),
            ("12345", "2512345fffffffff"),
            ("123456", "26123456ffffffff"),
            ("123456789012", "2c123456789012ff"),
        ] {
            let pin = Pin::from_digits(Zeroizing::new(digits.as_bytes().to_vec())).unwrap();
            assert_eq!(hex::encode(pin_block(&pin).as_slice()), block);
        }
    }

    #[test]
    fn the_municipality_s_half_of_the_puk_goes_first() {
        let half = |digits: &str| Zeroizing::new(digits.as_bytes().to_vec());
        let puk = Puk::new(half("111222"), half("333444")).unwrap();
        assert_eq!(hex::encode(pin_block(&puk.0).as_slice()), "2c333444111222ff");
        assert_eq!(format!("{puk:?}"), "Puk(Pin)");
        for (holder, municipality) in [("11122", "333444"), ("111222", "3334445"), ("11122a", "333444")] {
            assert_eq!(
                Puk::new(half(holder), half(municipality)).err(),
                Some(CardError::PukLength),
                "{holder} {municipality}"
            );
        }
    }
}
