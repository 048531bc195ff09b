//! One face for all cards: which it is, and what it cannot do.

use zegel::card::CardError;
use zegel::card::eid::{Eid, LastTry};
use zegel::card::family::{Family, KeyName, Purpose, recognise};
use zegel::card::transport::{InProcess, Transport, TransportError};
use zegel::lab::card::Applet;

use super::support::{Recorded, on, pin, token};
use crate::card::support::cards;

/// Applications that a Belgian card must never be asked for.
const OTHERS: [&str; 3] = ["a000000308", "a000000063", "e828bd080f"];

#[test]
fn every_card_is_recognised_and_a_belgian_one_is_asked_nothing_else() {
    for applet in [Applet::V17, Applet::V18] {
        let (card, line) = Recorded::new(cards().card(applet, 0));
        let mut connection = InProcess::new(card);
        assert_eq!(recognise(&mut connection), Ok(Family::Belpic));
        let asked: Vec<String> = line
            .lock()
            .unwrap()
            .iter()
            .map(|(command, _)| hex::encode(command))
            .collect();
        assert!(
            asked
                .iter()
                .all(|command| OTHERS.iter().all(|other| !command.contains(other))),
            "{asked:?}"
        );
    }
    for (slug, family) in [
        ("piv", Family::Piv),
        ("piv-ec", Family::Piv),
        ("pkcs15", Family::Pkcs15),
        ("pkcs15-ec", Family::Pkcs15),
    ] {
        let (card, line) = Recorded::new(token(slug));
        let mut connection = InProcess::new(card);
        assert_eq!(recognise(&mut connection), Ok(family), "{slug}");
        let line = line.lock().unwrap();
        assert!(
            hex::encode(&line[0].0).contains("a000000030290570"),
            "{slug}: the Belgian applet is asked for first"
        );
    }
}

/// A card with nothing on it that anybody here knows.
struct Stranger(u16);

impl Transport for Stranger {
    fn atr(&self) -> Vec<u8> {
        vec![0x3B, 0x00]
    }
    fn transmit(&mut self, _: &[u8]) -> Result<Vec<u8>, TransportError> {
        Ok(self.0.to_be_bytes().to_vec())
    }
    fn reset(&mut self) -> Result<(), TransportError> {
        Ok(())
    }
}

#[test]
fn a_stranger_is_of_no_family_even_when_it_says_yes_to_every_name() {
    for status in [0x6A82, 0x6D00, 0x6E00, 0x6700, 0x6999] {
        assert_eq!(
            recognise(&mut InProcess::new(Stranger(status))),
            Err(CardError::CardUnsupported),
            "{status:04X}"
        );
    }
    // A bank card that answers 90 00 to any selection and to nothing else: it has no card data and no objects.
    struct Yes;
    impl Transport for Yes {
        fn atr(&self) -> Vec<u8> {
            vec![0x3B, 0x00]
        }
        fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
            let by_name = command[1] == 0xA4 && command[2] == 0x04;
            Ok(if by_name {
                vec![0x90, 0x00]
            } else {
                vec![0x6D, 0x00]
            })
        }
        fn reset(&mut self) -> Result<(), TransportError> {
            Ok(())
        }
    }
    assert_eq!(
        recognise(&mut InProcess::new(Yes)),
        Err(CardError::CardUnsupported)
    );
}

#[test]
fn certificates_have_their_purpose_on_every_family() {
    use Purpose::{Authentication, Other, Signature};
    let purposes = |slug: &str| -> Vec<(String, Purpose)> {
        let (found, _) = on(token(slug), |card| card.certificates());
        found
            .unwrap()
            .into_iter()
            .map(|one| (one.key.to_string(), one.purpose))
            .collect()
    };
    let row = |key: &str, purpose| (key.to_owned(), purpose);
    assert_eq!(
        purposes("piv"),
        [
            row("9A", Authentication),
            row("9C", Signature),
            row("9D", Other),
            row("9E", Other)
        ]
    );
    assert_eq!(
        purposes("pkcs15"),
        [row("01", Authentication), row("02", Signature)]
    );
    let (found, _) = on(cards().card(Applet::V18, 0), |card| card.certificates());
    let found: Vec<(String, Purpose)> = found
        .unwrap()
        .into_iter()
        .map(|one| (one.key.to_string(), one.purpose))
        .collect();
    assert_eq!(
        found,
        [row("authentication", Authentication), row("signature", Signature)]
    );
}

#[test]
fn a_key_that_a_card_does_not_have_is_missing_by_its_name() {
    for (slug, key) in [
        ("piv", "99"),
        ("piv", "signature"),
        ("pkcs15", "7F"),
        ("pkcs15", "x"),
        ("pkcs15", ""),
    ] {
        let name = KeyName::new(key);
        let missing = Err(CardError::KeyUnknown(key.to_owned()));
        assert_eq!(
            on(token(slug), |card| card.pin_state(&name)).0.map(drop),
            missing,
            "{slug} {key}"
        );
        let changed = on(token(slug), |card| {
            card.change_pin(&name, (&pin("123456"), &pin("123456")), LastTry::NotConfirmed)
        })
        .0;
        assert_eq!(changed, missing, "{slug} {key}");
    }
    assert_eq!(CardError::KeyUnknown("9F".to_owned()).cause(), "CARD_KEY_UNKNOWN");
}

#[test]
fn a_token_is_no_eid_card_for_whoever_wants_one() {
    for slug in ["piv", "piv-ec", "pkcs15", "pkcs15-ec"] {
        let mut connection = InProcess::new(token(slug));
        let mut eid = Eid::new(&mut connection);
        let wanted = eid.certificate(zegel::card::eid::CertificateKind::Authentication);
        assert_eq!(wanted, Err(CardError::CardUnsupported), "{slug}");
        assert_eq!(CardError::CardUnsupported.cause(), "CARD_UNSUPPORTED");
    }
}

#[test]
fn nothing_of_a_pin_is_shown() {
    let (card, _) = Recorded::new(token("piv"));
    let mut connection = InProcess::new(card);
    let mut card = zegel::card::family::Card::recognise(&mut connection).unwrap();
    let name = KeyName::new("9C");
    card.change_pin(&name, (&pin("123456"), &pin("246810")), LastTry::NotConfirmed)
        .unwrap();
    let shown = format!("{card:?} {:?}", pin("246810"));
    assert!(!shown.contains("246810") && !shown.contains("123456"), "{shown}");
}
