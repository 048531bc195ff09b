//! The qualifying properties of a signature, found so that no other can stand in for them.

use super::names::{SIGNED_PROPERTIES, XADES};
use crate::xml::signature::defect::SignatureDefect;
use crate::xml::signature::read::{Target, XmlSignature, octets};
use crate::xml::tree::{Document, NodeId};

/// Where the properties of one signature stand.
#[derive(Clone, Copy, Debug)]
pub struct Properties {
    /// `QualifyingProperties`.
    pub element: NodeId,
    /// `SignedProperties`.
    pub signed: NodeId,
    /// `UnsignedProperties`.
    pub unsigned: Option<NodeId>,
    /// `UnsignedSignatureProperties`.
    pub unsigned_signature: Option<NodeId>,
    /// Number of the reference that covers the signed properties.
    pub reference: usize,
}

impl Properties {
    /// Finds the properties of `signature`.
    ///
    /// There is exactly one `QualifyingProperties` whose `Target` is this signature, and it stands in an object of this
    /// signature; there is exactly one reference to signed properties, and it names the `SignedProperties` in there.
    /// So an object put before the right one, or properties moved elsewhere, are never read.
    ///
    /// # Errors
    /// `Malformed` with what is not so.
    ///
    /// Source: EN 319 132-1 §4.4, reference ades-signing §11.
    pub fn find(document: &Document, signature: &XmlSignature) -> Result<Self, SignatureDefect> {
        let malformed = SignatureDefect::Malformed;
        let id = signature
            .id
            .as_deref()
            .ok_or(malformed("a signature with an identifier"))?;
        let target = format!("#{id}");
        let mut claiming = document.elements().filter(|node| {
            document.is(*node, XADES, "QualifyingProperties")
                && document.tag(*node).and_then(|tag| tag.attribute("Target")) == Some(&target)
        });
        let (Some(element), None) = (claiming.next(), claiming.next()) else {
            return Err(malformed(
                "one element of properties whose target is the signature",
            ));
        };
        let own: Vec<NodeId> = signature
            .objects
            .iter()
            .flat_map(|object| document.children_named(*object, XADES, "QualifyingProperties"))
            .collect();
        if own != [element] {
            return Err(malformed("properties in an object of their own signature, once"));
        }
        let mut children = document.children(element);
        let signed = children
            .next()
            .filter(|child| document.is(*child, XADES, "SignedProperties"))
            .ok_or(malformed("signed properties"))?;
        let unsigned = children.next();
        if children.next().is_some()
            || unsigned.is_some_and(|child| !document.is(child, XADES, "UnsignedProperties"))
        {
            return Err(malformed("signed and unsigned properties and nothing else"));
        }
        let unsigned_signature = match unsigned {
            None => None,
            Some(unsigned) => {
                let mut inside = document.children_named(unsigned, XADES, "UnsignedSignatureProperties");
                let first = inside.next();
                if inside.next().is_some() {
                    return Err(malformed("unsigned properties of the signature once"));
                }
                first
            }
        };
        let covers = |target: &Target| match target {
            Target::Element { id, .. } => document.ids(signed).any(|own| own == id),
            _ => false,
        };
        let mut covering = signature.references.iter().enumerate().filter(|(_, reference)| {
            reference.kind.as_deref() == Some(SIGNED_PROPERTIES) || covers(&reference.target)
        });
        let (Some((reference, found)), None) = (covering.next(), covering.next()) else {
            return Err(malformed("one reference to the signed properties"));
        };
        if found.kind.as_deref() != Some(SIGNED_PROPERTIES) || !covers(&found.target) {
            return Err(malformed(
                "a reference that names the signed properties of its own signature",
            ));
        }
        Ok(Self {
            element,
            signed,
            unsigned,
            unsigned_signature,
            reference,
        })
    }

    /// The unsigned properties of the signature, in order.
    pub fn unsigned<'a>(&self, document: &'a Document) -> impl Iterator<Item = NodeId> + use<'a> {
        self.unsigned_signature
            .into_iter()
            .flat_map(|element| document.children(element))
    }

    /// Elements at `path` below the signed properties, each step a local name.
    pub fn signed_at(&self, document: &Document, path: &[&str]) -> Vec<NodeId> {
        below(document, self.signed, path)
    }

    /// The text of the only element at `path` below the signed properties.
    pub fn signed_text(&self, document: &Document, path: &[&str]) -> Option<String> {
        match self.signed_at(document, path).as_slice() {
            [one] => document.text(*one).map(|text| text.trim().to_owned()),
            _ => None,
        }
    }
}

/// Elements of XAdES at `path` below `top`.
pub fn below(document: &Document, top: NodeId, path: &[&str]) -> Vec<NodeId> {
    let mut found = vec![top];
    for step in path {
        found = found
            .into_iter()
            .flat_map(|node| document.children_named(node, XADES, step))
            .collect();
    }
    found
}

/// The octets of an encapsulated object in base64; none when it is not DER or no base64.
pub fn encapsulated(document: &Document, element: NodeId) -> Option<Vec<u8>> {
    let encoding = document.tag(element)?.attribute("Encoding");
    // EN 319 132-1 §5.1.3: DER unless said otherwise.
    if encoding.is_some_and(|encoding| encoding != "http://uri.etsi.org/01903/v1.2.2#DER") {
        return None;
    }
    octets(document, element).ok()
}
