//! What is to be signed, and the plan the law's rule makes of it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::capacity::Capacity;
use super::codes::{BodyKind, Role};
use super::facts::{Decision, FactId};
use super::key::{Key, PersonKey};
use super::mention::Mention;
use super::rules::Citation;
use crate::base::lang::Language;
use crate::base::time::Timestamp;
use crate::identity::BoardId;

/// What kind of document it is, as far as the rules make a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentKind {
    /// Overeenkomst.
    Contract,
    /// Besluit.
    Decision,
    /// Akte.
    Deed,
    /// Brief.
    Letter,
    /// Notulen.
    Minutes,
    /// Verordening.
    Ordinance,
    /// Reglement.
    Regulation,
    /// Zittingsverslag.
    SessionRecord,
}

impl DocumentKind {
    /// All kinds.
    pub const ALL: [Self; 8] = [
        Self::Contract,
        Self::Decision,
        Self::Deed,
        Self::Letter,
        Self::Minutes,
        Self::Ordinance,
        Self::Regulation,
        Self::SessionRecord,
    ];

    /// The word for storage and interfaces.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Contract => "contract",
            Self::Decision => "decision",
            Self::Deed => "deed",
            Self::Letter => "letter",
            Self::Minutes => "minutes",
            Self::Ordinance => "ordinance",
            Self::Regulation => "regulation",
            Self::SessionRecord => "session_record",
        }
    }

    /// Its name for people.
    pub const fn name(self, language: Language) -> &'static str {
        match (self, language) {
            (Self::Contract, Language::Nl) => "overeenkomst",
            (Self::Contract, Language::Fr) => "contrat",
            (Self::Contract, Language::De) => "Vertrag",
            (Self::Contract, Language::En) => "contract",
            (Self::Decision, Language::Nl) => "besluit",
            (Self::Decision, Language::Fr) => "décision",
            (Self::Decision, Language::De) => "Beschluss",
            (Self::Decision, Language::En) => "decision",
            (Self::Deed, Language::Nl) => "akte",
            (Self::Deed, Language::Fr) => "acte",
            (Self::Deed, Language::De) => "Urkunde",
            (Self::Deed, Language::En) => "deed",
            (Self::Letter, Language::Nl) => "brief",
            (Self::Letter, Language::Fr) => "lettre",
            (Self::Letter, Language::De) => "Brief",
            (Self::Letter, Language::En) => "letter",
            (Self::Minutes, Language::Nl) => "notulen",
            (Self::Minutes, Language::Fr) => "procès-verbal",
            (Self::Minutes, Language::De) => "Protokoll",
            (Self::Minutes, Language::En) => "minutes",
            (Self::Ordinance, Language::Nl) => "verordening",
            (Self::Ordinance, Language::Fr) => "ordonnance",
            (Self::Ordinance, Language::De) => "Verordnung",
            (Self::Ordinance, Language::En) => "ordinance",
            (Self::Regulation, Language::Nl) => "reglement",
            (Self::Regulation, Language::Fr) => "règlement",
            (Self::Regulation, Language::De) => "Reglement",
            (Self::Regulation, Language::En) => "regulation",
            (Self::SessionRecord, Language::Nl) => "zittingsverslag",
            (Self::SessionRecord, Language::Fr) => "compte rendu de séance",
            (Self::SessionRecord, Language::De) => "Sitzungsbericht",
            (Self::SessionRecord, Language::En) => "session record",
        }
    }
}

impl fmt::Display for DocumentKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no kind of document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown kind of document `{0}`")]
pub struct UnknownDocumentKind(pub String);

impl FromStr for DocumentKind {
    type Err = UnknownDocumentKind;
    fn from_str(text: &str) -> Result<Self, UnknownDocumentKind> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| UnknownDocumentKind(text.to_owned()))
    }
}

/// What a person wants to act upon.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Object {
    /// What kind of document.
    pub document: DocumentKind,
    /// The body whose document it is: a body's key, or its kind (`college`) where the board has one of them.
    pub body: Key,
    /// Its policy domain, where grants are limited by one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub domain: Option<String>,
    /// Who signed already.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub signed: Vec<Signed>,
}

/// A signature that is there already.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signed {
    /// Which slot it fills, from 1.
    pub slot: u8,
    /// The natural person.
    pub person: PersonKey,
    /// The person for whom they signed by delegation.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub on_behalf_of: Option<PersonKey>,
}

/// The ordered signatures that a document needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SigningPlan {
    /// The board.
    pub board: BoardId,
    /// What kind of document.
    pub document: DocumentKind,
    /// The body's key.
    pub body: Key,
    /// What kind of body.
    pub body_kind: BodyKind,
    /// The rule it follows.
    pub rule: Citation,
    /// The board's decision to work by that rule. Without one the plan is advice: nothing may be sealed by it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub adopted_by: Option<Adopted>,
    /// For which moment.
    pub at: Timestamp,
    /// As known when.
    pub known_at: Timestamp,
    /// The signatures, in order.
    pub slots: Vec<Slot>,
}

/// The board's decision to work by a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adopted {
    /// The fact that records it.
    pub fact: FactId,
    /// The decision.
    pub decision: Decision,
}

/// One signature of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slot {
    /// Its place, from 1.
    pub number: u8,
    /// The functions that sign here.
    pub roles: Vec<Role>,
    /// The rule by which another may sign; none when this signature cannot be delegated.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub delegation: Option<Citation>,
    /// Who may sign at the plan's moment: holders first, then who acts, then delegates.
    pub candidates: Vec<Candidate>,
}

/// Somebody who may fill a slot at the plan's moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// The natural person; the board's own id once a link is recorded.
    pub person: PersonKey,
    /// Their name, where a fact gives one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name: Option<String>,
    /// The capacity they would sign in.
    pub capacity: Capacity,
    /// The text above their signature, when they sign by delegation.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub mention: Option<Mention>,
}

/// Why no plan can be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// The board has no such body in force at that moment, or more than one of that kind.
    #[error("the board has no body `{0}` at that moment, or more than one")]
    Body(Key),
    /// No rule in force speaks about such a document of such a body.
    #[error("no rule speaks about a `{document}` of a `{body}`")]
    Rule {
        /// What kind of document.
        document: DocumentKind,
        /// The body, as asked.
        body: Key,
    },
}

impl PlanError {
    /// The stable cause code.
    pub const fn cause(&self) -> &'static str {
        match self {
            Self::Body(_) => "MANDATE_BODY_UNKNOWN",
            Self::Rule { .. } => "MANDATE_RULE_UNKNOWN",
        }
    }
}
