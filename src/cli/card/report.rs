//! What the card commands print. The JSON is stable: keys are added, never renamed.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::base::national::NationalNumber;
use crate::card::CardError;
use crate::card::eid::{DocumentType, File, Identity, LabourMarket, Organisation, RawFiles, Residence, Sex};
use crate::card::family::Family;
use crate::card::readers::{CardPresence, Event, ReaderStatus};
use crate::cli::console::{Console, Format};
use crate::crypto::key::KeyKind;
use crate::identity::card_data::{CardHolder, Element};
use crate::pki::certificate::Certificate;
use crate::pki::name::AttributeType;

pub(super) fn reader_line(reader: &ReaderStatus, family: Option<Family>) -> String {
    let state = match (&reader.card, reader.stuck) {
        (_, true) => "stuck on a card that does not answer",
        (CardPresence::Absent, _) => "no card",
        (CardPresence::Mute, _) => "a card that does not answer",
        (CardPresence::Present(_), _) => family.map_or("another card", Family::name),
    };
    format!("{}: {state}", reader.name)
}

pub(super) fn reader_json(reader: &ReaderStatus, family: Option<Family>) -> Value {
    let (card, atr) = match &reader.card {
        CardPresence::Absent => ("absent", None),
        CardPresence::Mute => ("mute", None),
        CardPresence::Present(atr) => (family.map_or("other", Family::word), Some(hex::encode(atr))),
    };
    json!({ "name": reader.name, "card": card, "atr": atr, "stuck": reader.stuck })
}

/// Tells what happened. The error: nobody reads it any more.
pub(super) fn tell(event: &Event, console: &mut Console) -> std::io::Result<()> {
    let (word, reader, detail) = match event {
        Event::CardInserted(reader, atr) => ("card_inserted", Some(reader), Some(hex::encode(atr))),
        Event::CardRemoved(reader) => ("card_removed", Some(reader), None),
        Event::ReaderAdded(reader) => ("reader_added", Some(reader), None),
        Event::ReaderFreed(reader) => ("reader_freed", Some(reader), None),
        Event::ReaderRemoved(reader) => ("reader_removed", Some(reader), None),
        Event::ReaderStuck(reader) => ("reader_stuck", Some(reader), None),
        Event::ServiceBack => ("service_back", None, None),
        Event::ServiceLost(error) => ("service_lost", None, Some(error.cause().to_owned())),
    };
    let line = match console.format() {
        Format::Json => json!({ "event": word, "reader": reader, "detail": detail }).to_string(),
        Format::Text => {
            let parts = [Some(word.replace('_', " ")), reader.cloned(), detail];
            parts.into_iter().flatten().collect::<Vec<_>>().join(": ")
        }
    };
    console.raw(format!("{line}\n").as_bytes())
}

/// Identity, address and verdicts for people.
pub(super) fn holder_text(holder: &CardHolder, with_number: bool) -> String {
    let identity = &holder.identity;
    let verdicts = &holder.verdicts;
    let mut text = String::new();
    let mut line = |label: &str, value: &str| {
        if !value.is_empty() {
            let _ = writeln!(text, "{label:<18}{value}");
        }
    };
    line("surname", &identity.surname);
    line(
        "given names",
        [identity.given_names.as_str(), identity.third_initial.as_str()]
            .join(" ")
            .trim_end(),
    );
    if with_number {
        line(
            "national number",
            identity
                .national_number
                .as_ref()
                .map_or("", NationalNumber::expose),
        );
    }
    line(
        "birth",
        &format!("{} {}", identity.birth_date, identity.birth_place),
    );
    line("sex", sex(identity.sex));
    line("nationality", &identity.nationality);
    line("noble condition", &identity.noble_condition);
    line(
        "document",
        identity.document_type.map_or("unknown", DocumentType::name),
    );
    line("card number", &identity.card_number);
    line("valid", &validity(identity));
    line("delivered by", &identity.delivered_by);
    if let Some(address) = &holder.address {
        line(
            "address",
            &format!(
                "{}, {} {}",
                address.street, address.postal_code, address.municipality
            ),
        );
    }
    text.push('\n');
    for (label, element) in elements(holder) {
        let _ = writeln!(text, "{label:<18}{}", element.word());
    }
    if let Some(refusal) = &verdicts.refusal {
        let _ = writeln!(text, "{:<18}{refusal} ({})", "", refusal.cause());
    }
    text
}

/// The same for programs.
pub(super) fn holder_json(holder: &CardHolder, with_number: bool) -> Value {
    let identity = &holder.identity;
    let verdicts = &holder.verdicts;
    let mut person = json!({
        "surname": identity.surname,
        "given_names": identity.given_names,
        "third_initial": identity.third_initial,
        "birth_date": identity.birth_date.to_string(),
        "birth_place": identity.birth_place,
        "sex": sex(identity.sex),
        "nationality": identity.nationality,
        "noble_condition": identity.noble_condition,
    });
    if with_number && let Some(object) = person.as_object_mut() {
        let number = identity.national_number.as_ref().map(NationalNumber::expose);
        object.insert("national_number".to_owned(), json!(number));
    }
    json!({
        "person": person,
        "card": {
            "number": identity.card_number,
            "document_type": identity.document_type.map(|kind| kind.0),
            "document": identity.document_type.map(DocumentType::name),
            "valid_from": identity.valid_from.map(|day| day.to_string()),
            "valid_until": identity.valid_until.map(|day| day.to_string()),
            "delivered_by": identity.delivered_by,
        },
        "address": holder.address.as_ref().map(|address| json!({
            "street": address.street,
            "postal_code": address.postal_code,
            "municipality": address.municipality,
        })),
        "residence": residence_json(&identity.residence()),
        "warnings": identity.warnings.iter().map(|warning| warning.code()).collect::<Vec<_>>(),
        "verdicts": elements(holder)
            .into_iter()
            .map(|(name, element)| (name.replace(' ', "_"), json!(element.word().replace(' ', "_"))))
            .collect::<serde_json::Map<_, _>>(),
        "proved": verdicts.identity_is_proved(),
        "refusal": verdicts.refusal.as_ref().map(crate::pki::refusal::Refusal::cause),
        "judged_at": verdicts.judged_at.map(|at| at.to_string()),
    })
}

/// What a foreigner's card says of the residence; `null` on other cards.
fn residence_json(residence: &Residence) -> Value {
    if *residence == Residence::default() {
        return Value::Null;
    }
    json!({
        "duplicates": residence.duplicates,
        "organisation": residence.organisation.map(|organisation| match organisation {
            Organisation::BlueCard => "blue_card",
            Organisation::Nato => "nato",
            Organisation::Researcher => "researcher",
            Organisation::Shape => "shape",
        }),
        "says_family_of_eu_citizen": residence.says_family_of_eu_citizen,
        "protection": residence.protection.as_ref().map(|protection| json!({
            "since": protection.since.to_string(),
            "country": protection.country,
        })),
        "labour_market": residence.labour_market.map(|mention| match mention {
            LabourMarket::Limited => "limited",
            LabourMarket::None => "none",
            LabourMarket::Seasonal => "seasonal",
            LabourMarket::Unlimited => "unlimited",
        }),
        "employers": residence.employers,
        "regional_file": residence.regional_file,
        "withdrawal_agreement": residence.withdrawal_agreement,
        "permanent_under_agreement": residence.permanent_under_agreement,
        "stay_mentions": residence.stay_mentions,
        "eu_since": residence.eu_since.map(|day| day.to_string()),
    })
}

fn elements(holder: &CardHolder) -> [(&'static str, Element); 7] {
    let verdicts = &holder.verdicts;
    [
        ("identity", verdicts.identity),
        ("address", verdicts.address),
        ("photo", verdicts.photo),
        ("basic key", verdicts.basic_key),
        ("chip", verdicts.chip),
        ("chip proof", verdicts.chip_proof),
        ("signer", verdicts.chain),
    ]
}

const fn sex(sex: Sex) -> &'static str {
    match sex {
        Sex::Female => "female",
        Sex::Male => "male",
        Sex::Unknown => "unknown",
    }
}

fn validity(identity: &Identity) -> String {
    let day = |day: Option<crate::base::time::Day>| day.map_or_else(|| "?".to_owned(), |day| day.to_string());
    format!("{} to {}", day(identity.valid_from), day(identity.valid_until))
}

/// A certificate of the card. The subject is left out: it names the holder and their number.
pub(super) struct Entry {
    pub(super) kind: String,
    pub(super) certificate: Certificate,
}

/// The certificates that are on the card.
pub(super) fn certificates(files: &RawFiles) -> Result<Vec<Entry>, CardError> {
    let kinds = [
        ("authentication", File::AuthenticationCertificate),
        ("signature", File::SignatureCertificate),
        ("issuing authority", File::CaCertificate),
        ("root", File::RootCertificate),
        ("national register", File::RrnCertificate),
    ];
    let present = kinds
        .into_iter()
        .filter_map(|(kind, file)| Some((kind, file, files.get(file)?)));
    present
        .map(|(kind, file, der)| match Certificate::parse(der) {
            Ok(certificate) => Ok(Entry {
                kind: kind.to_owned(),
                certificate,
            }),
            Err(_) => Err(CardError::Malformed {
                what: file.name(),
                at: 0,
            }),
        })
        .collect()
}

impl Entry {
    fn issuer(&self) -> String {
        self.certificate
            .issuer()
            .find(AttributeType::CommonName)
            .unwrap_or_default()
    }

    fn key(&self) -> String {
        match self.certificate.key_kind() {
            Some(KeyKind::Ec(curve)) => format!("EC {curve:?}"),
            Some(KeyKind::Rsa { bits }) => format!("RSA {bits}"),
            None => "unknown".to_owned(),
        }
    }

    pub(super) fn text(&self) -> String {
        let certificate = &self.certificate;
        format!(
            "{}\n  issuer       {}\n  valid        {} to {}\n  key          {}\n  fingerprint  {}",
            self.kind,
            self.issuer(),
            certificate.not_before().day(),
            certificate.not_after().day(),
            self.key(),
            certificate.fingerprint(),
        )
    }

    /// `with_pem`: the whole certificate too, and with it the holder's number.
    pub(super) fn json(&self, with_pem: bool) -> Value {
        let mut entry = json!({
            "kind": self.kind.replace(' ', "_"),
            "issuer": self.issuer(),
            "not_before": self.certificate.not_before().to_string(),
            "not_after": self.certificate.not_after().to_string(),
            "key": self.key(),
            "sha256": self.certificate.fingerprint().to_string(),
        });
        if with_pem && let Some(object) = entry.as_object_mut() {
            object.insert("pem".to_owned(), json!(self.pem()));
        }
        entry
    }

    pub(super) fn pem(&self) -> String {
        let body = STANDARD.encode(self.certificate.der());
        let mut text = String::from("-----BEGIN CERTIFICATE-----\n");
        for line in body.as_bytes().chunks(64) {
            text.push_str(&String::from_utf8_lossy(line));
            text.push('\n');
        }
        text.push_str("-----END CERTIFICATE-----\n");
        text
    }
}

/// The way out, where there is one.
pub(in crate::cli) const fn hint(error: &CardError) -> Option<&'static str> {
    Some(match error {
        CardError::NoService => "start the smart card service (pcscd), or reconnect the reader",
        CardError::AccessDenied => "ask the administrator for access to the smart card service",
        CardError::NoReader => "connect a card reader",
        CardError::CardMissing => "put an eID card in the reader, chip first",
        CardError::CardBusy => "close other programs that use the card",
        CardError::SeveralCards | CardError::ReaderUnknown(_) => {
            "name the reader with --reader; `zegel card readers` lists them"
        }
        CardError::CardMute | CardError::ReaderStuck => "take the card out and put it back",
        CardError::CardRemoved | CardError::OutcomeUnknown => "put the card back and begin again",
        CardError::CardNotActivated => "the municipality activates the card",
        CardError::PinBlocked => {
            "the municipality unblocks an eID card's PIN; up to applet 1.7 `zegel card pin unblock` does, with both PUKs; \
             a token's issuer has its PUK"
        }
        CardError::PukUnsupported | CardError::PukBlocked => {
            "the municipality gives an eID card's PIN back, the issuer a token's, or another card"
        }
        CardError::TouchMissing => "touch the token when it blinks",
        CardError::PinsDiffer => "begin again: nothing was changed",
        CardError::PinPad(_) => "type on the terminal instead, with --terminal",
        CardError::CardFailed(_) => "try once more; take the card out and put it back when it fails again",
        CardError::PinLastTry => "a wrong PIN blocks the card now; --last-try goes on all the same",
        CardError::PinProgram(_) => "check counter.pin_program, or use --terminal",
        CardError::PinWrong { left: 1 } => {
            "one try is left: --last-try goes on, and a wrong PIN then blocks the card"
        }
        CardError::Communication | CardError::ShortRead(_) => {
            "check that the chip is clean, and try another reader"
        }
        _ => return None,
    })
}
