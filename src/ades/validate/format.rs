//! Format checking (EN 319 102-1 §5.2.2) and the structural rules of the PAdES baseline (EN 319 142-1 §6.3).

use super::indication::SubIndication;
use super::report::{Finding, ObjectReport};
use crate::ades::cms::attributes::CertificateReference;
use crate::ades::cms::oids;
use crate::ades::cms::read::{SignedData, SignerInfo};
use crate::ades::cms::verify::VerifyError;
use crate::base::time::Timestamp;
use crate::crypto::algorithm::SignatureAlgorithm;
use crate::crypto::key::PublicKey;
use crate::crypto::naming;
use crate::pdf::signature::{Signature, SignatureEncoding, SignatureFault};
use crate::pki::certificate::Certificate;

/// A check that did not pass: what it means, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) sub: SubIndication,
    /// Boxed: a failure travels through many results.
    pub(super) finding: Box<Finding>,
}

impl Failure {
    pub(super) fn new(sub: SubIndication, cause: &str, detail: impl Into<String>) -> Self {
        Self {
            sub,
            finding: Box::new(Finding::error(cause, detail)),
        }
    }
}

impl Failure {
    /// The same, about `object`.
    pub(super) fn about(mut self, object: ObjectReport) -> Self {
        self.finding.object = Some(object);
        self
    }

    /// The same, about `object` where it is that what is signed is not at hand.
    pub(super) fn about_missing(self, object: impl FnOnce() -> ObjectReport) -> Self {
        if self.sub == SubIndication::SignedDataNotFound {
            self.about(object())
        } else {
            self
        }
    }

    /// The same, with the moment after which another answer may come.
    pub(super) fn try_after(mut self, moment: Option<Timestamp>) -> Self {
        self.finding.try_after = moment;
        self
    }
}

impl From<SignatureFault> for Failure {
    fn from(fault: SignatureFault) -> Self {
        let detail = match fault {
            SignatureFault::ByteRange => "the byte range is not four ascending numbers within the file",
            SignatureFault::Certification => "named as the certification, it certifies nothing or came later",
            SignatureFault::Coverage => "the byte range does not end where a revision ends",
            SignatureFault::Contents => "there is no signature value in the dictionary",
            SignatureFault::Gap => "the gap in the byte range is not exactly the signature value",
            SignatureFault::Kind => "type and sub-filter of the signature contradict each other",
            SignatureFault::NotIndirect => "the field's value is no signature dictionary of its own",
            SignatureFault::NotInRevision => "the field did not have this signature in the revision signed",
            SignatureFault::Shared => "two fields hold the same signature",
        };
        Self::new(SubIndication::FormatFailure, fault.cause(), detail)
    }
}

impl From<VerifyError> for Failure {
    fn from(error: VerifyError) -> Self {
        let sub = match error {
            VerifyError::Algorithm => SubIndication::CryptoConstraintsFailure,
            VerifyError::CertificateMissing | VerifyError::CertificateReference => {
                SubIndication::NoSigningCertificateFound
            }
            VerifyError::ContentMissing
            | VerifyError::ContentPresent
            | VerifyError::SignedAttributes
            | VerifyError::SignerCount(_) => SubIndication::FormatFailure,
            VerifyError::ContentType | VerifyError::AlgorithmProtection => {
                SubIndication::SigConstraintsFailure
            }
            VerifyError::MessageDigest => SubIndication::HashFailure,
            VerifyError::Value => SubIndication::SigCryptoFailure,
        };
        Self::new(sub, error.cause(), error.to_string())
    }
}

/// Whether every algorithm that `signer` names is one that is worked with: else nothing it says can be checked, and that
/// is the cause, not what the check would have found. EN 319 102-1 §5.2.8.
pub(super) fn check_algorithms(signer: &SignerInfo) -> Result<(), Failure> {
    let unknown = |identifier: &[u8]| {
        Failure::new(
            SubIndication::CryptoConstraintsFailure,
            VerifyError::Algorithm.cause(),
            format!(
                "the algorithm is not accepted: {}",
                naming::of_identifier(identifier)
            ),
        )
    };
    if signer.digest_hash().is_err() {
        return Err(unknown(&signer.digest_algorithm));
    }
    if signer.algorithm().is_err()
        && SignatureAlgorithm::from_identifier(&signer.signature_algorithm).is_none()
    {
        return Err(unknown(&signer.signature_algorithm));
    }
    match signer.certificate_reference() {
        Ok(CertificateReference {
            hash: None,
            identifier,
            ..
        }) => Err(unknown(&identifier)),
        _ => Ok(()),
    }
}

/// The signer's key.
pub(super) fn key_of(certificate: &Certificate) -> Result<&PublicKey, Failure> {
    certificate.public_key().map_err(|_| {
        Failure::new(
            SubIndication::CryptoConstraintsFailure,
            "ALG_FORBIDDEN",
            format!(
                "the key is of a kind that is not accepted: {}",
                naming::of_spki(certificate.spki_der())
            ),
        )
    })
}

/// How the value of `signature` is encoded. One that is encoded in a way not known here may be sound: it is not judged,
/// and does not pass. ISO 32000-2 §12.8.3, table 255.
pub(super) fn encoding(field: &str, signature: &Signature) -> Result<SignatureEncoding, Failure> {
    signature.encoding().ok_or_else(|| {
        let detail = match signature.sub_filter() {
            none if none.is_empty() => format!("the signature in `{field}` names no sub-filter"),
            named => format!("sub-filter not supported: `{named}`, of the signature in `{field}`"),
        };
        Failure::new(SubIndication::SigConstraintsFailure, "PDF_SUB_FILTER", detail)
    })
}

/// The message inside `signature`, and what about its padding is worth a look.
pub(super) fn read_message(signature: &Signature) -> Result<(SignedData, Option<Finding>), Failure> {
    let message = SignedData::parse(&signature.contents)
        .map_err(|error| Failure::new(SubIndication::FormatFailure, "CMS_MALFORMED", error.to_string()))?;
    let padding = signature.contents.get(message.length..).unwrap_or_default();
    let odd = padding.iter().any(|byte| *byte != 0);
    let finding =
        odd.then(|| Finding::warning("PDF_PADDING", "the padding after the signature value is not zero"));
    Ok((message, finding))
}

/// What in a signature breaks the PAdES baseline. Empty means: it is B-B as far as its form goes.
pub(super) fn baseline_violations(
    signature: &Signature,
    message: &SignedData,
    signer: &SignerInfo,
) -> Vec<Finding> {
    let dictionary = &signature.dictionary;
    let commitment_or_policy = signer.signed_with(oids::COMMITMENT_TYPE).next().is_some()
        || signer.signed_with(oids::SIGNATURE_POLICY).next().is_some();
    let reference = signer.certificate_reference().ok();
    let is_named = reference.is_some();
    let mut held = message.certificates.iter().map(Vec::as_slice);
    let holds_own = match reference {
        Some(reference) => held.any(|certificate| reference.names(certificate)),
        None => signer.find_identified(held).is_ok(),
    };
    let rules = [
        (
            signature.encoding() == Some(SignatureEncoding::Cades),
            "the sub-filter is not ETSI.CAdES.detached",
        ),
        (
            signature.claimed_time().is_some(),
            "the dictionary states no time",
        ),
        (
            dictionary.is_name("Filter", "Adobe.PPKLite") || dictionary.contains("Filter"),
            "there is no filter",
        ),
        (!dictionary.contains("Cert"), "the dictionary holds certificates"),
        (
            !(dictionary.contains("Reason") && commitment_or_policy),
            "a reason stands beside a commitment or policy",
        ),
        (
            signer.signed_with(oids::SIGNING_TIME).next().is_none(),
            "the signed attributes state a time",
        ),
        (
            is_named,
            "the signed attributes do not name the signing certificate",
        ),
        (holds_own, "the message does not hold the signing certificate"),
    ];
    let broken = rules.into_iter().filter(|(kept, _)| !kept);
    broken
        .map(|(_, detail)| Finding::note("PADES_BASELINE", detail))
        .collect()
}
