//! The rules of RFC 5280 §6.1 over one complete chain whose signatures verify.

use super::certificate::Certificate;
use super::extensions::KeyUsage;
use super::name_constraints::{Denied, Gathered};
use super::path::Request;
use super::policies::PolicyState;
use super::profile;
use super::refusal::Refusal;
use crate::asn1::oid::Oid;
use crate::base::time::Timestamp;

/// Checks `chain` (end entity first, anchor last) for `request`. Returns the policies it is valid for.
pub(super) fn check(chain: &[Certificate], request: &Request<'_>) -> Result<Vec<Oid>, Refusal> {
    let Some((anchor, below)) = chain.split_last() else {
        return Err(Refusal::NoAnchor);
    };
    // WHY: RFC 5280 asks nothing of the anchor's own dates, but an expired root should say so.
    check_time(anchor, request.at)?;
    if request.strict {
        profile::check_anchor(anchor)?;
    }
    let mut names = Gathered::default();
    let mut policies = PolicyState::new(request.policies, below.len());
    // WHY: an anchor's own constraints bind too (RFC 5937 §3.2); Root CA6 has path length 1.
    let mut length_left = anchor
        .extensions()
        .basic_constraints
        .and_then(|constraints| constraints.path_length)
        .and_then(|length| usize::try_from(length).ok())
        .unwrap_or(usize::MAX);
    if let Some(constraints) = &anchor.extensions().name_constraints {
        names.add(constraints);
    }
    let mut issuer = anchor;
    for (left, certificate) in below.iter().enumerate().rev() {
        let is_last = left == 0;
        check_one(certificate, issuer, request)?;
        if request.strict {
            profile::check(certificate, !is_last)?;
        }
        if !certificate.is_self_issued() || is_last {
            names
                .check(
                    certificate.subject(),
                    &certificate.extensions().subject_alternative_names,
                )
                .map_err(|denied| match denied {
                    Denied::Outside => Refusal::NameConstraint {
                        certificate: certificate.fingerprint(),
                    },
                    Denied::TooMany => Refusal::PathLimit,
                })?;
        }
        policies
            .visit(certificate, is_last)
            .map_err(|_| Refusal::PolicyConstraint)?;
        if is_last {
            break;
        }
        policies
            .prepare(certificate)
            .map_err(|_| Refusal::PolicyConstraint)?;
        if let Some(constraints) = &certificate.extensions().name_constraints {
            names.add(constraints);
        }
        check_authority(certificate, &mut length_left, request.strict)?;
        issuer = certificate;
    }
    policies
        .finish(request.leaf, request.policies)
        .map_err(|_| Refusal::PolicyConstraint)
}

/// RFC 5280 §6.1.3 (a) and the critical extensions of §6.1.4 (o) and §6.1.5 (f).
fn check_one(certificate: &Certificate, issuer: &Certificate, request: &Request<'_>) -> Result<(), Refusal> {
    let fingerprint = certificate.fingerprint();
    if !certificate.algorithms_agree() {
        return Err(Refusal::SignatureInvalid {
            certificate: fingerprint,
        });
    }
    if let Some(unknown) = certificate.extensions().unknown_critical.first() {
        return Err(Refusal::CriticalExtension {
            certificate: fingerprint,
            extension: unknown.to_string(),
        });
    }
    check_time(certificate, request.at)?;
    if let Some(accepted) = request.algorithms {
        let unknown = || Refusal::AlgorithmUnknown {
            certificate: fingerprint,
        };
        let algorithm = certificate.signature_algorithm().ok_or_else(unknown)?;
        let signer = issuer.key_kind().ok_or_else(unknown)?;
        let own = certificate.key_kind().ok_or_else(unknown)?;
        let forbidden = |reason| Refusal::AlgorithmForbidden {
            certificate: fingerprint,
            reason,
        };
        accepted.check(algorithm, signer, request.at).map_err(forbidden)?;
        accepted.check_key(own, request.at).map_err(forbidden)?;
    }
    Ok(())
}

/// Validity at `at`, both ends included, whole seconds.
pub(super) fn check_time(certificate: &Certificate, at: Timestamp) -> Result<(), Refusal> {
    let moment = at.truncated_to_second();
    let fingerprint = certificate.fingerprint();
    let (not_before, not_after) = (certificate.not_before(), certificate.not_after());
    if moment < not_before {
        return Err(Refusal::NotYetValid {
            certificate: fingerprint,
            not_before,
            at,
        });
    }
    if moment > not_after {
        return Err(Refusal::Expired {
            certificate: fingerprint,
            not_after,
            at,
        });
    }
    Ok(())
}

/// RFC 5280 §6.1.4 (k) to (n) for one intermediate.
fn check_authority(certificate: &Certificate, length_left: &mut usize, strict: bool) -> Result<(), Refusal> {
    let refuse = |defect| {
        Err(Refusal::AuthorityConstraint {
            certificate: certificate.fingerprint(),
            defect,
        })
    };
    let extensions = certificate.extensions();
    if certificate.version() != 3 {
        return refuse("an authority's certificate is not version 3");
    }
    let Some(constraints) = extensions
        .basic_constraints
        .filter(|constraints| constraints.is_ca)
    else {
        return refuse("not an authority");
    };
    if strict && !constraints.critical {
        return refuse("basicConstraints not critical");
    }
    if !extensions
        .key_usage
        .is_some_and(|usage| usage.contains(KeyUsage::KEY_CERT_SIGN))
    {
        return refuse("an authority without keyCertSign");
    }
    if !certificate.is_self_issued() {
        *length_left = match length_left.checked_sub(1) {
            Some(left) => left,
            None => return refuse("path longer than an authority above allows"),
        };
    }
    if let Some(length) = constraints
        .path_length
        .and_then(|length| usize::try_from(length).ok())
    {
        *length_left = (*length_left).min(length);
    }
    Ok(())
}
