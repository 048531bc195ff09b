//! The unsigned properties: written, put behind those that are there, and what they hold of certificates and status.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::imprint::is_archive;
use super::names::{XADES, XADES141};
use super::read::{Properties, below, encapsulated};
use crate::pdf::dss::Evidence;
use crate::xml::canonical::{Method, Version};
use crate::xml::signature::DS;
use crate::xml::signature::defect::SignatureDefect;
use crate::xml::signature::transform::method_xml;
use crate::xml::tree::{Document, NodeId};

/// How time-stamps made here canonicalise: without regard to where the signature stands.
pub fn own_method() -> Method {
    Method::new(Version::Exclusive)
}

/// A signature time-stamp.
pub fn signature_stamp(token: &[u8]) -> String {
    stamp("xades:SignatureTimeStamp", token)
}

/// An archive time-stamp.
pub fn archive_stamp(token: &[u8]) -> String {
    stamp("xades141:ArchiveTimeStamp", token)
}

fn stamp(name: &str, token: &[u8]) -> String {
    format!(
        "<{name}{}>{}<xades:EncapsulatedTimeStamp>{}</xades:EncapsulatedTimeStamp></{name}>",
        namespaces(name),
        method_xml("CanonicalizationMethod", &own_method()),
        STANDARD.encode(token)
    )
}

/// Declarations for a property that stands on its own: whoever made the signature may have other prefixes.
fn namespaces(name: &str) -> String {
    let mut text = format!(" xmlns:xades=\"{XADES}\" xmlns:ds=\"{DS}\"");
    if name.starts_with("xades141:") {
        let _ = write!(text, " xmlns:xades141=\"{XADES141}\"");
    }
    text
}

/// The certificates and the status data for a signature, in the two properties that hold them.
pub fn values(evidence: &Evidence) -> String {
    let mut xml = String::new();
    if !evidence.certificates.is_empty() {
        let name = "xades:CertificateValues";
        let _ = write!(
            xml,
            "<{name}{}>{}</{name}>",
            namespaces(name),
            certificates(evidence)
        );
    }
    if !evidence.crls.is_empty() || !evidence.ocsp_responses.is_empty() {
        let name = "xades:RevocationValues";
        let _ = write!(
            xml,
            "<{name}{}>{}</{name}>",
            namespaces(name),
            revocations(evidence)
        );
    }
    xml
}

/// The same for what is added later: for time-stamps, and for signatures that have their values already.
pub fn time_stamp_data(evidence: &Evidence) -> String {
    let name = "xades141:TimeStampValidationData";
    let mut xml = format!("<{name}{}>", namespaces(name));
    if !evidence.certificates.is_empty() {
        let _ = write!(
            xml,
            "<xades:CertificateValues>{}</xades:CertificateValues>",
            certificates(evidence)
        );
    }
    if !evidence.crls.is_empty() || !evidence.ocsp_responses.is_empty() {
        let _ = write!(
            xml,
            "<xades:RevocationValues>{}</xades:RevocationValues>",
            revocations(evidence)
        );
    }
    let _ = write!(xml, "</{name}>");
    xml
}

fn certificates(evidence: &Evidence) -> String {
    each("EncapsulatedX509Certificate", &evidence.certificates)
}

/// CRLs before OCSP answers, as the schema orders them.
fn revocations(evidence: &Evidence) -> String {
    let mut xml = String::new();
    for (list, item, values) in [
        ("CRLValues", "EncapsulatedCRLValue", &evidence.crls),
        ("OCSPValues", "EncapsulatedOCSPValue", &evidence.ocsp_responses),
    ] {
        if !values.is_empty() {
            let _ = write!(xml, "<xades:{list}>{}</xades:{list}>", each(item, values));
        }
    }
    xml
}

fn each(item: &str, values: &[Vec<u8>]) -> String {
    let mut xml = String::new();
    for value in values {
        let _ = write!(xml, "<xades:{item}>{}</xades:{item}>", STANDARD.encode(value));
    }
    xml
}

/// Where an unsigned property goes, behind those that are there, and the elements that it lacks around it.
pub(super) struct Insertion {
    /// Offset in the document.
    pub(super) at: u64,
    pub(super) before: String,
    pub(super) after: String,
}

impl Insertion {
    /// Behind the unsigned properties of the signature.
    ///
    /// # Errors
    /// When an element that would take it is written as an empty tag.
    pub(super) fn behind(document: &Document, properties: &Properties) -> Result<Self, SignatureDefect> {
        let inner = "xades:UnsignedSignatureProperties";
        let open = format!("<{inner} xmlns:xades=\"{XADES}\">");
        let close = format!("</{inner}>");
        let (around, at, before, after) = match (properties.unsigned, properties.unsigned_signature) {
            (_, Some(inner)) => (inner, document.inside(inner).end, String::new(), String::new()),
            // `UnsignedSignatureProperties` comes before those of data objects.
            (Some(outer), None) => (outer, document.inside(outer).start, open, close),
            (None, None) => (
                properties.element,
                document.inside(properties.element).end,
                format!("<xades:UnsignedProperties xmlns:xades=\"{XADES}\">{open}"),
                format!("{close}</xades:UnsignedProperties>"),
            ),
        };
        if document.inside(around).end == document.span(around).end {
            return Err(SignatureDefect::Malformed("properties that can be added to"));
        }
        Ok(Self { at, before, after })
    }
}

/// `text`, a signature that stands at byte `start` of `document`, with `property` behind its unsigned properties.
/// Nothing else changes.
///
/// # Errors
/// When an element that would take it is written as an empty tag.
pub fn with_property(
    text: &str,
    start: u64,
    document: &Document,
    properties: &Properties,
    property: &str,
) -> Result<String, SignatureDefect> {
    let Insertion { at, before, after } = Insertion::behind(document, properties)?;
    let parts = usize::try_from(at.saturating_sub(start))
        .ok()
        .and_then(|at| text.split_at_checked(at));
    match parts {
        Some((front, back)) => Ok([front, &before, property, &after, back].concat()),
        None => Err(SignatureDefect::Malformed("properties that can be added to")),
    }
}

/// A certificate, OCSP answer or CRL in a property, with the number of archive time-stamps before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// What it is.
    pub kind: HeldKind,
    /// DER.
    pub der: Vec<u8>,
    /// Archive time-stamps that stand before it.
    pub archives_before: usize,
}

/// What a property holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeldKind {
    /// A certificate.
    Certificate,
    /// A certificate revocation list.
    Crl,
    /// A whole OCSP response.
    Ocsp,
}

/// Everything the properties hold. Nothing in it is believed for being there; what cannot be read is left out.
pub fn held(document: &Document, properties: &Properties) -> Vec<Held> {
    const LISTS: [(HeldKind, &[&str]); 3] = [
        (HeldKind::Certificate, &["EncapsulatedX509Certificate"]),
        (HeldKind::Crl, &["CRLValues", "EncapsulatedCRLValue"]),
        (HeldKind::Ocsp, &["OCSPValues", "EncapsulatedOCSPValue"]),
    ];
    let mut found = Vec::new();
    let mut archives_before = 0_usize;
    for property in properties.unsigned(document) {
        if is_archive(document, property) {
            archives_before = archives_before.saturating_add(1);
            continue;
        }
        let tops: Vec<NodeId> = if document.is(property, XADES, "CertificateValues")
            || document.is(property, XADES, "RevocationValues")
        {
            vec![property]
        } else if document.is(property, XADES141, "TimeStampValidationData")
            || document.is(property, XADES141, "AnyValidationData")
        {
            ["CertificateValues", "RevocationValues"]
                .iter()
                .flat_map(|name| below(document, property, &[name]))
                .collect()
        } else {
            continue;
        };
        for top in tops {
            for (kind, path) in LISTS {
                let is_list = document.is(top, XADES, "CertificateValues");
                if is_list != (kind == HeldKind::Certificate) {
                    continue;
                }
                for element in below(document, top, path) {
                    if let Some(der) = encapsulated(document, element) {
                        found.push(Held {
                            kind,
                            der,
                            archives_before,
                        });
                    }
                }
            }
        }
    }
    found
}

/// The tokens of a time-stamp property.
pub fn tokens(document: &Document, property: NodeId) -> Vec<Vec<u8>> {
    below(document, property, &["EncapsulatedTimeStamp"])
        .into_iter()
        .map(|element| encapsulated(document, element).unwrap_or_default())
        .collect()
}
