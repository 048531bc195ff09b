//! Messages made and read back, and every check failing alone.

use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::x509::{X509Builder, X509NameBuilder};

use super::attributes::{ClaimedAttribute, SignedAttributes};
use super::build::Message;
use super::oids;
use super::read::{ReadError, SignedData};
use super::verify::VerifyError;
use crate::asn1::read::{self, Rules};
use crate::asn1::write;
use crate::base::digest::HashAlgorithm;
use crate::crypto::algorithm::SignatureAlgorithm;
use crate::crypto::key::{Curve, KeyKind, PrivateKey};

fn certificate(key: &PrivateKey, name: &str, serial: u32) -> Vec<u8> {
    let key = PKey::private_key_from_pkcs8(key.to_pkcs8_der().unwrap().expose()).unwrap();
    let mut subject = X509NameBuilder::new().unwrap();
    subject.append_entry_by_text("CN", name).unwrap();
    let subject = subject.build();
    let mut builder = X509Builder::new().unwrap();
    builder.set_version(2).unwrap();
    builder
        .set_serial_number(&BigNum::from_u32(serial).unwrap().to_asn1_integer().unwrap())
        .unwrap();
    builder.set_subject_name(&subject).unwrap();
    builder.set_issuer_name(&subject).unwrap();
    builder.set_pubkey(&key).unwrap();
    builder
        .set_not_before(&Asn1Time::from_unix(1_700_000_000).unwrap())
        .unwrap();
    builder
        .set_not_after(&Asn1Time::from_unix(1_900_000_000).unwrap())
        .unwrap();
    builder.sign(&key, MessageDigest::sha256()).unwrap();
    builder.build().to_der().unwrap()
}

struct Made {
    key: PrivateKey,
    certificate: Vec<u8>,
    algorithm: SignatureAlgorithm,
    attributes: Vec<u8>,
    message: Vec<u8>,
}

const DATA: &[u8] = b"decision of the college";

fn made(kind: KeyKind) -> Made {
    let key = PrivateKey::generate(kind).unwrap();
    let certificate = certificate(&key, "An Specimen", 7);
    let algorithm = kind.default_algorithm();
    let attributes = SignedAttributes {
        message_digest: &algorithm.hash().digest(DATA),
        certificate: &certificate,
        certificate_hash: HashAlgorithm::Sha256,
        claimed: &[ClaimedAttribute::verdict("a.b.c".to_owned())],
        commitment: None,
        policy: None,
    }
    .to_der()
    .unwrap();
    let message = assemble(&key, &certificate, algorithm, &attributes);
    Made {
        key,
        certificate,
        algorithm,
        attributes,
        message,
    }
}

fn assemble(
    key: &PrivateKey,
    certificate: &[u8],
    algorithm: SignatureAlgorithm,
    attributes: &[u8],
) -> Vec<u8> {
    let signature = key.sign(algorithm, attributes).unwrap();
    Message {
        certificate,
        chain: &[],
        algorithm,
        signed_attributes: attributes,
        signature: &signature,
        time_stamp: None,
    }
    .to_der()
    .unwrap()
}

fn verify(made: &Made, message: &[u8], data: &[u8]) -> Result<(), VerifyError> {
    let message = SignedData::parse(message).unwrap();
    let signer = message.detached_signer()?;
    let found = signer.find_certificate(message.certificates.iter().map(Vec::as_slice))?;
    assert_eq!(found, made.certificate);
    signer.check_content(oids::DATA, &signer.digest_hash()?.digest(data))?;
    signer.check_value(made.key.public())
}

fn p256() -> Made {
    made(KeyKind::Ec(Curve::P256))
}

/// `data` with the first `from` replaced by `to`, lengths unchanged.
fn swapped(data: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let at = data
        .windows(from.len())
        .position(|window| window == from)
        .unwrap();
    [&data[..at], to, &data[at + from.len()..]].concat()
}

#[test]
fn every_key_kind_makes_a_message_that_verifies() {
    for kind in [
        KeyKind::Ec(Curve::P256),
        KeyKind::Ec(Curve::P384),
        KeyKind::Ec(Curve::P521),
        KeyKind::Rsa { bits: 2048 },
    ] {
        let made = made(kind);
        assert_eq!(verify(&made, &made.message, DATA), Ok(()), "{kind:?}");
        assert_eq!(
            verify(&made, &made.message, b"another"),
            Err(VerifyError::MessageDigest)
        );
        let padded = [&made.message[..], &[0; 100]].concat();
        assert_eq!(verify(&made, &padded, DATA), Ok(()));
        assert_eq!(SignedData::parse(&padded).unwrap().length, made.message.len());
        assert!(read::single(&made.message, Rules::Der).is_ok());
    }
}

#[test]
fn the_bytes_hashed_have_the_tag_of_a_set() {
    let made = p256();
    let message = SignedData::parse(&made.message).unwrap();
    assert_eq!(
        message.signers[0].signed_bytes.as_deref(),
        Some(made.attributes.as_slice())
    );
    assert_eq!(made.attributes[0], 0x31);
}

/// The same message with indefinite lengths outside the signed attributes, as old producers write it.
fn as_indefinite(der: &[u8], depth: u32) -> Vec<u8> {
    let element = read::single(der, Rules::Der).unwrap();
    if depth == 0 || !element.is_constructed() {
        return der.to_vec();
    }
    let mut out = vec![element.tag(), 0x80];
    let mut inner = element.inside().unwrap();
    while let Some(part) = inner.next().unwrap() {
        out.extend(as_indefinite(part.whole(), depth - 1));
    }
    out.extend([0, 0]);
    out
}

#[test]
fn indefinite_lengths_are_read_and_verify() {
    let made = p256();
    for depth in 1..=5 {
        let message = as_indefinite(&made.message, depth);
        assert_ne!(message, made.message);
        let read = SignedData::parse(&message).unwrap();
        assert_eq!(read.length, message.len());
        let signer = read.detached_signer().unwrap();
        assert_eq!(signer.check_value(made.key.public()), Ok(()), "depth {depth}");
    }
}

#[test]
fn rsa_named_without_its_hash_and_null_parameters_are_accepted() {
    let made = made(KeyKind::Rsa { bits: 2048 });
    let named = SignatureAlgorithm::RsaPkcs1(HashAlgorithm::Sha256).algorithm_identifier();
    let plain = write::sequence(&[
        &write::oid(&oids::RSA_ENCRYPTION.parse().unwrap()),
        &write::null(),
    ]);
    let message = SignedData::parse(&made.message).unwrap();
    let mut signer = message.signers[0].clone();
    assert_eq!(signer.signature_algorithm, named);
    signer.signature_algorithm = plain;
    let with_null = [&signer.digest_algorithm[..], &[0x05, 0x00]].concat();
    let with_null = write::sequence(&[&with_null[2..]]);
    signer.digest_algorithm = with_null;
    assert_eq!(signer.check_value(made.key.public()), Ok(()));
    signer.signature_algorithm = SignatureAlgorithm::RsaPkcs1(HashAlgorithm::Sha512).algorithm_identifier();
    assert_eq!(signer.check_value(made.key.public()), Err(VerifyError::Algorithm));
}

#[test]
fn two_signers_and_content_of_its_own_are_refused() {
    let made = p256();
    let mut message = SignedData::parse(&made.message).unwrap();
    message.signers.push(message.signers[0].clone());
    assert_eq!(message.detached_signer(), Err(VerifyError::SignerCount(2)));
    message.signers.clear();
    assert_eq!(message.detached_signer(), Err(VerifyError::SignerCount(0)));
    let mut message = SignedData::parse(&made.message).unwrap();
    message.content = Some(Vec::new());
    assert_eq!(message.detached_signer(), Err(VerifyError::ContentPresent));
}

#[test]
fn another_certificate_for_the_same_key_is_not_taken() {
    let made = p256();
    let other = certificate(&made.key, "Bo Specimen", 7);
    let message = SignedData::parse(&made.message).unwrap();
    let signer = message.detached_signer().unwrap();
    assert_eq!(
        signer.find_certificate([other.as_slice()]),
        Err(VerifyError::CertificateMissing)
    );
    let both = [other.as_slice(), made.certificate.as_slice()];
    assert_eq!(signer.find_certificate(both), Ok(made.certificate.as_slice()));
    assert_eq!(signer.check_value(made.key.public()), Ok(()));
}

#[test]
fn issuer_and_serial_number_must_agree_when_they_are_given() {
    let made = p256();
    let mut signer = SignedData::parse(&made.message).unwrap().signers.remove(0);
    let (issuer, serial) = super::build::issuer_and_serial(&made.certificate).unwrap();
    let digest = write::octet_string(&HashAlgorithm::Sha256.digest(&made.certificate));
    let with = |serial: &[u8]| {
        let names = write::sequence(&[&write::explicit(4, issuer)]);
        let pair = write::sequence(&[&names, serial]);
        write::sequence(&[&write::sequence(&[&write::sequence(&[&digest, &pair])])])
    };
    for (value, expected) in [
        (with(serial), Ok(made.certificate.as_slice())),
        (with(&write::integer(8)), Err(VerifyError::CertificateMissing)),
    ] {
        for attribute in &mut signer.signed {
            if attribute.oid.to_string() == oids::SIGNING_CERTIFICATE_V2 {
                attribute.values = vec![value.clone()];
            }
        }
        assert_eq!(signer.find_certificate([made.certificate.as_slice()]), expected);
    }
}

#[test]
fn signed_attributes_must_be_there_once_with_one_value() {
    let made = p256();
    let signer = SignedData::parse(&made.message).unwrap().signers.remove(0);
    let digest = HashAlgorithm::Sha256.digest(DATA);
    for (oid, error) in [
        (oids::CONTENT_TYPE, VerifyError::SignedAttributes),
        (oids::MESSAGE_DIGEST, VerifyError::SignedAttributes),
    ] {
        let mut absent = signer.clone();
        absent.signed.retain(|attribute| attribute.oid.to_string() != oid);
        assert_eq!(
            absent.check_content(oids::DATA, &digest),
            Err(error),
            "{oid} absent"
        );
        let mut double = signer.clone();
        let copy = double.signed_with(oid).next().unwrap().clone();
        double.signed.push(copy);
        assert_eq!(
            double.check_content(oids::DATA, &digest),
            Err(error),
            "{oid} double"
        );
        let mut two_values = signer.clone();
        for attribute in &mut two_values.signed {
            if attribute.oid.to_string() == oid {
                attribute.values.push(attribute.values[0].clone());
            }
        }
        assert_eq!(
            two_values.check_content(oids::DATA, &digest),
            Err(error),
            "{oid} with two values"
        );
    }
    let mut none = signer.clone();
    none.signed_bytes = None;
    assert_eq!(
        none.check_content(oids::DATA, &digest),
        Err(VerifyError::SignedAttributes)
    );
    assert_eq!(
        none.check_value(made.key.public()),
        Err(VerifyError::SignedAttributes)
    );
    let mut unnamed = signer.clone();
    unnamed
        .signed
        .retain(|attribute| attribute.oid.to_string() != oids::SIGNING_CERTIFICATE_V2);
    assert_eq!(
        unnamed.certificate_reference(),
        Err(VerifyError::CertificateReference)
    );
    assert_eq!(
        signer.check_content(oids::SIGNED_DATA, &digest),
        Err(VerifyError::ContentType)
    );
}

#[test]
fn signed_algorithms_must_be_those_used() {
    let made = p256();
    let mut signer = SignedData::parse(&made.message).unwrap().signers.remove(0);
    let digest = HashAlgorithm::Sha256.digest(DATA);
    let identifier = made.algorithm.algorithm_identifier();
    let content = read::single(&identifier, Rules::Der).unwrap().content().to_vec();
    for (hash, expected) in [
        (HashAlgorithm::Sha256, Ok(())),
        (HashAlgorithm::Sha512, Err(VerifyError::AlgorithmProtection)),
    ] {
        let value = write::sequence(&[
            &crate::crypto::algorithm::hash_identifier(hash),
            &write::element(0xA1, &content),
        ]);
        signer
            .signed
            .retain(|attribute| attribute.oid.to_string() != oids::ALGORITHM_PROTECTION);
        signer.signed.push(super::attributes::Attribute {
            oid: oids::ALGORITHM_PROTECTION.parse().unwrap(),
            values: vec![value],
        });
        assert_eq!(signer.check_content(oids::DATA, &digest), expected);
    }
}

#[test]
fn a_changed_value_or_attribute_does_not_verify() {
    let made = p256();
    let changed = swapped(&made.message, b"a.b.c", b"a.b.d");
    assert_eq!(verify(&made, &changed, DATA), Err(VerifyError::Value));
    let mut changed = made.message.clone();
    *changed.last_mut().unwrap() ^= 1;
    assert_eq!(verify(&made, &changed, DATA), Err(VerifyError::Value));
    let stranger = p256();
    let message = SignedData::parse(&made.message).unwrap();
    assert_eq!(
        message.signers[0].check_value(stranger.key.public()),
        Err(VerifyError::Value)
    );
}

#[test]
fn other_messages_and_cut_ones_are_told_apart() {
    let made = p256();
    let enveloped = swapped(
        &made.message,
        write::oid(&oids::SIGNED_DATA.parse().unwrap()).as_slice(),
        write::oid(&"1.2.840.113549.1.7.3".parse().unwrap()).as_slice(),
    );
    assert_eq!(SignedData::parse(&enveloped), Err(ReadError::NotSignedData));
    for length in 0..made.message.len() {
        assert!(
            SignedData::parse(&made.message[..length]).is_err(),
            "cut at {length}"
        );
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
    #[test]
    fn any_bytes_are_read_or_refused(data in proptest::collection::vec(proptest::num::u8::ANY, 0..300)) {
        let _ = SignedData::parse(&data);
    }
}
