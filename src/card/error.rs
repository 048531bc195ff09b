//! Everything that can go wrong with a card, a reader or a PIN: one variant a cause, each with a stable code.

use super::apdu::StatusWord;
use super::transport::TransportError;

/// Why a card operation did not succeed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CardError {
    /// The service refuses this program.
    #[error("this program may not use the smart card service")]
    AccessDenied,
    /// The algorithm or the digest's length does not fit the card's key.
    #[error("the card cannot sign a digest of {0} bytes with this key")]
    AlgorithmUnsupported(usize),
    /// Another program has the card for itself.
    #[error("another program uses the card")]
    CardBusy,
    /// The card failed and did not say why; nothing was spent.
    #[error("the card failed at {0} and gave no reason")]
    CardFailed(&'static str),
    /// The card answered nothing within the time given; the reader is given up until the card is taken out.
    #[error("the card does not answer")]
    CardMute,
    /// There is no card in the reader.
    #[error("there is no card in the reader")]
    CardMissing,
    /// The card refuses every command: it was not activated yet.
    #[error("the card is not activated")]
    CardNotActivated,
    /// The card left the reader during the operation.
    #[error("the card was removed")]
    CardRemoved,
    /// Another program kept resetting the card.
    #[error("another program reset the card")]
    CardReset,
    /// The card is not a Belgian eID card.
    #[error("the card is not a Belgian eID card")]
    CardUnsupported,
    /// The file of this certificate is empty on this card.
    #[error("the card has no {0} certificate")]
    CertificateMissing(&'static str),
    /// Reader and card keep losing each other.
    #[error("communication with the card failed")]
    Communication,
    /// The job did not end in its time.
    #[error("the card operation took longer than its deadline")]
    Deadline,
    /// The file is not on the card.
    #[error("the card has no file {0}")]
    FileMissing(&'static str),
    /// Cards of this family, or this one, do not do that.
    #[error("this card cannot {0}")]
    FunctionUnavailable(&'static str),
    /// The card has no such key or PIN.
    #[error("the card has no such key")]
    KeyMissing,
    /// The card has no key of this name, or none that signs.
    #[error("the card has no key `{0}`")]
    KeyUnknown(String),
    /// The card does not let the key work: not activated, its algorithm locked, or used too often without a PIN.
    #[error("the card does not let this key work")]
    KeyUnusable,
    /// The bytes of a file or an answer do not have their form.
    #[error("{what} is malformed at byte {at}")]
    Malformed {
        /// What was read.
        what: &'static str,
        /// Offset in it.
        at: usize,
    },
    /// The card reported a memory failure; it is mute until its next reset.
    #[error("the card reports a memory failure")]
    MemoryFailure,
    /// No reader is connected.
    #[error("no card reader is connected")]
    NoReader,
    /// The smart card service is not running.
    #[error("the smart card service is not running")]
    NoService,
    /// The card was asked to sign, or to change or unblock its PIN, and the answer was lost: it may or may not have.
    #[error("the card was lost before it answered, the outcome is unknown")]
    OutcomeUnknown,
    /// The PIN is blocked.
    #[error("the PIN is blocked")]
    PinBlocked,
    /// The person cancelled.
    #[error("the person cancelled the PIN")]
    PinCancelled,
    /// One try is left and it was not confirmed that it may be used.
    #[error("one PIN try is left and its use was not confirmed")]
    PinLastTry,
    /// What was typed is no PIN; it cost no try.
    #[error("a PIN has {min} to {max} digits")]
    PinLength {
        /// Fewest digits.
        min: usize,
        /// Most digits.
        max: usize,
    },
    /// The reader's own keypad did not do its part.
    #[error("the reader's keypad failed: {0}")]
    PinPad(&'static str),
    /// The PIN program could not be started or broke its protocol.
    #[error("the PIN program failed: {0}")]
    PinProgram(&'static str),
    /// The PIN was wrong, and the card does not say how many tries are left.
    #[error("the PIN is wrong")]
    PinRefused,
    /// The card wants the PIN once more: something came between it and the signature.
    #[error("the card no longer accepts the PIN that was given")]
    PinRightMissing,
    /// The person did not type a PIN in time.
    #[error("no PIN was typed in time")]
    PinTimeout,
    /// The PIN was wrong.
    #[error("the PIN is wrong, {left} tries left")]
    PinWrong {
        /// Tries left, at least one.
        left: u8,
    },
    /// The new PIN was typed differently the second time; nothing was changed.
    #[error("the new PIN was not the same twice")]
    PinsDiffer,
    /// The PUK is blocked; the municipality gives another card.
    #[error("the PUK is blocked")]
    PukBlocked,
    /// What was typed is no PUK; it cost no try.
    #[error("PUK1 and PUK2 have 6 digits each")]
    PukLength,
    /// The PUK was wrong, and the card does not say how many tries are left.
    #[error("the PUK is wrong")]
    PukRefused,
    /// This card has no PUK: only the municipality gives its PIN back.
    #[error("this card has no PUK")]
    PukUnsupported,
    /// The PUK was wrong.
    #[error("the PUK is wrong, {left} tries left")]
    PukWrong {
        /// Tries left, at least one.
        left: u8,
    },
    /// The reader was disconnected.
    #[error("the reader was disconnected")]
    ReaderGone,
    /// The reader waits for a mute card of an earlier job.
    #[error("the reader is stuck on a card that does not answer")]
    ReaderStuck,
    /// No reader has this name.
    #[error("there is no reader `{0}`")]
    ReaderUnknown(String),
    /// An answer of the smart card service that has no variant of its own.
    #[error("the smart card service answered {0:#010x}")]
    Service(u32),
    /// Several cards are present and none was named.
    #[error("several cards are present: name the reader")]
    SeveralCards,
    /// The file ended before its own length said so.
    #[error("file {0} ended too early")]
    ShortRead(&'static str),
    /// The value the card returned does not verify with the certificate's key.
    #[error("the card returned a signature that does not verify")]
    SignatureInvalid,
    /// A status word that has no meaning at this point.
    #[error("the card answered {status} to {command}")]
    Status {
        /// The command's name.
        command: &'static str,
        /// What the card said.
        status: StatusWord,
    },
    /// The token waits for a touch before it signs, and nobody touched it in time.
    #[error("the token was not touched in time")]
    TouchMissing,
}

impl CardError {
    /// The stable code of this cause, for logs and for the table that turns causes into person codes.
    pub const fn cause(&self) -> &'static str {
        match self {
            Self::AccessDenied => "CARD_ACCESS_DENIED",
            Self::AlgorithmUnsupported(_) => "CARD_ALGORITHM_UNSUPPORTED",
            Self::CardBusy => "CARD_BUSY",
            Self::CardFailed(_) => "CARD_FAILED",
            Self::CardMissing => "CARD_MISSING",
            Self::CardMute => "CARD_MUTE",
            Self::CardNotActivated => "CARD_NOT_ACTIVATED",
            Self::CardRemoved => "CARD_REMOVED",
            Self::CardReset => "CARD_RESET",
            Self::CardUnsupported => "CARD_UNSUPPORTED",
            Self::CertificateMissing(_) => "CARD_CERTIFICATE_MISSING",
            Self::Communication => "CARD_COMMUNICATION",
            Self::Deadline => "CARD_DEADLINE",
            Self::FileMissing(_) => "CARD_FILE_MISSING",
            Self::FunctionUnavailable(_) => "CARD_FUNCTION_UNAVAILABLE",
            Self::KeyMissing => "CARD_KEY_MISSING",
            Self::KeyUnknown(_) => "CARD_KEY_UNKNOWN",
            Self::KeyUnusable => "CARD_KEY_UNUSABLE",
            Self::Malformed { .. } => "CARD_DATA_MALFORMED",
            Self::MemoryFailure => "CARD_MEMORY_FAILURE",
            Self::NoReader => "CARD_NO_READER",
            Self::NoService => "CARD_NO_SERVICE",
            Self::OutcomeUnknown => "CARD_OUTCOME_UNKNOWN",
            Self::PinBlocked => "PIN_BLOCKED",
            Self::PinCancelled => "PIN_CANCELLED",
            Self::PinLastTry => "PIN_LAST_TRY",
            Self::PinLength { .. } => "PIN_LENGTH",
            Self::PinPad(_) => "PIN_PAD",
            Self::PinProgram(_) => "PIN_PROGRAM",
            Self::PinRefused => "PIN_REFUSED",
            Self::PinRightMissing => "PIN_RIGHT_MISSING",
            Self::PinTimeout => "PIN_TIMEOUT",
            Self::PinWrong { .. } => "PIN_WRONG",
            Self::PinsDiffer => "PIN_NOT_TWICE",
            Self::PukBlocked => "PUK_BLOCKED",
            Self::PukLength => "PUK_LENGTH",
            Self::PukRefused => "PUK_REFUSED",
            Self::PukUnsupported => "PUK_UNSUPPORTED",
            Self::PukWrong { .. } => "PUK_WRONG",
            Self::ReaderGone => "CARD_READER_GONE",
            Self::ReaderStuck => "CARD_READER_STUCK",
            Self::ReaderUnknown(_) => "CARD_READER_UNKNOWN",
            Self::Service(_) => "CARD_SERVICE",
            Self::SeveralCards => "CARD_SEVERAL",
            Self::ShortRead(_) => "CARD_SHORT_READ",
            Self::SignatureInvalid => "CARD_SIGNATURE_INVALID",
            Self::Status { .. } => "CARD_STATUS",
            Self::TouchMissing => "CARD_TOUCH_MISSING",
        }
    }

    /// Whether the same person may simply try again. A blocked PIN may not.
    pub const fn is_retryable(&self) -> bool {
        !matches!(
            self,
            Self::AccessDenied
                | Self::AlgorithmUnsupported(_)
                | Self::CardNotActivated
                | Self::CardUnsupported
                | Self::CertificateMissing(_)
                | Self::FileMissing(_)
                | Self::FunctionUnavailable(_)
                | Self::KeyMissing
                | Self::KeyUnknown(_)
                | Self::KeyUnusable
                | Self::PinBlocked
                | Self::PukBlocked
                | Self::PukUnsupported
        )
    }
}

impl From<TransportError> for CardError {
    fn from(error: TransportError) -> Self {
        match error {
            TransportError::AccessDenied => Self::AccessDenied,
            TransportError::Busy => Self::CardBusy,
            TransportError::CardMute => Self::CardMute,
            TransportError::CardRemoved => Self::CardRemoved,
            TransportError::CardReset => Self::CardReset,
            TransportError::Communication | TransportError::Malformed(_) => Self::Communication,
            TransportError::ControlUnsupported => Self::PinPad("the reader has none"),
            TransportError::NoCard => Self::CardMissing,
            TransportError::NoService => Self::NoService,
            TransportError::ReaderGone => Self::ReaderGone,
            TransportError::Service(code) => Self::Service(code),
        }
    }
}

impl From<crate::base::secret::PinError> for CardError {
    fn from(_: crate::base::secret::PinError) -> Self {
        Self::PinLength {
            min: crate::base::secret::Pin::MIN_DIGITS,
            max: crate::base::secret::Pin::MAX_DIGITS,
        }
    }
}
