//! Why a command did not work: the one table from causes to what programs and people are told.

use crate::base::code::PersonCode;
use crate::card::CardError;
use crate::card::codes::of_card;
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
        Self {
            code: told(&error),
            reason: of_card(&error),
            message: error.to_string(),
        }
    }
}

/// What programs are told: what the person did, what was asked wrongly, or that it did not work.
const fn told(error: &CardError) -> ErrorCode {
    match error {
        CardError::AlgorithmUnsupported(_) => ErrorCode::NativeInvalidArgument,
        CardError::PinCancelled => ErrorCode::UserCancelled,
        CardError::PinTimeout => ErrorCode::UserTimeout,
        _ => ErrorCode::NativeFatal,
    }
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
