//! The driver against the laboratory's cards: what it reads, what it costs, what faults become.

use zegel::base::digest::HashAlgorithm;
use zegel::card::CardError;
use zegel::card::eid::{
    CardSignature, CertificateKind, File, KeyReference, LastTry, ListEntry, PinState, RawFiles, SignList,
    SignRequest, SignatureScheme,
};
use zegel::crypto::algorithm::SignatureAlgorithm;
use zegel::crypto::ecdsa::raw_to_der;
use zegel::crypto::key::Curve;
use zegel::identity::card_data::Element;
use zegel::lab::card::{Applet, Fault, FaultKind, VirtualCard};
use zegel::pki::anchors::TrustData;
use zegel::pki::certificate::Certificate;

use super::support::{cards, judge, on, pin, read_all};

const BOTH: [Applet; 2] = [Applet::V17, Applet::V18];

fn hash_of(applet: Applet) -> HashAlgorithm {
    if applet == Applet::V18 {
        HashAlgorithm::Sha384
    } else {
        HashAlgorithm::Sha256
    }
}

/// Whether a value verifies with the key of the certificate.
pub(super) fn verifies(certificate: &[u8], digest: &[u8], signature: &CardSignature) -> bool {
    let Ok(certificate) = Certificate::parse(certificate) else {
        return false;
    };
    let Ok(key) = certificate.public_key() else {
        return false;
    };
    let (algorithm, value) = match signature.scheme {
        SignatureScheme::Ecdsa => match raw_to_der(&signature.value, Curve::P384) {
            Ok(value) => (SignatureAlgorithm::Ecdsa(signature.hash), value),
            Err(_) => return false,
        },
        SignatureScheme::RsaPkcs1 => (
            SignatureAlgorithm::RsaPkcs1(signature.hash),
            signature.value.clone(),
        ),
        SignatureScheme::RsaPss => (
            SignatureAlgorithm::RsaPss(signature.hash),
            signature.value.clone(),
        ),
    };
    key.verify_digest(algorithm, digest, &value).is_ok()
}

fn sign(
    card: VirtualCard,
    key: KeyReference,
    kind: CertificateKind,
    applet: Applet,
) -> (Result<CardSignature, CardError>, VirtualCard) {
    let digest = hash_of(applet).digest(b"what is signed");
    let (result, mut connection) = on(card, |eid| {
        let certificate = eid.certificate(kind)?;
        let request = SignRequest {
            key,
            hash: hash_of(applet),
            digest: &digest,
            last_try: LastTry::NotConfirmed,
        };
        eid.sign(&request, &pin("1234"), &mut |signature| {
            verifies(&certificate, &digest, signature)
        })
    });
    let card = VirtualCard::new(
        connection.transport().image().clone(),
        connection.transport().keys().clone(),
    );
    (result, card)
}

#[test]
fn both_generations_are_read_whole_and_proved() {
    for applet in BOTH {
        let files = read_all(cards().card(applet, 0));
        let holder = judge(&files, &cards().trust()).unwrap();
        let verdicts = &holder.verdicts;
        assert_eq!(verdicts.refusal, None, "{applet:?}");
        assert!(verdicts.identity_is_proved() && verdicts.address_is_proved() && verdicts.photo_is_proved());
        let basic_key = if applet == Applet::V18 {
            Element::Valid
        } else {
            Element::NotPresent
        };
        assert_eq!(
            (verdicts.basic_key, verdicts.chip),
            (basic_key, Element::Valid),
            "{applet:?}"
        );
        assert_eq!(holder.identity.given_names, "An");
        assert_eq!(holder.address.unwrap().municipality, "Zegelgem");
    }
}

#[test]
fn a_file_of_another_card_is_found_out_alone() {
    for applet in BOTH {
        let (mine, theirs) = (
            read_all(cards().card(applet, 0)),
            read_all(cards().card(applet, 1)),
        );
        let with = |files: &[File]| {
            let mut mixed: RawFiles = mine.clone();
            for file in files {
                mixed.insert(*file, theirs.get(*file).unwrap().to_vec());
            }
            let verdicts = judge(&mixed, &cards().trust()).unwrap().verdicts;
            (verdicts.identity, verdicts.address, verdicts.photo, verdicts.chip)
        };
        use Element::{Invalid, Valid};
        // Address and its signature of another card: genuine, and not of this holder.
        assert_eq!(
            with(&[File::Address, File::AddressSignature]),
            (Valid, Invalid, Valid, Valid),
            "{applet:?}"
        );
        // A whole foreign identity is consistent in itself; the chip gives it away.
        let identity = [
            File::Identity,
            File::IdentitySignature,
            File::Address,
            File::AddressSignature,
            File::Photo,
        ];
        assert_eq!(with(&identity), (Valid, Valid, Valid, Invalid), "{applet:?}");
    }
}

#[test]
fn laboratory_data_is_never_proved_by_production_trust() {
    let files = read_all(cards().card(Applet::V18, 0));
    let holder = judge(&files, &TrustData::production().unwrap()).unwrap();
    assert!(!holder.verdicts.identity_is_proved());
    assert_eq!(
        holder.verdicts.refusal.map(|refusal| refusal.cause()),
        Some("PATH_NO_ANCHOR")
    );
}

#[test]
fn both_keys_of_both_generations_sign_and_no_right_stays() {
    for applet in BOTH {
        for (key, kind) in [
            (KeyReference::Authentication, CertificateKind::Authentication),
            (KeyReference::Signature, CertificateKind::Signature),
        ] {
            let (result, _) = sign(cards().card(applet, 0), key, kind, applet);
            assert!(result.is_ok(), "{applet:?} {key:?}: {result:?}");
        }
        // The other key's certificate does not verify it: the value is withheld.
        let (result, _) = sign(
            cards().card(applet, 0),
            KeyReference::Signature,
            CertificateKind::Authentication,
            applet,
        );
        assert_eq!(result, Err(CardError::SignatureInvalid), "{applet:?}");
    }
}

#[test]
fn budgets_hold_on_a_card_with_files_as_real_ones_have_them() {
    for (applet, commands, bytes) in [(Applet::V18, 55, 8_600), (Applet::V17, 67, 12_000)] {
        let card = || cards().card(applet, 0);
        let challenge = HashAlgorithm::Sha384.digest(b"challenge");
        let (_, connection) = on(card(), |eid| {
            let mut files = eid.read_everything().unwrap();
            files.chip_answer = eid.challenge_chip(&challenge).unwrap();
            let verdicts = judge(&files, &cards().trust()).unwrap().verdicts;
            assert!(
                verdicts.identity_is_proved() && verdicts.address_is_proved() && verdicts.photo_is_proved()
            );
            assert_eq!(verdicts.chip_is_proved(), applet == Applet::V18);
        });
        drop(connection);

        // Sizes as on real cards: the laboratory's own certificates are shorter.
        let mut real = card();
        real.image_mut().fill_to_real_sizes();
        let (_, mut connection) = on(real, |eid| {
            eid.read_everything().unwrap();
            eid.challenge_chip(&challenge).unwrap();
        });
        let traffic = connection.transport().traffic();
        assert!(traffic.commands <= commands, "{applet:?}: {traffic:?}");
        assert!(traffic.response_bytes <= bytes, "{applet:?}: {traffic:?}");

        let (_, mut connection) = on(card(), |eid| eid.read(File::Identity).unwrap());
        let traffic = connection.transport().traffic();
        assert!(traffic.commands <= 4, "{applet:?}: {traffic:?}");

        let hash = hash_of(applet);
        let digest = hash.digest(b"challenge");
        let (before, mut connection) = on(card(), |eid| {
            eid.pin_state().unwrap();
            eid.certificate(CertificateKind::Authentication).unwrap();
            let request = SignRequest {
                key: KeyReference::Authentication,
                hash,
                digest: &digest,
                last_try: LastTry::NotConfirmed,
            };
            eid.sign(&request, &pin("1234"), &mut |_| true).unwrap();
        });
        let () = before;
        let login = connection.transport().traffic();
        if applet == Applet::V18 {
            assert!(login.commands <= 11, "{login:?}");
        }
        // One signature: as much as a second one adds.
        let (_, mut connection) = on(card(), |eid| {
            let entries = [(); 2].map(|()| ListEntry {
                hash,
                digest: digest.clone(),
            });
            for entries in [&entries[..1], &entries[..]] {
                let list = SignList {
                    key: KeyReference::Signature,
                    entries,
                    last_try: LastTry::NotConfirmed,
                };
                let go_on = &mut |_, _| std::ops::ControlFlow::Continue(());
                eid.sign_list(&list, pin("1234"), &mut |_, _| true, go_on)
                    .unwrap();
            }
        });
        let asking = if applet == Applet::V18 { 1 } else { 2 };
        assert_eq!(
            connection.transport().traffic().commands,
            asking + 3 * 5,
            "{applet:?}"
        );
    }
}

#[test]
fn taken_out_before_any_command_the_card_is_removed_and_nothing_else() {
    let reading = on(cards().card(Applet::V18, 0), |eid| eid.read_everything().unwrap())
        .1
        .transport()
        .traffic();
    for skip in 0..u32::try_from(reading.commands).unwrap() {
        let mut card = cards().card(Applet::V18, 0);
        card.add_fault(Fault::now(FaultKind::Removed).after(skip));
        assert_eq!(
            on(card, |eid| eid.read_everything()).0,
            Err(CardError::CardRemoved),
            "read, command {skip}"
        );
    }
    for skip in 0..11 {
        let mut card = cards().card(Applet::V18, 0);
        card.add_fault(Fault::now(FaultKind::Removed).after(skip));
        let (result, card) = sign(
            card,
            KeyReference::Signature,
            CertificateKind::Signature,
            Applet::V18,
        );
        // The last command is LOG OFF: then the value is there already.
        match result {
            Err(error) => assert_eq!(error, CardError::CardRemoved, "sign, command {skip}"),
            Ok(_) => assert!(skip >= 10, "sign, command {skip}"),
        }
        assert_eq!(
            on(card, |eid| eid.pin_state()).0,
            Ok(PinState::Left(3)),
            "no try was lost"
        );
    }
}

#[test]
fn a_reset_by_another_program_restarts_a_read_and_never_replays_a_pin() {
    for (instruction, expected) in [
        (0xB0, None),
        (0xE4, None),
        (0x22, None),
        (0x20, Some(CardError::CardReset)),
        (0x2A, Some(CardError::OutcomeUnknown)),
        (0xC0, Some(CardError::OutcomeUnknown)),
    ] {
        let mut card = cards().card(Applet::V18, 0);
        card.add_fault(Fault::now(FaultKind::Reset).at_instruction(instruction));
        let (result, _) = sign(
            card,
            KeyReference::Authentication,
            CertificateKind::Authentication,
            Applet::V18,
        );
        assert_eq!(result.err(), expected, "instruction {instruction:02x}");
    }
}

#[test]
fn a_truncated_signature_is_withheld() {
    for applet in BOTH {
        let mut card = cards().card(applet, 0);
        card.add_fault(Fault::now(FaultKind::Truncated).at_instruction(0xC0));
        let (result, _) = sign(card, KeyReference::Signature, CertificateKind::Signature, applet);
        let length = if applet == Applet::V18 { 95 } else { 255 };
        assert_eq!(
            result,
            Err(CardError::Malformed {
                what: "signature",
                at: length
            }),
            "{applet:?}"
        );
    }
}

#[test]
fn a_mute_card_is_mute_and_a_stumbling_reader_is_forgiven() {
    let mut card = cards().card(Applet::V18, 0);
    card.add_fault(Fault::now(FaultKind::Mute).after(2));
    assert_eq!(on(card, |eid| eid.read(File::Photo)).0, Err(CardError::CardMute));
    let whole = read_all(cards().card(Applet::V18, 0));
    for kind in [
        FaultKind::Answer(0x6B00),
        FaultKind::Answer(0x6986),
        FaultKind::Answer(0x9000),
        FaultKind::Answer(0x6D00),
        FaultKind::Communication,
        FaultKind::Reset,
    ] {
        for skip in [1, 3, 7] {
            let mut card = cards().card(Applet::V18, 0);
            card.add_fault(Fault::now(kind).at_instruction(0xB0).after(skip));
            assert!(read_all(card) == whole, "{kind:?} after {skip} reads");
        }
    }
}
