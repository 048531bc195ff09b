//! What references cover, and whether digests and value verify.

use super::DS;
use super::defect::SignatureDefect;
use super::read::{Reference, Target, XmlSignature, octets};
use super::transform::Transform;
use crate::base::digest::Hasher;
use crate::crypto::algorithm::SignatureAlgorithm;
use crate::crypto::ecdsa;
use crate::crypto::key::{KeyKind, PublicKey};
use crate::xml::canonical::{Method, Version};
use crate::xml::limits::Limits;
use crate::xml::sink::Sink;
use crate::xml::tree::{Document, NodeId, Selection};

/// A reference whose digest was right, with what was digested.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Covered {
    /// The element that was named; none for the document and for what was handed in.
    pub element: Option<NodeId>,
    /// The octets that were digested. Parse these.
    pub octets: Vec<u8>,
}

/// Where the octets of something outside the document come from: its URI, or none for a reference that names nothing.
pub type Outside<'a> = dyn Fn(Option<&str>) -> Option<Vec<u8>> + 'a;

/// Knows nothing outside the document.
pub fn nothing_outside(_: Option<&str>) -> Option<Vec<u8>> {
    None
}

/// Checks the value over `SignedInfo` under `key`. Says nothing about what the references cover.
///
/// # Errors
/// `Value` when it does not verify or the key does not fit the algorithm.
///
/// Source: XML-DSig 1.1 §3.2.2; RFC 9231 §2.3.6: an ECDSA value is `r‖s`, each as long as the field.
pub fn check_value(
    document: &Document,
    signature: &XmlSignature,
    key: &PublicKey,
) -> Result<(), SignatureDefect> {
    let mut hasher = Hasher::new(signature.algorithm.hash());
    document.canonicalize(
        &Selection::subtree(signature.signed_info),
        &signature.canonicalization,
        &mut hasher,
    );
    let value = match (key.kind(), signature.algorithm) {
        (KeyKind::Ec(curve), SignatureAlgorithm::Ecdsa(_)) => {
            ecdsa::raw_to_der(&signature.value, curve).map_err(|_| SignatureDefect::Value)?
        }
        _ => signature.value.clone(),
    };
    key.verify_digest(signature.algorithm, &hasher.finish(), &value)
        .map_err(|_| SignatureDefect::Value)
}

/// Checks the digest of reference number `index` and gives what it covers.
///
/// # Errors
/// `Digest` when it does not match; `Target`, `Transform`, `Missing` or `Document` when there is nothing to digest.
pub fn check_reference(
    document: &Document,
    signature: &XmlSignature,
    index: usize,
    outside: &Outside<'_>,
) -> Result<Covered, SignatureDefect> {
    let reference = signature
        .references
        .get(index)
        .ok_or(SignatureDefect::Target(index))?;
    let mut octets = Vec::new();
    let element = process(
        document,
        signature.element,
        reference,
        index,
        outside,
        &mut octets,
    )?;
    if reference.hash.digest(&octets) != reference.digest {
        return Err(SignatureDefect::Digest(index));
    }
    Ok(Covered { element, octets })
}

/// Checks value and every reference: the core validation of XML-DSig §3.2.
///
/// # Errors
/// The first that fails; the value is looked at first, so that no digest is believed that nobody signed.
pub fn check(
    document: &Document,
    signature: &XmlSignature,
    key: &PublicKey,
    outside: &Outside<'_>,
) -> Result<Vec<Covered>, SignatureDefect> {
    check_value(document, signature, key)?;
    (0..signature.references.len())
        .map(|index| check_reference(document, signature, index, outside))
        .collect()
}

/// Writes what `reference` covers into `sink`, and says which element it names.
///
/// `signature`: the element that the enveloped-signature transform takes away.
///
/// # Errors
/// As [`check_reference`], without `Digest`.
pub fn process(
    document: &Document,
    signature: NodeId,
    reference: &Reference,
    index: usize,
    outside: &Outside<'_>,
    mut sink: impl Sink,
) -> Result<Option<NodeId>, SignatureDefect> {
    let (mut state, element) = match &reference.target {
        Target::Document { comments } => {
            let mut selection = Selection::document();
            selection.comments = *comments;
            (State::Nodes(selection), None)
        }
        Target::Element { id, comments } => {
            let mut found = document.with_id(id);
            let (Some(element), None) = (found.next(), found.next()) else {
                return Err(SignatureDefect::Target(index));
            };
            let mut selection = Selection::subtree(element);
            selection.comments = *comments;
            (State::Nodes(selection), Some(element))
        }
        Target::Outside(uri) => {
            let octets = outside(Some(uri)).ok_or(SignatureDefect::Missing(index))?;
            (State::Octets(octets), None)
        }
        Target::Unnamed => {
            let octets = outside(None).ok_or(SignatureDefect::Missing(index))?;
            (State::Octets(octets), None)
        }
    };
    for transform in &reference.transforms {
        state = match (transform, state) {
            (Transform::EnvelopedSignature, State::Nodes(selection)) => {
                let top = selection.element.unwrap_or(document.root());
                // XML-DSig §6.6.4: it means the signature that holds the reference, inside what is referenced.
                if !document.is_within(signature, top) || signature == top {
                    return Err(SignatureDefect::Transform);
                }
                State::Nodes(selection.minus(signature))
            }
            (
                Transform::WithoutSignatures | Transform::WithoutSignaturesXPath,
                State::Nodes(mut selection),
            ) => {
                selection
                    .without
                    .extend(document.elements().filter(|id| document.is(*id, DS, "Signature")));
                State::Nodes(selection)
            }
            (Transform::Canonical(method), State::Nodes(selection)) => {
                State::Octets(document.canonicalize(&selection, method, Vec::new()))
            }
            (Transform::Canonical(method), State::Octets(octets)) => {
                let parsed = Document::parse(&octets, Limits::document())?;
                State::Octets(parsed.canonicalize(&Selection::document(), method, Vec::new()))
            }
            (Transform::Base64, State::Nodes(selection)) if selection.without.is_empty() => {
                let element = selection.element.unwrap_or(document.root());
                State::Octets(octets(document, element)?)
            }
            (Transform::Base64, State::Nodes(_)) | (_, State::Octets(_)) => {
                return Err(SignatureDefect::Transform);
            }
        };
    }
    match state {
        State::Octets(octets) => sink.take(&octets),
        // XML-DSig §4.4.3.2: nodes that no transform made octets of are canonicalised inclusively.
        State::Nodes(selection) => {
            document.canonicalize(&selection, &Method::new(Version::Inclusive10), sink);
        }
    }
    Ok(element)
}

enum State {
    Nodes(Selection),
    Octets(Vec<u8>),
}
