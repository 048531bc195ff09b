//! Two time axes: a correction adds, and what was known stays known.

use proptest::prelude::*;
use zegel::base::time::Timestamp;
use zegel::identity::BoardId;
use zegel::mandates::facts::{Content, FactId, Status};
use zegel::mandates::register::RegisterError;
use zegel::mandates::{Fact, Register};

use super::town::*;

fn moment(hour: i64) -> Timestamp {
    Timestamp::from_seconds(1_735_689_600 + hour * 3600).unwrap()
}

proptest! {
    #[test]
    fn a_correction_never_changes_what_was_known_before_it(
        recorded in prop::collection::vec(0_i64..2000, 1..12),
        corrections in prop::collection::vec((0_usize..12, 1_i64..500, 0_u8..3), 0..8),
        asked in 0_i64..4000,
    ) {
        let mut facts: Vec<Fact> = Vec::new();
        for (place, hour) in recorded.iter().enumerate() {
            let new = holding(&format!("h{place}"), 1 + place as u128, "post", Status::Effective, since("2025-01-01"));
            facts.push(new.record(FactId::from_u128(1 + place as u128), board(), moment(*hour)));
        }
        let mut latest = 2000_i64;
        let mut corrected = std::collections::HashSet::new();
        for (place, (of, later, kind)) in corrections.iter().enumerate() {
            let before = facts.clone();
            let of = of % facts.len();
            let target = facts[of].clone();
            if !corrected.insert(target.id) {
                continue;
            }
            latest += later;
            let mut new = target.stated.clone();
            new.supersedes = Some(target.id);
            match kind {
                0 => new.valid = since("2026-01-01"),
                1 => new.content = Content::Withdrawn { reason: "TEST".to_owned() },
                _ => new.valid = through("2025-01-01", "2025-06-30"),
            }
            facts.push(new.record(FactId::from_u128(1000 + place as u128), board(), moment(latest)));
            let known_at = moment(asked.min(latest - 1));
            let at = moment(asked);
            let then = Register::load(board(), before).unwrap();
            let now = Register::load(board(), facts.clone()).unwrap();
            prop_assert_eq!(then.as_of(at, known_at), now.as_of(at, known_at));
            let digest = |register: &Register| {
                register.snapshot(known_at, zegel::mandates::rules::RuleSet::flanders()).digest()
            };
            prop_assert_eq!(digest(&then), digest(&now));
        }
    }
}

#[test]
fn a_fact_is_unknown_before_it_is_recorded_whenever_it_was_true() {
    let mut town = Town::new().without("h-burgemeester");
    town.add_at(
        holding(
            "h-burgemeester",
            MAYOR,
            "post-burgemeester",
            Status::Effective,
            since("2025-01-01"),
        ),
        "2026-03-03T09:00:00Z",
    );
    let asked = |known_at: &str| {
        let object = zegel::mandates::Object {
            document: zegel::mandates::DocumentKind::Decision,
            body: key("college"),
            domain: None,
            signed: Vec::new(),
        };
        let verdict = town.known(at(known_at)).may(&zegel::mandates::Question {
            person: &person(MAYOR),
            action: zegel::mandates::Action::Sign { slot: 1 },
            object: &object,
            capacity: None,
            at: at("2026-03-03T08:00:00Z"),
        });
        answer(&verdict)
    };
    assert_eq!(asked("2026-03-03T08:59:59.999999Z"), "MANDATE_NO_CAPACITY");
    assert_eq!(asked("2026-03-03T09:00:00Z"), "permit");
}

#[test]
fn a_register_takes_no_foreign_fact_no_double_and_no_second_correction() {
    let town = Town::new();
    let load = |facts: Vec<Fact>| Register::load(board(), facts).map(|_| ());
    let mut foreign = town.facts.clone();
    foreign[3].board = BoardId::from_u128(1);
    assert_eq!(
        load(foreign.clone()),
        Err(RegisterError::ForeignBoard(foreign[3].id))
    );
    let mut double = town.facts.clone();
    double.push(double[0].clone());
    assert_eq!(load(double.clone()), Err(RegisterError::Duplicate(double[0].id)));
    let mut twice = town.clone();
    let target = twice.facts[0].clone();
    for _ in 0..2 {
        let mut new = target.stated.clone();
        new.supersedes = Some(target.id);
        twice.add_at(new, "2026-01-01T00:00:00Z");
    }
    assert!(matches!(load(twice.facts), Err(RegisterError::Correction(_))));
    let mut dangling = town;
    let mut new = target.stated;
    new.supersedes = Some(FactId::from_u128(7));
    dangling.add(new);
    assert!(matches!(load(dangling.facts), Err(RegisterError::Correction(_))));
}

#[test]
fn of_several_facts_about_a_post_the_one_in_force_counts() {
    let post = |name: &str, role: &str, valid| {
        fact(
            name,
            valid,
            zegel::mandates::facts::Content::Post {
                role: role.parse().unwrap(),
                terms: vec![key("college-2025")],
                min: None,
                max: Some(1),
            },
        )
    };
    let mayor_until = |last: &str| {
        Town::new()
            .without("post-burgemeester")
            .with(post("post-burgemeester", "mayor", through("2010-01-01", last)))
            .with(post(
                "post-burgemeester",
                "councillor",
                through("2000-01-01", "2009-12-31"),
            ))
    };
    // Recorded last, and over long ago.
    assert_eq!(answer(&mayor_until("2030-12-31").ask(MAYOR, 1)), "permit");
    let turned = mayor_until("2026-02-28").with(post("post-burgemeester", "alderman", since("2026-03-01")));
    assert_eq!(answer(&turned.ask(MAYOR, 1)), "MANDATE_NO_CAPACITY");
    let document = zegel::mandates::DocumentKind::Decision;
    let before = turned.ask_at(MAYOR, 1, document, at("2026-02-28T22:59:59Z"));
    assert_eq!(answer(&before), "permit");
    let ahead = mayor_until("2030-12-31").with(post("post-burgemeester", "alderman", since("2026-03-04")));
    assert_eq!(answer(&ahead.ask(MAYOR, 1)), "permit");
}

#[test]
fn of_several_facts_about_a_body_the_one_in_force_counts_for_its_posts() {
    let college_of = |organisation: &str, valid| {
        fact(
            "college",
            valid,
            zegel::mandates::facts::Content::Body {
                organisation: key(organisation),
                body: "college".parse().unwrap(),
                name: None,
            },
        )
    };
    let organisation = |town: &Town| {
        let capacities = town.known(now()).capacities(&person(ALDERMAN), now());
        capacities[0].organisation.key.clone()
    };
    let earlier = Town::new()
        .without("college")
        .with(college_of("ocmw", through("1977-01-01", "2025-12-31")))
        .with(college_of("gemeente", since("2026-01-01")));
    assert_eq!(organisation(&earlier), key("gemeente"));
    let later = Town::new()
        .without("college")
        .with(college_of("gemeente", through("1977-01-01", "2026-12-31")))
        .with(college_of("ocmw", since("2027-01-01")));
    assert_eq!(organisation(&later), key("gemeente"));
}
