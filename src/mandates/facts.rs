//! What is stated, by whom, since when it is true and since when zegel knows it.

use serde::{Deserialize, Serialize};

use super::codes::{BodyKind, OrganisationKind, Role};
use super::identifiers::{EnterpriseNumber, NisCode, OvoCode};
use super::key::{Key, PersonKey};
use super::plan::DocumentKind;
use super::validity::Validity;
use crate::base::digest::Sha256Digest;
use crate::base::id::Id;
use crate::base::time::{Day, Timestamp};
use crate::identity::{BoardId, PersonId};

/// The id of one fact, `fct_…`.
pub type FactId = Id<super::FactKind>;

/// One statement as a board holds it. Never changed and never removed: a correction is another fact that
/// supersedes it from its own record time on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// Its own id.
    pub id: FactId,
    /// The board it belongs to; no other board's question ever meets it.
    pub board: BoardId,
    /// Record time: the first instant at which zegel knew it.
    pub recorded_at: Timestamp,
    /// What it states.
    #[serde(flatten)]
    pub stated: NewFact,
}

/// A statement before it is recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewFact {
    /// The thing it is about. Several facts may be about one thing: an organisation before and after a change.
    pub key: Key,
    /// Valid time: when it is true in the world.
    pub valid: Validity,
    /// Where it comes from.
    pub source: Source,
    /// What it rests on.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub evidence: Vec<Evidence>,
    /// The earlier fact that this one corrects.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub supersedes: Option<FactId>,
    /// The statement itself.
    pub content: Content,
}

impl NewFact {
    /// This statement as recorded for `board` under `id` at `recorded_at`.
    pub fn record(self, id: FactId, board: BoardId, recorded_at: Timestamp) -> Fact {
        Fact {
            id,
            board,
            recorded_at,
            stated: self,
        }
    }
}

impl Fact {
    /// SHA-256 over id, board, record time and statement; two facts with one digest say the same.
    pub fn digest(&self) -> Sha256Digest {
        // INVARIANT: every part of a fact has a JSON form, so the fallback is never taken.
        Sha256Digest::of(&serde_json::to_vec(self).unwrap_or_default())
    }
}

/// Where a fact comes from.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Source {
    /// The system: `mandate-database`, `upload`, `zegel`, `laboratory`.
    pub system: String,
    /// Where in that system: a URI, a file and line, or who entered it.
    pub reference: String,
}

/// A document or act that a fact rests on.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Evidence {
    /// What it is, in a word: `decision`, `certificate_of_illness`, `report`, `match`.
    pub kind: String,
    /// Where it is found.
    pub reference: String,
    /// Its fingerprint, when zegel saw it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sha256: Option<Sha256Digest>,
}

/// A decision of a body, as cited in a mention and in a proof.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Decision {
    /// Its URI or number.
    pub reference: String,
    /// The day it was taken, where known. A delegation cannot be used without it: the mention names it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub date: Option<Day>,
}

/// What a fact states.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Content {
    /// The holder of a post is away. Key: the absence. Counts in instants.
    Absence(Absence),
    /// One kind of governing body of an organisation, whatever the term.
    Body {
        /// The organisation it governs.
        organisation: Key,
        /// What kind of body.
        body: BodyKind,
        /// Its name, if it has one of its own.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        name: Option<String>,
    },
    /// One term of office of a body; its validity is the term.
    BodyTerm {
        /// The timeless body.
        body: Key,
    },
    /// The person died; valid from that day.
    Death {
        /// Who.
        person: PersonKey,
    },
    /// A person works for an organisation.
    Employment {
        /// Who.
        person: PersonKey,
        /// The employer.
        organisation: Key,
        /// The title of the function.
        function: String,
        /// Department or service.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        unit: Option<String>,
    },
    /// A delegation of signature. Key: the grant.
    Grant(Grant),
    /// A person holds a post. Key: the holding.
    Holding(Holding),
    /// A newly composed body took office; valid from that instant.
    Installation {
        /// The timeless body.
        body: Key,
    },
    /// A recorded agreement by which two organisations share staff.
    ManagementAgreement {
        /// The organisation whose director may delegate.
        organisation: Key,
        /// The organisation whose staff may sign.
        staff_of: Key,
        /// Whether it covers delegation of signature.
        signature: Allowed,
        /// The decision by which it was concluded.
        decision: Decision,
    },
    /// A municipality code of an organisation, for its period.
    NisAssignment {
        /// Which organisation.
        organisation: Key,
        /// The code.
        nis: NisCode,
    },
    /// A legal person.
    Organisation(Organisation),
    /// Two names mean one natural person: the result of one authorised matching step.
    PersonLink {
        /// A name from a source, or an earlier id of the same person.
        alias: PersonKey,
        /// The board's own person.
        person: PersonId,
    },
    /// What a person is called.
    PersonName {
        /// Who.
        person: PersonKey,
        /// Given name in use.
        given: String,
        /// Family name.
        family: String,
    },
    /// A seat that can be held. Key: the post.
    Post {
        /// The function it carries.
        role: Role,
        /// The terms of bodies it hangs in; a mayor's post hangs in two.
        terms: Vec<Key>,
        /// Fewest holders at once.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        min: Option<u32>,
        /// Most holders at once.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        max: Option<u32>,
    },
    /// A grant ends for good, from that instant on.
    Revocation {
        /// Which grant.
        grant: Key,
        /// Why.
        reason: RevocationReason,
    },
    /// The board decided by which rules it works.
    RuleAdoption {
        /// Id of the rule set.
        set: String,
        /// Its version.
        version: String,
        /// Fingerprint of the rule file adopted. Another text with the same version is not adopted; a record without a
        /// fingerprint adopts nothing.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        sha256: Option<Sha256Digest>,
        /// Ids of the rules adopted; `*` means all of the set, an empty list none.
        rules: Vec<String>,
        /// By which decision.
        decision: Decision,
    },
    /// A grant, holding or person is suspended for a time.
    Suspension {
        /// Key of the grant or holding, or name of the person.
        of: Key,
        /// Why.
        reason: String,
    },
    /// The superseded fact was never true.
    Withdrawn {
        /// Why it was recorded all the same.
        reason: String,
    },
}

impl Content {
    /// The word for the kind, as stored.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Absence(_) => "absence",
            Self::Body { .. } => "body",
            Self::BodyTerm { .. } => "body_term",
            Self::Death { .. } => "death",
            Self::Employment { .. } => "employment",
            Self::Grant(_) => "grant",
            Self::Holding(_) => "holding",
            Self::Installation { .. } => "installation",
            Self::ManagementAgreement { .. } => "management_agreement",
            Self::NisAssignment { .. } => "nis_assignment",
            Self::Organisation(_) => "organisation",
            Self::PersonLink { .. } => "person_link",
            Self::PersonName { .. } => "person_name",
            Self::Post { .. } => "post",
            Self::Revocation { .. } => "revocation",
            Self::RuleAdoption { .. } => "rule_adoption",
            Self::Suspension { .. } => "suspension",
            Self::Withdrawn { .. } => "withdrawn",
        }
    }
}

/// Yes or no, said in words that cannot be mistaken for a missing value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Allowed {
    /// Not allowed.
    No,
    /// Allowed.
    Yes,
}

/// A legal person: municipality, OCMW, province.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organisation {
    /// What kind of legal person.
    pub organisation: OrganisationKind,
    /// Its name.
    pub name: String,
    /// Its number in the Crossroads Bank for Enterprises.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub enterprise_number: Option<EnterpriseNumber>,
    /// Its code in the Flemish organisation register.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ovo: Option<OvoCode>,
    /// The municipality of an OCMW, or the OCMW of a municipality.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub linked_to: Option<Key>,
    /// The organisation that took over from it, at a merger.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub successor: Option<Key>,
}

/// A person holds a post: one person, one post, one status, one period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holding {
    /// Who.
    pub person: PersonKey,
    /// Which post.
    pub post: Key,
    /// In which way.
    pub status: Status,
    /// How far the source says it is confirmed.
    pub publication: Publication,
    /// The decision that confirms it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub confirmed_by: Option<String>,
    /// The holding of the person who acts meanwhile.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub replaced_by: Option<Key>,
    /// Rank as the source writes it: "eerste schepen".
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rank: Option<String>,
    /// The day the oath was taken, where the source says so.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub oath: Option<Day>,
}

/// In which way a person holds a post (MandatarisStatusCode). Only the first two confer its powers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Waarnemend: acts for an absent holder.
    Acting,
    /// Effectief.
    Effective,
    /// Verhinderd: prevented from exercising.
    Impeded,
    /// Titelvoerend: bears the title alone.
    Titular,
}

const STATUS_BASE: &str = "http://data.vlaanderen.be/id/concept/MandatarisStatusCode/";

impl Status {
    const CODES: [(Self, &'static str); 4] = [
        (Self::Acting, "e1ca6edd-55e1-4288-92a5-53f4cf71946a"),
        (Self::Effective, "21063a5b-912c-4241-841c-cc7fb3c73e75"),
        (Self::Impeded, "c301248f-0199-45ca-b3e5-4c596731d5fe"),
        (Self::Titular, "aacb3fed-b51d-4e0b-a411-f3fa641da1b3"),
    ];

    /// The status with this URI; an unknown one is no status at all.
    pub fn from_uri(uri: &str) -> Option<Self> {
        let code = uri.strip_prefix(STATUS_BASE)?;
        Self::CODES
            .into_iter()
            .find_map(|(status, known)| (known == code).then_some(status))
    }

    /// Its URI in the Flemish code list.
    pub fn uri(self) -> String {
        let code = Self::CODES
            .into_iter()
            .find_map(|(status, code)| (status == self).then_some(code))
            .unwrap_or_default();
        format!("{STATUS_BASE}{code}")
    }
}

/// How far a holding is confirmed (MandatarisPublicationStatusCode).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Publication {
    /// Bekrachtigd: a decision confirms it.
    Confirmed,
    /// Being written; confers nothing.
    Draft,
    /// Niet bekrachtigd, or the source does not say.
    Unconfirmed,
}

const PUBLICATION_BASE: &str = "http://data.lblod.info/id/concept/MandatarisPublicationStatusCode/";

impl Publication {
    const CODES: [(Self, &'static str); 3] = [
        (Self::Confirmed, "9d8fd14d-95d0-4f5e-b3a5-a56a126227b6"),
        (Self::Draft, "588ce330-4abb-4448-9776-a17d9305df07"),
        (Self::Unconfirmed, "d3b12468-3720-4cb0-95b4-6aa2996ab188"),
    ];

    /// The publication state with this URI.
    pub fn from_uri(uri: &str) -> Option<Self> {
        let code = uri.strip_prefix(PUBLICATION_BASE)?;
        Self::CODES
            .into_iter()
            .find_map(|(state, known)| (known == code).then_some(state))
    }

    /// Its URI in the code list.
    pub fn uri(self) -> String {
        let code = Self::CODES
            .into_iter()
            .find_map(|(state, code)| (state == self).then_some(code))
            .unwrap_or_default();
        format!("{PUBLICATION_BASE}{code}")
    }
}

/// The holder of a post is away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Absence {
    /// The holding of the person who is away.
    pub holding: Key,
    /// What the law makes of it.
    pub absence: AbsenceKind,
    /// The holding of the person who acts meanwhile; without it, whoever holds the post as acting.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub replaced_by: Option<Key>,
}

/// What the law makes of an absence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AbsenceKind {
    /// The holder cannot exercise the post and may not.
    Impediment,
    /// Illness or leave: the holder who signs all the same is permitted, and it is recorded.
    Temporary,
}

/// A delegation of signature: the delegate signs for the holder of a post, who stays competent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// Who gave it.
    pub grantor: PersonKey,
    /// In the capacity of which post.
    pub post: Key,
    /// Who may sign.
    pub grantee: PersonKey,
    /// What may be signed. Empty is nothing.
    pub scope: Vec<ScopeItem>,
    /// How many further links the grantee may make; 0 is none.
    pub depth: u8,
    /// The grant it is made under, for a further link.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub parent: Option<Key>,
    /// The writing by which it was given. Without it the grant cannot be used.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub decision: Option<Decision>,
}

/// One thing that a grant covers. Every field left out covers all that the law lets the post delegate.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScopeItem {
    /// One kind of document.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub documents: Option<DocumentKind>,
    /// Documents of one kind of body.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub body: Option<BodyKind>,
    /// One policy domain, compared as written.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub domain: Option<String>,
}

impl ScopeItem {
    /// Everything that the law lets the post delegate.
    pub const EVERYTHING: Self = Self {
        documents: None,
        body: None,
        domain: None,
    };

    /// Whether all that `narrower` covers is covered by this one.
    pub fn covers(&self, narrower: &Self) -> bool {
        fn part<T: PartialEq>(wide: Option<&T>, narrow: Option<&T>) -> bool {
            wide.is_none() || wide == narrow
        }
        part(self.documents.as_ref(), narrower.documents.as_ref())
            && part(self.body.as_ref(), narrower.body.as_ref())
            && part(self.domain.as_ref(), narrower.domain.as_ref())
    }
}

/// Why a grant ended for good. The first five are those of the European attestation rulebook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RevocationReason {
    /// The right was withdrawn.
    PrivilegeWithdrawn,
    /// The organisation is no more.
    OrganizationDissolved,
    /// The person no longer works there.
    EmploymentTerminated,
    /// A court ordered it.
    CourtOrder,
    /// It was obtained or used by fraud.
    Fraud,
    /// The term of office ended.
    TermEnded,
    /// The person died.
    Deceased,
    /// Another grant or person took its place.
    Replaced,
    /// The source corrected itself.
    SourceCorrected,
    /// The key of the person is no longer theirs alone.
    KeyCompromise,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_status_or_publication_code_is_none() {
        for (status, _) in Status::CODES {
            assert_eq!(Status::from_uri(&status.uri()), Some(status));
        }
        for (state, _) in Publication::CODES {
            assert_eq!(Publication::from_uri(&state.uri()), Some(state));
        }
        assert_eq!(Status::from_uri(&format!("{STATUS_BASE}nothing")), None);
        assert_eq!(Publication::from_uri("Bekrachtigd"), None);
    }

    #[test]
    fn a_scope_item_covers_itself_and_what_is_narrower() {
        let decisions = ScopeItem {
            documents: Some(DocumentKind::Decision),
            ..ScopeItem::EVERYTHING
        };
        assert!(ScopeItem::EVERYTHING.covers(&decisions) && decisions.covers(&decisions));
        assert!(!decisions.covers(&ScopeItem::EVERYTHING));
    }

    #[test]
    fn a_fact_reads_back_from_json_with_the_same_digest() {
        let fact = NewFact {
            key: "urn:x:grant:1".parse().unwrap(),
            valid: Validity::since("2025-01-01".parse().unwrap()),
            source: Source {
                system: "zegel".to_owned(),
                reference: "test".to_owned(),
            },
            evidence: Vec::new(),
            supersedes: None,
            content: Content::Grant(Grant {
                grantor: "urn:x:an".parse().unwrap(),
                post: "urn:x:post".parse().unwrap(),
                grantee: "urn:x:bert".parse().unwrap(),
                scope: vec![ScopeItem::EVERYTHING],
                depth: 0,
                parent: None,
                decision: None,
            }),
        }
        .record(
            FactId::from_u128(1),
            BoardId::from_u128(2),
            "2026-01-01T00:00:00Z".parse().unwrap(),
        );
        let text = serde_json::to_string(&fact).unwrap();
        let read: Fact = serde_json::from_str(&text).unwrap();
        assert_eq!(read, fact);
        assert_eq!(read.digest(), fact.digest());
    }
}
