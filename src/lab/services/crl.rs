//! Certificate revocation lists (RFC 5280 §5).

use super::super::LabError;
use super::super::pki::{AuthorityKind, DAY, Extension, LabPki, builder_signed};
use super::switch::{Service, ServiceMode, Switches};
use crate::asn1::write;
use crate::base::time::Timestamp;

/// The list of `authority` as it stands at `now`: next one due in 7 days, of the root in 180 (as the Belgian ones).
pub(super) fn publish(
    pki: &LabPki,
    authority: AuthorityKind,
    switches: &Switches,
    now: Timestamp,
) -> Result<Vec<u8>, LabError> {
    let (authority, lifetime) = match authority {
        AuthorityKind::Citizen => (&pki.citizen, DAY * 7),
        AuthorityKind::Organisation => (&pki.organisation, DAY * 7),
        AuthorityKind::Root => (&pki.root, DAY * 180),
        AuthorityKind::Timestamp => (&pki.timestamp, DAY * 7),
    };
    let mode = switches.service(Service::Crl);
    let this_update = match mode {
        ServiceMode::Stale | ServiceMode::StaleFractional => now.minus(DAY * 300),
        _ => now,
    };
    let mut entries = Vec::new();
    for (serial, status) in switches.certificates() {
        let Some((at, reason)) = status.revocation().filter(|_| authority.has_issued(serial)) else {
            continue;
        };
        let reason = Extension::new("2.5.29.21", write::element(write::tag::ENUMERATED, &[reason]));
        let extensions = write::sequence(&[&reason.to_der()]);
        entries.extend(write::sequence(&[
            &serial.to_der(),
            &write::time(at),
            &extensions,
        ]));
    }
    // An empty list is left out (RFC 5280 §5.1.2.6).
    let revoked = if entries.is_empty() {
        Vec::new()
    } else {
        write::element(write::tag::SEQUENCE, &entries)
    };
    let number = u64::try_from(this_update.as_seconds()).unwrap_or(0);
    let extensions = write::sequence(&[
        &Extension::authority_key(authority.key().public()).to_der(),
        &Extension::new("2.5.29.20", write::integer(number)).to_der(),
    ]);
    let signer = if mode == ServiceMode::WrongSigner {
        &authority.responder().key
    } else {
        authority.key()
    };
    let algorithm = signer.public().kind().default_algorithm();
    let list = write::sequence(&[
        &write::integer(1),
        &algorithm.algorithm_identifier(),
        &authority.name().to_der(),
        &write::time(this_update),
        &write::time(this_update.plus(lifetime)),
        &revoked,
        &write::explicit(0, &extensions),
    ]);
    builder_signed(&list, signer, algorithm)
}
