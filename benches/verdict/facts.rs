//! Facts of many municipalities, as an import of all Flemish bodies and posts leaves them.

use zegel::base::time::Day;
use zegel::identity::{BoardId, PersonId};
use zegel::mandates::facts::{
    Content, Decision, Grant, Holding, Organisation, Publication, ScopeItem, Source, Status,
};
use zegel::mandates::rules::RuleSet;
use zegel::mandates::validity::Validity;
use zegel::mandates::{Fact, FactId, Key, NewFact, PersonKey, Register, Snapshot};

use crate::laboratory::moment;

/// Facts of one town; the board's one decision to adopt the rules apart.
pub const PER_TOWN: usize = 14 + PEOPLE * 2 + EMPLOYEES + 1;
/// Mayor, director, chair, aldermen, councillors.
const PEOPLE: usize = 40;
const EMPLOYEES: usize = 240;

/// People questions are asked about, by their number in a town.
#[derive(Clone, Copy)]
pub enum Somebody {
    Mayor = 0,
    Director = 1,
    Alderman = 3,
    Staff = 100,
    Citizen = 900,
}

pub fn person(town: usize, who: Somebody) -> PersonKey {
    numbered(town, who as usize)
}

fn numbered(town: usize, number: usize) -> PersonKey {
    PersonKey::from(PersonId::from_u128((town * 1000 + number + 1) as u128))
}

pub fn key(town: usize, name: &str) -> Key {
    format!("town-{town}-{name}").parse().unwrap()
}

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn board() -> BoardId {
    BoardId::from_u128(99)
}

/// How many facts there are, and a snapshot of them.
pub fn snapshot(towns: usize) -> (usize, Snapshot) {
    let rules = RuleSet::flanders();
    let mut all = Facts(Vec::with_capacity(towns * PER_TOWN + 1));
    all.add(
        "rules".parse().unwrap(),
        Content::RuleAdoption {
            set: rules.id.clone(),
            version: rules.version.clone(),
            sha256: Some(rules.sha256),
            rules: vec!["*".to_owned()],
            decision: decided("TEST-besluit regels"),
        },
    );
    for town in 0..towns {
        all.add_town(town);
    }
    assert_eq!(all.0.len(), towns * PER_TOWN + 1);
    let count = all.0.len();
    let register = Register::load(board(), all.0).unwrap();
    (count, register.snapshot(moment(), rules))
}

fn decided(reference: &str) -> Decision {
    Decision {
        reference: reference.to_owned(),
        date: Some(day("2025-01-20")),
    }
}

struct Facts(Vec<Fact>);

impl Facts {
    fn add(&mut self, key: Key, content: Content) {
        let new = NewFact {
            source: Source {
                system: "test".to_owned(),
                reference: key.as_str().to_owned(),
            },
            key,
            valid: Validity::since(day("2025-01-01")),
            evidence: Vec::new(),
            supersedes: None,
            content,
        };
        let id = FactId::from_u128(1000 + self.0.len() as u128);
        self.0
            .push(new.record(id, board(), "2025-01-02T00:00:00Z".parse().unwrap()));
    }

    fn add_town(&mut self, town: usize) {
        let key = |name: &str| key(town, name);
        self.add(
            key("town"),
            Content::Organisation(Organisation {
                organisation: "municipality".parse().unwrap(),
                name: format!("Gemeente {town}"),
                enterprise_number: None,
                ovo: None,
                linked_to: None,
                successor: None,
            }),
        );
        for (body, kind) in [
            ("mayor", "mayor"),
            ("college", "college"),
            ("council", "municipal_council"),
            ("lead", "leading_official"),
        ] {
            let organisation = key("town");
            let content = Content::Body {
                organisation,
                body: kind.parse().unwrap(),
                name: None,
            };
            self.add(key(body), content);
            self.add(
                key(&format!("{body}-term")),
                Content::BodyTerm { body: key(body) },
            );
        }
        for (post, role, terms) in [
            ("post-mayor", "mayor", &["mayor-term", "college-term"][..]),
            ("post-director", "general_director", &["lead-term"]),
            ("post-chair", "council_chair", &["council-term"]),
            ("post-alderman", "alderman", &["college-term"]),
            ("post-councillor", "councillor", &["council-term"]),
        ] {
            let content = Content::Post {
                role: role.parse().unwrap(),
                terms: terms.iter().map(|term| key(term)).collect(),
                min: None,
                max: Some(40),
            };
            self.add(key(post), content);
        }
        for number in 0..PEOPLE {
            let post = match number {
                0 => "post-mayor",
                1 => "post-director",
                2 => "post-chair",
                3..=8 => "post-alderman",
                _ => "post-councillor",
            };
            let who = numbered(town, number);
            self.add(
                key(&format!("holding-{number}")),
                Content::Holding(Holding {
                    person: who.clone(),
                    post: key(post),
                    status: Status::Effective,
                    publication: Publication::Confirmed,
                    confirmed_by: Some("TEST-besluit".to_owned()),
                    replaced_by: None,
                    rank: None,
                    oath: None,
                }),
            );
            let content = Content::PersonName {
                person: who,
                given: format!("An {number}"),
                family: "Specimen".to_owned(),
            };
            self.add(key(&format!("name-{number}")), content);
        }
        for number in 0..EMPLOYEES {
            let content = Content::Employment {
                person: numbered(town, Somebody::Staff as usize + number),
                organisation: key("town"),
                function: "bestuurssecretaris".to_owned(),
                unit: None,
            };
            self.add(key(&format!("work-{number}")), content);
        }
        let content = Content::Grant(Grant {
            grantor: person(town, Somebody::Mayor),
            post: key("post-mayor"),
            grantee: person(town, Somebody::Alderman),
            scope: vec![ScopeItem::EVERYTHING],
            depth: 0,
            parent: None,
            decision: Some(decided("TEST-besluit delegatie")),
        });
        self.add(key("grant"), content);
    }
}
