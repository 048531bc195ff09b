//! What is learnt of a certificate's status, from good services and bad ones.

use zegel::base::clock::Clock as _;
use zegel::base::time::Timestamp;
use zegel::crypto::policy::AlgorithmPolicy;
use zegel::lab::pki::{AuthorityKind, CertificateBuilder, DAY, Extension, LabPki, LeafPurpose, Serial};
use zegel::lab::services::{CertificateStatus, RevocationReason, Service, ServiceMode};
use zegel::pki::certificate::Certificate;
use zegel::pki::crl::UnverifiedCrl;
use zegel::pki::need::FetchFailure;
use zegel::pki::purpose::Purpose;
use zegel::pki::refusal::{Attempt, Refusal};
use zegel::pki::revocation::{CheckOptions, Evidence};
use zegel::pki::status::{CertificateStatus as Status, Reason};

use super::support::at;
use super::world::{BASE, P384, World};

fn attempts(refusal: Refusal) -> Vec<(&'static str, &'static str)> {
    let Refusal::StatusUnavailable { attempts, .. } = refusal else {
        panic!("{refusal:?}")
    };
    attempts
        .into_iter()
        .map(|Attempt { source, cause }| (source, cause))
        .collect()
}

fn set(world: &World, certificate: &Certificate, status: CertificateStatus) {
    world
        .services
        .set_certificate(&Serial::from_bytes(certificate.serial()), status);
}

#[test]
fn a_good_card_is_proved_by_ocsp_and_its_authority_by_the_list_of_the_root() {
    let world = World::new();
    let card = world.card();
    let checked = world.status(&card).unwrap();
    assert_eq!(checked.len(), 2);
    assert!(matches!(&checked[0].evidence, Evidence::Ocsp(answer) if answer.status == Status::Good));
    assert!(matches!(checked[1].evidence, Evidence::Crl { .. }));
    assert!(checked.iter().all(|one| one.evidence.der().is_some()));
    let kinds: Vec<&str> = world.outside.asked().iter().map(|need| need.kind()).collect();
    assert_eq!(kinds, ["ocsp", "crl"]);
    // A second look within the minute asks nobody; another card asks its own responder only.
    world.status(&card).unwrap();
    assert_eq!(world.outside.asked().len(), 2);
    world.status(&world.card()).unwrap();
    assert_eq!(world.outside.asked().len(), 3);
    // A minute later the answer is not used again.
    world.clock.advance(std::time::Duration::from_secs(61));
    world.status(&card).unwrap();
    assert_eq!(world.outside.asked().len(), 4);
}

#[test]
fn revoked_suspended_and_unknown_are_told_apart_and_no_other_source_is_asked() {
    let world = World::new();
    let since = world.clock.now().minus(DAY);
    for (status, cause) in [
        (
            CertificateStatus::Revoked {
                at: since,
                reason: RevocationReason::Superseded,
            },
            "REVOKED",
        ),
        (CertificateStatus::OnHold { since }, "SUSPENDED"),
        (CertificateStatus::Unknown, "REV_UNKNOWN"),
    ] {
        let card = world.card();
        set(&world, &card.certificate, status);
        let before = world.outside.asked().len();
        let refusal = world.status(&card).unwrap_err();
        assert_eq!(refusal.cause(), cause);
        if let Refusal::Revoked { at, reason, .. } = refusal {
            assert_eq!((at, reason), (since, Reason::Superseded));
        }
        let asked: Vec<&str> = world.outside.asked()[before..]
            .iter()
            .map(|need| need.kind())
            .collect();
        assert_eq!(
            asked,
            ["ocsp"],
            "{cause}: a list that knows nothing bad must not be asked for a better answer"
        );
    }
}

#[test]
fn each_unusable_ocsp_answer_leads_to_the_list_and_is_named_when_the_list_fails_too() {
    for (mode, cause) in [
        (ServiceMode::Down, "http"),
        (ServiceMode::Stale, "OCSP_STALE"),
        (ServiceMode::StaleFractional, "OCSP_STALE"),
        (ServiceMode::WrongNonce, "OCSP_NONCE"),
        (ServiceMode::WrongSigner, "OCSP_SIGNER"),
    ] {
        let world = World::new();
        world.switch(Service::Ocsp, mode);
        let card = world.card();
        let checked = world.status(&card).unwrap();
        assert!(matches!(checked[0].evidence, Evidence::Crl { .. }), "{mode}");
        let dark = World::new();
        dark.switch(Service::Ocsp, mode);
        dark.switch(Service::Crl, ServiceMode::Down);
        let refusal = dark.status(&dark.card()).unwrap_err();
        assert_eq!(refusal.cause(), "REV_UNAVAILABLE");
        assert_eq!(attempts(refusal), [("ocsp", cause), ("crl", "http")], "{mode}");
    }
}

#[test]
fn each_unusable_list_is_named() {
    for (mode, cause) in [
        (ServiceMode::Stale, "CRL_STALE"),
        (ServiceMode::WrongSigner, "CRL_SIGNER"),
    ] {
        let world = World::new();
        world.switch(Service::Ocsp, ServiceMode::Down);
        world.switch(Service::Crl, mode);
        let refusal = world.status(&world.card()).unwrap_err();
        let causes = attempts(refusal);
        assert_eq!(causes[..2], [("ocsp", "http"), ("crl", cause)], "{mode}");
    }
}

#[test]
fn answers_that_are_no_answers_are_named() {
    for (bytes, cause) in [
        (vec![0x30, 0x03, 0x0A, 0x01, 0x03], "OCSP_STATUS"),
        (b"<html>".to_vec(), "OCSP_PARSE"),
        (Vec::new(), "OCSP_PARSE"),
        (vec![0; 65 * 1024], "too_large"),
    ] {
        let world = World::new();
        let card = world.card();
        world.outside.give(&format!("{BASE}/ocsp/"), bytes);
        world.outside.give(&format!("{BASE}/crl/"), b"nothing".to_vec());
        assert_eq!(
            attempts(world.status(&card).unwrap_err()),
            [("ocsp", cause), ("crl", "CRL_PARSE")]
        );
    }
    let world = World::new();
    let card = world.card();
    world.outside.fail(BASE, FetchFailure::Timeout);
    assert_eq!(
        attempts(world.status(&card).unwrap_err()),
        [("ocsp", "timeout"), ("crl", "timeout")]
    );
}

#[test]
fn an_answer_about_another_card_or_another_nonce_is_not_taken() {
    let world = World::new();
    let (card, other) = (world.card(), world.card());
    world.status(&other).unwrap();
    let recorded = world
        .outside
        .asked()
        .into_iter()
        .find(|need| need.kind() == "ocsp")
        .unwrap();
    let answer = world.outside.answer(&recorded).unwrap();
    world.outside.give(&format!("{BASE}/ocsp/"), answer);
    world.outside.fail(&format!("{BASE}/crl/"), FetchFailure::Connect);
    assert_eq!(
        attempts(world.status(&card).unwrap_err())[0],
        ("ocsp", "OCSP_MISMATCH")
    );
    // The same card later: the replayed answer has the nonce of then.
    world.clock.advance(std::time::Duration::from_secs(61));
    assert_eq!(
        attempts(world.status(&other).unwrap_err())[0],
        ("ocsp", "OCSP_NONCE")
    );
}

#[test]
fn with_ocsp_down_the_list_still_tells_revoked_and_suspended() {
    let world = World::new();
    world.switch(Service::Ocsp, ServiceMode::Down);
    let (revoked, held) = (world.card(), world.card());
    let since = world.clock.now().minus(DAY);
    set(
        &world,
        &revoked.certificate,
        CertificateStatus::Revoked {
            at: since,
            reason: RevocationReason::KeyCompromise,
        },
    );
    set(&world, &held.certificate, CertificateStatus::OnHold { since });
    assert_eq!(world.status(&revoked).unwrap_err().cause(), "REVOKED");
    assert_eq!(world.status(&held).unwrap_err().cause(), "SUSPENDED");
}

#[test]
fn a_revoked_authority_refuses_every_card_below_it() {
    let world = World::new();
    let authority = world.know_issuer();
    let at = world.clock.now().minus(DAY);
    set(
        &world,
        &authority,
        CertificateStatus::Revoked {
            at,
            reason: RevocationReason::CessationOfOperation,
        },
    );
    let refusal = world.status(&world.card()).unwrap_err();
    assert!(
        matches!(refusal, Refusal::Revoked { certificate, .. } if certificate == authority.fingerprint())
    );
}

#[test]
fn evidence_for_a_signature_must_come_after_it() {
    let world = World::new();
    let card = world.card_with(LeafPurpose::Signature, P384, |builder| builder);
    let path = world.path(&card.certificate, Purpose::Signature).unwrap();
    let signed_at = world.clock.now().plus(std::time::Duration::from_secs(30));
    let options = CheckOptions {
        evidence_from: Some(signed_at),
        embed: true,
        ..CheckOptions::default()
    };
    world
        .outside
        .fail(&format!("{BASE}/crl/citizen"), FetchFailure::Connect);
    let early = world.status_of(&path, options).unwrap_err();
    assert_eq!(attempts(early), [("ocsp", "OCSP_STALE"), ("crl", "connect")]);
    world.clock.set(signed_at);
    let checked = world.status_of(&path, options).unwrap();
    assert!(checked[0].evidence.this_update().unwrap() >= signed_at);
    // An answer remembered from before the signature does not stand in for one.
    let other = World::new();
    let card = other.card_with(LeafPurpose::Signature, P384, |builder| builder);
    let path = other.path(&card.certificate, Purpose::Signature).unwrap();
    other.status_of(&path, CheckOptions::default()).unwrap();
    other.clock.set(signed_at);
    let checked = other.status_of(&path, options).unwrap();
    assert!(checked[0].evidence.this_update().unwrap() >= signed_at);
}

#[test]
fn an_older_list_never_takes_the_place_of_a_newer_one() {
    let world = World::new();
    let authority = world.know_issuer();
    let policy = AlgorithmPolicy::live_authentication();
    let now = world.clock.now();
    let list = |moment: Timestamp| {
        world
            .services
            .crl(zegel::lab::pki::AuthorityKind::Citizen, moment)
            .unwrap()
    };
    let (old, new) = (list(now.minus(DAY)), list(now));
    let add = |der: &[u8]| {
        world
            .trust
            .add_crl(&authority, "http://x/a.crl", der, &policy, false, now)
    };
    add(&old).unwrap();
    add(&new).unwrap();
    assert_eq!(add(&old).unwrap_err().cause(), "CRL_ROLLBACK");
    assert_eq!(
        world
            .trust
            .crl(&authority, "http://x/a.crl", DAY, now)
            .unwrap()
            .this_update(),
        now
    );
}

#[test]
fn real_lists_of_2013_and_2017_read_and_count() {
    let read = |name: &str| {
        crate::support::shared(&format!("pki/crl/{name}")).map(|file| std::fs::read(file).unwrap())
    };
    let policy = AlgorithmPolicy::etsi_ts_119_312();
    let until = zegel::base::time::Day::new(2018, 1, 1);
    for (name, root, moment) in [
        (
            "belgium-root-ca2-20130711.crl",
            "roots/belgium-root-ca2-exp2028",
            "2013-07-12T00:00:00Z",
        ),
        (
            "belgium-root-ca4-20170101.crl",
            "roots/belgium-root-ca4-exp2032",
            "2017-01-02T00:00:00Z",
        ),
    ] {
        let (Some(der), Some(root)) = (read(name), super::support::certificate(root)) else {
            return;
        };
        assert_eq!(
            UnverifiedCrl::parse(&der)
                .unwrap()
                .verify(&root, &policy, None)
                .unwrap_err()
                .cause(),
            "ALG_FORBIDDEN",
            "{name}: SHA-1 is for roots only, and until a day"
        );
        let crl = UnverifiedCrl::parse(&der)
            .unwrap()
            .verify(&root, &policy, until)
            .unwrap();
        crl.check_fresh(at(moment)).unwrap();
        assert_eq!(
            crl.check_fresh(at("2026-01-01T00:00:00Z")).unwrap_err().cause(),
            "CRL_STALE"
        );
        let (Some(other), Some(der)) = (super::support::certificate("roots/belgium-root-ca6"), read(name))
        else {
            return;
        };
        assert_eq!(
            UnverifiedCrl::parse(&der)
                .unwrap()
                .verify(&other, &policy, until)
                .unwrap_err()
                .cause(),
            "CRL_SIGNER"
        );
    }
}

#[test]
fn the_whole_list_of_a_real_authority_stays_small() {
    let Some(file) = crate::support::shared("pki/crl/citizen-ca-201631-20170705.crl") else {
        return;
    };
    let der = std::fs::read(file).unwrap();
    // Its authority's certificate is not at hand, so that the list is counted unverified through the parser.
    let crl = UnverifiedCrl::parse(&der).unwrap().unverified_content().unwrap();
    assert_eq!((crl.len(), crl.hold_count()), (9257, 822));
    assert!(crl.entry_bytes() <= 24 * crl.len(), "{} bytes", crl.entry_bytes());
}

/// ext-etsi-valassured-ST-certs, EN 319 412-1 §5.2.
fn short_term() -> Extension {
    Extension::new("0.4.0.194121.2.1", vec![5, 0])
}

#[test]
fn only_the_certificate_of_a_signature_may_say_that_it_is_too_short_lived_to_be_revoked() {
    for (purpose, leaf, spared) in [
        (Purpose::Signature, LeafPurpose::Signature, true),
        (Purpose::Authentication, LeafPurpose::Authentication, false),
    ] {
        let world = World::new();
        let card = world.card_with(leaf, P384, |builder| builder.with(short_term()));
        let path = world.path(&card.certificate, purpose).unwrap();
        let checked = world.status_of(&path, CheckOptions::default()).unwrap();
        assert_eq!(
            matches!(checked[0].evidence, Evidence::ShortTerm),
            spared,
            "{purpose:?}"
        );
        assert!(matches!(checked[1].evidence, Evidence::Crl { .. }));
        set(
            &world,
            &card.certificate,
            CertificateStatus::OnHold {
                since: world.clock.now().minus(DAY),
            },
        );
        world.clock.advance(std::time::Duration::from_secs(61));
        let outcome = world.status_of(&path, CheckOptions::default());
        assert_eq!(outcome.is_ok(), spared, "{purpose:?}");
    }
}

#[test]
fn an_authority_cannot_spare_itself_the_question_whether_it_is_revoked() {
    let world = World::new();
    let citizen = &world.pki().citizen;
    let again = CertificateBuilder::new(citizen.name().clone(), citizen.key().public())
        .valid(LabPki::usual_validity(world.clock.now()))
        .with(Extension::authority(0))
        .with(Extension::key_usage(&[5, 6]))
        .with(Extension::policies(&["2.5.29.32.0"]))
        .with(Extension::subject_key(citizen.key().public()))
        .with(Extension::access(BASE, AuthorityKind::Root))
        .with(Extension::crl(BASE, AuthorityKind::Root))
        .with(short_term())
        .issue(&world.pki().root, &world.random)
        .unwrap();
    let authority = Certificate::parse(again).unwrap();
    world.trust.add_issuer(&authority).unwrap();
    let card = world.card_with(LeafPurpose::Signature, P384, |builder| builder);
    let algorithms = AlgorithmPolicy::live_authentication();
    let path = world
        .trust
        .validate(
            &card.certificate,
            &[],
            Purpose::Signature,
            &algorithms,
            world.clock.now(),
        )
        .unwrap();
    assert_eq!(path.issuer(), &authority);
    let checked = world.status_of(&path, CheckOptions::default()).unwrap();
    assert!(matches!(checked[1].evidence, Evidence::Crl { .. }));
}

#[test]
fn the_laboratory_serves_every_state_of_one_card_while_others_are_served_well() {
    use zegel::lab::services::ServiceMode as Mode;
    let world = World::new();
    let other = world.card();
    world
        .outside
        .fail(&format!("{BASE}/crl/citizen"), FetchFailure::Connect);
    for (mode, cause) in [
        (Mode::Down, "http"),
        (Mode::Garbage, "OCSP_PARSE"),
        (Mode::Redirect, "http"),
        (Mode::Stale, "OCSP_STALE"),
        (Mode::StaleFractional, "OCSP_STALE"),
        (Mode::TooLarge, "too_large"),
        (Mode::TryLater, "OCSP_STATUS"),
        (Mode::WrongNonce, "OCSP_NONCE"),
        (Mode::WrongSigner, "OCSP_SIGNER"),
    ] {
        let card = world.card();
        let serial = Serial::from_bytes(card.certificate.serial());
        world.services.set_answer(&serial, Some(mode));
        let causes = attempts(world.status(&card).unwrap_err());
        assert_eq!(causes[0], ("ocsp", cause), "{mode}");
        world.services.set_answer(&serial, None);
        assert!(world.status(&card).is_ok(), "{mode}: switched back while it runs");
        assert!(world.status(&other).is_ok(), "{mode}");
        assert_eq!(mode.to_string().parse::<Mode>().unwrap(), mode);
    }
    let at = world.clock.now().minus(DAY);
    for (word, code) in [
        ("unspecified", 0),
        ("key-compromise", 1),
        ("ca-compromise", 2),
        ("affiliation-changed", 3),
        ("superseded", 4),
        ("cessation-of-operation", 5),
        ("privilege-withdrawn", 9),
        ("aa-compromise", 10),
    ] {
        let card = world.card();
        let reason = word.parse().unwrap();
        set(
            &world,
            &card.certificate,
            CertificateStatus::Revoked { at, reason },
        );
        match world.status(&card).unwrap_err() {
            Refusal::Revoked { reason, .. } => assert_eq!(reason.code(), code, "{word}"),
            other => panic!("{word}: {other:?}"),
        }
    }
    assert!("7".parse::<RevocationReason>().is_err());
}

#[test]
fn each_other_service_of_the_laboratory_fails_in_each_way() {
    use zegel::lab::services::ServiceMode as Mode;
    for (mode, list) in [
        (Mode::Down, "http"),
        (Mode::Garbage, "CRL_PARSE"),
        (Mode::Redirect, "http"),
        (Mode::Stale, "CRL_STALE"),
        (Mode::TooLarge, "too_large"),
        (Mode::TryLater, "http"),
        (Mode::WrongSigner, "CRL_SIGNER"),
    ] {
        let world = World::new();
        world.know_issuer();
        world.switch(Service::Ocsp, Mode::Down);
        world.switch(Service::Crl, mode);
        let causes = attempts(world.status(&world.card()).unwrap_err());
        assert_eq!(causes[..2], [("ocsp", "http"), ("crl", list)], "{mode}");
    }
}
