//! A seal key in a PKCS#11 token: every kind of key to B-LTA, and what goes wrong ends in its cause.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use zegel::ades::cms::attributes::Commitment;
use zegel::ades::device::{DeviceError, SigningDevice, Step, ToSign};
use zegel::ades::level::Level;
use zegel::ades::pades::stages::Signed;
use zegel::ades::validate::indication::Indication;
use zegel::base::digest::HashAlgorithm;
use zegel::base::secret::Secret;
use zegel::crypto::algorithm::SignatureAlgorithm;
use zegel::crypto::key::{Curve, KeyKind, PrivateKey};
use zegel::journeys::seal::{Order, SealError, Sealer, complete};
use zegel::lab::pki::{LabPki, SealHolder};
use zegel::signing::device::pkcs11::{Place, TokenKey};

use super::remote::outside;
use super::softhsm::{PIN, import, inside, make_token, module};
use crate::ades::samples::{SHAPES, Xref, pdf};
use crate::ades::world::{World, whole};

fn place(token: &str, key: &str) -> Place {
    Place {
        module: module().unwrap(),
        token: token.to_owned(),
        key: key.to_owned(),
    }
}

fn device(place: Place, pin: &str, certificates: Vec<Vec<u8>>, deadline: Duration) -> TokenKey {
    TokenKey::new(place, Secret::new(pin.to_owned()), certificates, deadline)
}

/// A key of `kind` in the token, certified as TEST Zegelgem's seal.
fn sealed_key(world: &World, folder: &Path, (label, id): (&str, &str), kind: KeyKind) -> Vec<Vec<u8>> {
    let key = PrivateKey::generate(kind).unwrap();
    import(folder, "zegel TEST", label, id, &key);
    certified(world, &key)
}

fn certified(world: &World, key: &PrivateKey) -> Vec<Vec<u8>> {
    let holder = SealHolder {
        organisation: "TEST Zegelgem".to_owned(),
        enterprise_number: "0207500123".to_owned(),
        qualified: false,
    };
    let validity = LabPki::usual_validity(world.now);
    let (certificate, _) = world
        .pki()
        .issue_seal(&holder, key.public(), validity, &*world.random)
        .unwrap();
    vec![certificate, world.pki().organisation.certificate_der().to_vec()]
}

const LONG: Duration = Duration::from_secs(60);

#[actix_web::test]
async fn a_seal_key_of_every_kind_in_a_token_seals_to_lta() {
    let Some(folder) = inside("seals::token::a_seal_key_of_every_kind_in_a_token_seals_to_lta") else {
        return;
    };
    make_token("zegel TEST");
    let world = Arc::new(World::new());
    let outside = outside(&world);
    let document: Arc<Vec<u8>> = Arc::new(pdf(Xref::Table, SHAPES[0]));
    for (id, (label, kind)) in [
        ("rsa2048", KeyKind::Rsa { bits: 2048 }),
        ("rsa3072", KeyKind::Rsa { bits: 3072 }),
        ("p256", KeyKind::Ec(Curve::P256)),
        ("p384", KeyKind::Ec(Curve::P384)),
        ("p521", KeyKind::Ec(Curve::P521)),
    ]
    .into_iter()
    .enumerate()
    {
        let certificates = sealed_key(&world, &folder, (label, &format!("a{id}")), kind);
        let mut key = device(place("zegel TEST", label), PIN, certificates, LONG);
        if matches!(kind, KeyKind::Rsa { .. }) {
            // The same key signs by PSS.
            for hash in [
                HashAlgorithm::Sha256,
                HashAlgorithm::Sha384,
                HashAlgorithm::Sha512,
            ] {
                let asked = ToSign {
                    algorithm: SignatureAlgorithm::RsaPss(hash),
                    digest: hash.digest(b"TEST"),
                };
                let signed = key.sign(std::slice::from_ref(&asked)).unwrap();
                assert!(
                    matches!(signed, Step::Done(values) if values.len() == 1),
                    "{label}"
                );
            }
        }
        let mut sealer = Sealer::with(Box::new(key), &outside).await.unwrap();
        assert_eq!(sealer.organisation(), "TEST Zegelgem");
        let order = Order {
            commitment: Some(Commitment::ProofOfOrigin),
            location: Some("Zegelgem".to_owned()),
            ..Order::invisible(Level::Lta)
        };
        let signed: Signed = sealer.sign(document.clone(), order, &outside).await.unwrap();
        let completed = complete(document.clone(), signed, &outside).await;
        let file = whole(&document, &completed.map_err(|(error, _)| error).unwrap());
        let report = world.validate(&file);
        assert_eq!(report.indication, Indication::TotalPassed, "{label}: {report:#?}");
        assert_eq!(report.lowest_level(), Some(Level::Lta), "{label}");
    }
}

fn refusal(mut device: TokenKey) -> &'static str {
    let asked = ToSign {
        algorithm: SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha256),
        digest: vec![7; 32],
    };
    let refused: DeviceError = device.sign(std::slice::from_ref(&asked)).unwrap_err();
    assert!(!format!("{refused:?} {device:?}").contains(PIN));
    refused.cause
}

#[actix_web::test]
async fn what_a_token_refuses_ends_in_its_cause_and_never_blocks_the_pin() {
    let name = "seals::token::what_a_token_refuses_ends_in_its_cause_and_never_blocks_the_pin";
    let Some(folder) = inside(name) else {
        return;
    };
    make_token("zegel TEST");
    let world = World::new();
    let certificates = sealed_key(&world, &folder, ("seal", "a1"), KeyKind::Ec(Curve::P256));
    let at = |token: &str, key: &str| place(token, key);
    let with = |place: Place, pin: &str| device(place, pin, certificates.clone(), LONG);
    assert_eq!(refusal(with(at("no such", "seal"), PIN)), "DEVICE_TOKEN_MISSING");
    assert_eq!(
        refusal(with(at("zegel TEST", "no such"), PIN)),
        "DEVICE_KEY_MISSING"
    );
    let elsewhere = Place {
        module: folder.join("no-module.so"),
        ..at("zegel TEST", "seal")
    };
    assert_eq!(refusal(with(elsewhere, PIN)), "DEVICE_MODULE");
    // A wrong PIN is sent once, however often it is tried.
    for _ in 0..20 {
        assert_eq!(
            refusal(with(at("zegel TEST", "seal"), "wrong-TEST-pin")),
            "DEVICE_PIN"
        );
    }
    // A certificate of another key: the value does not verify, and is not given out.
    let other = certified(&world, &PrivateKey::generate(KeyKind::Ec(Curve::P256)).unwrap());
    let swapped = device(at("zegel TEST", "seal"), PIN, other, LONG);
    assert_eq!(refusal(swapped), "DEVICE_VALUE");
    // Without a certificate beside it, the token would have to hold one.
    let bare = device(at("zegel TEST", "seal"), PIN, Vec::new(), LONG);
    assert_eq!(refusal(bare), "DEVICE_CERTIFICATE");
    // Two keys of one label are one too many.
    let again = PrivateKey::generate(KeyKind::Ec(Curve::P256)).unwrap();
    import(&folder, "zegel TEST", "twice", "b1", &again);
    import(&folder, "zegel TEST", "twice", "b2", &again);
    assert_eq!(
        refusal(with(at("zegel TEST", "twice"), PIN)),
        "DEVICE_KEY_AMBIGUOUS"
    );
    // A module that does not answer in time is given up; the next caller gets a thread of its own.
    let late = device(
        at("zegel TEST", "seal"),
        PIN,
        certificates.clone(),
        Duration::ZERO,
    );
    assert_eq!(refusal(late), "DEVICE_TIMEOUT");
    let asked = ToSign {
        algorithm: SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha256),
        digest: vec![7; 32],
    };
    let mut good = with(at("zegel TEST", "seal"), PIN);
    assert!(good.sign(std::slice::from_ref(&asked)).is_ok());
}

#[actix_web::test]
async fn a_persons_certificate_is_never_a_seal() {
    let world = Arc::new(World::new());
    let person = world.signer(KeyKind::Ec(Curve::P256));
    let outside = outside(&world);
    let key = device(
        Place {
            module: "/nowhere.so".into(),
            token: "t".to_owned(),
            key: "k".to_owned(),
        },
        PIN,
        vec![person.leaf.certificate_der.clone()],
        LONG,
    );
    let refused = Sealer::with(Box::new(key), &outside).await.unwrap_err();
    assert!(matches!(refused, SealError::NotASeal));
}
