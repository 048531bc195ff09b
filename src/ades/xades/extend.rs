//! Taking a signature that exists further: to a higher level, or to one more archive time-stamp.

use std::sync::Arc;

use super::counter;
use super::data::outline_of;
use super::imprint::is_archive;
use super::read::Properties;
use super::stages::{Signed, Spot};
use crate::ades::augment::machine::Progress;
use crate::ades::augment::octets::Octets;
use crate::ades::level::Level;
use crate::ades::signature_name::SignatureName;
use crate::ades::validate::xml_signer;
use crate::base::bytes::ReadAt;
use crate::xml::signature::defect::SignatureDefect;
use crate::xml::signature::read::XmlSignature;

/// The signature `name` of `document` on its way to `level`; where it already has an archive
/// time-stamp and B-LTA is ordered, one more is due.
///
/// Properties are put behind those that are there; every other byte stays as it is.
///
/// # Errors
/// When there is no such signature, it cannot be read, or its certificate is not there.
pub fn extend(
    document: &Arc<dyn ReadAt>,
    name: &SignatureName,
    level: Level,
) -> Result<Signed, SignatureDefect> {
    let malformed = SignatureDefect::Malformed;
    let outline = outline_of(document)?;
    let element = counter::all(&outline)
        .into_iter()
        .find(|one| one.name == *name)
        .ok_or(malformed("a signature of that name"))?
        .element;
    let read = &outline.document;
    let signature = XmlSignature::read(read, element)?;
    let properties = Properties::find(read, &signature)?;
    let (leaf, chain) =
        xml_signer(read, &signature, &properties).ok_or(malformed("the certificate that is named"))?;
    let is_archived = properties
        .unsigned(read)
        .any(|property| is_archive(read, property));
    let span = read.span(element);
    let text = usize::try_from(span.end.saturating_sub(span.start))
        .ok()
        .and_then(|length| document.read_vec(span.start, length).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or(malformed("text in UTF-8"))?;
    Ok(Signed {
        progress: Progress {
            renew: level == Level::Lta && is_archived,
            ..Progress::to(level)
        },
        certificate: Octets(leaf.der().to_vec()),
        chain: chain.iter().map(|issuer| Octets(issuer.der().to_vec())).collect(),
        text,
        spot: Spot::bare((span.start, span.end)),
    })
}
