//! Readers through the operating system's smart card service.
//!
//! Cards are shared with other programs: a connection is opened for one job, left as it was found, and reset only
//! when a PIN right might be inherited.

use std::ffi::{CStr, CString};
use std::sync::Arc;
use std::time::Duration;

use pcsc::{Card, Context, Error, PNP_NOTIFICATION, Protocols, ReaderState, Scope, ShareMode, State};

use super::error::CardError;
use super::pad;
use super::readers::{CardPresence, Interrupt, Port, ReaderStatus, Service, Watch};
use super::transport::{
    Connection, Disposition, MAX_CURES, Protocol, ReaderFacts, Step, Transport, TransportError,
};

/// How often a card that another program holds is asked for, and how long to wait in between: 5 s together.
///
/// Source: reference §3.2.
const SHARING_TRIES: u32 = 20;
const SHARING_PAUSE: Duration = Duration::from_millis(250);

/// How long a line that failed is left alone: so long before the first cure, twice before the second, and so on.
const LINE_PAUSE: Duration = Duration::from_millis(200);

/// How often and how far apart the card's status is looked at after a fault of the line: the service polls its
/// readers every 400 ms.
const STATUS_LOOKS: u32 = 10;
const STATUS_PAUSE: Duration = Duration::from_millis(120);

/// The smart card service of this computer.
#[derive(Debug, Clone, Default)]
pub struct PcscService {
    skip: Vec<String>,
}

impl PcscService {
    /// The service; readers whose name contains one of `skip` are never touched.
    pub fn new(skip: Vec<String>) -> Self {
        Self { skip }
    }
}

impl Service for PcscService {
    fn watch(&self) -> Result<Box<dyn Watch>, CardError> {
        let context = Context::establish(Scope::User).map_err(service_error)?;
        let states = vec![ReaderState::new(PNP_NOTIFICATION(), State::UNAWARE)];
        Ok(Box::new(PcscWatch {
            context,
            states,
            skip: self.skip.clone(),
            first: true,
        }))
    }

    fn port(&self, reader: &str) -> Result<Box<dyn Port>, CardError> {
        let reader = CString::new(reader).map_err(|_| CardError::ReaderUnknown(reader.to_owned()))?;
        let context = Context::establish(Scope::User).map_err(service_error)?;
        Ok(Box::new(PcscPort { context, reader }))
    }
}

struct PcscWatch {
    context: Context,
    states: Vec<ReaderState>,
    skip: Vec<String>,
    first: bool,
}

impl Watch for PcscWatch {
    fn next(&mut self, limit: Duration) -> Result<Vec<ReaderStatus>, CardError> {
        if !self.first {
            self.wait(limit)?;
        }
        self.first = false;
        if self.relist()? {
            // A reader that is new was never asked; this returns at once.
            self.wait(Duration::ZERO)?;
        }
        Ok(self
            .states
            .iter()
            .filter(|state| state.name() != PNP_NOTIFICATION())
            .map(status)
            .collect())
    }

    fn interrupt(&self) -> Interrupt {
        let context = self.context.clone();
        Arc::new(move || {
            if let Err(error) = context.cancel() {
                tracing::debug!(target: "zegel::card", ?error, "the wait for readers could not be cancelled");
            }
        })
    }
}

impl PcscWatch {
    fn wait(&mut self, limit: Duration) -> Result<(), CardError> {
        match self.context.get_status_change(limit, &mut self.states) {
            Ok(())
            | Err(Error::Cancelled | Error::Timeout | Error::UnknownReader | Error::NoReadersAvailable) => {}
            Err(error) => return Err(service_error(error)),
        }
        self.states.iter_mut().for_each(ReaderState::sync_current_state);
        Ok(())
    }

    /// Follows the list of readers; whether one is new.
    fn relist(&mut self) -> Result<bool, CardError> {
        let names = match self.context.list_readers_owned() {
            Ok(names) => names,
            Err(Error::NoReadersAvailable) => Vec::new(),
            Err(error) => return Err(service_error(error)),
        };
        let skip = &self.skip;
        let wanted: Vec<CString> = names
            .into_iter()
            .filter(|name| {
                !skip
                    .iter()
                    .any(|part| name.to_string_lossy().contains(part.as_str()))
            })
            .collect();
        self.states.retain(|state| {
            state.name() == PNP_NOTIFICATION()
                || (wanted.iter().any(|name| name.as_c_str() == state.name())
                    && !state.event_state().intersects(State::UNKNOWN | State::IGNORE))
        });
        let mut added = false;
        for name in wanted {
            if !self.states.iter().any(|state| state.name() == name.as_c_str()) {
                self.states.push(ReaderState::new(name, State::UNAWARE));
                added = true;
            }
        }
        Ok(added)
    }
}

fn status(state: &ReaderState) -> ReaderStatus {
    let seen = state.event_state();
    let card = if seen.contains(State::MUTE) {
        CardPresence::Mute
    } else if seen.contains(State::PRESENT) {
        CardPresence::Present(state.atr().to_vec())
    } else {
        CardPresence::Absent
    };
    ReaderStatus {
        name: state.name().to_string_lossy().into_owned(),
        card,
        changes: state.event_count(),
        stuck: false,
    }
}

struct PcscPort {
    context: Context,
    reader: CString,
}

impl Port for PcscPort {
    fn connect(&mut self) -> Result<Box<dyn Connection + '_>, CardError> {
        let mut tries = 0_u32;
        let mut renewed = false;
        loop {
            // WHY: no card of ours speaks T=1, but some readers offer nothing else; the service chooses.
            let error = match self
                .context
                .connect(&self.reader, ShareMode::Shared, Protocols::ANY)
            {
                Ok(card) => {
                    return Ok(Box::new(PcscConnection {
                        card: Some(card),
                        reader: &self.reader,
                        cures: 0,
                    }));
                }
                Err(error) => error,
            };
            match transport_error(error) {
                TransportError::Busy if tries < SHARING_TRIES => {
                    tries = tries.saturating_add(1);
                    std::thread::sleep(SHARING_PAUSE);
                }
                // A context of a service that was restarted never works again.
                TransportError::NoService | TransportError::Communication if !renewed => {
                    renewed = true;
                    std::thread::sleep(LINE_PAUSE);
                    self.context = Context::establish(Scope::User).map_err(service_error)?;
                }
                fault => return Err(fault.into()),
            }
        }
    }
}

struct PcscConnection<'p> {
    /// Present until dropped.
    card: Option<Card>,
    reader: &'p CStr,
    cures: u32,
}

impl Connection for PcscConnection<'_> {
    fn run(&mut self, step: &mut dyn FnMut(&mut dyn Transport) -> Step) -> Result<(), CardError> {
        let Some(card) = &mut self.card else {
            return Err(CardError::CardRemoved);
        };
        self.cures = 0;
        loop {
            let fault = match card.transaction() {
                Ok(transaction) => {
                    let status = transaction.status2_owned();
                    let atr = status
                        .as_ref()
                        .map(|status| status.atr().to_vec())
                        .unwrap_or_default();
                    let protocol = match status.ok().and_then(|status| status.protocol2()) {
                        Some(pcsc::Protocol::T1) => Protocol::T1,
                        _ => Protocol::T0,
                    };
                    let mut transport = PcscTransport {
                        transaction,
                        reader: self.reader,
                        atr,
                        protocol,
                    };
                    let step = step(&mut transport);
                    let transaction = transport.transaction;
                    match step {
                        Step::Done(disposition) => {
                            // The step has its result; a card that is gone has nothing to be left in.
                            if let Err((_, error)) = transaction.end(pcsc_disposition(disposition)) {
                                tracing::debug!(target: "zegel::card", ?error, "transaction ended with the card");
                            }
                            return Ok(());
                        }
                        Step::Again(fault) => {
                            drop(transaction.end(pcsc::Disposition::LeaveCard));
                            fault
                        }
                    }
                }
                Err(error) => held(error),
            };
            let mut fault = fault;
            loop {
                if !fault.is_curable() || self.cures >= MAX_CURES {
                    return Err(fault.into());
                }
                self.cures = self.cures.saturating_add(1);
                // Another program's reset is taken over as it is; a fault of the line needs a reset of our own, and
                // a little time: the reader powers the card down and up.
                let initialization = if fault == TransportError::CardReset {
                    pcsc::Disposition::LeaveCard
                } else {
                    std::thread::sleep(LINE_PAUSE.saturating_mul(self.cures));
                    pcsc::Disposition::ResetCard
                };
                match card.reconnect(ShareMode::Shared, Protocols::ANY, initialization) {
                    Ok(()) => break,
                    Err(error) => fault = held(error),
                }
            }
        }
    }
}

impl Drop for PcscConnection<'_> {
    fn drop(&mut self) {
        // WHY: left to itself the card would be reset, and every other program that uses it disturbed.
        if let Some(card) = self.card.take()
            && let Err((card, error)) = card.disconnect(pcsc::Disposition::LeaveCard)
        {
            tracing::debug!(target: "zegel::card", ?error, "card could not be disconnected");
            drop(card);
        }
    }
}

struct PcscTransport<'t> {
    transaction: pcsc::Transaction<'t>,
    reader: &'t CStr,
    atr: Vec<u8>,
    protocol: Protocol,
}

impl Transport for PcscTransport<'_> {
    fn atr(&self) -> Vec<u8> {
        self.atr.clone()
    }

    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        let mut buffer = [0; pcsc::MAX_BUFFER_SIZE];
        match self.transaction.transmit(command, &mut buffer) {
            Ok(answer) if answer.len() >= 2 => Ok(answer.to_vec()),
            // Some drivers report a card that went away as an answer of nothing.
            Ok(_) => Err(self.refined(TransportError::Communication)),
            Err(error) => Err(self.refined(transport_error(error))),
        }
    }

    fn reset(&mut self) -> Result<(), TransportError> {
        self.transaction
            .reconnect(ShareMode::Shared, Protocols::ANY, pcsc::Disposition::ResetCard)
            .map_err(transport_error)
    }

    fn reader(&self) -> ReaderFacts {
        let version = self
            .transaction
            .get_attribute_owned(pcsc::Attribute::VendorIfdVersion)
            .ok()
            .and_then(|bytes| <[u8; 4]>::try_from(bytes).ok());
        ReaderFacts {
            name: self.reader.to_string_lossy().into_owned(),
            // A number of four bytes in the machine's own order: major and minor on top. Source: PC/SC part 3 §3.1.1.
            firmware: version.map(|bytes| {
                let [major, minor, ..] = u32::from_ne_bytes(bytes).to_be_bytes();
                (major, minor)
            }),
        }
    }

    fn control(&mut self, code: u32, input: &[u8]) -> Result<Vec<u8>, TransportError> {
        let mut buffer = [0; pcsc::MAX_BUFFER_SIZE];
        match self.transaction.control(code.into(), input, &mut buffer) {
            Ok(answer) => Ok(answer.to_vec()),
            Err(Error::UnsupportedFeature | Error::InvalidParameter | Error::InvalidValue) => {
                Err(TransportError::ControlUnsupported)
            }
            // Drivers without any control codes say it like this, and the card is still there.
            Err(Error::NotTransacted) if code == pad::FEATURE_REQUEST => {
                Err(TransportError::ControlUnsupported)
            }
            Err(error) => Err(self.refined(transport_error(error))),
        }
    }

    fn pause(&mut self, time: Duration) {
        std::thread::sleep(time);
    }

    fn protocol(&self) -> Protocol {
        self.protocol
    }
}

impl PcscTransport<'_> {
    /// A card pulled out in the middle of a command shows as a fault of the line first; its status tells, but only
    /// once the service has looked at the reader again. Waiting for that costs nothing when all is well.
    fn refined(&self, fault: TransportError) -> TransportError {
        match fault {
            TransportError::NoCard => return TransportError::CardRemoved,
            TransportError::Communication => {}
            other => return other,
        }
        for _ in 0..STATUS_LOOKS {
            match self.transaction.status2_owned() {
                Ok(status) if status.status().contains(pcsc::Status::ABSENT) => {
                    return TransportError::CardRemoved;
                }
                Ok(_) => {}
                Err(error) => match transport_error(error) {
                    TransportError::CardRemoved | TransportError::NoCard => {
                        return TransportError::CardRemoved;
                    }
                    gone @ (TransportError::ReaderGone | TransportError::NoService) => return gone,
                    _ => return fault,
                },
            }
            std::thread::sleep(STATUS_PAUSE);
        }
        fault
    }
}

/// What an answer means for a card that was connected to: one that is missing was taken out.
fn held(error: Error) -> TransportError {
    match transport_error(error) {
        TransportError::NoCard => TransportError::CardRemoved,
        other => other,
    }
}

const fn pcsc_disposition(disposition: Disposition) -> pcsc::Disposition {
    match disposition {
        Disposition::Leave => pcsc::Disposition::LeaveCard,
        Disposition::Reset => pcsc::Disposition::ResetCard,
    }
}

/// A fault while watching or opening a context: whatever it is, the service is of no use.
fn service_error(error: Error) -> CardError {
    match transport_error(error) {
        TransportError::AccessDenied => CardError::AccessDenied,
        _ => CardError::NoService,
    }
}

/// What an answer of the service means for a card operation.
///
/// Source: reference §3.2.
fn transport_error(error: Error) -> TransportError {
    match error {
        Error::ResetCard => TransportError::CardReset,
        // No common protocol: so a card answers in the middle of a reset, and some contactless readers always.
        Error::NotTransacted
        | Error::CommDataLost
        | Error::CommError
        | Error::UnpoweredCard
        | Error::ProtoMismatch => TransportError::Communication,
        Error::UnresponsiveCard | Error::InvalidAtr => TransportError::CardMute,
        Error::RemovedCard => TransportError::CardRemoved,
        Error::NoSmartcard => TransportError::NoCard,
        Error::ReaderUnavailable | Error::UnknownReader | Error::NoReadersAvailable => {
            TransportError::ReaderGone
        }
        Error::SharingViolation => TransportError::Busy,
        Error::NoService | Error::ServiceStopped | Error::Shutdown | Error::InvalidHandle => {
            TransportError::NoService
        }
        Error::SecurityViolation | Error::NoAccess => TransportError::AccessDenied,
        other => TransportError::Service(code(other)),
    }
}

/// The number of a PC/SC answer, as its documentation lists it.
#[expect(
    clippy::as_conversions,
    reason = "the discriminant of a C-like enum is its documented number"
)]
const fn code(error: Error) -> u32 {
    error as u32
}
