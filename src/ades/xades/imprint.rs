//! What time-stamps in a signature are over. EN 319 132-1 §5.3, §5.5.2.

use super::data::Scene;
use super::names::XADES141;
use super::read::Properties;
use crate::base::digest::{HashAlgorithm, Hasher};
use crate::xml::canonical::{Method, Version};
use crate::xml::signature::DS;
use crate::xml::signature::defect::SignatureDefect;
use crate::xml::signature::read::{Reference, Target, XmlSignature};
use crate::xml::signature::transform::read_method;
use crate::xml::tree::{Document, NodeId, Selection};

/// How a time-stamp property says its nodes become octets; inclusively when it does not.
///
/// # Errors
/// `Algorithm` for a method that is not known.
pub fn method_of(document: &Document, property: NodeId) -> Result<Method, SignatureDefect> {
    let mut named = document.children_named(property, DS, "CanonicalizationMethod");
    match (named.next(), named.next()) {
        (None, _) => Ok(Method::new(Version::Inclusive10)),
        (Some(element), None) => read_method(document, element),
        (Some(_), Some(_)) => Err(SignatureDefect::Malformed("one canonicalisation of a time-stamp")),
    }
}

/// The imprint of a signature time-stamp: the value's element.
pub fn of_signature(
    document: &Document,
    signature: &XmlSignature,
    method: &Method,
    hash: HashAlgorithm,
) -> Vec<u8> {
    let mut hasher = Hasher::new(hash);
    document.canonicalize(&Selection::subtree(signature.value_element), method, &mut hasher);
    hasher.finish()
}

/// The imprint of a time-stamp over the content: what each of `references` covers, one after the other. One thing outside
/// is enough by its digest, for then that is the imprint.
///
/// # Errors
/// When something it is over is not at hand, `references` holds a number that no reference has, or too many of them ask
/// for the document.
///
/// Source: EN 319 132-1 §5.2.8.
pub fn of_content(
    scene: &Scene<'_>,
    signature: &XmlSignature,
    references: &[usize],
    method: &Method,
    hash: HashAlgorithm,
) -> Result<Vec<u8>, SignatureDefect> {
    scene.check_bounds(signature)?;
    let reference = |index: usize| {
        let found = signature.references.get(index);
        found.ok_or(SignatureDefect::Target(index))
    };
    if let [index] = references
        && let Reference {
            target: Target::Outside(_) | Target::Unnamed,
            ..
        } = reference(*index)?
    {
        let mut asked = reference(*index)?.clone();
        asked.hash = hash;
        return scene.digest_of(signature.element, &asked, *index);
    }
    let mut hasher = Hasher::new(hash);
    for index in references {
        scene.feed(signature.element, reference(*index)?, *index, method, &mut hasher)?;
    }
    Ok(hasher.finish())
}

/// The imprint of an archive time-stamp that stands before `before`, or behind all properties when none.
///
/// # Errors
/// When something it is over is not at hand, or too many references ask for the document.
///
/// Source: EN 319 132-1 §5.5.2.2, the not distributed case.
pub fn of_archive(
    scene: &Scene<'_>,
    signature: &XmlSignature,
    properties: &Properties,
    before: Option<NodeId>,
    method: &Method,
    hash: HashAlgorithm,
) -> Result<Vec<u8>, SignatureDefect> {
    scene.check_bounds(signature)?;
    let document = &scene.outline.document;
    let mut hasher = Hasher::new(hash);
    for (index, reference) in signature.references.iter().enumerate() {
        scene.feed(signature.element, reference, index, method, &mut hasher)?;
    }
    let core = [
        Some(signature.signed_info),
        Some(signature.value_element),
        signature.key_info,
    ];
    for element in core.into_iter().flatten() {
        document.canonicalize(&Selection::subtree(element), method, &mut hasher);
    }
    for property in properties.unsigned(document) {
        if Some(property) == before {
            break;
        }
        document.canonicalize(&Selection::subtree(property), method, &mut hasher);
    }
    // Every one but the properties' own, also those that a reference is over: what XAdES 1.3.2 left out, 1.4.1 has.
    for object in &signature.objects {
        if !document.is_within(properties.element, *object) {
            document.canonicalize(&Selection::subtree(*object), method, &mut hasher);
        }
    }
    Ok(hasher.finish())
}

/// Whether `property` is an archive time-stamp of the form that counts.
pub fn is_archive(document: &Document, property: NodeId) -> bool {
    document.is(property, XADES141, "ArchiveTimeStamp")
}
