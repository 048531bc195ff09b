//! What the evidence at hand says of one certificate, for a moment in the past. EN 319 102-1 §5.2.5 and §5.2.4.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use super::existence::Existence;
use super::material::{Item, Material};
use super::policy::{Freshness, ValidationPolicy};
use super::signature_policy;
use crate::base::digest::{HashAlgorithm, Sha256Digest};
use crate::base::time::Timestamp;
use crate::crypto::algorithm::SignatureAlgorithm;
use crate::crypto::key::KeyKind;
use crate::crypto::policy::{AlgorithmPolicy, AlgorithmRefusal};
use crate::pki::certificate::Certificate;
use crate::pki::crl::{Crl, CrlDefect, UnverifiedCrl};
use crate::pki::ocsp::{self, CertId, OcspDefect};
use crate::pki::status::{CertificateStatus, Reason};
use crate::pki::trust::Trust;

/// How far the clocks of responder and time-stamping unit may differ.
const SKEW: Duration = Duration::from_mins(5);

/// What a certificate is in its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// An issuing authority.
    Authority,
    /// The signer.
    EndEntity,
    /// A time-stamping unit.
    TimeStamping,
}

impl Role {
    /// How much older than the moment in question evidence may be.
    const fn freshness(self, policy: &ValidationPolicy) -> Freshness {
        match self {
            Self::Authority => policy.authority_freshness,
            Self::EndEntity => policy.signer_freshness,
            Self::TimeStamping => policy.time_stamp_freshness,
        }
    }
}

/// What is known of one certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Revocation {
    /// An algorithm of the evidence was not accepted when the evidence is first proven.
    Algorithm(AlgorithmRefusal),
    /// Good at the moment asked about.
    Good {
        /// The evidence; none when none is needed.
        evidence: Option<Sha256Digest>,
    },
    /// Nothing usable; the causes of what was found, in words.
    Missing(Vec<String>),
    /// On hold.
    OnHold {
        /// Since when.
        since: Timestamp,
        /// When newer evidence is due.
        next: Option<Timestamp>,
    },
    /// Evidence is there, but whoever signed it is out of validity without proof that it existed before.
    ResponderOutOfBounds,
    /// Revoked.
    Revoked {
        /// Since when.
        at: Timestamp,
        /// Why.
        reason: Reason,
    },
    /// The newest evidence is older than allowed.
    Stale {
        /// The moment it speaks of.
        this_update: Timestamp,
        /// When newer evidence is due.
        next: Option<Timestamp>,
    },
}

/// One statement about a certificate, verified, whatever the moment.
#[derive(Clone, Debug)]
pub(super) struct Spoken {
    pub(super) status: CertificateStatus,
    pub(super) this_update: Timestamp,
    pub(super) next_update: Option<Timestamp>,
    /// The evidence that says so.
    pub(super) evidence: Sha256Digest,
    /// An appointed responder, and whether its own status must be known; none when the issuer itself speaks.
    responder: Option<(Certificate, bool)>,
    algorithm: Option<(SignatureAlgorithm, KeyKind)>,
}

/// Everything said about a certificate, and why the rest was not used.
#[derive(Clone, Debug, Default)]
pub(super) struct Heard {
    spoken: Vec<Spoken>,
    causes: Vec<String>,
}

/// What was verified already: no statement depends on the moment, so each certificate is looked up once, and each list
/// is read and verified once for all certificates of its issuer.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// By certificate and issuer.
    heard: RefCell<HashMap<(Sha256Digest, Sha256Digest), Rc<Heard>>>,
    /// By list and issuer.
    lists: RefCell<HashMap<(Sha256Digest, Sha256Digest), Rc<Listed>>>,
    /// Of documents of signature policies.
    pub(super) policy_digests: signature_policy::Digests,
}

/// How many signatures may still be verified.
#[derive(Debug)]
pub(super) struct Budget(Cell<usize>);

impl Budget {
    /// So many.
    pub(super) const fn new(verifications: usize) -> Self {
        Self(Cell::new(verifications))
    }

    /// Takes one off. Tells whether there was one.
    pub(super) fn spend(&self) -> bool {
        let left = self.0.get().checked_sub(1);
        self.0.set(left.unwrap_or_default());
        left.is_some()
    }

    /// Whether none is left.
    pub(super) const fn is_spent(&self) -> bool {
        self.0.get() == 0
    }
}

/// A list that was verified with the algorithm it is signed with, or why it is no evidence.
type Listed = Result<(Crl, Option<SignatureAlgorithm>), CrlDefect>;

/// Judges certificates by what came along with the signatures.
#[derive(Clone, Copy)]
pub(super) struct Judge<'a> {
    pub(super) material: &'a Material,
    pub(super) existence: &'a Existence,
    pub(super) trust: &'a Trust,
    pub(super) algorithms: &'a AlgorithmPolicy,
    pub(super) policy: &'a ValidationPolicy,
    pub(super) memory: &'a Memory,
    pub(super) now: Timestamp,
    /// Whether certificates of authorities count that did not come along.
    pub(super) embedded_only: bool,
}

/// Up to when what an authority signed counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Until {
    /// What is proven to be no later: whoever stole the key writes any date.
    Proven(Timestamp),
    /// What states no later moment of itself, or is proven to be no later: the key was given up, and nobody has cause to
    /// write another date.
    Stated(Timestamp),
}

impl Until {
    /// Whether something counts that states `stated` of itself and is first proven at `proven`.
    pub(super) fn lets_in(self, stated: Timestamp, proven: Timestamp) -> bool {
        match self {
            Self::Proven(end) => proven <= end,
            Self::Stated(end) => stated <= end || proven <= end,
        }
    }
}

/// Why a statement does not count at the moment.
enum Unusable {
    Algorithm(AlgorithmRefusal),
    OutOfBounds,
    Responder,
    Time,
}

impl Judge<'_> {
    /// The earliest moment at which the object with this digest is proven to have existed.
    pub(super) fn proven(&self, id: Sha256Digest) -> Timestamp {
        self.existence.of(&self.material.place(id))
    }

    /// What is known of `certificate`, issued by `issuer`, when it must be fresh for `fresh_for`.
    ///
    /// `until`: later evidence does not count; what is proven at the moment of validation is all of it.
    pub(super) fn status(
        &self,
        certificate: &Certificate,
        issuer: &Certificate,
        role: Role,
        fresh_for: Timestamp,
        until: Until,
    ) -> Revocation {
        if Self::needs_no_status(certificate, role) {
            return Revocation::Good { evidence: None };
        }
        let heard = self.heard(certificate, issuer);
        let mut causes = heard.causes.clone();
        let (mut out_of_bounds, mut algorithm) = (false, None);
        let mut usable: Vec<&Spoken> = Vec::new();
        for one in &heard.spoken {
            match self.usable(one, certificate, issuer, until) {
                Ok(()) => usable.push(one),
                Err(Unusable::Algorithm(refusal)) => algorithm = Some(refusal),
                Err(Unusable::OutOfBounds) => out_of_bounds = true,
                Err(Unusable::Responder) => note(&mut causes, "OCSP_SIGNER_REVOKED"),
                Err(Unusable::Time) => note(&mut causes, "REV_TIME"),
            }
        }
        let newest = usable.iter().max_by_key(|one| self.rank(one));
        let Some(newest) = newest else {
            return match algorithm {
                _ if out_of_bounds => Revocation::ResponderOutOfBounds,
                Some(refusal) => Revocation::Algorithm(refusal),
                None => Revocation::Missing(causes),
            };
        };
        let is_fresh = |one: &Spoken| self.is_fresh(one, role, fresh_for);
        match newest.status {
            CertificateStatus::Revoked {
                at,
                reason: Reason::CertificateHold,
            } => Revocation::OnHold {
                since: at,
                next: newest.next_update,
            },
            CertificateStatus::Revoked { at, reason } => Revocation::Revoked { at, reason },
            CertificateStatus::Unknown => Revocation::Missing(vec!["REV_UNKNOWN".to_owned()]),
            CertificateStatus::Good if !is_fresh(newest) => Revocation::Stale {
                this_update: newest.this_update,
                next: newest.next_update,
            },
            CertificateStatus::Good => {
                // For the level: of all that is fresh, what stood first in the file.
                let fresh = usable
                    .iter()
                    .filter(|one| one.status == CertificateStatus::Good && is_fresh(one));
                let first = fresh.min_by_key(|one| self.material.place(one.evidence).layer);
                Revocation::Good {
                    evidence: first.map(|one| one.evidence),
                }
            }
        }
    }

    /// Whether the policy takes `spoken` as new enough for `moment`, for a certificate in this role.
    pub(super) fn is_fresh(&self, spoken: &Spoken, role: Role, moment: Timestamp) -> bool {
        role.freshness(self.policy)
            .allows(spoken.this_update, spoken.next_update, moment)
    }

    /// Only the signer's own certificate: an authority or a time-stamping unit cannot spare itself.
    pub(super) fn needs_no_status(certificate: &Certificate, role: Role) -> bool {
        role == Role::EndEntity && certificate.extensions().validity_assured_short_term
    }

    /// The newest usable statement that is proven no later than `until`.
    pub(super) fn newest(
        &self,
        certificate: &Certificate,
        issuer: &Certificate,
        until: Timestamp,
    ) -> Option<Spoken> {
        let heard = self.heard(certificate, issuer);
        let usable = heard.spoken.iter().filter(|one| {
            self.usable(one, certificate, issuer, Until::Proven(until))
                .is_ok()
        });
        usable.max_by_key(|one| self.rank(one)).cloned()
    }

    /// The evidence about `certificate` that stands first in the file, whatever its moment says and what it says; none when
    /// `budget` is spent before any verifies. What was verified already costs nothing.
    pub(super) fn first_heard(
        &self,
        certificate: &Certificate,
        issuer: &Certificate,
        budget: &Budget,
    ) -> Option<Sha256Digest> {
        let answers = self.material.ocsp_about(certificate).map(|item| (item, false));
        let lists = self.material.crls_of(issuer).map(|item| (item, true));
        let mut items: Vec<(&Item, bool)> = answers.chain(lists).collect();
        items.sort_by_key(|(item, _)| self.material.place(item.id).layer);
        for (item, is_list) in items {
            let is_known = is_list
                && self
                    .memory
                    .lists
                    .borrow()
                    .contains_key(&(item.id, issuer.fingerprint()));
            if !is_known && !budget.spend() {
                return None;
            }
            let mut heard = Heard::default();
            if is_list {
                self.hear_list(item, certificate, issuer, &mut heard);
            } else {
                self.hear_answer(item, certificate, issuer, &mut heard);
            }
            if !heard.spoken.is_empty() {
                return Some(item.id);
            }
        }
        None
    }

    /// A revocation counts for good, whatever is said later: only what is on hold is ever let go (RFC 5280 §5.3.1). Else
    /// the newest tells; of equals the worst, as within one OCSP response, so that nobody gains by an order; then the
    /// one proven first.
    fn rank(&self, spoken: &Spoken) -> (bool, Timestamp, u8, std::cmp::Reverse<Timestamp>) {
        let is_final = matches!(
            spoken.status,
            CertificateStatus::Revoked { reason, .. } if reason != Reason::CertificateHold
        );
        let gravity = match spoken.status {
            CertificateStatus::Good => 0,
            CertificateStatus::Unknown => 1,
            CertificateStatus::Revoked { .. } => 2,
        };
        let proven = std::cmp::Reverse(self.proven(spoken.evidence));
        (is_final, spoken.this_update, gravity, proven)
    }

    /// The algorithm of `spoken` must have held when the evidence is first proven.
    fn usable(
        &self,
        spoken: &Spoken,
        certificate: &Certificate,
        issuer: &Certificate,
        until: Until,
    ) -> Result<(), Unusable> {
        let proven = self.proven(spoken.evidence);
        // WHY: evidence from after the expiry may have dropped the certificate, so its silence says nothing; what comes
        // after the moment of validation is not known yet.
        let speaks = spoken.this_update <= certificate.not_after().plus(SKEW)
            && spoken.this_update <= self.now.plus(SKEW)
            && until.lets_in(spoken.this_update, proven);
        if !speaks {
            return Err(Unusable::Time);
        }
        if let Some((responder, needs_status)) = &spoken.responder {
            if proven > responder.not_after() {
                return Err(Unusable::OutOfBounds);
            }
            if *needs_status && !self.responder_was_good(responder, issuer, spoken, until) {
                return Err(Unusable::Responder);
            }
        }
        if let Some((algorithm, kind)) = spoken.algorithm {
            self.algorithms
                .check(algorithm, kind, proven)
                .map_err(Unusable::Algorithm)?;
        }
        Ok(())
    }

    /// Whether a list of `issuer` shows that the appointed `responder` was not revoked when `answer` is first proven.
    ///
    /// The responder speaks for its authority, so the list may be as old for the moment of which the answer speaks as the
    /// status of an authority may be. One of any age would hide a revocation for ever.
    fn responder_was_good(
        &self,
        responder: &Certificate,
        issuer: &Certificate,
        answer: &Spoken,
        until: Until,
    ) -> bool {
        let mut heard = Heard::default();
        self.hear_lists(responder, issuer, &mut heard);
        let counted = heard.spoken.iter().filter(|one| {
            one.status != CertificateStatus::Good || until.lets_in(one.this_update, self.proven(one.evidence))
        });
        let newest = counted.max_by_key(|one| self.rank(one));
        newest.is_some_and(|one| match one.status {
            CertificateStatus::Good => self.is_fresh(one, Role::Authority, answer.this_update),
            CertificateStatus::Revoked { at, .. } => at > self.proven(answer.evidence),
            CertificateStatus::Unknown => false,
        })
    }

    fn heard(&self, certificate: &Certificate, issuer: &Certificate) -> Rc<Heard> {
        let key = (certificate.fingerprint(), issuer.fingerprint());
        if let Some(known) = self.memory.heard.borrow().get(&key) {
            return Rc::clone(known);
        }
        let mut heard = Heard::default();
        self.hear_answers(certificate, issuer, &mut heard);
        self.hear_lists(certificate, issuer, &mut heard);
        if self.material.unreadable() > 0 {
            note(&mut heard.causes, "EVIDENCE_UNREADABLE");
        }
        let heard = Rc::new(heard);
        self.memory.heard.borrow_mut().insert(key, Rc::clone(&heard));
        heard
    }

    fn hear_answers(&self, certificate: &Certificate, issuer: &Certificate, heard: &mut Heard) {
        for item in self.material.ocsp_about(certificate) {
            self.hear_answer(item, certificate, issuer, heard);
        }
    }

    fn hear_answer(&self, item: &Item, certificate: &Certificate, issuer: &Certificate, heard: &mut Heard) {
        // The hash in an identifier is the responder's choice; SHA-1 is what nearly all write.
        let identifiers =
            [HashAlgorithm::Sha1, HashAlgorithm::Sha256].map(|hash| CertId::new(certificate, issuer, hash));
        for identifier in &identifiers {
            let links = Some(self.trust.links());
            let policy = self.trust.ocsp_policy();
            let expected = ocsp::Expected {
                cert_id: identifier,
                nonce: None,
                issuer,
                policy,
                algorithms: Some(self.algorithms),
                links,
                configured: self.trust.responders().configured_for(issuer),
            };
            match ocsp::verify(&item.der, &expected) {
                Ok(answer) => {
                    let algorithm = ocsp::signature_algorithm(&item.der);
                    heard.spoken.push(Spoken {
                        status: answer.status,
                        this_update: answer.this_update,
                        next_update: answer.next_update,
                        evidence: item.id,
                        algorithm: algorithm.zip(answer.responder.key_kind()),
                        responder: (answer.responder != *issuer)
                            .then_some((answer.responder, answer.responder_needs_status)),
                    });
                }
                Err(OcspDefect::Mismatch) => {}
                Err(defect) => note(&mut heard.causes, defect.cause()),
            }
        }
    }

    fn hear_lists(&self, certificate: &Certificate, issuer: &Certificate, heard: &mut Heard) {
        for item in self.material.crls_of(issuer) {
            self.hear_list(item, certificate, issuer, heard);
        }
    }

    fn hear_list(&self, item: &Item, certificate: &Certificate, issuer: &Certificate, heard: &mut Heard) {
        let listed = self.listed(item, issuer);
        let spoken = match &*listed {
            Ok((list, algorithm)) => list.status_of(certificate).map(|status| Spoken {
                status,
                this_update: list.this_update(),
                next_update: list.next_update(),
                evidence: item.id,
                // A list signed by the issuer itself needs no other certificate than the path's own.
                responder: None,
                algorithm: algorithm.zip(issuer.key_kind()),
            }),
            Err(defect) => Err(*defect),
        };
        match spoken {
            Ok(spoken) => heard.spoken.push(spoken),
            // A list for other certificates says nothing.
            Err(CrlDefect::Signer | CrlDefect::Scope) => {}
            Err(defect) => note(&mut heard.causes, defect.cause()),
        }
    }

    fn listed(&self, item: &Item, issuer: &Certificate) -> Rc<Listed> {
        let key = (item.id, issuer.fingerprint());
        if let Some(known) = self.memory.lists.borrow().get(&key) {
            return Rc::clone(known);
        }
        let is_anchor = self.trust.material().anchors.contains(issuer);
        let sha1_until = if is_anchor {
            self.trust.data().sha1_root_crl_until()
        } else {
            None
        };
        let mut algorithm = None;
        let list = UnverifiedCrl::parse(&item.der).and_then(|list| {
            algorithm = list.signature_algorithm();
            list.verify(issuer, self.algorithms, sha1_until)
        });
        // A list of a pinned root that was accepted for its date is judged no further.
        let algorithm = algorithm.filter(|known| known.hash() != HashAlgorithm::Sha1 || sha1_until.is_none());
        let listed = Rc::new(list.map(|list| (list, algorithm)));
        self.memory.lists.borrow_mut().insert(key, Rc::clone(&listed));
        listed
    }
}

fn note(causes: &mut Vec<String>, cause: &str) {
    if !causes.iter().any(|known| known == cause) {
        causes.push(cause.to_owned());
    }
}
