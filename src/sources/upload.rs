//! Uploads in CSV, the format of the local mandate application: one line a holding, persons by national number.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::Reading;
use super::literal;
use super::quality::{self, Remarks};
use super::report::{Report, Rule, Severity};
use super::table;
use super::world::World;
use crate::base::digest::Sha256Digest;
use crate::base::national::{NationalNumber, Pseudonym};
use crate::mandates::codes::Role;
use crate::mandates::facts::{Content, Fact, Holding, Publication, Source, Status};
use crate::mandates::validity::Validity;
use crate::mandates::{Key, NewFact, PersonKey};

/// Longest file read.
pub const MAX_BYTES: usize = 16 * 1024 * 1024;

/// How an upload is to be read.
pub struct Settings<'a> {
    /// The board's keyed pseudonym of a number. The number itself is forgotten at once.
    pub pseudonym: &'a dyn Fn(&NationalNumber) -> Pseudonym,
    /// The decision that confirms the holdings of this file; without one they stay unconfirmed and do not sign.
    pub decision: Option<&'a str>,
    /// The name of the source, as kept in each fact: the file's name.
    pub system: &'a str,
    /// The board's facts so far: posts are found there.
    pub known: &'a [Arc<Fact>],
}

/// The name by which a person of an upload is known until the board's own id takes its place.
pub fn person_key(pseudonym: Pseudonym) -> Result<PersonKey, crate::mandates::key::KeyError> {
    format!("urn:zegel:pseudonym:{}", hex::encode(pseudonym.0)).parse()
}

/// The pseudonym in such a name.
pub fn pseudonym_of(person: &PersonKey) -> Option<Pseudonym> {
    let text = person.as_str().strip_prefix("urn:zegel:pseudonym:")?;
    let mut bytes = [0; 32];
    hex::decode_to_slice(text, &mut bytes).ok()?;
    Some(Pseudonym(bytes))
}

const MANDATORY: [&str; 5] = ["rrn", "firstName", "lastName", "mandateName", "startDateTime"];

/// Reads an upload into facts. Lines that cannot be read stand in the report by their number, never with the
/// national number.
pub fn read(bytes: &[u8], settings: &Settings<'_>) -> Reading {
    let mut report = Report::default();
    if bytes.len() > MAX_BYTES {
        report.reject(Rule::Syntax, "file", format!("larger than {MAX_BYTES} bytes"));
        return Reading {
            facts: Vec::new(),
            report,
        };
    }
    // Spreadsheets put a byte order mark in front.
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bytes);
    let header = match reader.headers() {
        Ok(header) => header.clone(),
        Err(_) => csv::StringRecord::new(),
    };
    let missing: Vec<&str> = MANDATORY
        .into_iter()
        .filter(|name| !header.iter().any(|column| column == *name))
        .collect();
    if !missing.is_empty() {
        report.reject(
            Rule::Syntax,
            "line 1",
            format!("missing columns: {}", missing.join(", ")),
        );
        return Reading {
            facts: Vec::new(),
            report,
        };
    }
    let world = World::of(settings.known, &[]);
    let mut facts = Vec::new();
    let mut remarks = HashMap::new();
    let mut names: BTreeMap<PersonKey, (String, String)> = BTreeMap::new();
    let mut lines: HashMap<Key, String> = HashMap::new();
    for record in reader.records() {
        let Some((line, record)) = table::readable(record, &mut report) else {
            continue;
        };
        match row(&header, &record, settings, &world) {
            Ok(row) => {
                let name = (row.given, row.family);
                match names.get(&row.person) {
                    Some(known) if *known != name => {
                        report.note(
                            Rule::Q13,
                            Severity::Warning,
                            &line,
                            "the same number with another name",
                        );
                    }
                    Some(_) => {}
                    None => {
                        facts.push(name_fact(&row.person, &name, settings.system));
                        names.insert(row.person.clone(), name);
                    }
                }
                remarks.insert(row.fact.key.clone(), Remarks { domains: row.domains });
                if lines.insert(row.fact.key.clone(), line.clone()).is_some() {
                    report.reject(Rule::Q06, line, "stands in the file twice");
                    continue;
                }
                facts.push(row.fact);
            }
            Err((rule, text)) => report.reject(rule, line, text),
        }
    }
    let world = World::of(settings.known, &facts);
    let mut checked = Report::default();
    let rejected = quality::check(&world, &remarks, &HashSet::new(), &mut checked);
    for mut finding in checked.findings {
        // A person mending a file knows lines, not keys.
        if let Some(line) = finding
            .subject
            .parse::<Key>()
            .ok()
            .and_then(|key| lines.get(&key))
        {
            finding.subject.clone_from(line);
        }
        report.findings.push(finding);
    }
    facts.retain(|fact| !matches!(fact.content, Content::Holding(_)) || !rejected.contains(&fact.key));
    Reading { facts, report }
}

struct Row {
    person: PersonKey,
    given: String,
    family: String,
    domains: usize,
    fact: NewFact,
}

fn row(
    header: &csv::StringRecord,
    record: &csv::StringRecord,
    settings: &Settings<'_>,
    world: &World<'_>,
) -> Result<Row, (Rule, String)> {
    let field = |name: &str| {
        header
            .iter()
            .position(|column| column == name)
            .and_then(|place| record.get(place))
            .unwrap_or_default()
            .trim()
    };
    let number = NationalNumber::parse(field("rrn")).map_err(|error| (Rule::Q15, error.to_string()))?;
    let person =
        person_key((settings.pseudonym)(&number)).map_err(|error| (Rule::Shape, error.to_string()))?;
    drop(number);
    let (given, family) = (field("firstName"), field("lastName"));
    if family.is_empty() {
        return Err((Rule::Q01, "has no last name".to_owned()));
    }
    let role = Role::from_dutch_name(field("mandateName")).map_err(|error| (Rule::Q11, error.to_string()))?;
    let time = |error: literal::LiteralError| (Rule::Time, error.to_string());
    if field("startDateTime").is_empty() {
        return Err((Rule::Q01, "has no start".to_owned()));
    }
    let from = literal::start(field("startDateTime")).map_err(time)?;
    let last = match field("endDateTime") {
        "" => None,
        text => literal::end(text).map_err(time)?,
    };
    let valid = last.map_or(Validity::since(from), |last| Validity::through(from, last));
    if valid.is_empty() {
        return Err((Rule::Time, "the period ends before it begins".to_owned()));
    }
    let mut posts: Vec<&Key> = world
        .posts
        .iter()
        .filter(|(key, post)| {
            post.role == role
                && world
                    .terms_of_post(key)
                    .iter()
                    .any(|term| term.contains(valid.start()))
        })
        .map(|(key, _)| *key)
        .collect();
    posts.sort();
    let post = match posts.as_slice() {
        [post] => (*post).clone(),
        [] => return Err((Rule::Q11, format!("no post of {role} is known on {from}"))),
        more => {
            return Err((
                Rule::Q11,
                format!("{} posts of {role} are known on {from}", more.len()),
            ));
        }
    };
    // One person, one post, one start: the same line read again is the same holding.
    let name = Sha256Digest::of(format!("{person}|{post}|{from}").as_bytes()).to_string();
    let key: Key = format!("urn:zegel:holding:{name}")
        .parse()
        .map_err(|error: crate::mandates::key::KeyError| (Rule::Shape, error.to_string()))?;
    let rank = field("rangordeString");
    let domains = field("beleidsdomeinNames")
        .split('|')
        .filter(|name| !name.trim().is_empty())
        .count();
    let line = record.position().map_or(0, csv::Position::line);
    Ok(Row {
        given: given.to_owned(),
        family: family.to_owned(),
        domains,
        fact: NewFact {
            key,
            valid,
            source: Source {
                system: settings.system.to_owned(),
                reference: format!("line {line}"),
            },
            evidence: Vec::new(),
            supersedes: None,
            content: Content::Holding(Holding {
                person: person.clone(),
                post,
                status: Status::Effective,
                publication: if settings.decision.is_some() {
                    Publication::Confirmed
                } else {
                    Publication::Unconfirmed
                },
                confirmed_by: settings.decision.map(str::to_owned),
                replaced_by: None,
                rank: (!rank.is_empty()).then(|| rank.to_owned()),
                oath: None,
            }),
        },
        person,
    })
}

fn name_fact(person: &PersonKey, (given, family): &(String, String), system: &str) -> NewFact {
    NewFact {
        key: Key::from(person),
        valid: Validity::since(crate::base::time::Day::from(jiff::civil::date(1977, 1, 1))),
        source: Source {
            system: system.to_owned(),
            reference: "upload".to_owned(),
        },
        evidence: Vec::new(),
        supersedes: None,
        content: Content::PersonName {
            person: person.clone(),
            given: given.clone(),
            family: family.clone(),
        },
    }
}
