//! May this person sign this? And: who signs this document? Over the facts of many municipalities at once.

mod facts;

use zegel::base::time::Timestamp;
use zegel::mandates::{Action, DocumentKind, Key, Object, PersonKey, Question, Signed, Snapshot};

use crate::laboratory::moment;
use crate::measure::{Samples, micros, millis, spread_in_micros, timed};
use crate::table::{Row, grouped};
use facts::{Somebody, person};

const FACTS: usize = 100_000;
const QUESTIONS: usize = 20_000;
const PLANS: usize = 2_000;

pub fn rows() -> Vec<Row> {
    let towns = FACTS / facts::PER_TOWN;
    let (loading, (count, many)) = timed(|| facts::snapshot(towns));
    let (_, few) = facts::snapshot(1);
    let (may, plan) = (asked(&many, towns), planned(&many, towns));
    let (may_few, plan_few) = (asked(&few, 1), planned(&few, 1));
    let (may_p99, plan_p99) = (micros(may.percentile(99)), micros(plan.percentile(99)));
    let count = grouped(count as u64);
    vec![
        Row::new(format!("verdict, {count} facts"), spread_in_micros(&may))
            .at_most("p99 ≤ 50 µs", 50.0, may_p99)
            .beside(format!(
                "over {} facts: {}",
                facts::PER_TOWN,
                spread_in_micros(&may_few)
            )),
        Row::new(
            format!("plan for a document, {count} facts"),
            spread_in_micros(&plan),
        )
        .at_most("p99 ≤ 200 µs", 200.0, plan_p99)
        .beside(format!(
            "over {} facts: {}; making and indexing the facts took {:.0} ms",
            facts::PER_TOWN,
            spread_in_micros(&plan_few),
            millis(loading)
        )),
    ]
}

/// Questions about every town in turn: holders, delegates, and people without any say.
fn asked(snapshot: &Snapshot, towns: usize) -> Samples {
    (0..QUESTIONS)
        .map(|number| {
            let town = number % towns;
            let (who, slot, permitted) = [
                (Somebody::Mayor, 1, true),
                (Somebody::Director, 2, true),
                // By the mayor's delegation.
                (Somebody::Alderman, 1, true),
                (Somebody::Citizen, 1, false),
            ][(number / towns) % 4];
            let who = person(town, who);
            let object = decision(town, slot);
            let (took, verdict) = timed(|| snapshot.may(&question(&who, &object, slot, moment())));
            assert_eq!(verdict.is_permit(), permitted, "{:?}", verdict.outcome);
            took
        })
        .collect()
}

fn planned(snapshot: &Snapshot, towns: usize) -> Samples {
    (0..PLANS)
        .map(|number| {
            let body = college(number % towns);
            let (took, plan) = timed(|| snapshot.plan(DocumentKind::Decision, &body, moment()));
            let plan = plan.unwrap();
            assert!(plan.slots.len() == 2 && plan.slots.iter().all(|slot| !slot.candidates.is_empty()));
            took
        })
        .collect()
}

fn college(town: usize) -> Key {
    facts::key(town, "college")
}

fn decision(town: usize, slot: u8) -> Object {
    Object {
        document: DocumentKind::Decision,
        body: college(town),
        domain: None,
        signed: (1..slot)
            .map(|slot| Signed {
                slot,
                person: person(town, Somebody::Mayor),
                on_behalf_of: None,
            })
            .collect(),
    }
}

fn question<'a>(person: &'a PersonKey, object: &'a Object, slot: u8, at: Timestamp) -> Question<'a> {
    Question {
        person,
        action: Action::Sign { slot },
        object,
        capacity: None,
        at,
    }
}
