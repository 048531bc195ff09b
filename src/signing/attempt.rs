//! One try of one person to put a signature with a card: what the page that waits for it shows.

use crate::base::code::PersonCode;
use crate::base::id::Id;
use crate::base::time::Timestamp;
use crate::identity::PersonId;

use super::request::RequestId;

crate::id_kinds! {
    /// A try to sign.
    pub AttemptMark = "att",
}

/// The id of a try.
pub type AttemptId = Id<AttemptMark>;

/// A try, as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Its id.
    pub id: AttemptId,
    /// For which request.
    pub request: RequestId,
    /// For which signature of its plan.
    pub slot: u8,
    /// Who tries.
    pub person: PersonId,
    /// The letters that page and PIN window both show.
    pub short_code: String,
    /// Who works on it.
    pub driver: Driver,
    /// What the person was shown, by [`shown`](super::shown::shown).
    pub seen: Option<String>,
    /// How far it came.
    pub state: AttemptState,
    /// When it began.
    pub started_at: Timestamp,
    /// When it last came further.
    pub updated_at: Timestamp,
}

/// Who works on a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Driver {
    /// A browser beside which the card is: it asks and reports.
    Beside,
    /// The reader of this installation.
    Counter,
}

impl Driver {
    /// The word for storage.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Beside => "beside",
            Self::Counter => "counter",
        }
    }
}

/// How far a try came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttemptState {
    /// The card's certificate is read and checked.
    Checking,
    /// The PIN window is open, then the card signs.
    Signing,
    /// The value is kept; time-stamp and revocation data are gathered. Nothing can be lost any more.
    Finishing,
    /// The signature stands in the document.
    Done,
    /// It did not work. Nothing was signed, unless the code says that the signature waits for its time-stamp.
    Failed {
        /// Code of the text that the person sees.
        code: PersonCode,
        /// The stable cause, for the log and the small print.
        cause: String,
        /// PIN tries left, when the card told.
        tries_left: Option<u8>,
    },
}

impl AttemptState {
    /// The word for storage and for the page.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Checking => "checking",
            Self::Signing => "signing",
            Self::Finishing => "finishing",
            Self::Done => "done",
            Self::Failed { .. } => "failed",
        }
    }

    /// Whether it may still come further by itself.
    pub const fn is_running(&self) -> bool {
        matches!(self, Self::Checking | Self::Signing | Self::Finishing)
    }
}
