//! What a token, or something that only looks like one, sends; and images of cards that somebody wrote.

use zegel::base::digest::HashAlgorithm;
use zegel::base::secret::Pin;
use zegel::card::eid::LastTry;
use zegel::card::family::{Card, Family, KeyName, SignRequest, Unblock};
use zegel::card::piv::{PinPolicy, read_certificate, read_chuid, read_pin_policy};
use zegel::card::pkcs15::{
    self, Value, read_certificates, read_dir, read_keys, read_odf, read_pins, read_token_info,
};
use zegel::card::{Scheme, tlv};
use zegel::lab::card::{CardImage, CardKeys, TokenCard, TokenImage, TokenKeys, VirtualCard};

use super::card::Scripted;

/// Certificates, identifiers and policies of PIV tokens.
pub fn piv(bytes: &[u8]) {
    if let Ok(Some(der)) = read_certificate(bytes) {
        assert!(
            der.len() <= 16 * 1024 || der.len() <= bytes.len(),
            "nothing is blown up"
        );
        assert_eq!(
            tlv::der_total(&der),
            Some(der.len()),
            "a certificate ends where it says"
        );
    }
    if let Ok(Some(chuid)) = read_chuid(bytes) {
        if let Some(digits) = chuid.fasc_n_digits() {
            assert!(digits.len() <= 40 && digits.bytes().all(|digit| digit.is_ascii_digit()));
        }
        // It names a person's card: a log shows the day only.
        assert_eq!(
            format!("{chuid:?}"),
            format!("Chuid(expires {:?})", chuid.expires)
        );
    }
    if read_pin_policy(bytes) == PinPolicy::Global {
        assert!(
            bytes
                .windows(3)
                .any(|part| part == [0x5F, 0x2F, 0x02] || part[..2] == [0x5F, 0x2F])
        );
    }
}

/// Directories, objects and descriptions of PKCS#15 tokens.
pub fn pkcs15(bytes: &[u8]) {
    let path = |path: &pkcs15::Path| {
        assert!((1..=8).contains(&path.ids.len()), "a path is short");
        assert!(path.index <= 0x7FFF);
    };
    assert!(read_odf(bytes).len() <= 32);
    for application in read_dir(bytes) {
        application.path.iter().chain(&application.odf).for_each(path);
    }
    if let Ok(info) = read_token_info(bytes) {
        assert!(info.algorithms.len() <= 64);
        let shown = |text: &String| assert!(text.chars().count() <= 64 && !text.contains(['\n', '\r']));
        info.label.iter().chain(&info.manufacturer).for_each(shown);
    }
    let certificates = read_certificates(bytes);
    let (keys, pins) = (read_keys(bytes), read_pins(bytes));
    assert!(certificates.len() <= 64 && keys.len() <= 64 && pins.len() <= 64);
    for certificate in &certificates {
        assert!(!certificate.id.is_empty());
        match &certificate.value {
            Value::File(file) => path(file),
            Value::Inline(der) => assert!(der.len() <= bytes.len()),
        }
    }
    keys.iter().filter_map(|key| key.path.as_ref()).for_each(path);
    for pin in &pins {
        assert!(pin.stored <= 64 && pin.min <= 64, "a block stays small");
        pin.path.iter().for_each(path);
    }
}

/// A token whose every answer is the next piece of `bytes`, and silence after them.
pub fn driver(bytes: &[u8]) {
    let pin = || Pin::from_digits(b"123456".to_vec().into()).unwrap();
    let digest = HashAlgorithm::Sha256.digest(b"x");
    let mut stranger = Scripted::new(bytes);
    let _ = Card::recognise(&mut stranger).map(|card| card.family());
    for (family, names) in [(Family::Piv, ["9C", "9E"]), (Family::Pkcs15, ["01", "02"])] {
        for name in names.map(KeyName::new) {
            let mut token = Scripted::new(bytes);
            let mut card = Card::of(family, &mut token);
            if let Ok(found) = card.certificates() {
                assert!(found.len() <= 64);
            }
            let _ = card.pin_state(&name);
            for scheme in [Scheme::Ecdsa, Scheme::RsaPkcs1] {
                let request = SignRequest {
                    key: &name,
                    scheme,
                    hash: HashAlgorithm::Sha256,
                    digest: &digest,
                    last_try: LastTry::NotConfirmed,
                };
                let signed = card.sign(&request, Some(&pin()), &mut |_| false);
                assert!(signed.is_err(), "what does not verify is never handed out");
            }
            let _ = card.change_pin(&name, (&pin(), &pin()), LastTry::NotConfirmed);
            let unblock = Unblock::Token {
                puk: &pin(),
                new: &pin(),
            };
            let _ = card.unblock(&name, unblock);
            let _ = card.log_off();
            // What a card makes this program send is in proportion to what the card says.
            let most = 6_000 + bytes.len() / 4;
            assert!(
                token.commands < most,
                "{} commands for {} bytes",
                token.commands,
                bytes.len()
            );
        }
    }
}

/// Commands that every card is asked sooner or later.
const COMMANDS: [&str; 14] = [
    "00a4040009a0000003080000100000",
    "00cb3fff055c035fc10500",
    "00cb3fff035c017e00",
    "00f7008000",
    "0020008008313233343536ffff",
    "0087119a067c0482008100",
    "00a4040c0ca000000063504b43532d3135",
    "00a40800062f0000",
    "00a4080c0450155031",
    "00b0000000",
    "00b2010400",
    "002241b606800104840101",
    "80e400001c",
    "00a4080c063f00df014031",
];

/// An image that somebody wrote: it is refused, or it is a card that answers.
pub fn image(bytes: &[u8]) {
    if let Some(image) = TokenImage::parse(bytes) {
        let text = serde_json::to_vec(&image).unwrap();
        assert_eq!(
            TokenImage::parse(&text).as_ref(),
            Some(&image),
            "an image is what was written"
        );
        let mut card = TokenCard::new(image, TokenKeys::default());
        ask(|command| drop(card.exchange(command)));
    }
    if let Ok(image) = serde_json::from_slice::<CardImage>(bytes) {
        let mut card = VirtualCard::new(image, CardKeys::default());
        ask(|command| drop(card.exchange(command)));
    }
}

fn ask(mut exchange: impl FnMut(&[u8])) {
    for command in COMMANDS {
        exchange(&hex::decode(command).unwrap());
    }
}
