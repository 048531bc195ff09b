use super::profile::{ECDSA, KNOWN, RSA_PKCS, RSA_X_509, plan};
use super::*;
use crate::base::digest::HashAlgorithm;
use crate::card::CardError;
use crate::card::apdu::StatusWord;
use crate::card::public_key::KeyKind;
use crate::card::scheme::Scheme;
use crate::card::scripted::Scripted;
use crate::card::transport::InProcess;

const RSA: KeyKind = KeyKind::Rsa { bits: 2048 };
const P256: KeyKind = KeyKind::Ec { field_bytes: 32 };

fn token(algorithms: &[(u64, u64, Option<u8>)]) -> TokenInfo {
    TokenInfo {
        algorithms: algorithms
            .iter()
            .map(|(reference, mechanism, card_reference)| AlgorithmInfo {
                reference: *reference,
                mechanism: *mechanism,
                card_reference: *card_reference,
            })
            .collect(),
        ..TokenInfo::default()
    }
}

fn key(algorithms: &[u64]) -> KeyObject {
    KeyObject {
        label: "key".to_owned(),
        id: vec![1],
        pin: None,
        user_consent: false,
        signs: true,
        non_repudiation: false,
        reference: Some(0x84),
        algorithms: algorithms.to_vec(),
        path: Some(Path::of(&[[0x3F, 0x00], [0x50, 0x15], [0x4B, 0x01]])),
    }
}

/// Environment and length of the input.
fn planned(
    token: &TokenInfo,
    key: &KeyObject,
    kind: KeyKind,
    scheme: Scheme<'_>,
) -> Result<(String, usize), CardError> {
    let what = (scheme, HashAlgorithm::Sha256, &[0xA5; 32][..]);
    plan(token, key, kind, what).map(|plan| (hex::encode(plan.environment), plan.input.len()))
}

#[test]
fn a_card_signs_as_it_declares_and_the_way_that_leaves_most_to_it_comes_first() {
    let pss = Scheme::RsaPss { salt: &[0x5A; 32] };
    let all = token(&[
        (1, RSA_X_509, Some(0x00)),
        (2, RSA_PKCS, Some(0x02)),
        (3, 0x40, Some(0x42)),
    ]);
    let bare = token(&[(1, RSA_X_509, Some(0x00))]);
    let unnumbered = token(&[(1, RSA_PKCS, None)]);
    let curves = token(&[(1, ECDSA, Some(0x04))]);
    let hashed = token(&[(1, 0x1044, Some(0x44)), (2, ECDSA, Some(0x04))]);
    let missing = Err(CardError::AlgorithmUnsupported(32));
    let row = |environment: &str, length| Ok((environment.to_owned(), length));
    for (token, allowed, kind, scheme, expected) in [
        (&all, &[][..], RSA, Scheme::RsaPkcs1, row("800142840184", 32)),
        (&all, &[1, 2], RSA, Scheme::RsaPkcs1, row("800102840184", 51)),
        (&bare, &[], RSA, Scheme::RsaPkcs1, row("800100840184", 256)),
        (&all, &[], RSA, pss, row("800100840184", 256)),
        (&all, &[2], RSA, pss, missing.clone()),
        (&unnumbered, &[], RSA, Scheme::RsaPkcs1, row("840184", 51)),
        (&curves, &[], P256, Scheme::Ecdsa, row("800104840184", 32)),
        (&hashed, &[], P256, Scheme::Ecdsa, row("800144840184", 32)),
        (&curves, &[], RSA, Scheme::RsaPkcs1, missing.clone()),
        (&curves, &[], P256, Scheme::RsaPkcs1, missing.clone()),
        (&all, &[], RSA, Scheme::Ecdsa, missing.clone()),
    ] {
        assert_eq!(
            planned(token, &key(allowed), kind, scheme),
            expected,
            "{allowed:?} {scheme:?}"
        );
    }
}

#[test]
fn a_card_that_declares_nothing_signs_only_when_its_kind_is_known() {
    let silent = TokenInfo::default();
    assert_eq!(
        planned(&silent, &key(&[]), RSA, Scheme::RsaPkcs1),
        Err(CardError::FunctionUnavailable("sign in a way that is known here"))
    );
    assert!(!profile::asks_tries(&silent), "nor is it asked for its tries");
    for known in KNOWN {
        let token = TokenInfo {
            manufacturer: Some(known.manufacturer.to_owned()),
            ..TokenInfo::default()
        };
        let planned = planned(&token, &key(&[]), RSA, Scheme::RsaPkcs1).unwrap();
        // MyEID names the key's file, and key 0 in it.
        assert_eq!(planned, ("80010281024b01840100".to_owned(), 51));
    }
}

fn scripted(lines: &[(&str, &str)]) -> Scripted {
    let mut card = Scripted::new(lines);
    card.atr = vec![0x3B, 0x00];
    card
}

/// Reads the certificate in file 4501 of an application that is found by name.
fn read(lines: &[(&str, &str)]) -> Result<Vec<u8>, CardError> {
    let select = "00a4040c0ca000000063504b43532d3135";
    let mut all = vec![
        (select, "9000"),
        (select, "9000"),
        ("00a4000c025031", "9000"),
        (select, "9000"),
        ("00a4000c024501", "9000"),
    ];
    all.extend_from_slice(lines);
    let mut connection = InProcess::new(scripted(&all));
    let object = CertificateObject {
        label: String::new(),
        id: vec![1],
        authority: false,
        value: Value::File(Path::of(&[[0x45, 0x01]])),
    };
    let read = Pkcs15::new(&mut connection).certificate(&object);
    connection.transport().assert_finished();
    read
}

#[test]
fn a_file_ends_as_cards_let_files_end() {
    let der = hex::decode("3003020107").unwrap();
    let good = |lines: &[(&str, &str)], what: &str| assert_eq!(read(lines), Ok(der.clone()), "{what}");
    good(&[("00b0000000", "30030201079000")], "all of it");
    good(&[("00b0000000", "30030201070000009000")], "with padding");
    good(
        &[("00b0000000", "6c05"), ("00b0000005", "30030201079000")],
        "the right length told",
    );
    good(&[("00b0000000", "30030201076282")], "the end told with it");
    good(
        &[("00b0000000", "30039000"), ("00b0000203", "0201079000")],
        "in two parts",
    );
    for (answer, expected) in [
        ("6982", StatusWord(0x6982)),
        ("6986", StatusWord(0x6986)),
        ("6d00", StatusWord(0x6D00)),
    ] {
        let refused = Err(CardError::Status {
            command: "READ BINARY",
            status: expected,
        });
        assert_eq!(read(&[("00b0000000", answer)]), refused, "{answer}");
    }
    for (lines, what) in [
        (&[("00b0000000", "6b00")][..], "empty"),
        (&[("00b0000000", "9000")], "nothing at all"),
        (&[("00b0000000", "30039000"), ("00b0000203", "6b00")], "cut"),
        (
            &[("00b0000000", "04010a9000"), ("00b0000300", "6b00")],
            "no certificate",
        ),
    ] {
        assert!(
            matches!(
                read(lines),
                Err(CardError::Malformed {
                    what: "certificate",
                    ..
                })
            ),
            "{what}"
        );
    }
}

#[test]
fn a_card_that_gives_a_file_byte_by_byte_is_left() {
    let mut lines = vec![("00b0000000".to_owned(), "309000")];
    lines.extend((1..17).map(|at| (format!("00b0{at:04x}00"), "829000")));
    let lines: Vec<(&str, &str)> = lines.iter().map(|(sent, said)| (sent.as_str(), *said)).collect();
    // A header that never says how long the object is would else be read to the end of the card.
    assert!(matches!(
        read(&lines),
        Err(CardError::Malformed { what: "file", at: 17 })
    ));
}

#[test]
fn the_readings_of_an_elliptic_value_are_both_tried() {
    let request = SignRequest {
        id: &[1],
        scheme: Scheme::Ecdsa,
        hash: HashAlgorithm::Sha256,
        digest: &[0; 32],
        last_try: crate::card::eid::LastTry::NotConfirmed,
    };
    // Sixty-four bytes that are DER as well: two integers of 29 bytes each.
    let mut both = vec![0x30, 62];
    for _ in 0..2 {
        both.extend([0x02, 29]);
        both.extend([0x11; 29]);
    }
    let readings = super::sign::readings(P256, &request, both.clone()).unwrap();
    assert_eq!(readings.len(), 2);
    assert_eq!(readings[0].value, both);
    assert_eq!(readings[1].value[..3], [0, 0, 0]);
    let one = super::sign::readings(P256, &request, hex::decode("3006020101020102").unwrap()).unwrap();
    assert_eq!(one.len(), 1);
    for length in [0, 1, 63, 65, 96] {
        assert!(
            super::sign::readings(P256, &request, vec![0x11; length]).is_err(),
            "{length}"
        );
    }
}

proptest::proptest! {
    #[test]
    fn any_file_lists_something_or_nothing(bytes in proptest::collection::vec(0_u8.., 0..300)) {
        let _ = (read_odf(&bytes), read_dir(&bytes), read_token_info(&bytes).is_ok());
        proptest::prop_assert!(read_certificates(&bytes).len() <= 64);
        proptest::prop_assert!(read_keys(&bytes).len() <= 64);
        for pin in read_pins(&bytes) {
            proptest::prop_assert!(pin.stored <= 64);
        }
    }
}
