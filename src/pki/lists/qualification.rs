//! Whether a certificate is qualified, and its key in a qualified device, by the trusted lists (ETSI TS 119 615 §4.4 to
//! §4.6). The only place that says so.

use std::collections::BTreeSet;

use super::list::{Period, Qualifier, Service, ServiceKind, Status, Use};
use super::signed::VerifiedList;
use super::trusted::TrustedLists;
use crate::base::time::Timestamp;
use crate::pki::certificate::Certificate;
use crate::pki::extensions::QcStatements;

/// 1 July 2016, 00:00 in Brussels: from then on Regulation (EU) No 910/2014 applies.
const EIDAS: i64 = 1_467_324_000;
const QC_TYPE_SIGN: &str = "0.4.0.1862.1.6.1";
const QC_TYPE_SEAL: &str = "0.4.0.1862.1.6.2";
const QC_TYPE_WEB: &str = "0.4.0.1862.1.6.3";
const QC_LEGISLATION: &str = "0.4.0.1862.1.7";
const QCP: &str = "0.4.0.1456.1.2";
const QCP_PLUS: &str = "0.4.0.1456.1.1";

/// What the lists say of a certificate for a signature made at one moment.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Qualification {
    /// The outcome.
    pub outcome: Outcome,
    /// The list that decided, if one did.
    pub list: Option<ListNamed>,
    /// At the certificate's issue.
    pub at_issuance: Option<AtMoment>,
    /// At the moment of the signature.
    pub at_signing: Option<AtMoment>,
    /// How it was found, in order.
    pub steps: Vec<Step>,
}

/// The list that decided: "qualified" is never said without it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ListNamed {
    /// Its territory.
    pub territory: String,
    /// Its sequence number.
    pub sequence: u64,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When the next one was due.
    pub next_update: Option<Timestamp>,
}

/// The outcome for the pair of moments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// No list is at hand: nothing can be said.
    NotDetermined,
    /// Services of the list that fit contradict one another, or themselves: `QUAL_CONFLICT`.
    Conflict,
    /// Not a qualified certificate at one of the moments: `NOT_QUALIFIED`.
    NotQualified,
    /// A qualified certificate for signatures whose key is not in a qualified device at both moments: `NOT_QSCD`.
    QualifiedCertificateForSignatures,
    /// The same for seals: `NOT_QSCD`.
    QualifiedCertificateForSeals,
    /// A qualified certificate for signatures and a qualified device, at both moments.
    QualifiedSignature,
    /// A qualified certificate for seals and a qualified device, at both moments.
    QualifiedSeal,
    /// A qualified certificate for web sites: for no signature.
    QualifiedCertificateForWebSites,
}

impl Outcome {
    /// The stable code of what is missing; none when nothing is.
    pub const fn cause(self) -> Option<&'static str> {
        match self {
            Self::NotDetermined => Some("QUAL_NOT_DETERMINED"),
            Self::Conflict => Some("QUAL_CONFLICT"),
            Self::NotQualified | Self::QualifiedCertificateForWebSites => Some("NOT_QUALIFIED"),
            Self::QualifiedCertificateForSignatures | Self::QualifiedCertificateForSeals => Some("NOT_QSCD"),
            Self::QualifiedSignature | Self::QualifiedSeal => None,
        }
    }
}

/// What holds at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AtMoment {
    /// A qualified certificate.
    Qualified {
        /// For what.
        kind: UseNamed,
        /// Where its key is.
        device: Device,
    },
    /// Not one.
    NotQualified,
    /// Contradictory.
    Conflict,
}

/// What a certificate is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum UseNamed {
    /// Electronic signatures.
    Signatures,
    /// Electronic seals.
    Seals,
    /// Web sites.
    WebSites,
}

impl From<Use> for UseNamed {
    fn from(value: Use) -> Self {
        match value {
            Use::Signatures => Self::Signatures,
            Use::Seals => Self::Seals,
            Use::WebSites => Self::WebSites,
        }
    }
}

/// Where the key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Device {
    /// Not in a qualified device.
    None,
    /// In one that the holder has.
    Qualified,
    /// In one that a provider manages for the holder.
    QualifiedManaged,
}

/// One step of the way, for people and for tests.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Step {
    /// The moment it is about.
    pub at: Option<Timestamp>,
    /// What was looked at, one word.
    pub rule: &'static str,
    /// What was found.
    pub says: String,
}

/// Determines whether `path`'s first certificate is qualified for a signature made at `signing`.
///
/// `path`: the certificate first, then those above it up to its root. It was validated by somebody else; an empty one is
/// not determined.
pub fn determine(lists: &TrustedLists, path: &[Certificate], signing: Timestamp) -> Qualification {
    let mut steps = Vec::new();
    let none = |outcome, steps| Qualification {
        outcome,
        list: None,
        at_issuance: None,
        at_signing: None,
        steps,
    };
    let Some(certificate) = path.first() else {
        return none(Outcome::NotDetermined, steps);
    };
    if lists.is_empty() {
        step(
            &mut steps,
            None,
            "lists",
            "no trusted list is at hand, so nothing can be said".to_owned(),
        );
        return none(Outcome::NotDetermined, steps);
    }
    let Some((list, services)) = lists
        .lists
        .iter()
        .map(|list| (list, services_on(list, path)))
        .find(|(_, services)| !services.is_empty())
    else {
        step(
            &mut steps,
            None,
            "service",
            "no authority on the certificate's path is a service of a trusted list that is at hand"
                .to_owned(),
        );
        return none(Outcome::NotQualified, steps);
    };
    let named = ListNamed {
        territory: list.list.territory.clone(),
        sequence: list.list.sequence,
        issued_at: list.list.issued_at,
        next_update: list.list.next_update,
    };
    step(
        &mut steps,
        None,
        "list",
        format!(
            "the list of {} with number {}, issued {}, names {} service(s) with the key and name of an authority on the path",
            named.territory,
            named.sequence,
            named.issued_at,
            services.len()
        ),
    );
    let issuance = at_moment(certificate, &services, certificate.not_before(), &mut steps);
    let signed = at_moment(certificate, &services, signing, &mut steps);
    let outcome = together(issuance, signed);
    Qualification {
        outcome,
        list: Some(named),
        at_issuance: Some(issuance),
        at_signing: Some(signed),
        steps,
    }
}

fn together(issuance: AtMoment, signing: AtMoment) -> Outcome {
    use AtMoment::{Conflict, NotQualified, Qualified};
    match (issuance, signing) {
        (NotQualified, _) | (_, NotQualified) => Outcome::NotQualified,
        (Conflict, _) | (_, Conflict) => Outcome::Conflict,
        (
            Qualified {
                kind: first,
                device: before,
            },
            Qualified {
                kind: second,
                device: now,
            },
        ) => {
            let in_device = before != Device::None && now != Device::None;
            match (first, second, in_device) {
                (UseNamed::Signatures, UseNamed::Signatures, true) => Outcome::QualifiedSignature,
                (UseNamed::Signatures, UseNamed::Signatures, false) => {
                    Outcome::QualifiedCertificateForSignatures
                }
                (UseNamed::Seals, UseNamed::Seals, true) => Outcome::QualifiedSeal,
                (UseNamed::Seals, UseNamed::Seals, false) => Outcome::QualifiedCertificateForSeals,
                (UseNamed::WebSites, UseNamed::WebSites, _) => Outcome::QualifiedCertificateForWebSites,
                // For one thing when issued and for another when used: the lists contradict one another.
                _ => Outcome::Conflict,
            }
        }
    }
}

/// Services of any type whose identity stands on the path.
fn services_on<'a>(list: &'a VerifiedList, path: &[Certificate]) -> Vec<&'a Service> {
    list.list
        .services
        .iter()
        .filter(|service| path.iter().skip(1).any(|above| service.is(above)))
        .collect()
}

fn step(steps: &mut Vec<Step>, at: Option<Timestamp>, rule: &'static str, says: String) {
    steps.push(Step { at, rule, says });
}

/// TS 119 615 §4.4.4, in the order of reference pki-and-trust §5.6.
fn at_moment(
    certificate: &Certificate,
    services: &[&Service],
    at: Timestamp,
    steps: &mut Vec<Step>,
) -> AtMoment {
    let mut found: Vec<AtMoment> = Vec::new();
    let mut contradicts_itself = false;
    for service in services {
        let Some(period) = service.at(at) else {
            let name = service.periods.first().map_or("", |period| period.name.as_str());
            step(
                steps,
                Some(at),
                "period",
                format!("`{name}` did not have any state yet"),
            );
            continue;
        };
        let name = &period.name;
        if period.kind != ServiceKind::QualifiedCertificates {
            step(
                steps,
                Some(at),
                "type",
                format!("`{name}` does not issue qualified certificates"),
            );
            continue;
        }
        step(
            steps,
            Some(at),
            "period",
            format!("`{name}` was `{}` since {}", period.status.as_str(), period.from),
        );
        if period.has_unknown_critical {
            step(
                steps,
                Some(at),
                "extension",
                "it has a critical extension that is not known, so no good may be concluded from it"
                    .to_owned(),
            );
            continue;
        }
        let qualifiers = qualifiers(certificate, period, at, steps);
        let kind = kind(certificate, &qualifiers);
        let Some(kind) = kind else {
            step(
                steps,
                Some(at),
                "use",
                "the certificate states more than one use, or one that is not known, and the list does not choose".to_owned(),
            );
            continue;
        };
        // Before eIDAS services had no uses: they were for signatures.
        let covers = if period.uses.is_empty() {
            is_before_eidas(at) && kind == Use::Signatures
        } else {
            period.uses.contains(&kind)
        };
        if !covers {
            step(
                steps,
                Some(at),
                "use",
                format!("the service is not listed for {}", words(kind)),
            );
            continue;
        }
        if let Some(pair) = contradiction(&qualifiers) {
            step(
                steps,
                Some(at),
                "qualifiers",
                format!(
                    "`{}` and `{}` contradict each other, so the service is left out",
                    pair.0.as_str(),
                    pair.1.as_str()
                ),
            );
            contradicts_itself = true;
            continue;
        }
        if !counts(period.status, at) {
            step(
                steps,
                Some(at),
                "status",
                "in that state it issues nothing qualified".to_owned(),
            );
            found.push(AtMoment::NotQualified);
            continue;
        }
        found.push(judge(certificate, &qualifiers, kind, at, steps));
    }
    let Some(first) = found.first().copied() else {
        return if contradicts_itself {
            AtMoment::Conflict
        } else {
            step(
                steps,
                Some(at),
                "service",
                "no service is left that could make it qualified".to_owned(),
            );
            AtMoment::NotQualified
        };
    };
    if found.iter().all(|one| *one == first) {
        return first;
    }
    // A service that is not granted does not contradict one that is.
    let good: Vec<AtMoment> = found
        .iter()
        .copied()
        .filter(|one| *one != AtMoment::NotQualified)
        .collect();
    step(
        steps,
        Some(at),
        "conflict",
        format!(
            "{} services with this identity give different answers ({} of them positive)",
            found.len(),
            good.len()
        ),
    );
    AtMoment::Conflict
}

fn is_before_eidas(at: Timestamp) -> bool {
    at.as_seconds() < EIDAS
}

/// Since eIDAS only `granted` counts; before it, the three states of supervision (TS 119 612 annex J).
fn counts(status: Status, at: Timestamp) -> bool {
    if is_before_eidas(at) {
        status.is_good()
    } else {
        status == Status::Granted
    }
}

fn words(kind: Use) -> &'static str {
    match kind {
        Use::Signatures => "signatures",
        Use::Seals => "seals",
        Use::WebSites => "web sites",
    }
}

fn qualifiers(
    certificate: &Certificate,
    period: &Period,
    at: Timestamp,
    steps: &mut Vec<Step>,
) -> BTreeSet<Qualifier> {
    let mut found = BTreeSet::new();
    for element in &period.qualifications {
        let names: Vec<&str> = element.qualifiers.iter().map(|one| one.as_str()).collect();
        let names = names.join(", ");
        match &element.criteria {
            None => step(
                steps,
                Some(at),
                "criteria",
                format!("the criteria of `{names}` are empty or not known, so they are ignored"),
            ),
            Some(criteria) if criteria.matches(certificate) => {
                step(
                    steps,
                    Some(at),
                    "criteria",
                    format!("the certificate meets the criteria of `{names}`"),
                );
                if element.has_unknown_qualifier {
                    step(
                        steps,
                        Some(at),
                        "criteria",
                        "one of its qualifiers is not known and is ignored".to_owned(),
                    );
                }
                found.extend(element.qualifiers.iter().copied());
            }
            Some(_) => step(
                steps,
                Some(at),
                "criteria",
                format!("the certificate does not meet the criteria of `{names}`"),
            ),
        }
    }
    found
}

/// Pairs that cannot both be true.
fn contradiction(qualifiers: &BTreeSet<Qualifier>) -> Option<(Qualifier, Qualifier)> {
    use Qualifier::{
        NotQualified, QcForESeal, QcForESig, QcForLegalPerson, QcForWsa, QcNoQscd, QcNoSscd,
        QcQscdManagedOnBehalf, QcQscdStatusAsInCert, QcSscdStatusAsInCert, QcStatement, QcWithQscd,
        QcWithSscd,
    };
    const PAIRS: [(Qualifier, Qualifier); 12] = [
        (NotQualified, QcStatement),
        (QcWithQscd, QcNoQscd),
        (QcWithSscd, QcNoSscd),
        (QcNoQscd, QcQscdManagedOnBehalf),
        (QcWithQscd, QcQscdStatusAsInCert),
        (QcNoQscd, QcQscdStatusAsInCert),
        (QcWithSscd, QcSscdStatusAsInCert),
        (QcNoSscd, QcSscdStatusAsInCert),
        (QcForESig, QcForESeal),
        (QcForESig, QcForWsa),
        (QcForESeal, QcForWsa),
        (QcForESig, QcForLegalPerson),
    ];
    PAIRS
        .into_iter()
        .find(|(one, other)| qualifiers.contains(one) && qualifiers.contains(other))
}

/// The list's word, else the certificate's own; without either, signatures.
fn kind(certificate: &Certificate, qualifiers: &BTreeSet<Qualifier>) -> Option<Use> {
    let overruled = [
        (Qualifier::QcForESig, Use::Signatures),
        (Qualifier::QcForESeal, Use::Seals),
        (Qualifier::QcForWsa, Use::WebSites),
    ]
    .into_iter()
    .find(|(qualifier, _)| qualifiers.contains(qualifier));
    if let Some((_, kind)) = overruled {
        return Some(kind);
    }
    let types: Vec<String> = certificate
        .extensions()
        .qc_statements
        .as_ref()
        .map(|statements| statements.types.iter().map(ToString::to_string).collect())
        .unwrap_or_default();
    match types.as_slice() {
        [] => Some(Use::Signatures),
        [one] => match one.as_str() {
            QC_TYPE_SIGN => Some(Use::Signatures),
            QC_TYPE_SEAL => Some(Use::Seals),
            QC_TYPE_WEB => Some(Use::WebSites),
            _ => None,
        },
        _ => None,
    }
}

fn judge(
    certificate: &Certificate,
    qualifiers: &BTreeSet<Qualifier>,
    kind: Use,
    at: Timestamp,
    steps: &mut Vec<Step>,
) -> AtMoment {
    let extensions = certificate.extensions();
    let states = |statement: &str| {
        extensions
            .qc_statements
            .as_ref()
            .is_some_and(|own| own.statements.iter().any(|one| one.to_string() == statement))
    };
    let has_policy = |policy: &str| extensions.policies.iter().any(|one| one.to_string() == policy);
    let issued_before = is_before_eidas(certificate.not_before());
    let (is_qualified, why) = if qualifiers.contains(&Qualifier::NotQualified) {
        (false, "the list says `NotQualified`")
    } else if is_before_eidas(at)
        && kind == Use::Signatures
        && qualifiers.contains(&Qualifier::QcForLegalPerson)
    {
        (
            false,
            "the list says it is for legal persons, who made no signatures before eIDAS",
        )
    } else if qualifiers.contains(&Qualifier::QcStatement) {
        (true, "the list says `QCStatement`")
    } else if states(QC_LEGISLATION) {
        (
            false,
            "it says it is qualified under another law than that of the Union",
        )
    } else if extensions
        .qc_statements
        .as_ref()
        .is_some_and(QcStatements::claims_compliance)
    {
        (true, "it claims to be qualified, under a service that is listed")
    } else if issued_before && (has_policy(QCP) || has_policy(QCP_PLUS)) {
        (
            true,
            "it has a policy for qualified certificates from before eIDAS",
        )
    } else {
        (
            false,
            "it does not claim to be qualified, and the list does not say so",
        )
    };
    step(steps, Some(at), "qualified", why.to_owned());
    if !is_qualified {
        return AtMoment::NotQualified;
    }
    step(steps, Some(at), "use", format!("it is for {}", words(kind)));
    let has = |one: Qualifier, before: Qualifier| qualifiers.contains(&one) || qualifiers.contains(&before);
    let (device, why) = if has(Qualifier::QcNoQscd, Qualifier::QcNoSscd) {
        (Device::None, "the list says its key is in no qualified device")
    } else if qualifiers.contains(&Qualifier::QcQscdManagedOnBehalf) {
        (
            Device::QualifiedManaged,
            "the list says a provider manages its key in a qualified device",
        )
    } else if has(Qualifier::QcWithQscd, Qualifier::QcWithSscd) {
        (
            Device::Qualified,
            "the list says its key is in a qualified device",
        )
    } else if extensions
        .qc_statements
        .as_ref()
        .is_some_and(QcStatements::claims_device)
    {
        (
            Device::Qualified,
            "it says itself that its key is in a qualified device, and the list leaves that to it",
        )
    } else if issued_before && has_policy(QCP_PLUS) {
        (
            Device::Qualified,
            "its policy from before eIDAS asks for a secure device",
        )
    } else {
        (
            Device::None,
            "neither it nor the list says that its key is in a qualified device",
        )
    };
    step(steps, Some(at), "device", why.to_owned());
    AtMoment::Qualified {
        kind: kind.into(),
        device,
    }
}

/// What the lists say of a time-stamp.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct StampQualification {
    /// Whether it is qualified; none when no list is at hand.
    pub is_qualified: Option<bool>,
    /// The list that decided.
    pub list: Option<ListNamed>,
}

impl StampQualification {
    /// The stable code of what is missing; none when it is qualified.
    pub const fn cause(&self) -> Option<&'static str> {
        match self.is_qualified {
            Some(true) => None,
            Some(false) => Some("TST_NOT_QUALIFIED"),
            None => Some("QUAL_NOT_DETERMINED"),
        }
    }
}

/// Whether a time-stamp of `path`'s first certificate at `stamped` is qualified: the unit or an authority above it is a
/// `TSA/QTST` service, granted at that moment. What the token claims of itself decides nothing.
///
/// Source: TS 119 615 §4.7; EN 319 421.
pub fn determine_stamp(lists: &TrustedLists, path: &[Certificate], stamped: Timestamp) -> StampQualification {
    if lists.is_empty() || path.is_empty() {
        return StampQualification {
            is_qualified: None,
            list: None,
        };
    }
    for list in &lists.lists {
        let states: Vec<&Period> = list
            .list
            .services
            .iter()
            .filter(|service| path.iter().any(|one| service.is(one)))
            .filter_map(|service| service.at(stamped))
            .filter(|period| period.kind == ServiceKind::QualifiedTimeStamps)
            .collect();
        if !states.is_empty() {
            return StampQualification {
                is_qualified: Some(
                    states
                        .iter()
                        .all(|period| counts(period.status, stamped) && !period.has_unknown_critical),
                ),
                list: Some(ListNamed {
                    territory: list.list.territory.clone(),
                    sequence: list.list.sequence,
                    issued_at: list.list.issued_at,
                    next_update: list.list.next_update,
                }),
            };
        }
    }
    StampQualification {
        is_qualified: Some(false),
        list: None,
    }
}
