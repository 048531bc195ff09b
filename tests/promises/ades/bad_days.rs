//! Services that are down, cards that are swapped, certificates that are not good: nothing is lost, nothing passes.

use std::sync::Arc;
use std::time::Duration;

use zegel::ades::level::Level;
use zegel::ades::pades::completion::{Completion, CompletionError};
use zegel::ades::pades::finish::FinishError;
use zegel::ades::pades::prepare::{PrepareError, prepare};
use zegel::ades::validate::indication::{Indication, SubIndication};
use zegel::crypto::ecdsa;
use zegel::crypto::key::Curve;
use zegel::lab::services::{CertificateStatus, RevocationReason, Service, ServiceMode};

use super::samples::{SHAPES, Xref, pdf};
use super::world::{P384, RSA, World, whole};
use crate::pdf::make;

fn plain() -> Vec<u8> {
    pdf(Xref::Stream, SHAPES[0])
}

#[test]
fn a_time_stamp_service_that_is_down_costs_time_and_not_the_signature() {
    let world = World::new();
    let signer = world.signer(P384);
    let document = plain();
    for mode in [
        ServiceMode::Down,
        ServiceMode::WrongNonce,
        ServiceMode::WrongSigner,
        ServiceMode::Stale,
    ] {
        world.services.set_service(Service::TimeStamp, mode);
        let signed = world.signed(&document, &world.draft(&signer, Level::Lta), &signer.leaf.key);
        let (error, kept) = world.complete(&document, signed).unwrap_err();
        assert_eq!(error.cause(), "TST_UNAVAILABLE", "{mode}");
        assert!(error.is_retryable(), "{mode}");
        assert!(!kept.has_time_stamp(), "{mode}");
        world.services.set_service(Service::TimeStamp, ServiceMode::Up);
        let completed = world
            .complete(&document, kept)
            .map_err(|(error, _)| error)
            .unwrap();
        let report = world.validate(&whole(&document, &completed));
        assert_eq!(report.indication, Indication::TotalPassed, "{mode}");
        assert_eq!(report.lowest_level(), Some(Level::Lta), "{mode}");
    }
}

#[test]
fn without_revocation_answers_the_signature_waits_with_its_time_stamp() {
    let world = World::new();
    let signer = world.signer(RSA);
    let document = plain();
    for mode in [
        ServiceMode::Down,
        ServiceMode::Stale,
        ServiceMode::StaleFractional,
        ServiceMode::WrongSigner,
    ] {
        world.services.set_service(Service::Ocsp, mode);
        world.services.set_service(Service::Crl, ServiceMode::Down);
        let signed = world.signed(&document, &world.draft(&signer, Level::Lt), &signer.leaf.key);
        let (error, kept) = world.complete(&document, signed).unwrap_err();
        assert_eq!(error.cause(), "REV_UNAVAILABLE", "{mode}");
        assert!(error.is_retryable() && kept.has_time_stamp(), "{mode}");
        world.services.set_service(Service::Ocsp, ServiceMode::Up);
        world.services.set_service(Service::Crl, ServiceMode::Up);
        assert!(world.complete(&document, kept).is_ok(), "{mode}");
    }
}

#[test]
fn a_certificate_that_is_not_good_is_never_sealed() {
    let document = plain();
    let at = crate::support::moment().minus(Duration::from_secs(60));
    for (status, cause) in [
        (CertificateStatus::OnHold { since: at }, "SUSPENDED"),
        (
            CertificateStatus::Revoked {
                at,
                reason: RevocationReason::KeyCompromise,
            },
            "REVOKED",
        ),
        (CertificateStatus::Unknown, "REV_UNKNOWN"),
    ] {
        let world = World::new();
        let signer = world.signer(P384);
        world.services.set_certificate(&signer.leaf.serial, status);
        let signed = world.signed(&document, &world.draft(&signer, Level::Lta), &signer.leaf.key);
        let (error, _) = world.complete(&document, signed).unwrap_err();
        assert_eq!(error.cause(), cause);
    }
}

#[test]
fn a_value_that_does_not_verify_never_reaches_the_document() {
    let world = World::new();
    let (signer, other) = (world.signer(P384), world.signer(P384));
    let draft = world.draft(&signer, Level::B);
    let prepared = prepare(Arc::new(plain()), &draft, world.now).unwrap();
    let good = signer
        .leaf
        .key
        .sign_digest(prepared.algorithm(), &prepared.digest())
        .unwrap();
    let raw = ecdsa::der_to_raw(&good, Curve::P384).unwrap();
    let strange = other
        .leaf
        .key
        .sign_digest(prepared.algorithm(), &prepared.digest())
        .unwrap();
    for value in [raw, strange, Vec::new()] {
        let refused = prepared.clone().finish(value, world.now).unwrap_err();
        assert_eq!(refused.cause(), "ADES_VALUE_INVALID");
    }
    let late = prepared.expires_at();
    assert!(matches!(
        prepared.clone().finish(good.clone(), late),
        Err(FinishError::Expired { .. })
    ));
    assert!(prepared.finish(good, late.minus(Duration::from_secs(1))).is_ok());
}

#[test]
fn a_document_that_changed_since_it_was_prepared_is_not_completed() {
    let world = World::new();
    let signer = world.signer(P384);
    let document = plain();
    let signed = world.signed(&document, &world.draft(&signer, Level::B), &signer.leaf.key);
    let complete = |document: Vec<u8>| {
        let completion = Completion::new(Arc::new(document), signed.clone(), world.settings());
        completion.and_then(|mut completion| completion.step(world.now))
    };
    let mut changed = document.clone();
    let last = changed.len() - 30;
    changed[last] ^= 1;
    for other in [
        changed,
        [&document[..], b"\n"].concat(),
        document[..document.len() - 1].to_vec(),
    ] {
        let refused = complete(other).err().unwrap();
        assert!(matches!(refused, CompletionError::DocumentChanged));
    }
    assert!(complete(document).is_ok());
}

#[test]
fn documents_that_cannot_be_signed_say_why_before_the_pin() {
    let world = World::new();
    let signer = world.signer(P384);
    let draft = world.draft(&signer, Level::Lta);
    for (name, document, cause) in [
        ("empty", Vec::new(), "PDF_EMPTY"),
        ("text", b"not a pdf".to_vec(), "PDF_NOT_PDF"),
        ("cut off", plain()[..300].to_vec(), "PDF_MALFORMED"),
    ] {
        let refused = prepare(Arc::new(document), &draft, world.now).unwrap_err();
        assert_eq!(refused.cause(), cause, "{name}");
    }
    let after = signer.certificate.not_after().plus(Duration::from_secs(1));
    let refused = prepare(Arc::new(plain()), &draft, after).unwrap_err();
    assert!(matches!(refused, PrepareError::CertificateTime { .. }));
}

#[test]
fn later_evidence_and_the_passing_of_time_change_what_is_known() {
    let world = World::new();
    let signer = world.signer(P384);
    let days = |count: u32| world.now.plus(Duration::from_secs(24 * 3600) * count);
    let basic = world.sealed(&plain(), &signer, Level::B);
    let lasting = world.sealed(&plain(), &signer, Level::Lta);
    assert_eq!(
        world.validate_at(&lasting, days(200), &[]).indication,
        Indication::TotalPassed
    );
    // The responder's certificate has run out and no later time-stamp shows that its answer is older: it is time
    // that the file was stamped anew.
    let late = world.validate_at(&lasting, days(3 * 365), &[]);
    assert_eq!(late.indication, Indication::Indeterminate);
    let stamp = late.document_time_stamps[0].sub_indication;
    assert_eq!(stamp, Some(SubIndication::RevocationOutOfBoundsNoPoe));
    let report = world.validate_at(&basic, days(11 * 365), &[]);
    assert_eq!(
        report.signatures[0].sub_indication,
        Some(SubIndication::OutOfBoundsNoPoe)
    );
    // Before it existed nothing is known of it.
    let before = world.now.minus(Duration::from_secs(3600));
    assert_ne!(
        world.validate_at(&lasting, before, &[]).indication,
        Indication::TotalPassed
    );
}

#[test]
fn another_laboratory_is_not_trusted() {
    let (here, there) = (World::new(), World::new());
    let file = there.sealed(&plain(), &there.signer(P384), Level::Lta);
    // Its root has the name of ours and another key.
    let report = here.validate(&file);
    assert_eq!(report.indication, Indication::Indeterminate);
    assert_eq!(
        report.signatures[0].sub_indication,
        Some(SubIndication::CertificateChainGeneralFailure)
    );
    // Its time-stamps hold together, and anybody can make such: they show no time here.
    assert_eq!(report.signatures[0].proven_level, Some(Level::B));
}

#[test]
fn a_document_in_which_no_signature_would_hold_is_not_prepared() {
    let world = World::new();
    let signer = world.signer(P384);
    let with = |stray: &str| {
        make::by_hand(
            &[
                "<</Type/Catalog/Pages 2 0 R>>",
                "<</Type/Pages/Count 1/Kids[3 0 R]>>",
                "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>",
                stray,
            ],
            "",
        )
    };
    let draft = world.draft(&signer, Level::Lta);
    let refused = prepare(Arc::new(with("<</A 1/A 2>>")), &draft, world.now).unwrap_err();
    assert_eq!(refused.cause(), "ADES_WOULD_NOT_HOLD", "{refused}");
    prepare(Arc::new(with("<</A 1>>")), &draft, world.now).unwrap();
}
