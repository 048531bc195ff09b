//! What a signature is over: bytes that can be read, or digests of bytes that stay with their owner.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use crate::base::bytes::ReadAt;
use crate::base::digest::{HashAlgorithm, Hasher};
use crate::pdf::signature::hash_range_by;

/// Content as a caller hands it over.
#[derive(Clone)]
pub enum Content {
    /// The bytes. They are read in pieces and never held.
    Bytes(Arc<dyn ReadAt>),
    /// Digests of the bytes, by their hash: the content never leaves its owner.
    Digests(BTreeMap<HashAlgorithm, Vec<u8>>),
}

impl Content {
    /// The content whose digest with `hash` is `digest`.
    ///
    /// `digest` must be as long as `hash` makes it; of another length it never equals anything.
    pub fn digest_only(hash: HashAlgorithm, digest: Vec<u8>) -> Self {
        Self::Digests(BTreeMap::from([(hash, digest)]))
    }

    /// The digest with `hash`; none when only others are known.
    ///
    /// # Errors
    /// What reading the bytes reports.
    pub fn digest(&self, hash: HashAlgorithm) -> io::Result<Option<Vec<u8>>> {
        Ok(self.digests(&[hash])?.remove(&hash))
    }

    /// The digests with each of `hashes` as far as they can be had, from one reading.
    ///
    /// # Errors
    /// What reading the bytes reports.
    pub fn digests(&self, hashes: &[HashAlgorithm]) -> io::Result<BTreeMap<HashAlgorithm, Vec<u8>>> {
        match self {
            Self::Bytes(source) => {
                let mut running: BTreeMap<HashAlgorithm, Hasher> =
                    hashes.iter().map(|hash| (*hash, Hasher::new(*hash))).collect();
                let mut hashers: Vec<&mut Hasher> = running.values_mut().collect();
                hash_range_by(&mut hashers, &**source, 0, source.len())?;
                Ok(running
                    .into_iter()
                    .map(|(hash, hasher)| (hash, hasher.finish()))
                    .collect())
            }
            Self::Digests(known) => Ok(known
                .iter()
                .filter(|(hash, digest)| {
                    hashes.contains(hash) && digest.as_slice().len() == hash.output_bytes()
                })
                .map(|(hash, digest)| (*hash, digest.clone()))
                .collect()),
        }
    }

    /// The bytes, when they are at hand.
    pub fn bytes(&self) -> Option<&Arc<dyn ReadAt>> {
        match self {
            Self::Bytes(source) => Some(source),
            Self::Digests(_) => None,
        }
    }
}

/// Content with the name that a signature beside it refers to it by.
#[derive(Clone)]
pub struct DataObject {
    /// Its URI; none where content stands alone and needs no name.
    pub name: Option<String>,
    /// Its media type, for `ctys`.
    pub media_type: Option<String>,
    /// The bytes, or digests of them.
    pub content: Content,
}
