//! Validate a document that somebody sends: by whom, when, at what level, what changed since, and in which capacity.
//!
//! Asks nothing of the outside and keeps nothing: what is judged is in the file, or is known here already.

use std::sync::Arc;

use crate::ades::validate::report::Report;
use crate::ades::validate::verdict::VerdictKey;
use crate::ades::validate::{self, Context};
use crate::base::bytes::ReadAt;
use crate::base::code::PersonCode;
use crate::crypto::policy::AlgorithmPolicy;
use crate::journeys::{App, codes};
use crate::pdf::document::Document;
use crate::pdf::error::{PdfError, PdfErrorKind};
use crate::store::db::StoreError;
use crate::store::keys::KeyPurpose;
use crate::store::{boards, keys};

/// Why a document was not validated. A damaged signature is no error: it is in the report.
#[derive(Debug, thiserror::Error)]
pub enum ValidateError {
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
            Self::Pdf(error) => error.cause(),
            Self::Stopped => "VALIDATE_STOPPED",
            Self::Store(error) => error.cause(),
        }
    }

    /// What the person reads.
    pub const fn code(&self) -> PersonCode {
        match self {
            Self::Pdf(error) => codes::of_pdf(error),
            Self::Stopped | Self::Store(_) => PersonCode::ServerError,
        }
    }
}

/// Judges `document` as of now, with the keys of every board here.
///
/// # Errors
/// `Pdf` for what is no readable PDF at all; a file that is damaged after that is judged and found wanting.
pub async fn validate(app: &App, document: Arc<dyn ReadAt>) -> Result<Report, ValidateError> {
    let mut trusted = Vec::new();
    for board in boards::list(&app.db).await? {
        for key in keys::published(&app.db, board.id, KeyPurpose::Verdict).await? {
            trusted.extend(VerdictKey::trusted(key.public).ok());
        }
    }
    let (trust, at) = (Arc::clone(&app.trust), app.now());
    let judged = tokio::task::spawn_blocking(move || {
        is_readable(&document)?;
        let algorithms = AlgorithmPolicy::etsi_ts_119_312();
        let context = Context {
            trust: &trust,
            algorithms: &algorithms,
            verdict_keys: &trusted,
            at,
        };
        Ok(validate::validate(document, &context))
    });
    judged.await.map_err(|_| ValidateError::Stopped)?
}

/// Refuses what a report could say nothing about.
fn is_readable(document: &Arc<dyn ReadAt>) -> Result<(), PdfError> {
    match Document::open(Arc::clone(document)) {
        Err(error)
            if matches!(
                error.kind,
                PdfErrorKind::Empty | PdfErrorKind::Encrypted | PdfErrorKind::NotPdf
            ) =>
        {
            Err(error)
        }
        _ => Ok(()),
    }
}
