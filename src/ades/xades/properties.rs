//! The signed properties as they are written. EN 319 132-1 §5.2.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::names::{COMMITMENT, XADES};
use super::stages::{CertificateForm, Draft};
use crate::ades::VERDICT_OID;
use crate::ades::cms::build::issuer_and_serial;
use crate::ades::statement::PolicyIdentifier;
use crate::asn1::read::Asn1Error;
use crate::asn1::write;
use crate::base::digest::HashAlgorithm;
use crate::base::time::Timestamp;
use crate::xml::signature::algorithm::digest_uri;
use crate::xml::signature::compose::escaped;

/// What the signed properties say, beside the draft.
pub(super) struct Stated<'a> {
    /// Identifier of the signature.
    pub(super) id: &'a str,
    /// The signing time.
    pub(super) at: Timestamp,
    /// Identifiers of the references to data, each with its media type.
    pub(super) data: &'a [(String, Option<String>)],
}

/// The local part of the namespace of a verdict of authority in a claimed role: the object identifier it has in CMS.
pub fn verdict_namespace() -> String {
    format!("urn:oid:{VERDICT_OID}")
}

/// Identifier of the signed properties of the signature `id`.
pub(super) fn signed_id(id: &str) -> String {
    format!("{id}-signed")
}

/// `xades:QualifyingProperties` with everything that is signed, and nothing unsigned yet.
///
/// # Errors
/// When issuer and serial number cannot be taken from the certificate.
pub(super) fn write_signed(draft: &Draft, stated: &Stated<'_>) -> Result<String, Asn1Error> {
    let id = escaped(stated.id);
    let mut xml = format!(
        "<xades:QualifyingProperties xmlns:xades=\"{XADES}\" Target=\"#{id}\"><xades:SignedProperties \
         Id=\"{}\"><xades:SignedSignatureProperties>",
        escaped(&signed_id(stated.id))
    );
    // EN 319 132-1 §5.2.1; reference ades-signing §16: UTC with Z.
    let _ = write!(
        xml,
        "<xades:SigningTime>{}</xades:SigningTime>",
        stated.at.truncated_to_second()
    );
    xml.push_str(&signing_certificate(draft)?);
    if let Some(policy) = &draft.policy {
        let _ = write!(
            xml,
            "<xades:SignaturePolicyIdentifier><xades:SignaturePolicyId><xades:SigPolicyId><xades:Identifier{}>{}\
             </xades:Identifier></xades:SigPolicyId><xades:SigPolicyHash>{}</xades:SigPolicyHash>",
            // EN 319 132-1 §5.1.2: the qualifier says how an object identifier is written; a URI has none.
            match policy.identifier {
                PolicyIdentifier::Oid(_) => " Qualifier=\"OIDAsURN\"",
                PolicyIdentifier::Uri(_) => "",
            },
            escaped(&policy.identifier.to_uri()),
            digest_elements(policy.hash, &policy.digest)
        );
        if let Some(uri) = &policy.uri {
            let _ = write!(
                xml,
                "<xades:SigPolicyQualifiers><xades:SigPolicyQualifier><xades:SPURI>{}</xades:SPURI>\
                 </xades:SigPolicyQualifier></xades:SigPolicyQualifiers>",
                escaped(uri)
            );
        }
        xml.push_str("</xades:SignaturePolicyId></xades:SignaturePolicyIdentifier>");
    }
    if let Some(place) = &draft.place {
        xml.push_str("<xades:SignatureProductionPlaceV2>");
        for (name, value) in [("City", &place.locality), ("CountryName", &place.country)] {
            if let Some(value) = value {
                let _ = write!(xml, "<xades:{name}>{}</xades:{name}>", escaped(value));
            }
        }
        xml.push_str("</xades:SignatureProductionPlaceV2>");
    }
    xml.push_str(&roles(draft));
    xml.push_str("</xades:SignedSignatureProperties>");
    xml.push_str(&data_properties(draft, stated));
    xml.push_str("</xades:SignedProperties></xades:QualifyingProperties>");
    Ok(xml)
}

fn digest_elements(hash: HashAlgorithm, digest: &[u8]) -> String {
    format!(
        "<ds:DigestMethod Algorithm=\"{}\"></ds:DigestMethod><ds:DigestValue>{}</ds:DigestValue>",
        digest_uri(hash),
        STANDARD.encode(digest)
    )
}

fn signing_certificate(draft: &Draft) -> Result<String, Asn1Error> {
    let der = draft.certificate.der();
    let hash = HashAlgorithm::Sha256;
    let digest = digest_elements(hash, &hash.digest(der));
    let (issuer, serial) = issuer_and_serial(der)?;
    Ok(match draft.certificate_form {
        CertificateForm::V2 => {
            // RFC 5035 §5.4.1 IssuerSerial: GeneralNames with one directoryName, and the serial number.
            let names = write::sequence(&[&write::explicit(4, issuer)]);
            let issuer_serial = write::sequence(&[&names, serial]);
            format!(
                "<xades:SigningCertificateV2><xades:Cert><xades:CertDigest>{digest}</xades:CertDigest>\
                 <xades:IssuerSerialV2>{}</xades:IssuerSerialV2></xades:Cert></xades:SigningCertificateV2>",
                STANDARD.encode(issuer_serial)
            )
        }
        CertificateForm::V1 => format!(
            "<xades:SigningCertificate><xades:Cert><xades:CertDigest>{digest}</xades:CertDigest><xades:IssuerSerial>\
             <ds:X509IssuerName>{}</ds:X509IssuerName><ds:X509SerialNumber>{}</ds:X509SerialNumber>\
             </xades:IssuerSerial></xades:Cert></xades:SigningCertificate>",
            escaped(&draft.certificate.issuer().to_rfc4514()),
            decimal(draft.certificate.serial())
        ),
    })
}

/// A serial number as XML signatures write it.
pub fn decimal(big_endian: &[u8]) -> String {
    let mut digits: Vec<u8> = vec![0];
    for byte in big_endian {
        let mut carry = u32::from(*byte);
        for digit in &mut digits {
            let value = u32::from(*digit).saturating_mul(256).saturating_add(carry);
            *digit = u8::try_from(value % 10).unwrap_or(0);
            carry = value / 10;
        }
        while carry > 0 {
            digits.push(u8::try_from(carry % 10).unwrap_or(0));
            carry /= 10;
        }
    }
    digits
        .iter()
        .rev()
        .map(|digit| char::from(b'0'.saturating_add(*digit)))
        .collect()
}

/// Claimed roles: those in words, and the verdict of authority in an element of its own, so that nobody takes it for a
/// role's name.
fn roles(draft: &Draft) -> String {
    if draft.claimed.is_empty() {
        return String::new();
    }
    let mut xml = "<xades:SignerRoleV2><xades:ClaimedRoles>".to_owned();
    for claim in &draft.claimed {
        let text = escaped(&claim.text);
        let content = if claim.is_role() {
            text
        } else {
            let namespace = escaped(&format!("urn:oid:{}", claim.oid));
            format!("<zegel:Attribute xmlns:zegel=\"{namespace}\">{text}</zegel:Attribute>")
        };
        let _ = write!(xml, "<xades:ClaimedRole>{content}</xades:ClaimedRole>");
    }
    xml.push_str("</xades:ClaimedRoles></xades:SignerRoleV2>");
    xml
}

fn data_properties(draft: &Draft, stated: &Stated<'_>) -> String {
    if stated.data.is_empty() && draft.commitment.is_none() {
        return String::new();
    }
    let mut xml = "<xades:SignedDataObjectProperties>".to_owned();
    for (reference, mime) in stated.data {
        let _ = write!(
            xml,
            "<xades:DataObjectFormat ObjectReference=\"#{}\"><xades:MimeType>{}</xades:MimeType>\
             </xades:DataObjectFormat>",
            escaped(reference),
            escaped(mime.as_deref().unwrap_or("application/octet-stream"))
        );
    }
    if let Some(commitment) = draft.commitment {
        let _ = write!(
            xml,
            "<xades:CommitmentTypeIndication><xades:CommitmentTypeId><xades:Identifier>{COMMITMENT}{}\
             </xades:Identifier></xades:CommitmentTypeId><xades:AllSignedDataObjects></xades:AllSignedDataObjects>\
             </xades:CommitmentTypeIndication>",
            commitment.name()
        );
    }
    xml.push_str("</xades:SignedDataObjectProperties>");
    xml
}

#[cfg(test)]
mod tests {
    use super::decimal;

    #[test]
    fn serial_numbers_are_written_in_decimal() {
        for (bytes, text) in [
            (&[0_u8][..], "0"),
            (&[0, 255], "255"),
            (&[1, 0], "256"),
            (&[0x10; 16], "21351050473470648687898014583954083856"),
        ] {
            assert_eq!(decimal(bytes), text);
        }
    }
}
