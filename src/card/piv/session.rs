//! The application's commands inside one transaction.

use crate::card::apdu::{Command, Le, Response, StatusWord};
use crate::card::ber;
use crate::card::error::CardError;
use crate::card::operation::{Operation, Stop};

use super::object::{CHUID, DISCOVERY, Object, PinPolicy, read_pin_policy};
use super::yubikey::is_likely_yubikey;

/// The application's identifier without its version. Source: SP 800-73-4 part 1, §2.2.
const APPLICATION: [u8; 9] = [0xA0, 0x00, 0x00, 0x03, 0x08, 0x00, 0x00, 0x10, 0x00];

/// What the application says of itself when it is selected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Application {
    /// What its maker calls it.
    pub(super) label: Option<String>,
}

impl Operation<'_> {
    /// Selects the application: the proof that this is a PIV token.
    ///
    /// The identifier in the answer is not compared: cards exist that answer another one. A card that says yes to any
    /// identifier and shows no template must know an object of the application.
    ///
    /// # Errors
    /// `CardUnsupported`.
    pub(super) fn select_piv(&mut self) -> Result<Application, Stop> {
        let command = Command::new("SELECT PIV", [0x00, 0xA4, 0x04, 0x00])
            .with_data(APPLICATION)
            .with_expected(Le::MAX);
        let response = self.exchange(&command)?;
        if !response.status().is_ok() {
            return Err(CardError::CardUnsupported.into());
        }
        let template = ber::find(response.data(), 0x61).ok().flatten();
        let Some(template) = template.filter(|template| !template.is_empty()) else {
            for object in [DISCOVERY, CHUID] {
                match self.get_data(object) {
                    Ok(Some(_)) => return Ok(Application::default()),
                    Ok(None) | Err(Stop::Card(_)) => {}
                    Err(stop) => return Err(stop),
                }
            }
            return Err(CardError::CardUnsupported.into());
        };
        let label = ber::find(template, 0x50).ok().flatten();
        Ok(Application {
            label: label
                .and_then(|label| std::str::from_utf8(label).ok())
                .map(|label| {
                    label
                        .chars()
                        .filter(|letter| !letter.is_control())
                        .take(64)
                        .collect()
                }),
        })
    }

    /// The object as the card gives it, its outer TLV included; `None` when the card has none.
    pub(super) fn get_data(&mut self, object: Object) -> Result<Option<Vec<u8>>, Stop> {
        let tag = object.tag;
        let length = u8::try_from(tag.len()).unwrap_or(0);
        let command = Command::new("GET DATA", [0x00, 0xCB, 0x3F, 0xFF])
            .with_data([&[0x5C, length], tag].concat())
            .with_expected(Le::MAX);
        let response = self.exchange(&command)?;
        match response.status() {
            StatusWord::OK => Ok(Some(response.into_data())),
            // Absent; some cards have no place for it at all, or show it to nobody.
            StatusWord::NOT_FOUND
            | StatusWord::REFERENCE_NOT_FOUND
            | StatusWord::WRONG_DATA
            | StatusWord::WRONG_PARAMETERS
            | StatusWord::SECURITY_STATUS
            | StatusWord(0x6A81) => Ok(None),
            status => Err(CardError::Status {
                command: "GET DATA",
                status,
            }
            .into()),
        }
    }

    /// Which PIN the card wants.
    pub(super) fn pin_policy(&mut self) -> Result<PinPolicy, Stop> {
        let object = self.get_data(DISCOVERY)?;
        Ok(object.as_deref().map(read_pin_policy).unwrap_or_default())
    }

    /// GENERAL AUTHENTICATE: the response to `input` by the key.
    pub(super) fn general_authenticate(
        &mut self,
        algorithm: u8,
        reference: u8,
        input: &[u8],
    ) -> Result<Response, Stop> {
        use crate::asn1::write::element;
        // An empty response (82) asks for one; the challenge (81) is what is signed.
        let template = element(0x7C, &[element(0x82, &[]), element(0x81, input)].concat());
        // A YubiKey answers this one when it was touched, and gives up by itself after fifteen seconds.
        self.waits_for_person = is_likely_yubikey(&self.atr());
        let response = self.exchange_chained(
            "GENERAL AUTHENTICATE",
            [0x00, 0x87, algorithm, reference],
            &template,
        );
        self.waits_for_person = false;
        response
    }
}
