//! Verification of one message over data that was digested by the caller.

use super::attributes::CertificateReference;
use super::oids;
use super::read::{SignedData, SignerIdentifier, SignerInfo};
use crate::asn1::read::{self, Rules};
use crate::base::digest::HashAlgorithm;
use crate::crypto::algorithm::{self, SignatureAlgorithm};
use crate::crypto::key::{KeyError, KeyKind, PublicKey};
use crate::pki::certificate::Certificate;

/// Why a message does not prove what it should. Each is one check of EN 319 102-1 §5.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// An algorithm is unknown, or the two that are named do not fit each other or the key.
    #[error("the algorithms of the signature are unknown or do not fit")]
    Algorithm,
    /// The signed algorithms differ from those used (RFC 6211).
    #[error("the signed algorithms differ from those used")]
    AlgorithmProtection,
    /// No certificate fits the signed reference.
    #[error("the certificate that the signature names is not there")]
    CertificateMissing,
    /// The signed reference to the certificate is absent, double or cannot be read.
    #[error("the signed attributes do not name one certificate")]
    CertificateReference,
    /// The type of content signed is not the one due.
    #[error("the signed content type is not the one due")]
    ContentType,
    /// A message that should carry what was signed carries no content.
    #[error("the message carries no content")]
    ContentMissing,
    /// A detached message carries content.
    #[error("the message carries content of its own")]
    ContentPresent,
    /// The signed digest differs from the data's: the data was changed.
    #[error("the signed digest differs from the digest of the data")]
    MessageDigest,
    /// Signed attributes are missing, or one that must be there once is not.
    #[error("the signed attributes are incomplete or double")]
    SignedAttributes,
    /// There is not exactly one signer.
    #[error("expected one signer, found {0}")]
    SignerCount(usize),
    /// The value does not verify under the certificate that the signature names.
    #[error("the signature value does not verify")]
    Value,
}

impl VerifyError {
    /// The stable cause code.
    pub const fn cause(self) -> &'static str {
        match self {
            Self::Algorithm => "CMS_ALGORITHM",
            Self::AlgorithmProtection => "CMS_ALGORITHM_PROTECTION",
            Self::CertificateMissing => "CMS_CERTIFICATE_MISSING",
            Self::CertificateReference => "CMS_CERTIFICATE_REFERENCE",
            Self::ContentType => "CMS_CONTENT_TYPE",
            Self::ContentMissing => "CMS_CONTENT_MISSING",
            Self::ContentPresent => "CMS_CONTENT_PRESENT",
            Self::MessageDigest => "CMS_MESSAGE_DIGEST",
            Self::SignedAttributes => "CMS_SIGNED_ATTRIBUTES",
            Self::SignerCount(_) => "CMS_SIGNER_COUNT",
            Self::Value => "CMS_SIGNATURE_VALUE",
        }
    }
}

impl SignedData {
    /// The one signer of a detached message.
    ///
    /// # Errors
    /// `SignerCount` for none or several, `ContentPresent` when the message is not detached: either would let
    /// something else than the document be what was signed.
    pub fn detached_signer(&self) -> Result<&SignerInfo, VerifyError> {
        if self.content.is_some() {
            return Err(VerifyError::ContentPresent);
        }
        self.only_signer()
    }

    /// The content of a message that carries it, and its one signer.
    ///
    /// # Errors
    /// `ContentMissing`, `SignerCount`.
    pub fn attached_signer(&self) -> Result<(&[u8], &SignerInfo), VerifyError> {
        let content = self.content.as_deref().ok_or(VerifyError::ContentMissing)?;
        Ok((content, self.only_signer()?))
    }

    fn only_signer(&self) -> Result<&SignerInfo, VerifyError> {
        match self.signers.as_slice() {
            [signer] => Ok(signer),
            others => Err(VerifyError::SignerCount(others.len())),
        }
    }
}

impl SignerInfo {
    /// The digest algorithm.
    pub fn digest_hash(&self) -> Result<HashAlgorithm, VerifyError> {
        algorithm::hash_from_identifier(&self.digest_algorithm).ok_or(VerifyError::Algorithm)
    }

    /// The signature algorithm with its hash; plain rsaEncryption takes the digest algorithm's.
    pub fn algorithm(&self) -> Result<SignatureAlgorithm, VerifyError> {
        let hash = self.digest_hash()?;
        let named = SignatureAlgorithm::from_identifier(&self.signature_algorithm);
        let algorithm = match named {
            Some(algorithm) => algorithm,
            None if self.is_plain_rsa() => SignatureAlgorithm::RsaPkcs1(hash),
            None => return Err(VerifyError::Algorithm),
        };
        if algorithm.hash() == hash {
            Ok(algorithm)
        } else {
            Err(VerifyError::Algorithm)
        }
    }

    fn is_plain_rsa(&self) -> bool {
        let oid = || -> Result<_, read::Asn1Error> {
            read::single(&self.signature_algorithm, Rules::Ber)?
                .inside()?
                .any()?
                .oid()
        };
        oid().is_ok_and(|oid| oid.to_string() == oids::RSA_ENCRYPTION)
    }

    /// How the signed attributes name the signer's certificate, by signing-certificate-v2 or its SHA-1 forerunner.
    ///
    /// # Errors
    /// `CertificateReference` when neither is there, or one is double or malformed.
    pub fn certificate_reference(&self) -> Result<CertificateReference, VerifyError> {
        let v2 = self.signed_with(oids::SIGNING_CERTIFICATE_V2).count();
        let v1 = self.signed_with(oids::SIGNING_CERTIFICATE).count();
        let (oid, is_v2) = match (v2, v1) {
            (1, _) => (oids::SIGNING_CERTIFICATE_V2, true),
            (0, 1) => (oids::SIGNING_CERTIFICATE, false),
            _ => return Err(VerifyError::CertificateReference),
        };
        let value = self.single_signed(oid).ok_or(VerifyError::CertificateReference)?;
        CertificateReference::parse(value, is_v2).map_err(|_| VerifyError::CertificateReference)
    }

    /// The certificate that the signed attributes name, out of `candidates` (DER).
    ///
    /// WHY: never "the one that happens to verify". A second certificate for the same key would lend another name.
    ///
    /// # Errors
    /// `CertificateReference`, or `CertificateMissing` when none fits, issuer and serial number included when given.
    pub fn find_certificate<'c>(
        &self,
        candidates: impl IntoIterator<Item = &'c [u8]>,
    ) -> Result<&'c [u8], VerifyError> {
        let reference = self.certificate_reference()?;
        let found = candidates
            .into_iter()
            .find(|der| reference.names(der))
            .ok_or(VerifyError::CertificateMissing)?;
        if let Some((names, serial)) = &reference.issuer_serial {
            let (issuer, own_serial) =
                super::build::issuer_and_serial(found).map_err(|_| VerifyError::CertificateMissing)?;
            // GeneralNames with one directoryName [4] EXPLICIT around the Name.
            let named = read::single(names, Rules::Ber)
                .and_then(|names| names.inside()?.any()?.inside()?.any())
                .map_err(|_| VerifyError::CertificateReference)?;
            if named.whole() != issuer || serial != own_serial {
                return Err(VerifyError::CertificateMissing);
            }
        }
        Ok(found)
    }

    /// Whether the signed attributes name a certificate at all, well or badly.
    pub fn names_certificate(&self) -> bool {
        [oids::SIGNING_CERTIFICATE_V2, oids::SIGNING_CERTIFICATE]
            .into_iter()
            .any(|oid| self.signed_with(oid).next().is_some())
    }

    /// The certificate that the unsigned identifier names, out of `candidates` (DER).
    ///
    /// # Errors
    /// `CertificateMissing`.
    pub fn find_identified<'c>(
        &self,
        candidates: impl IntoIterator<Item = &'c [u8]>,
    ) -> Result<&'c [u8], VerifyError> {
        let is_named = |der: &&[u8]| match &self.identifier {
            SignerIdentifier::IssuerAndSerial { issuer, serial } => {
                super::build::issuer_and_serial(der).is_ok_and(|named| named == (issuer, serial))
            }
            SignerIdentifier::SubjectKeyIdentifier(wanted) => Certificate::parse(*der)
                .is_ok_and(|known| known.extensions().subject_key_identifier.as_deref() == Some(wanted)),
        };
        candidates
            .into_iter()
            .find(is_named)
            .ok_or(VerifyError::CertificateMissing)
    }

    /// Checks the signed content type and digest against `digest`, made of the data with [`Self::digest_hash`].
    ///
    /// # Errors
    /// `SignedAttributes`, `ContentType`, `MessageDigest`, `AlgorithmProtection`.
    pub fn check_content(&self, content_type: &str, digest: &[u8]) -> Result<(), VerifyError> {
        if self.signed_bytes.is_none() {
            return Err(VerifyError::SignedAttributes);
        }
        let oid = self
            .single_signed(oids::CONTENT_TYPE)
            .ok_or(VerifyError::SignedAttributes)?;
        let oid = read::single(oid, Rules::Ber).and_then(|element| element.oid());
        if oid.map_err(|_| VerifyError::SignedAttributes)?.to_string() != content_type {
            return Err(VerifyError::ContentType);
        }
        self.check_digest(digest)
    }

    /// Checks a counter-signature's digest of the value it is on. It has no content type (RFC 5652 §11.4).
    ///
    /// # Errors
    /// As [`Self::check_content`].
    pub fn check_countersigned(&self, digest: &[u8]) -> Result<(), VerifyError> {
        if self.signed_bytes.is_none() {
            return Err(VerifyError::SignedAttributes);
        }
        if self.signed_with(oids::CONTENT_TYPE).next().is_some() {
            return Err(VerifyError::ContentType);
        }
        self.check_digest(digest)
    }

    fn check_digest(&self, digest: &[u8]) -> Result<(), VerifyError> {
        let signed = self
            .single_signed(oids::MESSAGE_DIGEST)
            .ok_or(VerifyError::SignedAttributes)?;
        let signed = read::single(signed, Rules::Ber).map_err(|_| VerifyError::SignedAttributes)?;
        if signed
            .octets()
            .map_err(|_| VerifyError::SignedAttributes)?
            .as_ref()
            != digest
        {
            return Err(VerifyError::MessageDigest);
        }
        self.check_algorithm_protection()
    }

    fn check_algorithm_protection(&self) -> Result<(), VerifyError> {
        if self.signed_with(oids::ALGORITHM_PROTECTION).next().is_none() {
            return Ok(());
        }
        let bad = VerifyError::AlgorithmProtection;
        let value = self.single_signed(oids::ALGORITHM_PROTECTION).ok_or(bad)?;
        let mut parts = read::single(value, Rules::Ber)
            .and_then(|element| element.inside())
            .map_err(|_| bad)?;
        let digest = parts.any().map_err(|_| bad)?;
        let signature = parts.optional(0xA1).map_err(|_| bad)?.ok_or(bad)?;
        let same_hash = algorithm::hash_from_identifier(digest.whole()) == Some(self.digest_hash()?);
        // Implicitly tagged: the content of [1] is the content of the AlgorithmIdentifier.
        let named = crate::asn1::write::element(0x30, signature.content());
        if same_hash && named == self.signature_algorithm {
            Ok(())
        } else {
            Err(bad)
        }
    }

    /// Checks the value over the signed attributes under `key`.
    ///
    /// # Errors
    /// `SignedAttributes`, `Algorithm` when the algorithm is unknown or does not fit the key, `Value`.
    pub fn check_value(&self, key: &PublicKey) -> Result<(), VerifyError> {
        let signed = self
            .signed_bytes
            .as_deref()
            .ok_or(VerifyError::SignedAttributes)?;
        let algorithm = self.algorithm_for(key.kind())?;
        key.verify(algorithm, signed, &self.signature)
            .map_err(|error| match error {
                KeyError::Mismatch | KeyError::Malformed => VerifyError::Algorithm,
                KeyError::Invalid | KeyError::Signing => VerifyError::Value,
            })
    }

    fn algorithm_for(&self, kind: KeyKind) -> Result<SignatureAlgorithm, VerifyError> {
        let algorithm = self.algorithm()?;
        if kind.fits(algorithm) {
            Ok(algorithm)
        } else {
            Err(VerifyError::Algorithm)
        }
    }
}
