//! Every key of every token signs, and programs that nobody here wrote verify it.

use zegel::base::digest::HashAlgorithm;
use zegel::card::CardError;
use zegel::card::eid::SignatureScheme::{self, Ecdsa, RsaPkcs1, RsaPss};
use zegel::card::transport::TransportError;
use zegel::lab::card::{Fault, FaultKind};

use super::support::{Recorded, Wish, certificate, on, openssl_says, sign, token};

/// Keys with the schemes they can do.
pub(super) const KEYS: [(&str, &str, &[SignatureScheme]); 14] = [
    ("piv", "9A", &[RsaPkcs1, RsaPss]),
    ("piv", "9C", &[RsaPkcs1, RsaPss]),
    ("piv", "9D", &[Ecdsa]),
    ("piv", "9E", &[Ecdsa]),
    ("piv-ec", "9A", &[Ecdsa]),
    ("piv-ec", "9C", &[Ecdsa]),
    ("piv-ec", "9D", &[Ecdsa]),
    ("piv-ec", "9E", &[Ecdsa]),
    ("piv-global", "9A", &[Ecdsa]),
    ("piv-global", "9C", &[Ecdsa]),
    ("pkcs15", "01", &[RsaPkcs1, RsaPss]),
    ("pkcs15", "02", &[RsaPkcs1, RsaPss]),
    ("pkcs15-ec", "01", &[Ecdsa]),
    ("pkcs15-ec", "02", &[Ecdsa]),
];

#[test]
fn every_key_of_every_token_signs_with_every_hash() {
    use HashAlgorithm::{Sha256, Sha384, Sha512};
    for (slug, key, schemes) in KEYS {
        for scheme in schemes {
            for hash in [Sha256, Sha384, Sha512] {
                let wish = Wish {
                    key,
                    scheme: *scheme,
                    hash,
                };
                let (signed, _) = on(token(slug), |card| {
                    let signature = sign(card, wish, Some("123456"))?;
                    Ok((certificate(card, key)?, signature))
                });
                let (certificate, signature) =
                    signed.unwrap_or_else(|error| panic!("{slug} {wish:?}: {error}"));
                assert_eq!(signature.scheme, *scheme, "{slug} {key}");
                if let Some(good) = openssl_says(&certificate, &signature) {
                    assert!(good, "{slug} {wish:?}");
                }
            }
        }
    }
}

#[test]
fn the_card_authentication_key_works_without_a_pin_and_no_other() {
    let wish = |key| Wish {
        key,
        scheme: Ecdsa,
        hash: HashAlgorithm::Sha256,
    };
    assert!(on(token("piv-ec"), |card| sign(card, wish("9E"), None)).0.is_ok());
    for key in ["9A", "9C", "9D"] {
        assert_eq!(
            on(token("piv-global"), |card| sign(card, wish("9A"), None)).0,
            Err(CardError::FunctionUnavailable("sign without a PIN")),
            "{key}"
        );
    }
}

#[test]
fn a_key_and_a_scheme_that_do_not_fit_cost_no_try() {
    for (slug, key, scheme, hash, expected) in [
        (
            "piv",
            "9C",
            Ecdsa,
            HashAlgorithm::Sha256,
            CardError::AlgorithmUnsupported(32),
        ),
        (
            "piv-ec",
            "9C",
            RsaPkcs1,
            HashAlgorithm::Sha384,
            CardError::AlgorithmUnsupported(48),
        ),
        (
            "pkcs15",
            "02",
            Ecdsa,
            HashAlgorithm::Sha256,
            CardError::AlgorithmUnsupported(32),
        ),
        (
            "pkcs15-ec",
            "01",
            RsaPss,
            HashAlgorithm::Sha512,
            CardError::AlgorithmUnsupported(64),
        ),
    ] {
        let (card, line) = Recorded::new(token(slug));
        let (result, _) = on(card, |card| {
            sign(card, Wish { key, scheme, hash }, Some("123456"))
        });
        assert_eq!(result.err(), Some(expected), "{slug} {key}");
        let verified = line
            .lock()
            .unwrap()
            .iter()
            .any(|(command, _)| command[1] == 0x20 && command.len() > 5);
        assert!(!verified, "{slug} {key}: no PIN was sent");
    }
}

#[test]
fn the_pin_goes_immediately_before_the_signature_and_its_right_does_not_stay() {
    for (slug, key) in [
        ("piv", "9C"),
        ("piv-ec", "9C"),
        ("pkcs15", "02"),
        ("pkcs15-ec", "02"),
    ] {
        let scheme = if slug.ends_with("ec") { Ecdsa } else { RsaPkcs1 };
        let (card, line) = Recorded::new(token(slug));
        let wish = Wish {
            key,
            scheme,
            hash: HashAlgorithm::Sha256,
        };
        let (result, mut card) = on(card, |card| sign(card, wish, Some("123456")));
        assert!(result.is_ok(), "{slug}: {result:?}");
        let commands: Vec<(u8, usize)> = line
            .lock()
            .unwrap()
            .iter()
            .map(|(command, _)| (command[1], command.len()))
            .collect();
        let verify = commands
            .iter()
            .rposition(|(ins, length)| *ins == 0x20 && *length > 5)
            .unwrap();
        let (next, _) = commands[verify + 1];
        assert!(matches!(next, 0x87 | 0x2A), "{slug}: {next:02X} follows VERIFY");
        let selections = commands[verify..].iter().filter(|(ins, _)| *ins == 0xA4).count();
        assert_eq!(selections, 0, "{slug}: nothing is selected after VERIFY");
        // Whoever comes next has no right.
        use zegel::card::transport::Transport as _;
        let command = match slug {
            "pkcs15" | "pkcs15-ec" => vec![0x00, 0x2A, 0x9E, 0x9A, 0x01, 0x00],
            _ => vec![0x00, 0x87, 0x11, 0x9A, 0x06, 0x7C, 0x04, 0x82, 0x00, 0x81, 0x00],
        };
        let answer = card.transmit(&command).unwrap();
        assert_eq!(answer, [0x69, 0x82], "{slug}");
    }
}

#[test]
fn taken_out_before_any_command_the_token_is_removed_and_no_try_is_lost() {
    for (slug, key, scheme) in [
        ("piv", "9C", RsaPkcs1),
        ("piv-ec", "9C", Ecdsa),
        ("pkcs15", "02", RsaPkcs1),
        ("pkcs15-ec", "02", Ecdsa),
    ] {
        let wish = Wish {
            key,
            scheme,
            hash: HashAlgorithm::Sha384,
        };
        let whole = on(token(slug), |card| sign(card, wish, Some("123456"))).1;
        let commands = u32::try_from(whole.traffic().commands).unwrap();
        for skip in 0..commands {
            let mut card = token(slug);
            card.add_fault(Fault::now(FaultKind::Removed).after(skip));
            let (result, card) = on(card, |card| sign(card, wish, Some("123456")));
            // The last command drops the right: then the value is there already.
            match result {
                Err(error) => assert_eq!(error, CardError::CardRemoved, "{slug}, command {skip}"),
                Ok(_) => assert_eq!(skip, commands - 1, "{slug}"),
            }
            assert_eq!(card.image().pin.left, 3, "{slug}, command {skip}");
        }
    }
}

#[test]
fn a_reset_by_another_program_restarts_what_spent_nothing_and_never_replays_a_pin() {
    for (slug, key, scheme, instruction, expected) in [
        ("piv-ec", "9C", Ecdsa, 0xA4, None),
        ("piv-ec", "9C", Ecdsa, 0xCB, None),
        ("piv-ec", "9C", Ecdsa, 0x87, Some(CardError::OutcomeUnknown)),
        ("pkcs15-ec", "02", Ecdsa, 0xB0, None),
        ("pkcs15-ec", "02", Ecdsa, 0x22, None),
        ("pkcs15-ec", "02", Ecdsa, 0x2A, Some(CardError::OutcomeUnknown)),
    ] {
        let mut card = token(slug);
        card.add_fault(Fault::now(FaultKind::Reset).at_instruction(instruction));
        let (card, line) = Recorded::new(card);
        let wish = Wish {
            key,
            scheme,
            hash: HashAlgorithm::Sha256,
        };
        let (result, _) = on(card, |card| sign(card, wish, Some("123456")));
        assert_eq!(result.err(), expected, "{slug} at {instruction:02X}");
        let sent = line
            .lock()
            .unwrap()
            .iter()
            .filter(|(command, _)| command[1] == 0x20 && command.len() > 5)
            .count();
        assert_eq!(sent, 1, "{slug} at {instruction:02X}: the PIN goes once");
    }
    let _ = TransportError::CardReset;
}

#[test]
fn a_value_that_does_not_verify_is_withheld() {
    for (slug, key, scheme, instruction) in [
        ("piv", "9C", RsaPkcs1, 0xC0),
        ("pkcs15", "02", RsaPkcs1, 0xC0),
        ("piv-ec", "9C", Ecdsa, 0x87),
    ] {
        let mut card = token(slug);
        let wish = Wish {
            key,
            scheme,
            hash: HashAlgorithm::Sha256,
        };
        // The last answer of the signature loses a byte.
        let (clean, line) = Recorded::new(token(slug));
        on(clean, |card| sign(card, wish, Some("123456"))).0.unwrap();
        let count = line
            .lock()
            .unwrap()
            .iter()
            .filter(|(command, _)| command[1] == instruction)
            .count();
        card.add_fault(
            Fault::now(FaultKind::Truncated)
                .at_instruction(instruction)
                .after(u32::try_from(count - 1).unwrap()),
        );
        let (result, _) = on(card, |card| sign(card, wish, Some("123456")));
        assert!(
            matches!(
                result,
                Err(CardError::Malformed {
                    what: "signature",
                    ..
                })
            ),
            "{slug}: {result:?}"
        );
        // A certificate of another key: the value is good, and is not handed out.
        let other = token(slug);
        let mut swapped = token(slug);
        let object = if slug.starts_with("piv") {
            ("5FC10A", "5FC105")
        } else {
            ("3F0050154502", "3F0050154501")
        };
        let foreign = other.image().object(object.1).unwrap().to_vec();
        let same_kind = slug != "piv-ec";
        swapped.image_mut().set_object(object.0, foreign);
        let (result, _) = on(swapped, |card| sign(card, wish, Some("123456")));
        if same_kind {
            assert_eq!(result, Err(CardError::SignatureInvalid), "{slug}");
        } else {
            assert!(result.is_err(), "{slug}");
        }
    }
}
