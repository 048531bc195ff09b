//! The algorithm policy's days (reference pki-and-trust §2.5), and values that are none.

use super::*;
use Purpose::{Any, Authentication as Auth};

#[test]
fn algorithms_have_their_days() {
    let small = rsa(1024);
    let usual = rsa(2048);
    let etsi = AlgorithmPolicy::etsi_ts_119_312();
    let live = AlgorithmPolicy::live_authentication();
    let sha1 = SignatureAlgorithm::RsaPkcs1(HashAlgorithm::Sha1);
    let sha256 = SignatureAlgorithm::RsaPkcs1(HashAlgorithm::Sha256);
    // The authority's key signs with the algorithm; every certificate is valid through all these years. Days are
    // Belgian: the first moment of one is an hour or two before midnight UTC.
    for (label, policy, key, algorithm, moment, expected) in [
        (
            "SHA-1 on its last day",
            &etsi,
            &usual,
            sha1,
            "2012-07-31T21:59:59Z",
            "ok",
        ),
        (
            "SHA-1 after",
            &etsi,
            &usual,
            sha1,
            "2012-07-31T22:00:00Z",
            "ALG_FORBIDDEN",
        ),
        (
            "RSA-1024 on its last day",
            &etsi,
            &small,
            sha256,
            "2019-09-30T21:59:59Z",
            "ok",
        ),
        (
            "RSA-1024 after",
            &etsi,
            &small,
            sha256,
            "2019-09-30T22:00:00Z",
            "ALG_FORBIDDEN",
        ),
        (
            "RSA-2048 on its last day",
            &etsi,
            &usual,
            sha256,
            "2028-12-31T22:59:59Z",
            "ok",
        ),
        (
            "RSA-2048 after",
            &etsi,
            &usual,
            sha256,
            "2028-12-31T23:00:00Z",
            "ALG_FORBIDDEN",
        ),
        (
            "RSA-2048 at a log-in",
            &live,
            &usual,
            sha256,
            "2026-03-03T09:00:00Z",
            "ok",
        ),
        (
            "SHA-1 at a log-in, whatever the day",
            &live,
            &usual,
            sha1,
            "2010-03-03T09:00:00Z",
            "ALG_FORBIDDEN",
        ),
        (
            "RSA-1024 at a log-in, whatever the day",
            &live,
            &small,
            sha256,
            "2010-03-03T09:00:00Z",
            "ALG_FORBIDDEN",
        ),
    ] {
        let mut chain = Chain::good(Any);
        for draft in [&mut chain.root, chain.issuing.as_mut().unwrap(), &mut chain.leaf] {
            draft.not_before = at("2005-01-01T00:00:00Z");
            draft.not_after = at("2040-01-01T00:00:00Z");
        }
        chain.issuing().key = key.clone();
        chain.leaf.algorithm = Some(algorithm);
        chain.algorithms = policy.clone();
        chain.at = at(moment);
        assert_eq!(chain.cause(), expected, "{label}");
    }
    // What the anchor signs itself with does not count, only its key does.
    let mut chain = Chain::good(Auth);
    chain.root.key = usual.clone();
    chain.root.algorithm = Some(sha1);
    assert_eq!(chain.cause(), "ok");
    // The key of the end entity counts too.
    chain.leaf.key = small;
    assert_eq!(chain.cause(), "ALG_FORBIDDEN");
    // A curve that is none of ours.
    let group = openssl::ec::EcGroup::from_curve_name(openssl::nid::Nid::SECP256K1).unwrap();
    let other = openssl::pkey::PKey::from_ec_key(openssl::ec::EcKey::generate(&group).unwrap()).unwrap();
    assert!(zegel::crypto::key::PublicKey::from_spki_der(&other.public_key_to_der().unwrap()).is_err());
    let p521 = PrivateKey::generate(KeyKind::Ec(Curve::P521)).unwrap();
    let mut chain = Chain::good(Auth);
    chain.issuing().key = p521;
    assert_eq!(chain.cause(), "ok");
}

#[test]
fn an_rsa_signature_without_its_leading_zero_is_no_signature() {
    let mut chain = Chain::good(Auth);
    chain.issuing().key = rsa(2048);
    // One in 256 signatures begins with a zero octet.
    for number in 0_u32.. {
        chain.leaf.serial = [&[0x11][..], &number.to_be_bytes()].concat();
        let der = chain.leaf.sign(&chain.issuing.as_ref().unwrap().key);
        if Certificate::parse(der).unwrap().signature()[0] == 0 {
            break;
        }
    }
    assert_eq!(chain.cause(), "ok");
    chain.leaf.spoil = Some(|signature| signature[1..].to_vec());
    assert_eq!(chain.cause(), "SIG_INVALID");
}
