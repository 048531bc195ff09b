//! PIN and signature: SELECT, MSE, VERIFY, PSO in one transaction.

use crate::base::digest::HashAlgorithm;
use crate::card::apdu::{Command, StatusWord};
use crate::card::eid::{CardSignature, LastTry, PinState, SignatureScheme};
use crate::card::error::CardError;
use crate::card::operation::{Operation, Sent, Stop};
use crate::card::padding;
use crate::card::public_key::KeyKind;
use crate::card::scheme::Scheme;
use crate::card::transport::Disposition;

use super::object::PinObject;
use super::profile::Plan;

/// What is to be signed.
#[derive(Clone, Copy, Debug)]
pub struct SignRequest<'a> {
    /// The identifier that key and certificate share.
    pub id: &'a [u8],
    /// How.
    pub scheme: Scheme<'a>,
    /// The hash that made the digest.
    pub hash: HashAlgorithm,
    /// The digest, as long as `hash` says.
    pub digest: &'a [u8],
    /// Whether a last try may be used up.
    pub last_try: LastTry,
}

/// What the value that came back can be: of an elliptic curve `r ‖ s` as it is, or from DER. Which one only a
/// verification tells, for bytes that are both exist.
pub(super) fn readings(
    kind: KeyKind,
    request: &SignRequest<'_>,
    value: Vec<u8>,
) -> Result<Vec<CardSignature>, CardError> {
    let length = value.len();
    let as_is = |scheme, value| CardSignature {
        scheme,
        hash: request.hash,
        value,
    };
    let found: Vec<CardSignature> = match kind {
        KeyKind::Rsa { bits } if length == bits.div_ceil(8) => {
            let scheme = match request.scheme {
                Scheme::RsaPss { .. } => SignatureScheme::RsaPss,
                Scheme::Ecdsa | Scheme::RsaPkcs1 => SignatureScheme::RsaPkcs1,
            };
            vec![as_is(scheme, value)]
        }
        KeyKind::Rsa { .. } => Vec::new(),
        KeyKind::Ec { field_bytes } => {
            let from_der = padding::ecdsa_raw(&value, field_bytes);
            let raw = (length == field_bytes.saturating_mul(2)).then_some(value);
            let both = [raw, from_der].into_iter().flatten();
            both.map(|value| as_is(SignatureScheme::Ecdsa, value)).collect()
        }
    };
    if found.is_empty() {
        return Err(CardError::Malformed {
            what: "signature",
            at: length,
        });
    }
    Ok(found)
}

impl Operation<'_> {
    /// Asks for the tries left. Only where the card's kind is known to spend none by that.
    pub(super) fn pkcs15_tries(&mut self, pin: &PinObject) -> Result<PinState, Stop> {
        let query = Command::new("VERIFY status", [0x00, 0x20, 0x00, pin.reference]);
        let status = self.exchange(&query)?.status();
        Ok(match (status, status.tries_left()) {
            (StatusWord::PIN_BLOCKED, _) | (_, Some(0)) => PinState::Blocked,
            (_, Some(left)) => PinState::Left(left),
            _ => PinState::Unknown,
        })
    }

    pub(super) fn pkcs15_environment(&mut self, plan: &Plan) -> Result<(), Stop> {
        let command = Command::new("MSE SET", [0x00, 0x22, 0x41, 0xB6]).with_data(plan.environment.clone());
        let status = self.exchange(&command)?.status();
        match status {
            StatusWord::OK => Ok(()),
            StatusWord::WRONG_DATA => {
                Err(CardError::FunctionUnavailable("sign in a way that is known here").into())
            }
            status => Err(CardError::Status {
                command: "MSE SET",
                status,
            }
            .into()),
        }
    }

    /// Sends VERIFY once. From here on the right must not outlive the transaction.
    pub(super) fn pkcs15_verify(
        &mut self,
        pin: &PinObject,
        block: &[u8],
        after: &mut Option<PinState>,
    ) -> Result<(), Stop> {
        let command =
            Command::new("VERIFY", [0x00, 0x20, 0x00, pin.reference]).with_secret(block.to_vec().into());
        self.sent = Sent::Pin;
        self.disposition = Disposition::Reset;
        let status = self.exchange(&command)?.status();
        match judged("VERIFY", status) {
            Ok(()) => Ok(()),
            Err(error) => {
                *after = match &error {
                    CardError::PinWrong { left } => Some(PinState::Left(*left)),
                    CardError::PinBlocked => Some(PinState::Blocked),
                    _ => None,
                };
                if after.is_some() {
                    self.disposition = Disposition::Leave;
                }
                Err(error.into())
            }
        }
    }

    pub(super) fn pkcs15_compute(&mut self, plan: &Plan) -> Result<Vec<u8>, Stop> {
        self.sent = Sent::Effect;
        let response = self.exchange_chained("PSO", [0x00, 0x2A, 0x9E, 0x9A], &plan.input)?;
        match response.status() {
            StatusWord::OK => Ok(response.into_data()),
            status => Err(CardError::Status {
                command: "PSO",
                status,
            }
            .into()),
        }
    }

    /// Drops the right of the PIN; a card that does not know how is reset at the end.
    ///
    /// Source: ISO 7816-4:2013 §11.6.6: P1 `FF`.
    pub(super) fn pkcs15_log_off(&mut self, pin: &PinObject) {
        let command = Command::new("VERIFY log off", [0x00, 0x20, 0xFF, pin.reference]);
        let is_off = self
            .exchange(&command)
            .is_ok_and(|response| response.status().is_ok());
        self.disposition = if is_off {
            Disposition::Leave
        } else {
            Disposition::Reset
        };
    }

    /// CHANGE REFERENCE DATA: the old PIN and the new one.
    pub(super) fn pkcs15_change(&mut self, pin: &PinObject, both: &[u8]) -> Result<(), Stop> {
        let command = Command::new("CHANGE REFERENCE DATA", [0x00, 0x24, 0x00, pin.reference])
            .with_secret(both.to_vec().into());
        let status = self.change(&command)?;
        Ok(judged(command.name(), status)?)
    }

    /// RESET RETRY COUNTER: the code that unblocks and the new PIN.
    pub(super) fn pkcs15_unblock(&mut self, pin: &PinObject, both: &[u8]) -> Result<(), Stop> {
        let command = Command::new("RESET RETRY COUNTER", [0x00, 0x2C, 0x00, pin.reference])
            .with_secret(both.to_vec().into());
        let status = self.change(&command)?;
        Ok(judged(command.name(), status).map_err(|error| match error {
            CardError::PinWrong { left } => CardError::PukWrong { left },
            CardError::PinRefused => CardError::PukRefused,
            CardError::PinBlocked => CardError::PukBlocked,
            other => other,
        })?)
    }

    fn change(&mut self, command: &Command) -> Result<StatusWord, Stop> {
        self.sent = Sent::Effect;
        self.disposition = Disposition::Reset;
        Ok(self.exchange(command)?.status())
    }
}

/// What a status word says of a PIN that was just tried. Source: ISO 7816-4 §5.6.
fn judged(command: &'static str, status: StatusWord) -> Result<(), CardError> {
    match (status, status.tries_left()) {
        (StatusWord::OK, _) => Ok(()),
        (StatusWord::PIN_BLOCKED | StatusWord(0x6984), _) | (_, Some(0)) => Err(CardError::PinBlocked),
        (_, Some(left)) => Err(CardError::PinWrong { left }),
        (StatusWord(0x6300), _) => Err(CardError::PinRefused),
        _ => Err(CardError::Status { command, status }),
    }
}
