//! The law's rules as data: which documents need which signers, and who may delegate to whom.

use std::sync::{Arc, LazyLock};

use serde::{Deserialize, Serialize};

use super::codes::{BodyKind, OrganisationKind, Role};
use super::mention::MentionTemplate;
use super::plan::DocumentKind;
use super::validity::{Span, Validity};
use crate::base::digest::Sha256Digest;
use crate::base::time::{Day, Timestamp};

/// One version of one region's rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleSet {
    /// Its name: `flanders`.
    pub id: String,
    /// Its version; a changed text gets another one.
    pub version: String,
    /// The region whose law it renders.
    pub region: String,
    /// The law, in full.
    pub law: String,
    /// The law's usual short name, as cited after an article.
    pub law_short: String,
    /// Open legal questions, answered.
    pub policies: Policies,
    /// Which signers which documents need.
    pub plans: Vec<PlanRule>,
    /// Who may delegate to whom.
    pub delegations: Vec<DelegationRule>,
    /// Fingerprint of the file it was read from.
    pub sha256: Sha256Digest,
}

/// Answers to open legal questions. Each is a switch, because nobody has settled it.
///
/// Source: reference roles-and-mandates §8.5.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a yes-or-no question of law, named as the reference names it"
)]
pub struct Policies {
    /// Outgoing holders stay in function until the newly composed body is installed.
    pub continuity_until_installed: bool,
    /// A designated mayor signs as the mayor does.
    pub designated_mayor_may_sign: bool,
    /// Grants of a replaced holder go on while another acts.
    pub grants_on_replacement: bool,
    /// One natural person may fill two slots of a plan.
    pub same_person_two_slots: bool,
    /// A holder may sign before the recorded day of the oath.
    pub sign_before_oath: bool,
    /// A holding that no decision confirms yet confers the power to sign.
    pub unconfirmed_may_sign: bool,
}

/// How far a rule's wording was checked against the law's text. Whether a board works by it is another matter: a
/// fact of that board.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleState {
    /// Somebody compared it with the text in force.
    Checked {
        /// Who.
        by: String,
        /// When.
        on: Day,
        /// Against which text.
        against: String,
    },
    /// Written from general knowledge.
    Draft,
}

/// Which signers some documents of some bodies need, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanRule {
    /// Its name: `FL-CBS`.
    pub id: String,
    /// The article.
    pub article: String,
    /// How far it was checked.
    pub state: RuleState,
    /// When it is in force.
    pub valid: Validity,
    /// The kinds of documents.
    pub documents: Vec<DocumentKind>,
    /// The kinds of bodies.
    pub bodies: Vec<BodyKind>,
    /// The kinds of organisations.
    pub organisations: Vec<OrganisationKind>,
    /// Who signs, in order.
    pub slots: Vec<SlotRule>,
}

/// One signature of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SlotRule {
    /// The functions that may sign here.
    pub roles: Vec<Role>,
    /// The delegation rule by which somebody else may; none when the signature cannot be delegated.
    #[serde(default)]
    pub delegation: Option<String>,
}

/// Who may delegate a signature to whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DelegationRule {
    /// Its name: `FL-280`.
    pub id: String,
    /// The article.
    pub article: String,
    /// How far it was checked.
    pub state: RuleState,
    /// When it is in force.
    pub valid: Validity,
    /// The functions that may delegate.
    pub from: Vec<Role>,
    /// Who may receive it.
    pub to: Grantees,
    /// Documents that may never be signed by delegation.
    pub not_for: Vec<DocumentKind>,
    /// How many further links are allowed; 0 is none.
    pub max_depth: u8,
    /// What must happen beside.
    pub duties: Vec<Duty>,
    /// The text that stands above the delegate's signature.
    pub mention: MentionTemplate,
}

/// Who may receive a delegation.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Grantees {
    /// Holders of a post in one of these bodies of the same organisation.
    MembersOf(Vec<BodyKind>),
    /// Staff of the organisation; staff of the linked one when a recorded agreement allows it.
    Staff,
}

/// What must happen beside a permitted delegation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Duty {
    /// The council is told at its next meeting that the delegation was given.
    InformCouncil,
}

/// Why a rule file was refused.
#[derive(Debug, thiserror::Error)]
pub enum RuleFileError {
    /// Not TOML of the expected shape, or a word that is in no list.
    #[error("the rule file cannot be read: {0}")]
    Malformed(String),
    /// A slot names a delegation rule that the file does not have.
    #[error("rule `{rule}` names the delegation `{delegation}`, which is not in the file")]
    UnknownDelegation {
        /// The plan rule.
        rule: String,
        /// The name that leads nowhere.
        delegation: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    set: SetHead,
    policies: Policies,
    #[serde(default)]
    plan: Vec<PlanEntry>,
    #[serde(default)]
    delegation: Vec<DelegationEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetHead {
    id: String,
    version: String,
    region: String,
    law: String,
    law_short: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlanEntry {
    id: String,
    article: String,
    #[serde(default)]
    checked: Option<Checked>,
    valid_from: Day,
    #[serde(default)]
    valid_to: Option<Day>,
    documents: Vec<DocumentKind>,
    bodies: Vec<BodyKind>,
    organisations: Vec<OrganisationKind>,
    slots: Vec<SlotRule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DelegationEntry {
    id: String,
    article: String,
    #[serde(default)]
    checked: Option<Checked>,
    valid_from: Day,
    #[serde(default)]
    valid_to: Option<Day>,
    from: Vec<Role>,
    to: Grantees,
    #[serde(default)]
    not_for: Vec<DocumentKind>,
    max_depth: u8,
    #[serde(default)]
    duties: Vec<Duty>,
    mention: MentionTemplate,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Checked {
    by: String,
    on: Day,
    against: String,
}

fn state(checked: Option<Checked>) -> RuleState {
    checked.map_or(RuleState::Draft, |Checked { by, on, against }| {
        RuleState::Checked { by, on, against }
    })
}

impl RuleSet {
    /// Reads a rule file.
    ///
    /// # Errors
    /// `Malformed` also for an unknown field or code; `UnknownDelegation`.
    pub fn parse(text: &str) -> Result<Self, RuleFileError> {
        let file: File = toml::from_str(text).map_err(|error| RuleFileError::Malformed(error.to_string()))?;
        for plan in &file.plan {
            for name in plan.slots.iter().filter_map(|slot| slot.delegation.as_ref()) {
                if !file.delegation.iter().any(|rule| rule.id == *name) {
                    return Err(RuleFileError::UnknownDelegation {
                        rule: plan.id.clone(),
                        delegation: name.clone(),
                    });
                }
            }
        }
        Ok(Self {
            id: file.set.id,
            version: file.set.version,
            region: file.set.region,
            law: file.set.law,
            law_short: file.set.law_short,
            policies: file.policies,
            plans: file.plan.into_iter().map(PlanRule::from).collect(),
            delegations: file.delegation.into_iter().map(DelegationRule::from).collect(),
            sha256: Sha256Digest::of(text.as_bytes()),
        })
    }

    /// The Flemish rules that come with zegel.
    pub fn flanders() -> Arc<Self> {
        static FLANDERS: LazyLock<Arc<RuleSet>> = LazyLock::new(|| {
            #[expect(
                clippy::expect_used,
                reason = "the file is compiled in and a test reads it; without it nothing may be permitted"
            )]
            Arc::new(RuleSet::parse(RuleSet::FLANDERS_TEXT).expect("flanders.toml is well formed"))
        });
        FLANDERS.clone()
    }

    /// The text of the Flemish rules that come with zegel.
    pub const FLANDERS_TEXT: &'static str = include_str!("rules/flanders.toml");

    /// The plan rule for a document of a body at `at`; none when the law, as far as known here, says nothing.
    pub fn plan_rule(
        &self,
        document: DocumentKind,
        body: BodyKind,
        organisation: OrganisationKind,
        at: Timestamp,
    ) -> Option<&PlanRule> {
        self.plans.iter().find(|rule| {
            rule.documents.contains(&document)
                && rule.bodies.contains(&body)
                && rule.organisations.contains(&organisation)
                && rule.valid.contains(at)
        })
    }

    /// The delegation rule `id` if it is in force at `at`.
    pub fn delegation_rule(&self, id: &str, at: Timestamp) -> Option<&DelegationRule> {
        self.delegations
            .iter()
            .find(|rule| rule.id == id && rule.valid.contains(at))
    }
}

impl From<PlanEntry> for PlanRule {
    fn from(entry: PlanEntry) -> Self {
        Self {
            id: entry.id,
            article: entry.article,
            state: state(entry.checked),
            valid: Validity::Days {
                from: entry.valid_from,
                to: entry.valid_to,
            },
            documents: entry.documents,
            bodies: entry.bodies,
            organisations: entry.organisations,
            slots: entry.slots,
        }
    }
}

impl From<DelegationEntry> for DelegationRule {
    fn from(entry: DelegationEntry) -> Self {
        Self {
            id: entry.id,
            article: entry.article,
            state: state(entry.checked),
            valid: Validity::Days {
                from: entry.valid_from,
                to: entry.valid_to,
            },
            from: entry.from,
            to: entry.to,
            not_for: entry.not_for,
            max_depth: entry.max_depth,
            duties: entry.duties,
            mention: entry.mention,
        }
    }
}

/// A rule as cited in a plan, verdict or proof.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Citation {
    /// The rule: `FL-CBS`.
    pub rule: String,
    /// The article and the law's short name: `art. 279 §2 DLB`.
    pub article: String,
    /// Rule set and version: `flanders 2026.1`.
    pub set: String,
    /// How far the wording was checked.
    pub state: RuleState,
}

impl RuleSet {
    /// How a rule of this set is cited.
    pub fn cite(&self, rule: &str, article: &str, state: &RuleState) -> Citation {
        Citation {
            rule: rule.to_owned(),
            article: format!("art. {article} {}", self.law_short),
            set: format!("{} {}", self.id, self.version),
            state: state.clone(),
        }
    }
}

impl Validity {
    /// The span in which both hold.
    pub fn common(self, other: Self) -> Span {
        let (a, b) = (self.span(), other.span());
        Span {
            from: a.from.max(b.from),
            to: a.to.min(b.to),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_that_come_with_zegel_are_read_and_nobody_claims_to_have_checked_them() {
        let rules = RuleSet::flanders();
        for id in ["FL-CBS", "FL-GR", "FL-MIN-CBS", "FL-MIN-GR"] {
            assert!(rules.plans.iter().any(|rule| rule.id == id), "{id}");
        }
        for id in ["FL-280", "FL-283"] {
            assert!(rules.delegations.iter().any(|rule| rule.id == id), "{id}");
        }
        assert!(rules.plans.iter().all(|rule| rule.state == RuleState::Draft));
        assert!(!rules.policies.same_person_two_slots);
    }

    #[test]
    fn no_two_plan_rules_speak_about_one_document() {
        let rules = RuleSet::flanders();
        for (index, one) in rules.plans.iter().enumerate() {
            for other in rules.plans.iter().skip(index + 1) {
                let both = one.documents.iter().any(|kind| other.documents.contains(kind))
                    && one.bodies.iter().any(|kind| other.bodies.contains(kind))
                    && one
                        .organisations
                        .iter()
                        .any(|kind| other.organisations.contains(kind))
                    && one.valid.span().overlaps(other.valid.span());
                assert!(!both, "{} and {}", one.id, other.id);
            }
        }
    }

    #[test]
    fn a_rule_file_with_an_unknown_word_or_delegation_is_refused() {
        let good = RuleSet::FLANDERS_TEXT;
        assert!(RuleSet::parse(good).is_ok());
        for (from, to) in [
            ("\"mayor\"", "\"majoor\""),
            ("max_depth", "maximum_depth"),
            ("delegation = \"FL-280\"", "delegation = \"FL-999\""),
        ] {
            let bad = good.replacen(from, to, 1);
            assert_ne!(bad, good);
            assert!(RuleSet::parse(&bad).is_err(), "{to}");
        }
    }
}
