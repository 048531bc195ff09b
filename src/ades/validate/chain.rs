//! X.509 validation of one path for a moment, with what came along about revocation. EN 319 102-1 §5.2.6.

use std::collections::BTreeSet;

use super::format::Failure;
use super::indication::SubIndication;
use super::report::{Finding, ObjectKind, ObjectReport};
use super::revocation::{Judge, Revocation, Role, Until};
use crate::base::digest::Sha256Digest;
use crate::base::time::Timestamp;
use crate::crypto::policy::AlgorithmRefusal;
use crate::pki::certificate::Certificate;
use crate::pki::path::{self, Path, Pool, Request};
use crate::pki::purpose::Purpose;
use crate::pki::refusal::Refusal;
use crate::pki::status::Reason;

/// Whose path is asked about, and for what.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    pub(super) leaf: &'a Certificate,
    /// Authorities that came with the signature itself.
    pub(super) extra: &'a Pool,
    pub(super) purpose: Purpose,
    /// The earliest moment at which what `leaf` signed is proven to have existed.
    pub(super) proven: Timestamp,
    /// The moment for which the status of certificates must be fresh: that same one for a signature, the moment of
    /// stamping for a time-stamp.
    pub(super) fresh_for: Timestamp,
}

/// A path, and what was found on the way.
#[derive(Clone, Debug)]
pub(super) struct Chain {
    /// End entity first, anchor last.
    pub(super) certificates: Vec<Certificate>,
    /// The first link that does not hold.
    pub(super) failure: Option<Failure>,
    pub(super) notes: Vec<Finding>,
    /// The certificates and evidence that the path needs beside its anchor; none while some did not come along.
    pub(super) needs: Option<BTreeSet<Sha256Digest>>,
    /// When the certificate at fault was revoked.
    pub(super) revoked_at: Option<Timestamp>,
}

/// Finds a path for `subject` that holds at `at`, without asking for status or algorithms.
///
/// # Errors
/// The most telling refusal.
pub(super) fn find(judge: &Judge<'_>, subject: &Subject<'_>, at: Timestamp) -> Result<Path, Refusal> {
    let material = judge.trust.material();
    let all = [subject.extra, judge.material.pool(), &material.issuers];
    let candidates = if judge.embedded_only { &all[..2] } else { &all[..] };
    let mut request = Request::new(
        subject.leaf,
        candidates,
        &material.anchors,
        subject.purpose,
        judge.algorithms,
        at,
    );
    // Each object's algorithms are judged for the moment that object is proven, by the callers.
    request.algorithms = None;
    request.links = Some(judge.trust.links());
    path::validate(&request)
}

/// Finds a path for `subject` that holds at `at` and judges the status of every certificate below its anchor.
///
/// A revocation after `at` does not count. Algorithms must hold when each object is first proven, and no proof is
/// asked when `at` is the moment of validation and they hold then.
///
/// # Errors
/// When there is no path.
pub(super) fn validate(judge: &Judge<'_>, subject: &Subject<'_>, at: Timestamp) -> Result<Chain, Failure> {
    let path = find(judge, subject, at).map_err(|refusal| path_failure(judge, &refusal, subject))?;
    let mut chain = Chain {
        certificates: path.certificates().to_vec(),
        failure: None,
        notes: Vec::new(),
        needs: Some(BTreeSet::new()),
        revoked_at: None,
    };
    let mut later = Vec::new();
    for (index, (certificate, issuer)) in path.links().enumerate() {
        let role = role(index, subject.purpose);
        let object = object(certificate, role);
        if let Err(refusal) = check_algorithms(judge, certificate, issuer, subject) {
            let failure = algorithm_failure(&refusal, object.clone());
            chain.failure.get_or_insert(failure);
        }
        require(
            &mut chain.needs,
            came_along(judge, subject, certificate).then_some(certificate.fingerprint()),
        );
        let status = judge.status(
            certificate,
            issuer,
            role,
            subject.fresh_for,
            Until::Proven(judge.now),
        );
        match &status {
            Revocation::Good { evidence: None } => continue,
            Revocation::Good { evidence } => {
                require(&mut chain.needs, *evidence);
                continue;
            }
            // Revoked after the signature was proven to exist: it stands, and the evidence is there.
            Revocation::Revoked { at: revoked, reason } if *revoked > at => {
                let finding = Finding::note(
                    "REVOKED_LATER",
                    format!("revoked on {revoked} ({reason:?}), after the signature existed"),
                );
                chain.notes.push(finding.about(object.clone()));
                if role == Role::Authority {
                    later.push((index, counts_until(*revoked, *reason)));
                }
                let newest = judge.newest(certificate, issuer, judge.now);
                require(&mut chain.needs, newest.map(|newest| newest.evidence));
                continue;
            }
            Revocation::Revoked { at: revoked, .. } => {
                chain.revoked_at.get_or_insert(*revoked);
            }
            _ => {}
        }
        chain.needs = None;
        if let Some(failure) = status_failure(&status, role, subject, object) {
            chain.failure.get_or_insert(failure);
        }
    }
    if chain.failure.is_none() {
        let certificates = &chain.certificates;
        chain.failure = later
            .into_iter()
            .find_map(|(index, until)| unsupported(judge, certificates, (index, until), subject, at));
    }
    Ok(chain)
}

/// Up to when what an authority signed counts that was revoked on `revoked`.
///
/// What it said before its key was stolen counts only as far as it is proven from before: a thief writes certificates and
/// answers with any date. When it merely stopped, or has a newer certificate, what it issued before stays, and what it
/// signs from then on is nobody's word. EN 319 102-1 §5.6.2.2, step 1; RFC 5280 §5.3.1.
const fn counts_until(revoked: Timestamp, reason: Reason) -> Until {
    match reason {
        Reason::AffiliationChanged | Reason::CessationOfOperation | Reason::Superseded => {
            Until::Stated(revoked)
        }
        _ => Until::Proven(revoked),
    }
}

/// What below a revoked authority rests on what no longer counts. The status at `at` must be told by what counts, and not
/// only be told by something newer while something older is there too.
fn unsupported(
    judge: &Judge<'_>,
    certificates: &[Certificate],
    (revoked_index, until): (usize, Until),
    subject: &Subject<'_>,
    at: Timestamp,
) -> Option<Failure> {
    let below = certificates.get(..revoked_index)?;
    let found = below.iter().enumerate().find(|(index, certificate)| {
        let role = role(*index, subject.purpose);
        let issuer = certificates.get(index.saturating_add(1));
        let holds = issuer.is_some_and(|issuer| {
            match judge.status(certificate, issuer, role, subject.fresh_for, until) {
                Revocation::Good { .. } => true,
                Revocation::Revoked { at: since, .. } => since > at,
                _ => false,
            }
        });
        let is_older = until.lets_in(certificate.not_before(), proven(judge, certificate, subject));
        !is_older || !holds
    });
    found.map(|(index, certificate)| {
        let (Until::Proven(revoked) | Until::Stated(revoked)) = until;
        Failure::new(
            SubIndication::RevokedCaNoPoe,
            "REVOKED",
            format!("nothing shows that this stood before its authority was revoked on {revoked}"),
        )
        .about(object(certificate, role(index, subject.purpose)))
    })
}

/// Adds to what is needed; none makes all of it missing.
fn require(needs: &mut Option<BTreeSet<Sha256Digest>>, id: Option<Sha256Digest>) {
    match id {
        Some(id) => {
            if let Some(needs) = needs {
                needs.insert(id);
            }
        }
        None => *needs = None,
    }
}

fn came_along(judge: &Judge<'_>, subject: &Subject<'_>, certificate: &Certificate) -> bool {
    judge.material.has(&certificate.fingerprint())
        || subject.extra.named(certificate.subject()).contains(certificate)
}

/// When `certificate` is first proven: the signed reference to the signer's own proves it with the signature.
fn proven(judge: &Judge<'_>, certificate: &Certificate, subject: &Subject<'_>) -> Timestamp {
    let stored = judge.proven(certificate.fingerprint());
    if certificate == subject.leaf {
        stored.min(subject.proven)
    } else {
        stored
    }
}

fn check_algorithms(
    judge: &Judge<'_>,
    certificate: &Certificate,
    issuer: &Certificate,
    subject: &Subject<'_>,
) -> Result<(), AlgorithmRefusal> {
    let at = proven(judge, certificate, subject);
    if let (Some(algorithm), Some(kind)) = (certificate.signature_algorithm(), issuer.key_kind()) {
        judge.algorithms.check(algorithm, kind, at)?;
    }
    let own = certificate.key_kind();
    own.map_or(Ok(()), |kind| judge.algorithms.check_key(kind, at))
}

/// What the certificate at `index` of a path is.
pub(super) const fn role(index: usize, purpose: Purpose) -> Role {
    match (index, purpose) {
        (0, Purpose::TimeStamping) => Role::TimeStamping,
        (0, _) => Role::EndEntity,
        _ => Role::Authority,
    }
}

/// How the report names a certificate.
pub(super) fn object(certificate: &Certificate, role: Role) -> ObjectReport {
    let kind = match role {
        Role::Authority => ObjectKind::AuthorityCertificate,
        Role::EndEntity => ObjectKind::SignerCertificate,
        Role::TimeStamping => ObjectKind::TimeStampCertificate,
    };
    ObjectReport {
        kind,
        name: certificate.common_name().unwrap_or_default(),
        sha256: Some(certificate.fingerprint()),
    }
}

pub(super) fn algorithm_failure(refusal: &AlgorithmRefusal, object: ObjectReport) -> Failure {
    let sub = algorithm_sub_indication(refusal);
    let end = match refusal {
        AlgorithmRefusal::Hash(_, end) | AlgorithmRefusal::Key(_, end) => *end,
    };
    let until = end
        .map(|end| format!(", accepted until {}", end.date()))
        .unwrap_or_default();
    Failure::new(sub, "ALG_FORBIDDEN", format!("{refusal}{until}")).about(object)
}

fn status_failure(
    status: &Revocation,
    role: Role,
    subject: &Subject<'_>,
    object: ObjectReport,
) -> Option<Failure> {
    let failure = match status {
        Revocation::Good { .. } => return None,
        Revocation::Algorithm(refusal) => {
            return Some(algorithm_failure(refusal, revocation_of(&object)));
        }
        Revocation::Revoked { at: revoked, reason } => {
            let sub = if role == Role::Authority {
                SubIndication::RevokedCaNoPoe
            } else {
                SubIndication::RevokedNoPoe
            };
            let proven = subject.proven;
            let detail = format!("revoked on {revoked} ({reason:?}), proven to exist on {proven}");
            return Some(Failure::new(sub, "REVOKED", detail).about(object));
        }
        Revocation::OnHold { since, next } => {
            let failure = Failure::new(
                SubIndication::TryLater,
                "SUSPENDED",
                format!("on hold since {since}"),
            );
            return Some(failure.about(object).try_after(*next));
        }
        Revocation::Missing(causes) if causes.is_empty() => Failure::new(
            SubIndication::TryLater,
            "REV_UNAVAILABLE",
            format!("no revocation data for {}", role_text(role)),
        ),
        Revocation::Missing(causes) => Failure::new(
            SubIndication::TryLater,
            "REV_UNAVAILABLE",
            format!(
                "no usable revocation data for {}: {}",
                role_text(role),
                causes.join(", ")
            ),
        ),
        Revocation::ResponderOutOfBounds => Failure::new(
            SubIndication::RevocationOutOfBoundsNoPoe,
            "OCSP_SIGNER",
            "whoever signed the revocation data is out of validity or unproven",
        ),
        Revocation::Stale { this_update, next } => {
            let detail = format!(
                "revocation data for {} speaks of {this_update}, needed for {}",
                role_text(role),
                subject.fresh_for
            );
            let due = next.filter(|next| *next > *this_update);
            Failure::new(SubIndication::TryLater, "REV_STALE", detail).try_after(due)
        }
    };
    Some(failure.about(revocation_of(&object)))
}

/// The revocation data about a certificate, as the thing that is missing.
pub(super) fn revocation_of(object: &ObjectReport) -> ObjectReport {
    ObjectReport {
        kind: ObjectKind::RevocationData,
        ..object.clone()
    }
}

const fn role_text(role: Role) -> &'static str {
    match role {
        Role::Authority => "an issuing authority",
        Role::EndEntity => "the signer",
        Role::TimeStamping => "the time-stamping unit",
    }
}

/// What a refused path means in the standard's terms. Reference pki-and-trust §6.
fn path_failure(judge: &Judge<'_>, refusal: &Refusal, subject: &Subject<'_>) -> Failure {
    let leaf = subject.leaf;
    let sub = match refusal {
        Refusal::AlgorithmForbidden { reason, .. } => algorithm_sub_indication(reason),
        Refusal::AlgorithmUnknown { .. } => SubIndication::CryptoConstraintsFailure,
        Refusal::AuthorityConstraint { .. }
        | Refusal::CriticalExtension { .. }
        | Refusal::NameConstraint { .. }
        | Refusal::PolicyConstraint => SubIndication::ChainConstraintsFailure,
        Refusal::CertificateMalformed(_) => SubIndication::FormatFailure,
        Refusal::Expired { .. } | Refusal::NotYetValid { .. } => {
            if is_known_good(judge, subject) {
                SubIndication::OutOfBoundsNotRevoked
            } else {
                SubIndication::OutOfBoundsNoPoe
            }
        }
        Refusal::NoAnchor => SubIndication::NoCertificateChainFound,
        Refusal::PathLimit | Refusal::SignatureInvalid { .. } | Refusal::StatusUnknown { .. } => {
            SubIndication::CertificateChainGeneralFailure
        }
        Refusal::PurposeExtendedKeyUsage { .. }
        | Refusal::PurposeKeyUsage { .. }
        | Refusal::PurposePolicy { .. }
        | Refusal::SubjectProfile { .. } => SubIndication::SigConstraintsFailure,
        Refusal::Revoked { .. } => SubIndication::RevokedNoPoe,
        Refusal::StatusUnavailable { .. } | Refusal::Suspended { .. } => SubIndication::TryLater,
    };
    let role = role(0, subject.purpose);
    Failure::new(sub, refusal.cause(), refusal.to_string()).about(object(leaf, role))
}

/// Whether the status of an expired certificate is known: it was good to the end.
fn is_known_good(judge: &Judge<'_>, subject: &Subject<'_>) -> bool {
    let last = subject.leaf.not_after().min(judge.now);
    let Ok(path) = find(judge, subject, last) else {
        return false;
    };
    let mut links = path.links();
    links.next().is_some_and(|(leaf, issuer)| {
        let role = role(0, subject.purpose);
        let status = judge.status(
            leaf,
            issuer,
            role,
            subject.leaf.not_before(),
            Until::Proven(judge.now),
        );
        matches!(status, Revocation::Good { evidence: Some(_) })
    })
}

/// An algorithm that once was accepted leaves room for a proof of existence; one that never was does not.
pub(super) const fn algorithm_sub_indication(refusal: &AlgorithmRefusal) -> SubIndication {
    match refusal {
        AlgorithmRefusal::Hash(_, Some(_)) | AlgorithmRefusal::Key(_, Some(_)) => {
            SubIndication::CryptoConstraintsFailureNoPoe
        }
        AlgorithmRefusal::Hash(_, None) | AlgorithmRefusal::Key(_, None) => {
            SubIndication::CryptoConstraintsFailure
        }
    }
}
