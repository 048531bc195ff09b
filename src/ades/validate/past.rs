//! Past certificate validation and past signature validation. EN 319 102-1 §5.6.2.1, §5.6.2.2 and §5.6.2.4.

use super::chain::{self, Subject};
use super::format::Failure;
use super::indication::SubIndication;
use super::revocation::Judge;
use crate::base::time::Timestamp;
use crate::crypto::policy::AlgorithmRefusal;
use crate::pki::certificate::Certificate;
use crate::pki::path::Path;
use crate::pki::status::{CertificateStatus, Reason};

/// Whether a failure leaves room for a proof of existence. EN 319 102-1 §5.5.4 and §5.6.3.4.
pub(super) const fn may_be_mended(sub: SubIndication) -> bool {
    matches!(
        sub,
        SubIndication::CryptoConstraintsFailureNoPoe
            | SubIndication::NoPoe
            | SubIndication::OutOfBoundsNoPoe
            | SubIndication::OutOfBoundsNotRevoked
            | SubIndication::RevocationOutOfBoundsNoPoe
            | SubIndication::RevokedCaNoPoe
            | SubIndication::RevokedNoPoe
            | SubIndication::TryLater
    )
}

/// Past signature validation of something `subject.leaf` signed, first proven at `subject.proven`.
///
/// # Errors
/// Why the past does not mend it: `NOT_YET_VALID`, or what is missing.
pub(super) fn validate(judge: &Judge<'_>, subject: &Subject<'_>) -> Result<(), Failure> {
    let leaf = subject.leaf;
    let about = || chain::object(leaf, chain::role(0, subject.purpose));
    if subject.proven < leaf.not_before() {
        return Err(not_yet_valid(leaf, subject).about(about()));
    }
    let path = past_path(judge, subject)?;
    let control = slide(judge, &path, subject)?;
    if subject.proven > control || subject.proven > leaf.not_after() {
        let detail = format!(
            "proven to exist on {}, and what its certificate is worth is known up to {}",
            subject.proven,
            control.min(leaf.not_after())
        );
        return Err(Failure::new(SubIndication::NoPoe, "NO_POE", detail).about(about()));
    }
    Ok(())
}

/// The signature is proven before its certificate was valid.
pub(super) fn not_yet_valid(leaf: &Certificate, subject: &Subject<'_>) -> Failure {
    let (proven, from) = (subject.proven, leaf.not_before());
    Failure::new(
        SubIndication::NotYetValid,
        "TIME_NOT_YET",
        format!("proven to exist on {proven}, certificate valid from {from}"),
    )
}

/// A path whose certificates were all valid at one moment of the end entity's life.
fn past_path(judge: &Judge<'_>, subject: &Subject<'_>) -> Result<Path, Failure> {
    let leaf = subject.leaf;
    let moments = [
        subject.proven.min(leaf.not_after()),
        leaf.not_after().min(judge.now),
        leaf.not_before(),
    ];
    let found = moments
        .into_iter()
        .find_map(|at| chain::find(judge, subject, at).ok());
    found.ok_or_else(|| {
        let role = chain::role(0, subject.purpose);
        Failure::new(
            SubIndication::NoCertificateChainFound,
            "PATH_NO_ANCHOR",
            "at no moment of its life was every certificate of a path valid",
        )
        .about(chain::object(leaf, role))
    })
}

/// Validation time sliding: from the anchor down, the latest moment for which each certificate is still trusted to
/// have been what it was.
///
/// WHY fresh for the proven time and not for the sliding one: an answer made when the signature was made cannot be
/// fresh for later moments, and whoever validates offline cannot ask again. The standard leaves that constraint to the
/// policy (§5.2.5).
fn slide(judge: &Judge<'_>, path: &Path, subject: &Subject<'_>) -> Result<Timestamp, Failure> {
    let mut control = judge.now;
    let links: Vec<_> = path.links().collect();
    for (index, (certificate, issuer)) in links.into_iter().enumerate().rev() {
        let role = chain::role(index, subject.purpose);
        let about = chain::object(certificate, role);
        let stored = judge.proven(certificate.fingerprint());
        let proven = if index == 0 {
            stored.min(subject.proven)
        } else {
            stored
        };
        let entering = control;
        let unproven = |what: &str| {
            let detail = format!("nothing shows that {what} existed on {entering}");
            Failure::new(SubIndication::NoPoe, "NO_POE", detail)
        };
        if proven > control {
            return Err(unproven("this certificate").about(about));
        }
        if let Some(end) = algorithm_end(judge, certificate, issuer, control) {
            control = control.min(end);
        }
        if Judge::needs_no_status(certificate, role) {
            continue;
        }
        let Some(newest) = judge.newest(certificate, issuer, control) else {
            return Err(
                unproven("usable revocation data for this certificate").about(chain::revocation_of(&about))
            );
        };
        control = match newest.status {
            // What is on hold may turn out to have been revoked since.
            CertificateStatus::Revoked {
                reason: Reason::CertificateHold,
                ..
            }
            | CertificateStatus::Unknown => {
                return Err(
                    unproven("a definite status of this certificate").about(chain::revocation_of(&about))
                );
            }
            CertificateStatus::Revoked { at, .. } => control.min(at),
            CertificateStatus::Good => {
                if judge.is_fresh(&newest, role, subject.fresh_for.min(control)) {
                    control
                } else {
                    control.min(newest.this_update)
                }
            }
        };
    }
    Ok(control)
}

/// The moment from which an algorithm of `certificate` is no longer accepted, when that is before `control`.
fn algorithm_end(
    judge: &Judge<'_>,
    certificate: &Certificate,
    issuer: &Certificate,
    control: Timestamp,
) -> Option<Timestamp> {
    let signed = certificate.signature_algorithm().zip(issuer.key_kind());
    let by_issuer =
        signed.and_then(|(algorithm, kind)| judge.algorithms.check(algorithm, kind, control).err());
    let own = certificate
        .key_kind()
        .and_then(|kind| judge.algorithms.check_key(kind, control).err());
    [by_issuer, own]
        .into_iter()
        .flatten()
        .filter_map(|refusal| match refusal {
            AlgorithmRefusal::Hash(_, end) | AlgorithmRefusal::Key(_, end) => end,
        })
        // The end is the first moment that is no longer accepted.
        .map(|end| end.start().minus(std::time::Duration::from_secs(1)))
        .min()
}
