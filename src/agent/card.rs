//! The card of one act, of whichever family: the certificate for it, and its key.

use std::ops::ControlFlow;

use crate::base::digest::HashAlgorithm;
use crate::base::lang::Language;
use crate::base::secret::Pin;
use crate::card::eid::{
    CardSignature, CertificateKind, Eid, KeyReference, LastTry, ListEntry, ListPin, PinState, SignList,
};
use crate::card::family::{Card, Family, KeyName, Purpose, SignRequest, recognise};
use crate::card::transport::Connection;
use crate::card::{CardError, Scheme};

use super::certificate::Key;
use crate::webeid::SignatureAlgorithm;

/// A card at the other end of a connection, with the certificate for what it is to do.
pub(super) struct Opened<'c> {
    card: Card<'c>,
    name: KeyName,
    purpose: Purpose,
    /// The certificate, DER.
    pub(super) der: Vec<u8>,
}

/// Where a PIN comes from.
pub(super) enum PinWay {
    /// The reader's keys, where it is typed for each document.
    Pad(Language),
    /// It was typed in a window.
    Typed(Pin),
}

/// What is signed with one PIN.
#[derive(Clone, Copy)]
pub(super) struct Batch<'a> {
    pub(super) key: Key,
    pub(super) hash: HashAlgorithm,
    pub(super) digests: &'a [&'a [u8]],
}

impl<'c> Opened<'c> {
    /// The card on this connection; its certificate for `purpose` is read.
    ///
    /// # Errors
    /// `CardUnsupported`, `CertificateMissing`, and what keeps the card from being read.
    pub(super) fn open(connection: &'c mut dyn Connection, purpose: Purpose) -> Result<Self, CardError> {
        let family = recognise(connection)?;
        if family == Family::Belpic {
            let mut eid = Eid::new(connection);
            let kind = match purpose {
                Purpose::Authentication => CertificateKind::Authentication,
                Purpose::Signature | Purpose::Other => CertificateKind::Signature,
            };
            let der = eid.certificate(kind)?;
            return Ok(Self {
                card: Card::Belpic(eid),
                name: KeyName::new(purpose.word()),
                purpose,
                der,
            });
        }
        let mut card = Card::of(family, connection);
        let found = card
            .certificates()?
            .into_iter()
            .find(|one| one.purpose == purpose);
        let found = found.ok_or(CardError::CertificateMissing(purpose.word()))?;
        Ok(Self {
            card,
            name: found.key,
            purpose,
            der: found.der?,
        })
    }

    /// All ways in which its key signs, the usual one first. A token's EC key signs digests of its own length.
    pub(super) fn algorithms(&self, key: Key) -> Vec<SignatureAlgorithm> {
        let mut all = key.algorithms();
        if self.card.family() != Family::Belpic && matches!(key, Key::Ec(_)) {
            all.truncate(1);
        }
        all
    }

    /// What is known of the PIN, without using up a try.
    pub(super) fn pin_state(&mut self) -> Result<PinState, CardError> {
        self.card.pin_state(&self.name)
    }

    /// Whether the reader takes the PIN by keys of its own.
    pub(super) fn has_pad(&mut self) -> Result<bool, CardError> {
        match &mut self.card {
            Card::Belpic(eid) => Ok(eid.pin_pad()?.is_some()),
            Card::Piv(_) | Card::Pkcs15(_) => Ok(false),
        }
    }

    /// Signs one digest after the other. `taken` gets each value as soon as it exists and says whether to go on. The PIN
    /// is wiped when this returns, whichever way.
    ///
    /// WHY no check of a value: there is no verifying key in this program. Whoever asked verifies, before anything is
    /// embedded or believed.
    ///
    /// Returns how many were signed.
    pub(super) fn sign(
        &mut self,
        batch: &Batch<'_>,
        last_try: LastTry,
        pin: PinWay,
        taken: &mut dyn FnMut(usize, CardSignature) -> ControlFlow<()>,
    ) -> Result<usize, CardError> {
        match (&mut self.card, pin) {
            (Card::Belpic(eid), pin) => {
                let entries: Vec<ListEntry> = batch
                    .digests
                    .iter()
                    .map(|digest| ListEntry {
                        hash: batch.hash,
                        digest: digest.to_vec(),
                    })
                    .collect();
                let list = SignList {
                    key: match self.purpose {
                        Purpose::Authentication => KeyReference::Authentication,
                        Purpose::Signature | Purpose::Other => KeyReference::Signature,
                    },
                    entries: &entries,
                    last_try,
                };
                let pin = match pin {
                    PinWay::Pad(language) => ListPin::Pad(language),
                    PinWay::Typed(pin) => ListPin::Typed(pin),
                };
                eid.sign_list(&list, pin, &mut |_, _| true, taken)
            }
            (_, PinWay::Pad(_)) => Err(CardError::PinPad("it does not serve this kind of card")),
            (card, PinWay::Typed(pin)) => {
                let mut signed = 0_usize;
                for (index, digest) in batch.digests.iter().enumerate() {
                    let request = SignRequest {
                        key: &self.name,
                        scheme: match batch.key {
                            Key::Ec(_) => Scheme::Ecdsa,
                            Key::Rsa => Scheme::RsaPkcs1,
                        },
                        hash: batch.hash,
                        digest,
                        last_try,
                    };
                    let value = card.sign(&request, Some(&pin), &mut |_| true)?;
                    signed = signed.saturating_add(1);
                    if taken(index, value).is_break() {
                        break;
                    }
                }
                Ok(signed)
            }
        }
    }
}
