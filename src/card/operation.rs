//! One operation on a token inside one transaction: what was sent decides what may be sent again.

use super::apdu::{Command, Le, Response, StatusWord};
use super::error::CardError;
use super::t0;
use super::transport::{Connection, Disposition, Protocol, Step, Transport, TransportError};

/// Why an operation stopped: below the card, or by its answer.
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

/// The last command that may have had its effect when the card was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    /// Nothing that cannot be sent again.
    Nothing,
    /// A PIN: it was typed for one attempt.
    Pin,
    /// A signature, or a change of a PIN.
    Effect,
}

/// The card inside one transaction. What it believes about the card ends with the transaction.
pub(super) struct Operation<'t> {
    transport: &'t mut dyn Transport,
    /// How the transaction must end.
    pub(super) disposition: Disposition,
    /// From here on no fault may lead to a second run.
    pub(super) sent: Sent,
    /// The next commands are answered only after a person did something.
    pub(super) waits_for_person: bool,
}

/// A transport whose commands wait for a person.
struct ForPerson<'t>(&'t mut dyn Transport);

impl Transport for ForPerson<'_> {
    fn atr(&self) -> Vec<u8> {
        self.0.atr()
    }
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.0.transmit_for_person(command)
    }
    fn reset(&mut self) -> Result<(), TransportError> {
        self.0.reset()
    }
    fn protocol(&self) -> Protocol {
        self.0.protocol()
    }
}

/// The most that one command carries in its short form.
const CHUNK: usize = 255;
/// Class bit of a command that more of the same follows. Source: ISO 7816-4 §5.4.1.
const MORE_FOLLOWS: u8 = 0x10;

impl Operation<'_> {
    pub(super) fn atr(&self) -> Vec<u8> {
        self.transport.atr()
    }

    pub(super) fn exchange(&mut self, command: &Command) -> Result<Response, Stop> {
        self.exchange_noting(command).map(|(response, _)| response)
    }

    /// As [`Operation::exchange`], and tells the length that the card wanted instead.
    pub(super) fn exchange_noting(&mut self, command: &Command) -> Result<(Response, Option<Le>), Stop> {
        let (response, corrected) = if self.waits_for_person {
            t0::exchange_noting(&mut ForPerson(self.transport), command)?
        } else {
            t0::exchange_noting(self.transport, command)?
        };
        if response.status() == StatusWord::MEMORY_FAILURE {
            // The card may be mute until its next reset.
            self.disposition = Disposition::Reset;
            return Err(CardError::MemoryFailure.into());
        }
        Ok((response, corrected))
    }

    /// Sends `data` of any length in as many chained commands as it takes; the last one expects an answer.
    ///
    /// Source: ISO 7816-4 §5.3.3; SP 800-73-4 part 2 §3.3.
    pub(super) fn exchange_chained(
        &mut self,
        name: &'static str,
        header: [u8; 4],
        data: &[u8],
    ) -> Result<Response, Stop> {
        let [class, rest @ ..] = header;
        let mut left = data;
        while let Some((chunk, after)) = left
            .split_at_checked(CHUNK)
            .filter(|(_, after)| !after.is_empty())
        {
            let [instruction, p1, p2] = rest;
            let command = Command::new(name, [class | MORE_FOLLOWS, instruction, p1, p2]).with_data(chunk);
            let response = self.exchange(&command)?;
            if !response.status().is_ok() {
                return Ok(response);
            }
            left = after;
        }
        let command = Command::new(name, header).with_data(left).with_expected(Le::MAX);
        self.exchange(&command)
    }
}

/// Runs `operation` in one transaction, and again from its first command after a fault that can be cured; never again
/// once it has sent a PIN.
pub(super) fn run<T>(
    connection: &mut dyn Connection,
    mut operation: impl FnMut(&mut Operation<'_>) -> Result<T, Stop>,
) -> Result<T, CardError> {
    let mut outcome = None;
    let ended = connection.run(&mut |transport| {
        let mut session = Operation {
            transport,
            disposition: Disposition::Leave,
            sent: Sent::Nothing,
            waits_for_person: false,
        };
        match (operation(&mut session), session.sent) {
            (Err(Stop::Transport(error)), Sent::Nothing) if error.is_curable() => Step::Again(error),
            (Err(Stop::Transport(error)), Sent::Nothing) => {
                outcome = Some(Err(error.into()));
                Step::Done(session.disposition)
            }
            (Err(Stop::Transport(error)), sent) => {
                outcome = Some(Err(lost(error, sent)));
                Step::Done(Disposition::Reset)
            }
            (Err(Stop::Card(error)), _) => {
                outcome = Some(Err(error));
                Step::Done(session.disposition)
            }
            (Ok(value), _) => {
                outcome = Some(Ok(value));
                Step::Done(session.disposition)
            }
        }
    });
    // WHY: a card taken out right after its last answer has answered.
    match (outcome, ended) {
        (Some(outcome), _) => outcome,
        (None, Err(error)) => Err(error),
        (None, Ok(())) => Err(CardError::Communication),
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
