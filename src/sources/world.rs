//! Posts, terms and holdings of all facts at hand, those known before and those just read, for checks across them.

use std::collections::HashMap;
use std::sync::Arc;

use crate::mandates::codes::{BodyKind, Role};
use crate::mandates::facts::{Content, Fact, Holding};
use crate::mandates::validity::Validity;
use crate::mandates::{Key, NewFact, PersonKey};

/// An index over facts, borrowed.
#[derive(Debug, Default)]
pub struct World<'a> {
    /// Bodies: organisation and kind.
    pub bodies: HashMap<&'a Key, (&'a Key, BodyKind)>,
    /// Terms: body and period.
    pub terms: HashMap<&'a Key, (&'a Key, Validity)>,
    /// Posts.
    pub posts: HashMap<&'a Key, SeenPost<'a>>,
    /// Holdings by key.
    pub holdings: HashMap<&'a Key, Held<'a>>,
    /// Persons' deaths.
    pub deaths: HashMap<&'a PersonKey, Validity>,
}

/// A post.
#[derive(Clone, Debug)]
pub struct SeenPost<'a> {
    /// Its function.
    pub role: Role,
    /// The terms it hangs in.
    pub terms: &'a [Key],
    /// Fewest holders.
    pub min: Option<u32>,
    /// Most holders.
    pub max: Option<u32>,
}

/// A holding.
#[derive(Clone, Copy, Debug)]
pub struct Held<'a> {
    /// Its key.
    pub key: &'a Key,
    /// What it states.
    pub holding: &'a Holding,
    /// When.
    pub valid: Validity,
    /// Whether it was just read.
    pub fresh: Freshness,
}

/// Whether something was known before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// Known before.
    Known,
    /// Just read.
    Read,
}

impl<'a> World<'a> {
    /// The world of what was known and what was just read; the latter takes the place of the former.
    pub fn of(known: &'a [Arc<Fact>], read: &'a [NewFact]) -> Self {
        let mut world = Self::default();
        for fact in known {
            world.add(&fact.stated, Freshness::Known);
        }
        for fact in read {
            world.add(fact, Freshness::Read);
        }
        world
    }

    fn add(&mut self, fact: &'a NewFact, fresh: Freshness) {
        match &fact.content {
            Content::Body {
                organisation, body, ..
            } => {
                self.bodies.insert(&fact.key, (organisation, *body));
            }
            Content::BodyTerm { body } => {
                self.terms.insert(&fact.key, (body, fact.valid));
            }
            Content::Death { person } => {
                self.deaths.insert(person, fact.valid);
            }
            Content::Holding(holding) => {
                let held = Held {
                    key: &fact.key,
                    holding,
                    valid: fact.valid,
                    fresh,
                };
                self.holdings.insert(&fact.key, held);
            }
            Content::Post {
                role,
                terms,
                min,
                max,
            } => {
                let post = SeenPost {
                    role: *role,
                    terms,
                    min: *min,
                    max: *max,
                };
                self.posts.insert(&fact.key, post);
            }
            _ => {}
        }
    }

    /// The periods of the terms in which `post` hangs.
    pub fn terms_of_post(&self, post: &Key) -> Vec<Validity> {
        self.posts.get(post).map_or(Vec::new(), |post| {
            post.terms
                .iter()
                .filter_map(|term| self.terms.get(term).map(|(_, valid)| *valid))
                .collect()
        })
    }

    /// The organisations whose bodies `post` hangs in.
    pub fn organisations_of_post(&self, post: &Key) -> Vec<&'a Key> {
        self.posts.get(post).map_or(Vec::new(), |post| {
            post.terms
                .iter()
                .filter_map(|term| self.terms.get(term))
                .filter_map(|(body, _)| self.bodies.get(*body))
                .map(|(organisation, _)| *organisation)
                .collect()
        })
    }

    /// All holdings, in the order of their keys.
    pub fn sorted_holdings(&self) -> Vec<Held<'a>> {
        let mut holdings: Vec<Held<'a>> = self.holdings.values().copied().collect();
        holdings.sort_by(|a, b| a.key.cmp(b.key));
        holdings
    }
}
