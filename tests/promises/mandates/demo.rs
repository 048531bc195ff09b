//! The demo boards hold what the demo promises.

use zegel::identity::{BoardId, PersonId};
use zegel::lab::demo::{DemoBoard, mayor_away};
use zegel::mandates::facts::{AbsenceKind, FactId};
use zegel::mandates::rules::RuleSet;
use zegel::mandates::{
    Action, DocumentKind, NewFact, Object, PersonKey, Question, Register, Signed, Snapshot,
};

use super::town::{answer, key, now};

fn people() -> Vec<(String, PersonId)> {
    ["mayor", "director", "alderman", "staff", "citizen"]
        .iter()
        .zip(1..)
        .map(|(slug, number)| ((*slug).to_owned(), PersonId::from_u128(number)))
        .collect()
}

fn snapshot(demo: DemoBoard, more: Vec<NewFact>) -> Snapshot {
    let board = BoardId::from_u128(7);
    let facts = demo.facts(&people()).unwrap().into_iter().chain(more);
    let facts = facts
        .zip(1..)
        .map(|(fact, number)| fact.record(FactId::from_u128(number), board, now()))
        .collect();
    Register::load(board, facts)
        .unwrap()
        .snapshot(now(), RuleSet::flanders())
}

fn ask(snapshot: &Snapshot, slug: &str, slot: u8, body: &str) -> &'static str {
    let id = people().into_iter().find(|(known, _)| known == slug).unwrap().1;
    let signed = (1..slot)
        .map(|slot| Signed {
            slot,
            person: PersonKey::from(PersonId::from_u128(900)),
            on_behalf_of: None,
        })
        .collect();
    let object = Object {
        document: DocumentKind::Decision,
        body: key(body),
        domain: None,
        signed,
    };
    answer(&snapshot.may(&Question {
        person: &PersonKey::from(id),
        action: Action::Sign { slot },
        object: &object,
        capacity: None,
        at: now(),
    }))
}

#[test]
fn in_the_municipality_mayor_and_director_sign_and_two_delegates_may() {
    let snapshot = snapshot(DemoBoard::Municipality, Vec::new());
    for (slug, slot, expected) in [
        ("mayor", 1, "permit"),
        ("director", 2, "permit"),
        ("staff", 2, "permit"),
        ("citizen", 1, "MANDATE_NO_CAPACITY"),
        ("staff", 1, "MANDATE_NO_CAPACITY"),
    ] {
        assert_eq!(ask(&snapshot, slug, slot, "college"), expected, "{slug} {slot}");
    }
    assert_eq!(ask(&snapshot, "mayor", 1, "municipal_council"), "permit");
    let person =
        |slug: &str| PersonKey::from(people().into_iter().find(|(known, _)| known == slug).unwrap().1);
    // One person, several capacities; and none for the citizen.
    assert_eq!(snapshot.capacities(&person("mayor"), now()).len(), 2);
    assert!(snapshot.capacities(&person("citizen"), now()).is_empty());
    assert_eq!(
        snapshot.name(&person("director")).as_deref(),
        Some("Bram Spécimen")
    );
}

#[test]
fn the_alderman_acts_once_the_mayor_is_reported_away() {
    let present = snapshot(DemoBoard::Municipality, Vec::new());
    let plan = present
        .plan(DocumentKind::Decision, &key("college"), now())
        .unwrap();
    let candidates = |plan: &zegel::mandates::SigningPlan| -> Vec<String> {
        plan.slots[0]
            .candidates
            .iter()
            .map(|candidate| candidate.capacity.label(zegel::base::lang::Language::En))
            .collect()
    };
    assert_eq!(
        candidates(&plan),
        [
            "mayor, Gemeente Zegelgem (TEST)",
            "by delegation for the mayor, Gemeente Zegelgem (TEST)"
        ]
    );
    let away = mayor_away(AbsenceKind::Impediment, now(), None).unwrap();
    let absent = snapshot(DemoBoard::Municipality, vec![away]);
    let plan = absent
        .plan(DocumentKind::Decision, &key("college"), now())
        .unwrap();
    assert_eq!(candidates(&plan), ["acting mayor, Gemeente Zegelgem (TEST)"]);
    assert_eq!(ask(&absent, "mayor", 1, "college"), "MANDATE_HOLDER_IMPEDED");
    assert_eq!(ask(&absent, "alderman", 1, "college"), "permit");
}

#[test]
fn in_the_ocmw_the_alderman_acts_for_the_impeded_chair() {
    let snapshot = snapshot(DemoBoard::Ocmw, Vec::new());
    assert_eq!(ask(&snapshot, "alderman", 1, "permanent_bureau"), "permit");
    assert_eq!(
        ask(&snapshot, "mayor", 1, "permanent_bureau"),
        "MANDATE_HOLDER_IMPEDED"
    );
    assert_eq!(ask(&snapshot, "mayor", 1, "welfare_council"), "permit");
    assert_eq!(ask(&snapshot, "director", 2, "permanent_bureau"), "permit");
}
