//! Paths from an end entity to a pinned root: the search, and the rules of RFC 5280 §6.1.

use std::collections::HashMap;

use super::anchors::{Anchor, Anchors};
use super::certificate::Certificate;
use super::links::VerifiedLinks;
use super::name::Name;
use super::policies::PolicyInputs;
use super::purpose::{self, Purpose};
use super::refusal::Refusal;
use super::rules;
use crate::asn1::oid::Oid;
use crate::base::time::Timestamp;
use crate::crypto::policy::AlgorithmPolicy;

/// Certificates that may stand between an end entity and an anchor, by subject. None of them is trusted for being
/// here.
#[derive(Clone, Debug, Default)]
pub struct Pool {
    by_subject: HashMap<Name, Vec<Certificate>>,
}

impl Pool {
    /// An empty pool.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a certificate, once.
    pub fn insert(&mut self, certificate: Certificate) {
        let same_name = self.by_subject.entry(certificate.subject().clone()).or_default();
        if !same_name.contains(&certificate) {
            same_name.push(certificate);
        }
    }

    /// The certificates whose subject is `name`.
    pub fn named(&self, name: &Name) -> &[Certificate] {
        self.by_subject.get(name).map_or(&[], Vec::as_slice)
    }

    /// Every certificate, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = &Certificate> {
        self.by_subject.values().flatten()
    }
}

impl FromIterator<Certificate> for Pool {
    fn from_iter<T: IntoIterator<Item = Certificate>>(certificates: T) -> Self {
        let mut pool = Self::new();
        certificates
            .into_iter()
            .for_each(|certificate| pool.insert(certificate));
        pool
    }
}

/// What a search may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most certificates below the anchor. Real paths have one to three.
    pub depth: usize,
    /// Most signature verifications; enough for any honest mesh (reference pki-and-trust §2.2).
    pub signatures: usize,
    /// Most steps of the search, verified or not.
    pub steps: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            depth: 6,
            signatures: 50,
            steps: 1000,
        }
    }
}

/// What is to be validated.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The end entity.
    pub leaf: &'a Certificate,
    /// Where intermediates may come from.
    pub candidates: &'a [&'a Pool],
    /// Where the path may end.
    pub anchors: &'a Anchors,
    /// What for.
    pub purpose: Purpose,
    /// The moment asked about, UTC. Whole seconds count, both ends of every validity included.
    pub at: Timestamp,
    /// Which algorithms are accepted at that moment; `None` judges no algorithm (only to decide what to cache).
    pub algorithms: Option<&'a AlgorithmPolicy>,
    /// Inputs of RFC 5280's policy processing; the default asks nothing, as the Belgian profile needs.
    pub policies: &'a PolicyInputs,
    /// Signature checks already made, if somebody keeps them.
    pub links: Option<&'a VerifiedLinks>,
    /// Bounds of the search.
    pub limits: Limits,
    /// Whether what RFC 5280 §4 asks of issuers is asked too: serial numbers positive and short, basicConstraints
    /// critical, and the like. Without it the rules of §6.1 decide alone, as suites older than RFC 5280 have it.
    pub strict: bool,
}

impl<'a> Request<'a> {
    /// A request with the default policies and limits and nothing remembered.
    pub fn new(
        leaf: &'a Certificate,
        candidates: &'a [&'a Pool],
        anchors: &'a Anchors,
        purpose: Purpose,
        algorithms: &'a AlgorithmPolicy,
        at: Timestamp,
    ) -> Self {
        Self {
            leaf,
            candidates,
            anchors,
            purpose,
            at,
            algorithms: Some(algorithms),
            policies: PolicyInputs::NONE,
            links: None,
            limits: Limits::default(),
            strict: true,
        }
    }
}

/// A path that was validated. Only [`validate`] makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    certificates: Vec<Certificate>,
    purpose: Purpose,
    at: Timestamp,
    policies: Vec<Oid>,
}

impl Path {
    /// End entity first, anchor last; two at least.
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// The end entity.
    #[expect(clippy::indexing_slicing, reason = "a path holds two certificates at least")]
    pub fn leaf(&self) -> &Certificate {
        &self.certificates[0]
    }

    /// Whoever issued the end entity.
    #[expect(clippy::indexing_slicing, reason = "a path holds two certificates at least")]
    pub fn issuer(&self) -> &Certificate {
        &self.certificates[1]
    }

    /// The pinned root.
    pub fn anchor(&self) -> &Certificate {
        self.certificates.last().unwrap_or_else(|| self.leaf())
    }

    /// Each certificate below the anchor with its issuer, end entity first.
    pub fn links(&self) -> impl Iterator<Item = (&Certificate, &Certificate)> {
        self.certificates.iter().zip(self.certificates.iter().skip(1))
    }

    /// What it was validated for.
    pub const fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// The moment it was validated for.
    pub const fn at(&self) -> Timestamp {
        self.at
    }

    /// The policies it is valid for, as RFC 5280 §6.1.6 returns them.
    pub fn policies(&self) -> &[Oid] {
        &self.policies
    }
}

/// Finds and validates a path for `request.leaf`.
///
/// Explores every candidate: a parent that fails (expired, constrained, another key) does not end the search.
///
/// # Errors
/// The most telling refusal among the paths tried; `PATH_NO_ANCHOR` when nothing was found, `PATH_LIMIT` when the
/// search cost too much.
///
/// Source: RFC 5280 §6.1, reference pki-and-trust §2.2 to §2.4.
pub fn validate(request: &Request<'_>) -> Result<Path, Refusal> {
    let mut search = Search {
        request,
        signatures: 0,
        steps: 0,
        best: None,
        failed: Vec::new(),
    };
    let mut chain = vec![request.leaf.clone()];
    match search.extend(&mut chain) {
        Ok(Some(path)) => Ok(path),
        Ok(None) => Err(search.best.unwrap_or(Refusal::NoAnchor)),
        Err(stop) => Err(stop),
    }
}

struct Search<'a, 'r> {
    request: &'r Request<'a>,
    signatures: usize,
    steps: usize,
    best: Option<Refusal>,
    /// Links that did not verify in this search, so that a mesh does not pay for them again.
    failed: Vec<(Certificate, Certificate)>,
}

impl Search<'_, '_> {
    fn note(&mut self, refusal: Refusal) {
        if self.best.as_ref().is_none_or(|best| refusal.rank() > best.rank()) {
            self.best = Some(refusal);
        }
    }

    /// Tries to complete `chain` (end entity first). `Err` stops the whole search.
    fn extend(&mut self, chain: &mut Vec<Certificate>) -> Result<Option<Path>, Refusal> {
        let Some(tip) = chain.last().cloned() else {
            return Ok(None);
        };
        if tip.issuer().is_empty() {
            return Ok(None);
        }
        let request = self.request;
        for anchor in request.anchors.named(tip.issuer(), request.purpose) {
            self.step()?;
            match self.complete(chain, anchor) {
                Ok(path) => return Ok(Some(path)),
                Err(Refusal::PathLimit) => return Err(Refusal::PathLimit),
                Err(refusal) => self.note(refusal),
            }
        }
        if chain.len() >= request.limits.depth {
            return Ok(None);
        }
        let mut parents: Vec<&Certificate> = request
            .candidates
            .iter()
            .flat_map(|pool| pool.named(tip.issuer()))
            .filter(|candidate| !request.anchors.contains(candidate))
            .filter(|candidate| !chain.iter().any(|known| same_authority(known, candidate)))
            .collect();
        // Key identifiers only order: the likely parent first.
        let wanted = tip.extensions().authority_key_identifier.as_deref();
        parents.sort_by_key(|candidate| {
            let offered = candidate.extensions().subject_key_identifier.as_deref();
            u8::from(wanted.is_some() && offered.is_some() && wanted != offered)
        });
        for parent in parents {
            self.step()?;
            match self.verify(&tip, parent) {
                Ok(()) => {}
                Err(Refusal::PathLimit) => return Err(Refusal::PathLimit),
                Err(refusal) => {
                    self.note(refusal);
                    continue;
                }
            }
            chain.push(parent.clone());
            let found = self.extend(chain);
            chain.pop();
            if let Some(path) = found? {
                return Ok(Some(path));
            }
        }
        Ok(None)
    }

    fn step(&mut self) -> Result<(), Refusal> {
        self.steps = self.steps.saturating_add(1);
        if self.steps > self.request.limits.steps {
            Err(Refusal::PathLimit)
        } else {
            Ok(())
        }
    }

    fn complete(&mut self, chain: &[Certificate], anchor: &Anchor) -> Result<Path, Refusal> {
        let Some(top) = chain.last() else {
            return Err(Refusal::NoAnchor);
        };
        self.verify(top, &anchor.certificate)?;
        let request = self.request;
        let mut certificates = chain.to_vec();
        certificates.push(anchor.certificate.clone());
        let policies = rules::check(&certificates, request)?;
        let above = certificates.get(1..).unwrap_or_default();
        purpose::check(request.leaf, above, request.purpose, anchor.generation.as_deref())?;
        Ok(Path {
            certificates,
            purpose: request.purpose,
            at: request.at,
            policies,
        })
    }

    /// Checks the signature on `child` under the key of `parent`, unless that was done before.
    fn verify(&mut self, child: &Certificate, parent: &Certificate) -> Result<(), Refusal> {
        if self.request.links.is_some_and(|links| links.holds(child, parent)) {
            return Ok(());
        }
        let failed = || Refusal::SignatureInvalid {
            certificate: child.fingerprint(),
        };
        if self
            .failed
            .iter()
            .any(|(known, under)| known == child && under == parent)
        {
            return Err(failed());
        }
        self.signatures = self.signatures.saturating_add(1);
        if self.signatures > self.request.limits.signatures {
            return Err(Refusal::PathLimit);
        }
        let unknown = Refusal::AlgorithmUnknown {
            certificate: child.fingerprint(),
        };
        let algorithm = child.signature_algorithm().ok_or(unknown.clone())?;
        let key = parent.public_key().map_err(|_| unknown)?;
        if key.verify(algorithm, child.tbs_der(), child.signature()).is_err() {
            self.failed.push((child.clone(), parent.clone()));
            return Err(failed());
        }
        if let Some(links) = self.request.links {
            links.remember(child, parent);
        }
        Ok(())
    }
}

/// Whether two certificates are of one authority (one name, one key): both in one path would be a loop.
fn same_authority(left: &Certificate, right: &Certificate) -> bool {
    left == right || (left.spki_der() == right.spki_der() && left.subject() == right.subject())
}
