//! A small municipality made of facts, to be changed by one thing at a time.

use std::sync::Arc;

use zegel::base::time::{Day, Timestamp};
use zegel::identity::{BoardId, PersonId};
use zegel::mandates::facts::{
    Content, Decision, Grant, Holding, Organisation, Publication, ScopeItem, Source, Status,
};
use zegel::mandates::rules::RuleSet;
use zegel::mandates::validity::Validity;
use zegel::mandates::{
    Action, DocumentKind, Fact, FactId, Key, NewFact, Object, PersonKey, Question, Register, Signed,
    Snapshot, Verdict,
};

pub const MAYOR: u128 = 1;
pub const ALDERMAN: u128 = 2;
pub const DIRECTOR: u128 = 3;
pub const STAFF: u128 = 4;
pub const CHAIR: u128 = 5;
pub const OUTSIDER: u128 = 6;
pub const CITIZEN: u128 = 7;

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}
pub fn day(text: &str) -> Day {
    text.parse().unwrap()
}
pub fn key(text: &str) -> Key {
    text.parse().unwrap()
}
pub fn person(number: u128) -> PersonKey {
    PersonKey::from(PersonId::from_u128(number))
}
pub fn board() -> BoardId {
    BoardId::from_u128(99)
}
pub fn since(text: &str) -> Validity {
    Validity::since(day(text))
}
pub fn through(from: &str, last: &str) -> Validity {
    Validity::through(day(from), day(last))
}
pub fn decision(reference: &str, date: &str) -> Decision {
    Decision {
        reference: reference.to_owned(),
        date: Some(day(date)),
    }
}

/// The moment most tests ask about.
pub fn now() -> Timestamp {
    at("2026-03-03T09:00:00Z")
}

pub fn fact(name: &str, valid: Validity, content: Content) -> NewFact {
    NewFact {
        key: key(name),
        valid,
        source: Source {
            system: "test".to_owned(),
            reference: name.to_owned(),
        },
        evidence: Vec::new(),
        supersedes: None,
        content,
    }
}

pub fn holding(name: &str, who: u128, post: &str, status: Status, valid: Validity) -> NewFact {
    fact(
        name,
        valid,
        Content::Holding(Holding {
            person: person(who),
            post: key(post),
            status,
            publication: Publication::Confirmed,
            confirmed_by: Some("TEST-besluit".to_owned()),
            replaced_by: None,
            rank: None,
            oath: None,
        }),
    )
}

pub fn grant(name: &str, giver: u128, post: &str, receiver: u128, valid: Validity) -> NewFact {
    fact(
        name,
        valid,
        Content::Grant(Grant {
            grantor: person(giver),
            post: key(post),
            grantee: person(receiver),
            scope: vec![ScopeItem::EVERYTHING],
            depth: 0,
            parent: None,
            decision: Some(decision(&format!("TEST-besluit {name}"), "2025-01-20")),
        }),
    )
}

/// Facts and rules, recorded on 2 January 2025 unless said otherwise.
#[derive(Clone)]
pub struct Town {
    pub facts: Vec<Fact>,
    pub rules: Arc<RuleSet>,
}

impl Town {
    /// Mayor, alderman, council chair, director, a member of staff; rules adopted; nobody away; nothing delegated.
    pub fn new() -> Self {
        let mut town = Self {
            facts: Vec::new(),
            rules: RuleSet::flanders(),
        };
        let organisation = |kind: &str, name: &str| {
            Content::Organisation(Organisation {
                organisation: kind.parse().unwrap(),
                name: name.to_owned(),
                enterprise_number: Some("0999900150".parse().unwrap()),
                ovo: Some("OVO999001".parse().unwrap()),
                linked_to: None,
                successor: None,
            })
        };
        town.add(fact(
            "gemeente",
            since("1977-01-01"),
            organisation("municipality", "Gemeente Zegelgem"),
        ));
        town.add(fact(
            "ocmw",
            since("1977-01-01"),
            organisation("ocmw", "OCMW Zegelgem"),
        ));
        for (body, kind, term) in [
            ("orgaan-burgemeester", "mayor", "burgemeester-2025"),
            ("college", "college", "college-2025"),
            ("raad", "municipal_council", "raad-2025"),
            ("leiding", "leading_official", "leiding-altijd"),
        ] {
            town.add(fact(
                body,
                since("1977-01-01"),
                Content::Body {
                    organisation: key("gemeente"),
                    body: kind.parse().unwrap(),
                    name: None,
                },
            ));
            let valid = if kind == "leading_official" {
                since("2010-01-01")
            } else {
                through("2024-12-02", "2030-12-01")
            };
            town.add(fact(term, valid, Content::BodyTerm { body: key(body) }));
        }
        for (post, role, terms, max) in [
            (
                "post-burgemeester",
                "mayor",
                &["burgemeester-2025", "college-2025"][..],
                1,
            ),
            ("post-schepen", "alderman", &["college-2025"][..], 4),
            ("post-voorzitter", "council_chair", &["raad-2025"][..], 1),
            ("post-raadslid", "councillor", &["raad-2025"][..], 25),
            ("post-directeur", "general_director", &["leiding-altijd"][..], 1),
        ] {
            town.add(fact(
                post,
                since("2010-01-01"),
                Content::Post {
                    role: role.parse().unwrap(),
                    terms: terms.iter().map(|term| key(term)).collect(),
                    min: None,
                    max: Some(max),
                },
            ));
        }
        let from = || since("2025-01-01");
        town.add(holding(
            "h-burgemeester",
            MAYOR,
            "post-burgemeester",
            Status::Effective,
            from(),
        ));
        town.add(holding(
            "h-schepen",
            ALDERMAN,
            "post-schepen",
            Status::Effective,
            from(),
        ));
        town.add(holding(
            "h-voorzitter",
            CHAIR,
            "post-voorzitter",
            Status::Effective,
            from(),
        ));
        town.add(holding(
            "h-directeur",
            DIRECTOR,
            "post-directeur",
            Status::Effective,
            since("2020-03-01"),
        ));
        town.add(employment("w-staff", STAFF, "gemeente"));
        town.add(employment("w-outsider", OUTSIDER, "ocmw"));
        let rules = RuleSet::flanders();
        town.add(fact(
            "regels",
            since("2025-01-01"),
            Content::RuleAdoption {
                set: rules.id.clone(),
                version: rules.version.clone(),
                sha256: Some(rules.sha256),
                rules: vec!["*".to_owned()],
                decision: decision("TEST-besluit regels", "2025-01-01"),
            },
        ));
        town
    }

    /// Adds a fact recorded with the others.
    pub fn add(&mut self, new: NewFact) -> FactId {
        self.add_at(new, "2025-01-02T00:00:00Z")
    }

    /// Adds a fact recorded at `recorded_at`.
    pub fn add_at(&mut self, new: NewFact, recorded_at: &str) -> FactId {
        let id = FactId::from_u128(
            1 + self
                .facts
                .iter()
                .map(|fact| fact.id.as_u128())
                .max()
                .unwrap_or(1000),
        );
        self.facts.push(new.record(id, board(), at(recorded_at)));
        id
    }

    pub fn with(mut self, new: NewFact) -> Self {
        self.add(new);
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        let before = self.facts.len();
        self.facts.retain(|fact| fact.stated.key.as_str() != name);
        assert_eq!(before, self.facts.len() + 1, "{name}");
        self
    }

    /// Changes one fact as if it had always been so.
    pub fn edit(mut self, name: &str, change: impl FnOnce(&mut NewFact)) -> Self {
        let fact = self
            .facts
            .iter_mut()
            .find(|fact| fact.stated.key.as_str() == name)
            .unwrap();
        change(&mut fact.stated);
        self
    }

    pub fn edit_holding(self, name: &str, change: impl FnOnce(&mut Holding)) -> Self {
        self.edit(name, |fact| match &mut fact.content {
            Content::Holding(holding) => change(holding),
            _ => panic!("{name} is no holding"),
        })
    }

    pub fn edit_grant(self, name: &str, change: impl FnOnce(&mut Grant)) -> Self {
        self.edit(name, |fact| match &mut fact.content {
            Content::Grant(grant) => change(grant),
            _ => panic!("{name} is no grant"),
        })
    }

    /// The same town under rules whose text is changed; what it adopted is the changed text.
    pub fn under(mut self, changes: &[(&str, &str)]) -> Self {
        let mut text = RuleSet::FLANDERS_TEXT.to_owned();
        for (from, to) in changes {
            assert!(text.contains(from), "{from}");
            text = text.replace(from, to);
        }
        let rules = RuleSet::parse(&text).unwrap();
        for fact in &mut self.facts {
            if let Content::RuleAdoption { sha256, .. } = &mut fact.stated.content
                && *sha256 == Some(self.rules.sha256)
            {
                *sha256 = Some(rules.sha256);
            }
        }
        self.rules = Arc::new(rules);
        self
    }

    pub fn register(&self) -> Register {
        Register::load(board(), self.facts.clone()).unwrap()
    }

    /// What is known at `known_at`.
    pub fn known(&self, known_at: Timestamp) -> Snapshot {
        self.register().snapshot(known_at, self.rules.clone())
    }

    /// May `who` put signature `slot` on a decision of the college at `moment`? Signatures before it are
    /// somebody's.
    pub fn ask_at(&self, who: u128, slot: u8, document: DocumentKind, moment: Timestamp) -> Verdict {
        let before = (1..slot)
            .map(|slot| Signed {
                slot,
                person: person(500 + u128::from(slot)),
                on_behalf_of: None,
            })
            .collect();
        self.ask_with(who, slot, document, "college", before, moment)
    }

    pub fn ask_with(
        &self,
        who: u128,
        slot: u8,
        document: DocumentKind,
        body: &str,
        signed: Vec<Signed>,
        moment: Timestamp,
    ) -> Verdict {
        let object = Object {
            document,
            body: key(body),
            domain: None,
            signed,
        };
        self.known(moment.max(now())).may(&Question {
            person: &person(who),
            action: Action::Sign { slot },
            object: &object,
            capacity: None,
            at: moment,
        })
    }

    pub fn ask(&self, who: u128, slot: u8) -> Verdict {
        self.ask_at(who, slot, DocumentKind::Decision, now())
    }
}

pub fn employment(name: &str, who: u128, organisation: &str) -> NewFact {
    fact(
        name,
        since("2021-09-01"),
        Content::Employment {
            person: person(who),
            organisation: key(organisation),
            function: "bestuurssecretaris".to_owned(),
            unit: None,
        },
    )
}

/// The cause of the refusal, or `permit`.
pub fn answer(verdict: &Verdict) -> &'static str {
    verdict.cause().unwrap_or("permit")
}
