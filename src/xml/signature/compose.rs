//! Composing a signature in two steps: digests and the octets to sign first, the value later, from whoever has the key.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::DS;
use super::algorithm::{digest_uri, signature_uri};
use super::defect::SignatureDefect;
use super::read::XmlSignature;
use super::transform::{Transform, method_xml};
use super::verify::{Outside, process};
use crate::base::digest::{HashAlgorithm, Hasher};
use crate::crypto::algorithm::SignatureAlgorithm;
use crate::crypto::ecdsa;
use crate::crypto::key::Curve;
use crate::xml::canonical::Method;
use crate::xml::limits::Limits;
use crate::xml::tree::{Document, NodeId, Selection};

/// A signature that is to be made. All its text is written with the prefix `ds`, declared on `ds:Signature`.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Identifier of the `ds:Signature`.
    pub id: String,
    /// How `SignedInfo` becomes octets.
    pub canonicalization: Method,
    /// With which algorithm it will be signed.
    pub algorithm: SignatureAlgorithm,
    /// What it covers.
    pub references: Vec<DraftReference>,
    /// Certificates for the key information in DER, the signer's first.
    pub certificates: Vec<Vec<u8>>,
    /// The `ds:Object` elements.
    pub objects: Vec<DraftObject>,
}

/// A `ds:Object` that is to be made.
#[derive(Clone, Debug, Default)]
pub struct DraftObject {
    /// Its attributes `Id`, `MimeType` and `Encoding`, as far as it has them.
    pub attributes: Vec<(&'static str, String)>,
    /// What stands in it: well-formed content with its own namespace declarations.
    pub content: String,
}

/// A reference that is to be made.
#[derive(Clone, Debug)]
pub struct DraftReference {
    /// Its identifier.
    pub id: Option<String>,
    /// Its `Type`.
    pub kind: Option<&'static str>,
    /// Its `URI`.
    pub uri: String,
    /// Its transforms.
    pub transforms: Vec<Transform>,
    /// Its digest algorithm.
    pub hash: HashAlgorithm,
    /// Its digest, when it is known; else it is made from what the reference names.
    pub digest: Option<Vec<u8>>,
}

/// A signature with its digests, to be signed.
#[derive(Clone, Debug)]
pub struct Prepared {
    draft: Draft,
    digests: Vec<Vec<u8>>,
    signed_info: Vec<u8>,
}

/// Computes the digests and the octets to sign.
///
/// `place`: puts the text of a `ds:Signature` where it will stand, and gives the whole document.
/// `outside`: octets of what references name outside it.
///
/// # Errors
/// When a reference names nothing, or the document with the signature in it is refused.
pub fn prepare(
    draft: Draft,
    place: &dyn Fn(&str) -> Vec<u8>,
    outside: &Outside<'_>,
    limits: Limits,
) -> Result<Prepared, SignatureDefect> {
    let blank: Vec<Vec<u8>> = draft
        .references
        .iter()
        .map(|reference| vec![0; reference.hash.output_bytes()])
        .collect();
    let (document, signature) = placed(&draft, &blank, place, limits)?;
    let mut digests = Vec::new();
    for (index, (reference, wanted)) in signature.references.iter().zip(&draft.references).enumerate() {
        if let Some(known) = &wanted.digest {
            digests.push(known.clone());
            continue;
        }
        let mut hasher = Hasher::new(reference.hash);
        process(
            &document,
            signature.element,
            reference,
            index,
            outside,
            &mut hasher,
        )?;
        digests.push(hasher.finish());
    }
    let (document, signature) = placed(&draft, &digests, place, limits)?;
    let signed_info = document.canonicalize(
        &Selection::subtree(signature.signed_info),
        &draft.canonicalization,
        Vec::new(),
    );
    Ok(Prepared {
        draft,
        digests,
        signed_info,
    })
}

fn placed(
    draft: &Draft,
    digests: &[Vec<u8>],
    place: &dyn Fn(&str) -> Vec<u8>,
    limits: Limits,
) -> Result<(Document, XmlSignature), SignatureDefect> {
    let document = Document::parse(&place(&draft.to_xml(digests, &[0])), limits)?;
    let element = own_element(&document, &draft.id)?;
    let signature = XmlSignature::read(&document, element)?;
    Ok((document, signature))
}

fn own_element(document: &Document, id: &str) -> Result<NodeId, SignatureDefect> {
    let mut found = document.with_id(id);
    match (found.next(), found.next()) {
        (Some(element), None) => Ok(element),
        _ => Err(SignatureDefect::Malformed(
            "an identifier of its own for the signature",
        )),
    }
}

impl Prepared {
    /// The octets to sign: `SignedInfo` in canonical form.
    pub fn octets(&self) -> &[u8] {
        &self.signed_info
    }

    /// The digest to sign, by the algorithm's own hash.
    pub fn digest(&self) -> Vec<u8> {
        self.draft.algorithm.hash().digest(&self.signed_info)
    }

    /// The finished `ds:Signature`.
    ///
    /// `value`: as XML wants it, `r‖s` for ECDSA (see [`raw_value`]), octets for RSA.
    pub fn finish(&self, value: &[u8]) -> String {
        self.draft.to_xml(&self.digests, value)
    }
}

/// The `r‖s` of an ECDSA value in DER.
pub fn raw_value(der: &[u8], curve: Curve) -> Result<Vec<u8>, SignatureDefect> {
    ecdsa::der_to_raw(der, curve).map_err(|_| SignatureDefect::Value)
}

impl Draft {
    fn to_xml(&self, digests: &[Vec<u8>], value: &[u8]) -> String {
        let id = escaped(&self.id);
        let mut xml = format!("<ds:Signature xmlns:ds=\"{DS}\" Id=\"{id}\"><ds:SignedInfo>");
        xml.push_str(&method_xml("CanonicalizationMethod", &self.canonicalization));
        let _ = write!(
            xml,
            "<ds:SignatureMethod Algorithm=\"{}\"></ds:SignatureMethod>",
            signature_uri(self.algorithm)
        );
        for (reference, digest) in self.references.iter().zip(digests) {
            xml.push_str(&reference.to_xml(digest));
        }
        let _ = write!(
            xml,
            "</ds:SignedInfo><ds:SignatureValue Id=\"{id}-value\">{}</ds:SignatureValue>",
            STANDARD.encode(value)
        );
        if !self.certificates.is_empty() {
            xml.push_str("<ds:KeyInfo><ds:X509Data>");
            for certificate in &self.certificates {
                let _ = write!(
                    xml,
                    "<ds:X509Certificate>{}</ds:X509Certificate>",
                    STANDARD.encode(certificate)
                );
            }
            xml.push_str("</ds:X509Data></ds:KeyInfo>");
        }
        for object in &self.objects {
            xml.push_str("<ds:Object");
            for (name, value) in &object.attributes {
                let _ = write!(xml, " {name}=\"{}\"", escaped(value));
            }
            let _ = write!(xml, ">{}</ds:Object>", object.content);
        }
        xml.push_str("</ds:Signature>");
        xml
    }
}

impl DraftReference {
    fn to_xml(&self, digest: &[u8]) -> String {
        let mut xml = "<ds:Reference".to_owned();
        if let Some(id) = &self.id {
            let _ = write!(xml, " Id=\"{}\"", escaped(id));
        }
        if let Some(kind) = self.kind {
            let _ = write!(xml, " Type=\"{}\"", escaped(kind));
        }
        let _ = write!(xml, " URI=\"{}\">", escaped(&self.uri));
        if !self.transforms.is_empty() {
            xml.push_str("<ds:Transforms>");
            for transform in &self.transforms {
                xml.push_str(&transform.to_xml());
            }
            xml.push_str("</ds:Transforms>");
        }
        let _ = write!(
            xml,
            "<ds:DigestMethod Algorithm=\"{}\"></ds:DigestMethod><ds:DigestValue>{}</ds:DigestValue></ds:Reference>",
            digest_uri(self.hash),
            STANDARD.encode(digest)
        );
        xml
    }
}

/// `text` as it stands in element content or in an attribute value between double quotes.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' => out.push_str("&#x9;"),
            '\n' => out.push_str("&#xA;"),
            '\r' => out.push_str("&#xD;"),
            other => out.push(other),
        }
    }
    out
}
