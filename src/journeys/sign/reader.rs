//! What one signature does at the reader, on its thread: read the card; later ask the PIN and sign.

use std::sync::mpsc;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::base::lang::Language;
use crate::card::CardError;
use crate::card::eid::{CardSignature, CertificateKind, Eid, KeyReference, LastTry, PinState, SignRequest};
use crate::card::pin::{PinRequest, Purpose as PinPurpose};
use crate::card::transport::Connection;
use crate::journeys::Counter;
use crate::journeys::counter::PinWindow;
use crate::journeys::trust::learn_from_card;
use crate::pki::certificate::Certificate;
use crate::pki::trust::Trust;
use crate::signing::card_value;

use super::SignError;

/// How long the reader's thread waits to hear whether the card may still sign.
const GATE_TIME: Duration = Duration::from_secs(10);

/// Runs `job` on the reader's thread.
pub(super) async fn at_reader<T: Send + 'static>(
    counter: &Counter,
    reader: &str,
    deadline: Duration,
    job: impl FnOnce(&mut dyn Connection) -> Result<T, CardError> + Send + 'static,
) -> Result<T, SignError> {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    counter.readers.submit(reader, deadline, job).then(move |result| {
        // Nobody waits any more only when the service is ending.
        let _ = sender.send(result);
    });
    Ok(receiver.await.map_err(|_| SignError::Interrupted)??)
}

/// What the first visit to the card brings.
pub(super) struct CardRead {
    pub(super) certificate: Vec<u8>,
    pub(super) serial: [u8; 16],
    pub(super) pin_state: PinState,
}

/// Reads what decides whether the card may sign; an authority that is not known is taken from the card too.
pub(super) fn read_card(connection: &mut dyn Connection, trust: &Trust) -> Result<CardRead, CardError> {
    let mut eid = Eid::new(connection);
    let serial = eid.card_data()?.chip_serial;
    let certificate = eid.certificate(CertificateKind::Signature)?;
    if let Ok(leaf) = Certificate::parse(certificate.clone()) {
        learn_from_card(&mut eid, trust, &leaf)?;
    }
    let pin_state = eid.pin_state()?;
    Ok(CardRead {
        certificate,
        serial,
        pin_state,
    })
}

/// Between PIN and signature the reader's thread asks whether the card may still sign: the person may have taken
/// minutes.
pub(super) struct Gate {
    reached: oneshot::Sender<()>,
    opened: mpsc::Receiver<()>,
}

/// The other side of a [`Gate`].
pub(super) struct Keeper {
    reached: oneshot::Receiver<()>,
    open: mpsc::SyncSender<()>,
}

/// A gate and its keeper.
pub(super) fn gate() -> (Gate, Keeper) {
    let (reached, at_gate) = oneshot::channel();
    let (open, opened) = mpsc::sync_channel(1);
    let keeper = Keeper {
        reached: at_gate,
        open,
    };
    (Gate { reached, opened }, keeper)
}

impl Gate {
    /// Waits before the gate; whether it was opened.
    fn pass(self) -> bool {
        self.reached.send(()).is_ok() && self.opened.recv_timeout(GATE_TIME).is_ok()
    }
}

impl Keeper {
    /// Opens when `may` says so, once somebody stands before the gate; without that nothing is asked.
    pub(super) async fn keep(
        self,
        may: impl Future<Output = Result<(), SignError>>,
    ) -> Result<(), SignError> {
        if self.reached.await.is_err() {
            return Ok(());
        }
        may.await?;
        // Nobody stands there any more: the card is gone, and says so itself.
        let _ = self.open.try_send(());
        Ok(())
    }
}

/// What the second visit to the card does.
pub(super) struct SignJob {
    pub(super) subject: String,
    pub(super) short_code: String,
    pub(super) language: Language,
    pub(super) last_try: LastTry,
    pub(super) serial: [u8; 16],
    pub(super) digest: Vec<u8>,
    pub(super) hash: crate::base::digest::HashAlgorithm,
    pub(super) certificate: Certificate,
    pub(super) algorithm: crate::crypto::algorithm::SignatureAlgorithm,
}

impl SignJob {
    /// PIN and signature; the value as CMS carries it. `CardChanged` when another card is in the reader,
    /// `Interrupted` when the gate stays closed.
    pub(super) fn run(
        self,
        connection: &mut dyn Connection,
        window: &PinWindow,
        gate: Gate,
    ) -> Result<Result<Vec<u8>, SignError>, CardError> {
        let mut eid = Eid::new(connection);
        if eid.card_data()?.chip_serial != self.serial {
            return Ok(Err(SignError::CardChanged));
        }
        let state = eid.pin_state()?;
        let request = PinRequest {
            purpose: PinPurpose::Sign,
            subject: &self.subject,
            short_code: &self.short_code,
            language: self.language,
            tries_left: state.tries_left(),
            earlier: None,
        };
        let pin = window.ask(&request)?;
        if !gate.pass() {
            return Ok(Err(SignError::Interrupted));
        }
        let request = SignRequest {
            key: KeyReference::Signature,
            hash: self.hash,
            digest: &self.digest,
            last_try: self.last_try,
        };
        let signature = eid.sign(&request, &pin, &mut |signature| self.verifies(signature))?;
        Ok(self.value(&signature))
    }

    fn value(&self, signature: &CardSignature) -> Result<Vec<u8>, SignError> {
        let key = self
            .certificate
            .public_key()
            .map_err(|_| SignError::CardChanged)?;
        card_value::encoded(signature, key).ok_or_else(|| CardError::SignatureInvalid.into())
    }

    fn verifies(&self, signature: &CardSignature) -> bool {
        self.certificate
            .public_key()
            .is_ok_and(|key| card_value::verifies(signature, self.algorithm, &self.digest, key))
    }
}
