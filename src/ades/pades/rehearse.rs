//! What is looked at once the card has signed, looked at before: a document in which no signature would hold must
//! cost nobody a PIN.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::completion::file_with;
use super::prepare::PrepareError;
use crate::base::bytes::ReadAt;
use crate::base::time::Timestamp;
use crate::pdf::changes::{Change, History};
use crate::pdf::document::Document;
use crate::pdf::dss::{self, Evidence};
use crate::pdf::signature::{FieldState, SignatureKind};
use crate::pdf::signature_field::{self, Content, FieldRequest, Placement};
use crate::pdf::update::{Tail, Update};

/// DER that is no message but stands where one will: an empty field is not looked at.
const STAND_IN: [u8; 5] = [0x30, 0x03, 0x02, 0x01, 0x00];

/// Says whether a signature on `document` would hold: puts an invisible one there and judges what follows it.
///
/// # Errors
/// `WouldNotHold` with what is wrong with the file; else as [`super::prepare::prepare`].
pub fn rehearse(document: &Arc<dyn ReadAt>, now: Timestamp) -> Result<(), PrepareError> {
    let tail = stand_in(
        document,
        &[],
        Content::Signature {
            signed_at: now,
            name: None,
            location: None,
            reason: None,
            certify: None,
            lock: None,
        },
    )?;
    rehearse_with(document, tail)
}

/// The same with `tail`, the revision prepared for the signature.
///
/// Behind it come the security store and a document time-stamp, as they will; the changes are then judged as the
/// read-back judges them.
pub(super) fn rehearse_with(document: &Arc<dyn ReadAt>, mut tail: Tail) -> Result<(), PrepareError> {
    let room = |_| PrepareError::would_not_hold(None, "the room for the signature is too small");
    tail.embed(&STAND_IN).map_err(room)?;
    let mut tails = vec![tail.bytes];
    let with_signature = Document::open(file_with(document, &tails))?;
    let mut update = Update::new(&with_signature);
    let evidence = Evidence {
        certificates: vec![STAND_IN.to_vec()],
        ..Evidence::default()
    };
    dss::add(&mut update, &BTreeMap::new(), &evidence)?;
    tails.push(update.finish()?.bytes);
    let mut archive = stand_in(document, &tails, Content::DocTimeStamp)?;
    archive.embed(&STAND_IN).map_err(room)?;
    tails.push(archive.bytes);

    let sealed = Document::open(file_with(document, &tails))?;
    let signed = sealed.latest().signature_fields()?.into_iter();
    let oldest = signed
        .filter_map(|field| match field.state {
            FieldState::Signed(signature) if signature.kind != SignatureKind::DocTimeStamp => {
                Some(signature.revision)
            }
            _ => None,
        })
        .min();
    let Some(oldest) = oldest else {
        return Err(PrepareError::would_not_hold(
            None,
            "the signature is not found again",
        ));
    };
    let changes = History::of(&sealed, oldest)?.after(oldest);
    match changes.into_iter().find(|change| !change.is_allowed()) {
        Some(Change::Undefined { object, why }) => Err(PrepareError::would_not_hold(object, why)),
        _ => Ok(()),
    }
}

/// The revision of an invisible field behind `tails`.
fn stand_in(document: &Arc<dyn ReadAt>, tails: &[Vec<u8>], content: Content) -> Result<Tail, PrepareError> {
    let before = Document::open(file_with(document, tails))?;
    let mut update = Update::new(&before);
    let request = FieldRequest {
        placement: Placement::Invisible,
        name: None,
        tooltip: None,
        content,
        contents_bytes: STAND_IN.len().saturating_mul(2),
        signer: None,
    };
    signature_field::add(&mut update, &request)?;
    Ok(update.finish()?)
}
