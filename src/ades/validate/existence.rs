//! Proofs of existence: what accepted document time-stamps show about earlier revisions.

use crate::base::time::Timestamp;

/// A document time-stamp that was accepted: everything in the revisions before its own existed at its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Proof {
    /// The revision that holds the time-stamp.
    pub(super) revision: usize,
    /// Its time.
    pub(super) gen_time: Timestamp,
}

/// All accepted proofs, and the moment of validation, when everything that is judged exists.
///
/// Source: EN 319 102-1 §5.6.2.3.
#[derive(Clone, Debug)]
pub(super) struct Existence {
    now: Timestamp,
    proofs: Vec<Proof>,
}

impl Existence {
    /// Nothing proven: everything exists `now`.
    pub(super) const fn new(now: Timestamp) -> Self {
        Self {
            now,
            proofs: Vec::new(),
        }
    }

    /// Adds an accepted proof.
    pub(super) fn add(&mut self, proof: Proof) {
        self.proofs.push(proof);
    }

    /// The earliest moment at which what stands in `revision` is proven to have existed.
    pub(super) fn of_revision(&self, revision: usize) -> Timestamp {
        let covering = self.proofs.iter().filter(|proof| proof.revision > revision);
        covering
            .map(|proof| proof.gen_time)
            .min()
            .map_or(self.now, |proven| proven.min(self.now))
    }

    /// Whether anything but the moment of validation proves `revision`.
    pub(super) fn covers(&self, revision: usize) -> bool {
        self.proofs.iter().any(|proof| proof.revision > revision)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_reaches_earlier_revisions_only_and_the_earliest_counts() {
        let at = |seconds| Timestamp::from_seconds(seconds).unwrap();
        let mut existence = Existence::new(at(100));
        existence.add(Proof {
            revision: 2,
            gen_time: at(50),
        });
        existence.add(Proof {
            revision: 5,
            gen_time: at(80),
        });
        for (revision, expected, covered) in [
            (0, 50, true),
            (1, 50, true),
            (2, 80, true),
            (4, 80, true),
            (5, 100, false),
            (9, 100, false),
        ] {
            assert_eq!(
                existence.of_revision(revision),
                at(expected),
                "revision {revision}"
            );
            assert_eq!(existence.covers(revision), covered, "revision {revision}");
        }
    }
}
