//! What a trusted list says, once its signature was verified.

use super::criteria::Criteria;
use crate::base::time::Timestamp;
use crate::pki::certificate::Certificate;

/// A trusted list (TS 119 612 §5). Only [`super::signed::verify`] makes one.
#[derive(Clone, Debug)]
pub struct TrustedList {
    /// TSLVersionIdentifier, 5 or 6.
    pub version: u64,
    /// TSLSequenceNumber, at least 1.
    pub sequence: u64,
    /// Whether it lists lists or services.
    pub kind: ListKind,
    /// SchemeTerritory: two capitals, `EU` for the list of lists.
    pub territory: String,
    /// SchemeInformationURI, in order.
    pub information: Vec<String>,
    /// ListIssueDateTime.
    pub issued_at: Timestamp,
    /// NextUpdate; none for a closed list.
    pub next_update: Option<Timestamp>,
    /// PointersToOtherTSL.
    pub pointers: Vec<Pointer>,
    /// TrustServiceProviderList, each service with its provider's name.
    pub services: Vec<Service>,
}

/// TSLType.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListKind {
    /// `…/TSLType/EUlistofthelists`.
    ListOfLists,
    /// `…/TSLType/EUgeneric`.
    Services,
}

/// Where another list is and who signs it (§5.3.13).
#[derive(Clone, Debug)]
pub struct Pointer {
    /// TSLLocation.
    pub location: String,
    /// SchemeTerritory of the other list.
    pub territory: String,
    /// TSLType of the other list.
    pub kind: Option<ListKind>,
    /// Whether it points to the XML form: other forms (PDF) are for people.
    pub is_xml: bool,
    /// The certificates of its signers.
    pub signers: Vec<Certificate>,
}

/// A trust service (§5.5) with its history.
#[derive(Clone, Debug)]
pub struct Service {
    /// Name of its provider, in English where there is one.
    pub provider: String,
    /// Current and past states, newest first.
    pub periods: Vec<Period>,
    /// Certificates of the current entry. A period of the history that names only a key identifier or a subject means
    /// these.
    pub certificates: Vec<Certificate>,
    /// Subject key identifiers of the current entry and of the history.
    pub key_identifiers: Vec<Vec<u8>>,
}

/// A state that a service had from one moment until the next state began.
#[derive(Clone, Debug)]
pub struct Period {
    /// ServiceTypeIdentifier.
    pub kind: ServiceKind,
    /// ServiceName, in English where there is one.
    pub name: String,
    /// ServiceStatus.
    pub status: Status,
    /// StatusStartingTime.
    pub from: Timestamp,
    /// StatusStartingTime of the state after it; none for the current one.
    pub until: Option<Timestamp>,
    /// Uses that AdditionalServiceInformation names.
    pub uses: Vec<Use>,
    /// Qualification elements, in order.
    pub qualifications: Vec<QualificationElement>,
    /// A critical extension that zegel does not know: no good may be concluded from this state (§5.5.9).
    pub has_unknown_critical: bool,
}

/// The types of service that matter to qualification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServiceKind {
    /// `CA/QC`: issues qualified certificates.
    QualifiedCertificates,
    /// `TSA/QTST`: makes qualified time-stamps.
    QualifiedTimeStamps,
    /// Anything else, by the last part of its identifier.
    Other(String),
}

/// ServiceStatus (§5.5.4 and annex J).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// `granted`.
    Granted,
    /// `withdrawn`.
    Withdrawn,
    /// `undersupervision`, before eIDAS.
    UnderSupervision,
    /// `supervisionincessation`, before eIDAS.
    SupervisionInCessation,
    /// `accredited`, before eIDAS.
    Accredited,
    /// Any other: national recognition, ceased, revoked.
    Other,
}

impl Status {
    /// Whether a service in this state is one that issues qualified things (TS 119 615 §4.3).
    pub const fn is_good(self) -> bool {
        matches!(
            self,
            Self::Granted | Self::UnderSupervision | Self::SupervisionInCessation | Self::Accredited
        )
    }

    /// The word of the standard.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Granted => "granted",
            Self::Withdrawn => "withdrawn",
            Self::UnderSupervision => "undersupervision",
            Self::SupervisionInCessation => "supervisionincessation",
            Self::Accredited => "accredited",
            Self::Other => "other",
        }
    }
}

/// What certificates of a service are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// `ForeSignatures`, `esign`.
    Signatures,
    /// `ForeSeals`, `eseal`.
    Seals,
    /// `ForWebSiteAuthentication`, `web`.
    WebSites,
}

/// QualificationElement (§5.5.9.2.1): qualifiers for the certificates that meet criteria.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QualificationElement {
    /// The qualifiers, those that are known.
    pub qualifiers: Vec<Qualifier>,
    /// Whether a qualifier is not known.
    pub has_unknown_qualifier: bool,
    /// When they apply. None when the criteria are empty or not known: the element is then ignored and said to be.
    pub criteria: Option<Criteria>,
}

/// Qualifiers (§5.5.9.2.3), by the last part of their identifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Qualifier {
    /// `NotQualified`.
    NotQualified,
    /// `QCForESeal`.
    QcForESeal,
    /// `QCForESig`.
    QcForESig,
    /// `QCForLegalPerson`, before eIDAS.
    QcForLegalPerson,
    /// `QCForWSA`.
    QcForWsa,
    /// `QCNoQSCD`.
    QcNoQscd,
    /// `QCNoSSCD`, before eIDAS.
    QcNoSscd,
    /// `QCQSCDManagedOnBehalf`.
    QcQscdManagedOnBehalf,
    /// `QCQSCDStatusAsInCert`.
    QcQscdStatusAsInCert,
    /// `QCSSCDStatusAsInCert`, before eIDAS.
    QcSscdStatusAsInCert,
    /// `QCStatement`.
    QcStatement,
    /// `QCWithQSCD`.
    QcWithQscd,
    /// `QCWithSSCD`, before eIDAS.
    QcWithSscd,
}

impl Qualifier {
    const ALL: [(Self, &'static str); 13] = [
        (Self::NotQualified, "NotQualified"),
        (Self::QcForESeal, "QCForESeal"),
        (Self::QcForESig, "QCForESig"),
        (Self::QcForLegalPerson, "QCForLegalPerson"),
        (Self::QcForWsa, "QCForWSA"),
        (Self::QcNoQscd, "QCNoQSCD"),
        (Self::QcNoSscd, "QCNoSSCD"),
        (Self::QcQscdManagedOnBehalf, "QCQSCDManagedOnBehalf"),
        (Self::QcQscdStatusAsInCert, "QCQSCDStatusAsInCert"),
        (Self::QcSscdStatusAsInCert, "QCSSCDStatusAsInCert"),
        (Self::QcStatement, "QCStatement"),
        (Self::QcWithQscd, "QCWithQSCD"),
        (Self::QcWithSscd, "QCWithSSCD"),
    ];

    /// The qualifier that `uri` names.
    pub fn from_uri(uri: &str) -> Option<Self> {
        let last = uri
            .trim()
            .strip_prefix("http://uri.etsi.org/TrstSvc/TrustedList/SvcInfoExt/")?;
        Self::ALL
            .into_iter()
            .find(|(_, name)| *name == last)
            .map(|(qualifier, _)| qualifier)
    }

    /// The standard's name.
    pub fn as_str(self) -> &'static str {
        Self::ALL
            .into_iter()
            .find(|(qualifier, _)| *qualifier == self)
            .map_or("", |(_, name)| name)
    }
}

impl Service {
    /// The state the service had at `at`: its period contains the start and not the end.
    pub fn at(&self, at: Timestamp) -> Option<&Period> {
        self.periods
            .iter()
            .find(|period| period.from <= at && period.until.is_none_or(|until| at < until))
    }

    /// Whether `certificate` is the service's identity: its public key and its subject, whatever the certificate.
    ///
    /// Source: TS 119 612 §5.5.3: several certificates of one key and name are one service.
    pub fn is(&self, certificate: &Certificate) -> bool {
        if self
            .certificates
            .iter()
            .any(|own| own.spki_der() == certificate.spki_der() && own.subject() == certificate.subject())
        {
            return true;
        }
        // Only where the entry has no certificate at all does the identifier of the key stand for it.
        self.certificates.is_empty()
            && certificate
                .extensions()
                .subject_key_identifier
                .as_ref()
                .is_some_and(|identifier| self.key_identifiers.contains(identifier))
    }
}

impl TrustedList {
    /// Whether its next update is overdue at `at`, by more than `grace_seconds`.
    pub fn is_overdue(&self, at: Timestamp, grace_seconds: i64) -> Option<Timestamp> {
        self.next_update
            .filter(|next| at.as_seconds().saturating_sub(grace_seconds) > next.as_seconds())
    }
}
