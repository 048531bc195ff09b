//! Counter-signatures: where they stand, and one prepared on a signature that is there. EN 319 132-1 §5.2.7.

use std::sync::Arc;

use super::data::outline_of;
use super::imprint::is_archive;
use super::names::{COUNTERSIGNED, XADES};
use super::prepare::{Data, Moment, PrepareError, algorithm_of, check_others, exclusive, made};
use super::read::Properties;
use super::stages::{Draft, Prepared, Spot};
use super::unsigned::Insertion;
use crate::ades::level::Level;
use crate::ades::signature_name::{COUNTERS_AT_MOST, COUNTERS_DEEP_AT_MOST, SignatureName};
use crate::base::bytes::ReadAt;
use crate::base::digest::Hasher;
use crate::xml::canonical::{Method, Version};
use crate::xml::outline::Outline;
use crate::xml::signature::DS;
use crate::xml::signature::read::XmlSignature;
use crate::xml::tree::{Document, NodeId, Selection};

/// A counter-signature that stands in the properties of another signature.
#[derive(Clone, Copy, Debug)]
pub struct Inside {
    /// The `ds:Signature`.
    pub element: NodeId,
    /// How many archive time-stamps of that signature stand before it: those behind cover it.
    pub archives_before: usize,
}

/// The counter-signatures on the signature whose properties are `properties`, in order, and how many archive
/// time-stamps it has.
pub fn counters(document: &Document, properties: &Properties) -> (Vec<Inside>, usize) {
    let mut archives_before = 0_usize;
    let mut found = Vec::new();
    for property in properties.unsigned(document) {
        if is_archive(document, property) {
            archives_before = archives_before.saturating_add(1);
        } else if document.is(property, XADES, "CounterSignature") {
            let inside = document.children_named(property, DS, "Signature");
            found.extend(inside.map(|element| Inside {
                element,
                archives_before,
            }));
        }
    }
    (found, archives_before)
}

/// A signature of a document with its place.
#[derive(Clone, Debug)]
pub struct Named {
    /// How reports name it.
    pub name: SignatureName,
    /// The `ds:Signature`.
    pub element: NodeId,
    /// Whether an archive time-stamp of a signature around covers it, so that nothing in it can change.
    pub is_archived: bool,
}

/// Every signature of the document, each followed by the counter-signatures on it. What cannot be read has none.
pub fn all(outline: &Outline) -> Vec<Named> {
    let mut found = Vec::new();
    for (index, element) in outline.signatures.iter().enumerate() {
        let before = found.len();
        let outermost = Named {
            name: SignatureName::signer(index),
            element: *element,
            is_archived: false,
        };
        add(
            &outline.document,
            outermost,
            before.saturating_add(COUNTERS_AT_MOST),
            &mut found,
        );
    }
    found
}

fn add(document: &Document, named: Named, at_most: usize, found: &mut Vec<Named>) {
    let signature = XmlSignature::read(document, named.element).ok();
    let properties = signature.and_then(|signature| Properties::find(document, &signature).ok());
    found.push(named.clone());
    let Some(properties) = properties.filter(|_| named.name.counters.len() < COUNTERS_DEEP_AT_MOST) else {
        return;
    };
    let (inside, archives) = counters(document, &properties);
    for (number, one) in inside.iter().enumerate() {
        if found.len() > at_most {
            return;
        }
        let counter = Named {
            name: named.name.counter(number),
            element: one.element,
            is_archived: named.is_archived || one.archives_before < archives,
        };
        add(document, counter, at_most, found);
    }
}

/// Prepares a counter-signature on the signature `name` of `document`: over its `ds:SignatureValue`, and behind its
/// other unsigned properties.
///
/// # Errors
/// `Place` when there is no such signature, its value has no identifier to refer to, or an archive time-stamp is
/// ordered in it; `WouldNotHold` when an archive time-stamp covers the place, or a signature does; see
/// [`PrepareError`].
pub fn prepare_counter(
    document: &Arc<dyn ReadAt>,
    name: &SignatureName,
    draft: &Draft,
    moment: Moment<'_>,
) -> Result<Prepared, PrepareError> {
    if draft.level > Level::Lt {
        return Err(PrepareError::Place(
            "at most B-LT: an archive time-stamp belongs to the signature that is countersigned",
        ));
    }
    let algorithm = algorithm_of(draft, moment.now)?;
    let outline = outline_of(document)?;
    let known = all(&outline);
    if !name.takes_counter(known.iter().map(|one| &one.name)) {
        return Err(PrepareError::Place(
            "fewer counter-signatures: as many as are judged",
        ));
    }
    let named = known.into_iter().find(|one| one.name == *name);
    let named = named.ok_or(PrepareError::Place("a signature of that name"))?;
    if named.is_archived {
        return Err(PrepareError::WouldNotHold);
    }
    let read = &outline.document;
    let signature = XmlSignature::read(read, named.element)?;
    let properties = Properties::find(read, &signature)?;
    let value = signature.value_element;
    let id = read.ids(value).next().filter(|id| outline.count_of(id) == 1);
    // One cannot be given to it: time-stamps over the value are over the element as it stands.
    let id = id.ok_or(PrepareError::Place("a signature whose value has an identifier"))?;
    let mut hasher = Hasher::new(algorithm.hash());
    read.canonicalize(
        &Selection::subtree(value),
        &Method::new(Version::Exclusive),
        &mut hasher,
    );
    let data = Data {
        uri: format!("#{id}"),
        kind: Some(COUNTERSIGNED),
        mime_type: None,
        transforms: vec![exclusive()],
        digest: Some(hasher.finish()),
    };
    let Insertion { at, before, after } = Insertion::behind(read, &properties)?;
    let spot = Spot {
        hole: (at, at),
        before: format!("{before}<xades:CounterSignature xmlns:xades=\"{XADES}\">"),
        after: format!("</xades:CounterSignature>{after}"),
    };
    let prepared = made(vec![data], Vec::new(), spot, (draft, algorithm), moment)?;
    check_others(document, &outline, &prepared)?;
    Ok(prepared)
}
