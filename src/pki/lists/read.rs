//! Reading a list from the bytes its signature covers (TS 119 612 §5 and its schema).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::criteria::{Assert, Criteria, Criterion};
use super::defect::ListDefect;
use super::list::{
    ListKind, Period, Pointer, QualificationElement, Qualifier, Service, ServiceKind, Status, TrustedList,
    Use,
};
use super::{SIE, TSL, TSL_ADDITIONAL, XADES};
use crate::asn1::oid::Oid;
use crate::base::time::Timestamp;
use crate::pki::certificate::Certificate;
use crate::xml::tree::{Document, NodeId};

/// Criteria inside criteria: real lists have one level.
const CRITERIA_DEPTH: usize = 8;
const LISTS: &str = "http://uri.etsi.org/TrstSvc/TrustedList/TSLType/EUlistofthelists";
const SERVICES: &str = "http://uri.etsi.org/TrstSvc/TrustedList/TSLType/EUgeneric";
const SERVICE_TYPE: &str = "http://uri.etsi.org/TrstSvc/Svctype/";
const STATUS: &str = "http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/";
const EXTENSION: &str = "http://uri.etsi.org/TrstSvc/TrustedList/SvcInfoExt/";

/// Reads the list that `document` holds; the signature is not in it any more.
pub(super) fn list(document: &Document) -> Result<TrustedList, ListDefect> {
    let read = Read(document);
    let root = document.root();
    let scheme = read.one(root, TSL, "SchemeInformation")?;
    let number = |local| -> Result<u64, ListDefect> {
        read.required_text(scheme, local)?
            .parse()
            .map_err(|_| ListDefect::Format("a number"))
    };
    let version = number("TSLVersionIdentifier")?;
    // First: in another version everything after may mean something else.
    if !matches!(version, 5 | 6) {
        return Err(ListDefect::Version(version));
    }
    let sequence = number("TSLSequenceNumber")?;
    let kind = kind(&read.required_text(scheme, "TSLType")?).ok_or(ListDefect::Scope)?;
    let information = read
        .optional(scheme, TSL, "SchemeInformationURI")?
        .map(|element| read.texts(element, "URI"))
        .unwrap_or_default();
    let next = read.one(scheme, TSL, "NextUpdate")?;
    let next_update = match read.optional(next, TSL, "dateTime")? {
        Some(element) => Some(time(&read.text(element))?),
        None => None,
    };
    let mut pointers = Vec::new();
    if let Some(element) = read.optional(scheme, TSL, "PointersToOtherTSL")? {
        for pointer in document.children_named(element, TSL, "OtherTSLPointer") {
            pointers.push(read.pointer(pointer)?);
        }
    }
    let mut services = Vec::new();
    if let Some(element) = read.optional(root, TSL, "TrustServiceProviderList")? {
        for provider in document.children_named(element, TSL, "TrustServiceProvider") {
            let name = read
                .optional(provider, TSL, "TSPInformation")?
                .map(|information| read.name(information, "TSPName"))
                .unwrap_or_default();
            let Some(list) = read.optional(provider, TSL, "TSPServices")? else {
                continue;
            };
            for service in document.children_named(list, TSL, "TSPService") {
                services.push(read.service(service, &name)?);
            }
        }
    }
    Ok(TrustedList {
        version,
        sequence,
        kind,
        territory: read
            .required_text(scheme, "SchemeTerritory")?
            .to_ascii_uppercase(),
        information,
        issued_at: time(&read.required_text(scheme, "ListIssueDateTime")?)?,
        next_update,
        pointers,
        services,
    })
}

fn kind(uri: &str) -> Option<ListKind> {
    match uri {
        LISTS => Some(ListKind::ListOfLists),
        SERVICES => Some(ListKind::Services),
        _ => None,
    }
}

/// xsd:dateTime in UTC (§5.1.4 asks for Z).
fn time(text: &str) -> Result<Timestamp, ListDefect> {
    text.parse().map_err(|_| ListDefect::Format("a time in UTC"))
}

struct Read<'a>(&'a Document);

impl Read<'_> {
    fn optional(&self, parent: NodeId, namespace: &str, local: &str) -> Result<Option<NodeId>, ListDefect> {
        let mut found = self
            .0
            .children(parent)
            .filter(|id| self.0.is(*id, namespace, local));
        match (found.next(), found.next()) {
            (first, None) => Ok(first),
            _ => Err(ListDefect::Format("an element once")),
        }
    }

    fn one(&self, parent: NodeId, namespace: &str, local: &'static str) -> Result<NodeId, ListDefect> {
        self.optional(parent, namespace, local)?
            .ok_or(ListDefect::Format(local))
    }

    fn text(&self, id: NodeId) -> String {
        self.0.text(id).unwrap_or_default().trim().to_owned()
    }

    fn required_text(&self, parent: NodeId, local: &'static str) -> Result<String, ListDefect> {
        self.one(parent, TSL, local).map(|id| self.text(id))
    }

    fn texts(&self, parent: NodeId, local: &str) -> Vec<String> {
        self.0
            .children(parent)
            .filter(|id| self.0.is(*id, TSL, local))
            .map(|id| self.text(id))
            .collect()
    }

    /// The name in English, else the first.
    fn name(&self, parent: NodeId, local: &str) -> String {
        let names: Vec<NodeId> = self
            .0
            .children(parent)
            .filter(|id| self.0.is(*id, TSL, local))
            .flat_map(|names| self.0.children(names))
            .collect();
        let english = names.iter().find(|id| {
            self.0
                .tag(**id)
                .and_then(|tag| tag.attribute_of(crate::xml::name::XML, "lang"))
                == Some("en")
        });
        english
            .or(names.first())
            .map(|id| self.text(*id))
            .unwrap_or_default()
    }

    fn certificates(&self, identities: impl Iterator<Item = NodeId>) -> (Vec<Certificate>, Vec<Vec<u8>>) {
        let (mut certificates, mut identifiers) = (Vec::new(), Vec::new());
        for digital in identities.flat_map(|identity| self.0.children_named(identity, TSL, "DigitalId")) {
            for id in self.0.children(digital) {
                let octets = || -> Option<Vec<u8>> {
                    let packed: String = self.text(id).split_whitespace().collect();
                    STANDARD.decode(packed).ok()
                };
                if self.0.is(id, TSL, "X509Certificate") {
                    // WHY: lists of other states hold certificates that break DER; one of them is no identity here.
                    certificates.extend(octets().and_then(|der| Certificate::parse(der).ok()));
                } else if self.0.is(id, TSL, "X509SKI") {
                    identifiers.extend(octets());
                }
            }
        }
        (certificates, identifiers)
    }

    fn pointer(&self, element: NodeId) -> Result<Pointer, ListDefect> {
        let identities: Vec<NodeId> = self
            .0
            .children_named(element, TSL, "ServiceDigitalIdentities")
            .flat_map(|list| self.0.children_named(list, TSL, "ServiceDigitalIdentity"))
            .collect();
        let (signers, _) = self.certificates(identities.into_iter());
        let facts: Vec<NodeId> = self
            .0
            .children_named(element, TSL, "AdditionalInformation")
            .flat_map(|list| self.0.children_named(list, TSL, "OtherInformation"))
            .flat_map(|information| self.0.children(information))
            .collect();
        let fact = |namespace: &str, local: &str| {
            facts
                .iter()
                .find(|id| self.0.is(**id, namespace, local))
                .map(|id| self.text(*id))
        };
        Ok(Pointer {
            location: self.required_text(element, "TSLLocation")?,
            territory: fact(TSL, "SchemeTerritory")
                .unwrap_or_default()
                .to_ascii_uppercase(),
            kind: fact(TSL, "TSLType").as_deref().and_then(kind),
            is_xml: fact(TSL_ADDITIONAL, "MimeType")
                .is_some_and(|kind| kind == "application/vnd.etsi.tsl+xml"),
            signers,
        })
    }

    fn service(&self, element: NodeId, provider: &str) -> Result<Service, ListDefect> {
        let current = self.one(element, TSL, "ServiceInformation")?;
        let identities = |id| self.0.children_named(id, TSL, "ServiceDigitalIdentity");
        let (certificates, mut key_identifiers) = self.certificates(identities(current));
        let mut periods = vec![self.period(current)?];
        if let Some(history) = self.optional(element, TSL, "ServiceHistory")? {
            for instance in self.0.children_named(history, TSL, "ServiceHistoryInstance") {
                periods.push(self.period(instance)?);
                key_identifiers.extend(self.certificates(identities(instance)).1);
            }
        }
        // Newest first is what §5.6.1 asks; the times decide.
        periods.sort_by_key(|period| std::cmp::Reverse(period.from));
        let starts: Vec<Timestamp> = periods.iter().map(|period| period.from).collect();
        for (period, next) in periods.iter_mut().skip(1).zip(starts) {
            period.until = Some(next);
        }
        Ok(Service {
            provider: provider.to_owned(),
            periods,
            certificates,
            key_identifiers,
        })
    }

    fn period(&self, element: NodeId) -> Result<Period, ListDefect> {
        let kind = match self
            .required_text(element, "ServiceTypeIdentifier")?
            .strip_prefix(SERVICE_TYPE)
        {
            Some("CA/QC") => ServiceKind::QualifiedCertificates,
            Some("TSA/QTST") => ServiceKind::QualifiedTimeStamps,
            other => ServiceKind::Other(other.unwrap_or_default().to_owned()),
        };
        let status = match self.required_text(element, "ServiceStatus")?.strip_prefix(STATUS) {
            Some("granted") => Status::Granted,
            Some("withdrawn") => Status::Withdrawn,
            Some("undersupervision") => Status::UnderSupervision,
            Some("supervisionincessation") => Status::SupervisionInCessation,
            Some("accredited") => Status::Accredited,
            _ => Status::Other,
        };
        let mut period = Period {
            kind,
            name: self.name(element, "ServiceName"),
            status,
            from: time(&self.required_text(element, "StatusStartingTime")?)?,
            until: None,
            uses: Vec::new(),
            qualifications: Vec::new(),
            has_unknown_critical: false,
        };
        if let Some(extensions) = self.optional(element, TSL, "ServiceInformationExtensions")? {
            for extension in self.0.children_named(extensions, TSL, "Extension") {
                self.extension(extension, &mut period);
            }
        }
        Ok(period)
    }

    fn extension(&self, element: NodeId, period: &mut Period) {
        let is_critical = self
            .0
            .tag(element)
            .and_then(|tag| tag.attribute("Critical"))
            .is_some_and(|value| matches!(value.trim(), "true" | "1"));
        let mut is_known = true;
        for content in self.0.children(element) {
            if self.0.is(content, TSL, "AdditionalServiceInformation") {
                for uri in self.texts(content, "URI") {
                    match uri.strip_prefix(EXTENSION) {
                        Some("ForeSignatures") => period.uses.push(Use::Signatures),
                        Some("ForeSeals") => period.uses.push(Use::Seals),
                        Some("ForWebSiteAuthentication") => period.uses.push(Use::WebSites),
                        // `RootCA-QC` and other information limit nothing that is judged here.
                        _ => {}
                    }
                }
            } else if self.0.is(content, SIE, "Qualifications") {
                for qualification in self.0.children_named(content, SIE, "QualificationElement") {
                    period.qualifications.push(self.qualification(qualification));
                }
            } else if !(self.0.is(content, TSL, "ExpiredCertsRevocationInfo")
                || self.0.is(content, TSL_ADDITIONAL, "TakenOverBy"))
            {
                is_known = false;
            }
        }
        // An extension without any element says nothing that could be understood.
        if self.0.children(element).next().is_none() {
            is_known = false;
        }
        period.has_unknown_critical |= is_critical && !is_known;
    }

    fn qualification(&self, element: NodeId) -> QualificationElement {
        let uris: Vec<Option<Qualifier>> = self
            .0
            .children_named(element, SIE, "Qualifiers")
            .flat_map(|list| self.0.children_named(list, SIE, "Qualifier"))
            .map(|id| {
                self.0
                    .tag(id)
                    .and_then(|tag| tag.attribute("uri"))
                    .and_then(Qualifier::from_uri)
            })
            .collect();
        let mut lists = self.0.children_named(element, SIE, "CriteriaList");
        let criteria = match (lists.next(), lists.next()) {
            (Some(list), None) => self.criteria(list, 0),
            _ => None,
        };
        QualificationElement {
            has_unknown_qualifier: uris.contains(&None),
            qualifiers: uris.into_iter().flatten().collect(),
            criteria,
        }
    }

    /// None when anything in it is empty or not known: half a criterion would mean other certificates.
    fn criteria(&self, element: NodeId, depth: usize) -> Option<Criteria> {
        if depth >= CRITERIA_DEPTH {
            return None;
        }
        let assert = match self.0.tag(element)?.attribute("assert")? {
            "all" => Assert::All,
            "atLeastOne" => Assert::AtLeastOne,
            "none" => Assert::None,
            _ => return None,
        };
        let mut parts = Vec::new();
        for part in self.0.children(element) {
            let name = &self.0.tag(part)?.name;
            match (name.namespace(), name.local()) {
                (SIE, "KeyUsage") => parts.push(Criterion::KeyUsage(self.key_usage(part)?)),
                (SIE, "PolicySet") => parts.push(Criterion::PolicySet(self.identifiers(
                    part,
                    SIE,
                    "PolicyIdentifier",
                )?)),
                (SIE, "CriteriaList") => {
                    parts.push(Criterion::List(self.criteria(part, depth.saturating_add(1))?));
                }
                (SIE, "Description") => {}
                (SIE, "otherCriteriaList") => {
                    for other in self.0.children(part) {
                        parts.push(self.other(other)?);
                    }
                }
                _ => return None,
            }
        }
        (!parts.is_empty()).then_some(Criteria { assert, parts })
    }

    fn key_usage(&self, element: NodeId) -> Option<Vec<(u8, bool)>> {
        const BITS: [&str; 9] = [
            "digitalSignature",
            "nonRepudiation",
            "keyEncipherment",
            "dataEncipherment",
            "keyAgreement",
            "keyCertSign",
            "crlSign",
            "encipherOnly",
            "decipherOnly",
        ];
        let mut bits = Vec::new();
        for bit in self.0.children(element) {
            let tag = self.0.tag(bit).filter(|tag| tag.name.is(SIE, "KeyUsageBit"))?;
            let name = tag.attribute("name")?;
            let number = BITS.iter().position(|known| *known == name)?;
            let value = match self.text(bit).as_str() {
                "true" | "1" => true,
                "false" | "0" => false,
                _ => return None,
            };
            bits.push((u8::try_from(number).ok()?, value));
        }
        (!bits.is_empty()).then_some(bits)
    }

    /// Identifiers of XAdES ObjectIdentifierType, plain or `urn:oid:`.
    fn identifiers(&self, element: NodeId, namespace: &str, local: &str) -> Option<Vec<String>> {
        let mut found = Vec::new();
        for item in self.0.children(element) {
            if !self.0.is(item, namespace, local) {
                return None;
            }
            let identifier = self.optional(item, XADES, "Identifier").ok()??;
            found.push(oid(&self.text(identifier))?);
        }
        (!found.is_empty()).then_some(found)
    }

    /// TS 119 612 §5.5.9.2.2.3.
    fn other(&self, element: NodeId) -> Option<Criterion> {
        let name = &self.0.tag(element)?.name;
        match (name.namespace(), name.local()) {
            (TSL_ADDITIONAL, "ExtendedKeyUsage") => self
                .identifiers(element, TSL_ADDITIONAL, "KeyPurposeId")
                .map(Criterion::ExtendedKeyUsage),
            (TSL_ADDITIONAL, "CertSubjectDNAttribute") => self
                .identifiers(element, TSL_ADDITIONAL, "AttributeOID")
                .map(Criterion::SubjectAttributes),
            (SIE | TSL_ADDITIONAL, "QcStatementSet") => {
                let mut parts = Vec::new();
                for statement in self.0.children(element) {
                    let id = self.0.children(statement).find(|child| {
                        self.0
                            .tag(*child)
                            .is_some_and(|tag| tag.name.local() == "QcStatementId")
                    })?;
                    let identifier = self.optional(id, XADES, "Identifier").ok()??;
                    let information = self.0.children(statement).find(|child| {
                        self.0
                            .tag(*child)
                            .is_some_and(|tag| tag.name.local() == "QcStatementInfo")
                    });
                    let kind = match information {
                        None => None,
                        Some(information) => {
                            let kind = self.0.children(information).find(|child| {
                                self.0.tag(*child).is_some_and(|tag| tag.name.local() == "QcType")
                            })?;
                            let identifier = self.optional(kind, XADES, "Identifier").ok()??;
                            Some(oid(&self.text(identifier))?)
                        }
                    };
                    parts.push(Criterion::QcStatement {
                        statement: oid(&self.text(identifier))?,
                        kind,
                    });
                }
                (!parts.is_empty()).then_some(Criterion::List(Criteria {
                    assert: Assert::All,
                    parts,
                }))
            }
            _ => None,
        }
    }
}

fn oid(text: &str) -> Option<String> {
    let plain = text
        .get(..8)
        .filter(|start| start.eq_ignore_ascii_case("urn:oid:"))
        .and_then(|_| text.get(8..))
        .unwrap_or(text);
    plain.parse::<Oid>().ok().map(|oid| oid.to_string())
}
