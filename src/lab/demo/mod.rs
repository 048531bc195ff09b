//! The facts of the two demo boards: who holds which post, who is away, who delegated what. All of it says TEST.

use std::sync::Arc;

use serde::Deserialize;

use super::LabError;
use crate::base::national::NationalNumber;
use crate::base::random::Random;
use crate::base::time::{Day, Timestamp};
use crate::crypto::wrap::KeyEncryptionKey;
use crate::identity::PersonId;
use crate::mandates::facts::{Absence, AbsenceKind, Content, Decision, Evidence, Source};
use crate::mandates::rules::RuleSet;
use crate::mandates::validity::Validity;
use crate::mandates::{Key, NewFact};
use crate::sources::{Report, reconcile, turtle};
use crate::store::boards::Board;
use crate::store::db::{Db, StoreError};
use crate::store::facts as stored;
use crate::store::persons::{self, BoardPerson};

const MUNICIPALITY: &str = include_str!("municipality.ttl");
const MUNICIPALITY_MORE: &str = include_str!("municipality.toml");
const OCMW: &str = include_str!("ocmw.ttl");

/// Where the names of persons in the demo's files begin; the specimen's slug follows.
const PERSON: &str = "http://zegelgem.example/id/person/";

/// One of the two demo boards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DemoBoard {
    /// The municipality.
    Municipality,
    /// Its OCMW.
    Ocmw,
}

/// A specimen whom the demo's files name, with what links them to their card.
#[derive(Clone, Debug)]
pub struct Specimen {
    /// The name in the files: `mayor`, `director`, `alderman`, `staff`.
    pub slug: String,
    /// Given names.
    pub given_names: String,
    /// Surname.
    pub surname: String,
    /// The number on the card.
    pub national_number: NationalNumber,
}

#[derive(Deserialize)]
struct More {
    fact: Vec<NewFact>,
}

impl DemoBoard {
    /// The demo board of this kind of legal person.
    pub fn of_kind(kind: &str) -> Option<Self> {
        match kind {
            "municipality" => Some(Self::Municipality),
            "ocmw" => Some(Self::Ocmw),
            _ => None,
        }
    }

    /// Slugs of the specimens its files name.
    pub const fn people(self) -> &'static [&'static str] {
        match self {
            Self::Municipality => &["alderman", "director", "mayor", "staff"],
            Self::Ocmw => &["alderman", "director", "mayor"],
        }
    }

    /// The facts of the board, its adoption of the rules by a TEST decision, and the links of its persons to
    /// `people` (slug and the board's own id).
    ///
    /// # Errors
    /// `Malformed` when a demo file is broken or a record of it is rejected, which a test sees.
    pub fn facts(self, people: &[(String, PersonId)]) -> Result<Vec<NewFact>, LabError> {
        let (turtle, more) = match self {
            Self::Municipality => (MUNICIPALITY, Some(MUNICIPALITY_MORE)),
            Self::Ocmw => (OCMW, None),
        };
        let reading = turtle::read(turtle.as_bytes(), "laboratory", &[]);
        no_rejections(&reading.report)?;
        let mut facts = reading.facts;
        if let Some(more) = more {
            let more: More = toml::from_str(more).map_err(|error| LabError::Malformed(error.to_string()))?;
            facts.extend(more.fact);
        }
        facts.push(adoption(self)?);
        for (slug, person) in people {
            let alias = format!("{PERSON}{slug}");
            let key: Key = malformed(format!("{alias}#link").parse())?;
            facts.push(NewFact {
                key,
                valid: Validity::since(first_day()),
                source: laboratory(),
                evidence: vec![Evidence {
                    kind: "match".to_owned(),
                    reference: "TEST: matched by the laboratory".to_owned(),
                    sha256: None,
                }],
                supersedes: None,
                content: Content::PersonLink {
                    alias: malformed(alias.parse())?,
                    person: *person,
                },
            });
        }
        Ok(facts)
    }
}

/// The specimens of the laboratory whom the demo's files name.
///
/// # Errors
/// `Malformed` when a number of the table is wrong, which a test sees.
pub fn specimens() -> Result<Vec<Specimen>, LabError> {
    super::persons::PERSONS
        .iter()
        .filter(|person| DemoBoard::Municipality.people().contains(&person.slug))
        .map(|person| {
            Ok(Specimen {
                slug: person.slug.to_owned(),
                given_names: person.given_names.to_owned(),
                surname: person.surname.to_owned(),
                national_number: malformed(NationalNumber::parse(person.national_number))?,
            })
        })
        .collect()
}

/// Adds the persons of `people` that the board's files name, linked by their number, and the board's facts. What is
/// there already is not added again.
///
/// Returns how many facts were added.
///
/// # Errors
/// As [`DemoBoard::facts`], and what the store says.
pub async fn load(
    db: &Db,
    board: &Board,
    people: &[Specimen],
    kek: &KeyEncryptionKey,
    random: Arc<dyn Random>,
    now: Timestamp,
) -> Result<usize, LoadError> {
    let Some(demo) = DemoBoard::of_kind(&board.kind) else {
        return Ok(0);
    };
    let mut linked = Vec::new();
    for specimen in people
        .iter()
        .filter(|one| demo.people().contains(&one.slug.as_str()))
    {
        let pseudonym =
            persons::pseudonym(db, board.id, &specimen.national_number, kek, &*random, now).await?;
        let id = if let Some(known) = persons::find_by_pseudonym(db, board.id, pseudonym).await? {
            known.id
        } else {
            let person = BoardPerson {
                id: PersonId::new(now, &*random),
                board: board.id,
                given_name: specimen.given_names.clone(),
                family_name: specimen.surname.clone(),
                created_at: now,
            };
            let added = person.clone();
            db.write(move |unit| {
                let person = added.clone();
                Box::pin(async move { persons::add(unit, &person, Some(pseudonym)).await })
            })
            .await?;
            person.id
        };
        linked.push((specimen.slug.clone(), id));
    }
    let facts = demo.facts(&linked)?;
    let register = stored::register(db, board.id).await?;
    // A fact may be recorded just after `now` where the clock stands behind.
    let latest = register.facts().map(|fact| fact.recorded_at).max().unwrap_or(now);
    let known = register.known_at(latest.max(now));
    let reading = crate::sources::Reading {
        facts,
        report: Report::default(),
    };
    let new = reconcile::reconcile(reading, &known, now).facts;
    Ok(stored::record(db, board.id, new, now, random).await?.len())
}

/// The mayor of the demo municipality is away from `from` on: what the laboratory's switch records.
///
/// # Errors
/// Never for the names in the demo's files.
pub fn mayor_away(kind: AbsenceKind, from: Timestamp, to: Option<Timestamp>) -> Result<NewFact, LabError> {
    Ok(NewFact {
        key: malformed(format!("http://zegelgem.example/id/afwezig-{}", from.as_micros()).parse())?,
        valid: Validity::Instants { from, to },
        source: laboratory(),
        evidence: vec![Evidence {
            kind: "report".to_owned(),
            reference: "TEST: switched by the laboratory".to_owned(),
            sha256: None,
        }],
        supersedes: None,
        content: Content::Absence(Absence {
            holding: malformed("http://zegelgem.example/id/houder-burgemeester".parse())?,
            absence: kind,
            replaced_by: None,
        }),
    })
}

/// Why the demo's facts could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The laboratory's own files.
    #[error(transparent)]
    Lab(#[from] LabError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn adoption(board: DemoBoard) -> Result<NewFact, LabError> {
    let rules = RuleSet::flanders();
    let name = match board {
        DemoBoard::Municipality => "gemeenteraad",
        DemoBoard::Ocmw => "raad voor maatschappelijk welzijn",
    };
    Ok(NewFact {
        key: malformed(format!("http://zegelgem.example/id/regels-{}-{}", rules.id, rules.version).parse())?,
        valid: Validity::since(first_day()),
        source: laboratory(),
        evidence: Vec::new(),
        supersedes: None,
        content: Content::RuleAdoption {
            set: rules.id.clone(),
            version: rules.version.clone(),
            sha256: Some(rules.sha256),
            rules: vec!["*".to_owned()],
            decision: Decision {
                reference: format!("TEST-besluit 2025/001 ({name})"),
                date: Some(first_day()),
            },
        },
    })
}

fn first_day() -> Day {
    Day::from(jiff::civil::date(2025, 1, 1))
}

fn laboratory() -> Source {
    Source {
        system: "laboratory".to_owned(),
        reference: "TEST".to_owned(),
    }
}

fn malformed<T, E: std::fmt::Display>(outcome: Result<T, E>) -> Result<T, LabError> {
    outcome.map_err(|error| LabError::Malformed(error.to_string()))
}

fn no_rejections(report: &Report) -> Result<(), LabError> {
    match report
        .findings
        .iter()
        .find(|finding| finding.rejected == crate::sources::report::Taken::Rejected)
    {
        Some(finding) => Err(LabError::Malformed(format!(
            "demo facts: {} {}: {}",
            finding.rule, finding.subject, finding.text
        ))),
        None => Ok(()),
    }
}
