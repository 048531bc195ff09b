//! The seam between the drivers and whatever carries bytes to a card: PC/SC, or a card inside this process.
//!
//! A [`Transport`] exists only inside one transaction, so a driver cannot split one. A [`Connection`] opens
//! transactions and knows that a reset by another program voids everything the driver believed.

use std::time::Duration;

use super::error::CardError;

/// What is known of the reader a card is in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReaderFacts {
    /// Its name; empty where there is none.
    pub name: String,
    /// Version of its firmware, each part as the reader codes it (BCD): 5.06 is `(5, 6)`.
    pub firmware: Option<(u8, u8)>,
}

/// Carries commands to one card inside one transaction.
///
/// Bytes go through unchanged: the driver above does T=0's `61 xx` and `6C xx` itself (`card::t0`), because most
/// readers hand raw TPDUs to the card.
pub trait Transport {
    /// The answer to reset of the card, 2 to 33 bytes.
    fn atr(&self) -> Vec<u8>;

    /// Sends one command (4 to 261 bytes) and returns the card's answer: 0 to 256 bytes of data and the two
    /// bytes of the status word.
    ///
    /// # Errors
    /// What went wrong below the card. A status word is never an error here.
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError>;

    /// As [`Transport::transmit`], for a command that is answered only after a person did something: touched the token.
    ///
    /// # Errors
    /// As [`Transport::transmit`].
    fn transmit_for_person(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.transmit(command)
    }

    /// Resets the card in place: PIN rights, selected file and security environment are gone afterwards.
    ///
    /// # Errors
    /// As [`Transport::transmit`].
    fn reset(&mut self) -> Result<(), TransportError>;

    /// Which reader this is. Asked only where models differ.
    fn reader(&self) -> ReaderFacts {
        ReaderFacts::default()
    }

    /// Speaks to the reader itself, not to the card: a control code and its data (PC/SC `SCardControl`).
    ///
    /// # Errors
    /// `ControlUnsupported` where the reader has no such function; else as [`Transport::transmit`].
    fn control(&mut self, code: u32, input: &[u8]) -> Result<Vec<u8>, TransportError> {
        let _ = (code, input);
        Err(TransportError::ControlUnsupported)
    }

    /// Leaves a reader that has stumbled alone for a while. A card in this process needs none.
    fn pause(&mut self, time: Duration) {
        let _ = time;
    }

    /// How commands travel to the card. The Belgian card knows T=0 only; tokens often know T=1 only.
    fn protocol(&self) -> Protocol {
        Protocol::T0
    }
}

/// How commands travel between reader and card. Source: ISO 7816-3 §10, §11, §12.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// Bytes: a command carries data or expects an answer, never both at once.
    T0,
    /// Blocks: a command carries data and says how much it expects back.
    T1,
}

impl<T: Transport + ?Sized> Transport for &mut T {
    fn atr(&self) -> Vec<u8> {
        (**self).atr()
    }
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        (**self).transmit(command)
    }
    fn transmit_for_person(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        (**self).transmit_for_person(command)
    }
    fn reset(&mut self) -> Result<(), TransportError> {
        (**self).reset()
    }
    fn reader(&self) -> ReaderFacts {
        (**self).reader()
    }
    fn control(&mut self, code: u32, input: &[u8]) -> Result<Vec<u8>, TransportError> {
        (**self).control(code, input)
    }
    fn pause(&mut self, time: Duration) {
        (**self).pause(time);
    }
    fn protocol(&self) -> Protocol {
        (**self).protocol()
    }
}

impl<T: Transport + ?Sized> Transport for Box<T> {
    fn atr(&self) -> Vec<u8> {
        (**self).atr()
    }
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        (**self).transmit(command)
    }
    fn transmit_for_person(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        (**self).transmit_for_person(command)
    }
    fn reset(&mut self) -> Result<(), TransportError> {
        (**self).reset()
    }
    fn reader(&self) -> ReaderFacts {
        (**self).reader()
    }
    fn control(&mut self, code: u32, input: &[u8]) -> Result<Vec<u8>, TransportError> {
        (**self).control(code, input)
    }
    fn pause(&mut self, time: Duration) {
        (**self).pause(time);
    }
    fn protocol(&self) -> Protocol {
        (**self).protocol()
    }
}

/// In what state the card is left for the next program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// As it is: nothing was authorised, or the driver logged off.
    Leave,
    /// Reset, so that nobody inherits a PIN right.
    Reset,
}

/// What one run inside a transaction asks of the connection.
#[derive(Debug)]
pub enum Step {
    /// Finished, whatever the result was: end the transaction with this disposition.
    Done(Disposition),
    /// The card was lost in a way that a new start may cure, and nothing was spent: reconnect, reset the card
    /// when asked to, begin a new transaction and run again from the first command.
    Again(TransportError),
}

/// One connection to one card. It outlives transactions, and ends when the card leaves the reader: a connection
/// that still works is to the same card.
pub trait Connection {
    /// Runs `step` inside a transaction, and again after a cure when it returns [`Step::Again`].
    ///
    /// The number of cures is bounded; then the last transport error comes out as [`CardError`].
    ///
    /// # Errors
    /// What keeps a transaction from beginning, or the transport error that could not be cured.
    fn run(&mut self, step: &mut dyn FnMut(&mut dyn Transport) -> Step) -> Result<(), CardError>;
}

/// What can go wrong below the card's own answers. One variant a cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// The service refuses this program.
    #[error("this program may not use the smart card service")]
    AccessDenied,
    /// Another program resets the card or has it for itself.
    #[error("another program uses the card exclusively")]
    Busy,
    /// The card left the reader.
    #[error("the card was removed")]
    CardRemoved,
    /// Another program reset the card: selection and PIN rights are gone.
    #[error("another program reset the card")]
    CardReset,
    /// Reader and card lost each other; a reconnect may help.
    #[error("communication between reader and card failed")]
    Communication,
    /// The reader has no such function of its own.
    #[error("the reader has no such function")]
    ControlUnsupported,
    /// The card answers nothing that can be read, not even its answer to reset.
    #[error("the card does not respond")]
    CardMute,
    /// The bytes that came are no answer (fewer than two, or more than fit).
    #[error("the reader returned {0} bytes, which is no answer")]
    Malformed(usize),
    /// There is no card in the reader.
    #[error("there is no card in the reader")]
    NoCard,
    /// The smart card service is not running.
    #[error("the smart card service is not running")]
    NoService,
    /// The reader was disconnected.
    #[error("the reader was disconnected")]
    ReaderGone,
    /// Any other answer of the smart card service, by its number.
    #[error("the smart card service answered {0:#010x}")]
    Service(u32),
}

impl TransportError {
    /// Whether a reconnect and a new start may help.
    pub const fn is_curable(self) -> bool {
        matches!(self, Self::CardReset | Self::Communication | Self::Malformed(_))
    }
}

/// A [`Transport`] that lives in this process, as a connection: for tests and for the laboratory.
///
/// Each cure resets the card as PC/SC would.
#[derive(Debug)]
pub struct InProcess<T> {
    transport: T,
    /// How many cures before giving up.
    cures: u32,
}

impl<T: Transport> InProcess<T> {
    /// A connection to `transport`.
    pub const fn new(transport: T) -> Self {
        Self {
            transport,
            cures: MAX_CURES,
        }
    }

    /// The card itself.
    pub const fn transport(&mut self) -> &mut T {
        &mut self.transport
    }

    /// The card, taken out of the connection.
    pub fn into_transport(self) -> T {
        self.transport
    }
}

/// How often one operation may start again. Enough for a reader that stumbles, not enough to look hung.
pub const MAX_CURES: u32 = 3;

impl<T: Transport> Connection for InProcess<T> {
    fn run(&mut self, step: &mut dyn FnMut(&mut dyn Transport) -> Step) -> Result<(), CardError> {
        let mut cures = 0;
        loop {
            match step(&mut self.transport) {
                Step::Done(Disposition::Leave) => return Ok(()),
                Step::Done(Disposition::Reset) => return Ok(self.transport.reset()?),
                Step::Again(error) if !error.is_curable() || cures >= self.cures => return Err(error.into()),
                Step::Again(TransportError::CardReset) => cures = cures.saturating_add(1),
                Step::Again(_) => {
                    self.transport.reset()?;
                    cures = cures.saturating_add(1);
                }
            }
        }
    }
}
