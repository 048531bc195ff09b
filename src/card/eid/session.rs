//! One run inside one transaction: commands to the applet, and the applet selected when it turns out not to be.

use std::time::Duration;

use crate::card::apdu::{Command, Le, Response, StatusWord};
use crate::card::error::CardError;
use crate::card::t0;
use crate::card::transport::{Disposition, Transport, TransportError};

use super::recognition::{APPLET, CardData, Generation, is_likely_belgian, is_old};
use super::status::{Asked, cause};

/// Why a step stopped: below the card, or by its answer.
#[derive(Debug)]
pub(super) enum Stop {
    /// A new start may help.
    Transport(TransportError),
    /// The answer stands.
    Card(CardError),
}

impl From<TransportError> for Stop {
    fn from(error: TransportError) -> Self {
        Self::Transport(error)
    }
}

impl From<CardError> for Stop {
    fn from(error: CardError) -> Self {
        Self::Card(error)
    }
}

impl Stop {
    pub(super) fn into_error(self) -> CardError {
        match self {
            Self::Transport(error) => error.into(),
            Self::Card(error) => error,
        }
    }
}

/// How often a spurious answer is asked again. Source: reference §3.3.
pub(super) const SPURIOUS_LIMIT: u32 = 3;

/// How long a reader is left alone that gave a spurious answer.
const STUMBLE_PAUSE: Duration = Duration::from_millis(50);

/// The card inside one transaction. What it believes about the card ends with the transaction.
pub(super) struct Session<'t> {
    pub(super) transport: &'t mut dyn Transport,
    /// Whether a command only the applet answers has succeeded in this transaction.
    applet_proved: bool,
    /// What the card is, where that is known.
    pub(super) generation: Option<Generation>,
    /// How the transaction must end.
    pub(super) disposition: Disposition,
}

impl<'t> Session<'t> {
    pub(super) fn new(transport: &'t mut dyn Transport) -> Self {
        Self {
            transport,
            applet_proved: false,
            generation: None,
            disposition: Disposition::Leave,
        }
    }

    /// Leaves the reader alone for a moment after an answer that made no sense. Nothing waits before one came.
    ///
    /// Source: reference §3.1 and §3.3: readers answer right again 25 to 50 ms later.
    pub(super) fn stumbled(&mut self) {
        self.transport.pause(STUMBLE_PAUSE);
    }

    pub(super) fn exchange(&mut self, command: &Command) -> Result<Response, Stop> {
        self.exchange_noting(command).map(|(response, _)| response)
    }

    /// As [`Session::exchange`], and tells the length that the card wanted instead.
    pub(super) fn exchange_noting(&mut self, command: &Command) -> Result<(Response, Option<Le>), Stop> {
        let (response, corrected) = t0::exchange_noting(self.transport, command)?;
        if response.status() == StatusWord::MEMORY_FAILURE {
            // The card is mute until its next reset.
            self.disposition = Disposition::Reset;
            return Err(CardError::MemoryFailure.into());
        }
        Ok((response, corrected))
    }

    /// Sends a command that only the applet understands; when the answer says that something else is selected,
    /// selects the applet and sends it once more.
    ///
    /// An ATR that is not known is not trusted: the applet is selected first.
    pub(super) fn applet_exchange(&mut self, command: &Command) -> Result<Response, Stop> {
        if !self.applet_proved && !is_likely_belgian(&self.transport.atr()) {
            self.select_applet()?;
        }
        let response = self.exchange(command)?;
        if response.status().is_ok() {
            self.applet_proved = true;
        }
        if self.applet_proved {
            // It knew its commands a moment ago: a stray `6D 00` is the reader's. Source: reference §3.3.
            if response.status() == StatusWord::INSTRUCTION_UNKNOWN {
                self.stumbled();
                return self.exchange(command);
            }
            return Ok(response);
        }
        if !t0::is_foreign(response.status()) {
            return Ok(response);
        }
        self.select_applet()?;
        self.exchange(command)
    }

    /// Makes sure that the applet listens, before a command that must not be sent twice.
    pub(super) fn prove_applet(&mut self) -> Result<(), Stop> {
        if self.applet_proved {
            return Ok(());
        }
        self.select_applet()
    }

    /// Selects the applet: the proof that this is a Belgian eID card.
    fn select_applet(&mut self) -> Result<(), Stop> {
        let command = Command::new("SELECT applet", [0x00, 0xA4, 0x04, 0x00]).with_data(APPLET);
        let response = self.exchange(&command)?;
        match response.status() {
            StatusWord::OK => {
                self.applet_proved = true;
                Ok(())
            }
            StatusWord::INSTRUCTION_UNKNOWN if !is_likely_belgian(&self.transport.atr()) => {
                Err(CardError::CardUnsupported.into())
            }
            status => Err(match cause(Asked::SelectApplet, status) {
                CardError::Status { .. } => CardError::CardUnsupported,
                error => error,
            }
            .into()),
        }
    }

    /// GET CARD DATA, in the long form that carries the PIN tries where the card has it.
    pub(super) fn card_data(&mut self) -> Result<CardData, Stop> {
        let long = Command::new("GET CARD DATA", [0x80, 0xE4, 0x00, 0x01]).with_expected(Le::from_byte(0x1F));
        let short =
            Command::new("GET CARD DATA", [0x80, 0xE4, 0x00, 0x00]).with_expected(Le::from_byte(0x1C));
        if !is_old(&self.transport.atr()) {
            let response = self.applet_exchange(&long)?;
            if response.status().is_ok() {
                return Ok(CardData::parse(response.data())?);
            }
        }
        let response = self.applet_exchange(&short)?;
        match response.status() {
            StatusWord::OK => Ok(CardData::parse(response.data())?),
            status => Err(match cause(Asked::CardData, status) {
                CardError::Status { .. } => CardError::CardUnsupported,
                error => error,
            }
            .into()),
        }
    }
}
