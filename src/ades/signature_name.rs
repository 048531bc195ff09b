//! How a report names a signature, and how whoever means one names it again: by its place in the file.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Deepest counter-signature on a counter-signature that is read or made. The standards set no bound.
pub const COUNTERS_DEEP_AT_MOST: usize = 8;
/// Most counter-signatures of one signature, those on counter-signatures among them: each is judged for itself.
pub const COUNTERS_AT_MOST: usize = 64;

/// A signature of a file: one over the content, or a counter-signature, however deep.
///
/// Its text, as `signer 1, counter-signature 2`, is in reports and on the command line; the numbers here begin at 0,
/// those in words at 1.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SignatureName {
    /// Number of the signature over the content.
    pub signer: usize,
    /// From there inward: the number of each counter-signature on the one before.
    pub counters: Vec<usize>,
}

impl SignatureName {
    /// The signature over the content with this number.
    pub const fn signer(signer: usize) -> Self {
        Self {
            signer,
            counters: Vec::new(),
        }
    }

    /// The counter-signature number `number` on this one.
    #[must_use]
    pub fn counter(&self, number: usize) -> Self {
        let mut counters = self.counters.clone();
        counters.push(number);
        Self {
            signer: self.signer,
            counters,
        }
    }

    /// Whether one more counter-signature has a place on it, of all signatures `known` of its file.
    pub fn takes_counter<'n>(&self, known: impl Iterator<Item = &'n Self>) -> bool {
        let there = known.filter(|one| one.signer == self.signer && one.is_counter());
        self.counters.len() < COUNTERS_DEEP_AT_MOST && there.count() < COUNTERS_AT_MOST
    }

    /// Whether it is a counter-signature.
    pub const fn is_counter(&self) -> bool {
        !self.counters.is_empty()
    }
}

impl fmt::Display for SignatureName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "signer {}", self.signer.saturating_add(1))?;
        for counter in &self.counters {
            write!(f, ", counter-signature {}", counter.saturating_add(1))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::SignatureName;

    #[test]
    fn numbers_in_words_begin_at_one() {
        let first = SignatureName::signer(0);
        assert_eq!(first.to_string(), "signer 1");
        assert_eq!(
            first.counter(1).counter(0).to_string(),
            "signer 1, counter-signature 2, counter-signature 1"
        );
    }
}
