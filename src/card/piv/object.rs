//! The data objects of the application: certificates, the holder's identifier, the rules for PINs.

use std::fmt;
use std::io::Read as _;

use crate::base::time::Day;
use crate::card::ber;
use crate::card::error::CardError;
use crate::card::tlv;

/// A key slot with its certificate.
///
/// Source: SP 800-73-4 part 1, tables 4b and 3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Slot {
    /// 9A: proves the holder's presence, PIN once.
    Authentication,
    /// 9C: signs, PIN immediately before each use.
    Signature,
    /// 9D: key management, PIN once.
    KeyManagement,
    /// 9E: proves the card's presence, no PIN.
    CardAuthentication,
}

impl Slot {
    /// All of them, in the order of their references.
    pub const ALL: [Self; 4] = [
        Self::Authentication,
        Self::Signature,
        Self::KeyManagement,
        Self::CardAuthentication,
    ];

    /// The key reference.
    pub const fn reference(self) -> u8 {
        match self {
            Self::Authentication => 0x9A,
            Self::Signature => 0x9C,
            Self::KeyManagement => 0x9D,
            Self::CardAuthentication => 0x9E,
        }
    }

    /// The reference in two hex digits: the key's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Authentication => "9A",
            Self::Signature => "9C",
            Self::KeyManagement => "9D",
            Self::CardAuthentication => "9E",
        }
    }

    /// Whether the key works only after a PIN.
    pub const fn wants_pin(self) -> bool {
        !matches!(self, Self::CardAuthentication)
    }

    /// The tag of the certificate's object.
    pub(super) const fn object(self) -> Object {
        Object {
            name: match self {
                Self::Authentication => "certificate 9A",
                Self::Signature => "certificate 9C",
                Self::KeyManagement => "certificate 9D",
                Self::CardAuthentication => "certificate 9E",
            },
            tag: match self {
                Self::Authentication => &[0x5F, 0xC1, 0x05],
                Self::Signature => &[0x5F, 0xC1, 0x0A],
                Self::KeyManagement => &[0x5F, 0xC1, 0x0B],
                Self::CardAuthentication => &[0x5F, 0xC1, 0x01],
            },
        }
    }
}

/// A data object: its tag in GET DATA, and what errors call it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Object {
    pub(super) name: &'static str,
    pub(super) tag: &'static [u8],
}

/// Cardholder unique identifier.
pub(super) const CHUID: Object = Object {
    name: "CHUID",
    tag: &[0x5F, 0xC1, 0x02],
};

/// Discovery object.
pub(super) const DISCOVERY: Object = Object {
    name: "discovery object",
    tag: &[0x7E],
};

/// The largest certificate that a compressed object may hold, bytes.
const LARGEST_CERTIFICATE: u64 = 16 * 1024;

/// The certificate in an object as GET DATA gives it, DER; `None` when the object is empty.
///
/// A compressed one is unpacked up to 16 kB: what unpacks to more is no certificate.
///
/// # Errors
/// `Malformed`.
///
/// Source: SP 800-73-4 part 1, tables 10 and 39.
pub fn read_certificate(object: &[u8]) -> Result<Option<Vec<u8>>, CardError> {
    let name = "certificate";
    let Some(content) = content_of(object, 0x53, name)? else {
        return Ok(None);
    };
    let Some(body) = field(content, 0x70, name)?.filter(|body| !body.is_empty()) else {
        return Ok(None);
    };
    let information = field(content, 0x71, name)?.and_then(|value| value.first().copied());
    let der = match information {
        // Bit 1 of CertInfo; the object says no more about the form than this.
        Some(information) if information & 0x01 != 0 => unpacked(body)?,
        _ => body.to_vec(),
    };
    let certificate = tlv::der_trimmed(&der);
    if tlv::der_total(certificate) != Some(certificate.len()) {
        return Err(malformed(name, 0));
    }
    Ok(Some(certificate.to_vec()))
}

/// Unpacks gzip, or the bare zlib form that some issuers' software writes.
fn unpacked(packed: &[u8]) -> Result<Vec<u8>, CardError> {
    let limit = LARGEST_CERTIFICATE.saturating_add(1);
    let mut der = Vec::new();
    let read = if packed.starts_with(&[0x1F, 0x8B]) {
        flate2::read::GzDecoder::new(packed)
            .take(limit)
            .read_to_end(&mut der)
    } else {
        flate2::read::ZlibDecoder::new(packed)
            .take(limit)
            .read_to_end(&mut der)
    };
    match read.map(u64::try_from) {
        Ok(Ok(length)) if length <= LARGEST_CERTIFICATE => Ok(der),
        _ => Err(malformed("compressed certificate", der.len())),
    }
}

/// The holder's identifier. It names a person's card: `Debug` shows the expiry only.
#[derive(Clone, PartialEq, Eq)]
pub struct Chuid {
    /// Federal agency smart credential number, 25 bytes of packed digits; `None` when the issuer uses none.
    pub fasc_n: Option<[u8; 25]>,
    /// Card UUID.
    pub guid: Option<[u8; 16]>,
    /// Last day of the card.
    pub expires: Option<Day>,
}

impl fmt::Debug for Chuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Chuid(expires {:?})", self.expires)
    }
}

impl Chuid {
    /// The digits of the FASC-N: agency, system, credential number and so on, as one string; `None` when the parity of
    /// a character is wrong.
    ///
    /// Source: TIG SCEPACS 2.3 §6.1: forty characters of four bits and odd parity, least significant bit first.
    pub fn fasc_n_digits(&self) -> Option<String> {
        let bytes = self.fasc_n?;
        let bit = |number: usize| {
            bytes
                .get(number / 8)
                .is_some_and(|byte| byte & (0x80 >> (number % 8)) != 0)
        };
        let mut digits = String::new();
        for character in 0..40_usize {
            let first = character.saturating_mul(5);
            let (mut value, mut ones) = (0_u32, 0_u32);
            for place in 0..5 {
                if bit(first.saturating_add(place)) {
                    ones = ones.saturating_add(1);
                    if place < 4 {
                        value |= 1 << place;
                    }
                }
            }
            if ones % 2 == 0 {
                return None;
            }
            // Start, field and end marks are above nine.
            if let Some(digit) = char::from_digit(value, 10) {
                digits.push(digit);
            }
        }
        Some(digits)
    }
}

/// The holder's identifier in an object as GET DATA gives it; `None` when the object is empty.
///
/// # Errors
/// `Malformed` when a field has another length than the standard says.
///
/// Source: SP 800-73-4 part 1, table 9.
pub fn read_chuid(object: &[u8]) -> Result<Option<Chuid>, CardError> {
    let Some(content) = content_of(object, 0x53, CHUID.name)? else {
        return Ok(None);
    };
    let fields = ber::parse(content).map_err(|error| malformed(CHUID.name, error.at))?;
    let mut chuid = Chuid {
        fasc_n: None,
        guid: None,
        expires: None,
    };
    for field in fields {
        let wrong = malformed(CHUID.name, usize::try_from(field.tag).unwrap_or(0));
        match field.tag {
            0x30 if !field.value.is_empty() => {
                chuid.fasc_n = Some(field.value.try_into().map_err(|_| wrong)?);
            }
            0x34 if !field.value.is_empty() => {
                chuid.guid = Some(field.value.try_into().map_err(|_| wrong)?);
            }
            0x35 if !field.value.is_empty() => chuid.expires = Some(day(field.value).ok_or(wrong)?),
            _ => {}
        }
    }
    Ok(Some(chuid))
}

/// `YYYYMMDD`.
fn day(text: &[u8]) -> Option<Day> {
    let text = std::str::from_utf8(text)
        .ok()
        .filter(|text| text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit()))?;
    Day::new(
        text.get(..4)?.parse().ok()?,
        text.get(4..6)?.parse().ok()?,
        text.get(6..)?.parse().ok()?,
    )
}

/// Which PIN the card wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PinPolicy {
    /// The application's own, reference 80. Also when the card does not say.
    #[default]
    Application,
    /// The card's global one, reference 00.
    Global,
}

impl PinPolicy {
    /// The reference in VERIFY and its kin.
    pub(super) const fn reference(self) -> u8 {
        match self {
            Self::Application => 0x80,
            Self::Global => 0x00,
        }
    }
}

/// The PIN policy in a discovery object as GET DATA gives it.
///
/// Cards exist whose object is useless; then, and without one, the application's own PIN is meant, which every card has.
///
/// Source: SP 800-73-4 part 1, §3.3.2.
pub fn read_pin_policy(object: &[u8]) -> PinPolicy {
    let policy = ber::find(object, 0x7E)
        .ok()
        .flatten()
        .and_then(|content| ber::find(content, 0x5F2F).ok().flatten());
    match policy {
        Some([enabled, 0x20, ..]) if enabled & 0x20 != 0 => PinPolicy::Global,
        _ => PinPolicy::Application,
    }
}

/// What stands inside the outer TLV with this tag; `None` when it is empty.
fn content_of<'o>(object: &'o [u8], tag: u32, name: &'static str) -> Result<Option<&'o [u8]>, CardError> {
    if object.is_empty() {
        return Ok(None);
    }
    match ber::one(object) {
        Some((tlv, _)) if tlv.tag == tag => Ok(Some(tlv.value).filter(|value| !value.is_empty())),
        _ => Err(malformed(name, 0)),
    }
}

fn field<'o>(content: &'o [u8], tag: u32, name: &'static str) -> Result<Option<&'o [u8]>, CardError> {
    ber::find(content, tag).map_err(|error| malformed(name, error.at))
}

const fn malformed(what: &'static str, at: usize) -> CardError {
    CardError::Malformed { what, at }
}
