//! What one signature does at the reader, on its thread: read the card; later ask the PIN and sign.

use std::sync::{Arc, mpsc};
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::base::clock::Clock;
use crate::base::lang::Language;
use crate::card::CardError;
use crate::card::eid::{CertificateKind, Eid, KeyReference, LastTry, ListPin, PinState, SignRequest};
use crate::card::pin::{PinRequest, Purpose as PinPurpose};
use crate::card::transport::Connection;
use crate::journeys::Counter;
use crate::journeys::counter::PinWindow;
use crate::journeys::trust::learn_from_card;
use crate::pki::certificate::Certificate;
use crate::pki::trust::Trust;
use crate::signing::card_value;

use super::SignError;

/// How long one PIN entry does for the documents of a list.
pub(super) const PIN_LIFE: Duration = Duration::from_mins(10);
/// How long the reader's thread waits to hear whether the card may still sign.
const GATE_TIME: Duration = Duration::from_secs(10);
/// And how much longer for each further document that the same signature is over.
const GATE_TIME_EACH: Duration = Duration::from_millis(250);

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

/// Whether the reader has keys on which a PIN can be typed.
pub(super) fn has_keys(connection: &mut dyn Connection) -> Result<bool, CardError> {
    Ok(Eid::new(connection).pin_pad()?.is_some())
}

/// Before each signature the reader's thread asks whether the card may still make it, and it hands out each value as
/// soon as there is one: the person may have taken minutes, and a crash must lose nothing that was signed.
pub(super) struct Gate {
    says: UnboundedSender<Said>,
    answers: mpsc::Receiver<Answer>,
    time: Duration,
}

/// The other side of a [`Gate`].
pub(super) struct Keeper {
    hears: UnboundedReceiver<Said>,
    answers: mpsc::SyncSender<Answer>,
}

/// What comes from the reader's thread, by the number of the document in its job.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// This document's signature is next.
    AtGate(usize),
    /// The card signed this document: the value as CMS carries it.
    Signed(usize, Vec<u8>),
}

/// What the thread at the gate is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// The card may sign it.
    Sign,
    /// It is left out.
    Skip,
}

/// A gate and its keeper, who asks about `documents` for each signature.
pub(super) fn gate(documents: usize) -> (Gate, Keeper) {
    let further = u32::try_from(documents.saturating_sub(1)).unwrap_or(u32::MAX);
    let time = GATE_TIME.saturating_add(GATE_TIME_EACH.saturating_mul(further));
    let (says, hears) = unbounded_channel();
    let (answer, answers) = mpsc::sync_channel(1);
    let keeper = Keeper {
        hears,
        answers: answer,
    };
    (Gate { says, answers, time }, keeper)
}

impl Gate {
    /// Waits before the gate; `None` when nobody answers any more.
    fn pass(&self, number: usize) -> Option<Answer> {
        self.says.send(Said::AtGate(number)).ok()?;
        self.answers.recv_timeout(self.time).ok()
    }

    /// Hands out a value.
    fn signed(&self, number: usize, value: Vec<u8>) {
        // Nobody hears it only when the service is ending.
        let _ = self.says.send(Said::Signed(number, value));
    }
}

impl Keeper {
    /// What the reader's thread says next; `None` once it said everything.
    pub(super) async fn hear(&mut self) -> Option<Said> {
        self.hears.recv().await
    }

    /// Answers whoever stands at the gate.
    pub(super) fn answer(&self, answer: Answer) {
        // Nobody stands there any more: the card is gone, and says so itself.
        let _ = self.answers.try_send(answer);
    }

    /// Lets nothing pass any more; what was said already is still heard.
    pub(super) fn close(&mut self) {
        self.answers = mpsc::sync_channel(1).0;
    }
}

/// One document of a job.
pub(super) struct SignItem {
    /// The line in the PIN window, where this document has a PIN entry of its own.
    pub(super) subject: String,
    pub(super) digest: Vec<u8>,
    pub(super) hash: crate::base::digest::HashAlgorithm,
    pub(super) algorithm: crate::crypto::algorithm::SignatureAlgorithm,
}

/// What the second visit to the card does.
pub(super) struct SignJob {
    /// The line in the PIN window when one entry does for all; `None` asks for each document by its own line.
    pub(super) subject: Option<String>,
    pub(super) items: Vec<SignItem>,
    pub(super) short_code: String,
    pub(super) language: Language,
    pub(super) last_try: LastTry,
    pub(super) serial: [u8; 16],
    pub(super) certificate: Certificate,
    pub(super) clock: Arc<dyn Clock>,
}

impl SignJob {
    /// PIN and signatures, in order; the first error of card or PIN ends the job, and with it the PIN. `CardChanged`
    /// when another card is in the reader, `Interrupted` when nobody keeps the gate.
    ///
    /// The PIN lives in this call alone.
    pub(super) fn run(
        self,
        connection: &mut dyn Connection,
        window: &PinWindow,
        gate: Gate,
    ) -> Result<Result<(), SignError>, CardError> {
        let mut eid = Eid::new(connection);
        if eid.card_data()?.chip_serial != self.serial {
            return Ok(Err(SignError::CardChanged));
        }
        let Ok(key) = self.certificate.public_key() else {
            return Ok(Err(SignError::CardChanged));
        };
        let mut last_try = self.last_try;
        let mut pin: Option<(ListPin, Duration)> = None;
        for (number, item) in self.items.iter().enumerate() {
            let (typed, at) = match (&self.subject, pin.take()) {
                (Some(_), Some((_, at))) if self.clock.monotonic().saturating_sub(at) > PIN_LIFE => {
                    return Err(CardError::PinTimeout);
                }
                (Some(_), Some(typed)) => typed,
                (subject, _) => {
                    let state = eid.pin_state()?;
                    let request = PinRequest {
                        purpose: PinPurpose::Sign,
                        subject: subject.as_deref().unwrap_or(&item.subject),
                        short_code: &self.short_code,
                        language: self.language,
                        tries_left: state.tries_left(),
                        earlier: None,
                    };
                    let times = if subject.is_some() { self.items.len() } else { 1 };
                    (window.pin(&mut eid, &request, times)?, self.clock.monotonic())
                }
            };
            match gate.pass(number) {
                Some(Answer::Sign) => {}
                Some(Answer::Skip) => {
                    pin = Some((typed, at));
                    continue;
                }
                None => return Ok(Err(SignError::Interrupted)),
            }
            let request = SignRequest {
                key: KeyReference::Signature,
                hash: item.hash,
                digest: &item.digest,
                last_try,
            };
            let signature = eid.sign(&request, typed.source(), &mut |signature| {
                card_value::verifies(signature, item.algorithm, &item.digest, key)
            })?;
            let value = card_value::encoded(&signature, key).ok_or(CardError::SignatureInvalid)?;
            gate.signed(number, value);
            // The card counts from three again.
            last_try = LastTry::NotConfirmed;
            pin = Some((typed, at));
        }
        Ok(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_was_signed_is_heard_after_the_gate_closed() {
        let (gate, mut keeper) = gate(1);
        let thread = std::thread::spawn(move || {
            assert_eq!(gate.pass(0), Some(Answer::Sign));
            gate.signed(0, vec![1]);
            assert_eq!(gate.pass(1), Some(Answer::Skip));
            gate.pass(2)
        });
        assert_eq!(keeper.hear().await, Some(Said::AtGate(0)));
        keeper.answer(Answer::Sign);
        assert_eq!(keeper.hear().await, Some(Said::Signed(0, vec![1])));
        assert_eq!(keeper.hear().await, Some(Said::AtGate(1)));
        keeper.answer(Answer::Skip);
        assert_eq!(keeper.hear().await, Some(Said::AtGate(2)));
        keeper.close();
        assert_eq!(keeper.hear().await, None);
        assert_eq!(thread.join().unwrap(), None);
    }
}
