//! Turtle exports of the mandate database: organisations, bodies, terms, posts, holdings, persons.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use oxrdf::{NamedOrBlankNode, Term};
use oxttl::TurtleParser;

use super::Reading;
use super::literal::{self, LiteralError};
use super::quality::{self, Remarks};
use super::report::{Report, Rule, Severity};
use super::vocabulary::{Class, Property};
use super::world::World;
use crate::base::time::Day;
use crate::mandates::codes::{BodyKind, OrganisationKind, Role};
use crate::mandates::facts::{Content, Evidence, Fact, Holding, Organisation, Publication, Source, Status};
use crate::mandates::validity::Validity;
use crate::mandates::{Key, NewFact, PersonKey};

/// Longest file read.
pub const MAX_BYTES: usize = 64 * 1024 * 1024;

/// Most statements read from one file: four times all Flemish bodies, posts and holdings.
pub const MAX_TRIPLES: usize = 2_000_000;

/// Most syntax errors reported before the rest of the file is given up.
const MAX_ERRORS: usize = 50;

/// What a subject says, in the order of the file.
#[derive(Debug, Default)]
struct Node {
    classes: Vec<Class>,
    values: Vec<(Property, String)>,
    typed: bool,
}

impl Node {
    fn all(&self, property: Property) -> impl Iterator<Item = &str> {
        self.values
            .iter()
            .filter(move |(known, _)| *known == property)
            .map(|(_, value)| value.as_str())
    }

    /// The one value; `Err` when there are several different ones.
    fn one(&self, property: Property) -> Result<Option<&str>, usize> {
        let mut values: Vec<&str> = self.all(property).collect();
        values.sort_unstable();
        values.dedup();
        match values.as_slice() {
            [] => Ok(None),
            [value] => Ok(Some(value)),
            more => Err(more.len()),
        }
    }

    fn first(&self, property: Property) -> Option<&str> {
        self.all(property).next()
    }

    fn is(&self, class: Class) -> bool {
        self.classes.contains(&class)
    }
}

type Graph = BTreeMap<String, Node>;

/// Reads a Turtle file into facts.
///
/// `known`: the board's facts so far, so that a file with holdings alone finds its posts. `system`: the name of the
/// source, as kept in each fact.
pub fn read(bytes: &[u8], system: &str, known: &[Arc<Fact>]) -> Reading {
    let mut report = Report::default();
    if bytes.len() > MAX_BYTES {
        report.reject(Rule::Syntax, "file", format!("larger than {MAX_BYTES} bytes"));
        return Reading {
            facts: Vec::new(),
            report,
        };
    }
    let graph = parse(bytes, &mut report);
    let mut reader = Reader {
        system,
        graph: &graph,
        report,
        facts: Vec::new(),
        remarks: HashMap::new(),
        facilities: HashSet::new(),
        posts_in: HashMap::new(),
        appointed: HashMap::new(),
    };
    reader.links();
    for (subject, node) in &graph {
        reader.structure(subject, node);
    }
    reader.posts(known);
    for (subject, node) in &graph {
        reader.people(subject, node);
    }
    reader.finish(known)
}

fn parse(bytes: &[u8], report: &mut Report) -> Graph {
    let mut graph = Graph::new();
    let mut errors = 0_usize;
    for (count, triple) in TurtleParser::new().for_slice(bytes).enumerate() {
        if count >= MAX_TRIPLES {
            report.reject(
                Rule::Syntax,
                "file",
                format!("more than {MAX_TRIPLES} statements"),
            );
            break;
        }
        let triple = match triple {
            Ok(triple) => triple,
            Err(error) => {
                let line = error.location().start.line.saturating_add(1);
                report.reject(Rule::Syntax, format!("line {line}"), error.message());
                errors = errors.saturating_add(1);
                if errors >= MAX_ERRORS {
                    report.reject(Rule::Syntax, "file", "too many errors; the rest is not read");
                    break;
                }
                continue;
            }
        };
        let Some(property) = Property::of(triple.predicate.as_str()) else {
            continue;
        };
        let subject = match &triple.subject {
            NamedOrBlankNode::NamedNode(node) => node.as_str().to_owned(),
            NamedOrBlankNode::BlankNode(node) => format!("_:{}", node.as_str()),
        };
        let value = match &triple.object {
            Term::NamedNode(node) => node.as_str().to_owned(),
            Term::BlankNode(node) => format!("_:{}", node.as_str()),
            Term::Literal(literal) => literal.value().to_owned(),
            #[expect(
                unreachable_patterns,
                reason = "the term has a further kind when a feature of its crate is on"
            )]
            _ => continue,
        };
        let node = graph.entry(subject).or_default();
        if property == Property::Type {
            node.typed = true;
            node.classes.extend(Class::of(&value));
        } else {
            node.values.push((property, value));
        }
    }
    graph
}

struct Reader<'a> {
    system: &'a str,
    graph: &'a Graph,
    report: Report,
    facts: Vec<NewFact>,
    remarks: HashMap<Key, Remarks>,
    facilities: HashSet<Key>,
    /// Post → the terms it hangs in.
    posts_in: HashMap<&'a str, Vec<&'a str>>,
    /// Holding → the decision that confirms it.
    appointed: HashMap<&'a str, &'a str>,
}

impl<'a> Reader<'a> {
    fn links(&mut self) {
        for (subject, node) in self.graph {
            for post in node.all(Property::HasPost) {
                self.posts_in.entry(post).or_default().push(subject);
            }
            for holding in node.all(Property::Appointed) {
                self.appointed.entry(holding).or_insert(subject);
            }
        }
    }

    fn structure(&mut self, subject: &'a str, node: &'a Node) {
        if node.is(Class::Organisation) {
            self.organisation(subject, node);
        } else if node.is(Class::Body) {
            self.body(subject, node);
        } else if node.is(Class::Tombstone) {
            self.report.note(
                Rule::Shape,
                Severity::Warning,
                subject,
                "was removed at the source; withdraw or end what was recorded from it",
            );
        }
    }

    fn people(&mut self, subject: &'a str, node: &'a Node) {
        if node.is(Class::Holding) || node.is(Class::Official) {
            self.holding(subject, node);
        } else if node.is(Class::Person) {
            self.person(subject, node);
        } else if !node.typed && node.all(Property::Holds).next().is_some() {
            self.report.reject(
                Rule::Shape,
                subject,
                "holds a post and is neither mandatary nor official",
            );
        }
    }

    fn key(&mut self, text: &str) -> Option<Key> {
        let key = text.parse();
        if let Err(error) = &key {
            let subject: String = text.chars().take(80).collect();
            self.report.reject(Rule::Shape, subject, format!("{error}"));
        }
        key.ok()
    }

    fn fact(&mut self, key: Key, valid: Validity, literals: &[(&str, Option<&str>)], content: Content) {
        // The times as the source wrote them stay with the fact.
        let evidence = literals
            .iter()
            .filter_map(|(name, literal)| {
                Some(Evidence {
                    kind: format!("literal:{name}"),
                    reference: (*literal)?.to_owned(),
                    sha256: None,
                })
            })
            .collect();
        self.facts.push(NewFact {
            source: Source {
                system: self.system.to_owned(),
                reference: key.to_string(),
            },
            key,
            valid,
            evidence,
            supersedes: None,
            content,
        });
    }

    fn organisation(&mut self, subject: &str, node: &Node) {
        let Some(key) = self.key(subject) else { return };
        let Some(kind) = node
            .all(Property::Classification)
            .find_map(|uri| OrganisationKind::from_uri(uri).ok())
        else {
            self.report
                .reject(Rule::Shape, subject, "has no known kind of organisation");
            return;
        };
        let mut organisation = Organisation {
            organisation: kind,
            name: node.first(Property::Label).unwrap_or(subject).to_owned(),
            enterprise_number: None,
            ovo: None,
            linked_to: node.first(Property::LinkedTo).and_then(|uri| uri.parse().ok()),
            successor: None,
        };
        for identifier in node
            .all(Property::Identifier)
            .filter_map(|name| self.graph.get(name))
        {
            let value = identifier
                .first(Property::StructuredIdentifier)
                .and_then(|name| self.graph.get(name))
                .and_then(|structured| structured.first(Property::LocalIdentifier))
                .or_else(|| identifier.first(Property::LocalIdentifier));
            let (Some(notation), Some(value)) = (identifier.first(Property::Notation), value) else {
                continue;
            };
            let wrong = match notation {
                "KBO nummer" | "KBO-nummer" | "KBO" => value
                    .parse()
                    .map(|number| organisation.enterprise_number = Some(number))
                    .err(),
                "OVO-nummer" | "OVO nummer" | "OVO" => {
                    value.parse().map(|code| organisation.ovo = Some(code)).err()
                }
                _ => None,
            };
            if let Some(error) = wrong {
                self.report.note(
                    Rule::Q15,
                    Severity::Error,
                    subject,
                    format!("{notation} `{value}`: {error}; taken without it"),
                );
            }
        }
        if node
            .first(Property::Facility)
            .is_some_and(|value| matches!(value, "true" | "1"))
        {
            self.facilities.insert(key.clone());
        }
        // The source says nothing about when an organisation began.
        let valid = Validity::since(beginning());
        self.fact(key, valid, &[], Content::Organisation(organisation));
    }

    fn body(&mut self, subject: &str, node: &Node) {
        let Some(key) = self.key(subject) else { return };
        if let Some(timeless) = node.first(Property::TermOf) {
            let Some(body) = self.key(timeless) else { return };
            let (start, end) = (node.one(Property::BindingStart), node.one(Property::BindingEnd));
            let (Ok(Some(start)), Ok(end)) = (start, end) else {
                self.report.reject(
                    Rule::Time,
                    subject,
                    "a term has one binding start and at most one end",
                );
                return;
            };
            match period(start, end) {
                Ok(valid) => {
                    let literals = [("bindingStart", Some(start)), ("bindingEinde", end)];
                    self.fact(key, valid, &literals, Content::BodyTerm { body });
                }
                Err(error) => self.report.reject(Rule::Time, subject, error.to_string()),
            }
            return;
        }
        let kind = node
            .all(Property::Classification)
            .find_map(|uri| BodyKind::from_uri(uri).ok());
        match (kind, node.first(Property::Governs)) {
            (Some(body), Some(organisation)) => {
                let Some(organisation) = self.key(organisation) else {
                    return;
                };
                let content = Content::Body {
                    organisation,
                    body,
                    name: node.first(Property::Label).map(str::to_owned),
                };
                self.fact(key, Validity::since(beginning()), &[], content);
            }
            (None, Some(_)) => self
                .report
                .reject(Rule::Shape, subject, "has no known kind of body"),
            (_, None) => self.report.reject(
                Rule::Shape,
                subject,
                "is neither a body of an organisation nor a term of a body",
            ),
        }
    }

    fn posts(&mut self, known: &[Arc<Fact>]) {
        let before = World::of(known, &[]);
        let terms: HashMap<Key, Validity> = self
            .facts
            .iter()
            .filter(|fact| matches!(fact.content, Content::BodyTerm { .. }))
            .map(|fact| (fact.key.clone(), fact.valid))
            .chain(
                before
                    .terms
                    .iter()
                    .map(|(key, (_, valid))| ((*key).clone(), *valid)),
            )
            .collect();
        for (subject, node) in self.graph {
            let sized = [Property::Holders, Property::MinHolders, Property::MaxHolders]
                .iter()
                .any(|property| node.first(*property).is_some());
            if !node.is(Class::Post) && !sized {
                continue;
            }
            let Some(key) = self.key(subject) else { continue };
            let earlier = before.posts.get(&key);
            let role = match node.one(Property::Role) {
                Ok(Some(uri)) => match Role::from_uri(uri) {
                    Ok(role) => role,
                    Err(error) => {
                        self.report.reject(Rule::Q11, subject, error.to_string());
                        continue;
                    }
                },
                Ok(None) => {
                    let Some(post) = earlier else {
                        self.report.reject(Rule::Q11, subject, "a post without a role");
                        continue;
                    };
                    post.role
                }
                Err(count) => {
                    self.report
                        .reject(Rule::Q11, subject, format!("a post with {count} roles"));
                    continue;
                }
            };
            let mut hangs: Vec<Key> = self
                .posts_in
                .get(subject.as_str())
                .map_or(&[][..], Vec::as_slice)
                .iter()
                .filter_map(|term| term.parse().ok())
                .chain(earlier.map_or(&[][..], |post| post.terms).iter().cloned())
                .filter(|term| terms.contains_key(term))
                .collect();
            hangs.sort();
            hangs.dedup();
            let Some(from) = hangs
                .iter()
                .filter_map(|term| terms.get(term))
                .map(|term| term.days().0)
                .min()
            else {
                self.report
                    .reject(Rule::Q11, subject, "a post that hangs in no known term of a body");
                continue;
            };
            let number = |property: Property| node.first(property).and_then(|text| text.parse::<u32>().ok());
            let holders = number(Property::Holders);
            let content = Content::Post {
                role,
                terms: hangs,
                min: number(Property::MinHolders)
                    .or(holders)
                    .or(earlier.and_then(|post| post.min)),
                max: number(Property::MaxHolders)
                    .or(holders)
                    .or(earlier.and_then(|post| post.max)),
            };
            self.fact(key, Validity::since(from), &[], content);
        }
    }

    fn holding(&mut self, subject: &'a str, node: &Node) {
        let Some(key) = self.key(subject) else { return };
        let single = |reader: &mut Self, property: Property, what: &str| match node.one(property) {
            Ok(Some(value)) => Some(value.to_owned()),
            Ok(None) => {
                reader.report.reject(Rule::Q01, subject, format!("has no {what}"));
                None
            }
            Err(count) => {
                reader
                    .report
                    .reject(Rule::Q01, subject, format!("has {count} values for {what}"));
                None
            }
        };
        let Some(person) = single(self, Property::AliasOf, "person") else {
            return;
        };
        let Some(post) = single(self, Property::Holds, "post") else {
            return;
        };
        let Some(start) = single(self, Property::Start, "start") else {
            return;
        };
        let status = match node.one(Property::Status) {
            Ok(Some(uri)) => {
                let Some(status) = Status::from_uri(uri) else {
                    self.report
                        .reject(Rule::Q04, subject, format!("unknown status `{uri}`"));
                    return;
                };
                status
            }
            Ok(None) => {
                self.report.reject(Rule::Q04, subject, "has no status");
                return;
            }
            Err(count) => {
                self.report
                    .reject(Rule::Q01, subject, format!("has {count} values for status"));
                return;
            }
        };
        let publication = match node.one(Property::Publication) {
            Ok(Some(uri)) => {
                let Some(state) = Publication::from_uri(uri) else {
                    self.report
                        .reject(Rule::Shape, subject, format!("unknown publication state `{uri}`"));
                    return;
                };
                state
            }
            // WHY: publication is a state of mandates; an official's record has none.
            Ok(None) if node.is(Class::Official) => Publication::Confirmed,
            Ok(None) => Publication::Unconfirmed,
            Err(count) => {
                self.report
                    .reject(Rule::Q01, subject, format!("has {count} publication states"));
                return;
            }
        };
        let end = match node.one(Property::End) {
            Ok(end) => end,
            Err(count) => {
                self.report
                    .reject(Rule::Q01, subject, format!("has {count} ends"));
                return;
            }
        };
        let valid = match period(&start, end) {
            Ok(valid) => valid,
            Err(error) => {
                self.report.reject(Rule::Time, subject, error.to_string());
                return;
            }
        };
        let (Ok(person), Ok(post)) = (person.parse::<PersonKey>(), post.parse::<Key>()) else {
            self.report
                .reject(Rule::Shape, subject, "person or post has an impossible name");
            return;
        };
        let domains = node.all(Property::Domain).count();
        self.remarks.insert(key.clone(), Remarks { domains });
        let holding = Holding {
            person,
            post,
            status,
            publication,
            confirmed_by: self
                .appointed
                .get(subject)
                .copied()
                .or(node.first(Property::LinkToDecision))
                .map(str::to_owned),
            replaced_by: node.first(Property::ReplacedBy).and_then(|uri| uri.parse().ok()),
            rank: node.first(Property::Rank).map(str::to_owned),
            oath: None,
        };
        let literals = [("start", Some(start.as_str())), ("einde", end)];
        self.fact(key, valid, &literals, Content::Holding(holding));
    }

    fn person(&mut self, subject: &str, node: &Node) {
        let Ok(person) = subject.parse::<PersonKey>() else {
            self.report
                .reject(Rule::Shape, "person", "has an impossible name");
            return;
        };
        let Some(key) = self.key(subject) else { return };
        for other in node.all(Property::SameAs) {
            self.report.note(
                Rule::Q13,
                Severity::Warning,
                subject,
                format!("is said to be the same person as `{other}`; link both to one person"),
            );
        }
        if let (Some(given), Some(family)) =
            (node.first(Property::GivenName), node.first(Property::FamilyName))
        {
            let content = Content::PersonName {
                person: person.clone(),
                given: given.to_owned(),
                family: family.to_owned(),
            };
            self.fact(key.clone(), Validity::since(beginning()), &[], content);
        } else {
            self.report.note(
                Rule::Shape,
                Severity::Info,
                subject,
                "a person without a full name",
            );
        }
        let death = node
            .first(Property::Death)
            .and_then(|name| self.graph.get(name))
            .and_then(|death| death.first(Property::DeathDate));
        if let Some(text) = death {
            match literal::start(text) {
                Ok(day) => {
                    let content = Content::Death { person };
                    self.fact(key, Validity::since(day), &[("datum", Some(text))], content);
                }
                Err(error) => self.report.note(
                    Rule::Time,
                    Severity::Error,
                    subject,
                    format!("day of death: {error}"),
                ),
            }
        }
    }

    fn finish(mut self, known: &[Arc<Fact>]) -> Reading {
        let world = World::of(known, &self.facts);
        let rejected = quality::check(&world, &self.remarks, &self.facilities, &mut self.report);
        let deaths: HashMap<PersonKey, Day> = world
            .deaths
            .iter()
            .map(|(person, valid)| ((*person).clone(), valid.days().0))
            .collect();
        self.facts
            .retain(|fact| !matches!(fact.content, Content::Holding(_)) || !rejected.contains(&fact.key));
        for fact in &mut self.facts {
            // Q16: what a deceased person held ends with the day of death.
            if let Content::Holding(holding) = &fact.content
                && let Some(death) = deaths.get(&holding.person)
                && let Validity::Days { from, to } = fact.valid
            {
                let end = quality::end_at_death(*death);
                fact.valid = Validity::Days {
                    from,
                    to: Some(to.map_or(end, |to| to.min(end))),
                };
            }
        }
        Reading {
            facts: self.facts,
            report: self.report,
        }
    }
}

/// The first day of anything whose source does not say when it began.
fn beginning() -> Day {
    Day::from(jiff::civil::date(1977, 1, 1))
}

#[derive(Debug, thiserror::Error)]
enum PeriodError {
    #[error(transparent)]
    Literal(#[from] LiteralError),
    #[error("the period ends before it begins")]
    Backwards,
}

fn period(start: &str, end: Option<&str>) -> Result<Validity, PeriodError> {
    let from = literal::start(start)?;
    let last = end.map(literal::end).transpose()?.flatten();
    let valid = last.map_or(Validity::since(from), |last| Validity::through(from, last));
    if valid.is_empty() {
        return Err(PeriodError::Backwards);
    }
    Ok(valid)
}
