//! Time-stamp tokens: asked for, received, and refused for one defect at a time.

use std::time::Duration;

use zegel::base::clock::Clock as _;
use zegel::base::digest::HashAlgorithm;
use zegel::base::random::SeededRandom;
use zegel::crypto::policy::AlgorithmPolicy;
use zegel::lab::pki::DAY;
use zegel::lab::services::{Service, ServiceMode};
use zegel::pki::certificate::Certificate;
use zegel::pki::purpose::Purpose;
use zegel::pki::revocation::CheckOptions;
use zegel::pki::timestamp::{self, TimeStampDefect, TimeStampRequest, TimeStampToken};

use super::world::World;

const SKEW: Duration = Duration::from_secs(60);

fn request() -> TimeStampRequest {
    let digest = HashAlgorithm::Sha256.digest(b"sealed");
    TimeStampRequest::new(HashAlgorithm::Sha256, &digest, &SeededRandom::new(3))
}

fn token(world: &World) -> Result<TimeStampToken, TimeStampDefect> {
    timestamp::token_of_reply(
        &world
            .services
            .timestamp(&request().der(), world.clock.now())
            .unwrap(),
    )
}

#[test]
fn a_good_token_is_believed_down_to_its_root_and_status() {
    let world = World::new();
    let policy = AlgorithmPolicy::etsi_ts_119_312();
    let token = token(&world).unwrap();
    token.check_reply(&request(), SKEW, world.clock.now()).unwrap();
    let unit = token.verify(&[], &policy).unwrap();
    let authority = Certificate::parse(world.pki().timestamp.certificate_der()).unwrap();
    world.trust.add_issuer(&authority).unwrap();
    let path = world
        .trust
        .validate(
            &unit,
            &token.certificates,
            Purpose::TimeStamping,
            &policy,
            token.gen_time,
        )
        .unwrap();
    assert_eq!(path.certificates().len(), 3);
    world.status_of(&path, CheckOptions::default()).unwrap();
    let refusal = world
        .trust
        .validate(&unit, &[], Purpose::Authentication, &policy, token.gen_time)
        .unwrap_err();
    assert_eq!(refusal.cause(), "PURPOSE_EKU");
    assert!(
        TimeStampToken::parse(&[token.der(), &[0; 64]].concat()).is_ok(),
        "a placeholder's padding is read over"
    );
}

#[test]
fn each_defect_of_a_token_has_its_code() {
    let world = World::new();
    let good = token(&world).unwrap();
    let now = world.clock.now();
    let digest = |hash: HashAlgorithm, text: &[u8]| {
        TimeStampRequest::new(hash, &hash.digest(text), &SeededRandom::new(3))
    };
    let check = |request: &TimeStampRequest| good.check_reply(request, SKEW, now).unwrap_err().cause();
    assert_eq!(check(&digest(HashAlgorithm::Sha256, b"other")), "TST_IMPRINT");
    assert_eq!(check(&digest(HashAlgorithm::Sha512, b"sealed")), "TST_IMPRINT");
    let imprint = HashAlgorithm::Sha256.digest(b"sealed");
    let other_nonce = TimeStampRequest::new(HashAlgorithm::Sha256, &imprint, &SeededRandom::new(4));
    assert_eq!(check(&other_nonce), "TST_NONCE");
    assert_eq!(
        good.check_reply(&request(), SKEW, now.plus(DAY))
            .unwrap_err()
            .cause(),
        "TST_TIME"
    );
    assert_eq!(
        good.check_reply(&request(), SKEW, now.minus(DAY))
            .unwrap_err()
            .cause(),
        "TST_TIME"
    );
}

#[test]
fn each_fault_of_the_service_is_refused() {
    let policy = AlgorithmPolicy::etsi_ts_119_312();
    for (mode, cause) in [
        (ServiceMode::Stale, "TST_TIME"),
        (ServiceMode::WrongNonce, "TST_NONCE"),
        (ServiceMode::WrongSigner, "SIGNER"),
    ] {
        let world = World::new();
        world.switch(Service::TimeStamp, mode);
        let token = token(&world).unwrap();
        let replied = token.check_reply(&request(), SKEW, world.clock.now());
        if cause != "SIGNER" {
            assert_eq!(replied.unwrap_err().cause(), cause, "{mode}");
            continue;
        }
        // Signed by a certificate that is no time-stamping unit: the signature or the purpose says so.
        let authority = Certificate::parse(world.pki().timestamp.certificate_der()).unwrap();
        world.trust.add_issuer(&authority).unwrap();
        world.know_issuer();
        let refused = match token.verify(&[], &policy) {
            Err(defect) => defect.cause(),
            Ok(unit) => world
                .trust
                .validate(
                    &unit,
                    &token.certificates,
                    Purpose::TimeStamping,
                    &policy,
                    token.gen_time,
                )
                .map_or_else(|refusal| refusal.cause(), |_| "ok"),
        };
        assert!(
            ["TST_SIGNER", "PURPOSE_EKU", "PURPOSE_KU"].contains(&refused),
            "{refused}"
        );
    }
}

#[test]
fn no_changed_octet_of_a_token_is_believed() {
    let world = World::new();
    let policy = AlgorithmPolicy::etsi_ts_119_312();
    let good = token(&world).unwrap();
    let unit = good.verify(&[], &policy).unwrap();
    let der = good.der();
    for position in (0..der.len()).step_by(7) {
        let mut changed = der.to_vec();
        changed[position] ^= 0x01;
        let Ok(token) = TimeStampToken::parse(&changed) else {
            continue;
        };
        // Outside of what is signed only the certificates and the version numbers may differ unseen.
        if token.verify(std::slice::from_ref(&unit), &policy).is_ok() {
            assert_eq!(
                (token.gen_time, &token.imprint, &token.policy),
                (good.gen_time, &good.imprint, &good.policy),
                "octet {position}"
            );
        }
    }
}
