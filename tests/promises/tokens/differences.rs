//! Cards of one standard differ: each known difference is met, one at a time.

use zegel::base::digest::HashAlgorithm;
use zegel::card::CardError;
use zegel::card::eid::{PinState, SignatureScheme};
use zegel::card::family::{Card, KeyName};
use zegel::card::piv::{PinPolicy, Piv};
use zegel::card::transport::{
    Connection as _, Disposition, InProcess, Protocol, Step, Transport, TransportError,
};
use zegel::lab::card::{Fault, FaultKind, Manner, TokenCard};

use super::support::{Recorded, Wish, certificate, on, sign, token, token_with, verifies};

const EC: Wish = Wish {
    key: "9C",
    scheme: SignatureScheme::Ecdsa,
    hash: HashAlgorithm::Sha256,
};

fn with_manner(slug: &str, manner: Manner) -> TokenCard {
    token_with(slug, |image| image.adopt(manner))
}

#[test]
fn every_known_difference_of_piv_cards_signs_all_the_same() {
    for (what, manner) in [
        ("another identifier when selected", Manner::OtherAid),
        ("login lost when selected again", Manner::ForgetsWhenSelected),
        ("never says it is verified", Manner::HidesVerified),
        ("empty objects for absent ones", Manner::EmptyObjects),
        ("63 0x for 63 Cx", Manner::PlainCounter),
        ("the right cannot be dropped", Manner::NoLogOff),
    ] {
        let (result, _) = on(with_manner("piv-global", manner), |card| {
            sign(card, EC, Some("123456"))
        });
        assert!(result.is_ok(), "{what}: {result:?}");
    }
    // An ordinary card, and one that takes inputs shorter than the field.
    let card = token_with("piv-global", |image| image.leave_off(Manner::WholeField));
    assert!(on(card, |card| sign(card, EC, Some("123456"))).0.is_ok());
}

#[test]
fn a_short_digest_is_filled_up_to_the_field_because_a_card_insists() {
    // The 9C key is P-384, the digest SHA-256; the laboratory's cards all refuse an input of 32 bytes.
    let (card, line) = Recorded::new(token("piv-ec"));
    let (result, _) = on(card, |card| sign(card, EC, Some("123456")));
    assert!(result.is_ok());
    let line = line.lock().unwrap();
    let (command, _) = line.iter().find(|(command, _)| command[1] == 0x87).unwrap();
    let template = &command[5..5 + usize::from(command[4])];
    assert_eq!(template[..6], [0x7C, 0x34, 0x82, 0x00, 0x81, 0x30]);
    assert_eq!(template[6..22], [0; 16], "zeros in front");
    assert_eq!(
        template[22..],
        HashAlgorithm::Sha256.digest(super::support::MESSAGE)
    );
}

#[test]
fn rsa_blocks_go_in_a_chain() {
    let (card, line) = Recorded::new(token("piv"));
    let wish = Wish {
        key: "9C",
        scheme: SignatureScheme::RsaPkcs1,
        hash: HashAlgorithm::Sha256,
    };
    let (result, _) = on(card, |card| sign(card, wish, Some("123456")));
    assert!(result.is_ok());
    let line = line.lock().unwrap();
    let sent: Vec<&[u8]> = line
        .iter()
        .filter(|(command, _)| command[1] == 0x87)
        .map(|(command, _)| &command[..5])
        .collect();
    // The template of RSA-2048 has 266 bytes. Source: reference §19.1.
    assert_eq!(
        sent,
        [[0x10, 0x87, 0x07, 0x9C, 0xFF], [0x00, 0x87, 0x07, 0x9C, 0x0B]]
    );
}

#[test]
fn the_pin_that_the_discovery_object_names_is_the_one_sent() {
    for (slug, policy, reference) in [
        ("piv", PinPolicy::Application, 0x80),
        ("piv-global", PinPolicy::Global, 0x00),
        // No discovery object.
        ("piv-ec", PinPolicy::Application, 0x80),
    ] {
        let mut connection = InProcess::new(token(slug));
        assert_eq!(
            Piv::new(&mut connection).token().unwrap().policy,
            policy,
            "{slug}"
        );
        let (card, line) = Recorded::new(token(slug));
        let (_, _) = on(card, |card| card.pin_state(&KeyName::new("9C")));
        let asked = line
            .lock()
            .unwrap()
            .iter()
            .filter(|(command, _)| command[1] == 0x20)
            .all(|(command, _)| command[3] == reference);
        assert!(asked, "{slug}");
    }
    // A useless object is as good as none.
    for useless in [
        "7E00",
        "7E034F0100",
        "7E055F2F020000",
        "7E055F2F026010",
        "53035F2F02",
        "7EFF",
        "",
    ] {
        let card = token_with("piv", |image| {
            image.set_object("7E", hex::decode(useless).unwrap())
        });
        let wish = Wish {
            key: "9A",
            scheme: SignatureScheme::RsaPkcs1,
            hash: HashAlgorithm::Sha256,
        };
        assert!(
            on(card, |card| sign(card, wish, Some("123456"))).0.is_ok(),
            "{useless}"
        );
    }
}

#[test]
fn a_right_that_cannot_be_dropped_ends_with_a_reset() {
    let card = with_manner("piv-global", Manner::NoLogOff);
    let (result, mut card) = on(card, |card| sign(card, EC, Some("123456")));
    assert!(result.is_ok());
    // After a reset nothing is selected either.
    let answer = card
        .transmit(&hex::decode("00cb3fff055c035fc10500").unwrap())
        .unwrap();
    assert_eq!(answer, [0x6D, 0x00]);
}

#[test]
fn a_token_that_nobody_touches_says_so_and_no_try_is_lost() {
    let card = with_manner("piv-ec", Manner::Untouched);
    let (result, card) = on(card, |card| sign(card, EC, Some("123456")));
    assert_eq!(result, Err(CardError::TouchMissing));
    assert_eq!(card.image().pin.left, 3);
    // Without the maker's own commands a refusal is a refusal.
    let card = token_with("piv-global", |image| image.adopt(Manner::Untouched));
    let (result, _) = on(card, |card| sign(card, EC, Some("123456")));
    assert!(
        matches!(
            result,
            Err(CardError::Status {
                command: "GENERAL AUTHENTICATE",
                ..
            })
        ),
        "{result:?}"
    );
}

/// Counts the commands that are sent as ones a person must do something for.
struct Counted {
    card: TokenCard,
    for_person: usize,
}

impl Transport for Counted {
    fn atr(&self) -> Vec<u8> {
        self.card.atr()
    }
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.card.transmit(command)
    }
    fn transmit_for_person(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        assert_eq!(command[1], 0x87, "only a signature waits for a touch");
        self.for_person += 1;
        self.card.transmit(command)
    }
    fn reset(&mut self) -> Result<(), TransportError> {
        self.card.reset()
    }
    fn protocol(&self) -> Protocol {
        self.card.protocol()
    }
}

#[test]
fn a_touch_is_waited_for_only_where_a_token_can_want_one() {
    for (slug, expected) in [("piv-ec", 1), ("piv-global", 0)] {
        let counted = Counted {
            card: token(slug),
            for_person: 0,
        };
        let (result, counted) = on(counted, |card| sign(card, EC, Some("123456")));
        assert!(result.is_ok(), "{slug}");
        assert_eq!(counted.for_person, expected, "{slug}");
    }
}

#[test]
fn a_plain_counter_is_read_and_a_bare_refusal_is_looked_into() {
    let card = with_manner("piv-global", Manner::PlainCounter);
    let (result, card) = on(card, |card| sign(card, EC, Some("654321")));
    assert_eq!(result, Err(CardError::PinWrong { left: 2 }));
    let (state, _) = on(card, |card| card.pin_state(&KeyName::new("9C")));
    assert_eq!(state, Ok(PinState::Left(2)));
    // 63 00 says only that it was wrong: the tries are asked for.
    let mut card = token("piv-global");
    card.image_mut().pin.left = 2;
    card.add_fault(
        Fault::now(FaultKind::Answer(0x6300))
            .at_instruction(0x20)
            .after(1),
    );
    let (result, _) = on(card, |card| sign(card, EC, Some("654321")));
    assert_eq!(result, Err(CardError::PinWrong { left: 2 }));
    let mut card = token("piv-global");
    card.add_fault(
        Fault::now(FaultKind::Answer(0x6300))
            .at_instruction(0x20)
            .after(1),
    );
    card.add_fault(
        Fault::now(FaultKind::Answer(0x6A86))
            .at_instruction(0x20)
            .after(2),
    );
    let (result, _) = on(card, |card| sign(card, EC, Some("654321")));
    assert_eq!(result, Err(CardError::PinRefused));
}

#[test]
fn every_status_word_of_a_signature_has_its_cause() {
    let status = |command, status| CardError::Status {
        command,
        status: zegel::card::apdu::StatusWord(status),
    };
    for (slug, key, answer, expected) in [
        ("piv-global", "9C", 0x6A80, CardError::AlgorithmUnsupported(32)),
        ("piv-global", "9C", 0x6A81, CardError::KeyUnknown("9C".to_owned())),
        ("piv-global", "9C", 0x6A86, CardError::KeyUnknown("9C".to_owned())),
        ("piv-global", "9C", 0x6A88, CardError::KeyUnknown("9C".to_owned())),
        ("piv-global", "9C", 0x6700, status("GENERAL AUTHENTICATE", 0x6700)),
        ("piv-global", "9C", 0x6D00, status("GENERAL AUTHENTICATE", 0x6D00)),
        ("piv-global", "9C", 0x6982, status("GENERAL AUTHENTICATE", 0x6982)),
        ("piv-global", "9C", 0x6581, CardError::MemoryFailure),
        ("pkcs15-ec", "02", 0x6982, status("PSO", 0x6982)),
        ("pkcs15-ec", "02", 0x6985, status("PSO", 0x6985)),
        ("pkcs15-ec", "02", 0x6581, CardError::MemoryFailure),
    ] {
        let mut card = token(slug);
        let instruction = if slug.starts_with("piv") { 0x87 } else { 0x2A };
        card.add_fault(Fault::now(FaultKind::Answer(answer)).at_instruction(instruction));
        let (result, card) = on(card, |card| sign(card, Wish { key, ..EC }, Some("123456")));
        assert_eq!(result, Err(expected), "{slug} {answer:04X}");
        assert_eq!(card.image().pin.left, 3);
    }
}

#[test]
fn certificates_are_read_compressed_and_plain_and_absent_ones_are_absent() {
    for slug in ["piv", "piv-ec"] {
        let (found, _) = on(token(slug), |card| card.certificates());
        let found = found.unwrap();
        let names: Vec<&str> = found.iter().map(|one| one.key.as_str()).collect();
        assert_eq!(names, ["9A", "9C", "9D", "9E"], "{slug}");
        assert!(found.iter().all(|one| one.der.is_ok()), "{slug}");
    }
    for empty in [false, true] {
        let fresh = || {
            if empty {
                with_manner("piv-global", Manner::EmptyObjects)
            } else {
                token("piv-global")
            }
        };
        let card = fresh();
        let (found, _) = on(card, |card| card.certificates());
        let found = found.unwrap();
        assert_eq!(found.len(), 2, "9D and 9E are not there");
        let card = fresh();
        let name = KeyName::new("9D");
        let (result, _) = on(card, |card| {
            let digest = HashAlgorithm::Sha256.digest(b"x");
            let request = zegel::card::family::SignRequest {
                key: &name,
                scheme: zegel::card::Scheme::Ecdsa,
                hash: HashAlgorithm::Sha256,
                digest: &digest,
                last_try: zegel::card::eid::LastTry::NotConfirmed,
            };
            card.sign(&request, Some(&super::support::pin("123456")), &mut |_| true)
        });
        assert_eq!(result, Err(CardError::KeyUnknown("9D".to_owned())));
    }
}

#[test]
fn an_elliptic_value_is_read_raw_and_in_der() {
    for raw in [true, false] {
        let card = token_with("pkcs15-ec", |image| {
            if !raw {
                image.leave_off(Manner::RawEcdsa);
            }
        });
        let (signed, _) = on(card, |card| {
            let der = certificate(card, "02")?;
            Ok((der, sign(card, Wish { key: "02", ..EC }, Some("123456"))?))
        });
        let (der, signature) = signed.unwrap();
        assert_eq!(signature.value.len(), 64);
        assert!(verifies(
            &der,
            &HashAlgorithm::Sha256.digest(super::support::MESSAGE),
            &signature
        ));
    }
}

#[test]
fn the_application_is_found_by_its_name_in_the_directory_and_at_its_place() {
    let found = |card: TokenCard| on(card, |card| Ok((card.family(), card.certificates()?.len()))).0;
    let expected = Ok((zegel::card::family::Family::Pkcs15, 2));
    assert_eq!(found(token("pkcs15")), expected);
    // A card that does not know its application by name: EF(DIR) leads there, whole or in records.
    for records in [false, true] {
        for (what, directory) in [
            (
                "a relative path",
                Some("61124F0CA000000063504B43532D313551025015".to_owned()),
            ),
            (
                "an absolute path",
                Some("61144F0CA000000063504B43532D313551043F005015".to_owned()),
            ),
            (
                "behind another application",
                Some(
                    "610E4F05A0000000035005544553543161144F0CA000000063504B43532D313551043F005015".to_owned(),
                ),
            ),
            ("no directory: its default place", None),
        ] {
            let card = token_with("pkcs15", |image| {
                image.adopt(Manner::Unnamed);
                if records {
                    image.adopt(Manner::DirectoryRecords);
                }
                match &directory {
                    Some(directory) => image.set_object("3F002F00", hex::decode(directory).unwrap()),
                    None => drop(image.objects.remove("3F002F00")),
                }
            });
            assert_eq!(found(card), expected, "{what}, records: {records}");
        }
    }
    // One whose paths are taken step by step only, and never without the file's description.
    let card = with_manner("pkcs15", Manner::StepsOnly);
    let wish = Wish {
        key: "02",
        scheme: SignatureScheme::RsaPkcs1,
        hash: HashAlgorithm::Sha256,
    };
    let (result, _) = on(card, |card| sign(card, wish, Some("123456")));
    assert!(result.is_ok(), "{result:?}");
}

#[test]
fn other_rights_are_dropped_when_asked() {
    for slug in ["piv", "pkcs15"] {
        let mut card = token(slug);
        let (select, verify) = if slug == "piv" {
            ("00a4040009a0000003080000100000", "0020008008313233343536ffff")
        } else {
            ("00a4040c0ca000000063504b43532d3135", "00200081083132333435360000")
        };
        let send =
            |card: &mut TokenCard, command: &str| card.transmit(&hex::decode(command).unwrap()).unwrap();
        send(&mut card, select);
        assert_eq!(send(&mut card, verify), [0x90, 0x00], "{slug}");
        let mut connection = InProcess::new(card);
        Card::recognise(&mut connection).unwrap().log_off().unwrap();
        let reference = if slug == "piv" { "80" } else { "81" };
        let mut answer = Vec::new();
        connection
            .run(&mut |transport| {
                answer = transport
                    .transmit(&hex::decode(format!("002000{reference}")).unwrap())
                    .unwrap();
                Step::Done(Disposition::Leave)
            })
            .unwrap();
        assert_eq!(answer, [0x63, 0xC3], "{slug}");
    }
}
