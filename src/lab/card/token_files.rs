//! What stands on a token: PIV objects, and the files of an ISO 7816-15 application.

use std::io::Write as _;

use super::image::Hex;
use super::token_image::{Manner, SecretCode, TokenFamily, TokenImage};
use super::token_iso::{AID, APPLICATION, BARE_RSA, ECDSA, PIN, PKCS1, PUK, SIGNATURE_KEY, STORED};
use crate::asn1::write;
use crate::base::time::Day;
use crate::crypto::key::KeyKind;

/// PIN and PUK of every token.
pub const PIN_DIGITS: &str = "123456";
/// See [`PIN_DIGITS`].
pub const PUK_DIGITS: &str = "12345678";

/// An empty token of this family.
pub fn empty(family: TokenFamily, serial: [u8; 16], yubikey: Option<[u8; 3]>) -> TokenImage {
    let code = |value: &str| SecretCode {
        value: value.to_owned(),
        total: 3,
        left: 3,
    };
    TokenImage {
        format: TokenImage::FORMAT.to_owned(),
        family,
        atr: Hex(atr(family, yubikey.is_some())),
        serial: Hex(serial.to_vec()),
        pin: code(PIN_DIGITS),
        puk: code(PUK_DIGITS),
        objects: std::collections::BTreeMap::new(),
        manners: std::collections::BTreeSet::new(),
        yubikey,
    }
}

/// T=1 alone for PIV, T=0 alone for PKCS#15; the historical bytes say TEST, or which maker's commands it answers.
fn atr(family: TokenFamily, yubikey: bool) -> Vec<u8> {
    let (text, protocol): (&[u8], &[u8]) = match (family, yubikey) {
        (TokenFamily::Piv, false) => (b"TEST PIV", &[0x01]),
        (TokenFamily::Piv, true) => (b"YubiKey TEST", &[0x01]),
        (TokenFamily::Pkcs15, _) => (b"TEST PKCS15", &[]),
    };
    let length = u8::try_from(text.len()).unwrap_or(0);
    let format = if protocol.is_empty() {
        length
    } else {
        0x80 | length
    };
    let mut atr = [&[0x3B, format][..], protocol, text].concat();
    if !protocol.is_empty() {
        // The check byte: all bytes from T0 on make zero (ISO 7816-3 §8.2.5).
        let check = atr.iter().skip(1).fold(0, |sum, byte| sum ^ byte);
        atr.push(check);
    }
    atr
}

/// Puts a certificate into the object of the PIV slot `reference`, compressed when asked.
pub fn put_piv_certificate(image: &mut TokenImage, reference: u8, der: &[u8], compressed: bool) {
    let body = if compressed {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        let packed = encoder.write_all(der).and_then(|()| encoder.finish());
        packed.unwrap_or_default()
    } else {
        der.to_vec()
    };
    let object = [
        write::element(0x70, &body),
        write::element(0x71, &[u8::from(compressed)]),
        write::element(0xFE, &[]),
    ]
    .concat();
    let name = match reference {
        0x9A => "5FC105",
        0x9C => "5FC10A",
        0x9D => "5FC10B",
        _ => "5FC101",
    };
    image.set_object(name, write::element(0x53, &object));
}

/// Writes the holder's identifier, the capability container and, when asked, the discovery object.
pub fn put_piv_objects(image: &mut TokenImage, expires: Day, discovery: bool) {
    let date = expires.date().strftime("%Y%m%d").to_string();
    let chuid = [
        write::element(0x30, &fasc_n(&image.serial.0)),
        write::element(0x34, &image.serial.0),
        write::element(0x35, date.as_bytes()),
        write::element(0x3E, &[]),
        write::element(0xFE, &[]),
    ]
    .concat();
    image.set_object("5FC102", write::element(0x53, &chuid));
    let mut card = vec![0xA0, 0x00, 0x00, 0x01, 0x16, 0xFF, 0x02];
    card.extend(image.serial.0.iter().take(14));
    let capabilities: Vec<u8> = [(0xF0, card), (0xF1, vec![0x21]), (0xF2, vec![0x21])]
        .into_iter()
        .flat_map(|(tag, value)| write::element(tag, &value))
        .chain(write::element(0xFE, &[]))
        .collect();
    image.set_object("5FC107", write::element(0x53, &capabilities));
    if discovery {
        let policy = if image.does(Manner::GlobalPin) {
            [0x60, 0x20]
        } else {
            [0x40, 0x10]
        };
        let application = [0xA0, 0x00, 0x00, 0x03, 0x08, 0x00, 0x00, 0x10, 0x00, 0x01, 0x00];
        let content = [
            &write::element(0x4F, &application)[..],
            &[0x5F, 0x2F, 0x02],
            &policy,
        ]
        .concat();
        image.set_object("7E", write::element(0x7E, &content));
    }
}

/// Forty characters of four bits and odd parity: agency 9999, a credential number from the serial number, and marks.
fn fasc_n(serial: &[u8]) -> Vec<u8> {
    const START: u8 = 0x0B;
    const FIELD: u8 = 0x0D;
    const END: u8 = 0x0F;
    let number: Vec<u8> = serial.iter().take(6).map(|byte| byte % 10).collect();
    let mut characters = vec![START, 9, 9, 9, 9, FIELD, 9, 9, 9, 9, FIELD];
    characters.extend(number);
    characters.extend([FIELD, 1, FIELD, 1, FIELD]);
    characters.extend([0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 3, 9, 9, 9, 9, 1]);
    characters.push(END);
    // The check character makes the four bits of all of them even.
    let check = characters.iter().fold(0, |sum, character| sum ^ character);
    characters.push(check);
    let mut bits = Vec::with_capacity(200);
    for character in characters {
        let mut ones = 0_u32;
        for place in 0..4 {
            let bit = character >> place & 1 == 1;
            ones += u32::from(bit);
            bits.push(bit);
        }
        bits.push(ones.is_multiple_of(2));
    }
    let mut bytes = vec![0_u8; 25];
    for (place, _) in bits.iter().enumerate().filter(|(_, bit)| **bit) {
        if let Some(byte) = bytes.get_mut(place / 8) {
            *byte |= 0x80 >> (place % 8);
        }
    }
    bytes
}

/// A key of a PKCS#15 token with its certificate.
#[derive(Clone, Copy, Debug)]
pub struct TokenEntry<'a> {
    /// What it is called.
    pub label: &'a str,
    /// Reference of the key, and the identifier that key and certificate share.
    pub reference: u8,
    /// The certificate in DER.
    pub certificate: &'a [u8],
    /// Kind of the key.
    pub kind: KeyKind,
}

/// Writes the whole application: EF(DIR), ODF, TokenInfo, AODF, PrKDF, CDF, certificates, and the authority's.
pub fn put_pkcs15(image: &mut TokenImage, entries: &[TokenEntry<'_>], authority: &[u8]) {
    let path = |id: [u8; 2]| {
        let whole = [0x3F, 0x00, 0x50, 0x15, id[0], id[1]];
        write::sequence(&[&write::octet_string(&whole)])
    };
    let file = |id: &str| format!("{APPLICATION}{id}");
    let application = [
        write::element(0x4F, &AID),
        write::element(0x50, b"TEST PKCS#15"),
        write::element(0x51, &[0x3F, 0x00, 0x50, 0x15]),
    ]
    .concat();
    image.set_object("3F002F00", write::element(0x61, &application));
    let directory = [
        write::element(0xA0, &path([0x44, 0x02])),
        write::element(0xA4, &path([0x44, 0x04])),
        write::element(0xA8, &path([0x44, 0x01])),
    ]
    .concat();
    image.set_object(&file("5031"), padded(directory, 64));
    image.set_object(&file("5032"), token_info(&image.serial.0, entries));
    image.set_object(&file("4401"), padded(pins(), 160));
    let mut keys = Vec::new();
    let mut certificates = Vec::new();
    for entry in entries {
        let place = [0x4B, entry.reference];
        keys.extend(private_key(entry, &path(place)));
        image.set_object(&file(&hex::encode_upper(place)), vec![0; 16]);
        let place = [0x45, entry.reference];
        certificates.extend(certificate(entry.label, entry.reference, false, &path(place)));
        image.set_object(&file(&hex::encode_upper(place)), entry.certificate.to_vec());
    }
    let place = [0x45, 0x10];
    certificates.extend(certificate("TEST Staff CA", 0x10, true, &path(place)));
    image.set_object(&file(&hex::encode_upper(place)), authority.to_vec());
    image.set_object(&file("4402"), padded(keys, 256));
    image.set_object(&file("4404"), padded(certificates, 320));
}

/// Files are longer than what is in them; the rest is zeros.
fn padded(mut content: Vec<u8>, length: usize) -> Vec<u8> {
    content.resize(content.len().max(length), 0);
    content
}

fn token_info(serial: &[u8], entries: &[TokenEntry<'_>]) -> Vec<u8> {
    let is_rsa = entries
        .iter()
        .any(|entry| matches!(entry.kind, KeyKind::Rsa { .. }));
    let offered: &[(u64, u64, u8)] = if is_rsa {
        &[(1, 0x01, PKCS1), (2, 0x03, BARE_RSA)]
    } else {
        &[(1, 0x1041, ECDSA)]
    };
    let key = super::super::known_oid(if is_rsa {
        "1.2.840.113549.1.1.1"
    } else {
        "1.2.840.10045.2.1"
    });
    let algorithms: Vec<u8> = offered
        .iter()
        .flat_map(|(reference, mechanism, card)| {
            write::sequence(&[
                &write::integer(*reference),
                &write::integer(*mechanism),
                &write::null(),
                // Operation: compute signature.
                &write::named_bits(&[false, true]),
                &key,
                &write::integer(u64::from(*card)),
            ])
        })
        .collect();
    write::sequence(&[
        &write::integer(0),
        &write::octet_string(serial),
        &write::utf8("zegel TEST"),
        &write::element(0x80, b"TEST PKCS#15 token"),
        // Flags: login required, PRN generation.
        &write::named_bits(&[false, true, true]),
        &write::element(0xA2, &algorithms),
    ])
}

fn pins() -> Vec<u8> {
    let path = write::sequence(&[&write::octet_string(&[0x3F, 0x00, 0x50, 0x15])]);
    let pin = |label: &str, id: u8, guard: Option<u8>, reference: u8, flags: &[bool]| {
        let guard = guard.map_or_else(Vec::new, |guard| write::octet_string(&[guard]));
        let common = write::sequence(&[&write::utf8(label), &write::named_bits(&[true]), &guard]);
        let stored = u64::try_from(STORED).unwrap_or(0);
        let attributes = write::sequence(&[
            &write::named_bits(flags),
            &write::element(write::tag::ENUMERATED, &[1]),
            &write::integer(4),
            &write::integer(stored),
            &write::integer(stored),
            &write::element(0x80, &[0x00, reference]),
            &write::octet_string(&[0x00]),
            &path,
        ]);
        let class = write::sequence(&[&write::octet_string(&[id])]);
        write::sequence(&[&common, &class, &write::element(0xA1, &attributes)])
    };
    let usual = [true, true, false, false, true, true];
    let unblocks = [true, true, false, false, true, true, true];
    [
        pin("PIN", 1, Some(2), PIN, &usual),
        pin("PUK", 2, None, PUK, &unblocks),
    ]
    .concat()
}

fn private_key(entry: &TokenEntry<'_>, path: &[u8]) -> Vec<u8> {
    let signs = entry.reference == SIGNATURE_KEY;
    let consent = if signs { write::integer(1) } else { Vec::new() };
    let common = write::sequence(&[
        &write::utf8(entry.label),
        &write::named_bits(&[true]),
        &write::octet_string(&[1]),
        &consent,
    ]);
    let mut usage = [false; 10];
    usage[2] = true;
    usage[9] = signs;
    let class = write::sequence(&[
        &write::octet_string(&[entry.reference]),
        &write::named_bits(&usage),
        // Sensitive, always sensitive, never extractable.
        &write::named_bits(&[true, false, true, true]),
        &write::integer(u64::from(entry.reference)),
    ]);
    let (tag, bits) = match entry.kind {
        KeyKind::Rsa { bits } => (write::tag::SEQUENCE, write::integer(u64::from(bits))),
        KeyKind::Ec(_) => (0xA0, Vec::new()),
    };
    let kind = write::element(0xA1, &write::sequence(&[path, &bits]));
    write::element(tag, &[common, class, kind].concat())
}

fn certificate(label: &str, id: u8, authority: bool, path: &[u8]) -> Vec<u8> {
    let class = if authority {
        [write::octet_string(&[id]), write::boolean(true)].concat()
    } else {
        write::octet_string(&[id])
    };
    write::sequence(&[
        &write::sequence(&[&write::utf8(label), &write::named_bits(&[])]),
        &write::sequence(&[&class]),
        &write::element(0xA1, &write::sequence(&[path])),
    ])
}
