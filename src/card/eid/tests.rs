//! The driver against a small card: what is read, what it costs, and what each fault becomes.
#![expect(
    clippy::redundant_closure_for_method_calls,
    reason = "a method path is not general enough over the driver's lifetime"
)]

use zeroize::Zeroizing;

use super::*;
use crate::base::digest::HashAlgorithm;
use crate::base::secret::Pin;
use crate::card::error::CardError;
use crate::card::scripted::{Fault, FileCard};
use crate::card::transport::{InProcess, TransportError};

fn der(total: usize) -> Vec<u8> {
    let [high, low] = u16::try_from(total - 4).unwrap().to_be_bytes();
    let mut bytes = vec![0x30, 0x82, high, low];
    bytes.resize(total, 0x55);
    bytes
}

fn padded(mut content: Vec<u8>, zeros: usize) -> Vec<u8> {
    content.extend(vec![0; zeros]);
    content
}

fn ec_signature(file_length: usize) -> Vec<u8> {
    let mut bytes = vec![0x30, 0x66, 0x02, 0x31];
    bytes.extend([0x11; 0x31]);
    bytes.extend([0x02, 0x31]);
    bytes.extend([0x22; 0x31]);
    bytes.resize(file_length, 0);
    bytes
}

fn tlvs(fields: &[(u8, usize)], zeros: usize) -> Vec<u8> {
    let mut file = Vec::new();
    for (tag, length) in fields {
        file.extend([*tag, u8::try_from(*length).unwrap()]);
        file.extend(vec![b'1'; *length]);
    }
    padded(file, zeros)
}

fn identity() -> Vec<u8> {
    let lengths = [
        (0x00, 2),
        (0x01, 12),
        (0x02, 16),
        (0x03, 10),
        (0x04, 10),
        (0x05, 8),
        (0x06, 11),
        (0x07, 16),
        (0x08, 16),
        (0x09, 0),
        (0x0A, 4),
        (0x0B, 8),
        (0x0C, 11),
        (0x0D, 1),
        (0x0E, 0),
        (0x0F, 2),
        (0x10, 0),
        (0x11, 48),
        (0x1A, 48),
    ];
    tlvs(&lengths, 0)
}

fn photo(length: usize) -> Vec<u8> {
    let mut bytes = vec![0x77; length - 2];
    bytes.extend([0xFF, 0xD9]);
    bytes
}

/// An applet 1.8 card with files as long as real cards have them.
fn card() -> FileCard {
    let public_key = [&[0x30, 118][..], &[0x55; 118]].concat();
    FileCard::new(0x18)
        .with(File::Identity, identity())
        .with(File::IdentitySignature, ec_signature(256))
        .with(
            File::Address,
            tlvs(&[(0x00, 2), (0x01, 30), (0x02, 4), (0x03, 8)], 100),
        )
        .with(File::AddressSignature, ec_signature(256))
        .with(File::Photo, photo(3000))
        .with(File::AuthenticationCertificate, padded(der(850), 1100))
        .with(File::SignatureCertificate, padded(der(858), 1100))
        .with(File::CaCertificate, padded(der(1182), 1100))
        .with(File::RootCertificate, padded(der(876), 1100))
        .with(File::RrnCertificate, padded(der(650), 1100))
        .with(File::BasicKey, public_key)
}

fn pin(digits: &str) -> Pin {
    Pin::from_digits(Zeroizing::new(digits.as_bytes().to_vec())).unwrap()
}

fn request(digest: &[u8]) -> SignRequest<'_> {
    SignRequest {
        key: KeyReference::Authentication,
        hash: HashAlgorithm::Sha384,
        digest,
        last_try: LastTry::NotConfirmed,
    }
}

/// Runs `work` on a driver of `card` and gives the card back.
fn on<T>(card: FileCard, work: impl FnOnce(&mut Eid<'_>) -> T) -> (T, FileCard) {
    let mut connection = InProcess::new(card);
    let result = work(&mut Eid::new(&mut connection));
    (result, std::mem::take(connection.transport()))
}

#[test]
fn identity_alone_costs_at_most_four_commands() {
    let (found, card) = on(card(), |eid| eid.read(File::Identity));
    assert_eq!(found.unwrap(), identity());
    assert_eq!(card.log.len(), 4, "{:?}", card.log);
}

#[test]
fn certificate_and_signature_cost_at_most_eleven_commands() {
    let digest = [7; 48];
    let ((certificate, signature), card) = on(card(), |eid| {
        assert_eq!(eid.pin_state(), Ok(PinState::Left(3)));
        let certificate = eid.certificate(CertificateKind::Authentication);
        (
            certificate,
            eid.sign(&request(&digest), &pin("1234"), &mut |_| true),
        )
    });
    assert_eq!(certificate.unwrap(), der(850));
    assert_eq!(signature.unwrap().value, [5; 96]);
    assert_eq!(card.log.len(), 11, "{:?}", card.log);
}

#[test]
fn one_signature_costs_at_most_five_commands_and_leaves_no_right() {
    let digest = [7; 48];
    let (count, card) = on(card(), |eid| {
        eid.pin_state().unwrap();
        let mut signed = request(&digest);
        signed.key = KeyReference::Signature;
        eid.sign(&signed, &pin("1234"), &mut |_| true).unwrap();
        1
    });
    assert_eq!(card.log.len() - count, 5, "{:?}", card.log);
    assert_eq!(
        &card.log[1..],
        ["002241b6", "00200001", "002a9e9a", "00c00000", "80e60000"]
    );
    assert!(!card.is_verified());
    assert_eq!(card.resets, 0);
}

#[test]
fn a_whole_card_costs_at_most_55_commands_and_8_6_kilobytes() {
    let (files, card) = on(card(), |eid| {
        eid.card_data()?;
        eid.read_everything()
    });
    let files = files.unwrap();
    assert_eq!(files.get(File::Photo).map(<[u8]>::len), Some(3000));
    assert_eq!(files.get(File::IdentitySignature).map(<[u8]>::len), Some(256));
    assert_eq!(files.get(File::CaCertificate).map(<[u8]>::len), Some(1182));
    assert_eq!(files.get(File::BasicKey).map(<[u8]>::len), Some(120));
    assert!(card.log.len() <= 55, "{} commands", card.log.len());
    assert!(
        card.received <= 8_800,
        "{} bytes with status words",
        card.received
    );
}

#[test]
fn every_file_length_is_read_to_its_end_whatever_the_block() {
    for length in [1, 251, 252, 253, 255, 256, 257, 504, 511, 512, 513, 768] {
        let content = vec![0x41; length];
        let (found, _) = on(
            FileCard::new(0x17).with(File::IdentitySignature, content.clone()),
            |eid| eid.read(File::IdentitySignature),
        );
        assert_eq!(found.unwrap(), content, "{length}");
    }
    let (found, card) = on(FileCard::new(0x18).with(File::Identity, Vec::new()), |eid| {
        eid.read(File::Identity)
    });
    assert_eq!(
        (found.unwrap(), card.log.len()),
        (Vec::new(), 8),
        "empty is believed when it is said four times"
    );
}

#[test]
fn an_absent_certificate_is_told_after_one_block_of_zeros() {
    let card = FileCard::new(0x18).with(File::SignatureCertificate, vec![0; 2500]);
    let (found, card) = on(card, |eid| eid.certificate(CertificateKind::Signature));
    assert_eq!(found, Err(CardError::CertificateMissing("signature")));
    assert_eq!(card.log.len(), 2);
    let (found, _) = on(FileCard::new(0x18), |eid| {
        eid.certificate(CertificateKind::Authentication)
    });
    assert_eq!(found, Err(CardError::CertificateMissing("authentication")));
}

#[test]
fn a_file_that_is_not_on_the_card_is_left_out_of_many_and_named_alone() {
    let card = FileCard::new(0x17).with(File::Identity, identity());
    let (files, _) = on(card, |eid| eid.read_files(&[File::BasicKey, File::Identity]));
    let files = files.unwrap();
    assert_eq!(
        (files.get(File::BasicKey), files.get(File::Identity).is_some()),
        (None, true)
    );
    let (found, _) = on(FileCard::new(0x18), |eid| eid.read(File::Photo));
    assert_eq!(found, Err(CardError::FileMissing("photo")));
}

#[test]
fn what_stumbling_readers_answer_does_not_change_what_is_read() {
    // Command 0 selects, command 2 reads the second block.
    for fault in [
        Fault::Status(0x6B00),
        Fault::Status(0x6986),
        Fault::Status(0x6D00),
        Fault::Status(0x9000),
        Fault::Cut(255),
        Fault::Transport(TransportError::Communication),
        Fault::Transport(TransportError::CardReset),
    ] {
        for at in [1, 2, 3] {
            let (found, _) = on(card().with_fault(at, fault), |eid| {
                eid.read(File::AuthenticationCertificate)
            });
            assert_eq!(found, Ok(der(850)), "{fault:?} at {at}");
        }
        let (found, _) = on(card().with_fault(5, fault), |eid| eid.read(File::Photo));
        assert_eq!(found, Ok(photo(3000)), "{fault:?} in the photo");
    }
    for (at, status) in [(0, 0x6A87), (0, 0x6D00)] {
        let (found, _) = on(card().with_fault(at, Fault::Status(status)), |eid| {
            eid.read(File::Identity)
        });
        assert_eq!(found, Ok(identity()), "{status:04x}");
    }
}

#[test]
fn a_file_cut_inside_its_content_is_a_short_read() {
    let cut = der(850)[..600].to_vec();
    let (found, _) = on(
        FileCard::new(0x18).with(File::AuthenticationCertificate, cut),
        |eid| eid.read(File::AuthenticationCertificate),
    );
    assert_eq!(found, Err(CardError::ShortRead("authentication certificate")));
    let (found, _) = on(
        FileCard::new(0x18).with(File::Identity, identity()[..256].to_vec()),
        |eid| eid.read(File::Identity),
    );
    assert_eq!(found, Err(CardError::ShortRead("identity")));
}

#[test]
fn another_selected_applet_is_replaced_and_a_foreign_card_is_named() {
    let mut foreign = card();
    foreign.foreign_applet = true;
    let (found, _) = on(foreign, |eid| eid.read(File::Identity));
    assert_eq!(found, Ok(identity()));

    for (atr, select, expected) in [
        (
            "3bf81300008131fe15597562696b657934d4",
            0x6A82,
            CardError::CardUnsupported,
        ),
        (
            "3b7f96000080318065b085040120120fff829000",
            0x6999,
            CardError::CardUnsupported,
        ),
        (
            "3b7f96000080318065b085040120120fff829000",
            0x6D00,
            CardError::CardNotActivated,
        ),
    ] {
        let mut other = card();
        other.atr = hex::decode(atr).unwrap();
        other.foreign_applet = true;
        for at in 0..10 {
            other.faults.insert(at, Fault::Status(select));
        }
        let (found, _) = on(other, |eid| eid.card_data());
        assert_eq!(found, Err(expected), "{atr} {select:04x}");
    }
}

#[test]
fn a_card_of_unknown_atr_is_proved_by_its_applet() {
    let mut card = card();
    card.atr = vec![0x3B, 0x00];
    let (found, card) = on(card, |eid| eid.read(File::Identity));
    assert_eq!(found, Ok(identity()));
    assert_eq!(card.log[0], "00a40400");
}

#[test]
fn each_transport_fault_while_reading_has_its_cause() {
    for (fault, expected) in [
        (TransportError::AccessDenied, CardError::AccessDenied),
        (TransportError::Busy, CardError::CardBusy),
        (TransportError::CardMute, CardError::CardMute),
        (TransportError::CardRemoved, CardError::CardRemoved),
        (TransportError::NoService, CardError::NoService),
        (TransportError::ReaderGone, CardError::ReaderGone),
        (
            TransportError::Service(0x8010_0004),
            CardError::Service(0x8010_0004),
        ),
    ] {
        for at in 0..3 {
            let (found, _) = on(card().with_fault(at, Fault::Transport(fault)), |eid| {
                eid.read(File::Photo)
            });
            assert_eq!(found, Err(expected.clone()), "{fault:?} at {at}");
        }
    }
    // What a reconnect cures is an error only when it keeps coming.
    for (fault, expected) in [
        (TransportError::CardReset, CardError::CardReset),
        (TransportError::Communication, CardError::Communication),
        (TransportError::Malformed(1), CardError::Communication),
    ] {
        let mut stubborn = card();
        for at in 0..50 {
            stubborn.faults.insert(at, Fault::Transport(fault));
        }
        let (found, card) = on(stubborn, |eid| eid.read(File::Photo));
        assert_eq!(found, Err(expected));
        assert_eq!(card.log.len(), 4, "three cures and no more");
    }
}

#[test]
fn each_transport_fault_while_signing_has_its_cause_and_verify_goes_out_once() {
    use CardError::{CardRemoved, CardReset, Communication, OutcomeUnknown, ReaderGone};
    // Commands: 0 GET CARD DATA, 1 MSE, 2 VERIFY, 3 PSO, 4 GET RESPONSE.
    for (fault, at, expected) in [
        (TransportError::CardRemoved, 1, Some(CardRemoved)),
        (TransportError::CardRemoved, 2, Some(CardRemoved)),
        (TransportError::CardRemoved, 3, Some(CardRemoved)),
        (TransportError::CardRemoved, 4, Some(CardRemoved)),
        (TransportError::ReaderGone, 3, Some(ReaderGone)),
        (TransportError::CardReset, 1, None),
        (TransportError::CardReset, 2, Some(CardReset)),
        (TransportError::CardReset, 3, Some(OutcomeUnknown)),
        (TransportError::Communication, 1, None),
        (TransportError::Communication, 2, Some(Communication)),
        (TransportError::Communication, 3, Some(OutcomeUnknown)),
        (TransportError::Communication, 4, Some(OutcomeUnknown)),
        (TransportError::CardMute, 3, Some(OutcomeUnknown)),
    ] {
        let digest = [7; 48];
        let (result, card) = on(card().with_fault(at, Fault::Transport(fault)), |eid| {
            eid.sign(&request(&digest), &pin("1234"), &mut |_| true)
        });
        assert_eq!(result.err(), expected, "{fault:?} at {at}");
        let verified = card.log.iter().filter(|command| *command == "00200001").count();
        assert!(verified <= 1, "{fault:?} at {at}: VERIFY sent {verified} times");
        assert!(
            !card.is_verified(),
            "{fault:?} at {at}: a PIN right was left behind"
        );
    }
}

#[test]
fn wrong_pins_count_down_to_blocked_and_the_last_try_must_be_confirmed() {
    let digest = [7; 48];
    let (results, card) = on(card(), |eid| {
        let mut results = Vec::new();
        let mut asked = request(&digest);
        for _ in 0..2 {
            results.push(eid.sign(&asked, &pin("0000"), &mut |_| true).unwrap_err());
        }
        results.push(eid.sign(&asked, &pin("0000"), &mut |_| true).unwrap_err());
        asked.last_try = LastTry::Confirmed;
        results.push(eid.sign(&asked, &pin("0000"), &mut |_| true).unwrap_err());
        results.push(eid.sign(&asked, &pin("1234"), &mut |_| true).unwrap_err());
        assert_eq!(eid.pin_state(), Ok(PinState::Blocked));
        results
    });
    let expected = [
        CardError::PinWrong { left: 2 },
        CardError::PinWrong { left: 1 },
        CardError::PinLastTry,
        CardError::PinBlocked,
        CardError::PinBlocked,
    ];
    assert_eq!(results, expected);
    assert_eq!(
        card.log.iter().filter(|command| *command == "00200001").count(),
        3
    );
}

#[test]
fn an_empty_verify_is_never_sent_to_an_applet_that_counts_it() {
    for (version, expected, empty_verifies) in [
        (0x11, PinState::Unknown, 0),
        (0x17, PinState::Left(3), 1),
        (0x18, PinState::Left(3), 0),
    ] {
        let (state, card) = on(FileCard::new(version), |eid| eid.pin_state());
        assert_eq!(state, Ok(expected));
        let sent = card.log.iter().filter(|command| *command == "00200001").count();
        assert_eq!(sent, empty_verifies, "applet {version:02x}");
    }
}

#[test]
fn rsa_cards_sign_with_their_own_algorithm() {
    let digest = [7; 32];
    let mut asked = request(&digest);
    asked.hash = HashAlgorithm::Sha256;
    let (signature, _) = on(FileCard::new(0x17), |eid| {
        eid.sign(&asked, &pin("1234"), &mut |_| true)
    });
    let signature = signature.unwrap();
    assert_eq!(
        (signature.scheme, signature.value.len()),
        (SignatureScheme::RsaPkcs1, 256)
    );
}

#[test]
fn a_value_that_does_not_verify_is_never_handed_out() {
    let digest = [7; 48];
    let (result, card) = on(card(), |eid| {
        eid.sign(&request(&digest), &pin("1234"), &mut |signature| {
            signature.value.is_empty()
        })
    });
    assert_eq!(result, Err(CardError::SignatureInvalid));
    assert!(!card.is_verified());
}

#[test]
fn a_truncated_signature_and_a_failed_log_off_are_met() {
    let digest = [7; 48];
    let (result, card) = on(card().with_fault(4, Fault::Cut(95)), |eid| {
        eid.sign(&request(&digest), &pin("1234"), &mut |_| true)
    });
    assert_eq!(
        result,
        Err(CardError::Malformed {
            what: "signature",
            at: 95
        })
    );
    assert!(!card.is_verified());

    let (result, card) = on(card_that_does_not_log_off(), |eid| {
        eid.sign(&request(&digest), &pin("1234"), &mut |_| true)
    });
    assert!(result.is_ok());
    assert_eq!(
        (card.resets, card.is_verified()),
        (1, false),
        "then a reset drops the right"
    );
}

fn card_that_does_not_log_off() -> FileCard {
    card().with_fault(5, Fault::Status(0x6D00))
}

#[test]
fn a_memory_failure_resets_the_card() {
    let (result, card) = on(card().with_fault(1, Fault::Status(0x6581)), |eid| {
        eid.read(File::Identity)
    });
    assert_eq!(result, Err(CardError::MemoryFailure));
    assert_eq!(card.resets, 1);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
    #[test]
    fn any_answer_of_a_card_ends_in_a_result(
        answers in proptest::collection::vec((0_usize..30, 0x6000_u16..=0x9FFF), 1..12)
    ) {
        let mut card = card();
        for (at, status) in answers {
            card.faults.insert(at, Fault::Status(status));
        }
        let digest = [7; 48];
        let ((), card) = on(card, |eid| {
            let _ = eid.read_everything();
            let _ = eid.sign(&request(&digest), &pin("1234"), &mut |_| true);
        });
        proptest::prop_assert!(card.log.len() < 400);
    }
}
