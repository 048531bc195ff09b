//! Validate a document that somebody sends: by whom, when, at what level, what changed since, and in which capacity.
//!
//! Asks nothing of the outside and keeps nothing: what is judged is in the file, or is known here already.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::ades::validate::policy::ValidationPolicy;
use crate::ades::validate::report::Report;
use crate::ades::validate::verdict::VerdictKey;
use crate::ades::validate::{self, Context, is_taken_for_pdf};
use crate::base::bytes::ReadAt;
use crate::base::code::PersonCode;
use crate::crypto::policy::AlgorithmPolicy;
use crate::journeys::{App, codes};
use crate::pdf::document::Document;
use crate::pdf::error::{PdfError, PdfErrorKind};
use crate::store::db::StoreError;
use crate::store::keys::KeyPurpose;
use crate::store::{boards, keys};

/// Validations at a time: each may take a processor and the document's size in memory, and anybody may ask for one.
static AT_WORK: Semaphore = Semaphore::const_new(2);
/// How long one waits for its turn.
const LONGEST_WAIT: Duration = Duration::from_secs(20);

/// Why a document was not validated. A damaged signature is no error: it is in the report.
#[derive(Debug, thiserror::Error)]
pub enum ValidateError {
    /// Others are being validated, and went on for too long.
    #[error("too many documents are being validated")]
    Busy,
    /// It is no PDF, or nobody can read it.
    #[error(transparent)]
    Pdf(#[from] PdfError),
    /// The work was cut off.
    #[error("validation was cut off")]
    Stopped,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ValidateError {
    /// The stable cause, for the log.
    pub const fn cause(&self) -> &'static str {
        match self {
            Self::Busy => "VALIDATE_BUSY",
            Self::Pdf(error) => error.cause(),
            Self::Stopped => "VALIDATE_STOPPED",
            Self::Store(error) => error.cause(),
        }
    }

    /// What the person reads.
    pub const fn code(&self) -> PersonCode {
        match self {
            Self::Busy => PersonCode::ServerBusy,
            Self::Pdf(error) => codes::of_pdf(error),
            Self::Stopped | Self::Store(_) => PersonCode::ServerError,
        }
    }
}

/// How to judge.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    /// How strictly; `strict` by default.
    pub policy: ValidationPolicy,
    /// Whether to say too if it will still validate after so many years.
    pub in_years: Option<u16>,
}

/// Judges `document` as of now, as `wish` says, with the keys of every board here.
///
/// # Errors
/// `Busy` when its turn does not come; `Pdf` for what is of no format that is judged, or a PDF that cannot be opened; a file that is damaged after that is judged
/// and found wanting.
pub async fn validate(app: &App, document: Arc<dyn ReadAt>, wish: Wish) -> Result<Report, ValidateError> {
    let mut trusted = Vec::new();
    for board in boards::list(&app.db).await? {
        for key in keys::published(&app.db, board.id, KeyPurpose::Verdict).await? {
            let key = VerdictKey::trusted(key.public).ok();
            trusted.extend(key.map(|key| key.of_board(board.id)));
        }
    }
    let turn = turn(&AT_WORK, LONGEST_WAIT).await?;
    let (trust, at) = (Arc::clone(&app.trust), app.now());
    let judged = tokio::task::spawn_blocking(move || {
        // Until the work is done, also when nobody waits for it any more.
        let _turn = turn;
        // What is of no format at all is taken for PDF, and refused as none.
        if is_taken_for_pdf(&*document) {
            is_readable(&document)?;
        }
        let algorithms = AlgorithmPolicy::etsi_ts_119_312();
        let context = Context {
            trust: &trust,
            algorithms: &algorithms,
            verdict_keys: &trusted,
            at,
        };
        Ok(match wish.in_years {
            Some(years) => {
                let later = validate::in_years(at, years);
                validate::validate_for(document, &[], &context, &wish.policy, later)
            }
            None => validate::validate_any(document, &[], &context, &wish.policy),
        })
    });
    judged.await.map_err(|_| ValidateError::Stopped)?
}

/// Waits for one of the places of `at_work`, at most `longest`.
async fn turn(
    at_work: &'static Semaphore,
    longest: Duration,
) -> Result<SemaphorePermit<'static>, ValidateError> {
    match tokio::time::timeout(longest, at_work.acquire()).await {
        Ok(Ok(turn)) => Ok(turn),
        Ok(Err(_)) | Err(_) => Err(ValidateError::Busy),
    }
}

/// Refuses what a report could say nothing about.
fn is_readable(document: &Arc<dyn ReadAt>) -> Result<(), PdfError> {
    match Document::open(Arc::clone(document)) {
        Err(error)
            if matches!(
                error.kind,
                PdfErrorKind::Empty
                    | PdfErrorKind::Encrypted
                    | PdfErrorKind::NotPdf
                    | PdfErrorKind::Password
                    | PdfErrorKind::PasswordWrong
            ) =>
        {
            Err(error)
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[actix_web::test]
    async fn a_third_waits_for_its_turn_and_is_told_when_it_does_not_come() {
        static PLACES: Semaphore = Semaphore::const_new(2);
        let first = turn(&PLACES, Duration::ZERO).await.unwrap();
        let _second = turn(&PLACES, Duration::ZERO).await.unwrap();
        let refused = turn(&PLACES, Duration::ZERO).await.unwrap_err();
        assert_eq!(
            (refused.cause(), refused.code()),
            ("VALIDATE_BUSY", PersonCode::ServerBusy)
        );
        // One that waits goes on as soon as somebody is done.
        let (third, ()) = tokio::join!(turn(&PLACES, LONGEST_WAIT), async { drop(first) });
        drop(third.unwrap());
        assert_eq!(AT_WORK.available_permits(), 2, "so many at a time");
    }
}
