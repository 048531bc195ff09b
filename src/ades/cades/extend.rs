//! Taking a message that exists further: to a higher level, or to one more archive time-stamp.

use super::counter;
use super::stages::Signed;
use crate::ades::augment::machine::Progress;
use crate::ades::cms::oids;
use crate::ades::cms::open::Message;
use crate::ades::level::Level;
use crate::ades::signature_name::SignatureName;
use crate::asn1::read::Asn1Error;

/// The signature `name` of `message` on its way to `level`; where it already has an archive time-stamp and
/// B-LTA is ordered, one more is due.
///
/// Everything the message holds stays encoded as it was: what time-stamps cover keeps its bytes.
///
/// # Errors
/// When there is no such signer, or it cannot be read.
pub fn extend(message: &Message, name: &SignatureName, level: Level) -> Result<Signed, Asn1Error> {
    let named = counter::all(&message.envelope)
        .into_iter()
        .find(|one| one.name == *name)
        .ok_or(Asn1Error::Truncated(0))?;
    let is_archived = named
        .parts
        .unsigned_values()?
        .iter()
        .any(|(oid, ..)| oid.to_string() == oids::ARCHIVE_TIME_STAMP_V3);
    Ok(Signed {
        envelope: message.envelope.clone(),
        path: named.path,
        progress: Progress {
            renew: level == Level::Lta && is_archived,
            ..Progress::to(level)
        },
    })
}
