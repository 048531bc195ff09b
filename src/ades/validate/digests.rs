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

/// From this length on a thread for each algorithm costs less than it saves.
const SIDE_BY_SIDE_BYTES: u64 = 8 << 20;

/// One algorithm's way through the file.
struct Running {
    algorithm: HashAlgorithm,
    offsets: Vec<u64>,
    running: Hasher,
    midstates: Vec<((HashAlgorithm, u64), Hasher)>,
    /// Whether it goes on to the end of the file: SHA-256 does.
    is_whole: bool,
}

impl Running {
    fn new(algorithm: HashAlgorithm, offsets: Vec<u64>) -> Self {
        Self {
            algorithm,
            offsets,
            running: Hasher::new(algorithm),
            midstates: Vec::new(),
            is_whole: algorithm == HashAlgorithm::Sha256,
        }
    }

    const fn is_idle(&self) -> bool {
        self.offsets.is_empty() && !self.is_whole
    }

    fn run(&mut self, source: &dyn ReadAt) -> io::Result<()> {
        let mut at = 0;
        for offset in &self.offsets {
            hash_range(&mut self.running, source, at, offset.saturating_sub(at))?;
            at = *offset;
            self.midstates.push(((self.algorithm, at), self.running.clone()));
        }
        if self.is_whole {
            hash_range(&mut self.running, source, at, source.len().saturating_sub(at))?;
        }
        Ok(())
    }
}

/// Digests by algorithm and byte range.
type Made = BTreeMap<(HashAlgorithm, [u64; 4]), Vec<u8>>;

impl Digests {
    /// Reads the file once for each algorithm in `wanted`, and once for its SHA-256 in any case; side by side when it is
    /// large.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(super) fn new(source: Arc<dyn ReadAt>, wanted: &BTreeSet<(HashAlgorithm, u64)>) -> io::Result<Self> {
        let wanted_of = |algorithm: HashAlgorithm| -> Vec<u64> {
            let offsets = wanted.iter().filter(|(known, _)| *known == algorithm);
            offsets.map(|(_, offset)| *offset).collect()
        };
        let mut all: Vec<Running> = HashAlgorithm::ALL
            .into_iter()
            .map(|algorithm| Running::new(algorithm, wanted_of(algorithm)))
            .filter(|running| !running.is_idle())
            .collect();
        if source.len() >= SIDE_BY_SIDE_BYTES {
            std::thread::scope(|scope| {
                let threads: Vec<_> = all
                    .iter_mut()
                    .map(|one| scope.spawn(|| one.run(&*source)))
                    .collect();
                threads.into_iter().try_for_each(|thread| {
                    thread
                        .join()
                        .unwrap_or_else(|_| Err(io::Error::other("a digest could not be made")))
                })
            })?;
        } else {
            all.iter_mut().try_for_each(|one| one.run(&*source))?;
        }
        let mut midstates = BTreeMap::new();
        let mut whole = Sha256Digest([0; 32]);
        for one in all {
            if one.is_whole {
                whole = Sha256Digest(one.running.finish().try_into().unwrap_or_default());
            }
            midstates.extend(one.midstates);
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
