//! What a YubiKey says beyond the standard: version, serial number, and the state of PIN, PUK and keys.

use crate::card::apdu::{Command, Le};
use crate::card::ber;
use crate::card::operation::{Operation, Stop};

/// A YubiKey's own account of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct YubiKey {
    /// Firmware: major, minor, patch.
    pub version: [u8; 3],
    /// The number printed on it, from firmware 5.0 on.
    pub serial: Option<u32>,
    /// The PIN, from firmware 5.3 on.
    pub pin: Option<SecretState>,
    /// The PUK, from firmware 5.3 on.
    pub puk: Option<SecretState>,
}

/// What the token says of a PIN or PUK.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecretState {
    /// Whether it is still the one from the factory, which everybody knows.
    pub is_default: bool,
    /// Tries of a fresh one.
    pub total: u8,
    /// Tries left.
    pub left: u8,
}

/// Whether a key wants to be touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Touch {
    /// Before each use.
    Always,
    /// Before a use, and then for fifteen seconds.
    Cached,
    /// Never.
    Never,
}

/// Firmware with a serial number to ask for, and with metadata.
const WITH_SERIAL: [u8; 3] = [5, 0, 0];
const WITH_METADATA: [u8; 3] = [5, 3, 0];

/// Whether the answer to reset is of a YubiKey. A hint: its own commands mean nothing to other cards.
pub(super) fn is_likely_yubikey(atr: &[u8]) -> bool {
    // The historical bytes of all of them, by contact and without.
    atr.windows(6).any(|part| part.eq_ignore_ascii_case(b"yubike"))
}

impl Operation<'_> {
    /// `None` when the token is none, or does not say its version.
    ///
    /// Source: Yubico, PIV extensions: INS `FD`, `F8`, `F7`; reference §19.1.
    pub(super) fn yubikey(&mut self, pin_reference: u8) -> Result<Option<YubiKey>, Stop> {
        if !is_likely_yubikey(&self.atr()) {
            return Ok(None);
        }
        let version = self.ask("GET VERSION", [0x00, 0xFD, 0x00, 0x00])?;
        let Some(version) = version.and_then(|bytes| <[u8; 3]>::try_from(bytes).ok()) else {
            return Ok(None);
        };
        let mut found = YubiKey {
            version,
            serial: None,
            pin: None,
            puk: None,
        };
        if version >= WITH_SERIAL {
            let serial = self.ask("GET SERIAL", [0x00, 0xF8, 0x00, 0x00])?;
            found.serial = serial
                .and_then(|bytes| <[u8; 4]>::try_from(bytes).ok())
                .map(u32::from_be_bytes);
        }
        if version >= WITH_METADATA {
            found.pin = self.secret_state(pin_reference)?;
            found.puk = self.secret_state(super::pin::PUK)?;
        }
        Ok(Some(found))
    }

    /// Whether this key wants to be touched; `None` when the token does not say.
    pub(super) fn touch(&mut self, reference: u8) -> Result<Option<Touch>, Stop> {
        let Some(metadata) = self.metadata(reference)? else {
            return Ok(None);
        };
        Ok(match ber::find(&metadata, 0x02) {
            Ok(Some([_, 0x02, ..])) => Some(Touch::Always),
            Ok(Some([_, 0x03, ..])) => Some(Touch::Cached),
            Ok(Some([_, 0x00 | 0x01, ..])) => Some(Touch::Never),
            _ => None,
        })
    }

    fn secret_state(&mut self, reference: u8) -> Result<Option<SecretState>, Stop> {
        let Some(metadata) = self.metadata(reference)? else {
            return Ok(None);
        };
        let field = |tag| ber::find(&metadata, tag).ok().flatten();
        let Some([total, left]) = field(0x06) else {
            return Ok(None);
        };
        Ok(Some(SecretState {
            is_default: field(0x05).is_some_and(|value| value.first() == Some(&1)),
            total: *total,
            left: *left,
        }))
    }

    fn metadata(&mut self, reference: u8) -> Result<Option<Vec<u8>>, Stop> {
        self.ask("GET METADATA", [0x00, 0xF7, 0x00, reference])
    }

    fn ask(&mut self, name: &'static str, header: [u8; 4]) -> Result<Option<Vec<u8>>, Stop> {
        let response = self.exchange(&Command::new(name, header).with_expected(Le::MAX))?;
        Ok(response.status().is_ok().then(|| response.into_data()))
    }
}
