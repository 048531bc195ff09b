//! What the application says first: where its directories are, and what the token is.

use crate::asn1::read::{Asn1Error, Element, Reader, Rules, single};
use crate::asn1::write::tag;
use crate::card::ber;
use crate::card::error::CardError;

use super::path::Path;

/// What kind of objects a directory file lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ObjectKind {
    /// PINs.
    Authentication,
    /// Certificates of the holder.
    Certificates,
    /// Private keys.
    PrivateKeys,
    /// Certificates of authorities, trusted or useful.
    OtherCertificates,
}

/// An entry of the object directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What it lists.
    pub kind: ObjectKind,
    /// Where.
    pub place: Place,
}

/// Where a list of objects is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In a file.
    File(Path),
    /// Right here.
    Here(Vec<u8>),
}

/// Most entries taken from the object directory. Real ones have fewer than ten.
const MAX_ENTRIES: usize = 32;

/// Reads EF(ODF). Entries of kinds that no driver needs, and entries that are malformed, are left out.
///
/// Source: ISO 7816-15 §8.3.
pub fn read_odf(file: &[u8]) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for element in objects(file) {
        let kind = match element.tag() {
            0xA0 => ObjectKind::PrivateKeys,
            0xA4 => ObjectKind::Certificates,
            0xA5 | 0xA6 => ObjectKind::OtherCertificates,
            0xA8 => ObjectKind::Authentication,
            _ => continue,
        };
        let Ok(Some(place)) = place(&element) else {
            continue;
        };
        let entry = Entry { kind, place };
        // The same file twice would list the same objects twice.
        if entries.len() < MAX_ENTRIES && !entries.contains(&entry) {
            entries.push(entry);
        }
    }
    entries
}

fn place(element: &Element<'_>) -> Result<Option<Place>, Asn1Error> {
    let choice = element.inside()?.any()?;
    Ok(match choice.tag() {
        tag::SEQUENCE => Some(Place::File(Path::read(&mut choice.inside()?)?)),
        0xA0 => Some(Place::Here(choice.content().to_vec())),
        // Protected by means this driver does not have.
        _ => None,
    })
}

/// The elements of a directory file, one after the other. `00` and `FF` are padding: what follows them is unused.
pub(super) fn objects(file: &[u8]) -> impl Iterator<Item = Element<'_>> {
    let mut reader = Reader::new(file, Rules::Ber);
    std::iter::from_fn(move || {
        if matches!(reader.peek_tag(), None | Some(0x00 | 0xFF)) {
            return None;
        }
        reader.any().ok()
    })
}

/// What EF(TokenInfo) says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TokenInfo {
    /// Serial number of the token.
    pub serial: Vec<u8>,
    /// Who made it.
    pub manufacturer: Option<String>,
    /// What it is called.
    pub label: Option<String>,
    /// The algorithms it says it has.
    pub algorithms: Vec<AlgorithmInfo>,
}

/// An algorithm as the token offers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlgorithmInfo {
    /// The number by which keys refer to it.
    pub reference: u64,
    /// The mechanism, numbered as in PKCS#11.
    pub mechanism: u64,
    /// The byte of MSE SET; absent when the token needs none, or does not say.
    pub card_reference: Option<u8>,
}

/// Most algorithms taken from a token.
const MAX_ALGORITHMS: usize = 64;

/// Reads EF(TokenInfo).
///
/// # Errors
/// `Malformed`: without it, it is no such application.
///
/// Source: ISO 7816-15 §8.10.
pub fn read_token_info(file: &[u8]) -> Result<TokenInfo, CardError> {
    token_info(file).map_err(|_| CardError::Malformed {
        what: "TokenInfo",
        at: 0,
    })
}

fn token_info(file: &[u8]) -> Result<TokenInfo, Asn1Error> {
    let length = crate::asn1::read::der_length(file).unwrap_or(file.len());
    let mut parts = single(file.get(..length).unwrap_or(file), Rules::Ber)?.inside()?;
    parts.expect(tag::INTEGER)?;
    let mut info = TokenInfo {
        serial: parts.expect(tag::OCTET_STRING)?.content().to_vec(),
        ..TokenInfo::default()
    };
    while let Some(part) = parts.next()? {
        match part.tag() {
            tag::UTF8_STRING => info.manufacturer = Some(label(part.content())),
            0x80 => info.label = Some(label(part.content())),
            0xA2 => {
                let mut algorithms = part.inside()?;
                while let Some(one) = algorithms.next()? {
                    if info.algorithms.len() < MAX_ALGORITHMS
                        && let Ok(algorithm) = algorithm(&one)
                    {
                        info.algorithms.push(algorithm);
                    }
                }
            }
            _ => {}
        }
    }
    Ok(info)
}

/// `SEQUENCE { reference, algorithm, parameters, supportedOperations, objId OPTIONAL, algRef OPTIONAL }`.
fn algorithm(element: &Element<'_>) -> Result<AlgorithmInfo, Asn1Error> {
    let mut parts = element.inside()?;
    let reference = parts.any()?.unsigned()?;
    let mechanism = parts.any()?.unsigned()?;
    let mut card_reference = None;
    while let Some(part) = parts.next()? {
        if part.tag() == tag::INTEGER {
            card_reference = small(&part);
        }
    }
    Ok(AlgorithmInfo {
        reference,
        mechanism,
        card_reference,
    })
}

/// The low byte of a number: references are bytes, and some cards write those above 7F as negative numbers.
pub(super) fn small(element: &Element<'_>) -> Option<u8> {
    match element.content() {
        [byte] | [0x00 | 0xFF, byte] => Some(*byte),
        _ => None,
    }
}

/// A text of the token, without what could forge a line.
pub(super) fn label(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes)
        .chars()
        .filter(|letter| !letter.is_control())
        .take(64)
        .collect()
}

/// An application in EF(DIR).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Application {
    /// Its identifier.
    pub aid: Vec<u8>,
    /// Where it is.
    pub path: Option<Path>,
    /// Where its object directory is, when it says so.
    pub odf: Option<Path>,
}

/// The PKCS#15 application's own identifier, and the start of its ISO 7816-15 successor.
pub(super) const AID: [u8; 12] = *b"\xA0\x00\x00\x00\x63PKCS-15";
pub(super) const AID_7816_15: [u8; 5] = [0xE8, 0x28, 0xBD, 0x08, 0x0F];

/// The PKCS#15 applications that EF(DIR) lists: one or many templates in `content`, a transparent file or one record.
///
/// Source: ISO 7816-15 §7.4; PKCS#15 v1.1 §5.4.1.
pub fn read_dir(content: &[u8]) -> Vec<Application> {
    let mut rest = content;
    let mut found = Vec::new();
    while let Some((tlv, after)) = ber::one(rest) {
        rest = after;
        if tlv.tag != 0x61 {
            break;
        }
        let field = |tag| ber::find(tlv.value, tag).ok().flatten();
        let Some(aid) = field(0x4F).filter(|aid| is_pkcs15(aid)) else {
            continue;
        };
        found.push(Application {
            aid: aid.to_vec(),
            path: field(0x51).and_then(Path::from_octets),
            odf: field(0x73).and_then(odf_in),
        });
    }
    found
}

fn is_pkcs15(aid: &[u8]) -> bool {
    (5..=16).contains(&aid.len())
        && (aid.starts_with(&AID_7816_15)
            || aid.starts_with(&[0xA0, 0x00, 0x00, 0x00, 0x63])
            || aid.windows(7).any(|part| part == b"PKCS-15"))
}

/// `DDO ::= SEQUENCE { oid OPTIONAL, odfPath Path OPTIONAL, … }`, in tag 73 with or without its SEQUENCE.
fn odf_in(ddo: &[u8]) -> Option<Path> {
    let inside = |mut parts: Reader<'_>| {
        while let Ok(Some(part)) = parts.next() {
            if part.tag() == tag::SEQUENCE
                && let Ok(mut path) = part.inside()
                && let Ok(path) = Path::read(&mut path)
            {
                return Some(path);
            }
        }
        None
    };
    inside(Reader::new(ddo, Rules::Ber)).or_else(|| inside(single(ddo, Rules::Ber).ok()?.inside().ok()?))
}
