//! As what a person may act.

use serde::{Deserialize, Serialize};

use super::codes::{BodyKind, OrganisationKind, Role};
use super::facts::{Decision, FactId, ScopeItem, Status};
use super::identifiers::{EnterpriseNumber, NisCode, OvoCode};
use super::key::{Key, PersonKey};
use super::rules::Citation;
use crate::base::lang::Language;
use crate::base::time::Day;

/// One capacity of one person at one moment: a post, a delegation, or employment. Tokens carry exactly one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capacity {
    /// The fact it rests on first: the holding, the grant or the employment. Names the capacity in a choice.
    pub id: FactId,
    /// What it is.
    #[serde(flatten)]
    pub kind: CapacityKind,
    /// Where.
    pub organisation: OrganisationSummary,
    /// First day.
    pub from: Day,
    /// The day after the last, when known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub to: Option<Day>,
    /// Every fact it rests on.
    pub facts: Vec<FactId>,
}

/// What a capacity is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum CapacityKind {
    /// Signs for the holder of a post.
    Delegate {
        /// The grant.
        grant: Key,
        /// The function of the post that is signed for.
        role: Role,
        /// The post.
        post: Key,
        /// Who is signed for.
        on_behalf_of: PersonKey,
        /// The rule that allows it.
        basis: Citation,
        /// The writing by which it was given.
        decision: Decision,
        /// What may be signed.
        scope: Vec<ScopeItem>,
    },
    /// Works for the organisation; may sign nothing by that alone.
    Employee {
        /// Title of the function.
        function: String,
        /// Department or service.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        unit: Option<String>,
    },
    /// Holds a post and exercises it.
    Holding {
        /// The function of the post.
        role: Role,
        /// The post.
        post: Key,
        /// In which way it is held.
        status: Status,
        /// The kinds of bodies it belongs to.
        bodies: Vec<BodyKind>,
    },
}

/// An organisation as tokens, pages and proofs show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganisationSummary {
    /// Its key.
    pub key: Key,
    /// Its name.
    pub name: String,
    /// What kind of legal person.
    pub organisation: OrganisationKind,
    /// Its enterprise number.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub kbo: Option<EnterpriseNumber>,
    /// Its code in the organisation register.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ovo: Option<OvoCode>,
    /// Its municipality code at that moment.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub nis: Option<NisCode>,
}

/// How one is called who signs by delegation for the holder of `role`.
pub(super) fn delegated(role: Role, language: Language) -> String {
    let role = role.name(language);
    match language {
        Language::De => format!("durch Übertragung für: {role}"),
        Language::En => format!("by delegation for the {role}"),
        Language::Fr => format!("par délégation pour : {role}"),
        Language::Nl => format!("bij delegatie voor: {role}"),
    }
}

/// How the holder of `role` is called, who holds it in that way.
pub(super) fn held(role: Role, status: Status, language: Language) -> String {
    let role = role.name(language);
    match (status, language) {
        (Status::Acting, Language::De) => format!("{role} (vertretungsweise)"),
        (Status::Acting, Language::En) => format!("acting {role}"),
        (Status::Acting, Language::Fr) => format!("{role} faisant fonction"),
        (Status::Acting, Language::Nl) => format!("waarnemend {role}"),
        _ => role.to_owned(),
    }
}

impl Capacity {
    /// What a person is shown: `burgemeester, Gemeente Zegelgem`.
    pub fn label(&self, language: Language) -> String {
        let what = match &self.kind {
            CapacityKind::Delegate { role, .. } => delegated(*role, language),
            CapacityKind::Employee { function, .. } => function.clone(),
            CapacityKind::Holding { role, status, .. } => held(*role, *status, language),
        };
        format!("{what}, {}", self.organisation.name)
    }

    /// The function it gives or signs for, if any.
    pub const fn role(&self) -> Option<Role> {
        match &self.kind {
            CapacityKind::Delegate { role, .. } | CapacityKind::Holding { role, .. } => Some(*role),
            CapacityKind::Employee { .. } => None,
        }
    }

    /// The person signed for, when it is a delegation.
    pub const fn on_behalf_of(&self) -> Option<&PersonKey> {
        match &self.kind {
            CapacityKind::Delegate { on_behalf_of, .. } => Some(on_behalf_of),
            _ => None,
        }
    }

    /// The claim `zegel_capacity` of ID token and userinfo; for a delegate with the member `act_for`.
    ///
    /// Carries no person at all: who is signed for stays inside the board.
    pub fn claim(&self) -> serde_json::Value {
        use serde_json::json;
        let organisation = json!({
            "kbo": self.organisation.kbo,
            "ovo": self.organisation.ovo,
            "nis": self.organisation.nis,
            "name": self.organisation.name,
            "kind": self.organisation.organisation,
        });
        // The last day is shown inclusively, as people read a period.
        let valid = json!([self.from, self.to.map(Day::previous)]);
        match &self.kind {
            CapacityKind::Delegate {
                grant,
                role,
                post,
                basis,
                ..
            } => json!({
                "id": self.id, "kind": "delegate", "organisation": organisation, "valid": valid,
                "act_for": { "role": role.uri(), "post": post, "grant": grant, "kind": "signature",
                    "basis": basis.article },
            }),
            CapacityKind::Employee { function, .. } => json!({
                "id": self.id, "kind": "employee", "function": function, "organisation": organisation,
                "valid": valid,
            }),
            CapacityKind::Holding {
                role, post, status, ..
            } => json!({
                "id": self.id, "kind": "holding", "role": role.uri(), "role_name": role.slug(), "post": post,
                "status": status, "organisation": organisation, "valid": valid,
            }),
        }
    }
}
