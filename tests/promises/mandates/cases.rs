//! The numbered cases of the reference on roles and mandates, section 13, that speak of holders.

use zegel::mandates::facts::{Absence, AbsenceKind, Content, Publication, Status};
use zegel::mandates::validity::Validity;
use zegel::mandates::verdict::{Ground, Obligation};
use zegel::mandates::{DocumentKind, PersonKey, Signed, impact};

use super::town::*;

fn absence(kind: AbsenceKind, from: &str, to: Option<&str>) -> zegel::mandates::NewFact {
    fact(
        "afwezig",
        Validity::Instants {
            from: at(from),
            to: to.map(at),
        },
        Content::Absence(Absence {
            holding: key("h-burgemeester"),
            absence: kind,
            replaced_by: None,
        }),
    )
}

fn with_acting() -> Town {
    Town::new().with(holding(
        "h-waarnemer",
        ALDERMAN,
        "post-burgemeester",
        Status::Acting,
        since("2025-01-01"),
    ))
}

#[test]
fn mayor_and_director_sign_a_decision_of_the_college_and_nobody_else() {
    let town = Town::new();
    assert_eq!(answer(&town.ask(MAYOR, 1)), "permit");
    assert_eq!(answer(&town.ask(DIRECTOR, 2)), "permit");
    for (who, slot) in [
        (ALDERMAN, 1),
        (STAFF, 2),
        (CITIZEN, 1),
        (MAYOR, 2),
        (DIRECTOR, 1),
        (CHAIR, 1),
    ] {
        assert_eq!(
            answer(&town.ask(who, slot)),
            "MANDATE_NO_CAPACITY",
            "{who} {slot}"
        );
    }
}

#[test]
fn case_1_a_holding_begins_and_ends_at_local_midnight_around_both_clock_changes() {
    // 29 March 2026 has 23 hours, 25 October 2026 has 25.
    let ends = Town::new().edit("h-burgemeester", |fact| {
        fact.valid = through("2025-01-01", "2026-03-29")
    });
    let begins = Town::new().edit("h-burgemeester", |fact| fact.valid = since("2026-10-25"));
    for (town, moment, expected) in [
        (&ends, "2026-03-29T21:59:59.999999Z", "permit"),
        (&ends, "2026-03-29T22:00:00Z", "MANDATE_HOLDING_NOT_IN_PERIOD"),
        (
            &begins,
            "2026-10-24T21:59:59.999999Z",
            "MANDATE_HOLDING_NOT_IN_PERIOD",
        ),
        (&begins, "2026-10-24T22:00:00Z", "permit"),
    ] {
        let verdict = town.ask_at(MAYOR, 1, DocumentKind::Decision, at(moment));
        assert_eq!(answer(&verdict), expected, "{moment}");
    }
}

#[test]
fn case_2_an_impeded_mayor_is_refused_and_the_acting_one_signs_from_that_instant() {
    let town = with_acting().with(absence(AbsenceKind::Impediment, "2026-03-03T09:00:00Z", None));
    let before = at("2026-03-03T08:59:59Z");
    assert_eq!(
        answer(&town.ask_at(MAYOR, 1, DocumentKind::Decision, before)),
        "permit"
    );
    assert_eq!(
        answer(&town.ask_at(ALDERMAN, 1, DocumentKind::Decision, before)),
        "MANDATE_HOLDER_PRESENT"
    );
    let mayor = town.ask(MAYOR, 1);
    assert_eq!(answer(&mayor), "MANDATE_HOLDER_IMPEDED");
    assert_eq!(mayor.refusal().unwrap().ground, Ground::ClearLaw);
    let acting = town.ask(ALDERMAN, 1);
    assert_eq!(answer(&acting), "permit");
    assert!(
        acting
            .capacity
            .unwrap()
            .label(zegel::base::lang::Language::Nl)
            .starts_with("waarnemend burgemeester")
    );
}

#[test]
fn case_2_a_mayor_on_leave_who_signs_is_permitted_and_it_is_recorded() {
    let town = with_acting().with(absence(AbsenceKind::Temporary, "2026-03-01T00:00:00Z", None));
    let mayor = town.ask(MAYOR, 1);
    assert_eq!(answer(&mayor), "permit");
    let absence = town.facts.last().unwrap().id;
    assert!(
        mayor
            .obligations()
            .contains(&Obligation::RecordAbsence { absence })
    );
    assert!(mayor.facts.contains(&absence));
    assert_eq!(answer(&town.ask(ALDERMAN, 1)), "permit");
}

#[test]
fn case_2_a_mayor_who_is_back_signs_and_the_acting_one_does_not() {
    let town = with_acting().with(absence(
        AbsenceKind::Impediment,
        "2026-03-01T00:00:00Z",
        Some("2026-03-03T09:00:00Z"),
    ));
    assert_eq!(answer(&town.ask(MAYOR, 1)), "permit");
    assert_eq!(answer(&town.ask(ALDERMAN, 1)), "MANDATE_HOLDER_PRESENT");
}

#[test]
fn case_2_the_source_s_own_records_of_an_impediment_have_the_same_effect() {
    // The holder's record ends, one with status Verhinderd begins, and it names who acts.
    let town = with_acting()
        .edit("h-burgemeester", |fact| {
            fact.valid = through("2025-01-01", "2026-03-02")
        })
        .with(holding(
            "h-verhinderd",
            MAYOR,
            "post-burgemeester",
            Status::Impeded,
            since("2026-03-03"),
        ))
        .edit_holding("h-verhinderd", |holding| {
            holding.replaced_by = Some(key("h-waarnemer"))
        });
    assert_eq!(answer(&town.ask(MAYOR, 1)), "MANDATE_HOLDER_IMPEDED");
    assert_eq!(answer(&town.ask(ALDERMAN, 1)), "permit");
    // Where both records meet on one day, the impediment wins.
    let meeting = town.edit("h-burgemeester", |fact| {
        fact.valid = through("2025-01-01", "2026-03-03")
    });
    assert_eq!(answer(&meeting.ask(MAYOR, 1)), "MANDATE_HOLDER_IMPEDED");
}

#[test]
fn an_absence_that_names_one_acting_holder_gives_no_power_to_another() {
    let mut named = absence(AbsenceKind::Impediment, "2026-03-01T00:00:00Z", None);
    if let Content::Absence(absence) = &mut named.content {
        absence.replaced_by = Some(key("h-andere"));
    }
    assert_eq!(
        answer(&with_acting().with(named).ask(ALDERMAN, 1)),
        "MANDATE_HOLDER_PRESENT"
    );
}

#[test]
fn case_6_one_person_does_not_fill_two_slots_in_two_capacities() {
    // The mayor also acts as director, whose post is vacant.
    let town = Town::new().without("h-directeur").with(holding(
        "h-wd",
        MAYOR,
        "post-directeur",
        Status::Acting,
        since("2025-01-01"),
    ));
    assert_eq!(answer(&town.ask(MAYOR, 2)), "permit");
    let signed = vec![Signed {
        slot: 1,
        person: person(MAYOR),
        on_behalf_of: None,
    }];
    let verdict = town.ask_with(MAYOR, 2, DocumentKind::Decision, "college", signed.clone(), now());
    assert_eq!(answer(&verdict), "MANDATE_SAME_PERSON");
    // Nor under another name of the same person.
    let alias: PersonKey = "http://zegelgem.example/id/an".parse().unwrap();
    let linked = town.with(fact(
        "link",
        since("2025-01-01"),
        Content::PersonLink {
            alias: alias.clone(),
            person: person(MAYOR).id().unwrap(),
        },
    ));
    let signed = vec![Signed {
        slot: 1,
        person: alias,
        on_behalf_of: None,
    }];
    let verdict = linked.ask_with(MAYOR, 2, DocumentKind::Decision, "college", signed, now());
    assert_eq!(answer(&verdict), "MANDATE_SAME_PERSON");
}

#[test]
fn case_7_a_merged_municipality_s_last_day_stays_provable_afterwards() {
    let town = Town::new()
        .edit("gemeente", |fact| {
            fact.valid = through("1977-01-01", "2025-12-31")
        })
        .clone();
    let asked =
        |moment: &str| town.ask_with(CHAIR, 1, DocumentKind::Regulation, "raad", Vec::new(), at(moment));
    // Asked in March 2026 about the last day and the day after.
    assert_eq!(answer(&asked("2025-12-31T22:59:59Z")), "permit");
    assert_eq!(
        answer(&asked("2025-12-31T23:00:00Z")),
        "MANDATE_BODY_NOT_IN_FORCE"
    );
}

#[test]
fn case_8_the_municipality_code_changes_and_the_organisation_stays() {
    let assignment = |name: &str, nis: &str, valid| {
        fact(
            name,
            valid,
            Content::NisAssignment {
                organisation: key("gemeente"),
                nis: nis.parse().unwrap(),
            },
        )
    };
    let snapshot = Town::new()
        .with(assignment("nis-1", "49998", through("1977-01-01", "2025-12-31")))
        .with(assignment("nis-2", "49999", since("2026-01-01")))
        .known(now());
    let seen = |moment: &str| {
        let summary = snapshot.organisation(&key("gemeente"), at(moment)).unwrap();
        (summary.nis.unwrap().to_string(), summary.ovo.unwrap().to_string())
    };
    assert_eq!(
        seen("2025-12-31T22:59:59Z"),
        ("49998".to_owned(), "OVO999001".to_owned())
    );
    assert_eq!(
        seen("2025-12-31T23:00:00Z"),
        ("49999".to_owned(), "OVO999001".to_owned())
    );
}

#[test]
fn case_10_nobody_signs_after_death() {
    let town = Town::new().with(fact(
        "dood",
        since("2026-03-03"),
        Content::Death {
            person: person(MAYOR),
        },
    ));
    assert_eq!(answer(&town.ask(MAYOR, 1)), "MANDATE_PERSON_DECEASED");
    assert!(town.known(now()).capacities(&person(MAYOR), now()).is_empty());
    let before = at("2026-03-02T22:59:59Z");
    assert_eq!(
        answer(&town.ask_at(MAYOR, 1, DocumentKind::Decision, before)),
        "permit"
    );
}

#[test]
fn case_11_after_the_term_the_outgoing_sign_only_where_the_policy_says_so_and_until_installation() {
    let ended = |town: Town| {
        ["burgemeester-2025", "college-2025"]
            .iter()
            .fold(town, |town, term| {
                town.edit(term, |fact| fact.valid = through("2024-12-02", "2026-03-01"))
            })
    };
    let strict = ended(Town::new());
    let verdict = strict.ask(MAYOR, 1);
    assert_eq!(answer(&verdict), "MANDATE_BODY_NOT_IN_FORCE");
    assert_eq!(verdict.refusal().unwrap().ground, Ground::WantOfData);
    let policy = [(
        "continuity_until_installed = false",
        "continuity_until_installed = true",
    )];
    let lenient = ended(Town::new()).under(&policy);
    let verdict = lenient.ask(MAYOR, 1);
    assert_eq!(answer(&verdict), "permit");
    assert!(
        verdict
            .explanation
            .iter()
            .any(|line| line.code.as_str() == "holder_continues")
    );
    let installed = lenient.with(fact(
        "inst",
        since("2026-03-03"),
        Content::Installation { body: key("college") },
    ));
    assert_eq!(answer(&installed.ask(MAYOR, 1)), "MANDATE_BODY_NOT_IN_FORCE");
    // A holder who left before the term ended is not outgoing.
    let left = ended(Town::new()).under(&policy).edit("h-burgemeester", |fact| {
        fact.valid = through("2025-01-01", "2026-02-01")
    });
    assert_eq!(answer(&left.ask(MAYOR, 1)), "MANDATE_HOLDING_NOT_IN_PERIOD");
}

#[test]
fn case_13_a_retroactive_correction_lists_the_signatures_it_touches_and_no_other() {
    let mut town = Town::new();
    let asked = |town: &Town, moment: &str| {
        let object = zegel::mandates::Object {
            document: DocumentKind::Decision,
            body: key("college"),
            domain: None,
            signed: Vec::new(),
        };
        let verdict = town
            .known(at("2026-02-01T00:00:00Z"))
            .may(&zegel::mandates::Question {
                person: &person(MAYOR),
                action: zegel::mandates::Action::Sign { slot: 1 },
                object: &object,
                capacity: None,
                at: at(moment),
            });
        (verdict, object)
    };
    let (early, object) = asked(&town, "2025-01-10T09:00:00Z");
    let (late, _) = asked(&town, "2026-01-10T09:00:00Z");
    assert!(early.is_permit() && late.is_permit());
    let mut corrected = holding(
        "h-burgemeester",
        MAYOR,
        "post-burgemeester",
        Status::Effective,
        since("2025-02-01"),
    );
    corrected.supersedes = town
        .facts
        .iter()
        .find(|fact| fact.stated.key.as_str() == "h-burgemeester")
        .map(|fact| fact.id);
    town.add_at(corrected, "2026-03-01T00:00:00Z");
    let affected = impact::affected(&town.known(now()), [(&early, &object), (&late, &object)]);
    assert_eq!(affected.len(), 1);
    assert_eq!(affected[0].before, early);
    assert_eq!(answer(&affected[0].now), "MANDATE_HOLDING_NOT_IN_PERIOD");
    // What was answered then is answered again for that knowledge.
    assert_eq!(asked(&town, "2025-01-10T09:00:00Z").0, early);
}

#[test]
fn case_14_a_draft_confers_nothing() {
    let town = Town::new().edit_holding("h-burgemeester", |holding| {
        holding.publication = Publication::Draft
    });
    assert_eq!(answer(&town.ask(MAYOR, 1)), "MANDATE_HOLDING_DRAFT");
    assert!(town.known(now()).capacities(&person(MAYOR), now()).is_empty());
}

#[test]
fn an_unconfirmed_holding_logs_in_and_does_not_sign() {
    let town = Town::new().edit_holding("h-burgemeester", |holding| {
        holding.publication = Publication::Unconfirmed
    });
    assert_eq!(answer(&town.ask(MAYOR, 1)), "MANDATE_HOLDING_UNCONFIRMED");
    assert_eq!(town.known(now()).capacities(&person(MAYOR), now()).len(), 1);
    let allowed = town.under(&[("unconfirmed_may_sign = false", "unconfirmed_may_sign = true")]);
    assert_eq!(answer(&allowed.ask(MAYOR, 1)), "permit");
}

#[test]
fn case_15_the_mayor_s_post_in_two_bodies_is_one_post() {
    let town = Town::new();
    let snapshot = town.known(now());
    let capacities = snapshot.capacities(&person(MAYOR), now());
    assert_eq!(capacities.len(), 1);
    for body in ["college", "mayor", "orgaan-burgemeester"] {
        let verdict = town.ask_with(MAYOR, 1, DocumentKind::Ordinance, body, Vec::new(), now());
        assert_eq!(answer(&verdict), "permit", "{body}");
        let plan = snapshot.plan(DocumentKind::Ordinance, &key(body), now()).unwrap();
        assert_eq!(plan.slots[0].candidates.len(), 1, "{body}");
    }
}

#[test]
fn case_16_a_chair_who_is_recorded_as_member_alone_does_not_sign_as_chair() {
    let town = Town::new().without("h-voorzitter").with(holding(
        "h-lid",
        CHAIR,
        "post-raadslid",
        Status::Effective,
        since("2025-01-01"),
    ));
    let verdict = town.ask_with(CHAIR, 1, DocumentKind::Decision, "raad", Vec::new(), now());
    assert_eq!(answer(&verdict), "MANDATE_NO_CAPACITY");
    assert_eq!(verdict.refusal().unwrap().ground, Ground::WantOfData);
}

#[test]
fn case_25_two_effective_mayors_on_one_day_are_none() {
    let town = Town::new().with(holding(
        "h-tweede",
        CITIZEN,
        "post-burgemeester",
        Status::Effective,
        since("2026-03-03"),
    ));
    for who in [MAYOR, CITIZEN] {
        let verdict = town.ask(who, 1);
        assert_eq!(answer(&verdict), "MANDATE_TOO_MANY_HOLDERS", "{who}");
        assert_eq!(verdict.refusal().unwrap().ground, Ground::WantOfData);
    }
    let day_before = at("2026-03-02T09:00:00Z");
    assert_eq!(
        answer(&town.ask_at(MAYOR, 1, DocumentKind::Decision, day_before)),
        "permit"
    );
}

#[test]
fn titular_suspended_and_unsworn_holders_do_not_sign() {
    let titular = Town::new().edit_holding("h-burgemeester", |holding| holding.status = Status::Titular);
    assert_eq!(answer(&titular.ask(MAYOR, 1)), "MANDATE_HOLDER_TITULAR");
    let unsworn =
        Town::new().edit_holding("h-burgemeester", |holding| holding.oath = Some(day("2026-03-04")));
    assert_eq!(answer(&unsworn.ask(MAYOR, 1)), "MANDATE_BEFORE_OATH");
    let suspension = |of: &str| {
        fact(
            "schorsing",
            Validity::Instants {
                from: at("2026-03-03T00:00:00Z"),
                to: Some(at("2026-03-04T00:00:00Z")),
            },
            Content::Suspension {
                of: key(of),
                reason: "TEST".to_owned(),
            },
        )
    };
    let holding = Town::new().with(suspension("h-burgemeester"));
    assert_eq!(answer(&holding.ask(MAYOR, 1)), "MANDATE_HOLDING_SUSPENDED");
    let whole = Town::new().with(suspension(person(MAYOR).as_str()));
    assert_eq!(answer(&whole.ask(MAYOR, 1)), "MANDATE_PERSON_SUSPENDED");
    let after = at("2026-03-04T00:00:00Z");
    assert_eq!(
        answer(&whole.ask_at(MAYOR, 1, DocumentKind::Decision, after)),
        "permit"
    );
}

#[test]
fn signatures_come_in_order_and_each_once() {
    let town = Town::new();
    let verdict = town.ask_with(DIRECTOR, 2, DocumentKind::Decision, "college", Vec::new(), now());
    assert_eq!(answer(&verdict), "MANDATE_SLOT_NOT_ITS_TURN");
    let signed = vec![Signed {
        slot: 1,
        person: person(CHAIR),
        on_behalf_of: None,
    }];
    let verdict = town.ask_with(MAYOR, 1, DocumentKind::Decision, "college", signed, now());
    assert_eq!(answer(&verdict), "MANDATE_SLOT_FILLED");
    assert_eq!(answer(&town.ask(MAYOR, 3)), "MANDATE_SLOT_UNKNOWN");
}

#[test]
fn what_is_not_known_is_refused_with_its_reason() {
    let town = Town::new();
    for (document, body, expected) in [
        (DocumentKind::Decision, "deputation", "MANDATE_BODY_UNKNOWN"),
        (DocumentKind::Decision, "leiding", "MANDATE_RULE_UNKNOWN"),
        (DocumentKind::SessionRecord, "college", "MANDATE_RULE_UNKNOWN"),
    ] {
        let verdict = town.ask_with(MAYOR, 1, document, body, Vec::new(), now());
        assert_eq!(answer(&verdict), expected, "{document} {body}");
        assert_eq!(verdict.refusal().unwrap().ground, Ground::WantOfData);
    }
}

#[test]
fn a_snapshot_that_is_too_old_answers_no() {
    let town = Town::new();
    let object = zegel::mandates::Object {
        document: DocumentKind::Decision,
        body: key("college"),
        domain: None,
        signed: Vec::new(),
    };
    let mayor = person(MAYOR);
    let ask = |moment: &str| {
        let verdict = town.known(now()).may(&zegel::mandates::Question {
            person: &mayor,
            action: zegel::mandates::Action::Sign { slot: 1 },
            object: &object,
            capacity: None,
            at: at(moment),
        });
        answer(&verdict)
    };
    assert_eq!(ask("2026-03-03T09:10:00Z"), "permit");
    assert_eq!(ask("2026-03-03T09:10:00.000001Z"), "MANDATE_SNAPSHOT_EXPIRED");
}

#[test]
fn a_chosen_capacity_that_does_not_give_the_signature_is_refused() {
    let town = with_acting().with(absence(AbsenceKind::Impediment, "2026-03-01T00:00:00Z", None));
    let object = zegel::mandates::Object {
        document: DocumentKind::Decision,
        body: key("college"),
        domain: None,
        signed: Vec::new(),
    };
    let id = |name: &str| {
        town.facts
            .iter()
            .find(|fact| fact.stated.key.as_str() == name)
            .unwrap()
            .id
    };
    let alderman = person(ALDERMAN);
    let ask = |capacity| {
        let verdict = town.known(now()).may(&zegel::mandates::Question {
            person: &alderman,
            action: zegel::mandates::Action::Sign { slot: 1 },
            object: &object,
            capacity: Some(capacity),
            at: now(),
        });
        answer(&verdict)
    };
    assert_eq!(ask(id("h-waarnemer")), "permit");
    assert_eq!(ask(id("h-schepen")), "MANDATE_CAPACITY_NOT_FITTING");
}

#[test]
fn a_permit_names_its_rules_facts_and_decisions_and_what_is_still_to_come() {
    let town = Town::new();
    let verdict = town.ask(MAYOR, 1);
    let rules: Vec<&str> = verdict.rules.iter().map(|rule| rule.rule.as_str()).collect();
    assert_eq!(rules, ["FL-CBS"]);
    assert_eq!(verdict.rules[0].article, "art. 279 §2 DLB");
    let holding = town
        .facts
        .iter()
        .find(|fact| fact.stated.key.as_str() == "h-burgemeester")
        .unwrap();
    assert!(verdict.facts.contains(&holding.id));
    assert!(
        verdict
            .decisions
            .iter()
            .any(|decision| decision.reference == "TEST-besluit regels")
    );
    assert!(matches!(
        verdict.obligations(),
        [Obligation::CoSign { slot: 2, .. }]
    ));
    for language in zegel::base::lang::Language::ALL {
        for line in &verdict.explanation {
            let text = line.text(language);
            assert!(!text.is_empty() && !text.contains('{'), "{text}");
        }
    }
    let json = serde_json::to_string(&verdict).unwrap();
    assert_eq!(
        serde_json::from_str::<zegel::mandates::Verdict>(&json).unwrap(),
        verdict
    );
}

#[test]
fn who_may_finds_everybody_who_may_and_nobody_who_may_not() {
    let town = with_acting().with(absence(AbsenceKind::Temporary, "2026-03-01T00:00:00Z", None));
    let object = zegel::mandates::Object {
        document: DocumentKind::Decision,
        body: key("college"),
        domain: None,
        signed: Vec::new(),
    };
    let mut people: Vec<PersonKey> = town
        .known(now())
        .who_may(1, &object, now())
        .into_iter()
        .map(|verdict| verdict.person)
        .collect();
    people.sort();
    assert_eq!(people, [person(MAYOR), person(ALDERMAN)]);
}
