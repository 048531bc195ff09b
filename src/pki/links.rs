//! Signature checks that were made already.

use std::collections::HashSet;
use std::sync::{PoisonError, RwLock};

use super::certificate::Certificate;
use crate::base::digest::Sha256Digest;

/// Most links remembered: about 430 issuing authorities exist, each with a root or two.
const CAPACITY: usize = 4096;

/// Remembers which authority's certificate was signed by which key, so that a path costs one verification.
///
/// Only signatures of authorities' certificates go in, never a leaf's; time, algorithms and every other rule are
/// judged anew for each path. Keys are SHA-256 of whole certificates and whole keys.
#[derive(Debug, Default)]
pub struct VerifiedLinks {
    known: RwLock<HashSet<(Sha256Digest, Sha256Digest)>>,
    responders: RwLock<HashSet<(Sha256Digest, Sha256Digest)>>,
}

impl VerifiedLinks {
    /// Nothing verified yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether `child` is signed by the key of `parent`; nothing else is looked at.
    pub fn verify(&self, child: &Certificate, parent: &Certificate) -> bool {
        if self.holds(child, parent) {
            return true;
        }
        let (Some(algorithm), Ok(key)) = (child.signature_algorithm(), parent.public_key()) else {
            return false;
        };
        let holds = key.verify(algorithm, child.tbs_der(), child.signature()).is_ok();
        if holds {
            self.remember(child, parent);
        }
        holds
    }

    /// Whether `child` is known to be signed by the key of `parent`.
    pub(super) fn holds(&self, child: &Certificate, parent: &Certificate) -> bool {
        let key = (child.fingerprint(), parent.fingerprint());
        self.known
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .contains(&key)
    }

    /// Remembers that `child`, an authority, verified under the key of `parent`.
    pub(super) fn remember(&self, child: &Certificate, parent: &Certificate) {
        if !child
            .extensions()
            .basic_constraints
            .is_some_and(|constraints| constraints.is_ca)
        {
            return;
        }
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= CAPACITY {
            known.clear();
        }
        known.insert((child.fingerprint(), parent.fingerprint()));
    }

    /// Whether `responder` is known to be signed by the key of `issuer`.
    pub(super) fn holds_responder(&self, responder: &Certificate, issuer: &Certificate) -> bool {
        let key = (responder.fingerprint(), issuer.fingerprint());
        self.responders
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .contains(&key)
    }

    /// Remembers that an OCSP responder's certificate verified under the key of `issuer`.
    pub(super) fn remember_responder(&self, responder: &Certificate, issuer: &Certificate) {
        let mut responders = self.responders.write().unwrap_or_else(PoisonError::into_inner);
        if responders.len() >= CAPACITY {
            responders.clear();
        }
        responders.insert((responder.fingerprint(), issuer.fingerprint()));
    }
}
