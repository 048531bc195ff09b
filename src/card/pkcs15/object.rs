//! The objects a token lists: certificates, private keys, PINs.

use std::collections::BTreeSet;

use crate::asn1::read::{Asn1Error, Element, Reader};
use crate::asn1::write::tag;

use super::directory::{label, objects, small};
use super::path::Path;

/// Where the content of an object is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Right here.
    Inline(Vec<u8>),
    /// In a file.
    File(Path),
}

/// A certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateObject {
    /// What the issuer calls it.
    pub label: String,
    /// Equal to the identifier of its key.
    pub id: Vec<u8>,
    /// Whether it is of an authority.
    pub authority: bool,
    /// The certificate.
    pub value: Value,
}

/// A private key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyObject {
    /// What the issuer calls it.
    pub label: String,
    /// Equal to the identifier of its certificate.
    pub id: Vec<u8>,
    /// The PIN it wants.
    pub pin: Option<Vec<u8>>,
    /// Whether the PIN is wanted for every use.
    pub user_consent: bool,
    /// Whether it signs for authentication (usage `sign`).
    pub signs: bool,
    /// Whether it binds its holder (usage `nonRepudiation`).
    pub non_repudiation: bool,
    /// How MSE SET names it.
    pub reference: Option<u8>,
    /// The token's algorithms it is for; all when empty.
    pub algorithms: Vec<u64>,
    /// Its file, or the directory it is in.
    pub path: Option<Path>,
}

/// How a PIN is coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PinCoding {
    /// Two digits a byte.
    Bcd,
    /// ASCII digits.
    Ascii,
    /// UTF-8.
    Utf8,
    /// A digit a byte, upper nibble F.
    HalfNibble,
    /// ISO 9564-1 format 2: length and digits in eight bytes.
    Iso9564,
}

/// A PIN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PinObject {
    /// What the issuer calls it.
    pub label: String,
    /// The identifier by which keys refer to it.
    pub id: Vec<u8>,
    /// The identifier of the PIN that unblocks it, or changes it.
    pub guard: Option<Vec<u8>>,
    /// How it is coded.
    pub coding: PinCoding,
    /// Fewest characters.
    pub min: usize,
    /// Most characters.
    pub max: usize,
    /// Bytes it is filled up to.
    pub stored: usize,
    /// The byte it is filled with, when it is.
    pub padding: Option<u8>,
    /// P2 of VERIFY.
    pub reference: u8,
    /// What may be done with it.
    pub flags: BTreeSet<PinFlag>,
    /// The directory it belongs to.
    pub path: Option<Path>,
}

impl PinObject {
    /// Whether the card says so of it.
    pub fn has(&self, flag: PinFlag) -> bool {
        self.flags.contains(&flag)
    }
}

/// What a card says of a PIN, and this driver heeds. Source: ISO 7816-15 §8.9.2, PinFlags.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PinFlag {
    /// It may not be changed.
    ChangeDisabled,
    /// It belongs to a directory, which must be the current one.
    Local,
    /// It may not be unblocked.
    UnblockDisabled,
    /// It unblocks others.
    Unblocks,
}

impl PinFlag {
    /// All of them, with their bits.
    const BITS: [(usize, Self); 4] = [
        (1, Self::Local),
        (2, Self::ChangeDisabled),
        (3, Self::UnblockDisabled),
        (6, Self::Unblocks),
    ];
}

/// Most objects taken from one directory file.
const MAX_OBJECTS: usize = 64;
/// Longest identifier. Source: PKCS#15 v1.1 §6.1.8: at most 255; real ones are below 33.
const MAX_ID: usize = 64;
/// The longest PIN block: what a card can store is far less.
const MAX_STORED: u64 = 64;

/// Object attributes common to all: label, flags, PIN, consent.
struct Common {
    label: String,
    pin: Option<Vec<u8>>,
    user_consent: bool,
}

/// Reads a certificate directory. An object that is malformed is left out, and no other.
///
/// Source: ISO 7816-15 §8.6.
pub fn read_certificates(file: &[u8]) -> Vec<CertificateObject> {
    objects(file)
        .take(MAX_OBJECTS)
        .filter(|element| element.tag() == tag::SEQUENCE)
        .filter_map(|element| certificate(&element).ok())
        .collect()
}

fn certificate(element: &Element<'_>) -> Result<CertificateObject, Asn1Error> {
    let mut parts = element.inside()?;
    let common = common(&mut parts)?;
    let mut class = parts.sequence()?;
    let id = identifier(&class.any()?)?;
    let authority = class
        .optional(tag::BOOLEAN)?
        .map(|value| value.boolean())
        .transpose()?
        .unwrap_or(false);
    let mut kind = specific(&mut parts)?;
    let value = kind.any()?;
    let value = match value.tag() {
        tag::SEQUENCE => Value::File(Path::read(&mut value.inside()?)?),
        0xA0 => Value::Inline(value.content().to_vec()),
        _ => return Err(Asn1Error::Content(value.offset())),
    };
    Ok(CertificateObject {
        label: common.label,
        id,
        authority,
        value,
    })
}

/// Reads a private-key directory: RSA and EC keys. An object that is malformed is left out, and no other.
///
/// Source: ISO 7816-15 §8.4.
pub fn read_keys(file: &[u8]) -> Vec<KeyObject> {
    objects(file)
        .take(MAX_OBJECTS)
        .filter(|element| matches!(element.tag(), tag::SEQUENCE | 0xA0))
        .filter_map(|element| key(&element).ok())
        .collect()
}

fn key(element: &Element<'_>) -> Result<KeyObject, Asn1Error> {
    let mut parts = element.inside()?;
    let common = common(&mut parts)?;
    let mut class = parts.sequence()?;
    let id = identifier(&class.any()?)?;
    let usage = class.expect(tag::BIT_STRING)?;
    let (signs, non_repudiation) = (usage.named_bit(2)? || usage.named_bit(3)?, usage.named_bit(9)?);
    let (mut reference, mut algorithms) = (None, Vec::new());
    while let Some(part) = class.next()? {
        match part.tag() {
            tag::INTEGER => reference = small(&part),
            0xA1 => {
                let mut numbers = part.inside()?;
                while let Some(number) = numbers.next()? {
                    algorithms.push(number.unsigned()?);
                }
            }
            _ => {}
        }
    }
    // What kinds of keys have in common before their own attributes.
    parts.optional(tag::context_constructed(0))?;
    let mut kind = specific(&mut parts)?;
    let path = match kind.next()? {
        Some(value) if value.tag() == tag::SEQUENCE => Some(Path::read(&mut value.inside()?)?),
        _ => None,
    };
    Ok(KeyObject {
        label: common.label,
        id,
        pin: common.pin,
        user_consent: common.user_consent,
        signs,
        non_repudiation,
        reference,
        algorithms,
        path,
    })
}

/// Reads an authentication directory: PINs. An object that is malformed is left out, and no other.
///
/// Source: ISO 7816-15 §8.9.
pub fn read_pins(file: &[u8]) -> Vec<PinObject> {
    objects(file)
        .take(MAX_OBJECTS)
        .filter(|element| element.tag() == tag::SEQUENCE)
        .filter_map(|element| pin(&element).ok())
        .collect()
}

fn pin(element: &Element<'_>) -> Result<PinObject, Asn1Error> {
    let mut parts = element.inside()?;
    let common = common(&mut parts)?;
    let id = identifier(&parts.sequence()?.any()?)?;
    let mut kind = specific(&mut parts)?;
    let flags = kind.expect(tag::BIT_STRING)?;
    let coding = kind.expect(tag::ENUMERATED)?;
    let coding = match coding.unsigned()? {
        0 => PinCoding::Bcd,
        1 => PinCoding::Ascii,
        2 => PinCoding::Utf8,
        3 => PinCoding::HalfNibble,
        4 => PinCoding::Iso9564,
        _ => return Err(Asn1Error::Content(coding.offset())),
    };
    let min = length(&kind.any()?)?;
    let stored = length(&kind.any()?)?;
    let max = kind
        .optional(tag::INTEGER)?
        .map(|value| length(&value))
        .transpose()?;
    let reference = kind.optional(tag::context(0))?.and_then(|value| small(&value));
    let padding = kind
        .optional(tag::OCTET_STRING)?
        .and_then(|value| value.content().first().copied());
    let mut path = None;
    while let Some(part) = kind.next()? {
        if part.tag() == tag::SEQUENCE {
            path = Some(Path::read(&mut part.inside()?)?);
        }
    }
    let mut known = BTreeSet::new();
    for (bit, flag) in PinFlag::BITS {
        if flags.named_bit(bit)? {
            known.insert(flag);
        }
    }
    Ok(PinObject {
        label: common.label,
        id,
        guard: common.pin,
        coding,
        min,
        max: max.unwrap_or(match coding {
            PinCoding::Bcd => stored.saturating_mul(2),
            PinCoding::Iso9564 => 12,
            PinCoding::Ascii | PinCoding::Utf8 | PinCoding::HalfNibble => stored,
        }),
        stored,
        padding: padding.filter(|_| flags.named_bit(5).unwrap_or(false)),
        reference: reference.unwrap_or(0),
        flags: known,
        path,
    })
}

fn common(parts: &mut Reader<'_>) -> Result<Common, Asn1Error> {
    let mut attributes = parts.sequence()?;
    let mut common = Common {
        label: String::new(),
        pin: None,
        user_consent: false,
    };
    while let Some(part) = attributes.next()? {
        match part.tag() {
            tag::UTF8_STRING => common.label = label(part.content()),
            tag::OCTET_STRING => common.pin = Some(identifier(&part)?),
            tag::INTEGER => common.user_consent = part.unsigned()? >= 1,
            _ => {}
        }
    }
    Ok(common)
}

/// The attributes of the object's own type: `[1] { SEQUENCE { … } }`.
fn specific<'a>(parts: &mut Reader<'a>) -> Result<Reader<'a>, Asn1Error> {
    while let Some(part) = parts.next()? {
        if part.tag() == tag::context_constructed(1) {
            return part.inside()?.sequence();
        }
    }
    Err(Asn1Error::Truncated(parts.offset()))
}

fn identifier(element: &Element<'_>) -> Result<Vec<u8>, Asn1Error> {
    let octets = element.octets()?;
    if octets.is_empty() || octets.len() > MAX_ID {
        return Err(Asn1Error::Content(element.offset()));
    }
    Ok(octets.into_owned())
}

fn length(element: &Element<'_>) -> Result<usize, Asn1Error> {
    let value = element.unsigned()?;
    usize::try_from(value)
        .ok()
        .filter(|_| value <= MAX_STORED)
        .ok_or(Asn1Error::Content(element.offset()))
}
