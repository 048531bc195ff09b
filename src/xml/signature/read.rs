//! Reading `ds:Signature` as its schema says, nothing skipped.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::DS;
use super::algorithm::{digest_from_uri, signature_from_uri};
use super::defect::SignatureDefect;
use super::transform::{Transform, read_method};
use crate::base::digest::HashAlgorithm;
use crate::crypto::algorithm::SignatureAlgorithm;
use crate::xml::canonical::Method;
use crate::xml::tree::{Document, NodeId};

/// Most references of one signature: a container of many files has one for each.
const REFERENCES_AT_MOST: usize = 2_000;
/// Most transforms of one reference.
const TRANSFORMS_AT_MOST: usize = 5;
/// Most certificates in the key information.
const CERTIFICATES_AT_MOST: usize = 32;

/// A signature as it stands in a document. Nothing about it is verified.
#[derive(Clone, Debug)]
pub struct XmlSignature {
    /// The `ds:Signature` element.
    pub element: NodeId,
    /// Its identifier.
    pub id: Option<String>,
    /// The `ds:SignedInfo` element: what the value signs.
    pub signed_info: NodeId,
    /// How `SignedInfo` becomes octets.
    pub canonicalization: Method,
    /// With which algorithm it is signed.
    pub algorithm: SignatureAlgorithm,
    /// What it covers, in order.
    pub references: Vec<Reference>,
    /// The `ds:SignatureValue` element: what a signature time-stamp covers.
    pub value_element: NodeId,
    /// The value as written: `r‖s` for ECDSA, octets for RSA.
    pub value: Vec<u8>,
    /// The `ds:KeyInfo` element.
    pub key_info: Option<NodeId>,
    /// Certificates of the key information in DER, as written and in order. Claims, like all of the key information.
    pub certificates: Vec<Vec<u8>>,
    /// The `ds:Object` elements.
    pub objects: Vec<NodeId>,
}

/// A reference as it stands in `SignedInfo` or in a manifest.
#[derive(Clone, Debug)]
pub struct Reference {
    /// The `ds:Reference` element.
    pub element: NodeId,
    /// Its identifier.
    pub id: Option<String>,
    /// Its `Type`.
    pub kind: Option<String>,
    /// What it names.
    pub target: Target,
    /// What happens to it before the digest.
    pub transforms: Vec<Transform>,
    /// The digest algorithm.
    pub hash: HashAlgorithm,
    /// The digest.
    pub digest: Vec<u8>,
}

/// What a reference names (XML-DSig §4.4.3.2 and §4.4.3.3).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// `""` or `#xpointer(/)`: the document that holds the signature.
    Document {
        /// Whether comments belong to it: only by the pointer.
        comments: bool,
    },
    /// `#id` or `#xpointer(id('id'))`: an element of that document.
    Element {
        /// Its identifier.
        id: String,
        /// Whether comments belong to it: only by the pointer.
        comments: bool,
    },
    /// Something outside, which the caller hands in or not; nothing is fetched.
    Outside(String),
    /// No URI at all: the application knows what is meant.
    Unnamed,
}

impl XmlSignature {
    /// Reads the signature whose element is `element`.
    ///
    /// # Errors
    /// `Malformed` when it is not as the schema says, `Algorithm` and `Transform` for what is not on the lists.
    pub fn read(document: &Document, element: NodeId) -> Result<Self, SignatureDefect> {
        if !document.is(element, DS, "Signature") {
            return Err(SignatureDefect::Malformed("ds:Signature"));
        }
        let mut children = Children::of(document, element)?;
        let signed_info = children.required("SignedInfo")?;
        let value_element = children.required("SignatureValue")?;
        let key_info = children.optional("KeyInfo");
        let mut objects = Vec::new();
        while let Some(object) = children.optional("Object") {
            objects.push(object);
        }
        children.finish()?;

        let mut inside = Children::of(document, signed_info)?;
        let canonicalization = read_method(document, inside.required("CanonicalizationMethod")?)?;
        let method = inside.required("SignatureMethod")?;
        let algorithm = document
            .tag(method)
            .and_then(|tag| tag.attribute("Algorithm"))
            .and_then(signature_from_uri)
            .filter(|_| document.children(method).next().is_none())
            .ok_or(SignatureDefect::Algorithm)?;
        let mut references = Vec::new();
        while let Some(reference) = inside.optional("Reference") {
            if references.len() >= REFERENCES_AT_MOST {
                return Err(SignatureDefect::Malformed("fewer references"));
            }
            references.push(Reference::read(document, reference)?);
        }
        inside.finish()?;
        if references.is_empty() {
            return Err(SignatureDefect::Malformed("at least one reference"));
        }
        Ok(Self {
            element,
            id: attribute(document, element, "Id"),
            signed_info,
            canonicalization,
            algorithm,
            references,
            value_element,
            value: octets(document, value_element)?,
            key_info,
            certificates: certificates(document, key_info)?,
            objects,
        })
    }
}

impl Reference {
    /// Reads a `ds:Reference`.
    ///
    /// # Errors
    /// As [`XmlSignature::read`].
    pub fn read(document: &Document, element: NodeId) -> Result<Self, SignatureDefect> {
        let mut children = Children::of(document, element)?;
        let mut transforms = Vec::new();
        if let Some(list) = children.optional("Transforms") {
            let mut each = Children::of(document, list)?;
            while let Some(transform) = each.optional("Transform") {
                if transforms.len() >= TRANSFORMS_AT_MOST {
                    return Err(SignatureDefect::Transform);
                }
                transforms.push(Transform::read(document, transform)?);
            }
            each.finish()?;
        }
        let method = children.required("DigestMethod")?;
        let value = children.required("DigestValue")?;
        children.finish()?;
        let hash = document
            .tag(method)
            .and_then(|tag| tag.attribute("Algorithm"))
            .and_then(digest_from_uri)
            .filter(|_| document.children(method).next().is_none())
            .ok_or(SignatureDefect::Algorithm)?;
        let digest = octets(document, value)?;
        if digest.len() != hash.output_bytes() {
            return Err(SignatureDefect::Malformed(
                "a digest as long as its algorithm gives",
            ));
        }
        Ok(Self {
            element,
            id: attribute(document, element, "Id"),
            kind: attribute(document, element, "Type"),
            target: Target::of(attribute(document, element, "URI").as_deref()),
            transforms,
            hash,
            digest,
        })
    }
}

impl Target {
    fn of(uri: Option<&str>) -> Self {
        let Some(uri) = uri else { return Self::Unnamed };
        let Some(fragment) = uri.strip_prefix('#') else {
            return if uri.is_empty() {
                Self::Document { comments: false }
            } else {
                Self::Outside(uri.to_owned())
            };
        };
        if fragment == "xpointer(/)" {
            return Self::Document { comments: true };
        }
        let pointed = fragment
            .strip_prefix("xpointer(id(")
            .and_then(|rest| rest.strip_suffix("))"))
            .and_then(|quoted| {
                quoted
                    .strip_prefix('\'')
                    .and_then(|rest| rest.strip_suffix('\''))
                    .or_else(|| quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')))
            });
        match pointed {
            Some(id) => Self::Element {
                id: id.to_owned(),
                comments: true,
            },
            None => Self::Element {
                id: fragment.to_owned(),
                comments: false,
            },
        }
    }
}

/// The octets of an element in base64; white space does not count, of which producers on Windows leave references to
/// carriage returns.
pub fn octets(document: &Document, element: NodeId) -> Result<Vec<u8>, SignatureDefect> {
    let malformed = SignatureDefect::Malformed("base64");
    let text = document.text(element).ok_or(malformed)?;
    let packed: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    STANDARD.decode(packed).map_err(|_| malformed)
}

fn attribute(document: &Document, element: NodeId, local: &str) -> Option<String> {
    document
        .tag(element)
        .and_then(|tag| tag.attribute(local))
        .map(str::to_owned)
}

fn certificates(document: &Document, key_info: Option<NodeId>) -> Result<Vec<Vec<u8>>, SignatureDefect> {
    let mut found = Vec::new();
    let data = key_info
        .into_iter()
        .flat_map(|key_info| document.children_named(key_info, DS, "X509Data"));
    for element in data.flat_map(|data| document.children_named(data, DS, "X509Certificate")) {
        if found.len() >= CERTIFICATES_AT_MOST {
            return Err(SignatureDefect::Malformed("fewer certificates"));
        }
        found.push(octets(document, element)?);
    }
    Ok(found)
}

/// The elements inside one of this namespace, taken in order.
struct Children<'a> {
    document: &'a Document,
    left: std::iter::Peekable<Box<dyn Iterator<Item = NodeId> + 'a>>,
}

impl<'a> Children<'a> {
    fn of(document: &'a Document, element: NodeId) -> Result<Self, SignatureDefect> {
        if !document.is_structure(element) {
            return Err(SignatureDefect::Malformed("elements without text between them"));
        }
        let left: Box<dyn Iterator<Item = NodeId> + 'a> = Box::new(document.children(element));
        Ok(Self {
            document,
            left: left.peekable(),
        })
    }

    fn optional(&mut self, local: &str) -> Option<NodeId> {
        let document = self.document;
        self.left.next_if(|child| document.is(*child, DS, local))
    }

    fn required(&mut self, local: &'static str) -> Result<NodeId, SignatureDefect> {
        self.optional(local).ok_or(SignatureDefect::Malformed(local))
    }

    fn finish(mut self) -> Result<(), SignatureDefect> {
        match self.left.next() {
            None => Ok(()),
            Some(_) => Err(SignatureDefect::Malformed("no other element there")),
        }
    }
}
