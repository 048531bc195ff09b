//! Messages of CMS show the level ordered, for one signer and several, from bytes and from a hash, and go on from what
//! others made.

use std::sync::Arc;
use std::time::Duration;

use zegel::ades::augment::error::AugmentError;
use zegel::ades::cades::completion::Carried;
use zegel::ades::cades::extend::extend;
use zegel::ades::cades::prepare::{PrepareError, prepare, prepare_counter};
use zegel::ades::cades::stages::{Draft, FinishProblem, Packaging};
use zegel::ades::cms::attributes::{ClaimedAttribute, Commitment};
use zegel::ades::content::Content;
use zegel::ades::level::Level;
use zegel::ades::pades::finish::FinishError;
use zegel::ades::signature_name::SignatureName;
use zegel::ades::statement::{Place, PolicyIdentifier, SignaturePolicy};
use zegel::ades::validate::Context;
use zegel::ades::validate::indication::{Indication, SubIndication};
use zegel::ades::validate::validate_cms;
use zegel::base::digest::HashAlgorithm;
use zegel::crypto::ecdsa;
use zegel::crypto::key::Curve;

use super::message::{
    beside, bytes, carried, carried_by, complete, complete_at, draft, opened, sealed, sealed_with, signed,
    validate, with_counter, with_parallel, written,
};
use super::world::{P384, RSA, World};

const DATA: &[u8] = b"besluit van het college, 3 maart 2026\n";
const LEVELS: [Level; 4] = [Level::B, Level::T, Level::Lt, Level::Lta];
const PACKAGINGS: [Packaging; 2] = [Packaging::Attached, Packaging::Detached];

fn due(level: Level) -> (Indication, Option<SubIndication>) {
    if level >= Level::Lt {
        (Indication::TotalPassed, None)
    } else {
        (Indication::Indeterminate, Some(SubIndication::TryLater))
    }
}

#[test]
fn every_level_ordered_is_the_level_shown() {
    let world = World::new();
    let signer = world.signer(P384);
    for packaging in PACKAGINGS {
        for level in LEVELS {
            let file = sealed(&world, DATA, &signer, level, packaging);
            let report = validate(&world, &file, beside(DATA, packaging), world.now);
            let [one] = report.signatures.as_slice() else {
                panic!("{report:#?}")
            };
            assert_eq!(one.level, Some(level), "{packaging:?} {report:#?}");
            assert_eq!(
                (one.indication, one.sub_indication),
                due(level),
                "{packaging:?} {level}"
            );
            assert_eq!(one.claimed.time, Some(world.now.truncated_to_second()));
            // Our own messages are DER to the last byte: written again they are the same.
            let message = opened(&file);
            let mut again = Vec::new();
            let raw = message
                .raw_content
                .as_ref()
                .map(|raw| raw as &dyn zegel::base::bytes::ReadAt);
            message.envelope.write(raw, &mut again).unwrap();
            assert_eq!(again, file);
            zegel::asn1::read::single(&file, zegel::asn1::read::Rules::Der).unwrap();
        }
    }
}

#[test]
fn what_a_signer_states_is_read_back_and_stands_apart() {
    let world = World::new();
    let signer = world.signer(P384);
    let full = Draft {
        claimed: vec![ClaimedAttribute::role("burgemeester".to_owned())],
        commitment: Some(Commitment::ProofOfApproval),
        place: Some(Place {
            country: Some("BE".to_owned()),
            locality: Some("Zegelgem".to_owned()),
        }),
        policy: Some(SignaturePolicy {
            identifier: PolicyIdentifier::Oid("1.3.6.1.4.1.55555.1".to_owned()),
            hash: HashAlgorithm::Sha256,
            digest: vec![7; 32],
            uri: Some("https://example.test/policy.pdf".to_owned()),
        }),
        description: Some("besluit.txt".to_owned()),
        ..draft(&world, &signer, Level::Lta, Packaging::Attached)
    };
    let file = sealed_with(&world, DATA, &signer, &full);
    let report = validate(&world, &file, None, world.now);
    let one = &report.signatures[0];
    assert_eq!(one.indication, Indication::TotalPassed, "{report:#?}");
    assert_eq!(one.claimed.roles, ["burgemeester"]);
    assert_eq!(one.claimed.location.as_deref(), Some("Zegelgem, BE"));
    assert_eq!(
        one.claimed.commitment.as_deref(),
        Some("1.2.840.113549.1.9.16.6.5")
    );
    assert_eq!(one.attested, None);
    assert!(
        one.findings
            .iter()
            .any(|finding| finding.cause == "SIGNATURE_POLICY_NOT_AVAILABLE")
    );
}

#[test]
fn a_hash_alone_gives_a_detached_signature_of_every_level() {
    let world = World::new();
    for kind in [P384, RSA] {
        let signer = world.signer(kind);
        let hash = kind.default_algorithm().hash();
        let content = Content::digest_only(hash, hash.digest(DATA));
        for level in LEVELS {
            let draft = draft(&world, &signer, level, Packaging::Detached);
            let prepared = prepare(&content, &draft, world.now).unwrap();
            let carried = Carried::Detached(content.clone());
            let completed = complete(&world, &carried, signed(&world, prepared, &signer));
            let file = written(&completed, &carried);
            let report = validate(&world, &file, Some(DATA), world.now);
            assert_eq!(report.signatures[0].level, Some(level), "{report:#?}");
        }
        let other = match hash {
            HashAlgorithm::Sha256 => HashAlgorithm::Sha512,
            _ => HashAlgorithm::Sha256,
        };
        let content = Content::digest_only(other, other.digest(DATA));
        let draft = draft(&world, &signer, Level::B, Packaging::Detached);
        let refused = prepare(&content, &draft, world.now).unwrap_err();
        assert!(matches!(refused, PrepareError::Content), "{refused}");
    }
    let signer = world.signer(P384);
    let hash = HashAlgorithm::Sha384;
    let attached = draft(&world, &signer, Level::B, Packaging::Attached);
    let content = Content::digest_only(hash, hash.digest(DATA));
    let refused = prepare(&content, &attached, world.now).unwrap_err();
    assert_eq!(refused.cause(), "ADES_CONTENT");
}

#[test]
fn a_value_that_does_not_verify_never_reaches_the_message() {
    let world = World::new();
    let (signer, other) = (world.signer(P384), world.signer(P384));
    let draft = draft(&world, &signer, Level::B, Packaging::Detached);
    let prepared = prepare(&bytes(DATA), &draft, world.now).unwrap();
    let (algorithm, digest) = (prepared.algorithm(), prepared.digest());
    let good = signer.leaf.key.sign_digest(algorithm, &digest).unwrap();
    for (name, value) in [
        (
            "another key",
            other.leaf.key.sign_digest(algorithm, &digest).unwrap(),
        ),
        ("raw r‖s", ecdsa::der_to_raw(&good, Curve::P384).unwrap()),
        (
            "the content's digest",
            signer
                .leaf
                .key
                .sign_digest(algorithm, prepared.content_digest())
                .unwrap(),
        ),
    ] {
        let refused = prepared.clone().finish(&value, world.now).unwrap_err();
        assert_eq!(refused.cause(), "ADES_VALUE_INVALID", "{name}");
    }
    let late = world.now.plus(Duration::from_mins(5));
    assert!(matches!(
        prepared.clone().finish(&good, late),
        Err(FinishProblem::Finish(FinishError::Expired { .. }))
    ));
    prepared.finish(&good, world.now).unwrap();
}

#[test]
fn each_of_several_signers_is_judged_for_itself() {
    let world = World::new();
    let (first, second, third) = (world.signer(P384), world.signer(RSA), world.signer(P384));
    for packaging in PACKAGINGS {
        let one = sealed(&world, DATA, &first, Level::Lta, packaging);
        let two = with_parallel(&world, &one, DATA, &second, Level::T);
        let three = with_counter(&world, &two, DATA, &third, Level::Lt);
        let report = validate(&world, &three, beside(DATA, packaging), world.now);
        let told: Vec<_> = report
            .signatures
            .iter()
            .map(|one| (one.field.as_str(), one.level, one.indication))
            .collect();
        assert_eq!(
            told,
            [
                ("signer 1", Some(Level::Lta), Indication::TotalPassed),
                (
                    "signer 1, counter-signature 1",
                    Some(Level::Lt),
                    Indication::TotalPassed
                ),
                // Material that was gathered for the others serves for the issuer it shares with them, not for it.
                ("signer 2", Some(Level::T), Indication::Indeterminate),
            ],
            "{report:#?}"
        );
        assert_eq!(report.signatures[2].sub_indication, Some(SubIndication::TryLater));
    }
    let message = opened(&sealed(&world, DATA, &first, Level::B, Packaging::Attached));
    let too_high = draft(&world, &second, Level::Lta, Packaging::Detached);
    let refused = prepare_counter(&message, &SignatureName::signer(0), &too_high, world.now).unwrap_err();
    assert_eq!(refused.cause(), "ADES_MESSAGE");
}

#[test]
fn a_message_is_taken_one_level_up_at_a_time_and_renewed() {
    let world = World::new();
    let signer = world.signer(P384);
    for packaging in PACKAGINGS {
        let mut file = sealed(&world, DATA, &signer, Level::B, packaging);
        for (days, level) in [
            (0, Level::T),
            (0, Level::Lt),
            (0, Level::Lta),
            (200, Level::Lta),
            (400, Level::Lta),
        ] {
            let now = world.now.plus(Duration::from_hours(24 * days));
            let message = opened(&file);
            let before: Vec<Vec<u8>> = message.envelope.certificates().map(<[u8]>::to_vec).collect();
            let carried = carried_by(&message, DATA);
            let begun = extend(&message, &SignatureName::signer(0), level).unwrap();
            let completed = complete_at(&world, &carried, begun, now)
                .unwrap_or_else(|(error, _)| super::message::told(error));
            file = written(&completed, &carried);
            let report = validate(&world, &file, beside(DATA, packaging), now);
            assert_eq!(report.signatures[0].level, Some(level), "day {days}: {report:#?}");
            let after: Vec<Vec<u8>> = opened(&file)
                .envelope
                .certificates()
                .map(<[u8]>::to_vec)
                .collect();
            assert!(before.iter().all(|known| after.contains(known)));
        }
        let report = validate(
            &world,
            &file,
            beside(DATA, packaging),
            world.now.plus(Duration::from_hours(24 * 400)),
        );
        let stamps = &report.signatures[0].time_stamps;
        assert_eq!(stamps.len(), 4, "{report:#?}");
        assert!(
            stamps
                .iter()
                .all(|stamp| stamp.indication == Indication::TotalPassed)
        );
        assert_eq!(
            report.signatures[0].best_signature_time,
            Some(world.now.truncated_to_second())
        );
    }
}

#[test]
fn a_service_that_is_down_costs_nothing_but_time() {
    use zegel::lab::services::{Service, ServiceMode};
    let world = World::new();
    let signer = world.signer(P384);
    let carried = carried(DATA, Packaging::Detached);
    let draft = draft(&world, &signer, Level::Lta, Packaging::Detached);
    let prepared = prepare(&bytes(DATA), &draft, world.now).unwrap();
    let kept = signed(&world, prepared, &signer);
    world
        .services
        .switches()
        .set_service(Service::TimeStamp, ServiceMode::Down);
    let (error, kept) = complete_at(&world, &carried, kept, world.now).unwrap_err();
    assert!(matches!(error, AugmentError::TimeStamp(_)) && error.is_retryable() && !error.is_final());
    world
        .services
        .switches()
        .set_service(Service::TimeStamp, ServiceMode::Up);
    assert_eq!(complete(&world, &carried, kept).level, Level::Lta);
}

#[test]
fn content_is_judged_where_it_is_due() {
    let world = World::new();
    let signer = world.signer(P384);
    let detached = sealed(&world, DATA, &signer, Level::Lta, Packaging::Detached);
    let attached = sealed(&world, DATA, &signer, Level::Lta, Packaging::Attached);
    for (file, given, sub) in [
        (&detached, None, SubIndication::SignedDataNotFound),
        (&detached, Some(&b"another"[..]), SubIndication::HashFailure),
        (&attached, Some(DATA), SubIndication::FormatFailure),
    ] {
        let report = validate(&world, file, given, world.now);
        assert_eq!(report.signatures[0].sub_indication, Some(sub), "{report:#?}");
        assert_eq!(report.signatures[0].level, None);
    }
    let context = Context {
        trust: &world.trust,
        algorithms: &world.algorithms,
        verdict_keys: &[],
        at: world.now,
    };
    let digest = Content::digest_only(HashAlgorithm::Sha384, HashAlgorithm::Sha384.digest(DATA));
    let report = validate_cms(Arc::new(detached), Some(&digest), &context);
    assert_eq!(report.indication, Indication::TotalPassed, "{report:#?}");
}
