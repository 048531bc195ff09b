//! Why a signed stage was not completed, for the formats that are not PDF.

use std::io;

use crate::ades::level::Level;
use crate::ades::validate::indication::Indication;
use crate::ades::validate::report::Report;
use crate::pki::need::Need;
use crate::pki::refusal::Refusal;

/// Why a signed stage was not completed. The stage itself is kept.
#[derive(Debug, thiserror::Error)]
pub enum AugmentError {
    /// What was made does not show the level ordered, or does not validate; it is not delivered.
    #[error("ordered {ordered}, the signature shows {} and is {}", shown.map_or("no level", Level::name), report.indication)]
    BelowLevel {
        /// What was ordered.
        ordered: Level,
        /// What it shows.
        shown: Option<Level>,
        /// Everything found.
        report: Box<Report>,
    },
    /// The content is not at hand, or not the one that was signed.
    #[error("the content is needed for this level and not at hand")]
    Content,
    /// The content cannot be read.
    #[error("the content could not be read")]
    Io(#[from] io::Error),
    /// The stored stage cannot be read or written.
    #[error("the signature cannot be written: {0}")]
    Message(String),
    /// A certificate is refused: revoked, suspended, its status unknown or not to be had.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// No time-stamp service gave a usable token; the causes, one a service.
    #[error("no usable time-stamp: {}", .0.join(", "))]
    TimeStamp(Vec<&'static str>),
}

impl AugmentError {
    /// The stable cause code.
    pub const fn cause(&self) -> &'static str {
        match self {
            Self::BelowLevel { .. } => "ADES_BELOW_LEVEL",
            Self::Content => "ADES_CONTENT",
            Self::Io(_) => "ADES_IO",
            Self::Message(_) => "ADES_MESSAGE",
            Self::Refused(refusal) => refusal.cause(),
            Self::TimeStamp(_) => "TST_UNAVAILABLE",
        }
    }

    /// Whether the same stage may be completed later without the signer.
    pub const fn is_retryable(&self) -> bool {
        matches!(
            self,
            Self::TimeStamp(_)
                | Self::Refused(Refusal::StatusUnavailable { .. } | Refusal::StatusUnknown { .. })
                | Self::Io(_)
        )
    }

    /// Whether no later try can help.
    pub fn is_final(&self) -> bool {
        match self {
            Self::BelowLevel { report, .. } => report.indication == Indication::TotalFailed,
            Self::Content => false,
            _ => !self.is_retryable(),
        }
    }

    /// What could not be read or written, in words.
    pub(in crate::ades) fn message(error: &dyn std::fmt::Display) -> Self {
        Self::Message(error.to_string())
    }
}

/// Why one signature of a file cannot be changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CannotChange {
    /// What a counter-signature has no place for.
    #[error(
        "a counter-signature goes up to B-LT: an archive time-stamp belongs to the signature that it is on"
    )]
    CounterAtMostLt,
    /// Another signature covers this one, or an archive time-stamp of the signature around, and would break when it
    /// changes.
    #[error("`{0}` cannot change any more, for another signature or an archive time-stamp covers it")]
    Covered(String),
}

impl CannotChange {
    /// The stable cause code.
    pub const fn cause(&self) -> &'static str {
        match self {
            Self::CounterAtMostLt => "ADES_FORM",
            Self::Covered(_) => "ADES_WOULD_NOT_HOLD",
        }
    }
}

/// No signature of a file has the name that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no signature `{name}`: there is {}", .known.join("; "))]
pub struct UnknownSignature {
    /// What was asked for.
    pub name: String,
    /// What there is.
    pub known: Vec<String>,
}

impl UnknownSignature {
    /// The stable cause code.
    pub const CAUSE: &'static str = "ADES_SIGNATURE_UNKNOWN";
}

/// What a completion wants next.
#[derive(Debug)]
pub enum Step<T> {
    /// Answer this.
    Need(Need),
    /// The level is reached, read back and validated.
    Done(Box<T>),
}
