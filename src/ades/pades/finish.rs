//! From a prepared signature and the device's value to a signed one, checked before anything is embedded.

use super::stages::{Octets, Prepared, Signed};
use crate::ades::cms::build::{BuildError, Message};
use crate::base::time::Timestamp;
use crate::crypto::key::KeyError;
use crate::pdf::update::{DoesNotFit, Tail};
use crate::pki::certificate::CertificateError;

/// Why a signature value was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FinishError {
    /// The stored certificate no longer reads.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The value came too late.
    #[error("the signature was prepared to be made until {expires_at}, the value came at {at}")]
    Expired {
        /// Until when.
        expires_at: Timestamp,
        /// When it came.
        at: Timestamp,
    },
    /// The value does not verify under the certificate: wrong key, wrong encoding, or wrong digest.
    #[error("the signature value does not verify under the signer's certificate")]
    Value(#[from] KeyError),
}

impl FinishError {
    /// The stable cause code.
    pub const fn cause(&self) -> &'static str {
        match self {
            Self::Certificate(_) => "CERT_PARSE",
            Self::Expired { .. } => "ADES_PREPARED_EXPIRED",
            Self::Value(_) => "ADES_VALUE_INVALID",
        }
    }
}

impl Prepared {
    /// The signed stage with `value`, which must be what the device made of [`Prepared::digest`].
    ///
    /// `value`: DER for EC, octets of the modulus length for RSA.
    ///
    /// # Errors
    /// `Value` when it does not verify under the certificate prepared for, so that a swapped card or a raw r‖s never
    /// reaches the document; `Expired` after its time.
    pub fn finish(self, value: Vec<u8>, now: Timestamp) -> Result<Signed, FinishError> {
        if now >= self.expires_at {
            return Err(FinishError::Expired {
                expires_at: self.expires_at,
                at: now,
            });
        }
        let certificate = self.certificate()?;
        certificate
            .public_key()?
            .verify_digest(self.algorithm, &self.digest(), &value)?;
        Ok(Signed {
            prepared: self,
            signature: Octets(value),
            signed_at: now,
            time_stamp: None,
            material: None,
            archive: None,
            archive_material: None,
        })
    }
}

/// Why a signed stage gives no bytes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EmbedError {
    /// The message cannot be written.
    #[error(transparent)]
    Message(#[from] BuildError),
    /// The message is larger than the room kept for it.
    #[error(transparent)]
    Room(#[from] DoesNotFit),
}

impl Signed {
    /// The signature's own revision with the message embedded, its time-stamp inside when there is one that fits.
    ///
    /// A token that does not fit stays out: the document time-stamp then shows the time (EN 319 142-1 §6.3, B-T by a
    /// document time-stamp). Nothing fails after the PIN for want of room.
    ///
    /// # Errors
    /// Only when even the message without the token cannot be written, which preparing rules out.
    pub(super) fn embedded(&self) -> Result<(Tail, bool), EmbedError> {
        if let Some(token) = &self.time_stamp {
            match self.with_message(Some(&token.0)) {
                Ok(tail) => return Ok((tail, true)),
                Err(EmbedError::Room(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok((self.with_message(None)?, false))
    }

    fn with_message(&self, time_stamp: Option<&[u8]>) -> Result<Tail, EmbedError> {
        let prepared = &self.prepared;
        let chain: Vec<Vec<u8>> = prepared.chain.iter().map(|issuer| issuer.0.clone()).collect();
        let message = Message {
            certificate: &prepared.certificate.0,
            chain: &chain,
            algorithm: prepared.algorithm,
            signed_attributes: &prepared.signed_attributes.0,
            signature: &self.signature.0,
            time_stamp,
        };
        let mut tail = prepared.tail.clone();
        tail.embed(&message.to_der()?)?;
        Ok(tail)
    }
}
