//! What a reading adds to what is known: new facts, corrections of changed ones, nothing for the same again.

use std::collections::HashMap;
use std::sync::Arc;

use super::Reading;
use crate::mandates::facts::Fact;
use crate::mandates::{Key, NewFact};

/// The outcome of comparing a reading with what is known.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// To be recorded: new facts, and corrections that name what they supersede.
    pub facts: Vec<NewFact>,
    /// How many of them are corrections.
    pub corrections: usize,
    /// How many statements were known already, word for word.
    pub unchanged: usize,
}

/// Compares `reading` with the facts known and uncorrected so far.
///
/// A fact with the same subject, kind and period start, or else the only one with the same subject and kind, is the
/// one a changed statement corrects. What the reading no longer says stays as it is: sources leave out, and an
/// omission proves nothing.
pub fn reconcile(reading: Reading, known: &[Arc<Fact>]) -> Changes {
    let mut by_subject: HashMap<(&Key, &'static str), Vec<&Arc<Fact>>> = HashMap::new();
    for fact in known {
        by_subject
            .entry((&fact.stated.key, fact.stated.content.kind()))
            .or_default()
            .push(fact);
    }
    let mut changes = Changes::default();
    let mut used = std::collections::HashSet::new();
    for mut fact in reading.facts {
        let same_subject: Vec<&Arc<Fact>> = by_subject
            .get(&(&fact.key, fact.content.kind()))
            .map_or(&[][..], Vec::as_slice)
            .iter()
            .copied()
            .filter(|known| !used.contains(&known.id))
            .collect();
        if same_subject
            .iter()
            .any(|known| known.stated.content == fact.content && known.stated.valid == fact.valid)
        {
            changes.unchanged = changes.unchanged.saturating_add(1);
            continue;
        }
        let corrected = same_subject
            .iter()
            .find(|known| known.stated.valid.start() == fact.valid.start())
            .or(match same_subject.as_slice() {
                [only] => Some(only),
                _ => None,
            });
        if let Some(corrected) = corrected {
            used.insert(corrected.id);
            fact.supersedes = Some(corrected.id);
            changes.corrections = changes.corrections.saturating_add(1);
        }
        changes.facts.push(fact);
    }
    changes
}
