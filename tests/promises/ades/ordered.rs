//! What may be ordered beside the level: certification, what is committed to, claimed roles, place, policy.

use std::sync::Arc;

use zegel::ades::cms::attributes::{ClaimedAttribute, Commitment};
use zegel::ades::level::Level;
use zegel::ades::pades::prepare::prepare;
use zegel::ades::statement::{PolicyIdentifier, SignaturePolicy};
use zegel::ades::validate::indication::Indication;
use zegel::base::digest::HashAlgorithm;
use zegel::pdf::document::Document;
use zegel::pdf::permission::Certification;

use super::judges::{run, text};
use super::samples::{SHAPES, Xref, pdf};
use super::world::{P384, RSA, World};
use crate::support::{TestFolder, judge};

#[test]
fn a_certified_document_takes_what_its_certification_allows() {
    let world = World::new();
    let (first, second) = (world.signer(P384), world.signer(RSA));
    for xref in [Xref::Table, Xref::Stream] {
        let document = pdf(xref, SHAPES[0]);
        for (certification, second_is_allowed) in [
            (Certification::NoChanges, false),
            (Certification::FormsAndSigning, true),
            (Certification::Annotations, true),
        ] {
            let mut draft = world.draft(&first, Level::Lta);
            draft.certify = Some(certification);
            let certified = world.sealed_with(&document, &first, &draft);
            let view = Document::open(Arc::new(certified.clone())).unwrap().latest();
            assert_eq!(view.restrictions().unwrap().certification, Some(certification));
            // Security store and document time-stamp came after it, which every certification allows.
            let report = world.validate(&certified);
            assert_eq!(
                report.indication,
                Indication::TotalPassed,
                "{certification:?}: {report:#?}"
            );
            let next = prepare(
                Arc::new(certified.clone()),
                &world.draft(&second, Level::Lta),
                world.now,
            );
            match next {
                Err(refused) => {
                    assert_eq!(refused.cause(), "PDF_CERTIFIED_FINAL");
                    assert!(!second_is_allowed);
                }
                Ok(_) => {
                    assert!(second_is_allowed, "{certification:?}");
                    let both = world.sealed(&certified, &second, Level::Lta);
                    let report = world.validate(&both);
                    assert_eq!(
                        report.indication,
                        Indication::TotalPassed,
                        "{certification:?}: {report:#?}"
                    );
                }
            }
        }
    }
}

#[test]
fn only_the_first_signature_certifies() {
    let world = World::new();
    let signer = world.signer(P384);
    let signed = world.sealed(&pdf(Xref::Table, SHAPES[0]), &signer, Level::B);
    let mut draft = world.draft(&signer, Level::B);
    draft.certify = Some(Certification::FormsAndSigning);
    let refused = prepare(Arc::new(signed), &draft, world.now).unwrap_err();
    assert_eq!(refused.cause(), "PDF_SIGNED_ALREADY");
}

#[test]
fn what_the_signer_says_is_signed_and_reported_as_claimed() {
    let world = World::new();
    let signer = world.signer(P384);
    let policy = SignaturePolicy {
        identifier: PolicyIdentifier::Oid("2.25.1".to_owned()),
        hash: HashAlgorithm::Sha256,
        digest: HashAlgorithm::Sha256.digest(b"TEST policy"),
        uri: None,
    };
    for (commitment, oid) in [
        (Commitment::ProofOfOrigin, "1.2.840.113549.1.9.16.6.1"),
        (Commitment::ProofOfReceipt, "1.2.840.113549.1.9.16.6.2"),
        (Commitment::ProofOfApproval, "1.2.840.113549.1.9.16.6.5"),
        (Commitment::ProofOfCreation, "1.2.840.113549.1.9.16.6.6"),
    ] {
        let mut draft = world.draft(&signer, Level::Lta);
        draft.commitment = Some(commitment);
        draft.policy = Some(policy.clone());
        draft.claimed = vec![ClaimedAttribute::role("burgemeester".to_owned())];
        let file = world.sealed_with(&pdf(Xref::Table, SHAPES[0]), &signer, &draft);
        let report = world.validate(&file);
        assert_eq!(report.lowest_level(), Some(Level::Lta), "{report:#?}");
        let claimed = serde_json::to_string(&report.signatures[0].claimed).unwrap();
        for part in ["burgemeester", "Zegelgem", oid] {
            assert!(claimed.contains(part), "{part}: {claimed}");
        }
        assert!(
            report.signatures[0].attested.is_none(),
            "a claim is no attestation"
        );
        if let Some(pdfsig) = judge("pdfsig") {
            let folder = TestFolder::new("ordered");
            let path = folder.path().join("file.pdf");
            std::fs::write(&path, &file).unwrap();
            let told = text(&run(&pdfsig, &["-nocert", path.to_str().unwrap()]));
            assert!(told.contains("Signature is Valid"), "{told}");
        }
    }
}
