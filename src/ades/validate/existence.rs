//! Proofs of existence: what accepted time-stamps show about the objects they cover. EN 319 102-1 §5.6.2.3.

use crate::base::digest::Sha256Digest;
use crate::base::time::Timestamp;

/// Which objects a time-stamp covers: every one of a lower layer.
///
/// Layers are the order in which things were covered: what a later time-stamp covers first stands above all that an
/// earlier one covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Below(pub(super) usize);

impl Below {
    /// Whether `object` is covered.
    pub(super) const fn has(self, object: &Placed) -> bool {
        object.layer < self.0
    }
}

/// An object and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Placed {
    /// SHA-256 of its encoding.
    pub(super) id: Sha256Digest,
    /// Its layer; [`Placed::NOWHERE`] for one that no layer holds.
    pub(super) layer: usize,
}

impl Placed {
    /// The layer of what is not in the file, or in a format that knows no layers.
    pub(super) const NOWHERE: usize = usize::MAX;
}

/// A time-stamp that was accepted: everything it covers existed at its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Proof {
    pub(super) coverage: Below,
    pub(super) gen_time: Timestamp,
}

/// All accepted proofs, and the moment of validation, when everything that is judged exists.
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

    /// The earliest moment at which `object` is proven to have existed.
    pub(super) fn of(&self, object: &Placed) -> Timestamp {
        let covering = self.proofs.iter().filter(|proof| proof.coverage.has(object));
        covering
            .map(|proof| proof.gen_time)
            .min()
            .map_or(self.now, |proven| proven.min(self.now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds).unwrap()
    }

    fn placed(layer: usize) -> Placed {
        Placed {
            id: Sha256Digest::of(&[u8::try_from(layer % 251).unwrap()]),
            layer,
        }
    }

    #[test]
    fn a_proof_reaches_lower_layers_only_and_the_earliest_counts() {
        let mut existence = Existence::new(at(100));
        for (layer, seconds) in [(2, 50), (5, 80)] {
            existence.add(Proof {
                coverage: Below(layer),
                gen_time: at(seconds),
            });
        }
        for (layer, expected) in [
            (0, 50),
            (1, 50),
            (2, 80),
            (4, 80),
            (5, 100),
            (Placed::NOWHERE, 100),
        ] {
            assert_eq!(existence.of(&placed(layer)), at(expected), "layer {layer}");
        }
    }
}
