//! The board's picture in the visible signatures of its requests.

use std::sync::Arc;

use crate::ades::pades::prepare::{self, PrepareError};
use crate::ades::pades::stages::{Draft, Prepared};
use crate::base::bytes::ReadAt;
use crate::base::time::Timestamp;
use crate::journeys::App;
use crate::pdf::appearance::AppearanceError;
use crate::pdf::image::Image;
use crate::pdf::signature_field::FieldError;
use crate::signing::appearance;
use crate::signing::picture::Picture;
use crate::signing::request::SigningRequest;
use crate::store::boards;

use super::SignError;
use super::bytes::ACT_LANGUAGE;

/// A picture, and what is said of it to who does not see it.
pub(super) type Named = (Picture, String);

/// The picture that the visible signatures of `request` carry, under the board's name; none where the board has none or
/// the application chose so.
pub(super) async fn of(app: &App, request: &SigningRequest) -> Result<Option<Named>, SignError> {
    if !request.picture {
        return Ok(None);
    }
    let Some(picture) = boards::picture(&app.db, request.board).await? else {
        return Ok(None);
    };
    let board = boards::find(&app.db, request.board)
        .await?
        .ok_or(SignError::Unknown)?;
    Ok(Some((picture, board.names.in_language(ACT_LANGUAGE).to_owned())))
}

/// Prepares the signature of `draft` with `picture` in its block, or without where there is no room for both: a picture
/// costs nobody a signature.
///
/// # Errors
/// As [`prepare::prepare`].
pub(super) fn prepare(
    document: Arc<dyn ReadAt>,
    draft: Draft,
    picture: Option<Named>,
    now: Timestamp,
) -> Result<Prepared, PrepareError> {
    if let Some(image) = picture.and_then(|(picture, words)| drawable(&picture, &words)) {
        let pictured = Draft {
            placement: appearance::with_picture(&draft.placement, image),
            ..draft.clone()
        };
        match prepare::prepare(Arc::clone(&document), &pictured, now) {
            Err(PrepareError::Field(
                FieldError::Appearance(AppearanceError::TooMuchText { .. }) | FieldError::Nowhere(_),
            )) => {}
            outcome => return outcome,
        }
    }
    prepare::prepare(document, &draft, now)
}

/// The picture, unless what is kept of it no longer reads.
fn drawable(picture: &Picture, words: &str) -> Option<Arc<Image>> {
    match picture.image(words) {
        Ok(image) => Some(Arc::new(image)),
        Err(error) => {
            tracing::warn!(cause = error.cause(), "the board's picture cannot be drawn");
            None
        }
    }
}
