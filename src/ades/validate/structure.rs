//! What validation data a file holds for a certificate, whoever trusts whom and whatever the moment: for the level that a
//! file shows. EN 319 142-1 §6.3, EN 319 132-1 §6.3, EN 319 122-1 §6.3.

use std::collections::BTreeSet;

use super::chain::role;
use super::revocation::{Budget, Judge};
use crate::base::digest::Sha256Digest;
use crate::pki::certificate::Certificate;
use crate::pki::path::Pool;
use crate::pki::purpose::Purpose;

/// Most certificates of one chain.
const DEEPEST: usize = 8;

/// Most signatures that are verified for one chain: an honest one has two for each of its certificates, one on it and one on
/// the first evidence about it. What came along is anybody's: certificates and lists of one name, each tried with each,
/// would have no end. As [`Limits::signatures`](crate::pki::path::Limits) for a path.
const VERIFICATIONS: usize = 200;

/// The certificates and evidence that came along for the chain of `leaf`; none while revocation data lacks, or when it is
/// not found within so much work as an honest file asks.
///
/// The chain goes from the leaf to issuers that came along, as far as they lead: whose name is the issuer's and whose key
/// signed the certificate. Each of its certificates must have revocation data that verifies under its issuer's key, of
/// whatever age; the last has none to have, for it is the anchor, or its issuer is. Of a leaf whose issuer did not come
/// along nothing can be verified.
pub(super) fn needs(
    judge: &Judge<'_>,
    leaf: &Certificate,
    extra: &Pool,
    purpose: Purpose,
) -> Option<BTreeSet<Sha256Digest>> {
    let budget = Budget::new(VERIFICATIONS);
    let mut needs = BTreeSet::new();
    let mut current = leaf.clone();
    for depth in 0..DEEPEST {
        needs.insert(current.fingerprint());
        let known = [extra, judge.material.pool()].into_iter();
        let mut issuers = known
            .flat_map(|pool| pool.named(current.issuer()))
            .filter(|issuer| is_of(issuer, &current))
            .filter(|issuer| budget.spend() && judge.trust.links().verify(&current, issuer))
            .peekable();
        let Some(first) = issuers.peek().copied() else {
            // WHY none for a leaf: a list or an answer that merely names its issuer is anybody's.
            return (depth > 0 && !budget.is_spent()).then_some(needs);
        };
        if *first == current {
            break;
        }
        let mut heard =
            issuers.filter_map(|issuer| Some((judge.first_heard(&current, issuer, &budget)?, issuer)));
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
