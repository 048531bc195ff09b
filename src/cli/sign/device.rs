//! The two visits to the card: what it holds, and the signatures.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::prepared::Prepared;
use super::problem::Problem;
use crate::base::digest::HashAlgorithm;
use crate::base::secret::Pin;
use crate::card::CardError;
use crate::card::eid::{CertificateKind, Eid, File, KeyReference, LastTry, PinState, SignRequest};
use crate::card::readers::Readers;
use crate::crypto::algorithm::SignatureAlgorithm;
use crate::pki::certificate::Certificate;
use crate::pki::name::AttributeType;
use crate::signing::card_value;

/// How long the card may take for one list.
const CARD_TIME: Duration = Duration::from_mins(5);

/// What the first visit brings.
pub(super) struct SignerCard {
    serial: [u8; 16],
    pub(super) certificate: Certificate,
    pub(super) issuer: Option<Certificate>,
    pub(super) root: Option<Certificate>,
    pub(super) pin: PinState,
}

impl SignerCard {
    /// First given name and surname, as the certificate writes them.
    pub(super) fn name(&self) -> String {
        let subject = self.certificate.subject();
        let given = subject.find(AttributeType::GivenName);
        let first = given
            .as_deref()
            .and_then(|names| names.split_whitespace().next())
            .map(str::to_owned);
        let parts = [first, subject.find(AttributeType::Surname)];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}

pub(super) fn read(readers: &Readers, reader: &str) -> Result<SignerCard, Problem> {
    let kind = CertificateKind::Signature;
    let (serial, files, pin) = readers
        .submit(reader, CARD_TIME, move |connection| {
            let mut eid = Eid::new(connection);
            let serial = eid.card_data()?.chip_serial;
            let pin = eid.pin_state()?;
            let files = eid.read_files(&[kind.file(), File::CaCertificate, File::RootCertificate])?;
            Ok((serial, files, pin))
        })
        .wait()?;
    let der = files
        .get(kind.file())
        .ok_or(CardError::FileMissing(kind.file().name()))?;
    // Only what the signer's own certificate needs must be readable; the others are offered to the trust.
    let other = |file: File| Certificate::parse(files.get(file)?.to_vec()).ok();
    Ok(SignerCard {
        serial,
        certificate: Certificate::parse(der.to_vec()).map_err(Problem::Certificate)?,
        issuer: other(File::CaCertificate),
        root: other(File::RootCertificate),
        pin,
    })
}

/// One digest to sign.
struct Digest {
    algorithm: SignatureAlgorithm,
    hash: HashAlgorithm,
    bytes: Vec<u8>,
}

/// Signs all with one PIN in one session of the card, each value verified before the next is asked.
///
/// Returns the values made, in order, and what ended the list before its end.
pub(super) fn sign(
    readers: &Readers,
    reader: &str,
    card: &SignerCard,
    prepared: &[Prepared],
    pin: Pin,
    last_try: LastTry,
) -> (Vec<Vec<u8>>, Option<Problem>) {
    let key = match card.certificate.public_key() {
        Ok(key) => key.clone(),
        Err(error) => return (Vec::new(), Some(Problem::Key(error))),
    };
    let digests: Vec<Digest> = prepared
        .iter()
        .map(|one| Digest {
            algorithm: one.algorithm(),
            hash: one.algorithm().hash(),
            bytes: one.digest(),
        })
        .collect();
    let serial = card.serial;
    // Shared with the reader's thread: what was signed before the card was lost is not lost with it.
    let values = Arc::new(Mutex::new(Vec::with_capacity(digests.len())));
    let made = Arc::clone(&values);
    let ended = readers
        .submit(reader, CARD_TIME, move |connection| {
            let mut eid = Eid::new(connection);
            if eid.card_data()?.chip_serial != serial {
                return Ok(false);
            }
            for digest in &digests {
                let request = SignRequest {
                    key: KeyReference::Signature,
                    hash: digest.hash,
                    digest: &digest.bytes,
                    last_try,
                };
                let signature = eid.sign(&request, &pin, &mut |signature| {
                    card_value::verifies(signature, digest.algorithm, &digest.bytes, &key)
                })?;
                let value = card_value::encoded(&signature, &key).ok_or(CardError::SignatureInvalid)?;
                made.lock().unwrap_or_else(PoisonError::into_inner).push(value);
            }
            Ok(true)
        })
        .wait();
    let values = values.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let problem = match ended {
        Ok(true) => None,
        Ok(false) => Some(Problem::CardChanged),
        Err(error) => Some(error.into()),
    };
    (values, problem)
}
