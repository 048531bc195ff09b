//! Why a certificate, a path or a proof about it was refused.

use super::certificate::CertificateError;
use super::status::Reason;
use crate::base::digest::Sha256Digest;
use crate::base::time::Timestamp;
use crate::crypto::policy::AlgorithmRefusal;

/// One cause of refusal, with the figures an operator needs and nothing about the person.
///
/// `certificate` is always the SHA-256 of the certificate at fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// `ALG_FORBIDDEN`: hash, curve or key size not accepted at that time.
    #[error("algorithm not accepted: {reason}")]
    AlgorithmForbidden {
        /// Signed with it.
        certificate: Sha256Digest,
        /// What and until when.
        reason: AlgorithmRefusal,
    },
    /// `ALG_FORBIDDEN`: an algorithm or a key that zegel does not know.
    #[error("unknown algorithm or key")]
    AlgorithmUnknown {
        /// Signed with it, or holding the key.
        certificate: Sha256Digest,
    },
    /// `CA_CONSTRAINT`: an authority on the path is not entitled to issue.
    #[error("authority not entitled: {defect}")]
    AuthorityConstraint {
        /// The authority.
        certificate: Sha256Digest,
        /// In words.
        defect: &'static str,
    },
    /// `CERT_PARSE`.
    #[error("certificate not readable")]
    CertificateMalformed(#[from] CertificateError),
    /// `CRITICAL_EXT`: a critical extension that zegel does not know.
    #[error("unknown critical extension {extension}")]
    CriticalExtension {
        /// The certificate that has it.
        certificate: Sha256Digest,
        /// Its object identifier.
        extension: String,
    },
    /// `TIME_EXPIRED`.
    #[error("certificate expired on {not_after}, checked for {at}")]
    Expired {
        /// The one that expired.
        certificate: Sha256Digest,
        /// Its last instant.
        not_after: Timestamp,
        /// The moment checked.
        at: Timestamp,
    },
    /// `NAME_CONSTRAINT`.
    #[error("name outside what an authority above may name")]
    NameConstraint {
        /// The one whose name is outside.
        certificate: Sha256Digest,
    },
    /// `PATH_NO_ANCHOR`: nothing leads to a pinned root.
    #[error("no path to a pinned root")]
    NoAnchor,
    /// `TIME_NOT_YET`.
    #[error("certificate valid from {not_before}, checked for {at}")]
    NotYetValid {
        /// The one that is too young.
        certificate: Sha256Digest,
        /// Its first instant.
        not_before: Timestamp,
        /// The moment checked.
        at: Timestamp,
    },
    /// `PATH_LIMIT`: the search cost more than its budget.
    #[error("path search budget exceeded")]
    PathLimit,
    /// `POLICY_CONSTRAINT`: RFC 5280 policy processing leaves no policy where one is required.
    #[error("no acceptable certificate policy on the path")]
    PolicyConstraint,
    /// `PURPOSE_EKU`.
    #[error("extended key usage does not fit the purpose")]
    PurposeExtendedKeyUsage {
        /// The end entity.
        certificate: Sha256Digest,
    },
    /// `PURPOSE_KU`.
    #[error("key usage does not fit the purpose")]
    PurposeKeyUsage {
        /// The end entity.
        certificate: Sha256Digest,
    },
    /// `PURPOSE_POLICY`.
    #[error("certificate policy does not fit the purpose under this root")]
    PurposePolicy {
        /// The end entity.
        certificate: Sha256Digest,
    },
    /// `REVOKED`.
    #[error("certificate revoked at {at}")]
    Revoked {
        /// Which: the end entity, or an authority above it.
        certificate: Sha256Digest,
        /// Since when.
        at: Timestamp,
        /// Why.
        reason: Reason,
    },
    /// `SIG_INVALID`.
    #[error("certificate signature does not verify")]
    SignatureInvalid {
        /// Whose signature.
        certificate: Sha256Digest,
    },
    /// `REV_UNAVAILABLE`: no source gave a status that may be believed.
    #[error("no source tells whether the certificate is revoked")]
    StatusUnavailable {
        /// The certificate asked about.
        certificate: Sha256Digest,
        /// What was tried, in order, and why each was no answer.
        attempts: Vec<Attempt>,
    },
    /// `REV_UNKNOWN`: the responder does not know the certificate.
    #[error("responder does not know the certificate")]
    StatusUnknown {
        /// The certificate asked about.
        certificate: Sha256Digest,
    },
    /// `SUBJECT_PROFILE`: subject or issuer is not what the Belgian profile asks.
    #[error("certificate profile: {defect}")]
    SubjectProfile {
        /// The end entity.
        certificate: Sha256Digest,
        /// In words, without a value.
        defect: &'static str,
    },
    /// `SUSPENDED`: on hold, and may come back.
    #[error("certificate suspended since {since}")]
    Suspended {
        /// The certificate asked about.
        certificate: Sha256Digest,
        /// Since when.
        since: Timestamp,
    },
}

/// A source of status that gave nothing to believe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Attempt {
    /// `ocsp` or `crl`.
    pub source: &'static str,
    /// A code of the taxonomy (`OCSP_STALE`, …), or the word of a [`super::need::FetchFailure`].
    pub cause: &'static str,
}

impl Refusal {
    /// The stable code of the cause, for logs and tests.
    pub const fn cause(&self) -> &'static str {
        match self {
            Self::AlgorithmForbidden { .. } | Self::AlgorithmUnknown { .. } => "ALG_FORBIDDEN",
            Self::AuthorityConstraint { .. } => "CA_CONSTRAINT",
            Self::CertificateMalformed(_) => "CERT_PARSE",
            Self::CriticalExtension { .. } => "CRITICAL_EXT",
            Self::Expired { .. } => "TIME_EXPIRED",
            Self::NameConstraint { .. } => "NAME_CONSTRAINT",
            Self::NoAnchor => "PATH_NO_ANCHOR",
            Self::NotYetValid { .. } => "TIME_NOT_YET",
            Self::PathLimit => "PATH_LIMIT",
            Self::PolicyConstraint => "POLICY_CONSTRAINT",
            Self::PurposeExtendedKeyUsage { .. } => "PURPOSE_EKU",
            Self::PurposeKeyUsage { .. } => "PURPOSE_KU",
            Self::PurposePolicy { .. } => "PURPOSE_POLICY",
            Self::Revoked { .. } => "REVOKED",
            Self::SignatureInvalid { .. } => "SIG_INVALID",
            Self::StatusUnavailable { .. } => "REV_UNAVAILABLE",
            Self::StatusUnknown { .. } => "REV_UNKNOWN",
            Self::SubjectProfile { .. } => "SUBJECT_PROFILE",
            Self::Suspended { .. } => "SUSPENDED",
        }
    }

    /// How much this cause tells; of several failed paths the one that got furthest is reported.
    pub const fn rank(&self) -> u8 {
        match self {
            Self::NoAnchor => 0,
            Self::SignatureInvalid { .. } => 1,
            Self::AlgorithmUnknown { .. } => 2,
            Self::AuthorityConstraint { .. } => 3,
            Self::CriticalExtension { .. } => 4,
            Self::NameConstraint { .. } | Self::PolicyConstraint => 5,
            Self::AlgorithmForbidden { .. } => 6,
            Self::NotYetValid { .. } | Self::Expired { .. } => 7,
            Self::PurposeExtendedKeyUsage { .. }
            | Self::PurposeKeyUsage { .. }
            | Self::PurposePolicy { .. }
            | Self::SubjectProfile { .. } => 8,
            // Not met by the path search, which knows nothing of status.
            Self::CertificateMalformed(_)
            | Self::PathLimit
            | Self::Revoked { .. }
            | Self::StatusUnavailable { .. }
            | Self::StatusUnknown { .. }
            | Self::Suspended { .. } => 9,
        }
    }
}
