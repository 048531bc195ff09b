//! What a correction or revocation changes in answers given before.

use super::key::PersonKey;
use super::plan::Object;
use super::snapshot::Snapshot;
use super::verdict::{Question, Verdict};

/// An answer given before that would be another one now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Affected {
    /// The answer then.
    pub before: Verdict,
    /// The answer about the same moment with what is known now.
    pub now: Verdict,
}

/// Of the answers given `before`, each with the object it was about, those whose yes or no is another with what
/// `snapshot` knows.
///
/// The moment asked about stays; only the knowledge is newer. An answer of another board is left out.
pub fn affected<'a>(
    snapshot: &Snapshot,
    before: impl IntoIterator<Item = (&'a Verdict, &'a Object)>,
) -> Vec<Affected> {
    before
        .into_iter()
        .filter(|(verdict, _)| verdict.board == snapshot.board())
        .filter_map(|(verdict, object)| {
            let person: &PersonKey = &verdict.person;
            let now = snapshot.may(&Question {
                person,
                action: verdict.action,
                object,
                capacity: None,
                at: verdict.at,
            });
            (now.is_permit() != verdict.is_permit()).then(|| Affected {
                before: verdict.clone(),
                now,
            })
        })
        .collect()
}
