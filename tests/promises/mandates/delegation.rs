//! Delegation of signature: who may give it, to whom, for what, and when it stops.

use zegel::base::lang::Language;
use zegel::mandates::facts::{Absence, AbsenceKind, Allowed, Content, RevocationReason, ScopeItem, Status};
use zegel::mandates::validity::Validity;
use zegel::mandates::verdict::{Ground, Obligation};
use zegel::mandates::{DocumentKind, NewFact, Signed};

use super::town::*;

/// FL-280: the mayor lets the alderman sign. FL-283: the director lets a member of staff sign.
fn delegated() -> Town {
    Town::new()
        .with(grant(
            "d-280",
            MAYOR,
            "post-burgemeester",
            ALDERMAN,
            since("2025-02-01"),
        ))
        .with(grant(
            "d-283",
            DIRECTOR,
            "post-directeur",
            STAFF,
            since("2025-02-01"),
        ))
}

fn revocation(grant: &str, from: &str) -> NewFact {
    fact(
        "intrekking",
        Validity::Instants {
            from: at(from),
            to: None,
        },
        Content::Revocation {
            grant: key(grant),
            reason: RevocationReason::PrivilegeWithdrawn,
        },
    )
}

fn agreement(signature: Allowed) -> NewFact {
    fact(
        "overeenkomst",
        since("2025-01-01"),
        Content::ManagementAgreement {
            organisation: key("gemeente"),
            staff_of: key("ocmw"),
            signature,
            decision: decision("TEST-overeenkomst", "2025-01-01"),
        },
    )
}

#[test]
fn a_delegate_signs_with_the_mention_that_the_law_asks() {
    let town = delegated();
    let alderman = town.ask(ALDERMAN, 1);
    assert_eq!(answer(&alderman), "permit");
    assert_eq!(
        alderman.mention().unwrap().text(Language::Nl),
        "Namens de burgemeester, bij delegatie (besluit van 20 januari 2025, art. 280 DLB)"
    );
    let staff = town.ask(STAFF, 2);
    assert_eq!(answer(&staff), "permit");
    assert!(staff.obligations().contains(&Obligation::InformCouncil));
    assert!(staff.rules.iter().any(|rule| rule.rule == "FL-283"));
    assert_eq!(staff.capacity.unwrap().on_behalf_of(), Some(&person(DIRECTOR)));
}

#[test]
fn case_3_a_delegation_by_somebody_who_never_held_the_post_is_void() {
    // Given in the mayor's place by somebody who was no mayor.
    let town = Town::new().with(grant(
        "d-280",
        CITIZEN,
        "post-burgemeester",
        ALDERMAN,
        since("2025-02-01"),
    ));
    let verdict = town.ask(ALDERMAN, 1);
    assert_eq!(answer(&verdict), "MANDATE_GRANTOR_WITHOUT_CAPACITY");
    assert_eq!(verdict.refusal().unwrap().ground, Ground::ClearLaw);
    // Nor by one who became mayor only after giving it.
    let early = delegated().edit("h-burgemeester", |fact| fact.valid = since("2025-06-01"));
    assert_eq!(
        answer(&early.ask(ALDERMAN, 1)),
        "MANDATE_GRANTOR_WITHOUT_CAPACITY"
    );
    // Nor by one who is mayor no more.
    let late = delegated().edit("h-burgemeester", |fact| {
        fact.valid = through("2025-01-01", "2026-03-02")
    });
    assert_eq!(answer(&late.ask(ALDERMAN, 1)), "MANDATE_GRANTOR_WITHOUT_CAPACITY");
}

#[test]
fn case_4_minutes_are_never_signed_by_delegation_and_the_article_is_named() {
    let town = delegated();
    for (who, slot, article) in [(ALDERMAN, 1, "278"), (STAFF, 2, "278")] {
        let verdict = town.ask_at(who, slot, DocumentKind::Minutes, now());
        assert_eq!(answer(&verdict), "MANDATE_DELEGATION_FORBIDDEN", "{who}");
        assert_eq!(verdict.refusal().unwrap().ground, Ground::ClearLaw);
        let line = verdict.explanation.last().unwrap().text(Language::Nl);
        assert!(line.contains(article) && line.contains("notulen"), "{line}");
    }
    assert_eq!(
        answer(&town.ask_at(MAYOR, 1, DocumentKind::Minutes, now())),
        "permit"
    );
}

#[test]
fn the_delegation_rule_s_own_exceptions_hold_where_the_plan_would_let_them_pass() {
    let town = delegated().under(&[(
        "slots = [{ roles = [\"mayor\"] }, { roles = [\"general_director\"] }]",
        "slots = [{ roles = [\"mayor\"], delegation = \"FL-280\" }, { roles = [\"general_director\"], delegation = \"FL-283\" }]",
    )]);
    for (who, slot, article) in [(ALDERMAN, 1, "280"), (STAFF, 2, "283")] {
        let verdict = town.ask_at(who, slot, DocumentKind::Minutes, now());
        assert_eq!(answer(&verdict), "MANDATE_DELEGATION_FORBIDDEN");
        assert!(
            verdict
                .explanation
                .last()
                .unwrap()
                .text(Language::Nl)
                .contains(article)
        );
    }
}

#[test]
fn case_5_staff_of_the_ocmw_sign_only_where_the_agreement_says_so() {
    let with = |more: Option<NewFact>| {
        let town = Town::new().with(grant(
            "d-283",
            DIRECTOR,
            "post-directeur",
            OUTSIDER,
            since("2025-02-01"),
        ));
        let town = more.into_iter().fold(town, Town::with);
        town.ask(OUTSIDER, 2)
    };
    let unknown = with(None);
    assert_eq!(answer(&unknown), "MANDATE_AGREEMENT_UNKNOWN");
    assert_eq!(unknown.refusal().unwrap().ground, Ground::WantOfData);
    let excluded = with(Some(agreement(Allowed::No)));
    assert_eq!(answer(&excluded), "MANDATE_AGREEMENT_EXCLUDES");
    assert_eq!(excluded.refusal().unwrap().ground, Ground::ClearLaw);
    let allowed = with(Some(agreement(Allowed::Yes)));
    assert_eq!(answer(&allowed), "permit");
    assert!(
        allowed
            .decisions
            .iter()
            .any(|decision| decision.reference == "TEST-overeenkomst")
    );
}

#[test]
fn case_12_a_grant_revoked_between_two_signatures_is_refused_at_the_second() {
    let town = delegated().with(revocation("d-283", "2026-03-03T09:00:00Z"));
    let before = at("2026-03-03T08:59:59.999999Z");
    assert_eq!(
        answer(&town.ask_at(STAFF, 2, DocumentKind::Decision, before)),
        "permit"
    );
    assert_eq!(answer(&town.ask(STAFF, 2)), "MANDATE_GRANT_REVOKED");
    // A revoked grant never comes back, whatever end somebody gives the revocation.
    let ended = town.edit("intrekking", |fact| {
        fact.valid = Validity::Instants {
            from: at("2026-03-03T00:00:00Z"),
            to: Some(at("2026-03-03T01:00:00Z")),
        };
    });
    assert_eq!(answer(&ended.ask(STAFF, 2)), "MANDATE_GRANT_REVOKED");
}

#[test]
fn a_suspended_grant_comes_back() {
    let town = delegated().with(fact(
        "schorsing",
        Validity::Instants {
            from: at("2026-03-03T00:00:00Z"),
            to: Some(at("2026-03-04T00:00:00Z")),
        },
        Content::Suspension {
            of: key("d-280"),
            reason: "TEST".to_owned(),
        },
    ));
    assert_eq!(answer(&town.ask(ALDERMAN, 1)), "MANDATE_GRANT_SUSPENDED");
    let after = at("2026-03-04T00:00:00Z");
    assert_eq!(
        answer(&town.ask_at(ALDERMAN, 1, DocumentKind::Decision, after)),
        "permit"
    );
}

#[test]
fn a_grant_needs_its_period_its_scope_and_its_writing() {
    let over = delegated().edit("d-280", |fact| fact.valid = through("2025-02-01", "2026-03-02"));
    assert_eq!(answer(&over.ask(ALDERMAN, 1)), "MANDATE_GRANT_NOT_IN_PERIOD");
    let empty = delegated().edit_grant("d-280", |grant| grant.scope.clear());
    assert_eq!(answer(&empty.ask(ALDERMAN, 1)), "MANDATE_GRANT_OUT_OF_SCOPE");
    let letters = delegated().edit_grant("d-280", |grant| {
        grant.scope = vec![ScopeItem {
            documents: Some(DocumentKind::Letter),
            ..ScopeItem::EVERYTHING
        }];
    });
    assert_eq!(answer(&letters.ask(ALDERMAN, 1)), "MANDATE_GRANT_OUT_OF_SCOPE");
    assert_eq!(
        answer(&letters.ask_at(ALDERMAN, 1, DocumentKind::Letter, now())),
        "permit"
    );
    let spoken = delegated().edit_grant("d-280", |grant| grant.decision = None);
    let verdict = spoken.ask(ALDERMAN, 1);
    assert_eq!(answer(&verdict), "MANDATE_GRANT_NOT_IN_WRITING");
    assert_eq!(verdict.refusal().unwrap().ground, Ground::WantOfData);
}

#[test]
fn a_grant_limited_to_a_domain_covers_no_document_without_one() {
    let town = delegated().edit_grant("d-280", |grant| {
        grant.scope = vec![ScopeItem {
            domain: Some("Onderwijs".to_owned()),
            ..ScopeItem::EVERYTHING
        }];
    });
    assert_eq!(answer(&town.ask(ALDERMAN, 1)), "MANDATE_GRANT_OUT_OF_SCOPE");
}

#[test]
fn the_receiver_must_be_of_the_class_that_the_law_names() {
    // FL-280: members of the college alone; FL-283: staff alone.
    let staff = Town::new().with(grant(
        "d-280",
        MAYOR,
        "post-burgemeester",
        STAFF,
        since("2025-02-01"),
    ));
    assert_eq!(answer(&staff.ask(STAFF, 1)), "MANDATE_GRANTEE_NOT_ELIGIBLE");
    let alderman = Town::new().with(grant(
        "d-283",
        DIRECTOR,
        "post-directeur",
        ALDERMAN,
        since("2025-02-01"),
    ));
    assert_eq!(answer(&alderman.ask(ALDERMAN, 2)), "MANDATE_GRANTEE_NOT_ELIGIBLE");
    let gone = delegated().edit("w-staff", |fact| fact.valid = through("2021-09-01", "2026-03-02"));
    assert_eq!(answer(&gone.ask(STAFF, 2)), "MANDATE_GRANTEE_NOT_ELIGIBLE");
}

#[test]
fn giver_and_delegate_do_not_sign_one_document_together() {
    // The mayor also acts as director and would co-sign what the alderman signed for the mayor.
    let town = delegated().without("h-directeur").with(holding(
        "h-wd",
        MAYOR,
        "post-directeur",
        Status::Acting,
        since("2025-01-01"),
    ));
    let signed = |person_of_slot_1: u128, behalf: Option<u128>| {
        vec![Signed {
            slot: 1,
            person: person(person_of_slot_1),
            on_behalf_of: behalf.map(person),
        }]
    };
    let ask = |signed| town.ask_with(MAYOR, 2, DocumentKind::Decision, "college", signed, now());
    assert_eq!(
        answer(&ask(signed(ALDERMAN, Some(MAYOR)))),
        "MANDATE_GRANTOR_SIGNS_TOO"
    );
    assert_eq!(answer(&ask(signed(ALDERMAN, None))), "permit");
    // And the other way about: the director signed first as acting mayor, then a delegate of the director.
    let town = delegated();
    let verdict = town.ask_with(
        STAFF,
        2,
        DocumentKind::Decision,
        "college",
        signed(DIRECTOR, None),
        now(),
    );
    assert_eq!(answer(&verdict), "MANDATE_GRANTOR_SIGNS_TOO");
}

#[test]
fn grants_of_a_replaced_mayor_wait_unless_the_policy_says_otherwise() {
    let away = fact(
        "afwezig",
        Validity::Instants {
            from: at("2026-03-01T00:00:00Z"),
            to: None,
        },
        Content::Absence(Absence {
            holding: key("h-burgemeester"),
            absence: AbsenceKind::Impediment,
            replaced_by: None,
        }),
    );
    let town = delegated().with(away);
    let verdict = town.ask(ALDERMAN, 1);
    assert_eq!(answer(&verdict), "MANDATE_GRANTOR_REPLACED");
    assert_eq!(verdict.refusal().unwrap().ground, Ground::WantOfData);
    let lenient = town.under(&[("grants_on_replacement = false", "grants_on_replacement = true")]);
    assert_eq!(answer(&lenient.ask(ALDERMAN, 1)), "permit");
}

/// Rules under which the mayor's delegation may be passed on twice.
const DEEP: [(&str, &str); 1] = [("max_depth = 0", "max_depth = 2")];

/// The mayor delegates to a second alderman, who passes it on to the alderman.
fn chain() -> Town {
    Town::new()
        .with(holding(
            "h-schepen-2",
            CITIZEN,
            "post-schepen",
            Status::Effective,
            since("2025-01-01"),
        ))
        .with(grant(
            "d-boven",
            MAYOR,
            "post-burgemeester",
            CITIZEN,
            through("2025-02-01", "2026-12-31"),
        ))
        .with(grant(
            "d-onder",
            CITIZEN,
            "post-burgemeester",
            ALDERMAN,
            through("2025-03-01", "2026-12-31"),
        ))
        .edit_grant("d-boven", |grant| grant.depth = 1)
        .edit_grant("d-onder", |grant| grant.parent = Some(key("d-boven")))
        .under(&DEEP)
}

#[test]
fn a_chain_holds_where_the_rule_and_every_link_allow_it() {
    let town = chain();
    let verdict = town.ask(ALDERMAN, 1);
    assert_eq!(answer(&verdict), "permit");
    assert_eq!(verdict.capacity.unwrap().on_behalf_of(), Some(&person(MAYOR)));
}

#[test]
fn no_flemish_rule_lets_a_delegate_delegate() {
    let mut town = chain();
    town.rules = zegel::mandates::rules::RuleSet::flanders();
    assert_eq!(answer(&town.ask(ALDERMAN, 1)), "MANDATE_GRANT_TOO_DEEP");
    let shallow = chain().edit_grant("d-boven", |grant| grant.depth = 0);
    assert_eq!(answer(&shallow.ask(ALDERMAN, 1)), "MANDATE_GRANT_TOO_DEEP");
}

#[test]
fn case_21_grants_in_a_circle_are_refused() {
    let town = chain().edit_grant("d-boven", |grant| grant.parent = Some(key("d-onder")));
    assert_eq!(answer(&town.ask(ALDERMAN, 1)), "MANDATE_GRANT_CYCLE");
    let own = chain().edit_grant("d-onder", |grant| grant.parent = Some(key("d-onder")));
    assert_eq!(answer(&own.ask(ALDERMAN, 1)), "MANDATE_GRANT_CYCLE");
}

#[test]
fn case_22_a_link_that_lasts_longer_than_the_one_above_is_refused() {
    let town = chain().edit("d-onder", |fact| fact.valid = through("2025-03-01", "2027-01-01"));
    assert_eq!(answer(&town.ask(ALDERMAN, 1)), "MANDATE_GRANT_LONGER_THAN_PARENT");
}

#[test]
fn a_link_wider_than_the_one_above_or_with_a_broken_link_above_is_refused() {
    let wider = chain().edit_grant("d-boven", |grant| {
        grant.scope = vec![ScopeItem {
            documents: Some(DocumentKind::Decision),
            ..ScopeItem::EVERYTHING
        }];
    });
    assert_eq!(answer(&wider.ask(ALDERMAN, 1)), "MANDATE_GRANT_WIDER_THAN_PARENT");
    let unknown = chain().without("d-boven");
    assert_eq!(answer(&unknown.ask(ALDERMAN, 1)), "MANDATE_GRANT_PARENT_UNKNOWN");
    let revoked = chain().with(revocation("d-boven", "2026-01-01T00:00:00Z"));
    assert_eq!(answer(&revoked.ask(ALDERMAN, 1)), "MANDATE_GRANT_REVOKED");
    let stranger = chain().edit_grant("d-onder", |grant| grant.grantor = person(CHAIR));
    assert_eq!(
        answer(&stranger.ask(ALDERMAN, 1)),
        "MANDATE_GRANTOR_WITHOUT_CAPACITY"
    );
}
