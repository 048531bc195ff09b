//! The signed attributes of a CAdES signature.

use super::stages::Draft;
use crate::ades::cms::attributes::{SignedAttributes, attribute};
use crate::ades::cms::oids;
use crate::ades::statement::Place;
use crate::asn1::oid::OidError;
use crate::asn1::write;
use crate::base::digest::HashAlgorithm;
use crate::base::time::Timestamp;

/// The attributes as `SET OF Attribute` in DER: the very bytes that are hashed and signed.
///
/// A counter-signature has no content-type and no mime-type (RFC 5652 §11.4; EN 319 122-1 §5.2.4.2).
///
/// Source: EN 319 122-1 §6.3: signing-time is required, unlike in PDF.
pub(super) fn encode(
    draft: &Draft,
    digest: &[u8],
    now: Timestamp,
    is_counter: bool,
) -> Result<Vec<u8>, OidError> {
    let common = SignedAttributes {
        message_digest: digest,
        certificate: draft.certificate.der(),
        certificate_hash: HashAlgorithm::Sha256,
        claimed: &draft.claimed,
        commitment: draft.commitment,
        policy: draft.policy.as_ref(),
    };
    let mut attributes = common.list()?;
    if is_counter {
        let content_type = attribute(oids::CONTENT_TYPE, &write::oid(&oids::DATA.parse()?))?;
        attributes.retain(|known| *known != content_type);
    }
    attributes.push(attribute(oids::SIGNING_TIME, &write::time(now))?);
    if let Some(place) = &draft.place {
        attributes.push(attribute(oids::SIGNER_LOCATION, &location(place))?);
    }
    if let Some(mime_type) = draft.mime_type.as_ref().filter(|_| !is_counter) {
        attributes.push(attribute(oids::MIME_TYPE, &write::utf8(mime_type))?);
    }
    if let Some(description) = draft.description.as_ref().filter(|_| !is_counter) {
        let hints = write::sequence(&[&write::utf8(description), &write::oid(&oids::DATA.parse()?)]);
        attributes.push(attribute(oids::CONTENT_HINTS, &hints)?);
    }
    Ok(write::set_of(attributes))
}

/// `SignerLocation`; its members are CHOICEs, so their tags are explicit. EN 319 122-1 §5.2.5.
fn location(place: &Place) -> Vec<u8> {
    let part = |number: u8, text: &Option<String>| {
        text.as_ref()
            .map(|text| write::explicit(number, &write::utf8(text)))
            .unwrap_or_default()
    };
    write::sequence(&[&part(0, &place.country), &part(1, &place.locality)])
}
