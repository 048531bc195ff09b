//! Validating an end entity whose issuer is cached, against the one signature verification nobody can spare.

use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sign::Verifier;
use zegel::asn1::write;
use zegel::base::random::SeededRandom;
use zegel::base::time::Timestamp;
use zegel::crypto::key::{Curve, KeyKind, PrivateKey, PublicKey};
use zegel::crypto::policy::AlgorithmPolicy;
use zegel::lab::pki::{AuthorityKind, Extension, LabPki, Name, Serial};
use zegel::pki::certificate::Certificate;
use zegel::pki::purpose::Purpose;
use zegel::pki::trust::Trust;

use crate::laboratory::{BASE, holder, moment, pins};
use crate::measure::{Samples, micros, timed};
use crate::table::Row;

const TURNS: usize = 1500;

pub fn rows() -> Vec<Row> {
    [
        ("RSA-4096", KeyKind::Rsa { bits: 4096 }),
        ("P-384", KeyKind::Ec(Curve::P384)),
    ]
    .into_iter()
    .map(|(name, kind)| row(name, kind))
    .collect()
}

fn row(name: &str, kind: KeyKind) -> Row {
    let made = Made::new(kind);
    let policy = AlgorithmPolicy::live_authentication();
    let leaf = Certificate::parse(made.leaf.clone()).unwrap();
    let key = PKey::public_key_from_der(made.authority.public().spki_der()).unwrap();
    let digest = match kind {
        KeyKind::Rsa { .. } => MessageDigest::sha256(),
        KeyKind::Ec(_) => MessageDigest::sha384(),
    };
    let seam = made.authority.public();
    let algorithm = leaf.signature_algorithm().unwrap();
    let (mut bare, mut whole, mut openssl) = (Samples::default(), Samples::default(), Samples::default());
    for _ in 0..TURNS {
        let (took, verified) = timed(|| {
            let mut verifier = Verifier::new(digest, &key).unwrap();
            verifier.verify_oneshot(leaf.signature(), leaf.tbs_der()).unwrap()
        });
        assert!(verified);
        openssl.add(took);
        let (took, verified) = timed(|| seam.verify(algorithm, leaf.tbs_der(), leaf.signature()));
        assert!(verified.is_ok());
        bare.add(took);
        let der = made.leaf.clone();
        let (took, path) = timed(|| {
            let leaf = Certificate::parse(der).unwrap();
            made.trust
                .validate(&leaf, &[], Purpose::Authentication, &policy, moment())
        });
        assert_eq!(path.unwrap().certificates().len(), 3);
        whole.add(took);
    }
    let ratio = bare.median().as_secs_f64() / whole.median().as_secs_f64();
    Row::new(
        format!("authority {name}"),
        format!("{ratio:.2} × bare verification"),
    )
    .at_least("≥ 0.8 ×", 0.8, ratio)
    .beside(format!(
        "medians: parse and path {:.1} µs, the verification alone {:.1} µs, OpenSSL's alone {:.1} µs",
        micros(whole.median()),
        micros(bare.median()),
        micros(openssl.median())
    ))
}

/// A root, an issuing authority with a key of the kind asked, and an authentication certificate, as the Belgian ones
/// are built. The laboratory's own authorities are all P-384.
pub struct Made {
    trust: Trust,
    pub authority: PrivateKey,
    pub root: Vec<u8>,
    pub issuing: Vec<u8>,
    pub leaf: Vec<u8>,
}

impl Made {
    /// Every authority with a key of `kind`; the holder's is P-384.
    pub fn of_one_kind(kind: KeyKind) -> Self {
        Self::with_root(kind, kind)
    }

    fn new(kind: KeyKind) -> Self {
        Self::with_root(KeyKind::Ec(Curve::P384), kind)
    }

    fn with_root(root: KeyKind, kind: KeyKind) -> Self {
        let p384 = KeyKind::Ec(Curve::P384);
        let (root_key, authority, holder_key) = (
            PrivateKey::generate(root).unwrap(),
            PrivateKey::generate(kind).unwrap(),
            PrivateKey::generate(p384).unwrap(),
        );
        let root_name = Name::new().country("BE").common_name("Zegel TEST Root CA");
        let authority_name = Name::new().country("BE").common_name("TEST Citizen CA");
        let person = holder();
        let leaf_name = Name::new()
            .country("BE")
            .common_name("An Specimen (Authentication)")
            .surname(&person.surname)
            .given_name(&person.given_names)
            .serial_number(person.national_number.expose());
        let root = certificate(
            (&root_name, root_key.public()),
            (&root_name, &root_key),
            &[
                Extension::authority(1),
                Extension::key_usage(&[5, 6]),
                Extension::subject_key(root_key.public()),
            ],
        );
        let issuing = certificate(
            (&authority_name, authority.public()),
            (&root_name, &root_key),
            &[
                Extension::authority(0),
                Extension::key_usage(&[5, 6]),
                Extension::policies(&["2.5.29.32.0"]),
                Extension::subject_key(authority.public()),
                Extension::authority_key(root_key.public()),
                Extension::crl(BASE, AuthorityKind::Root),
            ],
        );
        let leaf = certificate(
            (&leaf_name, holder_key.public()),
            (&authority_name, &authority),
            &[
                Extension::access(BASE, AuthorityKind::Citizen),
                Extension::crl(BASE, AuthorityKind::Citizen),
                Extension::key_usage(&[0]),
                Extension::extended_key_usage(&["1.3.6.1.5.5.7.3.2"]),
                Extension::policies(&["2.16.56.13.6.1.1.1000"]),
                Extension::authority_key(authority.public()),
            ],
        );
        let anchor = Certificate::parse(root.clone()).unwrap();
        let trust = Trust::new(pins(&anchor));
        assert!(trust.add_anchor(&anchor));
        trust
            .add_issuer(&Certificate::parse(issuing.clone()).unwrap())
            .unwrap();
        Self {
            trust,
            authority,
            root,
            issuing,
            leaf,
        }
    }
}

fn certificate(
    subject: (&Name, &PublicKey),
    issuer: (&Name, &PrivateKey),
    extensions: &[Extension],
) -> Vec<u8> {
    let algorithm = issuer.1.public().kind().default_algorithm();
    let validity = LabPki::usual_validity(moment());
    let time = |at: Timestamp| write::time(at);
    let extensions: Vec<u8> = extensions.iter().flat_map(Extension::to_der).collect();
    let to_be_signed = write::sequence(&[
        &write::explicit(0, &write::integer(2)),
        &Serial::random(&SeededRandom::new(3)).to_der(),
        &algorithm.algorithm_identifier(),
        &issuer.0.to_der(),
        &write::sequence(&[&time(validity.not_before), &time(validity.not_after)]),
        &subject.0.to_der(),
        subject.1.spki_der(),
        &write::explicit(3, &write::element(write::tag::SEQUENCE, &extensions)),
    ]);
    let signature = issuer.1.sign(algorithm, &to_be_signed).unwrap();
    write::sequence(&[
        &to_be_signed,
        &algorithm.algorithm_identifier(),
        &write::bit_string(&signature),
    ])
}
