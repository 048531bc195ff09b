//! A credential at a remote provider: lists in order, every fault ends in its cause, and nothing wrong is embedded.

use std::sync::Arc;

use zegel::ades::device::{Call, SigningDevice, Step, ToSign};
use zegel::ades::level::Level;
use zegel::ades::validate::indication::Indication;
use zegel::base::clock::FixedClock;
use zegel::base::digest::HashAlgorithm;
use zegel::base::secret::Secret;
use zegel::crypto::algorithm::SignatureAlgorithm;
use zegel::fetch::{Calling, Fetcher, Fetching, device};
use zegel::journeys::seal::{Order, Outside, SealError, Sealer, complete};
use zegel::lab::services::csc::{CLIENT, CLIENT_SECRET, CREDENTIAL, CREDENTIAL_PIN, CscFault};
use zegel::lab::services::{Service, ServiceMode};
use zegel::pki::certificate::Certificate;
use zegel::pki::need::Need;
use zegel::signing::device::csc::{Provider, RemoteCredential};

use crate::ades::samples::{SHAPES, Xref, pdf};
use crate::ades::world::{World, whole};

/// The door to a world's services.
struct Door(Arc<World>);

impl Fetcher for Door {
    fn fetch<'a>(&'a self, need: &'a Need) -> Fetching<'a> {
        Box::pin(std::future::ready(self.0.answer(need, self.0.now)))
    }

    fn call<'a>(&'a self, call: &'a Call) -> Calling<'a> {
        let path = call
            .url
            .strip_prefix(&self.0.base)
            .expect("only the laboratory is called");
        let authorization = call.authorization.as_ref().map(zegel::ades::device::Text::expose);
        let body = call.body.expose().as_bytes();
        let (status, body, _) = self.0.services.answer_csc(path, authorization, body, self.0.now);
        Box::pin(std::future::ready(Ok((status, body))))
    }
}

pub(super) fn outside(world: &Arc<World>) -> Outside {
    Outside {
        trust: world.trust.clone(),
        fetcher: Arc::new(Door(world.clone())),
        clock: Arc::new(FixedClock::new(world.now)),
        random: world.random.clone(),
        time_stamp_urls: vec![format!("{}/tsa", world.base)],
        time_stamp_policies: Vec::new(),
    }
}

fn provider(world: &World) -> Provider {
    Provider {
        url: format!("{}/csc/v2", world.base),
        token_url: format!("{}/oauth2/token", world.base),
        client_id: CLIENT.to_owned(),
        credential: CREDENTIAL.to_owned(),
    }
}

fn credential(world: &World) -> RemoteCredential {
    with(provider(world), CLIENT_SECRET, Some(CREDENTIAL_PIN))
}

fn with(provider: Provider, secret: &str, pin: Option<&str>) -> RemoteCredential {
    RemoteCredential::new(
        provider,
        Secret::new(secret.to_owned()),
        pin.map(|pin| Secret::new(pin.to_owned())),
    )
}

fn digests(count: u8) -> Vec<ToSign> {
    (0..count)
        .map(|number| ToSign {
            algorithm: SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha256),
            digest: HashAlgorithm::Sha256.digest(&[number]),
        })
        .collect()
}

/// What comes of twelve digests, which the provider signs five at a time.
async fn signed(world: &Arc<World>, credential: RemoteCredential) -> Result<usize, &'static str> {
    let fetcher = Door(world.clone());
    let (values, _) = device::sign(Box::new(credential), digests(12), &fetcher).await;
    values.map(|values| values.len()).map_err(|error| error.cause)
}

#[actix_web::test]
async fn every_fault_of_the_provider_ends_in_its_cause() {
    for (fault, outcome) in [
        (CscFault::None, Ok(12)),
        (CscFault::RawValues, Ok(12)),
        // Both are asked anew once.
        (CscFault::ExpiredToken, Ok(12)),
        (CscFault::ExpiredActivation, Ok(12)),
        (CscFault::Down, Err("CSC_UNAVAILABLE")),
        (CscFault::Garbage, Err("CSC_ANSWER")),
        (CscFault::Refuses, Err("CSC_DENIED")),
        (CscFault::WrongOrder, Err("DEVICE_VALUE")),
        (CscFault::WrongValue, Err("DEVICE_VALUE")),
        (CscFault::FewerValues, Err("DEVICE_COUNT")),
    ] {
        let world = Arc::new(World::new());
        world.services.set_csc(fault);
        assert_eq!(signed(&world, credential(&world)).await, outcome, "{fault}");
    }
}

#[actix_web::test]
async fn wrong_settings_end_in_their_cause_and_show_no_secret() {
    let world = Arc::new(World::new());
    let elsewhere = Provider {
        credential: "another".to_owned(),
        ..provider(&world)
    };
    for (credential, cause) in [
        (
            with(provider(&world), "wrong", Some(CREDENTIAL_PIN)),
            "CSC_CLIENT",
        ),
        (
            with(elsewhere, CLIENT_SECRET, Some(CREDENTIAL_PIN)),
            "CSC_CREDENTIAL",
        ),
        (with(provider(&world), CLIENT_SECRET, Some("0000")), "CSC_PIN"),
        (with(provider(&world), CLIENT_SECRET, None), "CSC_PIN"),
    ] {
        let shown = format!("{credential:?}");
        assert!(
            !shown.contains(CLIENT_SECRET) && !shown.contains(CREDENTIAL_PIN),
            "{shown}"
        );
        assert_eq!(signed(&world, credential).await, Err(cause));
    }
    // Nor does a call show what it carries.
    let mut asking = credential(&world);
    let Step::Call(call) = asking.certificates().unwrap() else {
        panic!("a token is asked for first")
    };
    assert!(call.body.expose().contains("client_secret="));
    assert!(!format!("{call:?}").contains("secret"), "{call:?}");
}

#[actix_web::test]
async fn a_remote_seal_reaches_its_level_and_waits_for_the_time_stamp() {
    let world = Arc::new(World::new());
    let outside = outside(&world);
    let document: Arc<Vec<u8>> = Arc::new(pdf(Xref::Stream, SHAPES[1]));
    for level in [Level::B, Level::T, Level::Lt, Level::Lta] {
        let mut sealer = Sealer::with(Box::new(credential(&world)), &outside)
            .await
            .unwrap();
        world.services.set_service(Service::TimeStamp, ServiceMode::Down);
        let signed = sealer
            .sign(document.clone(), Order::invisible(level), &outside)
            .await
            .unwrap();
        let signed = match complete(document.clone(), signed.clone(), &outside).await {
            Ok(_) => {
                assert_eq!(level, Level::B);
                signed
            }
            Err((error, kept)) => {
                assert!(level > Level::B);
                assert_eq!(error.cause(), "TST_UNAVAILABLE", "{level}");
                assert!(error.is_retryable(), "{level}");
                *kept
            }
        };
        world.services.set_service(Service::TimeStamp, ServiceMode::Up);
        let completed = complete(document.clone(), signed, &outside).await;
        let file = whole(&document, &completed.map_err(|(error, _)| error).unwrap());
        let report = world.validate(&file);
        assert_eq!(report.lowest_level(), Some(level));
        if level >= Level::Lt {
            assert_eq!(report.indication, Indication::TotalPassed, "{level}: {report:#?}");
        }
    }
}

#[actix_web::test]
async fn a_seal_whose_certificate_was_revoked_signs_nothing() {
    use zegel::lab::pki::Serial;
    use zegel::lab::services::{CertificateStatus, RevocationReason};
    let world = Arc::new(World::new());
    let outside = outside(&world);
    // Not by opening it: an answer about its status is remembered for a minute.
    let fetcher = Door(world.clone());
    let (chain, _) = device::certificates(Box::new(credential(&world)), &fetcher).await;
    let certificate = Certificate::parse(chain.unwrap().swap_remove(0)).unwrap();
    let serial = Serial::from_bytes(certificate.serial());
    world.services.set_certificate(
        &serial,
        CertificateStatus::Revoked {
            at: world.now.minus(std::time::Duration::from_secs(60)),
            reason: RevocationReason::KeyCompromise,
        },
    );
    let refused = Sealer::with(Box::new(credential(&world)), &outside)
        .await
        .unwrap_err();
    assert!(matches!(refused, SealError::Refused(_)));
    assert_eq!(refused.cause(), "REVOKED");
}
