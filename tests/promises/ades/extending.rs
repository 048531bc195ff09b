//! Signatures that are raised later, proof that is renewed, files that are stamped alone, and digests signed alone.

use std::sync::Arc;

use zegel::ades::cades::stages::Packaging;
use zegel::ades::cms::attributes::Commitment;
use zegel::ades::cms::hash_only::{self, HashDraft, HashError, HashStep};
use zegel::ades::extend;
use zegel::ades::level::Level;
use zegel::ades::pades::completion::{CompletionError, Step};
use zegel::ades::pades::extend::{Extension, Target};
use zegel::ades::validate::indication::Indication;
use zegel::base::digest::{HashAlgorithm, Hasher};
use zegel::crypto::key::{Curve, KeyKind};
use zegel::lab::services::{Service, ServiceMode};
use zegel::pdf::document::Document;
use zegel::pdf::signature::hash_range;
use zegel::pdf::signature_field::{self, Content, FieldRequest, Placement};
use zegel::pdf::update::Update;
use zegel::pki::certificate::Certificate;

use super::message;
use super::samples::{SHAPES, Xref, pdf};
use super::world::{P384, RSA, Signer, World, whole};
use crate::pdf::make;

const P521: KeyKind = KeyKind::Ec(Curve::P521);

fn extended(world: &World, file: &[u8], target: Target) -> Result<Vec<u8>, CompletionError> {
    let source = Arc::new(file.to_vec());
    let mut extension = Extension::new(source, target, world.settings(), world.now)?;
    for _ in 0..100 {
        match extension.step(world.now)? {
            Step::Done(completed) => return Ok(whole(file, &completed)),
            Step::Need(need) => extension.answer(world.answer(&need, world.now), world.now)?,
        }
    }
    panic!("the extension does not end")
}

#[test]
fn every_level_is_raised_to_every_higher_one_and_lta_is_renewed() {
    let world = World::new();
    let signer = world.signer(P384);
    for xref in [Xref::Table, Xref::Stream] {
        for (from, to) in [
            (Level::B, Level::T),
            (Level::B, Level::Lt),
            (Level::B, Level::Lta),
            (Level::T, Level::Lt),
            (Level::T, Level::Lta),
            (Level::Lt, Level::Lta),
            (Level::Lta, Level::Lta),
        ] {
            let file = world.sealed(&pdf(xref, SHAPES[2]), &signer, from);
            let before = world.validate(&file).document_time_stamps.len();
            let raised = extended(&world, &file, Target::Level(to))
                .unwrap_or_else(|error| panic!("{from} to {to}: {error}"));
            assert_eq!(raised[..file.len()], file[..], "{from} to {to}");
            let report = world.validate(&raised);
            assert_eq!(report.lowest_level(), Some(to), "{from} to {to}: {report:#?}");
            let stamps = report.document_time_stamps.len() - before;
            // B-B has no time of its own; B-LTA needs one over the material too.
            let expected = usize::from(from == Level::B) + usize::from(to == Level::Lta);
            assert_eq!(stamps, expected, "{from} to {to}");
            if to >= Level::Lt {
                assert_eq!(report.indication, Indication::TotalPassed, "{from} to {to}");
            }
        }
    }
}

#[test]
fn bt_per_signer_and_lta_once_at_the_end() {
    let world = World::new();
    let signers = [P384, RSA, P521, KeyKind::Ec(Curve::P256)].map(|kind| world.signer(kind));
    let mut file = pdf(Xref::Stream, SHAPES[0]);
    let mut draft_level = Level::T;
    for signer in &signers {
        file = world.sealed(&file, signer, draft_level);
        draft_level = Level::T;
    }
    let raised = extended(&world, &file, Target::Level(Level::Lta)).unwrap();
    let report = world.validate(&raised);
    assert_eq!(report.signatures.len(), 4);
    assert_eq!(report.lowest_level(), Some(Level::Lta), "{report:#?}");
    assert_eq!(report.indication, Indication::TotalPassed);
    // One revision a signer, one for the material, one time-stamp, one for its own material.
    assert_eq!(report.document.revisions, 1 + 4 + 3);
    assert_eq!(report.document_time_stamps.len(), 1);
}

#[test]
fn a_file_is_stamped_with_and_without_signatures() {
    let world = World::new();
    let plain = pdf(Xref::Table, SHAPES[0]);
    let signed = world.sealed(&plain, &world.signer(P384), Level::B);
    for (file, signatures) in [(plain, 0), (signed, 1)] {
        let stamped = extended(&world, &file, Target::TimeStamp).unwrap();
        assert_eq!(stamped[..file.len()], file[..]);
        let report = world.validate(&stamped);
        assert_eq!(report.signatures.len(), signatures);
        assert_eq!(report.document_time_stamps.len(), 1);
        assert_eq!(report.document_time_stamps[0].indication, Indication::TotalPassed);
        if signatures == 1 {
            assert_eq!(report.lowest_level(), Some(Level::T));
        }
    }
}

/// A reference into the void is null (ISO 32000-2 §7.3.10): nothing is put there, for others refer to it as well, and its
/// number lies beyond `/Size`.
#[test]
fn a_reference_into_the_void_is_no_place_for_what_is_added() {
    let world = World::new();
    for (form, annotations, store) in [(9, 9, 9), (7, 8, 9), (4, 5, 6), (99, 98, 4)] {
        let plain = make::by_hand(
            &[
                &format!("<</Type/Catalog/Pages 2 0 R/AcroForm {form} 0 R/DSS {store} 0 R>>"),
                "<</Type/Pages/Count 1/Kids[3 0 R]>>",
                &format!("<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Annots {annotations} 0 R>>"),
            ],
            "",
        );
        let stamped = extended(&world, &plain, Target::TimeStamp).unwrap();
        make::check_with_qpdf(&stamped);
        let report = world.validate(&stamped);
        assert_eq!(report.document_time_stamps[0].indication, Indication::TotalPassed);
        let sealed = world.sealed(&plain, &world.signer(P384), Level::Lta);
        make::check_with_qpdf(&sealed);
        let report = world.validate(&sealed);
        assert_eq!(report.indication, Indication::TotalPassed, "{report:#?}");
        assert_eq!(report.lowest_level(), Some(Level::Lta));
        let page = make::open(&sealed).unwrap().latest().page(0).unwrap().unwrap();
        assert_eq!(
            page.dictionary.get("Annots").unwrap().as_array().unwrap().len(),
            2
        );
    }
}

#[test]
fn what_cannot_be_raised_says_why_and_nothing_below_the_level_comes_out() {
    let world = World::new();
    let plain = pdf(Xref::Table, SHAPES[0]);
    let file = world.sealed(&plain, &world.signer(P384), Level::B);
    let cause = |file: &[u8], target| extended(&world, file, target).unwrap_err().cause();
    assert_eq!(cause(&plain, Target::Level(Level::Lta)), "ADES_BELOW_LEVEL");
    let mut broken = file.clone();
    let at = broken.windows(4).position(|window| window == b"TEST").unwrap();
    broken[at] = b'V';
    assert_eq!(cause(&broken, Target::Level(Level::Lta)), "ADES_BELOW_LEVEL");
    let code = make::by_hand(
        &[
            "<</Type/Catalog/Pages 2 0 R>>",
            "<</Type/Pages/Count 1/Kids[3 0 R]>>",
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>",
        ],
        "/AuthCode<</MACLocation/Standalone/MAC<0102>>>",
    );
    for target in [Target::TimeStamp, Target::Level(Level::Lta)] {
        assert_eq!(cause(&code, target), "PDF_MAC");
    }
    assert_eq!(cause(b"no pdf", Target::TimeStamp), "PDF_NOT_PDF");
    for mode in [
        ServiceMode::Down,
        ServiceMode::WrongNonce,
        ServiceMode::WrongSigner,
        ServiceMode::Stale,
    ] {
        world.services.set_service(Service::TimeStamp, mode);
        assert_eq!(cause(&file, Target::Level(Level::T)), "TST_UNAVAILABLE", "{mode}");
        assert_eq!(cause(&file, Target::TimeStamp), "TST_UNAVAILABLE", "{mode}");
    }
    world.services.set_service(Service::TimeStamp, ServiceMode::Up);
    world.services.set_service(Service::Ocsp, ServiceMode::Down);
    world.services.set_service(Service::Crl, ServiceMode::Down);
    assert_eq!(cause(&file, Target::Level(Level::Lt)), "REV_UNAVAILABLE");
}

fn draft(world: &World, signer: &Signer, level: Level, digest: Vec<u8>) -> HashDraft {
    HashDraft {
        level,
        certificate: signer.certificate.clone(),
        chain: vec![Certificate::parse(world.pki().citizen.certificate_der().to_vec()).unwrap()],
        algorithm: None,
        digest,
        claimed: Vec::new(),
        commitment: Some(Commitment::ProofOfApproval),
        expires_at: world.now.plus(std::time::Duration::from_secs(60)),
    }
}

#[test]
fn a_digest_signed_alone_becomes_the_signature_of_a_document_that_never_left() {
    let world = World::new();
    for (kind, level) in [(P384, Level::T), (RSA, Level::B), (P521, Level::T)] {
        let signer = world.signer(kind);
        // At the caller: a field with room, and the digest of all but the room.
        let document = Document::open(Arc::new(pdf(Xref::Table, SHAPES[1]))).unwrap();
        let mut update = Update::new(&document);
        let request = FieldRequest {
            placement: Placement::Invisible,
            name: None,
            tooltip: None,
            content: Content::Signature {
                signed_at: world.now,
                name: None,
                location: None,
                reason: None,
                certify: None,
                lock: None,
            },
            contents_bytes: 24 * 1024,
            signer: None,
        };
        signature_field::add(&mut update, &request).unwrap();
        let mut tail = update.finish().unwrap();
        let mut hasher = Hasher::new(hash_only::usual_hash(kind));
        hash_range(&mut hasher, document.source(), 0, document.len()).unwrap();
        tail.hash_tail(&mut hasher).unwrap();
        // Here: only the digest.
        let prepared =
            hash_only::prepare(&draft(&world, &signer, level, hasher.finish()), world.now).unwrap();
        let stored = serde_json::to_vec(&prepared).unwrap();
        let prepared: hash_only::HashPrepared = serde_json::from_slice(&stored).unwrap();
        let advised = prepared.advised_bytes();
        let key = &signer.leaf.key;
        let value = key
            .sign_digest(prepared.algorithm(), &prepared.to_sign())
            .unwrap();
        let mut broken = value.clone();
        *broken.last_mut().unwrap() ^= 1;
        assert!(prepared.clone().finish(broken, world.now).is_err());
        let mut signed = prepared.finish(value, world.now).unwrap();
        let settings = world.settings();
        let message = loop {
            match signed.step(&settings).unwrap() {
                HashStep::Done(message) => break message,
                HashStep::Need(need) => signed.answer(world.answer(&need, world.now), &settings, world.now),
            }
        };
        assert!(message.len() <= advised, "{} of {advised}", message.len());
        // At the caller again.
        tail.embed(&message).unwrap();
        let file = [pdf(Xref::Table, SHAPES[1]), tail.bytes].concat();
        let report = world.validate(&file);
        assert_eq!(report.lowest_level(), Some(level), "{report:#?}");
        // What stands in the document is added where the document is.
        let raised = extended(&world, &file, Target::Level(Level::Lta)).unwrap();
        assert_eq!(world.validate(&raised).indication, Indication::TotalPassed);
    }
}

#[test]
fn a_digest_alone_has_its_limits() {
    let world = World::new();
    let signer = world.signer(P384);
    let prepare = |level, digest| hash_only::prepare(&draft(&world, &signer, level, digest), world.now);
    assert_eq!(prepare(Level::Lt, vec![0; 48]), Err(HashError::Level(Level::Lt)));
    let short = HashAlgorithm::Sha256.digest(b"");
    assert_eq!(
        prepare(Level::T, short),
        Err(HashError::Digest {
            expected: 48,
            found: 32
        })
    );
    world.services.set_service(Service::TimeStamp, ServiceMode::Down);
    let prepared = prepare(Level::T, vec![0; 48]).unwrap();
    let value = signer
        .leaf
        .key
        .sign_digest(prepared.algorithm(), &prepared.to_sign())
        .unwrap();
    let mut signed = prepared.finish(value, world.now).unwrap();
    let settings = world.settings();
    let refused = loop {
        match signed.step(&settings) {
            Err(error) => break error,
            Ok(HashStep::Need(need)) => signed.answer(world.answer(&need, world.now), &settings, world.now),
            Ok(HashStep::Done(_)) => panic!("a message below its level came out"),
        }
    };
    assert_eq!(refused.cause(), "TST_UNAVAILABLE");
}

/// Time-stamps over what is broken would only preserve that: no service is asked for any.
#[test]
fn a_broken_signature_outside_pdf_is_refused_before_anything_is_asked_for() {
    let world = World::new();
    let signer = world.signer(P384);
    let message = message::sealed(&world, b"besluit 12", &signer, Level::B, Packaging::Attached);
    let mut damaged = message.clone();
    let at = damaged
        .windows(10)
        .position(|part| part == b"besluit 12")
        .unwrap();
    damaged[at] ^= 1;
    let order = || extend::Order {
        name: None,
        level: Level::Lta,
        compact_as: None,
    };
    let begun = |file: Vec<u8>| {
        extend::Extension::new(Arc::new(file), Vec::new(), order(), world.settings(), world.now)
    };
    let mut twin = begun(message).unwrap();
    assert!(twin.step(world.now).is_ok());
    let Err(refused) = begun(damaged) else {
        panic!("it is broken");
    };
    assert_eq!(refused.cause(), "ADES_BELOW_LEVEL");
}
