//! Revocation by lists as RFC 5280 §6.3 has it in full: distribution points, reasons, indirect lists, lists signed by
//! another key, deltas.
//!
//! For certificates of any PKI, with the lists at hand. The Belgian rules ([`super::revocation`]) are narrower on
//! purpose and take none of these forms. Start from [`check`].

mod list;
mod point;

use std::collections::HashMap;

pub use self::list::List;
use self::point::{Point, Reasons};
use super::anchors::Anchors;
use super::certificate::Certificate;
use super::crl::CrlDefect;
use super::extensions::KeyUsage;
use super::path::{self, Path, Request};
use super::policies::PolicyInputs;
use super::purpose::Purpose;
use super::refusal::{Attempt, Refusal};
use super::status::Reason;
use crate::base::digest::Sha256Digest;
use crate::base::time::Timestamp;

/// Most signatures of lists checked for one path: each of a path's few certificates needs one or two.
const MAX_SIGNATURES: usize = 100;

/// Checks with `lists` that no certificate of `path` below its anchor is revoked at the moment of `request`.
///
/// `request`: the one that `path` came from; signers of lists are searched among its candidates, and must chain to
/// the anchor of `path`. A signer's own status is asked too, of the same lists. One that only its own list speaks of
/// is believed, as nothing in RFC 5280 forbids it.
///
/// # Errors
/// `REVOKED`, `SUSPENDED`, or `REV_UNAVAILABLE` when the lists do not speak of every reason.
///
/// Source: RFC 5280 §6.3.3.
pub fn check(path: &Path, lists: &[List<'_>], request: &Request<'_>) -> Result<(), Refusal> {
    let mut anchors = Anchors::new();
    anchors.insert_plain(path.anchor().clone());
    let mut search = Search {
        path,
        lists,
        request,
        anchors: &anchors,
        settled: HashMap::from([(path.anchor().fingerprint(), Ok(()))]),
        signatures: 0,
    };
    let mut below: Vec<&Certificate> = path.links().map(|(certificate, _)| certificate).collect();
    // From the anchor down, so that an authority's status is known before its lists are used.
    below.reverse();
    below
        .into_iter()
        .try_for_each(|certificate| search.check(certificate))
}

struct Search<'a, 'l> {
    path: &'a Path,
    lists: &'a [List<'l>],
    request: &'a Request<'a>,
    /// The anchor of the path and no other.
    anchors: &'a Anchors,
    /// What was found of each certificate. One whose status is being asked counts as good meanwhile: a signer of which
    /// only its own list speaks.
    settled: HashMap<Sha256Digest, Result<(), Refusal>>,
    signatures: usize,
}

impl Search<'_, '_> {
    fn check(&mut self, certificate: &Certificate) -> Result<(), Refusal> {
        let fingerprint = certificate.fingerprint();
        if let Some(known) = self.settled.get(&fingerprint) {
            return known.clone();
        }
        self.settled.insert(fingerprint, Ok(()));
        let outcome = self.find_status(certificate);
        self.settled.insert(fingerprint, outcome.clone());
        outcome
    }

    fn find_status(&mut self, certificate: &Certificate) -> Result<(), Refusal> {
        let fingerprint = certificate.fingerprint();
        let mut attempts = Vec::new();
        let mut note = |cause: &'static str| {
            let attempt = Attempt { source: "crl", cause };
            if !attempts.contains(&attempt) {
                attempts.push(attempt);
            }
        };
        let mut covered = Reasons::NONE;
        let mut points = Point::all_of(certificate).unwrap_or_else(|_| {
            note("CERT_PARSE");
            Vec::new()
        });
        points.push(Point::implied(certificate));
        let lists = self.lists;
        for point in &points {
            for list in lists.iter().filter(|list| !list.is_delta()) {
                if !list.covers(certificate, point) {
                    continue;
                }
                let reasons = list.reasons() & point.reasons;
                if covered.contains(reasons) {
                    continue;
                }
                match self.ask(list, certificate) {
                    Ok(None) => covered |= reasons,
                    Ok(Some((since, Reason::CertificateHold))) => {
                        return Err(Refusal::Suspended {
                            certificate: fingerprint,
                            since,
                        });
                    }
                    Ok(Some((at, reason))) => {
                        return Err(Refusal::Revoked {
                            certificate: fingerprint,
                            at,
                            reason,
                        });
                    }
                    Err(defect) => note(defect.cause()),
                }
            }
        }
        if covered == Reasons::ALL {
            return Ok(());
        }
        note(CrlDefect::Scope.cause());
        Err(Refusal::StatusUnavailable {
            certificate: fingerprint,
            attempts,
        })
    }

    /// What `list`, carried further by the newest delta at hand, says of `certificate`.
    fn ask(
        &mut self,
        list: &List<'_>,
        certificate: &Certificate,
    ) -> Result<Option<(Timestamp, Reason)>, CrlDefect> {
        let (at, strict) = (self.request.at, self.request.strict);
        list.check_usable(at, strict)?;
        let signer = self.signer(list)?;
        let lists = self.lists;
        let mut deltas: Vec<&List<'_>> = lists
            .iter()
            .filter(|delta| delta.continues(list) && delta.check_usable(at, strict).is_ok())
            .collect();
        deltas.sort_by(|left, right| right.compare_age(left));
        for delta in deltas {
            // Under the very key of the complete list: RFC 5280 §6.3.3 (h).
            if self.verify(delta, &signer).is_err() {
                continue;
            }
            match delta.find(certificate)? {
                Some((_, Reason::RemoveFromCrl)) => return Ok(None),
                Some(entry) => return Ok(Some(entry)),
                None => break,
            }
        }
        list.find(certificate)
    }

    fn verify(&mut self, list: &List<'_>, signer: &Certificate) -> Result<(), CrlDefect> {
        self.signatures = self.signatures.saturating_add(1);
        if self.signatures > MAX_SIGNATURES || !list.signed.algorithms_agree() {
            return Err(CrlDefect::Signer);
        }
        list.signed.check_signature(signer, self.request.algorithms, None)
    }

    /// The certificate whose key signed `list`, valid up to the path's anchor and not revoked: RFC 5280 §6.3.3 (f), (g).
    fn signer(&mut self, list: &List<'_>) -> Result<Certificate, CrlDefect> {
        let name = list.signed.issuer();
        let path = self.path;
        let request = self.request;
        let candidates = path
            .certificates()
            .iter()
            .skip(1)
            .filter(|certificate| certificate.subject() == name)
            .chain(request.candidates.iter().flat_map(|pool| pool.named(name)));
        let mut defect = CrlDefect::Signer;
        for candidate in candidates {
            let may_sign = candidate
                .extensions()
                .key_usage
                .is_none_or(|usage| usage.contains(KeyUsage::CRL_SIGN));
            if !may_sign {
                continue;
            }
            match self.verify(list, candidate) {
                Ok(()) => {}
                Err(CrlDefect::Algorithm) => {
                    defect = CrlDefect::Algorithm;
                    continue;
                }
                Err(_) => continue,
            }
            if self.is_trusted(candidate) && self.check(candidate).is_ok() {
                return Ok(candidate.clone());
            }
        }
        Err(defect)
    }

    fn is_trusted(&self, signer: &Certificate) -> bool {
        // Everything above the end entity was validated with the path.
        if self
            .path
            .certificates()
            .iter()
            .skip(1)
            .any(|known| known == signer)
        {
            return true;
        }
        path::validate(&Request {
            leaf: signer,
            anchors: self.anchors,
            purpose: Purpose::Any,
            policies: PolicyInputs::NONE,
            ..*self.request
        })
        .is_ok()
    }
}
