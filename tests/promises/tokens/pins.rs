//! PINs of tokens: tries are known where the card tells, never spent by asking, never lost.

use zegel::base::digest::HashAlgorithm;
use zegel::card::CardError;
use zegel::card::eid::{LastTry, PinState, SignatureScheme};
use zegel::card::family::KeyName;
use zegel::card::piv::Piv;
use zegel::card::transport::InProcess;

use super::support::{Recorded, Wish, on, pin, sign, token, token_code, token_with};

const PAIRS: [(&str, &str); 4] = [
    ("piv", "9C"),
    ("piv-ec", "9C"),
    ("pkcs15", "02"),
    ("pkcs15-ec", "02"),
];

fn wish(slug: &str, key: &'static str) -> Wish {
    let scheme = if slug.ends_with("ec") {
        SignatureScheme::Ecdsa
    } else {
        SignatureScheme::RsaPkcs1
    };
    Wish {
        key,
        scheme,
        hash: HashAlgorithm::Sha256,
    }
}

#[test]
fn wrong_pins_count_down_the_last_one_is_asked_about_and_a_blocked_one_is_not_sent() {
    for (slug, key) in PAIRS {
        let mut card = token(slug);
        for left in [2, 1] {
            let (result, back) = on(card, |card| sign(card, wish(slug, key), Some("654321")));
            assert_eq!(result, Err(CardError::PinWrong { left }), "{slug}");
            card = back;
            let (state, back) = on(card, |card| card.pin_state(&KeyName::new(key)));
            assert_eq!(state, Ok(PinState::Left(left)), "{slug}");
            card = back;
        }
        let (result, mut card) = on(card, |card| sign(card, wish(slug, key), Some("123456")));
        assert_eq!(result, Err(CardError::PinLastTry), "{slug}");
        assert_eq!(card.image().pin.left, 1, "{slug}: not spent");
        card.image_mut().pin.left = 0;
        let (card, line) = Recorded::new(card);
        let (result, _) = on(card, |card| sign(card, wish(slug, key), Some("123456")));
        assert_eq!(result, Err(CardError::PinBlocked), "{slug}");
        let sent = line
            .lock()
            .unwrap()
            .iter()
            .any(|(command, _)| command[1] == 0x20 && command.len() > 5);
        assert!(!sent, "{slug}: a blocked PIN is not asked of the card");
    }
}

#[test]
fn asking_never_spends_a_try() {
    for (slug, key) in PAIRS {
        let mut card = token(slug);
        for _ in 0..10 {
            let (state, back) = on(card, |card| card.pin_state(&KeyName::new(key)));
            assert_eq!(state, Ok(PinState::Left(3)), "{slug}");
            card = back;
        }
        assert_eq!(card.image().pin.left, 3, "{slug}");
        assert!(!card.take_changed(), "{slug}: nothing was written on the card");
    }
}

#[test]
fn a_card_that_declares_nothing_is_not_asked_for_its_tries() {
    // Old cards spend a try when they are asked. Without algorithms in TokenInfo nothing says this one does not.
    let card = token_with("pkcs15", |image| {
        let bare = hex::decode("300d0201000404010203040c02583f").unwrap();
        image.set_object("3F0050155032", bare);
    });
    let (card, line) = Recorded::new(card);
    let (state, card) = on(card, |card| card.pin_state(&KeyName::new("01")));
    assert_eq!(state, Ok(PinState::Unknown));
    assert!(line.lock().unwrap().iter().all(|(command, _)| command[1] != 0x20));
    let (result, _) = on(card, |card| sign(card, wish("pkcs15", "01"), Some("123456")));
    assert_eq!(
        result,
        Err(CardError::FunctionUnavailable("sign in a way that is known here")),
        "nor is it made to sign by guessing"
    );
}

#[test]
fn a_pin_is_changed_and_the_old_one_serves_no_more() {
    for (slug, key) in PAIRS {
        let name = KeyName::new(key);
        let (result, card) = on(token(slug), |card| {
            card.change_pin(&name, (&pin("123456"), &pin("246810")), LastTry::NotConfirmed)
        });
        assert_eq!(result, Ok(()), "{slug}");
        let (result, card) = on(card, |card| sign(card, wish(slug, key), Some("123456")));
        assert_eq!(result, Err(CardError::PinWrong { left: 2 }), "{slug}");
        let (result, card) = on(card, |card| sign(card, wish(slug, key), Some("246810")));
        assert!(result.is_ok(), "{slug}");
        let (result, card) = on(card, |card| {
            card.change_pin(&name, (&pin("999999"), &pin("111111")), LastTry::NotConfirmed)
        });
        assert_eq!(result, Err(CardError::PinWrong { left: 2 }), "{slug}");
        assert_eq!(card.image().pin.value, "246810");
    }
}

#[test]
fn a_blocked_pin_is_unblocked_with_the_puk_and_a_wrong_puk_counts() {
    for (slug, key) in PAIRS {
        let name = KeyName::new(key);
        let mut card = token_with(slug, |image| image.pin.left = 0);
        let (result, back) = on(card, |card| {
            card.unblock(&name, token_code(&pin("87654321"), &pin("135790")))
        });
        assert_eq!(result, Err(CardError::PukWrong { left: 2 }), "{slug}");
        card = back;
        let (result, back) = on(card, |card| {
            card.unblock(&name, token_code(&pin("12345678"), &pin("135790")))
        });
        assert_eq!(result, Ok(()), "{slug}");
        let (result, mut card) = on(back, |card| sign(card, wish(slug, key), Some("135790")));
        assert!(result.is_ok(), "{slug}: {result:?}");
        card.image_mut().puk.left = 0;
        let (result, _) = on(card, |card| {
            card.unblock(&name, token_code(&pin("12345678"), &pin("135790")))
        });
        assert_eq!(result, Err(CardError::PukBlocked), "{slug}");
    }
}

#[test]
fn a_pin_of_another_length_is_not_sent() {
    for (slug, key) in [("piv", "9C"), ("pkcs15", "02")] {
        let (card, line) = Recorded::new(token(slug));
        let (result, _) = on(card, |card| sign(card, wish(slug, key), Some("123456789")));
        assert!(
            matches!(result, Err(CardError::PinLength { max: 8, .. })),
            "{slug}: {result:?}"
        );
        assert!(
            line.lock()
                .unwrap()
                .iter()
                .all(|(command, _)| command[1] != 0x20 || command.len() <= 5),
            "{slug}"
        );
    }
}

#[test]
fn a_pin_from_the_factory_is_told() {
    let mut connection = InProcess::new(token("piv-ec"));
    let yubikey = Piv::new(&mut connection).token().unwrap().yubikey.unwrap();
    assert_eq!(yubikey.version, [5, 7, 1]);
    assert!(yubikey.serial.is_some());
    let (pin_state, puk_state) = (yubikey.pin.unwrap(), yubikey.puk.unwrap());
    assert!(pin_state.is_default && puk_state.is_default);
    assert_eq!((pin_state.total, pin_state.left, puk_state.left), (3, 3, 3));
    let name = KeyName::new("9C");
    let (_, card) = on(token("piv-ec"), |card| {
        card.change_pin(&name, (&pin("123456"), &pin("246810")), LastTry::NotConfirmed)
    });
    let mut connection = InProcess::new(card);
    let yubikey = Piv::new(&mut connection).token().unwrap().yubikey.unwrap();
    assert!(!yubikey.pin.unwrap().is_default && yubikey.puk.unwrap().is_default);
}
