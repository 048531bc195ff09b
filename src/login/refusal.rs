//! Why a log-in was refused.

use crate::pki::refusal::Refusal;
use crate::webeid::TokenError;

/// One cause of refusal, in the order in which they are checked. The person sees one generic text for nearly all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoginRefusal {
    /// `bad_request`: not a same-origin JSON post of a page of this session.
    #[error("request not from a page of this session")]
    BadRequest,
    /// `token_malformed`.
    #[error("token not readable")]
    TokenMalformed(#[source] TokenError),
    /// `token_format`: another format or major version.
    #[error("token of another format")]
    TokenFormat,
    /// `nonce_missing`: no such challenge for this session and interaction, or it was used.
    #[error("no challenge waits for this answer")]
    NonceMissing,
    /// `nonce_expired`.
    #[error("the challenge has expired")]
    NonceExpired,
    /// `alg_not_allowed`.
    #[error("signature algorithm not in the list")]
    AlgorithmNotAllowed,
    /// `cert_malformed`.
    #[error("certificate not readable")]
    CertificateMalformed,
    /// `alg_key_mismatch`: key, algorithm and length of the signature do not fit.
    #[error("key and algorithm do not fit")]
    AlgorithmKeyMismatch,
    /// `cert_expired`.
    #[error("certificate expired")]
    CertificateExpired(#[source] Refusal),
    /// `cert_not_yet_valid`.
    #[error("certificate not yet valid")]
    CertificateNotYetValid(#[source] Refusal),
    /// `cert_purpose`.
    #[error("certificate not for authentication")]
    CertificatePurpose(#[source] Refusal),
    /// `cert_policy`.
    #[error("certificate policy not accepted")]
    CertificatePolicy(#[source] Refusal),
    /// `cert_untrusted`.
    #[error("certificate not trusted")]
    CertificateUntrusted(#[source] Refusal),
    /// `signature_invalid`.
    #[error("signature over origin and challenge does not verify")]
    SignatureInvalid,
    /// `cert_revoked`.
    #[error("certificate revoked")]
    CertificateRevoked(#[source] Refusal),
    /// `cert_suspended`: on hold, as new cards are before they are activated.
    #[error("certificate suspended")]
    CertificateSuspended(#[source] Refusal),
    /// `status_unknown`: nobody tells, so nobody enters.
    #[error("status of the certificate not known")]
    StatusUnknown(#[source] Refusal),
    /// `subject_invalid`.
    #[error("subject of the certificate not that of a person in Belgium")]
    SubjectInvalid,
    /// `not_permitted`: on a block list, or against a rule of accounts.
    #[error("not permitted here")]
    NotPermitted,
}

impl LoginRefusal {
    /// The stable code of the cause, for logs and tests.
    pub const fn cause(&self) -> &'static str {
        match self {
            Self::BadRequest => "bad_request",
            Self::TokenMalformed(_) => "token_malformed",
            Self::TokenFormat => "token_format",
            Self::NonceMissing => "nonce_missing",
            Self::NonceExpired => "nonce_expired",
            Self::AlgorithmNotAllowed => "alg_not_allowed",
            Self::CertificateMalformed => "cert_malformed",
            Self::AlgorithmKeyMismatch => "alg_key_mismatch",
            Self::CertificateExpired(_) => "cert_expired",
            Self::CertificateNotYetValid(_) => "cert_not_yet_valid",
            Self::CertificatePurpose(_) => "cert_purpose",
            Self::CertificatePolicy(_) => "cert_policy",
            Self::CertificateUntrusted(_) => "cert_untrusted",
            Self::SignatureInvalid => "signature_invalid",
            Self::CertificateRevoked(_) => "cert_revoked",
            Self::CertificateSuspended(_) => "cert_suspended",
            Self::StatusUnknown(_) => "status_unknown",
            Self::SubjectInvalid => "subject_invalid",
            Self::NotPermitted => "not_permitted",
        }
    }

    /// The finer code behind the cause, where certificates are concerned, for the log.
    pub const fn detail(&self) -> Option<&'static str> {
        match self {
            Self::CertificateExpired(refusal)
            | Self::CertificateNotYetValid(refusal)
            | Self::CertificatePurpose(refusal)
            | Self::CertificatePolicy(refusal)
            | Self::CertificateUntrusted(refusal)
            | Self::CertificateRevoked(refusal)
            | Self::CertificateSuspended(refusal)
            | Self::StatusUnknown(refusal) => Some(refusal.cause()),
            _ => None,
        }
    }

    /// The refusal that a certificate's own refusal means at log-in.
    pub(super) fn of_certificate(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Expired { .. } => Self::CertificateExpired(refusal),
            Refusal::NotYetValid { .. } => Self::CertificateNotYetValid(refusal),
            Refusal::PurposeKeyUsage { .. } | Refusal::PurposeExtendedKeyUsage { .. } => {
                Self::CertificatePurpose(refusal)
            }
            Refusal::PurposePolicy { .. } => Self::CertificatePolicy(refusal),
            Refusal::Revoked { .. } => Self::CertificateRevoked(refusal),
            Refusal::Suspended { .. } => Self::CertificateSuspended(refusal),
            Refusal::StatusUnavailable { .. } | Refusal::StatusUnknown { .. } => Self::StatusUnknown(refusal),
            Refusal::CertificateMalformed(_) => Self::CertificateMalformed,
            _ => Self::CertificateUntrusted(refusal),
        }
    }
}
