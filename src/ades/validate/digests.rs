//! One pass over the file for all its signatures.
//!
//! Every signature covers the file from its first byte. Hashing each one anew costs the length of the file a
//! signature; here one running digest per algorithm leaves a midstate wherever one is needed.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;

use crate::base::bytes::ReadAt;
use crate::base::digest::{HashAlgorithm, Hasher, Sha256Digest};
use crate::pdf::signature::{Signature, hash_range};

/// Midstates of the file's digest, by algorithm and offset.
pub(super) struct Digests {
    source: Arc<dyn ReadAt>,
    midstates: BTreeMap<(HashAlgorithm, u64), Hasher>,
    whole: Sha256Digest,
    /// Digests of byte ranges that were made already: a file may be judged for several moments.
    made: RefCell<Made>,
}

/// Digests by algorithm and byte range.
type Made = BTreeMap<(HashAlgorithm, [u64; 4]), Vec<u8>>;

impl Digests {
    /// Reads the file once for each algorithm in `wanted`, and once for its SHA-256 in any case.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(super) fn new(source: Arc<dyn ReadAt>, wanted: &BTreeSet<(HashAlgorithm, u64)>) -> io::Result<Self> {
        let mut midstates = BTreeMap::new();
        let mut whole = Sha256Digest([0; 32]);
        for algorithm in HashAlgorithm::ALL {
            let mut running = Hasher::new(algorithm);
            let mut at = 0;
            for (_, offset) in wanted.iter().filter(|(known, _)| *known == algorithm) {
                hash_range(&mut running, &*source, at, offset.saturating_sub(at))?;
                at = *offset;
                midstates.insert((algorithm, at), running.clone());
            }
            if algorithm == HashAlgorithm::Sha256 {
                hash_range(&mut running, &*source, at, source.len().saturating_sub(at))?;
                whole = Sha256Digest(running.finish().try_into().unwrap_or_default());
            }
        }
        Ok(Self {
            source,
            midstates,
            whole,
            made: RefCell::default(),
        })
    }

    /// SHA-256 of the whole file.
    pub(super) const fn whole(&self) -> Sha256Digest {
        self.whole
    }

    /// The digest of the file up to `offset` as far as `wanted` named it.
    pub(super) fn prefix(&self, algorithm: HashAlgorithm, offset: u64) -> Option<Hasher> {
        self.midstates.get(&(algorithm, offset)).cloned()
    }

    /// The digest of what `signature` covers.
    pub(super) fn of(&self, signature: &Signature, algorithm: HashAlgorithm) -> Option<Vec<u8>> {
        let key = (algorithm, signature.byte_range);
        if let Some(known) = self.made.borrow().get(&key) {
            return Some(known.clone());
        }
        let mut hasher = self.prefix(algorithm, signature.contents_span.start)?;
        let [_, _, second, rest] = signature.byte_range;
        hash_range(&mut hasher, &*self.source, second, rest).ok()?;
        let digest = hasher.finish();
        self.made.borrow_mut().insert(key, digest.clone());
        Some(digest)
    }
}
