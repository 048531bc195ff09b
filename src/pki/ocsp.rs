//! OCSP: what is asked, and what an answer must fulfil before it is believed.
//!
//! Times are read and compared here. No library's own time check is used: one that is common accepts a stale answer
//! when its times have fractional seconds.

mod response;
mod verify;

use std::collections::HashMap;
use std::time::Duration;

use response::{Basic, basic_response};
pub use verify::{Expected, verify, verify_fresh};

use super::certificate::Certificate;
use super::status::CertificateStatus;
use crate::asn1::read::{self, Asn1Error, Element, Rules};
use crate::asn1::write::{self, tag};
use crate::base::digest::{HashAlgorithm, Sha256Digest};
use crate::base::random::{self, Random};
use crate::base::time::Timestamp;
use crate::crypto::algorithm::{self, SignatureAlgorithm};

/// Content octets of id-pkix-ocsp, 1.3.6.1.5.5.7.48.1.
const PKIX_OCSP: &[u8] = &[0x2B, 6, 1, 5, 5, 7, 48, 1];
/// Largest answer read, in bytes; real ones are 3 to 5 kB.
pub const MAX_BYTES: usize = 64 * 1024;

/// Which certificate an answer is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertId {
    hash: HashAlgorithm,
    name_hash: Vec<u8>,
    key_hash: Vec<u8>,
    serial: Vec<u8>,
}

impl CertId {
    /// The identifier of `certificate`, issued by the key of `issuer`.
    ///
    /// WHY: `hash` is SHA-1 for Belgian responders, which answer nothing else. It identifies; it signs nothing.
    ///
    /// Source: RFC 6960 §4.1.1.
    pub fn new(certificate: &Certificate, issuer: &Certificate, hash: HashAlgorithm) -> Self {
        Self {
            hash,
            name_hash: hash.digest(certificate.issuer().der()),
            key_hash: issuer.key_hash(hash),
            serial: certificate.serial().to_vec(),
        }
    }

    fn parse(element: &Element<'_>) -> Result<Option<Self>, Asn1Error> {
        let mut parts = element.inside()?;
        let hash = algorithm::hash_from_identifier(parts.expect(tag::SEQUENCE)?.whole());
        let name_hash = parts.expect(tag::OCTET_STRING)?.content().to_vec();
        let key_hash = parts.expect(tag::OCTET_STRING)?.content().to_vec();
        let serial = parts.expect(tag::INTEGER)?.integer_content()?.to_vec();
        parts.finish()?;
        Ok(hash.map(|hash| Self {
            hash,
            name_hash,
            key_hash,
            serial,
        }))
    }

    fn der(&self) -> Vec<u8> {
        // SHA-1 with NULL parameters, as every responder known writes and expects it.
        let hash = algorithm::hash_identifier(self.hash);
        let oid = read::single(&hash, Rules::Der)
            .map(|element| element.content().to_vec())
            .unwrap_or_default();
        write::sequence(&[
            &write::sequence(&[&oid, &write::null()]),
            &write::octet_string(&self.name_hash),
            &write::octet_string(&self.key_hash),
            &write::element(tag::INTEGER, &self.serial),
        ])
    }
}

/// A question for a responder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OcspRequest {
    /// The one certificate asked about.
    pub cert_id: CertId,
    /// 32 random octets, unless the responder is known to take none.
    pub nonce: Option<[u8; 32]>,
}

impl OcspRequest {
    /// Asks about `certificate` with a fresh nonce.
    pub fn new(certificate: &Certificate, issuer: &Certificate, random: &dyn Random) -> Self {
        let cert_id = CertId::new(certificate, issuer, HashAlgorithm::Sha1);
        Self {
            cert_id,
            nonce: Some(random::bytes(random)),
        }
    }

    /// Asks about `certificate` without a nonce, where the responder is known to take none.
    pub fn without_nonce(certificate: &Certificate, issuer: &Certificate) -> Self {
        let cert_id = CertId::new(certificate, issuer, HashAlgorithm::Sha1);
        Self { cert_id, nonce: None }
    }

    /// OCSPRequest, DER: one request, the nonce as the only extension (RFC 6960 §4.1, RFC 9654 §2.1).
    pub fn der(&self) -> Vec<u8> {
        let list = write::sequence(&[&write::sequence(&[&self.cert_id.der()])]);
        let extensions = self.nonce.as_ref().map(|nonce| {
            let id = write::element(tag::OID, &[PKIX_OCSP, &[2]].concat());
            let value = write::octet_string(&write::octet_string(nonce));
            write::explicit(2, &write::sequence(&[&write::sequence(&[&id, &value])]))
        });
        write::sequence(&[&write::sequence(&[
            &list,
            extensions.as_deref().unwrap_or_default(),
        ])])
    }
}

/// What an OCSP answer must fulfil beside the fixed rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OcspPolicy {
    /// How far clocks may differ. The field uses 5 to 15 minutes.
    pub skew: Duration,
    /// How old `thisUpdate` may be when the answer names no next update, and how long an answer is reused.
    pub max_age: Duration,
    /// Whether a responder may leave out the nonce that was sent.
    pub nonce_optional: bool,
}

impl Default for OcspPolicy {
    fn default() -> Self {
        Self {
            skew: Duration::from_mins(5),
            max_age: Duration::from_mins(5),
            nonce_optional: false,
        }
    }
}

/// What an administrator says of single responders.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResponderRules {
    without_nonce: Vec<String>,
    configured: HashMap<Sha256Digest, Vec<Sha256Digest>>,
}

impl ResponderRules {
    /// `without_nonce`: addresses, exact, that take no nonce and are asked without one. `configured`: pairs of SHA-256
    /// of an authority's certificate and of the certificate of a responder that may answer for it
    /// (RFC 6960 §4.2.2.2, first case).
    pub fn new(
        without_nonce: Vec<String>,
        configured: impl IntoIterator<Item = (Sha256Digest, Sha256Digest)>,
    ) -> Self {
        let mut rules = Self {
            without_nonce,
            configured: HashMap::new(),
        };
        for (issuer, responder) in configured {
            rules.configured.entry(issuer).or_default().push(responder);
        }
        rules
    }

    /// Whether the responder at `url` is asked without a nonce.
    pub fn takes_no_nonce(&self, url: &str) -> bool {
        self.without_nonce.iter().any(|known| known == url)
    }

    /// The responders configured for that very certificate of an authority.
    pub fn configured_for(&self, issuer: &Certificate) -> &[Sha256Digest] {
        self.configured
            .get(&issuer.fingerprint())
            .map_or(&[], Vec::as_slice)
    }
}

/// Why an answer is not evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OcspDefect {
    /// The signature's algorithm is not accepted.
    #[error("answer signed with an algorithm that is not accepted")]
    Algorithm,
    /// A critical extension that zegel does not know.
    #[error("unknown critical extension in the answer")]
    CriticalExtension,
    /// Not the DER of a basic OCSP response, or too large.
    #[error("answer not readable")]
    Malformed,
    /// It says nothing about the certificate asked about.
    #[error("answer about another certificate")]
    Mismatch,
    /// The nonce is missing or another one.
    #[error("answer without our nonce")]
    Nonce,
    /// Not signed by somebody entitled, or the signature does not verify.
    #[error("answer not signed by an entitled responder")]
    Signer,
    /// The times do not fit the moment.
    #[error("answer not fresh")]
    Stale,
    /// The responder declines; the number is the responseStatus of RFC 6960 §4.2.1 (3 is tryLater).
    #[error("responder declines with status {0}")]
    Status(u64),
}

impl From<Asn1Error> for OcspDefect {
    fn from(_: Asn1Error) -> Self {
        Self::Malformed
    }
}

impl OcspDefect {
    /// The stable code of the cause.
    pub const fn cause(self) -> &'static str {
        match self {
            Self::Algorithm => "ALG_FORBIDDEN",
            Self::CriticalExtension => "CRITICAL_EXT",
            Self::Malformed => "OCSP_PARSE",
            Self::Mismatch => "OCSP_MISMATCH",
            Self::Nonce => "OCSP_NONCE",
            Self::Signer => "OCSP_SIGNER",
            Self::Stale => "OCSP_STALE",
            Self::Status(_) => "OCSP_STATUS",
        }
    }
}

/// An answer whose signature and entitlement were checked. Freshness is judged apart, for the moment in question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OcspAnswer {
    /// What it says.
    pub status: CertificateStatus,
    /// When it was signed.
    pub produced_at: Timestamp,
    /// The moment the status is known to be right for.
    pub this_update: Timestamp,
    /// When newer information will be there at the latest.
    pub next_update: Option<Timestamp>,
    /// Who signed: the issuing authority itself or a responder it appointed.
    pub responder: Certificate,
    /// Whether the responder's own status must still be learnt (it is appointed, without id-pkix-ocsp-nocheck).
    pub responder_needs_status: bool,
    /// The answer as it came, for embedding.
    pub der: Vec<u8>,
}

impl OcspAnswer {
    /// Checks that the answer speaks for the moment `at`.
    ///
    /// # Errors
    /// `Stale`.
    ///
    /// Source: RFC 6960 §4.2.2.1, reference pki-and-trust §3.3 rule 5.
    pub fn check_fresh(&self, policy: &OcspPolicy, at: Timestamp) -> Result<(), OcspDefect> {
        let times = Times {
            produced_at: self.produced_at,
            this_update: self.this_update,
            next_update: self.next_update,
        };
        times.check(policy, at)
    }

    /// The moment after which the answer is not used again: its next update or its largest age, whatever is first.
    pub fn reusable_until(&self, policy: &OcspPolicy) -> Timestamp {
        let aged = self.this_update.plus(policy.max_age);
        self.next_update.map_or(aged, |next| next.min(aged))
    }
}

/// The three times of an answer.
#[derive(Clone, Copy, Debug)]
struct Times {
    produced_at: Timestamp,
    this_update: Timestamp,
    next_update: Option<Timestamp>,
}

impl Times {
    /// Rule 5 of reference pki-and-trust §3.3.
    fn check(self, policy: &OcspPolicy, at: Timestamp) -> Result<(), OcspDefect> {
        let latest = at.plus(policy.skew);
        let begun = self.this_update <= latest && self.produced_at <= latest;
        let ordered = self.next_update.is_none_or(|next| next >= self.this_update)
            && self.produced_at.plus(policy.skew) >= self.this_update;
        let lasts = match self.next_update {
            Some(next) => at <= next.plus(policy.skew),
            None => at.since(self.this_update) <= policy.max_age,
        };
        if begun && ordered && lasts {
            Ok(())
        } else {
            Err(OcspDefect::Stale)
        }
    }
}

/// The serial numbers that an answer speaks of, unverified: to find the answers about one certificate among many.
///
/// # Errors
/// `Malformed`, or `Status` of an answer that declines.
pub fn serials(der: &[u8]) -> Result<Vec<Vec<u8>>, OcspDefect> {
    if der.len() > MAX_BYTES {
        return Err(OcspDefect::Malformed);
    }
    let parsed = Basic::parse(basic_response(der)?)?;
    let ids = parsed.responses.into_iter().filter_map(|single| single.cert_id);
    Ok(ids.map(|id| id.serial).collect())
}

/// The certificates that came inside an answer, none of them verified.
pub fn certificates(der: &[u8]) -> Vec<Certificate> {
    let parsed = basic_response(der).and_then(Basic::parse);
    parsed.map(|parsed| parsed.certificates).unwrap_or_default()
}

/// The algorithm that an answer says it is signed with; none for one that zegel does not know.
pub fn signature_algorithm(der: &[u8]) -> Option<SignatureAlgorithm> {
    let parsed = Basic::parse(basic_response(der).ok()?).ok()?;
    SignatureAlgorithm::from_identifier(parsed.algorithm)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(this: &str, next: Option<&str>, produced: &str) -> OcspAnswer {
        let at = |text: &str| text.parse().unwrap();
        let authority = crate::pki::status::tests::any_certificate();
        OcspAnswer {
            status: CertificateStatus::Good,
            produced_at: at(produced),
            this_update: at(this),
            next_update: next.map(at),
            responder: authority,
            responder_needs_status: false,
            der: Vec::new(),
        }
    }

    #[test]
    fn freshness_is_judged_with_fractions_and_at_both_ends() {
        let policy = OcspPolicy::default();
        for (this, next, produced, fresh) in [
            (
                "2026-03-03T09:00:00Z",
                Some("2026-03-03T09:01:00Z"),
                "2026-03-03T09:00:00Z",
                true,
            ),
            // Ten months old, with a fraction: judged like any other.
            (
                "2025-05-03T09:00:00.123456Z",
                None,
                "2025-05-03T09:00:00.123456Z",
                false,
            ),
            (
                "2025-05-03T09:00:00.123456Z",
                Some("2025-05-03T09:01:00.5Z"),
                "2025-05-03T09:00:00.123456Z",
                false,
            ),
            // The clock may differ by five minutes, and not by one microsecond more.
            (
                "2026-03-03T08:50:00Z",
                Some("2026-03-03T08:55:00Z"),
                "2026-03-03T08:50:00Z",
                true,
            ),
            (
                "2026-03-03T08:50:00Z",
                Some("2026-03-03T08:54:59.999999Z"),
                "2026-03-03T08:50:00Z",
                false,
            ),
            (
                "2026-03-03T09:05:00Z",
                Some("2026-03-03T09:06:00Z"),
                "2026-03-03T09:05:00Z",
                true,
            ),
            (
                "2026-03-03T09:05:00.000001Z",
                Some("2026-03-03T09:06:00Z"),
                "2026-03-03T09:05:00Z",
                false,
            ),
            // Without a next update the age decides.
            ("2026-03-03T08:55:00Z", None, "2026-03-03T08:55:00Z", true),
            ("2026-03-03T08:54:59Z", None, "2026-03-03T08:54:59Z", false),
            // Ends before it begins; signed long before what it tells.
            (
                "2026-03-03T09:00:00Z",
                Some("2026-03-03T08:59:59Z"),
                "2026-03-03T09:00:00Z",
                false,
            ),
            (
                "2026-03-03T09:00:00Z",
                Some("2026-03-03T09:01:00Z"),
                "2026-03-03T08:54:59Z",
                false,
            ),
        ] {
            let found =
                answer(this, next, produced).check_fresh(&policy, "2026-03-03T09:00:00Z".parse().unwrap());
            assert_eq!(found.is_ok(), fresh, "{this} {next:?} {produced}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_survived(data: Vec<u8>) {
            let _ = response::basic_response(&data).map(|basic| response::Basic::parse(basic).is_ok());
            let _ = response::Basic::parse(&data);
        }
    }
}
