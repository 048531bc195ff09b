//! The facts known at one moment, indexed so that a question touches only what concerns it.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use super::capacity::OrganisationSummary;
use super::codes::{BodyKind, Role};
use super::facts::{Content, Fact, FactId, Grant, Holding, Organisation};
use super::key::{Key, PersonKey};
use super::plan::Adopted;
use super::posts::{self, Post};
use super::rules::RuleSet;
use super::validity::Span;
use crate::base::digest::{HashAlgorithm, Hasher, Sha256Digest};
use crate::base::time::Timestamp;
use crate::identity::BoardId;

/// Oldest a snapshot may be at the moment asked about before every answer is no.
pub const MAX_AGE: Duration = Duration::from_mins(10);

/// Everything one board knew at one moment. Cheap to clone; never changes.
#[derive(Clone, Debug)]
pub struct Snapshot {
    pub(super) board: BoardId,
    pub(super) known_at: Timestamp,
    pub(super) digest: Sha256Digest,
    pub(super) rules: Arc<RuleSet>,
    pub(super) max_age: Duration,
    index: Arc<Index>,
}

/// A fact with its period as numbers.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) fact: Arc<Fact>,
    pub(super) span: Span,
}

impl Entry {
    pub(super) fn id(&self) -> FactId {
        self.fact.id
    }
    pub(super) fn key(&self) -> &Key {
        &self.fact.stated.key
    }
    pub(super) fn content(&self) -> &Content {
        &self.fact.stated.content
    }
    pub(super) fn holding(&self) -> Option<&Holding> {
        match self.content() {
            Content::Holding(holding) => Some(holding),
            _ => None,
        }
    }
    pub(super) fn grant(&self) -> Option<&Grant> {
        match self.content() {
            Content::Grant(grant) => Some(grant),
            _ => None,
        }
    }
}

pub(super) type Many<K> = HashMap<K, Vec<Entry>>;

#[derive(Debug, Default)]
struct Index {
    absences_of_post: Many<Key>,
    adoptions: Vec<Entry>,
    agreements: Vec<Entry>,
    bodies: Many<Key>,
    bodies_by_kind: Many<BodyKind>,
    canonical: HashMap<PersonKey, PersonKey>,
    deaths: Many<PersonKey>,
    employments: Many<PersonKey>,
    grants: Many<Key>,
    grants_of_post: Many<Key>,
    grants_to: Many<PersonKey>,
    holdings: Many<Key>,
    holdings_of_person: Many<PersonKey>,
    holdings_of_post: Many<Key>,
    installations: Many<Key>,
    names: Many<PersonKey>,
    nis: Many<Key>,
    organisations: Many<Key>,
    posts: HashMap<Key, Vec<Post>>,
    post_facts: Many<Key>,
    posts_by_role: HashMap<Key, HashMap<Role, Vec<Key>>>,
    revocations: Many<Key>,
    suspensions: Many<Key>,
    terms: Many<Key>,
    terms_of_body: Many<Key>,
}

/// A body found by the name it was asked by.
#[derive(Clone, Debug)]
pub(super) struct FoundBody {
    pub(super) key: Key,
    pub(super) kind: BodyKind,
    pub(super) organisation: Key,
    pub(super) fact: FactId,
}

fn push<K: Eq + Hash>(many: &mut Many<K>, key: K, entry: &Entry) {
    many.entry(key).or_default().push(entry.clone());
}

pub(super) fn of<'a, K, Q>(many: &'a Many<K>, key: &Q) -> &'a [Entry]
where
    K: Eq + Hash + std::borrow::Borrow<Q>,
    Q: Eq + Hash + ?Sized,
{
    many.get(key).map_or(&[], Vec::as_slice)
}

impl Snapshot {
    /// Indexes `facts`, which were known and uncorrected at `known_at`. [`super::Register::snapshot`] calls this.
    pub(super) fn build(
        board: BoardId,
        mut facts: Vec<Arc<Fact>>,
        known_at: Timestamp,
        rules: Arc<RuleSet>,
    ) -> Self {
        facts.sort_by_key(|fact| fact.id);
        let digest = digest(&facts, &rules);
        let entries: Vec<Entry> = facts
            .into_iter()
            .map(|fact| Entry {
                span: fact.stated.valid.span(),
                fact,
            })
            .collect();
        let mut index = Index {
            canonical: canonical(&entries),
            ..Index::default()
        };
        for entry in &entries {
            index.add(entry);
        }
        (index.posts, index.posts_by_role) = posts::resolve(&index.post_facts, &index.terms, &index.bodies);
        for entry in &entries {
            if let Content::Absence(absence) = entry.content() {
                let posts: HashSet<Key> = of(&index.holdings, &absence.holding)
                    .iter()
                    .filter_map(|holding| holding.holding().map(|holding| holding.post.clone()))
                    .collect();
                for post in posts {
                    push(&mut index.absences_of_post, post, entry);
                }
            }
        }
        Self {
            board,
            known_at,
            digest,
            rules,
            max_age: MAX_AGE,
            index: Arc::new(index),
        }
    }

    /// The same snapshot, usable up to `max_age` after it was known.
    #[must_use]
    pub fn with_max_age(mut self, max_age: Duration) -> Self {
        self.max_age = max_age;
        self
    }

    /// The same knowledge at a later moment, when nothing was recorded in between. Only the store can know that.
    #[must_use]
    pub fn still_known_at(&self, known_at: Timestamp) -> Self {
        Self {
            known_at: known_at.max(self.known_at),
            ..self.clone()
        }
    }

    /// The board whose facts these are.
    pub const fn board(&self) -> BoardId {
        self.board
    }

    /// The record time of the snapshot.
    pub const fn known_at(&self) -> Timestamp {
        self.known_at
    }

    /// Fingerprint of all facts and rules in it.
    pub const fn digest(&self) -> Sha256Digest {
        self.digest
    }

    /// The rules it answers by.
    pub fn rules(&self) -> &RuleSet {
        &self.rules
    }

    /// Whether the snapshot is too old to answer about `at`.
    pub(super) fn is_expired(&self, at: Timestamp) -> bool {
        at > self.known_at.plus(self.max_age)
    }

    /// The one name of the natural person that `person` names.
    pub fn canonical(&self, person: &PersonKey) -> PersonKey {
        self.index.canonical.get(person).unwrap_or(person).clone()
    }

    /// The person's name, where a fact gives one.
    pub fn name(&self, person: &PersonKey) -> Option<String> {
        of(&self.index.names, &self.canonical(person))
            .iter()
            .rev()
            .find_map(|entry| match entry.content() {
                Content::PersonName { given, family, .. } => Some(format!("{given} {family}")),
                _ => None,
            })
    }

    /// The kinds and keys of all bodies in force at `at`, for forms that ask which body a document is of.
    pub fn bodies(&self, at: Timestamp) -> Vec<(BodyKind, Key)> {
        let mut bodies: Vec<(BodyKind, Key)> = self
            .index
            .bodies
            .values()
            .flatten()
            .filter(|entry| self.body_in_force(entry.key(), at))
            .filter_map(|entry| match entry.content() {
                Content::Body { body, .. } => Some((*body, entry.key().clone())),
                _ => None,
            })
            .collect();
        bodies.sort();
        bodies.dedup();
        bodies
    }

    /// The organisation `key` as it was at `at`.
    pub fn organisation(&self, key: &Key, at: Timestamp) -> Option<OrganisationSummary> {
        let (_, organisation) = self.organisation_entry(key, at)?;
        let nis = of(&self.index.nis, key)
            .iter()
            .find(|entry| entry.span.contains(at))
            .and_then(|entry| match entry.content() {
                Content::NisAssignment { nis, .. } => Some(*nis),
                _ => None,
            });
        Some(OrganisationSummary {
            key: key.clone(),
            name: organisation.name.clone(),
            organisation: organisation.organisation,
            kbo: organisation.enterprise_number,
            ovo: organisation.ovo,
            nis,
        })
    }

    pub(super) fn organisation_entry(&self, key: &Key, at: Timestamp) -> Option<(FactId, &Organisation)> {
        of(&self.index.organisations, key)
            .iter()
            .find(|entry| entry.span.contains(at))
            .and_then(|entry| match entry.content() {
                Content::Organisation(organisation) => Some((entry.id(), organisation)),
                _ => None,
            })
    }

    /// The body by its key, by the key of one of its terms, or by its kind where the board has one of them.
    pub(super) fn body(&self, name: &Key, at: Timestamp) -> Option<FoundBody> {
        let found = |entry: &Entry| match entry.content() {
            Content::Body {
                organisation, body, ..
            } if entry.span.contains(at) => Some(FoundBody {
                key: entry.key().clone(),
                kind: *body,
                organisation: organisation.clone(),
                fact: entry.id(),
            }),
            _ => None,
        };
        if let Some(body) = of(&self.index.bodies, name).iter().find_map(found) {
            return Some(body);
        }
        if let Some(Content::BodyTerm { body }) = of(&self.index.terms, name).first().map(Entry::content) {
            return of(&self.index.bodies, body).iter().find_map(found);
        }
        let kind: BodyKind = name.as_str().parse().ok()?;
        let mut known = of(&self.index.bodies_by_kind, &kind)
            .iter()
            .filter(|entry| self.body_in_force(entry.key(), at))
            .filter_map(found);
        let body = known.next()?;
        known.all(|other| other.key == body.key).then_some(body)
    }

    /// Whether some term of the body runs at `at`, or the outgoing one goes on.
    pub(super) fn body_in_force(&self, body: &Key, at: Timestamp) -> bool {
        of(&self.index.terms_of_body, body)
            .iter()
            .any(|term| term.span.contains(at) || self.continues(body, term.span, at))
    }

    /// Whether the outgoing body of a term that ended goes on at `at`: the policy says so, and nobody was installed.
    pub(super) fn continues(&self, body: &Key, term: Span, at: Timestamp) -> bool {
        let at_micros = at.as_micros();
        self.rules.policies.continuity_until_installed
            && term.to <= at_micros
            && !of(&self.index.installations, body)
                .iter()
                .any(|entry| entry.span.from >= term.to && entry.span.from <= at_micros)
            // A later term that has run out as well means that the earlier one is long over.
            && !of(&self.index.terms_of_body, body)
                .iter()
                .any(|other| other.span.from >= term.to && other.span.to <= at_micros)
    }

    /// The post as it is at `at`.
    pub(super) fn post(&self, key: &Key, at: Timestamp) -> Option<&Post> {
        posts::at(self.index.posts.get(key)?, at)
    }

    pub(super) fn posts_by_role(&self, organisation: &Key, role: Role) -> &[Key] {
        self.index
            .posts_by_role
            .get(organisation)
            .and_then(|roles| roles.get(&role))
            .map_or(&[], Vec::as_slice)
    }

    pub(super) fn holdings_of_person(&self, canonical: &PersonKey) -> &[Entry] {
        of(&self.index.holdings_of_person, canonical)
    }

    pub(super) fn holdings_of_post(&self, post: &Key) -> &[Entry] {
        of(&self.index.holdings_of_post, post)
    }

    /// The natural person of the holding `key`.
    pub(super) fn holder_of(&self, key: &Key) -> Option<PersonKey> {
        of(&self.index.holdings, key)
            .iter()
            .find_map(Entry::holding)
            .map(|holding| self.canonical(&holding.person))
    }

    pub(super) fn absences_of_post(&self, post: &Key) -> &[Entry] {
        of(&self.index.absences_of_post, post)
    }

    pub(super) fn grant(&self, key: &Key) -> &[Entry] {
        of(&self.index.grants, key)
    }

    pub(super) fn grants_to(&self, canonical: &PersonKey) -> &[Entry] {
        of(&self.index.grants_to, canonical)
    }

    pub(super) fn grants_of_post(&self, post: &Key) -> &[Entry] {
        of(&self.index.grants_of_post, post)
    }

    pub(super) fn employments(&self, canonical: &PersonKey) -> &[Entry] {
        of(&self.index.employments, canonical)
    }

    /// The revocation of `grant` in effect at `at`.
    pub(super) fn revoked(&self, grant: &Key, at: Timestamp) -> Option<&Entry> {
        // WHY only the start: a revoked grant never comes back, whatever end somebody records.
        of(&self.index.revocations, grant)
            .iter()
            .filter(|entry| entry.span.from <= at.as_micros())
            .min_by_key(|entry| entry.span.from)
    }

    /// The suspension of a grant, holding or person at `at`.
    pub(super) fn suspended(&self, of_what: &str, at: Timestamp) -> Option<&Entry> {
        of(&self.index.suspensions, of_what)
            .iter()
            .find(|entry| entry.span.contains(at))
    }

    /// The death of the person, if before or at `at`.
    pub(super) fn died(&self, canonical: &PersonKey, at: Timestamp) -> Option<&Entry> {
        of(&self.index.deaths, canonical)
            .iter()
            .find(|entry| entry.span.from <= at.as_micros())
    }

    /// The agreements by which `organisation` may let staff of `staff_of` sign, at `at`.
    pub(super) fn agreements<'a>(
        &'a self,
        organisation: &'a Key,
        staff_of: &'a Key,
        at: Timestamp,
    ) -> impl Iterator<Item = &'a Entry> {
        self.index.agreements.iter().filter(move |entry| {
            entry.span.contains(at)
                && matches!(entry.content(), Content::ManagementAgreement { organisation: one, staff_of: other, .. }
                    if one == organisation && other == staff_of)
        })
    }

    /// The board's decision to work by `rule` of its rule set, in force at `at`.
    ///
    /// WHY the fingerprint must be there: a decision covers the text that was before the board, and a text may change
    /// under the same version.
    pub fn adopted(&self, rule: &str, at: Timestamp) -> Option<Adopted> {
        self.index
            .adoptions
            .iter()
            .find_map(|entry| match entry.content() {
                Content::RuleAdoption {
                    set,
                    version,
                    sha256,
                    rules,
                    decision,
                } if entry.span.contains(at)
                    && *set == self.rules.id
                    && *version == self.rules.version
                    && *sha256 == Some(self.rules.sha256)
                    && rules.iter().any(|name| name == rule || name == "*") =>
                {
                    Some(Adopted {
                        fact: entry.id(),
                        decision: decision.clone(),
                    })
                }
                _ => None,
            })
    }
}

impl Index {
    fn person(&self, person: &PersonKey) -> PersonKey {
        self.canonical.get(person).unwrap_or(person).clone()
    }

    fn add(&mut self, entry: &Entry) {
        match entry.content() {
            Content::Body { body, .. } => {
                push(&mut self.bodies, entry.key().clone(), entry);
                push(&mut self.bodies_by_kind, *body, entry);
            }
            Content::BodyTerm { body } => {
                push(&mut self.terms, entry.key().clone(), entry);
                push(&mut self.terms_of_body, body.clone(), entry);
            }
            Content::Death { person } => {
                let person = self.person(person);
                push(&mut self.deaths, person, entry);
            }
            Content::Employment { person, .. } => {
                let person = self.person(person);
                push(&mut self.employments, person, entry);
            }
            Content::Grant(grant) => {
                push(&mut self.grants, entry.key().clone(), entry);
                push(&mut self.grants_of_post, grant.post.clone(), entry);
                let grantee = self.person(&grant.grantee);
                push(&mut self.grants_to, grantee, entry);
            }
            Content::Holding(holding) => {
                push(&mut self.holdings, entry.key().clone(), entry);
                push(&mut self.holdings_of_post, holding.post.clone(), entry);
                let person = self.person(&holding.person);
                push(&mut self.holdings_of_person, person, entry);
            }
            Content::Installation { body } => push(&mut self.installations, body.clone(), entry),
            Content::ManagementAgreement { .. } => self.agreements.push(entry.clone()),
            Content::NisAssignment { organisation, .. } => push(&mut self.nis, organisation.clone(), entry),
            Content::Organisation(_) => push(&mut self.organisations, entry.key().clone(), entry),
            Content::PersonName { person, .. } => {
                let person = self.person(person);
                push(&mut self.names, person, entry);
            }
            Content::Revocation { grant, .. } => push(&mut self.revocations, grant.clone(), entry),
            Content::RuleAdoption { .. } => self.adoptions.push(entry.clone()),
            Content::Suspension { of: what, .. } => {
                // A person may be named by any of their names.
                let what = what
                    .as_str()
                    .parse::<PersonKey>()
                    .ok()
                    .and_then(|person| self.canonical.get(&person))
                    .and_then(|person| person.as_str().parse().ok())
                    .unwrap_or_else(|| what.clone());
                push(&mut self.suspensions, what, entry);
            }
            Content::Post { .. } => push(&mut self.post_facts, entry.key().clone(), entry),
            // Absences need the others first.
            Content::Absence(_) | Content::PersonLink { .. } | Content::Withdrawn { .. } => {}
        }
    }
}

/// The one name of each person that has several: the board's own id.
fn canonical(entries: &[Entry]) -> HashMap<PersonKey, PersonKey> {
    let links: HashMap<&PersonKey, PersonKey> = entries
        .iter()
        .filter_map(|entry| match entry.content() {
            Content::PersonLink { alias, person } => Some((alias, PersonKey::from(*person))),
            _ => None,
        })
        .collect();
    links
        .iter()
        .map(|(alias, person)| {
            let mut person = person.clone();
            // An id may itself have become an alias when a person got a new number; the bound stops circles.
            for _ in 0..8 {
                match links.get(&person) {
                    Some(next) if *next != person => person = next.clone(),
                    _ => break,
                }
            }
            ((*alias).clone(), person)
        })
        .collect()
}

fn digest(facts: &[Arc<Fact>], rules: &RuleSet) -> Sha256Digest {
    let mut hasher = Hasher::new(HashAlgorithm::Sha256);
    hasher.update(rules.sha256.as_bytes());
    for fact in facts {
        hasher.update(fact.digest().as_bytes());
    }
    // INVARIANT: a SHA-256 is 32 bytes.
    Sha256Digest(hasher.finish().try_into().unwrap_or([0; 32]))
}
