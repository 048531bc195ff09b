//! What the card commands say of an organisation's token.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Value, json};

use super::report::Entry;
use crate::card::CardError;
use crate::card::eid::{PinState, is_likely_belgian};
use crate::card::family::{self, Card, CardCertificate, Family};
use crate::card::piv::{Chuid, SecretState, YubiKey};
use crate::card::readers::{CardPresence, ReaderStatus, Readers};
use crate::card::transport::Connection;
use crate::pki::certificate::Certificate;

/// How long a card may take to say what it is.
const RECOGNITION: Duration = Duration::from_secs(5);

/// Which family the card in each reader is of; `None` for an empty reader and for a card of none. A Belgian card is
/// known by its answer to reset, and nothing is sent to it.
pub(super) fn families(readers: &Readers, found: &[ReaderStatus]) -> Vec<Option<Family>> {
    let asked: Vec<_> = found
        .iter()
        .map(|reader| match &reader.card {
            CardPresence::Present(atr) if is_likely_belgian(atr) => Err(Some(Family::Belpic)),
            CardPresence::Present(_) if !reader.stuck => {
                Ok(readers.submit(&reader.name, RECOGNITION, |connection| {
                    family::recognise(connection)
                }))
            }
            _ => Err(None),
        })
        .collect();
    asked
        .into_iter()
        .map(|asked| match asked {
            Ok(ticket) => ticket.wait().ok(),
            Err(known) => known,
        })
        .collect()
}

/// A token's word on itself.
pub(super) struct Report {
    family: Family,
    label: Option<String>,
    serial: Option<String>,
    chuid: Option<Chuid>,
    yubikey: Option<YubiKey>,
    /// What is known of the PIN of the first key.
    pin: PinState,
    certificates: Vec<CardCertificate>,
}

/// Reads what a token says of itself.
pub(super) fn read(family: Family, connection: &mut dyn Connection) -> Result<Report, CardError> {
    let mut card = Card::of(family, connection);
    let certificates = card.certificates()?;
    let pin = match certificates.first() {
        Some(first) => card.pin_state(&first.key)?,
        None => PinState::Unknown,
    };
    let mut report = Report {
        family,
        label: None,
        serial: None,
        chuid: None,
        yubikey: None,
        pin,
        certificates,
    };
    match &mut card {
        Card::Belpic(_) => {}
        Card::Piv(piv) => {
            let token = piv.token()?;
            report.label = token.label;
            report.serial = token.chuid.as_ref().and_then(|chuid| chuid.guid).map(hex::encode);
            report.chuid = token.chuid;
            report.yubikey = token.yubikey;
        }
        Card::Pkcs15(card) => {
            let token = &card.contents()?.token;
            report.label.clone_from(&token.label);
            report.serial = (!token.serial.is_empty()).then(|| hex::encode(&token.serial));
        }
    }
    Ok(report)
}

/// The certificates of a token, by the names of their keys.
pub(super) fn certificates(family: Family, connection: &mut dyn Connection) -> Result<Vec<Entry>, CardError> {
    let found = Card::of(family, connection).certificates()?;
    found
        .into_iter()
        .map(|one| {
            let kind = format!("{} {}", one.key, one.purpose.word());
            let certificate = Certificate::parse(one.der?).map_err(|_| CardError::Malformed {
                what: "certificate",
                at: 0,
            })?;
            Ok(Entry { kind, certificate })
        })
        .collect()
}

impl Report {
    /// For people.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        let mut line = |label: &str, value: &str| {
            let _ = writeln!(text, "{label:<18}{value}");
        };
        line("card", self.family.name());
        if let Some(label) = &self.label {
            line("label", label);
        }
        if let Some(serial) = &self.serial {
            line("serial", serial);
        }
        if let Some(day) = self.chuid.as_ref().and_then(|chuid| chuid.expires) {
            line("valid until", &day.to_string());
        }
        if let Some(yubikey) = &self.yubikey {
            let [major, minor, patch] = yubikey.version;
            let number = yubikey
                .serial
                .map_or_else(String::new, |serial| format!(", number {serial}"));
            line("YubiKey", &format!("{major}.{minor}.{patch}{number}"));
        }
        line("PIN", &tries(self.pin.tries_left()));
        for (name, state) in self.known_secrets() {
            if state.is_default {
                line(name, "still the one from the factory: change it");
            }
        }
        for one in &self.certificates {
            let state = match &one.der {
                Ok(_) => one.purpose.word().to_owned(),
                Err(error) => error.to_string(),
            };
            line(&format!("key {}", one.key), &state);
        }
        text
    }

    /// For programs.
    pub(super) fn json(&self) -> Value {
        let [pin, puk] = ["PIN", "PUK"].map(|wanted| {
            let found = self.known_secrets().find(|(name, _)| *name == wanted);
            found.map(|(_, state)| json!({ "is_default": state.is_default, "tries_left": state.left }))
        });
        json!({
            "family": self.family.word(),
            "label": self.label,
            "serial": self.serial,
            "expires": self.chuid.as_ref().and_then(|chuid| chuid.expires).map(|day| day.to_string()),
            "yubikey": self.yubikey.as_ref().map(|yubikey| json!({
                "version": yubikey.version.map(|part| part.to_string()).join("."),
                "serial": yubikey.serial,
                "pin": pin,
                "puk": puk,
            })),
            "pin_tries_left": self.pin.tries_left(),
            "keys": self.certificates.iter().map(|one| json!({
                "key": one.key.as_str(),
                "purpose": one.purpose.word(),
                "problem": one.der.as_ref().err().map(CardError::cause),
            })).collect::<Vec<_>>(),
        })
    }

    fn known_secrets(&self) -> impl Iterator<Item = (&'static str, SecretState)> {
        let yubikey = self.yubikey.as_ref();
        [
            ("PIN", yubikey.and_then(|yubikey| yubikey.pin)),
            ("PUK", yubikey.and_then(|yubikey| yubikey.puk)),
        ]
        .into_iter()
        .filter_map(|(name, state)| Some((name, state?)))
    }
}

fn tries(left: Option<u8>) -> String {
    match left {
        None => "tries not told".to_owned(),
        Some(0) => "blocked".to_owned(),
        Some(1) => "one try left".to_owned(),
        Some(left) => format!("{left} tries left"),
    }
}
