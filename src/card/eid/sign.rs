//! Signatures: MSE, VERIFY, PSO and LOG OFF in one transaction.

use std::fmt;

use crate::base::digest::HashAlgorithm;
use crate::card::apdu::Command;
use crate::card::error::CardError;

use super::algorithm::{Choice, KeyReference, Padding, SignatureScheme, check_length, choose};
use super::driver::Eid;
use super::pin::{LastTry, PinSource, Sent};
use super::session::{Session, Stop};
use super::status::{Asked, cause};

/// What is to be signed.
#[derive(Clone, Copy, Debug)]
pub struct SignRequest<'a> {
    /// With which key.
    pub key: KeyReference,
    /// The hash that made the digest.
    pub hash: HashAlgorithm,
    /// The digest, as long as `hash` says.
    pub digest: &'a [u8],
    /// Whether a last try may be used up.
    pub last_try: LastTry,
}

/// A signature value from the card, verified with the certificate's key by the closure that [`Eid::sign`] got.
#[derive(Clone, PartialEq, Eq)]
pub struct CardSignature {
    /// How `value` is coded.
    pub scheme: SignatureScheme,
    /// The hash that made the digest.
    pub hash: HashAlgorithm,
    /// The value.
    pub value: Vec<u8>,
}

impl fmt::Debug for CardSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "CardSignature({:?}, {}, {} bytes)",
            self.scheme,
            self.hash.name(),
            self.value.len()
        )
    }
}

impl Eid<'_> {
    /// Signs `request` with the PIN, in one transaction: MSE, VERIFY, PSO, LOG OFF. RSA keys pad with PKCS#1 v1.5.
    ///
    /// `pin`: a PIN that was typed, or the reader's keypad ([`PinSource`]). `verify`: tells whether the value
    /// verifies with the certificate's key over the digest; a value that does not is never handed out. It runs after
    /// the transaction has ended.
    ///
    /// VERIFY is sent at most once. A fault after it never starts the operation again: the PIN was typed for one
    /// attempt.
    ///
    /// # Errors
    /// `PinBlocked` and `PinLastTry` before anything is sent; `PinWrong`; `OutcomeUnknown` when the card was lost
    /// after the command to sign, `CardRemoved` when it was taken out; `SignatureInvalid`.
    ///
    /// Source: Belpic applet manuals 1.7 and 1.8; reference §10.3, §11.
    pub fn sign<'p>(
        &mut self,
        request: &SignRequest<'_>,
        pin: impl Into<PinSource<'p>>,
        verify: &mut dyn FnMut(&CardSignature) -> bool,
    ) -> Result<CardSignature, CardError> {
        self.sign_padded(request, Padding::Usual, pin.into(), verify)
    }

    /// As [`Eid::sign`], with RSA-PSS: MGF1 over the same hash, and a salt as long as the hash. Applet 1.7 has it,
    /// for SHA-1 and SHA-256.
    ///
    /// # Errors
    /// As [`Eid::sign`]; `AlgorithmUnsupported` on every other card and hash.
    pub fn sign_pss<'p>(
        &mut self,
        request: &SignRequest<'_>,
        pin: impl Into<PinSource<'p>>,
        verify: &mut dyn FnMut(&CardSignature) -> bool,
    ) -> Result<CardSignature, CardError> {
        self.sign_padded(request, Padding::Pss, pin.into(), verify)
    }

    fn sign_padded(
        &mut self,
        request: &SignRequest<'_>,
        padding: Padding,
        pin: PinSource<'_>,
        verify: &mut dyn FnMut(&CardSignature) -> bool,
    ) -> Result<CardSignature, CardError> {
        let mut keypad = self.keypad;
        let result = self.attempt(Some(request.last_try), |session, card, attempt| {
            let generation = card.generation();
            let choice = choose(generation, padding, request.hash, request.digest)?;
            let entry = session.entry(pin, &mut keypad, card)?;
            session.set_environment(request.key, &choice)?;
            session.verify(entry, attempt)?;
            attempt.sent = Sent::Effect;
            let value = session.compute(&choice)?;
            check_length(generation, &value)?;
            Ok(CardSignature {
                scheme: choice.scheme,
                hash: request.hash,
                value,
            })
        });
        self.keypad = keypad;
        let signature = result?;
        if verify(&signature) {
            Ok(signature)
        } else {
            Err(CardError::SignatureInvalid)
        }
    }
}

impl Session<'_> {
    /// MSE SET. The length byte in front of the data belongs to this applet's own format.
    fn set_environment(&mut self, key: KeyReference, choice: &Choice) -> Result<(), Stop> {
        let command = Command::new(Asked::Environment.name(), [0x00, 0x22, 0x41, 0xB6]).with_data([
            0x04,
            0x80,
            choice.number,
            0x84,
            key.byte(),
        ]);
        let status = self.applet_exchange(&command)?.status();
        if status.is_ok() {
            return Ok(());
        }
        Err(match cause(Asked::Environment, status) {
            CardError::AlgorithmUnsupported(_) => CardError::AlgorithmUnsupported(choice.input.len()),
            error => error,
        }
        .into())
    }

    /// PSO: COMPUTE DIGITAL SIGNATURE, right after VERIFY, and LOG OFF after it.
    fn compute(&mut self, choice: &Choice) -> Result<Vec<u8>, Stop> {
        let command =
            Command::new(Asked::Sign.name(), [0x00, 0x2A, 0x9E, 0x9A]).with_data(choice.input.clone());
        let response = self.exchange(&command)?;
        self.log_off();
        if response.status().is_ok() {
            Ok(response.into_data())
        } else {
            Err(cause(Asked::Sign, response.status()).into())
        }
    }
}
