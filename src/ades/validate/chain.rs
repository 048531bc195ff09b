//! X.509 validation of one path for a moment, with what the file says of revocation. EN 319 102-1 §5.2.6.

use super::format::Failure;
use super::indication::SubIndication;
use super::report::Finding;
use super::revocation::{Judge, Revocation, Role};
use crate::base::time::Timestamp;
use crate::crypto::policy::AlgorithmRefusal;
use crate::pki::certificate::Certificate;
use crate::pki::purpose::Purpose;
use crate::pki::refusal::Refusal;

/// A path that holds at the moment asked about, and what was found on the way.
#[derive(Clone, Debug)]
pub(super) struct Chain {
    /// The certificates, end entity first.
    pub(super) path: Vec<Certificate>,
    /// The first link that does not hold.
    pub(super) failure: Option<Failure>,
    pub(super) notes: Vec<Finding>,
    /// The newest revision whose material is needed for the status of every certificate; none while some is
    /// missing. `Some(0)` when nothing was needed.
    pub(super) material_revision: Option<usize>,
}

/// Finds a path for `leaf` at `at` and judges the status of every certificate below its anchor.
///
/// # Errors
/// When there is no path.
pub(super) fn validate(
    judge: &Judge<'_>,
    leaf: &Certificate,
    extra: &[Certificate],
    purpose: Purpose,
    at: Timestamp,
) -> Result<Chain, Failure> {
    let mut candidates = judge.material.certificates.clone();
    candidates.extend(
        extra
            .iter()
            .filter(|certificate| !judge.material.certificates.contains(certificate))
            .cloned(),
    );
    let path = judge
        .trust
        .validate(leaf, &candidates, purpose, judge.algorithms, at)
        .map_err(|refusal| path_failure(&refusal, leaf))?;
    let mut chain = Chain {
        path: path.certificates().to_vec(),
        failure: None,
        notes: Vec::new(),
        material_revision: Some(0),
    };
    for (index, (certificate, issuer)) in path.links().enumerate() {
        let role = match (index, purpose) {
            (0, Purpose::TimeStamping) => Role::TimeStamping,
            (0, _) => Role::EndEntity,
            _ => Role::Authority,
        };
        let status = judge.status(certificate, issuer, role, at);
        if let Revocation::Good { revision } = &status {
            let needed = chain.material_revision.max(*revision);
            chain.material_revision = chain.material_revision.and(needed);
            continue;
        }
        let late_revocation = matches!(status, Revocation::Revoked { at: revoked, .. } if revoked > at);
        let failure = status_failure(&status, role, at);
        match failure {
            // Revoked after the signature was proven to exist: it stands, and the evidence is there.
            None if late_revocation => chain.notes.push(Finding::note(
                "REVOKED_LATER",
                "a certificate was revoked after the signature existed",
            )),
            None => chain.material_revision = None,
            Some(failure) => {
                chain.material_revision = None;
                chain.failure.get_or_insert(failure);
            }
        }
    }
    Ok(chain)
}

fn status_failure(status: &Revocation, role: Role, at: Timestamp) -> Option<Failure> {
    Some(match status {
        Revocation::Good { .. } => return None,
        Revocation::Revoked { at: revoked, .. } if *revoked > at => return None,
        Revocation::Revoked { at: revoked, reason } => {
            let sub = if role == Role::Authority {
                SubIndication::RevokedCaNoPoe
            } else {
                SubIndication::RevokedNoPoe
            };
            Failure::new(
                sub,
                "REVOKED",
                format!("revoked on {revoked} ({reason:?}), proven to exist on {at}"),
            )
        }
        Revocation::OnHold { since } => Failure::new(
            SubIndication::TryLater,
            "SUSPENDED",
            format!("on hold since {since}"),
        ),
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
        Revocation::Stale { this_update } => Failure::new(
            SubIndication::TryLater,
            "REV_STALE",
            format!(
                "revocation data for {} speaks of {this_update}, needed for {at}",
                role_text(role)
            ),
        ),
    })
}

const fn role_text(role: Role) -> &'static str {
    match role {
        Role::Authority => "an issuing authority",
        Role::EndEntity => "the signer",
        Role::TimeStamping => "the time-stamping unit",
    }
}

/// What a refused path means in the standard's terms. Reference pki-and-trust §6.
fn path_failure(refusal: &Refusal, leaf: &Certificate) -> Failure {
    let sub = match refusal {
        Refusal::AlgorithmForbidden { reason, .. } => algorithm_sub_indication(reason),
        Refusal::AlgorithmUnknown { .. } => SubIndication::CryptoConstraintsFailure,
        Refusal::AuthorityConstraint { .. }
        | Refusal::CriticalExtension { .. }
        | Refusal::NameConstraint { .. }
        | Refusal::PolicyConstraint => SubIndication::ChainConstraintsFailure,
        Refusal::CertificateMalformed(_) => SubIndication::FormatFailure,
        Refusal::NotYetValid { certificate, .. } if *certificate == leaf.fingerprint() => {
            SubIndication::NotYetValid
        }
        Refusal::Expired { .. } | Refusal::NotYetValid { .. } => SubIndication::OutOfBoundsNoPoe,
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
    Failure::new(sub, refusal.cause(), refusal.to_string())
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
