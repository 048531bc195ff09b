//! What validation data a file holds for a certificate, whoever trusts whom and whatever the moment: for the level that a
//! file shows. EN 319 142-1 §6.3, EN 319 132-1 §6.3, EN 319 122-1 §6.3.

use std::collections::BTreeSet;

use super::chain::role;
use super::revocation::Judge;
use crate::base::digest::Sha256Digest;
use crate::pki::certificate::Certificate;
use crate::pki::path::Pool;
use crate::pki::purpose::Purpose;

/// Most certificates of one chain.
const DEEPEST: usize = 8;

/// The certificates and evidence that came along for the chain of `leaf`; none while revocation data lacks.
///
/// The chain goes from the leaf to issuers that came along, by name and key identifier, as far as they lead. Each of its
/// certificates must have revocation data that verifies under its issuer's key, of whatever age; the last has none to have,
/// for it is the anchor, or its issuer is. A leaf whose issuer did not come along must have some that speaks of it.
pub(super) fn needs(
    judge: &Judge<'_>,
    leaf: &Certificate,
    extra: &Pool,
    purpose: Purpose,
) -> Option<BTreeSet<Sha256Digest>> {
    let mut needs = BTreeSet::new();
    let mut current = leaf.clone();
    for depth in 0..DEEPEST {
        needs.insert(current.fingerprint());
        let known = [extra, judge.material.pool()].into_iter();
        let issuers: Vec<&Certificate> = known
            .flat_map(|pool| pool.named(current.issuer()))
            .filter(|issuer| is_of(issuer, &current))
            .collect();
        let Some(first) = issuers.first().copied() else {
            if depth == 0 {
                needs.insert(about(judge, &current)?);
            }
            break;
        };
        if *first == current {
            break;
        }
        let mut heard = issuers
            .iter()
            .filter_map(|issuer| Some((judge.first_heard(&current, issuer)?, *issuer)));
        let issuer = match heard.next() {
            Some((evidence, issuer)) => {
                needs.insert(evidence);
                issuer
            }
            None if Judge::needs_no_status(&current, role(depth, purpose)) => first,
            None => return None,
        };
        if issuer.is_self_issued() {
            break;
        }
        current = issuer.clone();
    }
    Some(needs)
}

/// Whether the key identifiers let `issuer` be the one of `certificate`, where both have one. RFC 5280 §4.2.1.1.
fn is_of(issuer: &Certificate, certificate: &Certificate) -> bool {
    let named = certificate.extensions().authority_key_identifier.as_ref();
    let own = issuer.extensions().subject_key_identifier.as_ref();
    named.zip(own).is_none_or(|(named, own)| named == own)
}

/// The first answer about `certificate`, or list of its issuer's name.
fn about(judge: &Judge<'_>, certificate: &Certificate) -> Option<Sha256Digest> {
    let answers = judge.material.ocsp_about(certificate);
    let lists = judge.material.crls_named(certificate.issuer());
    let found = answers.chain(lists).map(|item| item.id);
    found.min_by_key(|id| judge.material.place(*id).layer)
}
