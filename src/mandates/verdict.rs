//! The answer to "may this person do this", with its reasons.

use serde::{Deserialize, Serialize};

use super::capacity::Capacity;
use super::codes::Role;
use super::explain::{Code, Line};
use super::facts::{Decision, FactId};
use super::key::{Key, PersonKey};
use super::mention::Mention;
use super::plan::{DocumentKind, Object};
use super::rules::Citation;
use crate::base::digest::Sha256Digest;
use crate::base::time::Timestamp;
use crate::identity::BoardId;

/// What a person wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Action {
    /// Put the signature of one slot of the plan, counted from 1.
    Sign {
        /// Which slot.
        slot: u8,
    },
}

/// What is asked. The record time is that of the snapshot that is asked.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    /// Who wants to act.
    pub person: &'a PersonKey,
    /// What they want to do.
    pub action: Action,
    /// Upon what.
    pub object: &'a Object,
    /// In this capacity and no other, when the person chose one.
    pub capacity: Option<FactId>,
    /// When.
    pub at: Timestamp,
}

/// An answer that explains itself, can be stored, and can be checked later by somebody else.
///
/// It is the result of a check of authority, not a legal opinion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The board whose facts were asked.
    pub board: BoardId,
    /// Who.
    pub person: PersonKey,
    /// What.
    #[serde(flatten)]
    pub action: Action,
    /// What kind of document.
    pub document: DocumentKind,
    /// The body, as asked or as found.
    pub body: Key,
    /// The answer.
    pub outcome: Outcome,
    /// As what the person acts.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub capacity: Option<Capacity>,
    /// The rules used.
    pub rules: Vec<Citation>,
    /// The facts used.
    pub facts: Vec<FactId>,
    /// The decisions these facts rest on.
    pub decisions: Vec<Decision>,
    /// The moment asked about.
    pub at: Timestamp,
    /// As known at.
    pub known_at: Timestamp,
    /// Fingerprint of all facts and rules that were known.
    pub snapshot: Sha256Digest,
    /// Why, step by step.
    pub explanation: Vec<Line>,
}

/// Yes, yes with something to do, or no.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "kebab-case")]
pub enum Outcome {
    /// No.
    Deny(Refusal),
    /// Yes.
    Permit,
    /// Yes, and this must happen too.
    PermitWithObligations {
        /// What must happen.
        obligations: Vec<Obligation>,
    },
}

/// Why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The reason that tells most.
    pub code: Code,
    /// Whether anything but the law stands in the way.
    pub ground: Ground,
}

/// What kind of refusal it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ground {
    /// The law says no. Nobody can set it aside here.
    ClearLaw,
    /// The board has not adopted the rule; the answer is advice.
    RuleNotAdopted,
    /// zegel does not know enough to say yes.
    WantOfData,
}

/// What must happen beside a permitted signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "obligation", rename_all = "snake_case")]
pub enum Obligation {
    /// Another signature is still to come.
    CoSign {
        /// Which slot.
        slot: u8,
        /// By the holder of one of these functions.
        roles: Vec<Role>,
    },
    /// The council is told of the delegation at its next meeting.
    InformCouncil,
    /// This text stands above the signature.
    Mention(Mention),
    /// It is recorded that the holder signed while reported absent for a time.
    RecordAbsence {
        /// The absence.
        absence: FactId,
    },
}

impl Verdict {
    /// Whether the person may.
    pub const fn is_permit(&self) -> bool {
        !matches!(self.outcome, Outcome::Deny(_))
    }

    /// Why not, when not.
    pub const fn refusal(&self) -> Option<Refusal> {
        match self.outcome {
            Outcome::Deny(refusal) => Some(refusal),
            _ => None,
        }
    }

    /// The stable cause code of a refusal.
    pub const fn cause(&self) -> Option<&'static str> {
        match self.outcome {
            Outcome::Deny(refusal) => Some(refusal.code.cause()),
            _ => None,
        }
    }

    /// What must happen beside.
    pub fn obligations(&self) -> &[Obligation] {
        match &self.outcome {
            Outcome::PermitWithObligations { obligations } => obligations,
            _ => &[],
        }
    }

    /// The text above the signature, when the person signs by delegation.
    pub fn mention(&self) -> Option<&Mention> {
        self.obligations().iter().find_map(|obligation| match obligation {
            Obligation::Mention(mention) => Some(mention),
            _ => None,
        })
    }
}
