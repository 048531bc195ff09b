//! What every way to log in ends in.

use serde::{Deserialize, Serialize};

use super::{AssuranceLevel, Channel, Means, Person};
use crate::base::digest::Sha256Digest;
use crate::base::time::Timestamp;
use crate::pki::revocation::Tolerance;

/// A finished proof of identity. Made only by a verifier that ran all its checks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginResult {
    /// Who.
    pub person: Person,
    /// With what.
    pub means: Means,
    /// How sure.
    pub level: AssuranceLevel,
    /// When the proof was verified, UTC.
    pub authenticated_at: Timestamp,
    /// What it rests on; holds no personal data and may be stored and logged.
    pub evidence: Evidence,
}

/// What a log-in rests on, for the audit record. Fingerprints only: nothing in it names the person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// The way the card's answer came.
    pub channel: Channel,
    /// SHA-256 of the person's certificate.
    pub certificate: Sha256Digest,
    /// SHA-256 of the certificate of the authority that issued it.
    pub issuer: Sha256Digest,
    /// SHA-256 of the pinned root the path ends in.
    pub anchor: Sha256Digest,
    /// Where the certificate's status was learnt.
    pub status_source: StatusSource,
    /// The moment that status speaks of (`thisUpdate`); none when nobody told it.
    pub status_at: Option<Timestamp>,
    /// The same as `status_source`, of the authority's certificate.
    pub issuer_status_source: StatusSource,
}

impl Evidence {
    /// What had to be tolerated for it to count.
    pub const fn tolerance(&self) -> Tolerance {
        match (self.status_source, self.issuer_status_source) {
            (StatusSource::Outage, _) | (_, StatusSource::Outage) => Tolerance::Outage,
            (StatusSource::CrlOverdue, _) => Tolerance::Grace,
            // A root's list counts until its own end in any case (reference pki-and-trust §3.5).
            (StatusSource::Crl | StatusSource::Ocsp, _) => Tolerance::HardFail,
        }
    }
}

/// Where the status of a certificate was learnt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StatusSource {
    /// A certificate revocation list, RFC 5280 §5.
    Crl,
    /// Such a list within its own time, of which a newer one could not be fetched.
    CrlOverdue,
    /// An OCSP response, RFC 6960.
    Ocsp,
    /// Nowhere: an operator's switch let in whoever was not known to be revoked.
    Outage,
}
