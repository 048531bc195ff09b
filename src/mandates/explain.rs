//! The lines of an explanation: machine form with text in four languages, read from `explain.toml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::codes::{BodyKind, Role};
use super::facts::FactId;
use super::mention::in_words;
use super::plan::DocumentKind;
use super::verdict::Ground;
use crate::base::lang::Language;
use crate::base::time::{Day, Timestamp};

/// One step of an explanation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// What happened.
    pub code: Code,
    /// The fact it speaks about, if one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub fact: Option<FactId>,
    /// What to fill in, in machine form: codes and ISO dates.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub args: BTreeMap<String, String>,
}

/// What a step found. Those with a ground are refusals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// The holder is reported away for a time; a signature by the {role} in person is permitted and recorded.
    AbsenceTemporary,
    /// The {role} is impeded or away; the acting holder exercises the powers.
    ActingReplaces,
    /// The management agreement allows these staff to sign ({decision}).
    AgreementAllows,
    /// The management agreement does not allow these staff to sign.
    AgreementExcludes,
    /// No management agreement is known that allows staff of the other authority to sign ({article}).
    AgreementUnknown,
    /// The {role} had not yet taken the oath (on {date}).
    BeforeOath,
    /// No term of office of this body is known at that moment.
    BodyNotInForce,
    /// The body {name} is not known here.
    BodyUnknown,
    /// The capacity chosen does not give this signature.
    CapacityNotFitting,
    /// This signature cannot be delegated: {document} ({article}).
    DelegationForbidden,
    /// Delegation of signature for the {role} ({article}), given by {decision} of {date}.
    GrantConfers,
    /// The chain of delegations runs in a circle.
    GrantCycle,
    /// The delegation lasts longer than the one it rests on.
    GrantLongerThanParent,
    /// The delegation does not hold at that moment (from {from} until {to}).
    GrantNotInPeriod,
    /// No writing is known by which the delegation was given ({article}).
    GrantNotInWriting,
    /// The delegation does not cover this document: {document}.
    GrantOutOfScope,
    /// The delegation that this one rests on is not known.
    GrantParentUnknown,
    /// The delegation was revoked on {time}.
    GrantRevoked,
    /// The delegation is suspended.
    GrantSuspended,
    /// Whoever signs by delegation cannot delegate further ({article}).
    GrantTooDeep,
    /// The delegation covers more than the one it rests on.
    GrantWiderThanParent,
    /// The delegate is a member of the body as {role}.
    GranteeMember,
    /// This signature cannot be delegated to this person ({article}).
    GranteeNotEligible,
    /// The delegate is a member of staff ({function}) of {organisation}.
    GranteeStaff,
    /// Whoever gave the delegation was {role} then and now.
    GrantorHeld,
    /// The {role} who gave the delegation is replaced; whether it goes on is not settled.
    GrantorReplaced,
    /// The one who gave the delegation and the one who signs by it cannot both sign the same document.
    GrantorSignsToo,
    /// Whoever gave the delegation did not exercise the function of {role} when it was given or used.
    GrantorWithoutCapacity,
    /// The outgoing {role} stays in function until the successor is installed.
    HolderContinues,
    /// The {role} is impeded and cannot exercise the powers.
    HolderImpeded,
    /// The {role} is not away; there is nothing to act for.
    HolderPresent,
    /// The {role} bears the title alone.
    HolderTitular,
    /// Exercises the function of {role} at {organisation}.
    HoldingConfers,
    /// The appointment as {role} is still a draft in the source.
    HoldingDraft,
    /// The function of {role} was not held at that moment (from {from} until {to}).
    HoldingNotInPeriod,
    /// The exercise of the function of {role} is suspended.
    HoldingSuspended,
    /// The appointment as {role} is not confirmed according to the source.
    HoldingUnconfirmed,
    /// Nothing is known by which this person may sign as {roles}.
    NoCapacity,
    /// The person has died according to the source.
    PersonDeceased,
    /// The person is suspended.
    PersonSuspended,
    /// The authority works by this rule: {decision}.
    RuleAdopted,
    /// Rule {rule}: {article}.
    RuleFound,
    /// The authority has not adopted rule {rule}; this answer is advice alone.
    RuleNotAdopted,
    /// No known rule says who signs this: {document}, {body}.
    RuleUnknown,
    /// One person cannot put two signatures on one document, not even in two capacities.
    SamePerson,
    /// The signers are different persons.
    SeparationKept,
    /// This signature is there already.
    SlotFilled,
    /// Somebody else signs first (signature {slot}).
    SlotNotItsTurn,
    /// The plan has no signature {slot}.
    SlotUnknown,
    /// The facts are of {time} and so too old for that moment.
    SnapshotExpired,
    /// The source knows {count} holders of one post of {role} at that moment; which of them it is, is not settled.
    TooManyHolders,
}

impl Code {
    /// All codes.
    pub const ALL: [Self; 51] = [
        Self::AbsenceTemporary,
        Self::ActingReplaces,
        Self::AgreementAllows,
        Self::AgreementExcludes,
        Self::AgreementUnknown,
        Self::BeforeOath,
        Self::BodyNotInForce,
        Self::BodyUnknown,
        Self::CapacityNotFitting,
        Self::DelegationForbidden,
        Self::GrantConfers,
        Self::GrantCycle,
        Self::GrantLongerThanParent,
        Self::GrantNotInPeriod,
        Self::GrantNotInWriting,
        Self::GrantOutOfScope,
        Self::GrantParentUnknown,
        Self::GrantRevoked,
        Self::GrantSuspended,
        Self::GrantTooDeep,
        Self::GrantWiderThanParent,
        Self::GranteeMember,
        Self::GranteeNotEligible,
        Self::GranteeStaff,
        Self::GrantorHeld,
        Self::GrantorReplaced,
        Self::GrantorSignsToo,
        Self::GrantorWithoutCapacity,
        Self::HolderContinues,
        Self::HolderImpeded,
        Self::HolderPresent,
        Self::HolderTitular,
        Self::HoldingConfers,
        Self::HoldingDraft,
        Self::HoldingNotInPeriod,
        Self::HoldingSuspended,
        Self::HoldingUnconfirmed,
        Self::NoCapacity,
        Self::PersonDeceased,
        Self::PersonSuspended,
        Self::RuleAdopted,
        Self::RuleFound,
        Self::RuleNotAdopted,
        Self::RuleUnknown,
        Self::SamePerson,
        Self::SeparationKept,
        Self::SlotFilled,
        Self::SlotNotItsTurn,
        Self::SlotUnknown,
        Self::SnapshotExpired,
        Self::TooManyHolders,
    ];

    /// The stable cause code for logs and for the table of person codes.
    pub const fn cause(self) -> &'static str {
        match self {
            Self::AbsenceTemporary => "MANDATE_ABSENCE_TEMPORARY",
            Self::ActingReplaces => "MANDATE_ACTING_REPLACES",
            Self::AgreementAllows => "MANDATE_AGREEMENT_ALLOWS",
            Self::AgreementExcludes => "MANDATE_AGREEMENT_EXCLUDES",
            Self::AgreementUnknown => "MANDATE_AGREEMENT_UNKNOWN",
            Self::BeforeOath => "MANDATE_BEFORE_OATH",
            Self::BodyNotInForce => "MANDATE_BODY_NOT_IN_FORCE",
            Self::BodyUnknown => "MANDATE_BODY_UNKNOWN",
            Self::CapacityNotFitting => "MANDATE_CAPACITY_NOT_FITTING",
            Self::DelegationForbidden => "MANDATE_DELEGATION_FORBIDDEN",
            Self::GrantConfers => "MANDATE_GRANT_CONFERS",
            Self::GrantCycle => "MANDATE_GRANT_CYCLE",
            Self::GrantLongerThanParent => "MANDATE_GRANT_LONGER_THAN_PARENT",
            Self::GrantNotInPeriod => "MANDATE_GRANT_NOT_IN_PERIOD",
            Self::GrantNotInWriting => "MANDATE_GRANT_NOT_IN_WRITING",
            Self::GrantOutOfScope => "MANDATE_GRANT_OUT_OF_SCOPE",
            Self::GrantParentUnknown => "MANDATE_GRANT_PARENT_UNKNOWN",
            Self::GrantRevoked => "MANDATE_GRANT_REVOKED",
            Self::GrantSuspended => "MANDATE_GRANT_SUSPENDED",
            Self::GrantTooDeep => "MANDATE_GRANT_TOO_DEEP",
            Self::GrantWiderThanParent => "MANDATE_GRANT_WIDER_THAN_PARENT",
            Self::GranteeMember => "MANDATE_GRANTEE_MEMBER",
            Self::GranteeNotEligible => "MANDATE_GRANTEE_NOT_ELIGIBLE",
            Self::GranteeStaff => "MANDATE_GRANTEE_STAFF",
            Self::GrantorHeld => "MANDATE_GRANTOR_HELD",
            Self::GrantorReplaced => "MANDATE_GRANTOR_REPLACED",
            Self::GrantorSignsToo => "MANDATE_GRANTOR_SIGNS_TOO",
            Self::GrantorWithoutCapacity => "MANDATE_GRANTOR_WITHOUT_CAPACITY",
            Self::HolderContinues => "MANDATE_HOLDER_CONTINUES",
            Self::HolderImpeded => "MANDATE_HOLDER_IMPEDED",
            Self::HolderPresent => "MANDATE_HOLDER_PRESENT",
            Self::HolderTitular => "MANDATE_HOLDER_TITULAR",
            Self::HoldingConfers => "MANDATE_HOLDING_CONFERS",
            Self::HoldingDraft => "MANDATE_HOLDING_DRAFT",
            Self::HoldingNotInPeriod => "MANDATE_HOLDING_NOT_IN_PERIOD",
            Self::HoldingSuspended => "MANDATE_HOLDING_SUSPENDED",
            Self::HoldingUnconfirmed => "MANDATE_HOLDING_UNCONFIRMED",
            Self::NoCapacity => "MANDATE_NO_CAPACITY",
            Self::PersonDeceased => "MANDATE_PERSON_DECEASED",
            Self::PersonSuspended => "MANDATE_PERSON_SUSPENDED",
            Self::RuleAdopted => "MANDATE_RULE_ADOPTED",
            Self::RuleFound => "MANDATE_RULE_FOUND",
            Self::RuleNotAdopted => "MANDATE_RULE_NOT_ADOPTED",
            Self::RuleUnknown => "MANDATE_RULE_UNKNOWN",
            Self::SamePerson => "MANDATE_SAME_PERSON",
            Self::SeparationKept => "MANDATE_SEPARATION_KEPT",
            Self::SlotFilled => "MANDATE_SLOT_FILLED",
            Self::SlotNotItsTurn => "MANDATE_SLOT_NOT_ITS_TURN",
            Self::SlotUnknown => "MANDATE_SLOT_UNKNOWN",
            Self::SnapshotExpired => "MANDATE_SNAPSHOT_EXPIRED",
            Self::TooManyHolders => "MANDATE_TOO_MANY_HOLDERS",
        }
    }

    /// The word for storage and interfaces.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AbsenceTemporary => "absence_temporary",
            Self::ActingReplaces => "acting_replaces",
            Self::AgreementAllows => "agreement_allows",
            Self::AgreementExcludes => "agreement_excludes",
            Self::AgreementUnknown => "agreement_unknown",
            Self::BeforeOath => "before_oath",
            Self::BodyNotInForce => "body_not_in_force",
            Self::BodyUnknown => "body_unknown",
            Self::CapacityNotFitting => "capacity_not_fitting",
            Self::DelegationForbidden => "delegation_forbidden",
            Self::GrantConfers => "grant_confers",
            Self::GrantCycle => "grant_cycle",
            Self::GrantLongerThanParent => "grant_longer_than_parent",
            Self::GrantNotInPeriod => "grant_not_in_period",
            Self::GrantNotInWriting => "grant_not_in_writing",
            Self::GrantOutOfScope => "grant_out_of_scope",
            Self::GrantParentUnknown => "grant_parent_unknown",
            Self::GrantRevoked => "grant_revoked",
            Self::GrantSuspended => "grant_suspended",
            Self::GrantTooDeep => "grant_too_deep",
            Self::GrantWiderThanParent => "grant_wider_than_parent",
            Self::GranteeMember => "grantee_member",
            Self::GranteeNotEligible => "grantee_not_eligible",
            Self::GranteeStaff => "grantee_staff",
            Self::GrantorHeld => "grantor_held",
            Self::GrantorReplaced => "grantor_replaced",
            Self::GrantorSignsToo => "grantor_signs_too",
            Self::GrantorWithoutCapacity => "grantor_without_capacity",
            Self::HolderContinues => "holder_continues",
            Self::HolderImpeded => "holder_impeded",
            Self::HolderPresent => "holder_present",
            Self::HolderTitular => "holder_titular",
            Self::HoldingConfers => "holding_confers",
            Self::HoldingDraft => "holding_draft",
            Self::HoldingNotInPeriod => "holding_not_in_period",
            Self::HoldingSuspended => "holding_suspended",
            Self::HoldingUnconfirmed => "holding_unconfirmed",
            Self::NoCapacity => "no_capacity",
            Self::PersonDeceased => "person_deceased",
            Self::PersonSuspended => "person_suspended",
            Self::RuleAdopted => "rule_adopted",
            Self::RuleFound => "rule_found",
            Self::RuleNotAdopted => "rule_not_adopted",
            Self::RuleUnknown => "rule_unknown",
            Self::SamePerson => "same_person",
            Self::SeparationKept => "separation_kept",
            Self::SlotFilled => "slot_filled",
            Self::SlotNotItsTurn => "slot_not_its_turn",
            Self::SlotUnknown => "slot_unknown",
            Self::SnapshotExpired => "snapshot_expired",
            Self::TooManyHolders => "too_many_holders",
        }
    }

    /// For a refusal: what stands in the way.
    pub const fn ground(self) -> Option<Ground> {
        match self {
            Self::AgreementExcludes
            | Self::BeforeOath
            | Self::CapacityNotFitting
            | Self::DelegationForbidden
            | Self::GrantCycle
            | Self::GrantLongerThanParent
            | Self::GrantNotInPeriod
            | Self::GrantOutOfScope
            | Self::GrantRevoked
            | Self::GrantSuspended
            | Self::GrantTooDeep
            | Self::GrantWiderThanParent
            | Self::GranteeNotEligible
            | Self::GrantorSignsToo
            | Self::GrantorWithoutCapacity
            | Self::HolderImpeded
            | Self::HolderPresent
            | Self::HolderTitular
            | Self::HoldingNotInPeriod
            | Self::HoldingSuspended
            | Self::PersonDeceased
            | Self::PersonSuspended
            | Self::SamePerson
            | Self::SlotFilled
            | Self::SlotNotItsTurn
            | Self::SlotUnknown => Some(Ground::ClearLaw),
            Self::RuleNotAdopted => Some(Ground::RuleNotAdopted),
            Self::AgreementUnknown
            | Self::BodyNotInForce
            | Self::BodyUnknown
            | Self::GrantNotInWriting
            | Self::GrantParentUnknown
            | Self::GrantorReplaced
            | Self::HoldingDraft
            | Self::HoldingUnconfirmed
            | Self::NoCapacity
            | Self::RuleUnknown
            | Self::SnapshotExpired
            | Self::TooManyHolders => Some(Ground::WantOfData),
            Self::AbsenceTemporary
            | Self::ActingReplaces
            | Self::AgreementAllows
            | Self::GrantConfers
            | Self::GranteeMember
            | Self::GranteeStaff
            | Self::GrantorHeld
            | Self::HolderContinues
            | Self::HoldingConfers
            | Self::RuleAdopted
            | Self::RuleFound
            | Self::SeparationKept => None,
        }
    }
}

#[derive(Deserialize)]
struct Texts {
    nl: String,
    fr: String,
    de: String,
    en: String,
}

static TEXTS: LazyLock<BTreeMap<Code, Texts>> = LazyLock::new(|| {
    #[expect(
        clippy::expect_used,
        reason = "the file is compiled in and a test reads it; a refusal must be able to explain itself"
    )]
    toml::from_str(include_str!("explain.toml")).expect("explain.toml is well formed")
});

impl Line {
    /// The step `code` about `fact`.
    pub fn new(code: Code, fact: Option<FactId>) -> Self {
        Self {
            code,
            fact,
            args: BTreeMap::new(),
        }
    }

    /// The same with `value` to fill in at `name`.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.args.insert(name.to_owned(), value.to_string());
        self
    }

    /// The step in words.
    pub fn text(&self, language: Language) -> String {
        let Some(texts) = TEXTS.get(&self.code) else {
            return self.code.as_str().to_owned();
        };
        let template = match language {
            Language::De => &texts.de,
            Language::En => &texts.en,
            Language::Fr => &texts.fr,
            Language::Nl => &texts.nl,
        };
        self.args.iter().fold(template.clone(), |text, (name, value)| {
            text.replace(&format!("{{{name}}}"), &spoken(name, value, language))
        })
    }
}

/// `value` as a person of `language` says it, by what kind of thing `name` holds.
fn spoken(name: &str, value: &str, language: Language) -> String {
    let said = match name {
        "role" => value
            .parse::<Role>()
            .ok()
            .map(|role| role.name(language).to_owned()),
        "roles" => Some(
            value
                .split(',')
                .map(|role| {
                    role.parse::<Role>()
                        .map_or_else(|_| role.to_owned(), |role| role.name(language).to_owned())
                })
                .collect::<Vec<_>>()
                .join(", "),
        ),
        "body" => value
            .parse::<BodyKind>()
            .ok()
            .map(|body| body.name(language).to_owned()),
        "document" => value
            .parse::<DocumentKind>()
            .ok()
            .map(|document| document.name(language).to_owned()),
        "date" | "from" | "to" => value.parse::<Day>().ok().map(|day| in_words(day, language)),
        "time" => value.parse::<Timestamp>().ok().map(Timestamp::to_brussels_text),
        _ => None,
    };
    said.unwrap_or_else(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_text_in_every_language_with_the_same_places() {
        let places = |text: &str| {
            let mut places: Vec<String> = text
                .split('{')
                .skip(1)
                .filter_map(|rest| rest.split_once('}').map(|(name, _)| name.to_owned()))
                .collect();
            places.sort();
            places
        };
        for code in Code::ALL {
            let texts = TEXTS.get(&code).unwrap_or_else(|| panic!("{code:?}"));
            for text in [&texts.fr, &texts.de, &texts.en] {
                assert!(!text.is_empty(), "{code:?}");
                assert_eq!(places(text), places(&texts.nl), "{code:?}");
            }
            assert_eq!(code.cause(), format!("MANDATE_{}", code.as_str().to_uppercase()));
        }
        assert_eq!(TEXTS.len(), Code::ALL.len());
    }

    #[test]
    fn a_line_speaks_the_language_of_its_reader() {
        let line = Line::new(Code::BeforeOath, None)
            .with("role", "alderman")
            .with("date", "2025-01-06");
        assert_eq!(
            line.text(Language::Nl),
            "De schepen had de eed nog niet afgelegd (op 6 januari 2025)."
        );
        assert_eq!(
            line.text(Language::Fr),
            "Le titulaire (échevin) n'avait pas encore prêté serment (le 6 janvier 2025)."
        );
    }
}
