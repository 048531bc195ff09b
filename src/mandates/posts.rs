//! Posts with all that hangs on them resolved, each as it is in the stretch of time asked about.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::codes::{BodyKind, Role};
use super::facts::{Content, FactId};
use super::key::Key;
use super::snapshot::{Entry, Many, of};
use super::validity::Span;
use crate::base::time::Timestamp;

/// A post in one stretch of time.
#[derive(Debug)]
pub(super) struct Post {
    /// The first microsecond of the stretch; it lasts to the next one's.
    from: i64,
    pub(super) fact: FactId,
    pub(super) role: Role,
    pub(super) max: Option<u32>,
    /// The terms it hangs in; a holding outside all of them is cut off.
    pub(super) terms: Vec<Term>,
}

/// A term of a body, resolved.
#[derive(Clone, Debug)]
pub(super) struct Term {
    pub(super) body: Key,
    pub(super) kind: BodyKind,
    pub(super) organisation: Key,
    pub(super) span: Span,
}

impl Post {
    /// Whether one of its bodies is `organisation`'s.
    pub(super) fn is_of(&self, organisation: &Key) -> bool {
        self.terms.iter().any(|term| term.organisation == *organisation)
    }
}

/// The posts of each organisation by the roles they ever had there.
pub(super) type ByRole = HashMap<Key, HashMap<Role, Vec<Key>>>;

/// Resolves every post: what it is and in which bodies, anew wherever one of several facts about the same post or
/// body begins or ends.
pub(super) fn resolve(
    facts: &Many<Key>,
    terms: &Many<Key>,
    bodies: &Many<Key>,
) -> (HashMap<Key, Vec<Post>>, ByRole) {
    let mut posts = HashMap::new();
    let mut by_role = ByRole::new();
    // In the order of the facts, which is that of every answer.
    let ordered: BTreeMap<_, _> = facts
        .iter()
        .filter_map(|(key, versions)| Some((versions.first()?.id(), (key, versions))))
        .collect();
    for (key, versions) in ordered.into_values() {
        let stretches: Vec<Post> = turns_of(versions, terms, bodies)
            .into_iter()
            .filter_map(|from| stretch(from, versions, terms, bodies))
            .collect();
        for post in &stretches {
            for term in &post.terms {
                let posts = by_role
                    .entry(term.organisation.clone())
                    .or_default()
                    .entry(post.role)
                    .or_default();
                // A post in two bodies of one organisation is one post.
                if !posts.contains(key) {
                    posts.push(key.clone());
                }
            }
        }
        posts.insert(key.clone(), stretches);
    }
    (posts, by_role)
}

/// The stretch in which `at` lies.
pub(super) fn at(stretches: &[Post], at: Timestamp) -> Option<&Post> {
    let at = at.as_micros();
    stretches.iter().rev().find(|post| post.from <= at)
}

fn stretch(from: i64, versions: &[Entry], terms: &Many<Key>, bodies: &Many<Key>) -> Option<Post> {
    let entry = version_at(versions, from)?;
    let Content::Post {
        role,
        terms: names,
        max,
        ..
    } = entry.content()
    else {
        return None;
    };
    let terms = names
        .iter()
        .flat_map(|name| of(terms, name))
        .filter_map(|term| {
            let Content::BodyTerm { body } = term.content() else {
                return None;
            };
            match version_at(of(bodies, body), from)?.content() {
                Content::Body {
                    organisation,
                    body: kind,
                    ..
                } => Some(Term {
                    body: body.clone(),
                    kind: *kind,
                    organisation: organisation.clone(),
                    span: term.span,
                }),
                _ => None,
            }
        })
        .collect();
    Some(Post {
        from,
        fact: entry.id(),
        role: *role,
        max: *max,
        terms,
    })
}

/// Where the post may turn into another one, the beginning of time first.
fn turns_of(versions: &[Entry], terms: &Many<Key>, bodies: &Many<Key>) -> BTreeSet<i64> {
    let mut turns = BTreeSet::from([i64::MIN]);
    let mut add = |versions: &[Entry]| {
        // One fact alone speaks of all time: whether somebody holds the post is for the terms and holdings to say.
        if versions.len() > 1 {
            turns.extend(versions.iter().flat_map(|entry| [entry.span.from, entry.span.to]));
        }
    };
    add(versions);
    for entry in versions {
        if let Content::Post { terms: names, .. } = entry.content() {
            for term in names.iter().flat_map(|name| of(terms, name)) {
                if let Content::BodyTerm { body } = term.content() {
                    add(of(bodies, body));
                }
            }
        }
    }
    turns
}

/// Of several facts about one thing the one in force at `at`; else the last that began before, else the first to
/// begin. Of two that began together the one recorded last.
fn version_at(versions: &[Entry], at: i64) -> Option<&Entry> {
    let begun = || versions.iter().filter(|entry| entry.span.from <= at);
    begun()
        .filter(|entry| at < entry.span.to)
        .max_by_key(|entry| entry.span.from)
        .or_else(|| begun().max_by_key(|entry| entry.span.from))
        .or_else(|| versions.iter().min_by_key(|entry| entry.span.from))
}
