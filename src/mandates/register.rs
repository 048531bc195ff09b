//! All facts of one board on both time axes.

use std::collections::HashSet;
use std::sync::Arc;

use super::facts::{Content, Fact, FactId};
use super::rules::RuleSet;
use super::snapshot::Snapshot;
use super::verdict::{Question, Verdict};
use crate::base::time::Timestamp;
use crate::identity::BoardId;

/// Every fact a board ever recorded, the corrected ones too.
#[derive(Clone, Debug)]
pub struct Register {
    board: BoardId,
    facts: Vec<Arc<Fact>>,
}

/// Why a fact cannot stand in a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegisterError {
    /// Another fact has its id.
    #[error("the fact {0} is there already")]
    Duplicate(FactId),
    /// It belongs to another board.
    #[error("the fact {0} belongs to another board")]
    ForeignBoard(FactId),
    /// It corrects a fact that is not there, that is recorded later, or that another fact corrects already.
    #[error("the fact {0} corrects a fact that cannot be corrected")]
    Correction(FactId),
}

impl Register {
    /// An empty register of `board`.
    pub const fn new(board: BoardId) -> Self {
        Self {
            board,
            facts: Vec::new(),
        }
    }

    /// A register of `facts`, in any order.
    ///
    /// # Errors
    /// As [`RegisterError`] says; one bad fact refuses the whole, because an answer from half a register is none.
    pub fn load(board: BoardId, mut facts: Vec<Fact>) -> Result<Self, RegisterError> {
        facts.sort_by_key(|fact| (fact.recorded_at, fact.id));
        let mut ids = HashSet::with_capacity(facts.len());
        let mut corrected = HashSet::new();
        for fact in &facts {
            if fact.board != board {
                return Err(RegisterError::ForeignBoard(fact.id));
            }
            // WHY before insertion: a fact corrects only what was recorded before it, so no fact corrects itself.
            if let Some(earlier) = fact.stated.supersedes
                && (!ids.contains(&earlier) || !corrected.insert(earlier))
            {
                return Err(RegisterError::Correction(fact.id));
            }
            if !ids.insert(fact.id) {
                return Err(RegisterError::Duplicate(fact.id));
            }
        }
        Ok(Self {
            board,
            facts: facts.into_iter().map(Arc::new).collect(),
        })
    }

    /// The board.
    pub const fn board(&self) -> BoardId {
        self.board
    }

    /// Every fact, in the order of recording.
    pub fn facts(&self) -> impl Iterator<Item = &Fact> {
        self.facts.iter().map(Arc::as_ref)
    }

    /// The facts that were known and not yet corrected at `known_at`.
    pub fn known_at(&self, known_at: Timestamp) -> Vec<Arc<Fact>> {
        let recorded: Vec<&Arc<Fact>> = self
            .facts
            .iter()
            .filter(|fact| fact.recorded_at <= known_at)
            .collect();
        let corrected: HashSet<FactId> = recorded
            .iter()
            .filter_map(|fact| fact.stated.supersedes)
            .collect();
        recorded
            .into_iter()
            .filter(|fact| {
                !corrected.contains(&fact.id) && !matches!(fact.stated.content, Content::Withdrawn { .. })
            })
            .cloned()
            .collect()
    }

    /// What was true at `at`, as known at `known_at`.
    pub fn as_of(&self, at: Timestamp, known_at: Timestamp) -> Vec<Arc<Fact>> {
        let mut facts = self.known_at(known_at);
        facts.retain(|fact| fact.stated.valid.contains(at));
        facts
    }

    /// Everything ever recorded about one thing, corrections included, in the order of recording.
    pub fn history(&self, key: &str) -> Vec<&Fact> {
        self.facts()
            .filter(|fact| fact.stated.key.as_str() == key)
            .collect()
    }

    /// The facts known at `known_at`, indexed for questions, under `rules`.
    pub fn snapshot(&self, known_at: Timestamp, rules: Arc<RuleSet>) -> Snapshot {
        Snapshot::build(self.board, self.known_at(known_at), known_at, rules)
    }

    /// Answers one question as known at `known_at`. Whoever asks more than once keeps a [`Snapshot`].
    pub fn may(&self, question: &Question<'_>, known_at: Timestamp, rules: Arc<RuleSet>) -> Verdict {
        self.snapshot(known_at, rules).may(question)
    }
}
