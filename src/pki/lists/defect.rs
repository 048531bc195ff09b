//! Why a trusted list was refused.

use crate::base::time::Timestamp;
use crate::xml::signature::defect::SignatureDefect;

/// One variant per cause a caller treats differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListDefect {
    /// Signed by nobody that a pinned or named certificate stands for.
    #[error("the list of lists is signed by none of the certificates published in the Official Journal")]
    AnchorUnknown,
    /// Its next update was due, and the grace after it is over.
    #[error("the list was to be renewed by {next_update}, checked for {at}")]
    Expired {
        /// When the next one was due.
        next_update: Timestamp,
        /// The moment asked about.
        at: Timestamp,
    },
    /// Signed, but not a list as the standard lays it out.
    #[error("the list is not laid out as the standard says: {0}")]
    Format(&'static str),
    /// Older than the one that is held.
    #[error("the list has sequence number {found}, and {held} was seen before")]
    Rollback {
        /// Of this list.
        found: u64,
        /// The highest seen.
        held: u64,
    },
    /// Another territory or another type of list than was asked for.
    #[error("the list is for another territory or of another type")]
    Scope,
    /// The signature is not exactly what the standard asks, or does not verify.
    #[error("the list's signature is not accepted: {0}")]
    Signature(&'static str),
    /// The core of the signature fails.
    #[error("the list's signature is not accepted: {0}")]
    SignatureCore(#[from] SignatureDefect),
    /// Neither version 5 nor 6.
    #[error("the list has version {0}, and 5 and 6 are read")]
    Version(u64),
}

impl ListDefect {
    /// The stable code for logs, tables and exit messages, `TL_…`.
    pub const fn cause(self) -> &'static str {
        match self {
            Self::AnchorUnknown => "TL_ANCHOR_UNKNOWN",
            Self::Expired { .. } => "TL_EXPIRED",
            Self::Format(_) => "TL_FORMAT",
            Self::Rollback { .. } => "TL_ROLLBACK",
            Self::Scope => "TL_SCOPE",
            Self::Signature(_) | Self::SignatureCore(_) => "TL_SIGNATURE",
            Self::Version(_) => "TL_VERSION",
        }
    }
}
