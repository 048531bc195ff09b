use super::*;
use crate::base::digest::HashAlgorithm;
use crate::card::CardError;
use crate::card::apdu::StatusWord;
use crate::card::eid::LastTry;
use crate::card::public_key::KeyKind;
use crate::card::scheme::Scheme;
use crate::card::scripted::Scripted;
use crate::card::transport::InProcess;

const SELECT: &str = "00a4040009a00000030800001000";
const DISCOVERY: &str = "00cb3fff035c017e";
const CHUID: &str = "00cb3fff055c035fc102";
const CERTIFICATE: &str = "00cb3fff055c035fc10a";

fn scripted(lines: &[(&str, &str)]) -> Scripted {
    let mut card = Scripted::new(lines);
    card.atr = vec![0x3B, 0x00];
    card
}

fn recognised(lines: &[(&str, &str)]) -> Result<(), CardError> {
    let mut connection = InProcess::new(scripted(lines));
    let result = Piv::new(&mut connection).recognise();
    connection.transport().assert_finished();
    result
}

#[test]
fn a_selection_is_read_whatever_it_names() {
    let usual = "61114f0600001000010079074f05a0000003089000";
    for (answer, what) in [
        (usual, "the standard's answer"),
        ("610a4f08a0000001510000009000", "another application's name"),
        ("610450025859 9000", "a label alone"),
        (
            "61104f0600001000010050065445535420009000",
            "a label with a zero byte",
        ),
    ] {
        let answer = answer.replace(' ', "");
        assert_eq!(recognised(&[(SELECT, &answer)]), Ok(()), "{what}");
    }
    for status in ["6a82", "6a86", "6d00", "6e00", "6985", "6999", "6700"] {
        assert_eq!(
            recognised(&[(SELECT, status)]),
            Err(CardError::CardUnsupported),
            "{status}"
        );
    }
}

#[test]
fn a_card_that_says_yes_and_shows_nothing_must_know_an_object() {
    for (discovery, chuid, expected) in [
        ("7e009000", None, Ok(())),
        ("6a82", Some("53009000"), Ok(())),
        ("6d00", Some("6d00"), Err(CardError::CardUnsupported)),
        ("6a82", Some("6a82"), Err(CardError::CardUnsupported)),
    ] {
        let mut lines = vec![(SELECT, "9000"), (DISCOVERY, discovery)];
        lines.extend(chuid.map(|answer| (CHUID, answer)));
        assert_eq!(recognised(&lines), expected, "{discovery} {chuid:?}");
    }
}

#[test]
fn every_status_word_of_an_object_is_absence_or_a_cause() {
    let missing = Err(CardError::KeyUnknown("9C".to_owned()));
    let status = |status| {
        Err(CardError::Status {
            command: "GET DATA",
            status: StatusWord(status),
        })
    };
    for (answer, expected) in [
        ("6a82", missing.clone()),
        ("6a88", missing.clone()),
        ("6a81", missing.clone()),
        ("6a80", missing.clone()),
        ("6a86", missing.clone()),
        ("6982", missing.clone()),
        ("53009000", missing.clone()),
        ("9000", missing.clone()),
        ("6700", status(0x6700)),
        ("6d00", status(0x6D00)),
        ("6f00", status(0x6F00)),
        ("6581", Err(CardError::MemoryFailure)),
    ] {
        let lines = [(SELECT, "61024f009000"), (CERTIFICATE, answer)];
        let mut connection = InProcess::new(scripted(&lines));
        let read = Piv::new(&mut connection).certificate(Slot::Signature);
        assert_eq!(read, expected, "{answer}");
    }
}

#[test]
fn a_long_object_is_fetched_piece_by_piece() {
    let body = "3003020107";
    let object = format!("530c7005{body}710100fe00");
    let (first, second) = object.split_at(10);
    let (first, second) = (format!("{first}6109"), format!("{second}9000"));
    let lines = [
        (SELECT, "6104"),
        ("00c0000004", "61024f009000"),
        (CERTIFICATE, "6105"),
        ("00c0000005", &first),
        ("00c0000009", &second),
    ];
    let mut connection = InProcess::new(scripted(&lines));
    let read = Piv::new(&mut connection).certificate(Slot::Signature);
    assert_eq!(read, Ok(hex::decode(body).unwrap()));
    connection.transport().assert_finished();
}

fn request(scheme: Scheme<'_>, hash: HashAlgorithm) -> SignRequest<'_> {
    static DIGEST: [u8; 64] = [0xA5; 64];
    SignRequest {
        slot: Slot::Signature,
        scheme,
        hash,
        digest: &DIGEST[..hash.output_bytes()],
        last_try: LastTry::NotConfirmed,
    }
}

#[test]
fn algorithm_and_input_follow_the_key() {
    use HashAlgorithm::{Sha256, Sha384, Sha512};
    let rsa = |bits| KeyKind::Rsa { bits };
    let ec = |field_bytes| KeyKind::Ec { field_bytes };
    let pss = Scheme::RsaPss { salt: &[0x5A; 32] };
    for (key, scheme, hash, expected) in [
        (rsa(1024), Scheme::RsaPkcs1, Sha256, Some((0x06, 128))),
        (rsa(2048), Scheme::RsaPkcs1, Sha512, Some((0x07, 256))),
        (rsa(3072), pss, Sha256, Some((0x05, 384))),
        (rsa(4096), pss, Sha256, Some((0x16, 512))),
        (ec(32), Scheme::Ecdsa, Sha256, Some((0x11, 32))),
        (ec(32), Scheme::Ecdsa, Sha512, Some((0x11, 32))),
        (ec(48), Scheme::Ecdsa, Sha256, Some((0x14, 48))),
        (ec(48), Scheme::Ecdsa, Sha384, Some((0x14, 48))),
        (ec(48), Scheme::Ecdsa, Sha512, Some((0x14, 48))),
        (ec(66), Scheme::Ecdsa, Sha512, None),
        (ec(32), Scheme::RsaPkcs1, Sha256, None),
        (rsa(2048), Scheme::Ecdsa, Sha256, None),
        (rsa(1536), Scheme::RsaPkcs1, Sha256, None),
        (rsa(1024), Scheme::RsaPss { salt: &[0; 64] }, Sha512, None),
    ] {
        let made = super::sign::input(key, &request(scheme, hash));
        let made = made.map(|(algorithm, input)| (algorithm, input.len()));
        match expected {
            Some(expected) => assert_eq!(made, Ok(expected), "{key:?} {scheme:?} {hash:?}"),
            None => assert!(
                matches!(made, Err(CardError::AlgorithmUnsupported(_))),
                "{key:?} {scheme:?} {hash:?}: {made:?}"
            ),
        }
    }
    let mut short = request(Scheme::Ecdsa, Sha384);
    short.digest = &short.digest[..32];
    let key = ec(48);
    assert_eq!(
        super::sign::input(key, &short),
        Err(CardError::AlgorithmUnsupported(32)),
        "a digest has the length of its hash"
    );
}

#[test]
fn values_are_read_from_their_template_and_nowhere_else() {
    let key = KeyKind::Ec { field_bytes: 32 };
    let asked = request(Scheme::Ecdsa, HashAlgorithm::Sha256);
    let read = |answer: &str| super::sign::output(key, &asked, &hex::decode(answer).unwrap());
    let good = read("7c0a82083006020101020102").unwrap();
    assert_eq!(good.value.len(), 64);
    assert_eq!((good.value[31], good.value[63]), (1, 2));
    for bad in [
        "",
        "9000",
        "7c00",
        "7c028200",
        "7c0a81083006020101020102",
        "7c0a82083006020101020180",
        "82083006020101020102",
    ] {
        assert!(
            matches!(
                read(bad),
                Err(CardError::Malformed {
                    what: "signature",
                    ..
                })
            ),
            "{bad}"
        );
    }
    let key = KeyKind::Rsa { bits: 1024 };
    let asked = request(Scheme::RsaPkcs1, HashAlgorithm::Sha256);
    for (length, good) in [(128, true), (127, false), (129, false)] {
        let answer = crate::asn1::write::element(0x7C, &crate::asn1::write::element(0x82, &vec![1; length]));
        assert_eq!(
            super::sign::output(key, &asked, &answer).is_ok(),
            good,
            "{length}"
        );
    }
}

proptest::proptest! {
    #[test]
    fn any_object_is_a_certificate_or_not(bytes in proptest::collection::vec(0_u8.., 0..200)) {
        if let Ok(Some(der)) = read_certificate(&bytes) {
            proptest::prop_assert_eq!(crate::card::tlv::der_total(&der), Some(der.len()));
        }
        let _ = read_chuid(&bytes);
        let _ = read_pin_policy(&bytes);
    }
}
