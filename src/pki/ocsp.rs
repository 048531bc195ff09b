//! OCSP: what is asked, and what an answer must fulfil before it is believed.
//!
//! Times are read and compared here. No library's own time check is used: one that is common accepts a stale answer
//! when its times have fractional seconds.

use std::time::Duration;

use super::certificate::Certificate;
use super::extensions::{ExtendedKeyUsage, KeyUsage};
use super::links::VerifiedLinks;
use super::name::Name;
use super::rules;
use super::status::{CertificateStatus, Reason};
use crate::asn1::oid::Oid;
use crate::asn1::read::{self, Asn1Error, Element, Reader, Rules};
use crate::asn1::write::{self, tag};
use crate::base::digest::HashAlgorithm;
use crate::base::random::{self, Random};
use crate::base::secret::constant_time_eq;
use crate::base::time::Timestamp;
use crate::crypto::algorithm::{self, SignatureAlgorithm};
use crate::crypto::policy::AlgorithmPolicy;

/// Content octets of id-pkix-ocsp, 1.3.6.1.5.5.7.48.1.
const PKIX_OCSP: &[u8] = &[0x2B, 6, 1, 5, 5, 7, 48, 1];
/// Largest answer read, in bytes; real ones are 3 to 5 kB.
pub const MAX_BYTES: usize = 64 * 1024;
/// Most certificates looked at in one answer; real ones carry three.
const MAX_CERTIFICATES: usize = 8;
/// Most single responses looked at.
const MAX_RESPONSES: usize = 64;

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

    /// The moment after which the answer is not used again: its next update or its largest age, whatever is first.
    pub fn reusable_until(&self, policy: &OcspPolicy) -> Timestamp {
        let aged = self.this_update.plus(policy.max_age);
        self.next_update.map_or(aged, |next| next.min(aged))
    }
}

/// Rule 5 of reference pki-and-trust §3.3.
fn check_times(
    produced_at: Timestamp,
    this_update: Timestamp,
    next_update: Option<Timestamp>,
    policy: &OcspPolicy,
    at: Timestamp,
) -> Result<(), OcspDefect> {
    let latest = at.plus(policy.skew);
    let begun = this_update <= latest && produced_at <= latest;
    let ordered =
        next_update.is_none_or(|next| next >= this_update) && produced_at.plus(policy.skew) >= this_update;
    let lasts = match next_update {
        Some(next) => at <= next.plus(policy.skew),
        None => at.since(this_update) <= policy.max_age,
    };
    if begun && ordered && lasts {
        Ok(())
    } else {
        Err(OcspDefect::Stale)
    }
}

/// As [`verify`], for an answer that must be fresh at `at`. Its times are judged before its signature: they cost
/// nothing, and an old answer is better called old than signed by somebody whose certificate did not exist then.
///
/// # Errors
/// As [`verify`], and `Stale`.
#[expect(clippy::too_many_arguments, reason = "the moment beside what `verify` takes")]
pub fn verify_fresh(
    der: &[u8],
    cert_id: &CertId,
    nonce: Option<&[u8]>,
    issuer: &Certificate,
    policy: &OcspPolicy,
    algorithms: &AlgorithmPolicy,
    links: Option<&VerifiedLinks>,
    at: Timestamp,
) -> Result<OcspAnswer, OcspDefect> {
    verify_at(der, cert_id, nonce, issuer, policy, algorithms, links, Some(at))
}

/// Reads an answer and checks everything but its freshness at a later moment.
///
/// `cert_id`: the certificate asked about; `nonce`: what was sent, `None` for embedded or stapled answers.
/// `issuer`: the authority that issued that certificate. `links`: remembers appointed responders.
///
/// # Errors
/// The first rule of reference pki-and-trust §3.3 that is broken.
///
/// Source: RFC 6960 §3.2, §4.2; RFC 9654.
pub fn verify(
    der: &[u8],
    cert_id: &CertId,
    nonce: Option<&[u8]>,
    issuer: &Certificate,
    policy: &OcspPolicy,
    algorithms: &AlgorithmPolicy,
    links: Option<&VerifiedLinks>,
) -> Result<OcspAnswer, OcspDefect> {
    verify_at(der, cert_id, nonce, issuer, policy, algorithms, links, None)
}

#[expect(clippy::too_many_arguments, reason = "the moment beside what `verify` takes")]
fn verify_at(
    der: &[u8],
    cert_id: &CertId,
    nonce: Option<&[u8]>,
    issuer: &Certificate,
    policy: &OcspPolicy,
    algorithms: &AlgorithmPolicy,
    links: Option<&VerifiedLinks>,
    at: Option<Timestamp>,
) -> Result<OcspAnswer, OcspDefect> {
    if der.len() > MAX_BYTES {
        return Err(OcspDefect::Malformed);
    }
    let basic = basic_response(der)?;
    let parsed = Basic::parse(basic)?;
    let single = parsed
        .responses
        .iter()
        .find(|single| single.cert_id.as_ref() == Some(cert_id));
    let single = single.ok_or(OcspDefect::Mismatch)?;
    if parsed.unknown_critical || single.unknown_critical {
        return Err(OcspDefect::CriticalExtension);
    }
    match (nonce, &parsed.nonce) {
        (Some(sent), Some(returned)) if !constant_time_eq(sent, returned) => return Err(OcspDefect::Nonce),
        (Some(_), None) if !policy.nonce_optional => return Err(OcspDefect::Nonce),
        _ => {}
    }
    if let Some(at) = at {
        check_times(
            parsed.produced_at,
            single.this_update,
            single.next_update,
            policy,
            at,
        )?;
    }
    let (responder, appointed) = parsed.responder(issuer, algorithms, links)?;
    Ok(OcspAnswer {
        status: single.status,
        produced_at: parsed.produced_at,
        this_update: single.this_update,
        next_update: single.next_update,
        responder_needs_status: appointed && !responder.extensions().ocsp_nocheck,
        responder,
        der: der.to_vec(),
    })
}

/// The BasicOCSPResponse inside an OCSPResponse that says successful.
fn basic_response(der: &[u8]) -> Result<&[u8], OcspDefect> {
    let mut outer = Reader::new(der, Rules::Der);
    let mut parts = outer.sequence()?;
    outer.finish()?;
    let status = parts.expect(tag::ENUMERATED)?.unsigned()?;
    if status != 0 {
        return Err(OcspDefect::Status(status));
    }
    let mut explicit = parts.expect(tag::context_constructed(0))?.inside()?;
    parts.finish()?;
    let mut bytes = explicit.sequence()?;
    explicit.finish()?;
    let kind = bytes.any()?.oid()?;
    let basic = bytes.expect(tag::OCTET_STRING)?;
    bytes.finish()?;
    if kind.content().strip_prefix(PKIX_OCSP) != Some(&[1]) {
        return Err(OcspDefect::Malformed);
    }
    Ok(basic.content())
}

enum ResponderId {
    Name(Name),
    KeyHash(Vec<u8>),
}

struct Single {
    cert_id: Option<CertId>,
    status: CertificateStatus,
    this_update: Timestamp,
    next_update: Option<Timestamp>,
    unknown_critical: bool,
}

struct Basic<'a> {
    tbs: &'a [u8],
    algorithm: &'a [u8],
    signature: &'a [u8],
    responder: ResponderId,
    produced_at: Timestamp,
    responses: Vec<Single>,
    nonce: Option<Vec<u8>>,
    unknown_critical: bool,
    certificates: Vec<Certificate>,
}

impl<'a> Basic<'a> {
    fn parse(der: &'a [u8]) -> Result<Self, OcspDefect> {
        let mut outer = Reader::new(der, Rules::Der);
        let mut parts = outer.sequence()?;
        outer.finish()?;
        let tbs = parts.expect(tag::SEQUENCE)?;
        let algorithm = parts.expect(tag::SEQUENCE)?.whole();
        let signature = parts.expect(tag::BIT_STRING)?.bit_octets()?;
        let mut certificates = Vec::new();
        if let Some(explicit) = parts.optional(tag::context_constructed(0))? {
            let mut list = explicit.inside()?.sequence()?;
            while let Some(element) = list.next()? {
                // A certificate that does not parse can sign nothing; the others may.
                if let Ok(certificate) = Certificate::parse(element.whole()) {
                    certificates.push(certificate);
                }
                if certificates.len() > MAX_CERTIFICATES {
                    return Err(OcspDefect::Malformed);
                }
            }
        }
        parts.finish()?;

        let mut fields = tbs.inside()?;
        if let Some(explicit) = fields.optional(tag::context_constructed(0))? {
            // The default (v1) is left out in DER, but some write it.
            if explicit.inside()?.any()?.unsigned()? != 0 {
                return Err(OcspDefect::Malformed);
            }
        }
        let id = fields.any()?;
        let responder = match id.tag() {
            0xA1 => ResponderId::Name(Name::parse(id.content())?),
            0xA2 => ResponderId::KeyHash(read::single(id.content(), Rules::Der)?.octets()?.into_owned()),
            _ => return Err(OcspDefect::Malformed),
        };
        let produced_at = fields.expect(tag::GENERALIZED_TIME)?.time()?;
        let mut list = fields.sequence()?;
        let mut responses = Vec::new();
        while let Some(element) = list.next()? {
            responses.push(Single::parse(&element)?);
            if responses.len() > MAX_RESPONSES {
                return Err(OcspDefect::Malformed);
            }
        }
        let mut nonce = None;
        let mut unknown_critical = false;
        if let Some(explicit) = fields.optional(tag::context_constructed(1))? {
            let mut inside = explicit.inside()?;
            unknown_critical = each_extension(&inside.expect(tag::SEQUENCE)?, |id, value| {
                if id.content().strip_prefix(PKIX_OCSP) == Some(&[2]) {
                    // Some responders put the octets there without their own OCTET STRING around them.
                    let inner = read::single(value, Rules::Der)
                        .ok()
                        .filter(|inner| inner.tag() == tag::OCTET_STRING);
                    nonce = Some(inner.map_or(value, |inner| inner.content()).to_vec());
                }
            })?;
            inside.finish()?;
        }
        fields.finish()?;
        Ok(Self {
            tbs: tbs.whole(),
            algorithm,
            signature,
            responder,
            produced_at,
            responses,
            nonce,
            unknown_critical,
            certificates,
        })
    }

    /// Finds who signed, checks that they may, and the signature. Tells whether they were appointed.
    fn responder(
        &self,
        issuer: &Certificate,
        algorithms: &AlgorithmPolicy,
        links: Option<&VerifiedLinks>,
    ) -> Result<(Certificate, bool), OcspDefect> {
        let algorithm = SignatureAlgorithm::from_identifier(self.algorithm).ok_or(OcspDefect::Algorithm)?;
        for candidate in std::iter::once(issuer).chain(&self.certificates) {
            let named = match &self.responder {
                ResponderId::Name(name) => candidate.subject() == name,
                ResponderId::KeyHash(hash) => candidate.key_hash(HashAlgorithm::Sha1) == *hash,
            };
            if !named {
                continue;
            }
            let is_issuer =
                candidate.spki_der() == issuer.spki_der() && candidate.subject() == issuer.subject();
            if !is_issuer && !self.is_appointed(candidate, issuer, algorithms, links) {
                continue;
            }
            let Ok(key) = candidate.public_key() else { continue };
            algorithms
                .check(algorithm, key.kind(), self.produced_at)
                .map_err(|_| OcspDefect::Algorithm)?;
            if key.verify(algorithm, self.tbs, self.signature).is_ok() {
                return Ok((candidate.clone(), !is_issuer));
            }
        }
        Err(OcspDefect::Signer)
    }

    /// Whether `issuer` itself appointed `candidate` to answer, and that certificate held when the answer was made.
    ///
    /// WHY: no nesting of extended key usages. Belgian issuing authorities restrict theirs to client
    /// authentication and mail, and their real responders would be refused (RFC 5280 does not ask for it).
    fn is_appointed(
        &self,
        candidate: &Certificate,
        issuer: &Certificate,
        algorithms: &AlgorithmPolicy,
        links: Option<&VerifiedLinks>,
    ) -> bool {
        let extensions = candidate.extensions();
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
        if algorithms.check(algorithm, kind, self.produced_at).is_err() {
            return false;
        }
        if links.is_some_and(|links| links.holds_responder(candidate, issuer)) {
            return true;
        }
        let verified = issuer.public_key().is_ok_and(|key| {
            key.verify(algorithm, candidate.tbs_der(), candidate.signature())
                .is_ok()
        });
        if verified && let Some(links) = links {
            links.remember_responder(candidate, issuer);
        }
        verified
    }
}

impl Single {
    fn parse(element: &Element<'_>) -> Result<Self, OcspDefect> {
        let mut parts = element.inside()?;
        let cert_id = CertId::parse(&parts.expect(tag::SEQUENCE)?)?;
        let state = parts.any()?;
        let status = match state.tag() {
            0x80 if state.content().is_empty() => CertificateStatus::Good,
            0x82 if state.content().is_empty() => CertificateStatus::Unknown,
            0xA1 => {
                let mut info = state.inside()?;
                let at = info.expect(tag::GENERALIZED_TIME)?.time()?;
                let reason = match info.optional(tag::context_constructed(0))? {
                    Some(explicit) => {
                        let code = explicit.inside()?.expect(tag::ENUMERATED)?.unsigned()?;
                        Reason::from_code(code).ok_or(OcspDefect::Malformed)?
                    }
                    None => Reason::Unspecified,
                };
                info.finish()?;
                CertificateStatus::Revoked { at, reason }
            }
            _ => return Err(OcspDefect::Malformed),
        };
        let this_update = parts.expect(tag::GENERALIZED_TIME)?.time()?;
        let next_update = match parts.optional(tag::context_constructed(0))? {
            Some(explicit) => {
                let mut inside = explicit.inside()?;
                let next = inside.expect(tag::GENERALIZED_TIME)?.time()?;
                inside.finish()?;
                Some(next)
            }
            None => None,
        };
        let unknown_critical = match parts.optional(tag::context_constructed(1))? {
            Some(explicit) => each_extension(&explicit.inside()?.expect(tag::SEQUENCE)?, |_, _| ())?,
            None => false,
        };
        parts.finish()?;
        Ok(Self {
            cert_id,
            status,
            this_update,
            next_update,
            unknown_critical,
        })
    }
}

/// Calls `visit` for each extension; tells whether one is critical and unknown.
fn each_extension(list: &Element<'_>, mut visit: impl FnMut(&Oid, &[u8])) -> Result<bool, OcspDefect> {
    let mut items = list.inside()?;
    let mut unknown_critical = false;
    let mut seen: Vec<Oid> = Vec::new();
    while let Some(item) = items.next()? {
        let mut parts = item.inside()?;
        let id = parts.any()?.oid()?;
        let critical = match parts.optional(tag::BOOLEAN)? {
            Some(flag) => flag.boolean()?,
            None => false,
        };
        let value = parts.expect(tag::OCTET_STRING)?;
        parts.finish()?;
        if seen.contains(&id) {
            return Err(OcspDefect::Malformed);
        }
        // Nonce, CRL reference, archive cutoff, preferred algorithms, extended revoked definition.
        let known = matches!(id.content().strip_prefix(PKIX_OCSP), Some([2 | 3 | 6 | 8 | 9]));
        unknown_critical |= critical && !known;
        visit(&id, value.content());
        seen.push(id);
    }
    Ok(unknown_critical)
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
            let _ = basic_response(&data).map(|basic| Basic::parse(basic).is_ok());
            let _ = Basic::parse(&data);
        }
    }
}
