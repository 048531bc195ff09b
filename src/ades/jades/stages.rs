//! The stages of a JAdES signature as values that can be stored between steps.

use serde::{Deserialize, Serialize};

use super::counter;
use super::read::{Jws, JwsSignature, Serialization, encoded};
use crate::ades::augment::machine::Progress;
use crate::ades::augment::octets::Octets;
use crate::ades::cms::attributes::{ClaimedAttribute, Commitment};
use crate::ades::level::Level;
use crate::ades::pades::finish::FinishError;
use crate::ades::signature_name::SignatureName;
use crate::ades::statement::{Place, SignaturePolicy};
use crate::base::digest::HashAlgorithm;
use crate::base::time::Timestamp;
use crate::crypto::algorithm::SignatureAlgorithm;
use crate::crypto::ecdsa;
use crate::crypto::key::{KeyError, KeyKind};
use crate::pki::certificate::{Certificate, CertificateError};

/// Where the content is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Packaging {
    /// In the JWS, as its payload in base64url.
    Attached,
    /// Beside it, and the JWS says nothing of it: its octets are what is signed.
    Detached,
    /// Beside it, named, its octets being what is signed: `sigD` by URI.
    Objects,
    /// Beside it, named, each by its digest: `sigD` by URI and hash.
    ObjectHashes,
}

/// What is ordered: who signs what, and which level the result must have.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// The level the delivered signature must show.
    pub level: Level,
    /// How a new JWS is written.
    pub serialization: Serialization,
    /// Where the content is.
    pub packaging: Packaging,
    /// The signer's certificate.
    pub certificate: Certificate,
    /// Its issuers as far as known, the root not needed.
    pub chain: Vec<Certificate>,
    /// How the device signs; without it what the key signs with by default.
    pub algorithm: Option<SignatureAlgorithm>,
    /// What the signer claims, the verdict of authority among it.
    pub claimed: Vec<ClaimedAttribute>,
    /// What the signer commits to.
    pub commitment: Option<Commitment>,
    /// Where it is signed.
    pub place: Option<Place>,
    /// The policy the signature keeps to.
    pub policy: Option<SignaturePolicy>,
    /// Until when a signature value is taken.
    pub expires_at: Timestamp,
}

/// A signature whose bytes are all fixed but for the value: what the device signs is [`Self::digest`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prepared {
    pub(super) level: Level,
    pub(super) certificate: Octets,
    pub(super) algorithm: SignatureAlgorithm,
    /// The protected header, base64url.
    pub(super) protected: String,
    pub(super) digest: Octets,
    /// For a counter-signature its name, and how it is written.
    pub(super) counter: Option<(SignatureName, Serialization)>,
    /// The JWS as it was before, its payload in it.
    pub(super) jws: Jws,
    pub(super) prepared_at: Timestamp,
    pub(super) expires_at: Timestamp,
}

impl Prepared {
    /// The level ordered.
    pub const fn level(&self) -> Level {
        self.level
    }

    /// The signer's certificate, DER. The device must hold its key.
    pub fn certificate_der(&self) -> &[u8] {
        &self.certificate.0
    }

    /// The same, read.
    ///
    /// # Errors
    /// When a stored stage was changed so that it no longer reads.
    pub fn certificate(&self) -> Result<Certificate, CertificateError> {
        Certificate::parse(self.certificate.0.clone())
    }

    /// What the device signs: the digest of the signing input by [`Self::hash_algorithm`].
    pub fn digest(&self) -> Vec<u8> {
        self.digest.0.clone()
    }

    /// The hash of [`Self::digest`].
    pub const fn hash_algorithm(&self) -> HashAlgorithm {
        self.algorithm.hash()
    }

    /// The algorithm the device must use.
    pub const fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// When it was prepared: the time of signing stated.
    pub const fn prepared_at(&self) -> Timestamp {
        self.prepared_at
    }

    /// From when on a value is no longer taken.
    pub const fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// The signed stage with `value`, which must be what the device made of [`Self::digest`].
    ///
    /// `value`: DER for EC, octets of the modulus length for RSA, as devices give it for CMS; it is converted here.
    ///
    /// # Errors
    /// `Value` when it does not verify under the certificate prepared for; `Expired` after its time.
    pub fn finish(self, value: &[u8], now: Timestamp) -> Result<Signed, FinishError> {
        if now >= self.expires_at {
            return Err(FinishError::Expired {
                expires_at: self.expires_at,
                at: now,
            });
        }
        let certificate = self.certificate()?;
        let key = certificate.public_key()?;
        key.verify_digest(self.algorithm, &self.digest.0, value)?;
        let value = match key.kind() {
            // RFC 7518 §3.4: r and s, each as long as the field, one after the other.
            KeyKind::Ec(curve) => ecdsa::der_to_raw(value, curve).map_err(|_| KeyError::Invalid)?,
            KeyKind::Rsa { .. } => value.to_vec(),
        };
        let mut jws = self.jws;
        let signature = JwsSignature {
            protected: self.protected,
            signature: encoded(&value),
            header: serde_json::Map::new(),
            unsigned: Vec::new(),
        };
        let name = match self.counter {
            None => {
                jws.signatures.push(signature);
                SignatureName::signer(jws.signatures.len().saturating_sub(1))
            }
            Some((name, serialization)) => {
                // When a stored stage was changed so that it is gone, the name is nobody's, which completion says.
                let _ = counter::embed(&mut jws, &name, serialization, signature);
                name
            }
        };
        Ok(Signed {
            name,
            jws,
            progress: Progress::to(self.level),
        })
    }
}

/// A signature that has its value, in its JWS, with all that was gathered for it since.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signed {
    pub(super) jws: Jws,
    pub(super) name: SignatureName,
    pub(super) progress: Progress,
}

impl Signed {
    /// The JWS as far as it got.
    pub const fn jws(&self) -> &Jws {
        &self.jws
    }

    /// Which signature of it is completed.
    pub const fn name(&self) -> &SignatureName {
        &self.name
    }

    /// The level ordered.
    pub const fn level(&self) -> Level {
        self.progress.level
    }
}
