//! Why a command did not work: the one table from causes to what programs and people are told.

use crate::base::code::PersonCode;
use crate::card::CardError;
use crate::webeid::{Answer, ErrorCode, RequestError};

use super::origin::OriginError;

/// A cause as it goes out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) code: ErrorCode,
    /// The text a page of ours shows.
    pub(super) reason: PersonCode,
    /// In English, for the people who run the application.
    pub(super) message: String,
}

impl Problem {
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self {
            code: ErrorCode::NativeInvalidArgument,
            reason: PersonCode::RequestInvalid,
            message: message.into(),
        }
    }

    /// The card in the reader is not the one that the command is about.
    pub(super) fn other_card() -> Self {
        Self {
            reason: PersonCode::CardChanged,
            ..Self::invalid("the certificate is not that of a card in a reader")
        }
    }

    /// As it is sent. `signed`: for a list, how many values were sent before.
    pub(super) fn answer(&self, signed: Option<usize>) -> Answer {
        Answer::Failure {
            code: self.code,
            message: self.message.clone(),
            reason: self.reason.as_str(),
            signed,
        }
    }
}

impl From<RequestError> for Problem {
    fn from(error: RequestError) -> Self {
        Self::invalid(error.to_string())
    }
}

impl From<OriginError> for Problem {
    fn from(error: OriginError) -> Self {
        Self::invalid(error.to_string())
    }
}

impl From<CardError> for Problem {
    fn from(error: CardError) -> Self {
        let (code, reason) = told(&error);
        Self {
            code,
            reason,
            message: error.to_string(),
        }
    }
}

/// What programs and people are told. No catch-all: a new cause does not compile until somebody decided.
const fn told(error: &CardError) -> (ErrorCode, PersonCode) {
    let reason = match error {
        CardError::AlgorithmUnsupported(_) => {
            return (ErrorCode::NativeInvalidArgument, PersonCode::CardUnsupported);
        }
        CardError::PinCancelled => return (ErrorCode::UserCancelled, PersonCode::PinCancelled),
        CardError::PinTimeout => return (ErrorCode::UserTimeout, PersonCode::PinTimeout),
        CardError::AccessDenied => PersonCode::PcscDenied,
        CardError::CardBusy | CardError::CardReset | CardError::PinRightMissing => PersonCode::CardBusy,
        CardError::CardMissing => PersonCode::CardMissing,
        CardError::CardNotActivated | CardError::KeyUnusable => PersonCode::CardNotActivated,
        CardError::CardRemoved => PersonCode::CardRemoved,
        CardError::CardUnsupported
        | CardError::FileMissing(_)
        | CardError::FunctionUnavailable(_)
        | CardError::KeyMissing
        | CardError::KeyUnknown(_) => PersonCode::CardUnsupported,
        CardError::CertificateMissing(_) => PersonCode::CertificateMissing,
        CardError::NoReader | CardError::ReaderUnknown(_) => PersonCode::ReaderMissing,
        CardError::NoService => PersonCode::PcscUnavailable,
        CardError::PinBlocked | CardError::PukBlocked | CardError::PukUnsupported => PersonCode::PinBlocked,
        CardError::PinLastTry => PersonCode::PinLastAttempt,
        CardError::PinLength { .. } | CardError::PinsDiffer | CardError::PukLength => PersonCode::PinLength,
        CardError::PinPad(_) | CardError::PinProgram(_) => PersonCode::PinProgramMissing,
        CardError::PinRefused
        | CardError::PinWrong { .. }
        | CardError::PukRefused
        | CardError::PukWrong { .. } => PersonCode::PinWrong,
        CardError::ReaderGone => PersonCode::ReaderRemoved,
        CardError::SeveralCards => PersonCode::SeveralCards,
        CardError::CardFailed(_)
        | CardError::CardMute
        | CardError::Communication
        | CardError::Deadline
        | CardError::Malformed { .. }
        | CardError::MemoryFailure
        | CardError::OutcomeUnknown
        | CardError::ReaderStuck
        | CardError::Service(_)
        | CardError::ShortRead(_)
        | CardError::SignatureInvalid
        | CardError::Status { .. }
        | CardError::TouchMissing => PersonCode::CardUnreadable,
    };
    (ErrorCode::NativeFatal, reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_person_did_is_told_apart_from_what_went_wrong() {
        for (error, code, reason) in [
            (
                CardError::PinCancelled,
                ErrorCode::UserCancelled,
                PersonCode::PinCancelled,
            ),
            (
                CardError::PinTimeout,
                ErrorCode::UserTimeout,
                PersonCode::PinTimeout,
            ),
            (
                CardError::PinBlocked,
                ErrorCode::NativeFatal,
                PersonCode::PinBlocked,
            ),
            (
                CardError::AlgorithmUnsupported(20),
                ErrorCode::NativeInvalidArgument,
                PersonCode::CardUnsupported,
            ),
        ] {
            let problem = Problem::from(error);
            assert_eq!((problem.code, problem.reason), (code, reason));
        }
    }
}
