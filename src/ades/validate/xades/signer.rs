//! Whose signature it is: the certificate that the signed properties name.

use super::super::format::Failure;
use super::super::indication::SubIndication;
use super::unknown_uri;
use crate::ades::xades::properties::decimal;
use crate::ades::xades::read::{Properties, below};
use crate::ades::xades::unsigned::{HeldKind, held};
use crate::asn1::read::{self, Rules};
use crate::pki::certificate::Certificate;
use crate::xml::signature::DS;
use crate::xml::signature::algorithm::digest_from_uri;
use crate::xml::signature::read::{XmlSignature, octets};
use crate::xml::tree::{Document, NodeId};

/// The certificate that `signature` names by digest, and others that may lead to its anchor.
pub fn xml_signer(
    document: &Document,
    signature: &XmlSignature,
    properties: &Properties,
) -> Option<(Certificate, Vec<Certificate>)> {
    let known = certificates(document, signature, properties);
    let leaf = identify(document, properties, &known).ok()?;
    let others = known.into_iter().filter(|known| *known != leaf).collect();
    Some((leaf, others))
}

/// Every certificate in the key information and the properties.
pub(super) fn certificates(
    document: &Document,
    signature: &XmlSignature,
    properties: &Properties,
) -> Vec<Certificate> {
    let values = held(document, properties)
        .into_iter()
        .filter(|held| held.kind == HeldKind::Certificate)
        .map(|held| held.der);
    signature
        .certificates
        .iter()
        .cloned()
        .chain(values)
        .filter_map(|der| Certificate::parse(der).ok())
        .collect()
}

/// The certificate that the signed properties name by digest, never one that merely verifies: another in the key
/// information gives neither its key nor its name.
pub(super) fn identify(
    document: &Document,
    properties: &Properties,
    known: &[Certificate],
) -> Result<Certificate, Failure> {
    let missing =
        |cause: &str, detail: &str| Failure::new(SubIndication::NoSigningCertificateFound, cause, detail);
    let own = "SignedSignatureProperties";
    let mut references = properties.signed_at(document, &[own, "SigningCertificateV2", "Cert"]);
    references.extend(properties.signed_at(document, &[own, "SigningCertificate", "Cert"]));
    // EN 319 132-1 §5.2.2: the first reference is the signer's.
    let Some(cert) = references.first() else {
        return Err(missing(
            "XADES_CERTIFICATE_REFERENCE",
            "the signed properties name no certificate",
        ));
    };
    let stated = below(document, *cert, &["CertDigest"]);
    let method = stated.first().and_then(|digest| {
        let method = document.children_named(*digest, DS, "DigestMethod").next()?;
        document.tag(method)?.attribute("Algorithm")
    });
    if let Some(uri) = method.filter(|uri| digest_from_uri(uri).is_none()) {
        return Err(unknown_uri(uri));
    }
    let digest = stated.first().and_then(|digest| {
        let hash = method.and_then(digest_from_uri)?;
        let value = document.children_named(*digest, DS, "DigestValue").next()?;
        Some((hash, octets(document, value).ok()?))
    });
    let Some((hash, digest)) = digest else {
        return Err(missing(
            "XADES_CERTIFICATE_REFERENCE",
            "the reference to the certificate cannot be read",
        ));
    };
    let found = known
        .iter()
        .find(|certificate| hash.digest(certificate.der()) == digest)
        .ok_or_else(|| {
            missing(
                "XADES_CERTIFICATE_MISSING",
                "the certificate that the signed properties name is not there",
            )
        })?;
    if fits_issuer_serial(document, *cert, found) {
        Ok(found.clone())
    } else {
        Err(missing(
            "XADES_CERTIFICATE_REFERENCE",
            "issuer and serial number in the signed properties are another certificate's",
        ))
    }
}

/// Whether issuer and serial number, where they are stated, are those of `certificate`.
fn fits_issuer_serial(document: &Document, cert: NodeId, certificate: &Certificate) -> bool {
    let Ok((issuer, serial)) = crate::ades::cms::build::issuer_and_serial(certificate.der()) else {
        return false;
    };
    for element in below(document, cert, &["IssuerSerialV2"]) {
        // RFC 5035 §5.4.1: the issuer as the only name of GeneralNames, then the serial number.
        let stated = octets(document, element).ok().and_then(|der| {
            let mut parts = read::single(&der, Rules::Ber).ok()?.inside().ok()?;
            let mut names = parts.sequence().ok()?;
            let name = names.expect(0xA4).ok()?;
            let same = name.content() == issuer && parts.expect(2).ok()?.whole() == serial;
            Some(same)
        });
        if stated != Some(true) {
            return false;
        }
    }
    // The old form names the issuer in words, of which there are many; the number is told.
    below(document, cert, &["IssuerSerial"])
        .into_iter()
        .flat_map(|element| document.children_named(element, DS, "X509SerialNumber"))
        .all(|number| {
            document
                .text(number)
                .is_some_and(|text| text.trim() == decimal(certificate.serial()))
        })
}
