//! TEST trusted lists of the laboratory: a list of lists and national lists, version 6, signed as the real ones are.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::LabError;
use super::pki::KeyPair;
use crate::base::digest::HashAlgorithm;
use crate::base::time::Timestamp;
use crate::crypto::key::KeyKind;
use crate::pki::lists::{SIE, SIGNED_PROPERTIES, TSL, TSL_ADDITIONAL, XADES};
use crate::xml::canonical::{Method, Version};
use crate::xml::limits::Limits;
use crate::xml::signature::compose::{Draft, DraftObject, DraftReference, escaped, prepare, raw_value};
use crate::xml::signature::transform::Transform;
use crate::xml::signature::verify::nothing_outside;

const TYPE: &str = "http://uri.etsi.org/TrstSvc/TrustedList/TSLType/";
const SERVICE: &str = "http://uri.etsi.org/TrstSvc/Svctype/";
const STATUS: &str = "http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/";
const EXTENSION: &str = "http://uri.etsi.org/TrstSvc/TrustedList/SvcInfoExt/";

/// A list that is to be written.
#[derive(Clone, Debug)]
pub struct ListDraft {
    /// TSLVersionIdentifier.
    pub version: u64,
    /// TSLSequenceNumber.
    pub sequence: u64,
    /// Last part of the type: `EUlistofthelists` or `EUgeneric`.
    pub kind: &'static str,
    /// SchemeTerritory.
    pub territory: String,
    /// SchemeInformationURI.
    pub information: Vec<String>,
    /// ListIssueDateTime.
    pub issued_at: Timestamp,
    /// NextUpdate; none for a closed list.
    pub next_update: Option<Timestamp>,
    /// Pointers to other lists.
    pub pointers: Vec<PointerDraft>,
    /// Services, each of a provider of its own.
    pub services: Vec<ServiceDraft>,
}

/// A pointer to another list.
#[derive(Clone, Debug)]
pub struct PointerDraft {
    /// Where it is.
    pub location: String,
    /// Its territory.
    pub territory: String,
    /// Its type, as [`ListDraft::kind`].
    pub kind: &'static str,
    /// Certificates of its signers in DER.
    pub signers: Vec<Vec<u8>>,
}

/// A service.
#[derive(Clone, Debug)]
pub struct ServiceDraft {
    /// Its certificate in DER.
    pub certificate_der: Vec<u8>,
    /// Its states, newest first.
    pub periods: Vec<PeriodDraft>,
}

/// A state of a service.
#[derive(Clone, Debug)]
pub struct PeriodDraft {
    /// Its type after `Svctype/`, as `CA/QC`.
    pub kind: &'static str,
    /// Its status after `Svcstatus/`.
    pub status: &'static str,
    /// Since when.
    pub from: Timestamp,
    /// Uses, as `ForeSignatures`.
    pub uses: Vec<&'static str>,
    /// Qualification elements: qualifiers and the text of a `CriteriaList` (prefixes `sie`, `tslx`, `xades`).
    pub qualifications: Vec<(Vec<&'static str>, String)>,
    /// The text of a further extension, and whether it is critical.
    pub extension: Option<(String, bool)>,
}

impl ListDraft {
    /// The list without its signature, which stands before the root's end tag.
    pub fn text(&self, signature: &str) -> String {
        let mut xml = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<TrustServiceStatusList xmlns=\"{TSL}\" \
             xmlns:sie=\"{SIE}\" xmlns:tslx=\"{TSL_ADDITIONAL}\" xmlns:xades=\"{XADES}\" Id=\"TEST-list\" \
             TSLTag=\"http://uri.etsi.org/19612/TSLTag\">\n<SchemeInformation>\
             <TSLVersionIdentifier>{}</TSLVersionIdentifier><TSLSequenceNumber>{}</TSLSequenceNumber>\
             <TSLType>{TYPE}{}</TSLType><SchemeName><Name xml:lang=\"en\">{}:TEST list of a laboratory</Name>\
             </SchemeName>",
            self.version, self.sequence, self.kind, self.territory
        );
        if !self.information.is_empty() {
            xml.push_str("<SchemeInformationURI>");
            for uri in &self.information {
                let _ = write!(xml, "<URI xml:lang=\"en\">{}</URI>", escaped(uri));
            }
            xml.push_str("</SchemeInformationURI>");
        }
        let _ = write!(xml, "<SchemeTerritory>{}</SchemeTerritory>", self.territory);
        if !self.pointers.is_empty() {
            xml.push_str("<PointersToOtherTSL>");
            for pointer in &self.pointers {
                pointer.write(&mut xml);
            }
            xml.push_str("</PointersToOtherTSL>");
        }
        let _ = write!(
            xml,
            "<ListIssueDateTime>{}</ListIssueDateTime><NextUpdate>",
            self.issued_at
        );
        if let Some(next) = self.next_update {
            let _ = write!(xml, "<dateTime>{next}</dateTime>");
        }
        xml.push_str("</NextUpdate></SchemeInformation>\n");
        if !self.services.is_empty() {
            xml.push_str("<TrustServiceProviderList>");
            for service in &self.services {
                service.write(&mut xml);
            }
            xml.push_str("</TrustServiceProviderList>\n");
        }
        xml.push_str(signature);
        xml.push_str("</TrustServiceStatusList>\n");
        xml
    }

    /// The list signed by `signer`: XAdES baseline B, enveloped, as TS 119 612 annex B asks.
    ///
    /// # Errors
    /// When the key cannot sign.
    pub fn sign(&self, signer: &KeyPair) -> Result<Vec<u8>, LabError> {
        self.sign_with(&signed_draft(signer, self.issued_at), signer)
    }

    /// The list signed as `draft` says.
    ///
    /// # Errors
    /// When the key cannot sign, or the draft does not fit.
    pub fn sign_with(&self, draft: &Draft, signer: &KeyPair) -> Result<Vec<u8>, LabError> {
        let refused = |_| LabError::Refused("the list cannot be signed so");
        let place = |signature: &str| self.text(signature).into_bytes();
        let prepared =
            prepare(draft.clone(), &place, &nothing_outside, Limits::document()).map_err(refused)?;
        let value = signer.key.sign(draft.algorithm, prepared.octets())?;
        let value = match signer.key.public().kind() {
            KeyKind::Ec(curve) => raw_value(&value, curve).map_err(refused)?,
            KeyKind::Rsa { .. } => value,
        };
        Ok(place(&prepared.finish(&value)))
    }
}

/// The signature of a list, to be changed by who wants another.
pub fn signed_draft(signer: &KeyPair, signing_time: Timestamp) -> Draft {
    let hash = HashAlgorithm::Sha512;
    let digest = STANDARD.encode(hash.digest(&signer.certificate_der));
    let exclusive = || Transform::Canonical(Method::new(Version::Exclusive));
    let properties = format!(
        "<xades:QualifyingProperties xmlns:xades=\"{XADES}\" Target=\"#TEST-signature\"><xades:SignedProperties \
         Id=\"TEST-properties\"><xades:SignedSignatureProperties><xades:SigningTime>{signing_time}</xades:SigningTime>\
         <xades:SigningCertificateV2><xades:Cert><xades:CertDigest><ds:DigestMethod \
         Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha512\"></ds:DigestMethod><ds:DigestValue>{digest}\
         </ds:DigestValue></xades:CertDigest></xades:Cert></xades:SigningCertificateV2>\
         </xades:SignedSignatureProperties></xades:SignedProperties></xades:QualifyingProperties>"
    );
    Draft {
        id: "TEST-signature".to_owned(),
        canonicalization: Method::new(Version::Exclusive),
        algorithm: signer.key.public().kind().default_algorithm(),
        references: vec![
            DraftReference {
                id: Some("TEST-reference".to_owned()),
                kind: None,
                uri: String::new(),
                transforms: vec![Transform::EnvelopedSignature, exclusive()],
                hash,
                digest: None,
            },
            DraftReference {
                id: None,
                kind: Some(SIGNED_PROPERTIES),
                uri: "#TEST-properties".to_owned(),
                transforms: vec![exclusive()],
                hash,
                digest: None,
            },
        ],
        certificates: vec![signer.certificate_der.clone()],
        objects: vec![DraftObject {
            attributes: Vec::new(),
            content: properties,
        }],
    }
}

fn identity(xml: &mut String, der: &[u8]) {
    let _ = write!(
        xml,
        "<ServiceDigitalIdentity><DigitalId><X509Certificate>{}</X509Certificate></DigitalId></ServiceDigitalIdentity>",
        STANDARD.encode(der)
    );
}

impl PointerDraft {
    fn write(&self, xml: &mut String) {
        xml.push_str("<OtherTSLPointer><ServiceDigitalIdentities>");
        for signer in &self.signers {
            identity(xml, signer);
        }
        let _ = write!(
            xml,
            "</ServiceDigitalIdentities><TSLLocation>{}</TSLLocation><AdditionalInformation>\
             <OtherInformation><TSLType>{TYPE}{}</TSLType></OtherInformation>\
             <OtherInformation><SchemeTerritory>{}</SchemeTerritory></OtherInformation>\
             <OtherInformation><tslx:MimeType>application/vnd.etsi.tsl+xml</tslx:MimeType></OtherInformation>\
             </AdditionalInformation></OtherTSLPointer>",
            escaped(&self.location),
            self.kind,
            self.territory
        );
    }
}

impl ServiceDraft {
    fn write(&self, xml: &mut String) {
        xml.push_str(
            "<TrustServiceProvider><TSPInformation><TSPName><Name xml:lang=\"en\">TEST provider</Name></TSPName>\
             </TSPInformation><TSPServices><TSPService>",
        );
        for (index, period) in self.periods.iter().enumerate() {
            let element = match index {
                0 => "ServiceInformation",
                1 => {
                    xml.push_str("<ServiceHistory>");
                    "ServiceHistoryInstance"
                }
                _ => "ServiceHistoryInstance",
            };
            let _ = write!(
                xml,
                "<{element}><ServiceTypeIdentifier>{SERVICE}{}</ServiceTypeIdentifier><ServiceName>\
                 <Name xml:lang=\"en\">TEST service</Name></ServiceName>",
                period.kind
            );
            identity(xml, &self.certificate_der);
            period.write(xml);
            let _ = write!(xml, "</{element}>");
        }
        if self.periods.len() > 1 {
            xml.push_str("</ServiceHistory>");
        }
        xml.push_str("</TSPService></TSPServices></TrustServiceProvider>");
    }
}

impl PeriodDraft {
    /// A state of an authority for signatures, without qualifiers.
    pub fn new(kind: &'static str, status: &'static str, from: Timestamp) -> Self {
        Self {
            kind,
            status,
            from,
            uses: vec!["ForeSignatures"],
            qualifications: Vec::new(),
            extension: None,
        }
    }

    fn write(&self, xml: &mut String) {
        let _ = write!(
            xml,
            "<ServiceStatus>{STATUS}{}</ServiceStatus><StatusStartingTime>{}</StatusStartingTime>\
             <ServiceInformationExtensions>",
            self.status, self.from
        );
        for name in &self.uses {
            let _ = write!(
                xml,
                "<Extension Critical=\"true\"><AdditionalServiceInformation><URI xml:lang=\"en\">{EXTENSION}{name}</URI>\
                 </AdditionalServiceInformation></Extension>"
            );
        }
        if !self.qualifications.is_empty() {
            xml.push_str("<Extension Critical=\"true\"><sie:Qualifications>");
            for (qualifiers, criteria) in &self.qualifications {
                xml.push_str("<sie:QualificationElement><sie:Qualifiers>");
                for qualifier in qualifiers {
                    let _ = write!(
                        xml,
                        "<sie:Qualifier uri=\"{EXTENSION}{qualifier}\"></sie:Qualifier>"
                    );
                }
                let _ = write!(xml, "</sie:Qualifiers>{criteria}</sie:QualificationElement>");
            }
            xml.push_str("</sie:Qualifications></Extension>");
        }
        if let Some((text, is_critical)) = &self.extension {
            let _ = write!(xml, "<Extension Critical=\"{is_critical}\">{text}</Extension>");
        }
        xml.push_str("</ServiceInformationExtensions>");
    }
}
