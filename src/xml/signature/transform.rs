//! The transforms that are accepted: a closed list. No stylesheet, no XPath but the two fixed expressions that say "all
//! but the signatures".

use super::DS;
use super::defect::SignatureDefect;
use crate::xml::canonical::{Method, Version};
use crate::xml::tree::{Document, NodeId};

/// Namespace and identifier of XPath Filter 2.0.
const FILTER2: &str = "http://www.w3.org/2002/06/xmldsig-filter2";
/// Identifier of the XPath 1.0 transform.
const XPATH: &str = "http://www.w3.org/TR/1999/REC-xpath-19991116";
/// Identifier of the transform that takes the own signature away.
pub const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
/// Identifier of the transform that decodes base64.
const BASE64: &str = "http://www.w3.org/2000/09/xmldsig#base64";
/// Namespace of `InclusiveNamespaces`.
const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
/// Most prefixes that one list names.
const PREFIXES_AT_MOST: usize = 64;

/// One step between what a reference names and what is digested.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transform {
    /// Octets in canonical form.
    Canonical(Method),
    /// Without the signature that holds the reference (XML-DSig §6.6.4).
    EnvelopedSignature,
    /// Without any signature: XPath Filter 2.0 `subtract` of `/descendant::ds:Signature`, with which several persons can
    /// sign one document side by side.
    WithoutSignatures,
    /// The same as XPath 1.0 says it: `not(ancestor-or-self::ds:Signature)`.
    WithoutSignaturesXPath,
    /// The octets that the text of the element is the base64 of (XML-DSig §6.6.2): how bytes that are no XML are put into
    /// a `ds:Object`.
    Base64,
}

impl Transform {
    /// Reads a `ds:Transform`.
    pub(super) fn read(document: &Document, element: NodeId) -> Result<Self, SignatureDefect> {
        let algorithm = document
            .tag(element)
            .and_then(|tag| tag.attribute("Algorithm"))
            .ok_or(SignatureDefect::Malformed("a transform names its algorithm"))?;
        match algorithm {
            ENVELOPED if document.children(element).next().is_none() => Ok(Self::EnvelopedSignature),
            BASE64 if document.children(element).next().is_none() => Ok(Self::Base64),
            FILTER2 => {
                let filter = only_child(document, element, FILTER2)?;
                let subtracts = document
                    .tag(filter)
                    .is_some_and(|tag| tag.attribute("Filter") == Some("subtract"));
                if subtracts && says(document, filter, "/descendant::", "") {
                    Ok(Self::WithoutSignatures)
                } else {
                    Err(SignatureDefect::Transform)
                }
            }
            XPATH => {
                let expression = only_child(document, element, DS)?;
                if says(document, expression, "not(ancestor-or-self::", ")") {
                    Ok(Self::WithoutSignaturesXPath)
                } else {
                    Err(SignatureDefect::Transform)
                }
            }
            _ => read_method(document, element)
                .map(Self::Canonical)
                .map_err(|_| SignatureDefect::Transform),
        }
    }

    /// The element as this room writes it, prefix `ds`.
    pub(super) fn to_xml(&self) -> String {
        match self {
            Self::Canonical(method) => method_xml("Transform", method),
            Self::EnvelopedSignature => format!("<ds:Transform Algorithm=\"{ENVELOPED}\"></ds:Transform>"),
            Self::Base64 => format!("<ds:Transform Algorithm=\"{BASE64}\"></ds:Transform>"),
            Self::WithoutSignatures => format!(
                "<ds:Transform Algorithm=\"{FILTER2}\"><filter:XPath xmlns:filter=\"{FILTER2}\" \
                 Filter=\"subtract\">/descendant::ds:Signature</filter:XPath></ds:Transform>"
            ),
            Self::WithoutSignaturesXPath => format!(
                "<ds:Transform Algorithm=\"{XPATH}\"><ds:XPath>not(ancestor-or-self::ds:Signature)</ds:XPath>\
                 </ds:Transform>"
            ),
        }
    }
}

/// Reads the method of a `CanonicalizationMethod` or of a transform that canonicalises.
pub fn read_method(document: &Document, element: NodeId) -> Result<Method, SignatureDefect> {
    let mut method = document
        .tag(element)
        .and_then(|tag| tag.attribute("Algorithm"))
        .and_then(Method::from_uri)
        .ok_or(SignatureDefect::Algorithm)?;
    let mut children = document.children(element);
    if let Some(parameter) = children.next() {
        let list = document
            .tag(parameter)
            .filter(|tag| tag.name.is(EXCLUSIVE, "InclusiveNamespaces"))
            .and_then(|tag| tag.attribute("PrefixList"));
        let (Some(list), Version::Exclusive, None) = (list, method.version, children.next()) else {
            return Err(SignatureDefect::Algorithm);
        };
        method.inclusive_prefixes = list
            .split_ascii_whitespace()
            .map(|prefix| if prefix == "#default" { "" } else { prefix }.to_owned())
            .collect();
        if method.inclusive_prefixes.len() > PREFIXES_AT_MOST {
            return Err(SignatureDefect::Algorithm);
        }
    }
    Ok(method)
}

/// The method as an element `ds:{local}`.
pub fn method_xml(local: &str, method: &Method) -> String {
    let uri = method.uri();
    if method.inclusive_prefixes.is_empty() {
        return format!("<ds:{local} Algorithm=\"{uri}\"></ds:{local}>");
    }
    let list: Vec<&str> = method
        .inclusive_prefixes
        .iter()
        .map(|prefix| if prefix.is_empty() { "#default" } else { prefix })
        .collect();
    format!(
        "<ds:{local} Algorithm=\"{uri}\"><ec:InclusiveNamespaces xmlns:ec=\"{EXCLUSIVE}\" \
         PrefixList=\"{}\"></ec:InclusiveNamespaces></ds:{local}>",
        list.join(" ")
    )
}

fn only_child(document: &Document, element: NodeId, namespace: &str) -> Result<NodeId, SignatureDefect> {
    let mut children = document.children(element);
    match (children.next(), children.next()) {
        (Some(child), None) if document.is(child, namespace, "XPath") => Ok(child),
        _ => Err(SignatureDefect::Transform),
    }
}

/// Whether the expression is `before`, a name for `ds:Signature` with whatever prefix stands for it here, `after`.
fn says(document: &Document, element: NodeId, before: &str, after: &str) -> bool {
    let text = document.text(element).unwrap_or_default();
    text.trim()
        .strip_prefix(before)
        .and_then(|rest| rest.strip_suffix(after))
        .and_then(|name| name.split_once(':'))
        .is_some_and(|(prefix, local)| {
            local == "Signature" && document.namespace_at(element, prefix) == Some(DS)
        })
}
