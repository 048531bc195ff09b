//! The one table from causes to the codes whose texts people read.
//!
//! A cause is for the log; several causes share a code where telling them apart would only help an attacker.

use crate::base::code::PersonCode;
use crate::card::CardError;
use crate::login::LoginRefusal;

/// What a person reads when the card, its reader or its PIN is the cause.
pub const fn of_card(error: &CardError) -> PersonCode {
    match error {
        CardError::AccessDenied => PersonCode::PcscDenied,
        CardError::AlgorithmUnsupported(_) | CardError::CardUnsupported | CardError::FileMissing(_) => {
            PersonCode::CardUnsupported
        }
        CardError::CardBusy | CardError::CardReset => PersonCode::CardBusy,
        CardError::CardMissing => PersonCode::CardMissing,
        CardError::CardMute
        | CardError::Communication
        | CardError::Deadline
        | CardError::Malformed { .. }
        | CardError::MemoryFailure
        | CardError::OutcomeUnknown
        | CardError::ReaderStuck
        | CardError::Service(_)
        | CardError::ShortRead(_)
        | CardError::SignatureInvalid
        | CardError::Status { .. } => PersonCode::CardUnreadable,
        CardError::CardNotActivated => PersonCode::CardNotActivated,
        CardError::CardRemoved => PersonCode::CardRemoved,
        CardError::CertificateMissing(_) => PersonCode::CertificateMissing,
        CardError::NoReader | CardError::ReaderUnknown(_) => PersonCode::ReaderMissing,
        CardError::NoService => PersonCode::PcscUnavailable,
        CardError::PinBlocked => PersonCode::PinBlocked,
        CardError::PinCancelled => PersonCode::PinCancelled,
        CardError::PinLastTry => PersonCode::PinLastAttempt,
        CardError::PinLength { .. } => PersonCode::PinLength,
        CardError::PinProgram(_) => PersonCode::PinProgramMissing,
        CardError::PinTimeout => PersonCode::PinTimeout,
        CardError::PinWrong { .. } => PersonCode::PinWrong,
        CardError::ReaderGone => PersonCode::ReaderRemoved,
        CardError::SeveralCards => PersonCode::SeveralCards,
    }
}

/// Attempts left before the PIN is blocked, where this cause tells.
pub const fn tries_left(error: &CardError) -> Option<u8> {
    match error {
        CardError::PinWrong { left } => Some(*left),
        CardError::PinLastTry => Some(1),
        CardError::PinBlocked => Some(0),
        _ => None,
    }
}

/// What a person reads when the card's answer was refused.
///
/// The state of a certificate is its holder's to know. Everything that a tampered or foreign answer could cause
/// reads the same.
pub const fn of_login(refusal: &LoginRefusal) -> PersonCode {
    match refusal {
        LoginRefusal::CertificateExpired(_) => PersonCode::CertificateExpired,
        LoginRefusal::CertificateNotYetValid(_) => PersonCode::CertificateNotYetValid,
        LoginRefusal::CertificateRevoked(_) => PersonCode::CertificateRevoked,
        LoginRefusal::CertificateSuspended(_) => PersonCode::CertificateSuspended,
        LoginRefusal::CertificateUntrusted(_) => PersonCode::CertificateUntrusted,
        LoginRefusal::NonceExpired => PersonCode::LoginExpired,
        LoginRefusal::StatusUnknown(_) => PersonCode::RevocationUnavailable,
        LoginRefusal::AlgorithmKeyMismatch
        | LoginRefusal::AlgorithmNotAllowed
        | LoginRefusal::BadRequest
        | LoginRefusal::CertificateMalformed
        | LoginRefusal::CertificatePolicy(_)
        | LoginRefusal::CertificatePurpose(_)
        | LoginRefusal::NonceMissing
        | LoginRefusal::NotPermitted
        | LoginRefusal::SignatureInvalid
        | LoginRefusal::SubjectInvalid
        | LoginRefusal::TokenFormat
        | LoginRefusal::TokenMalformed(_) => PersonCode::LoginRefused,
    }
}
