//! Why a signature does not go on. Causes are for the log; a person reads the text of the code.

use crate::ades::asic::zip::write::WriteError;
use crate::ades::augment::error::AugmentError;
use crate::ades::pades::completion::CompletionError;
use crate::ades::pades::finish::FinishError;
use crate::ades::pades::prepare::PrepareError;
use crate::base::code::PersonCode;
use crate::card::CardError;
use crate::journeys::codes;
use crate::journeys::login::LoginError;
use crate::journeys::seal::SealError;
use crate::mandates::plan::PlanError;
use crate::mandates::proof::ProofError;
use crate::mandates::verdict::Ground;
use crate::pdf::error::PdfError;
use crate::pdf::permission::SigningRefusal;
use crate::pki::certificate::CertificateError;
use crate::pki::refusal::Refusal;
use crate::signing::request::StepError;
use crate::store::db::StoreError;

/// Why a signature, or the request for it, does not go on.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// The check of authority says no.
    #[error("the check of authority says no: {cause}")]
    Authority {
        /// The reason that tells most.
        cause: &'static str,
        /// Whether the law says no, the rule is not adopted, or too little is known.
        ground: Ground,
    },
    /// A card action for this request is under way in another window.
    #[error("a card action is under way already")]
    AlreadyWaiting,
    /// The card, the PIN or the reader.
    #[error(transparent)]
    Card(#[from] CardError),
    /// The card is not the one whose certificate was read.
    #[error("another card was put in")]
    CardChanged,
    /// The certificate on the card cannot be read.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The signature could not be completed.
    #[error(transparent)]
    Completion(#[from] CompletionError),
    /// The container of several documents cannot be made: the cause.
    #[error("the container cannot be made: {0}")]
    Container(&'static str),
    /// This installation uses no reader of its own, or the browser is elsewhere.
    #[error("the counter's reader serves browsers of its own machine only")]
    CounterElsewhere,
    /// The document holds nothing.
    #[error("the document is empty")]
    DocumentEmpty,
    /// The stored pieces of the document do not add up.
    #[error("the stored document is not whole")]
    DocumentLost,
    /// A signature already in the document is not valid.
    #[error("the document holds a signature that is not valid")]
    DocumentSignature,
    /// The document is larger than allowed.
    #[error("the document is over {limit_bytes} bytes")]
    DocumentTooLarge {
        /// The limit.
        limit_bytes: u64,
    },
    /// The document allows no signature.
    #[error("the document allows no signature: {}", .0.cause())]
    Forbidden(SigningRefusal),
    /// The card's value was not taken.
    #[error(transparent)]
    Finish(#[from] FinishError),
    /// The idempotency key is being worked on.
    #[error("the same request is being worked on")]
    IdempotencyBusy,
    /// The idempotency key was used for another request.
    #[error("the idempotency key was used for another request")]
    IdempotencyOther,
    /// The service is ending.
    #[error("the work was interrupted")]
    Interrupted,
    /// A field of the request is wrong.
    #[error("{field}: {problem}")]
    Invalid {
        /// Which.
        field: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// The board has no key for verdicts, or it does not open.
    #[error("the board's verdict key cannot be used")]
    Key,
    /// What was to be signed together is not all there any more, or not as it was shown.
    #[error("what was to be signed together is not all there")]
    ListChanged,
    /// Who is at the other end.
    #[error(transparent)]
    Login(#[from] LoginError),
    /// The board blocks the signer, or the card.
    #[error("the signer or the card is blocked at this board")]
    NotPermitted,
    /// It is not ready to be delivered.
    #[error("the signatures are not all there yet")]
    NotReady,
    /// The document cannot be read as a PDF that may be signed.
    #[error(transparent)]
    Pdf(#[from] PdfError),
    /// No plan can be made.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The document cannot be prepared.
    #[error(transparent)]
    Prepare(#[from] PrepareError),
    /// The verdict cannot be proven.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// The certificate is refused.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The organisation's seal cannot be used.
    #[error("the organisation's seal cannot be used: {0}")]
    Seal(&'static str),
    /// The request is at another stage.
    #[error(transparent)]
    Step(#[from] StepError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no such request, or not for whoever asks.
    #[error("there is no such request")]
    Unknown,
    /// The card belongs to somebody else than who logged in.
    #[error("the card belongs to somebody else")]
    WrongPerson,
}

impl From<SealError> for SignError {
    fn from(error: SealError) -> Self {
        match error {
            SealError::Completion(error) => error.into(),
            SealError::Finish(error) => error.into(),
            SealError::Hash(error) => Self::Invalid {
                field: "digest",
                problem: error.to_string(),
            },
            SealError::Interrupted => Self::Interrupted,
            SealError::Prepare(error) => error.into(),
            // The words for a certificate that is refused speak of a person's card.
            SealError::Certificate(_)
            | SealError::Device(_)
            | SealError::NotASeal
            | SealError::Refused(_)
            | SealError::Settings(_) => Self::Seal(error.cause()),
        }
    }
}

impl From<AugmentError> for SignError {
    /// What stands in the way of a container says the same as of a PDF.
    fn from(error: AugmentError) -> Self {
        match error {
            AugmentError::BelowLevel {
                ordered,
                shown,
                report,
            } => CompletionError::BelowLevel {
                ordered,
                shown,
                report,
            }
            .into(),
            AugmentError::Content => CompletionError::DocumentChanged.into(),
            AugmentError::Io(error) => CompletionError::Io(error).into(),
            AugmentError::Message(_) => Self::Container(error.cause()),
            AugmentError::Refused(refusal) => CompletionError::Refused(refusal).into(),
            AugmentError::TimeStamp(causes) => CompletionError::TimeStamp(causes).into(),
        }
    }
}

impl From<WriteError> for SignError {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Io(error) => CompletionError::Io(error).into(),
            WriteError::Name => Self::Container("ASIC_NAME"),
        }
    }
}

impl SignError {
    /// The stable cause, for the log.
    pub fn cause(&self) -> &'static str {
        match self {
            Self::Authority { cause, .. } | Self::Container(cause) | Self::Seal(cause) => cause,
            Self::AlreadyWaiting => "SIGNING_ALREADY_WAITING",
            Self::Card(error) => error.cause(),
            Self::CardChanged => "CARD_CHANGED",
            Self::Certificate(_) => "CERT_PARSE",
            Self::Completion(error) => error.cause(),
            Self::CounterElsewhere => "COUNTER_ELSEWHERE",
            Self::DocumentEmpty => "PDF_EMPTY",
            Self::DocumentLost => "SIGNING_DOCUMENT_LOST",
            Self::DocumentSignature => "ADES_EXISTING_SIGNATURE",
            Self::DocumentTooLarge { .. } => "SIGNING_DOCUMENT_TOO_LARGE",
            Self::Finish(error) => error.cause(),
            Self::Forbidden(refusal) => refusal.cause(),
            Self::IdempotencyBusy => "IDEMPOTENCY_BUSY",
            Self::IdempotencyOther => "IDEMPOTENCY_OTHER",
            Self::Interrupted => "INTERRUPTED",
            Self::Invalid { .. } => "REQUEST_INVALID",
            Self::Key => "STORE_KEY",
            Self::ListChanged => "SIGNING_LIST_CHANGED",
            Self::Login(error) => error.cause(),
            Self::NotPermitted => "SIGNING_NOT_PERMITTED",
            Self::NotReady => "SIGNING_NOT_READY",
            Self::Pdf(error) => error.cause(),
            Self::Plan(error) => error.cause(),
            Self::Prepare(error) => error.cause(),
            Self::Proof(error) => error.cause(),
            Self::Refused(refusal) => refusal.cause(),
            Self::Step(error) => error.cause(),
            Self::Store(error) => error.cause(),
            Self::Unknown => "SIGNING_UNKNOWN",
            Self::WrongPerson => "SIGNING_WRONG_PERSON",
        }
    }

    /// What the person reads.
    pub fn code(&self) -> PersonCode {
        codes::of_sign(self)
    }

    /// PIN tries left, when the card told.
    pub fn tries_left(&self) -> Option<u8> {
        match self {
            Self::Card(error) => codes::tries_left(error),
            _ => None,
        }
    }
}
