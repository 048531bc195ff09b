//! What is weighed and not only looked at: what an authority signed after it stopped, what a responder says whose own status
//! is old. Each beside a twin that holds.

use std::sync::Arc;
use std::time::Duration;

use zegel::ades::level::Level;
use zegel::ades::validate::indication::{Indication, SubIndication};
use zegel::base::time::Timestamp;
use zegel::lab::pki::{AuthorityKind, CertificateBuilder, Extension, LabPki, Name, Validity};
use zegel::lab::services::{RevocationReason, Services};

use super::evidence::{answer_about, judged, revoke, with_evidence};
use super::samples::{SHAPES, Xref, pdf};
use super::world::{P384, World};

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

fn plain() -> Vec<u8> {
    pdf(Xref::Table, SHAPES[0])
}

/// RFC 5280 §5.3.1: an authority that stopped, or has a newer certificate, leaves behind what it issued. What it signs from
/// then on is nobody's word.
#[test]
fn what_an_authority_signs_after_it_stopped_is_not_relied_on() {
    for reason in [
        RevocationReason::CessationOfOperation,
        RevocationReason::Superseded,
    ] {
        let world = World::new();
        let signer = world.signer(P384);
        let stamped = world.sealed(&plain(), &signer, Level::T);
        let (stopped, late) = (world.now.plus(DAY), world.now.plus(DAY * 3));
        let authority = world.pki().citizen.certificate_der().to_vec();
        revoke(&world, &authority, stopped, reason);
        let root = world
            .services
            .crl(AuthorityKind::Root, world.now.plus(DAY * 2))
            .unwrap();
        let others = |own: Timestamp| -> Vec<Vec<u8>> {
            let of = |kind, at| world.services.crl(kind, at).unwrap();
            vec![
                root.clone(),
                of(AuthorityKind::Timestamp, world.now),
                of(AuthorityKind::Citizen, own),
            ]
        };
        for (name, lists, answers, holds) in [
            ("a list from before", others(world.now), vec![], true),
            ("a list from the last moment", others(stopped), vec![], true),
            ("a list from after", others(stopped.plus(HOUR)), vec![], false),
            (
                "an answer from before",
                others(stopped.plus(HOUR)),
                vec![answer_about(&world, &signer, world.now.plus(HOUR))],
                true,
            ),
            (
                "an answer from after",
                others(stopped.plus(HOUR)),
                vec![answer_about(&world, &signer, stopped.plus(HOUR))],
                false,
            ),
        ] {
            let file = with_evidence(&world, &stamped, lists, answers);
            let report = judged(&world, &file, &[], late);
            let found = report.signatures[0].sub_indication;
            let expected = (!holds).then_some(SubIndication::RevokedCaNoPoe);
            assert_eq!(found, expected, "{reason:?}, {name}: {report:#?}");
        }
    }
}

/// The same laboratory whose citizen authority has a responder that must itself be looked up.
fn with_checked_responder(world: World) -> World {
    let folder = crate::support::TestFolder::new("checked-responder");
    world.pki().save(folder.path()).unwrap();
    let pki = LabPki::load(folder.path()).unwrap();
    let key = pki.citizen.responder().key.public();
    let subject = Name::new().common_name("TEST OCSP Responder 2").country("BE");
    let certificate = CertificateBuilder::new(subject, key)
        .valid(Validity::around(world.now, DAY * 600, DAY * 365))
        .with(Extension::key_usage(&[0]))
        .with(Extension::extended_key_usage(&["1.3.6.1.5.5.7.3.9"]))
        .with(Extension::subject_key(key))
        .issue(&pki.citizen, &*world.random)
        .unwrap();
    // The serial number stays known to the list.
    pki.save(folder.path()).unwrap();
    std::fs::write(folder.path().join("citizen-ocsp.crt"), certificate).unwrap();
    let pki = LabPki::load(folder.path()).unwrap();
    World {
        services: Arc::new(Services::new(Arc::new(pki), world.random.clone())),
        ..world
    }
}

/// A responder that must be looked up is looked up in a list that is as fresh as an authority's: in an old one it was never
/// revoked.
#[test]
fn a_responder_is_not_shown_good_by_a_list_of_any_age() {
    for (age, is_revoked, expected) in [
        (Duration::ZERO, false, None),
        (DAY * 209, false, None),
        (DAY * 211, false, Some(SubIndication::TryLater)),
        (DAY * 211, true, Some(SubIndication::TryLater)),
        (Duration::ZERO, true, Some(SubIndication::RevokedNoPoe)),
    ] {
        let world = with_checked_responder(World::new());
        let signer = world.signer(P384);
        let stamped = world.sealed(&plain(), &signer, Level::T);
        // The signer was revoked; the thief of the responder's key says that he was not.
        let answer = answer_about(&world, &signer, world.now);
        let list = || {
            let of = |kind, at| world.services.crl(kind, at).unwrap();
            vec![
                of(AuthorityKind::Root, world.now),
                of(AuthorityKind::Timestamp, world.now),
                of(AuthorityKind::Citizen, world.now.minus(age)),
            ]
        };
        let mut lists = list();
        if is_revoked {
            let stolen = world.now.minus(DAY * 100);
            let responder = world.pki().citizen.responder().certificate_der.clone();
            for one in [&responder, &signer.leaf.certificate_der] {
                revoke(&world, one, stolen, RevocationReason::KeyCompromise);
            }
            // An old list stays as it was made.
            if age.is_zero() {
                lists = list();
            }
        }
        let file = with_evidence(&world, &stamped, lists, vec![answer]);
        let report = judged(&world, &file, &[], world.now.plus(HOUR));
        let found = report.signatures[0].sub_indication;
        assert_eq!(found, expected, "{age:?}, revoked {is_revoked}: {report:#?}");
        assert_eq!(
            report.indication == Indication::TotalPassed,
            expected.is_none(),
            "{age:?}"
        );
    }
}
