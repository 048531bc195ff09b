//! What a reading adds to what is known: new facts, corrections of changed ones, nothing for the same again.

use std::collections::HashMap;
use std::sync::Arc;

use super::Reading;
use crate::base::time::Timestamp;
use crate::mandates::facts::{Content, Fact};
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
    /// Corrections by which an authority that has ended would come back. Not among the others: an export made before
    /// the end says the same as a source that found its mistake, so somebody must say which it is.
    pub reopened: Vec<NewFact>,
}

impl Changes {
    /// Takes what would come back among the corrections: somebody said that it is right.
    pub fn accept_reopened(&mut self) {
        self.corrections = self.corrections.saturating_add(self.reopened.len());
        self.facts.append(&mut self.reopened);
    }
}

/// Compares `reading` with the facts known and uncorrected so far.
///
/// A fact with the same subject, kind and period start, or else the only one with the same subject and kind, is the
/// one a changed statement corrects. What the reading no longer says stays as it is: sources leave out, and an
/// omission proves nothing. What had ended at `now` does not come back by itself.
pub fn reconcile(reading: Reading, known: &[Arc<Fact>], now: Timestamp) -> Changes {
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
            if reopens(corrected, &fact, now) {
                changes.reopened.push(fact);
                continue;
            }
            changes.corrections = changes.corrections.saturating_add(1);
        }
        changes.facts.push(fact);
    }
    changes
}

/// Whether `new` lengthens a fact that lets somebody act and had ended at `now`.
fn reopens(known: &Fact, new: &NewFact, now: Timestamp) -> bool {
    let lets_act = matches!(
        new.content,
        Content::BodyTerm { .. } | Content::Employment { .. } | Content::Grant(_) | Content::Holding(_)
    );
    lets_act
        && known
            .stated
            .valid
            .end()
            .is_some_and(|ended| ended <= now && new.valid.end().is_none_or(|end| end > ended))
}
