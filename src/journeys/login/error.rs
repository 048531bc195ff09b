//! Why a log-in does not go on. Causes are for the log; a person reads the text of the code.

use crate::base::code::PersonCode;
use crate::card::CardError;
use crate::journeys::codes;
use crate::login::LoginRefusal;
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
    /// A card action of this visit is going on.
    #[error("the card is at work for this visit already")]
    AlreadyWaiting,
    /// Something about the card, the PIN or the reader.
    #[error(transparent)]
    Card(CardError),
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
    /// The authorization request ends on a page of ours.
    #[error(transparent)]
    Page(#[from] PageError),
    /// The card's answer was refused.
    #[error(transparent)]
    Refused(Box<LoginRefusal>),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The visit is at another stage: a button of an old page.
    #[error("the visit is at another stage")]
    WrongStage,
}

impl LoginError {
    /// The stable cause, for the log.
    pub fn cause(&self) -> &'static str {
        match self {
            Self::BoardUnknown => "BOARD_UNKNOWN",
            Self::CapacityUnknown => "CAPACITY_UNKNOWN",
            Self::AlreadyWaiting => "INTERACTION_WAITING",
            Self::Card(error) => error.cause(),
            Self::CounterOff => "COUNTER_OFF",
            Self::CounterElsewhere => "COUNTER_ELSEWHERE",
            Self::Inconsistent => "LOGIN_INCONSISTENT",
            Self::InteractionExpired => "INTERACTION_EXPIRED",
            Self::InteractionFinished => "INTERACTION_FINISHED",
            Self::InteractionUnknown => "INTERACTION_UNKNOWN",
            Self::Page(error) => error.cause(),
            Self::Refused(refusal) => refusal.cause(),
            Self::Store(error) => error.cause(),
            Self::WrongStage => "INTERACTION_STAGE",
        }
    }

    /// The finer cause behind a refused certificate, for the log.
    pub fn detail(&self) -> Option<&'static str> {
        match self {
            Self::Refused(refusal) => refusal.detail(),
            _ => None,
        }
    }

    /// Attempts left before the PIN is blocked, where the card told.
    pub const fn tries_left(&self) -> Option<u8> {
        match self {
            Self::Card(error) => codes::tries_left(error),
            _ => None,
        }
    }

    /// What the person reads.
    pub fn code(&self) -> PersonCode {
        codes::of_login_journey(self)
    }
}
