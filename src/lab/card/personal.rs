//! Makes a card for a person: identity, address and photo signed by the laboratory's register, certificates, keys.

use super::super::LabError;
use super::super::pki::{Holder, IssuedLeaf, LabPki, LeafPurpose, Validity};
use super::image::{CardImage, CardKeys};
use super::profile::Applet;
use super::{VirtualCard, photo, pkcs15};
use crate::base::digest::HashAlgorithm;
use crate::base::random::{self, Random};
use crate::base::time::Timestamp;
use crate::crypto::algorithm::SignatureAlgorithm;
use crate::crypto::key::{Curve, KeyKind, PrivateKey};

/// What stands on a card and about whom.
#[derive(Clone, Debug)]
pub struct CardSpec {
    /// Generation.
    pub applet: Applet,
    /// The person, as in the certificates.
    pub holder: Holder,
    /// First letter of a third given name, or empty.
    pub third_initial: String,
    /// `M`, `F`, `V` or `W`.
    pub sex: char,
    /// Birth date as cards write it, `04 MEI 1971`.
    pub birth: String,
    /// Place of birth.
    pub birth_place: String,
    /// Street, number and box.
    pub street: String,
    /// Postal code.
    pub postal_code: String,
    /// Municipality of the address and of delivery.
    pub municipality: String,
    /// First ten digits of the card number.
    pub card_number: u64,
    /// Validity of card and certificates.
    pub validity: Validity,
    /// The PIN, 4 to 12 digits.
    pub pin: String,
    /// Whether the identity file begins with tag 00.
    pub structure_version: bool,
}

/// A card and the certificates on it.
#[derive(Debug)]
pub struct Personalised {
    /// The card, ready to answer.
    pub card: VirtualCard,
    /// The authentication certificate, its key and serial number.
    pub authentication: IssuedLeaf,
    /// The signature certificate, its key and serial number.
    pub signature: IssuedLeaf,
}

/// Makes the card that `spec` describes, with certificates of `pki`.
///
/// # Errors
/// When a key cannot be made or used.
pub fn personalise(pki: &LabPki, spec: &CardSpec, random: &dyn Random) -> Result<Personalised, LabError> {
    let kind = match spec.applet {
        Applet::V11 => KeyKind::Rsa { bits: 1024 },
        Applet::V17 => KeyKind::Rsa { bits: 2048 },
        Applet::V18 => KeyKind::Ec(Curve::P384),
    };
    let leaf = |purpose| pki.issue_leaf(&spec.holder, purpose, kind, spec.validity, random);
    let authentication = leaf(LeafPurpose::Authentication)?;
    let signature = leaf(LeafPurpose::Signature)?;
    let basic = match spec.applet {
        Applet::V18 => Some(PrivateKey::generate(KeyKind::Ec(Curve::P384))?),
        Applet::V11 | Applet::V17 => None,
    };

    let mut image = CardImage::new(spec.applet, random::bytes(random));
    image.pin.clone_from(&spec.pin);
    let tail = spec.applet.certificate_tail();
    let with_tail = |der: &[u8]| [der, &vec![0; tail]].concat();
    image.set_file("3F00DF005038", with_tail(&authentication.certificate_der));
    image.set_file("3F00DF005039", with_tail(&signature.certificate_der));
    image.set_file("3F00DF00503A", with_tail(pki.citizen.certificate_der()));
    image.set_file("3F00DF00503B", with_tail(pki.root_der()));
    image.set_file("3F00DF00503C", with_tail(&pki.register.certificate_der));
    pkcs15::write_directory(&mut image);
    if let Some(key) = &basic {
        image.set_file("3F00DF014040", key.public().spki_der().to_vec());
    } else {
        image.set_file(
            "3F00DF014038",
            HashAlgorithm::Sha1.digest(pki.register.key.public().spki_der()),
        );
        image.set_file("3F00DF014039", b"[BEID]\nTEST=1\n".to_vec());
    }
    let shade = spec.holder.surname.len() + spec.holder.given_names.len() * 11;
    let (width, height) = if spec.applet == Applet::V18 {
        (150, 195)
    } else {
        (140, 200)
    };
    let photo = photo::portrait(
        width,
        height,
        u8::try_from(shade % 100).unwrap_or(0).saturating_add(110),
    );
    image.set_file("3F00DF014035", photo);
    image.set_file("3F00DF014033", address(spec));
    let identity = identity(spec, &image);
    image.set_file("3F00DF014031", identity);
    sign_data(&mut image, pki)?;
    let keys = CardKeys {
        authentication: Some(authentication.key.clone()),
        signature: Some(signature.key.clone()),
        basic,
    };
    Ok(Personalised {
        card: VirtualCard::new(image, keys),
        authentication,
        signature,
    })
}

/// Signs identity and address as they stand in `image` with the register's key (again after a change).
///
/// # Errors
/// When the key cannot sign or one of the two files is missing.
///
/// Source: reference §8.1. The address signature covers the address without its trailing zeros and the whole
/// identity signature file, padding included.
pub fn sign_data(image: &mut CardImage, pki: &LabPki) -> Result<(), LabError> {
    let missing = || LabError::Malformed("card image without identity or address".to_owned());
    let length = image.applet.signature_file();
    let algorithm = SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha384);
    let sign = |message: &[u8]| -> Result<Vec<u8>, LabError> {
        let mut value = pki.register.key.sign(algorithm, message)?;
        value.resize(length, 0);
        Ok(value)
    };
    let identity_signature = sign(image.file("3F00DF014031").ok_or_else(missing)?)?;
    let address = image.file("3F00DF014033").ok_or_else(missing)?;
    let used = address
        .iter()
        .rposition(|byte| *byte != 0)
        .map_or(0, |last| last + 1);
    let covered = [address.get(..used).unwrap_or_default(), &identity_signature].concat();
    let address_signature = sign(&covered)?;
    image.set_file("3F00DF014032", identity_signature);
    image.set_file("3F00DF014034", address_signature);
    Ok(())
}

/// Empties a certificate file as on cards whose holder has no such certificate, and takes it out of the directory.
pub fn remove_certificate(image: &mut CardImage, purpose: LeafPurpose) {
    let file = match purpose {
        LeafPurpose::Authentication => "3F00DF005038",
        LeafPurpose::Signature => "3F00DF005039",
    };
    image.set_file(file, vec![0; image.applet.empty_certificate()]);
    pkcs15::write_directory(image);
}

fn identity(spec: &CardSpec, image: &CardImage) -> Vec<u8> {
    let hash = match spec.applet {
        Applet::V11 => HashAlgorithm::Sha1,
        Applet::V17 => HashAlgorithm::Sha256,
        Applet::V18 => HashAlgorithm::Sha384,
    };
    let first = spec.card_number % 10_000_000_000;
    let card_number = format!("{first:010}{:02}", first % 97);
    let photo_hash = hash.digest(image.file("3F00DF014035").unwrap_or_default());
    let mut given = spec.holder.given_names.split_whitespace();
    let two_names = [given.next(), given.next()]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" ");
    let mut out = Vec::new();
    if spec.structure_version {
        field(&mut out, 0x00, &[0x00, 0x02]);
    }
    field(&mut out, 0x01, card_number.as_bytes());
    field(&mut out, 0x02, &image.chip.0);
    field(&mut out, 0x03, date(spec.validity.not_before).as_bytes());
    field(&mut out, 0x04, date(spec.validity.not_after).as_bytes());
    field(&mut out, 0x05, spec.municipality.as_bytes());
    field(&mut out, 0x06, spec.holder.national_number.expose().as_bytes());
    field(&mut out, 0x07, spec.holder.surname.as_bytes());
    field(&mut out, 0x08, two_names.as_bytes());
    field(&mut out, 0x09, spec.third_initial.as_bytes());
    field(&mut out, 0x0A, b"Belg");
    field(&mut out, 0x0B, spec.birth_place.as_bytes());
    field(&mut out, 0x0C, spec.birth.as_bytes());
    field(&mut out, 0x0D, spec.sex.to_string().as_bytes());
    field(&mut out, 0x0E, b"");
    field(&mut out, 0x0F, b"1");
    field(&mut out, 0x10, b"0");
    field(&mut out, 0x11, &photo_hash);
    if let Some(basic) = image.file("3F00DF014040") {
        field(&mut out, 0x1A, &HashAlgorithm::Sha384.digest(basic));
    }
    out
}

fn address(spec: &CardSpec) -> Vec<u8> {
    let mut out = Vec::new();
    field(&mut out, 0x01, spec.street.as_bytes());
    field(&mut out, 0x02, spec.postal_code.as_bytes());
    field(&mut out, 0x03, spec.municipality.as_bytes());
    out.resize(out.len().max(spec.applet.address_file()), 0);
    out
}

fn field(out: &mut Vec<u8>, tag: u8, value: &[u8]) {
    out.push(tag);
    // Lengths of 255 and more take several bytes (reference §7.1); no specimen has such a field.
    out.push(u8::try_from(value.len()).unwrap_or(0xFE));
    out.extend_from_slice(value);
}

fn date(at: Timestamp) -> String {
    at.day().date().strftime("%d.%m.%Y").to_string()
}
