//! What an answer must fulfil before it is believed (reference pki-and-trust §3.3, RFC 6960 §3.2).

use super::super::certificate::Certificate;
use super::super::extensions::{ExtendedKeyUsage, KeyUsage};
use super::super::links::VerifiedLinks;
use super::super::rules;
use super::super::status::CertificateStatus;
use super::response::{Basic, ResponderId, Single, basic_response};
use super::{CertId, MAX_BYTES, OcspAnswer, OcspDefect, OcspPolicy, Times};
use crate::base::digest::{HashAlgorithm, Sha256Digest};
use crate::base::secret::constant_time_eq;
use crate::base::time::Timestamp;
use crate::crypto::algorithm::SignatureAlgorithm;
use crate::crypto::key::KeyKind;
use crate::crypto::policy::AlgorithmPolicy;

/// What an answer is held against.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The certificate asked about.
    pub cert_id: &'a CertId,
    /// What was sent; `None` for embedded or stapled answers, and where the responder takes none.
    pub nonce: Option<&'a [u8]>,
    /// The authority that issued that certificate.
    pub issuer: &'a Certificate,
    /// Tolerances.
    pub policy: &'a OcspPolicy,
    /// Which algorithms count; `None` judges none, for suites of another time.
    pub algorithms: Option<&'a AlgorithmPolicy>,
    /// Remembers appointed responders, if somebody keeps them.
    pub links: Option<&'a VerifiedLinks>,
    /// SHA-256 of the certificates of responders that the administrator appointed for this authority
    /// (RFC 6960 §4.2.2.2, first case).
    pub configured: &'a [Sha256Digest],
}

/// As [`verify`], for an answer that must be fresh at `at`, signed by somebody whose certificate is valid then too.
/// Its times are judged before its signature: they cost nothing, and an old answer is better called old than signed by
/// somebody whose certificate did not exist then.
///
/// # Errors
/// As [`verify`], and `Stale`.
pub fn verify_fresh(der: &[u8], expected: &Expected<'_>, at: Timestamp) -> Result<OcspAnswer, OcspDefect> {
    verify_at(der, expected, Some(at))
}

/// Reads an answer and checks everything but its freshness at a later moment.
///
/// # Errors
/// The first rule of reference pki-and-trust §3.3 that is broken.
///
/// Source: RFC 6960 §3.2, §4.2; RFC 9654.
pub fn verify(der: &[u8], expected: &Expected<'_>) -> Result<OcspAnswer, OcspDefect> {
    verify_at(der, expected, None)
}

fn verify_at(der: &[u8], expected: &Expected<'_>, at: Option<Timestamp>) -> Result<OcspAnswer, OcspDefect> {
    if der.len() > MAX_BYTES {
        return Err(OcspDefect::Malformed);
    }
    let parsed = Basic::parse(basic_response(der)?)?;
    let single = about(&parsed.responses, expected.cert_id)?;
    if parsed.unknown_critical || single.unknown_critical {
        return Err(OcspDefect::CriticalExtension);
    }
    match (expected.nonce, &parsed.nonce) {
        (Some(sent), Some(returned)) if !constant_time_eq(sent, returned) => return Err(OcspDefect::Nonce),
        (Some(_), None) if !expected.policy.nonce_optional => return Err(OcspDefect::Nonce),
        _ => {}
    }
    if let Some(at) = at {
        let times = Times {
            produced_at: parsed.produced_at,
            this_update: single.this_update,
            next_update: single.next_update,
        };
        times.check(expected.policy, at)?;
    }
    let (responder, entitlement) = parsed.responder(expected)?;
    if let Some(at) = at
        && entitlement != Entitlement::Issuer
        && rules::check_time(&responder, at).is_err()
    {
        return Err(OcspDefect::Signer);
    }
    Ok(OcspAnswer {
        status: single.status,
        produced_at: parsed.produced_at,
        this_update: single.this_update,
        next_update: single.next_update,
        responder_needs_status: entitlement == Entitlement::Appointed && !responder.extensions().ocsp_nocheck,
        responder,
        der: der.to_vec(),
    })
}

/// The response about the certificate asked about.
///
/// WHY not the first: a responder may answer several requests at once, and say of one certificate what was and what is.
/// The newest tells, and of equals the worst: nobody gains by an order.
fn about<'a>(responses: &'a [Single], cert_id: &CertId) -> Result<&'a Single, OcspDefect> {
    let gravity = |status| match status {
        CertificateStatus::Good => 0_u8,
        CertificateStatus::Unknown => 1,
        CertificateStatus::Revoked { .. } => 2,
    };
    responses
        .iter()
        .filter(|single| single.cert_id.as_ref() == Some(cert_id))
        .max_by_key(|single| (single.this_update, gravity(single.status)))
        .ok_or(OcspDefect::Mismatch)
}

/// By what right somebody signs answers about an authority's certificates, RFC 6960 §4.2.2.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Entitlement {
    /// A certificate for it, issued by the authority itself.
    Appointed,
    /// This installation's administrator says so.
    Configured,
    /// It is the authority.
    Issuer,
}

impl Basic<'_> {
    /// Finds who signed among those that the responder's name or key points at, checks that they may, and the
    /// signature.
    fn responder(&self, expected: &Expected<'_>) -> Result<(Certificate, Entitlement), OcspDefect> {
        let algorithm = SignatureAlgorithm::from_identifier(self.algorithm).ok_or(OcspDefect::Algorithm)?;
        for candidate in std::iter::once(expected.issuer).chain(&self.certificates) {
            let named = match &self.responder {
                ResponderId::Name(name) => candidate.subject() == name,
                ResponderId::KeyHash(hash) => candidate.key_hash(HashAlgorithm::Sha1) == *hash,
            };
            if !named {
                continue;
            }
            let Some(entitlement) = self.entitlement(candidate, expected) else {
                continue;
            };
            let Ok(key) = candidate.public_key() else { continue };
            expected.check_algorithm(algorithm, key.kind(), self.produced_at)?;
            if key.verify(algorithm, self.tbs, self.signature).is_ok() {
                return Ok((candidate.clone(), entitlement));
            }
        }
        Err(OcspDefect::Signer)
    }

    fn entitlement(&self, candidate: &Certificate, expected: &Expected<'_>) -> Option<Entitlement> {
        let issuer = expected.issuer;
        if candidate.spki_der() == issuer.spki_der() && candidate.subject() == issuer.subject() {
            return Some(Entitlement::Issuer);
        }
        if expected.configured.contains(&candidate.fingerprint()) {
            let valid = rules::check_time(candidate, self.produced_at).is_ok();
            return valid.then_some(Entitlement::Configured);
        }
        self.is_appointed(candidate, expected)
            .then_some(Entitlement::Appointed)
    }

    /// Whether the issuer itself appointed `candidate` to answer, and that certificate held when the answer was made.
    ///
    /// WHY: no nesting of extended key usages. Belgian issuing authorities restrict theirs to client
    /// authentication and mail, and their real responders would be refused (RFC 5280 does not ask for it).
    fn is_appointed(&self, candidate: &Certificate, expected: &Expected<'_>) -> bool {
        let (issuer, extensions) = (expected.issuer, candidate.extensions());
        let entitled = candidate.issuer() == issuer.subject()
            && extensions
                .extended_key_usage
                .as_ref()
                .is_some_and(|usage| usage.contains(ExtendedKeyUsage::OCSP_SIGNING))
            && extensions
                .key_usage
                .is_none_or(|usage| usage.contains(KeyUsage::DIGITAL_SIGNATURE))
            && extensions.unknown_critical.is_empty()
            && candidate.algorithms_agree()
            && rules::check_time(candidate, self.produced_at).is_ok();
        if !entitled {
            return false;
        }
        let (Some(algorithm), Some(kind)) = (candidate.signature_algorithm(), issuer.key_kind()) else {
            return false;
        };
        if expected
            .check_algorithm(algorithm, kind, self.produced_at)
            .is_err()
        {
            return false;
        }
        if expected
            .links
            .is_some_and(|links| links.holds_responder(candidate, issuer))
        {
            return true;
        }
        let verified = issuer.public_key().is_ok_and(|key| {
            key.verify(algorithm, candidate.tbs_der(), candidate.signature())
                .is_ok()
        });
        if verified && let Some(links) = expected.links {
            links.remember_responder(candidate, issuer);
        }
        verified
    }
}

impl Expected<'_> {
    fn check_algorithm(
        &self,
        algorithm: SignatureAlgorithm,
        kind: KeyKind,
        at: Timestamp,
    ) -> Result<(), OcspDefect> {
        match self.algorithms {
            Some(policy) => policy
                .check(algorithm, kind, at)
                .map_err(|_| OcspDefect::Algorithm),
            None => Ok(()),
        }
    }
}
