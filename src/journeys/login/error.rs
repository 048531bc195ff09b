//! Why a log-in does not go on. Causes are for the log; a person reads the text of the code.

use crate::base::code::PersonCode;
use crate::oidc::authorize::PageError;
use crate::store::db::StoreError;

/// Why a log-in does not go on.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// No board at this address.
    #[error("there is no such board")]
    BoardUnknown,
    /// The capacity chosen is none of the person's, or one had to be chosen.
    #[error("the capacity is not one of this person's now")]
    CapacityUnknown,
    /// Something about the card, the PIN, the reader or the certificate; it has its own text.
    #[error("the card action ended with {cause}")]
    Card {
        /// Its text.
        code: PersonCode,
        /// Its stable cause.
        cause: &'static str,
    },
    /// This installation uses no reader of its own.
    #[error("the counter's reader is not in use here")]
    CounterOff,
    /// The browser is not on this machine.
    #[error("the counter's reader serves browsers of its own machine only")]
    CounterElsewhere,
    /// What is stored contradicts itself: a client that vanished, a session without its person.
    #[error("what is stored contradicts itself")]
    Inconsistent,
    /// The visit took too long.
    #[error("the visit expired")]
    InteractionExpired,
    /// The visit was answered or cancelled before.
    #[error("the visit is finished")]
    InteractionFinished,
    /// No such visit for this browser.
    #[error("there is no such visit for this browser")]
    InteractionUnknown,
    /// No challenge for this browser, visit and purpose, or one that was answered before.
    #[error("there is no challenge to answer")]
    NonceMissing,
    /// The challenge is too old.
    #[error("the challenge expired")]
    NonceExpired,
    /// The authorization request ends on a page of ours.
    #[error(transparent)]
    Page(#[from] PageError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The visit is at another stage: a button of an old page.
    #[error("the visit is at another stage")]
    WrongStage,
}

impl LoginError {
    /// The stable cause, for the log.
    pub const fn cause(&self) -> &'static str {
        match self {
            Self::BoardUnknown => "BOARD_UNKNOWN",
            Self::CapacityUnknown => "CAPACITY_UNKNOWN",
            Self::Card { cause, .. } => cause,
            Self::CounterOff => "COUNTER_OFF",
            Self::CounterElsewhere => "COUNTER_ELSEWHERE",
            Self::Inconsistent => "LOGIN_INCONSISTENT",
            Self::InteractionExpired => "INTERACTION_EXPIRED",
            Self::InteractionFinished => "INTERACTION_FINISHED",
            Self::InteractionUnknown => "INTERACTION_UNKNOWN",
            Self::NonceMissing => "nonce_missing",
            Self::NonceExpired => "nonce_expired",
            Self::Page(error) => error.cause(),
            Self::Store(error) => error.cause(),
            Self::WrongStage => "INTERACTION_STAGE",
        }
    }

    /// What the person reads.
    pub const fn code(&self) -> PersonCode {
        match self {
            Self::BoardUnknown => PersonCode::NotFound,
            Self::CapacityUnknown => PersonCode::MandateExpired,
            Self::Card { code, .. } => *code,
            Self::CounterOff | Self::CounterElsewhere => PersonCode::CounterOnlyHere,
            Self::Inconsistent => PersonCode::ServerError,
            Self::InteractionExpired | Self::InteractionUnknown | Self::NonceExpired => {
                PersonCode::LoginExpired
            }
            Self::InteractionFinished | Self::WrongStage => PersonCode::LoginElsewhereFinished,
            Self::NonceMissing => PersonCode::LoginRefused,
            Self::Page(error) => match error {
                PageError::ClientMissing | PageError::ClientUnknown => PersonCode::ClientUnknown,
                PageError::RedirectUriMissing | PageError::RedirectUriUnknown => {
                    PersonCode::RedirectUriUnknown
                }
                PageError::DuplicateParameter | PageError::TooLarge => PersonCode::RequestInvalid,
            },
            Self::Store(StoreError::Stale(_)) => PersonCode::LoginElsewhereFinished,
            Self::Store(_) => PersonCode::ServerError,
        }
    }
}
