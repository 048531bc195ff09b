//! The stages of a XAdES signature as values that can be stored between steps.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::ades::augment::machine::Progress;
use crate::ades::augment::octets::Octets;
use crate::ades::cms::attributes::{ClaimedAttribute, Commitment};
use crate::ades::level::Level;
use crate::ades::pades::finish::FinishError;
use crate::ades::statement::{Place, SignaturePolicy};
use crate::base::digest::HashAlgorithm;
use crate::base::time::Timestamp;
use crate::crypto::algorithm::SignatureAlgorithm;
use crate::crypto::ecdsa;
use crate::crypto::key::{KeyError, KeyKind};
use crate::pki::certificate::{Certificate, CertificateError};

/// How the signed properties name the signer's certificate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CertificateForm {
    /// `SigningCertificate`, which a few portals still ask for. Not the baseline of EN 319 132-1.
    V1,
    /// `SigningCertificateV2`.
    #[default]
    V2,
}

/// How an enveloped signature leaves itself out of what it covers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EnvelopedBy {
    /// Every signature is left out, so that others can sign the same document beside it.
    #[default]
    AllSignatures,
    /// Only itself: it covers the signatures that were there, and nobody can sign after it.
    OwnSignature,
}

/// What is ordered: who signs, and which level the result must have.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// The level the delivered signature must show.
    pub level: Level,
    /// The signer's certificate.
    pub certificate: Certificate,
    /// Its issuers as far as known, the root not needed.
    pub chain: Vec<Certificate>,
    /// How the device signs; without it what the key signs with by default.
    pub algorithm: Option<SignatureAlgorithm>,
    /// How the certificate is named.
    pub certificate_form: CertificateForm,
    /// How an enveloped signature leaves itself out.
    pub enveloped_by: EnvelopedBy,
    /// What the signer claims in the signed properties, the verdict of authority among it.
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

/// Where in a document a signature goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spot {
    /// What of the document is replaced: nothing where a new one goes, its former self when one is extended.
    pub(super) hole: (u64, u64),
    /// What is put before the `ds:Signature`: the elements that a new counter-signature stands in.
    pub(super) before: String,
    /// What is put behind it.
    pub(super) after: String,
}

impl Spot {
    /// The signature alone in place of `hole`.
    pub(super) const fn bare(hole: (u64, u64)) -> Self {
        Self {
            hole,
            before: String::new(),
            after: String::new(),
        }
    }

    /// The `ds:Signature` `text` with what stands around it.
    pub(super) fn around(&self, text: &str) -> String {
        [&self.before, text, &self.after].concat()
    }

    /// Where the `ds:Signature` begins once it is there.
    pub(super) fn start(&self) -> u64 {
        let before = u64::try_from(self.before.len()).unwrap_or(u64::MAX);
        self.hole.0.saturating_add(before)
    }
}

/// A signature whose bytes are all fixed but for the value: what the device signs is [`Self::digest`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prepared {
    pub(super) level: Level,
    pub(super) certificate: Octets,
    pub(super) chain: Vec<Octets>,
    pub(super) algorithm: SignatureAlgorithm,
    /// The `ds:Signature` up to its value, and from its value on.
    pub(super) around_value: (String, String),
    /// `SignedInfo` in canonical form.
    pub(super) signed_info: Octets,
    pub(super) spot: Spot,
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

    /// What the device signs: the digest of `SignedInfo` by [`Self::hash_algorithm`].
    pub fn digest(&self) -> Vec<u8> {
        self.algorithm.hash().digest(&self.signed_info.0)
    }

    /// The hash of [`Self::digest`].
    pub const fn hash_algorithm(&self) -> HashAlgorithm {
        self.algorithm.hash()
    }

    /// The algorithm the device must use.
    pub const fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// When it was prepared: the signing time stated.
    pub const fn prepared_at(&self) -> Timestamp {
        self.prepared_at
    }

    /// From when on a value is no longer taken.
    pub const fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// The signed stage with `value`, which must be what the device made of [`Self::digest`].
    ///
    /// `value`: DER for EC, octets of the modulus length for RSA. In the signature an EC value stands as `r‖s`, each
    /// as long as the field (RFC 9231 §2.3.6).
    ///
    /// # Errors
    /// `Value` when it does not verify under the certificate prepared for: a swapped card or a value in another form
    /// never reaches the document. `Expired` after its time.
    pub fn finish(self, value: &[u8], now: Timestamp) -> Result<Signed, FinishError> {
        if now >= self.expires_at {
            return Err(FinishError::Expired {
                expires_at: self.expires_at,
                at: now,
            });
        }
        let certificate = self.certificate()?;
        let key = certificate.public_key()?;
        key.verify_digest(self.algorithm, &self.digest(), value)?;
        let written = match key.kind() {
            KeyKind::Ec(curve) => ecdsa::der_to_raw(value, curve).map_err(|_| KeyError::Invalid)?,
            KeyKind::Rsa { .. } => value.to_vec(),
        };
        let (before, after) = self.around_value;
        Ok(Signed {
            certificate: self.certificate,
            chain: self.chain,
            text: format!("{before}{}{after}", STANDARD.encode(written)),
            spot: self.spot,
            progress: Progress::to(self.level),
        })
    }
}

/// A signature with its value, on its way to the level ordered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signed {
    pub(super) progress: Progress,
    pub(super) certificate: Octets,
    pub(super) chain: Vec<Octets>,
    /// The `ds:Signature` as it stands.
    pub(super) text: String,
    pub(super) spot: Spot,
}

impl Signed {
    /// The level ordered.
    pub const fn level(&self) -> Level {
        self.progress.level
    }

    /// What goes into the document.
    pub(super) fn written(&self) -> String {
        self.spot.around(&self.text)
    }

    /// The `ds:Signature` as far as it got.
    pub fn signature(&self) -> &str {
        &self.text
    }
}
