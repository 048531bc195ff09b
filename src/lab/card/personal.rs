//! Makes a card for a person: identity, address and photo signed by the laboratory's register, certificates, keys.

use super::super::LabError;
use super::super::pki::{
    AuthorityKind, CertificateBuilder, DAY, Extension, Holder, IssuedLeaf, KeyPair, LabPki, LeafPurpose,
    Name, Validity,
};
use super::image::{CardImage, CardKeys};
use super::profile::Applet;
use super::{VirtualCard, photo, pkcs15};
use crate::base::digest::HashAlgorithm;
use crate::base::random::{self, Random};
use crate::base::time::Timestamp;
use crate::crypto::algorithm::SignatureAlgorithm;
use crate::crypto::key::{Curve, KeyKind, PrivateKey};

/// With which key the register signed the data on a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataSigner {
    /// The PKI's own, EC P-384 with SHA-384: 1.8, and 1.7 after the re-keying of 2023.
    Ec,
    /// RSA-1024 with SHA-1: 1.0 and 1.1.
    Rsa1024,
    /// RSA-2048 with SHA-256: 1.7 as it was first issued.
    Rsa2048,
}

/// Which certificates are on a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certificates {
    /// Minors from twelve, and who declined the other.
    AuthenticationOnly,
    /// Adults.
    Both,
    /// Children, and who declined both.
    None,
}

/// What stands on a card and about whom. Start from [`CardSpec::new`] and change what is to differ.
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
    /// Nationality in the words of the register.
    pub nationality: String,
    /// Birth date as cards write it, `04 MEI 1971`.
    pub birth: String,
    /// Place of birth.
    pub birth_place: String,
    /// Title of nobility, or empty.
    pub noble_condition: String,
    /// Document type, tag 0F.
    pub document: u8,
    /// Special status, tag 10: a digit.
    pub special_status: char,
    /// Tags 12 to 1F in their order, without 1A.
    pub further: Vec<(u8, String)>,
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
    /// Whether the address file does too: some programs cut at its zero byte.
    pub address_version: bool,
    /// Which certificates are there.
    pub certificates: Certificates,
    /// Who signed the data.
    pub signer: DataSigner,
}

impl CardSpec {
    /// A card of this generation for `holder`, as most adults have one.
    pub fn new(applet: Applet, holder: Holder, validity: Validity) -> Self {
        Self {
            applet,
            holder,
            third_initial: String::new(),
            sex: 'V',
            nationality: "Belg".to_owned(),
            birth: "15 JAN 1970".to_owned(),
            birth_place: "Zegelgem".to_owned(),
            noble_condition: String::new(),
            document: 1,
            special_status: '0',
            further: Vec::new(),
            street: "Proefstraat 1".to_owned(),
            postal_code: "9999".to_owned(),
            municipality: "Zegelgem".to_owned(),
            card_number: 5_920_000_566,
            validity,
            pin: "1234".to_owned(),
            structure_version: false,
            address_version: false,
            certificates: Certificates::Both,
            signer: match applet {
                Applet::V10 | Applet::V11 => DataSigner::Rsa1024,
                Applet::V17 | Applet::V18 => DataSigner::Ec,
            },
        }
    }
}

/// A card and the certificates made for it.
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
        Applet::V10 | Applet::V11 => KeyKind::Rsa { bits: 1024 },
        Applet::V17 => KeyKind::Rsa { bits: 2048 },
        Applet::V18 => KeyKind::Ec(Curve::P384),
    };
    let leaf = |purpose| pki.issue_leaf(&spec.holder, purpose, kind, spec.validity, random);
    let authentication = leaf(LeafPurpose::Authentication)?;
    let signature = leaf(LeafPurpose::Signature)?;
    let basic = match spec.applet {
        Applet::V18 => Some(PrivateKey::generate(KeyKind::Ec(Curve::P384))?),
        Applet::V10 | Applet::V11 | Applet::V17 => None,
    };
    let signer = match spec.signer {
        DataSigner::Ec => pki.register.clone(),
        DataSigner::Rsa1024 => rsa_register(pki, 1024, random)?,
        DataSigner::Rsa2048 => rsa_register(pki, 2048, random)?,
    };

    let mut image = CardImage::new(spec.applet, random::bytes(random));
    image.pin.clone_from(&spec.pin);
    write_certificates(&mut image, pki, spec, &signer, [&authentication, &signature]);
    if let Some(key) = &basic {
        image.set_file("3F00DF014040", key.public().spki_der().to_vec());
    } else {
        image.set_file(
            "3F00DF014038",
            HashAlgorithm::Sha1.digest(signer.key.public().spki_der()),
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
    sign_data(&mut image, &signer.key, spec.signer)?;
    let there = spec.certificates;
    let keys = CardKeys {
        authentication: (there != Certificates::None).then(|| authentication.key.clone()),
        signature: (there == Certificates::Both).then(|| signature.key.clone()),
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
pub fn sign_data(image: &mut CardImage, key: &PrivateKey, signer: DataSigner) -> Result<(), LabError> {
    let missing = || LabError::Malformed("card image without identity or address".to_owned());
    let (algorithm, length) = match signer {
        DataSigner::Ec => (
            SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha384),
            image.applet.signature_file(),
        ),
        DataSigner::Rsa1024 => (SignatureAlgorithm::RsaPkcs1(HashAlgorithm::Sha1), 128),
        DataSigner::Rsa2048 => (SignatureAlgorithm::RsaPkcs1(HashAlgorithm::Sha256), 256),
    };
    let sign = |message: &[u8]| -> Result<Vec<u8>, LabError> {
        let mut value = key.sign(algorithm, message)?;
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

/// Writes the five certificate files with their tails, and the directory of what is there.
fn write_certificates(
    image: &mut CardImage,
    pki: &LabPki,
    spec: &CardSpec,
    signer: &KeyPair,
    [authentication, signature]: [&IssuedLeaf; 2],
) {
    let tail = spec.applet.certificate_tail();
    let with_tail = |der: &[u8]| [der, &vec![0; tail]].concat();
    // A certificate that is not there is a file of zeros. Source: reference §14.
    let empty = vec![0; spec.applet.empty_certificate()];
    let there = spec.certificates;
    let leaf = |is_there: bool, leaf: &IssuedLeaf| {
        if is_there {
            with_tail(&leaf.certificate_der)
        } else {
            empty.clone()
        }
    };
    image.set_file("3F00DF005038", leaf(there != Certificates::None, authentication));
    image.set_file("3F00DF005039", leaf(there == Certificates::Both, signature));
    image.set_file("3F00DF00503A", with_tail(pki.citizen.certificate_der()));
    image.set_file("3F00DF00503B", with_tail(pki.root_der()));
    image.set_file("3F00DF00503C", with_tail(&signer.certificate_der));
    pkcs15::write_directory(image);
}

/// A signer of the register with an RSA key, as cards before the re-keying carry it, under the PKI's root.
fn rsa_register(pki: &LabPki, bits: u32, random: &dyn Random) -> Result<KeyPair, LabError> {
    let key = PrivateKey::generate(KeyKind::Rsa { bits })?;
    let subject = Name::new()
        .country("BE")
        .organization("TEST RRN")
        .common_name("TEST RRN");
    let certificate_der = CertificateBuilder::new(subject, key.public())
        .valid(Validity::around(pki.made_at, DAY * 730, DAY * 3650))
        .with(Extension::key_usage(&[0, 1]))
        .with(Extension::policies(&["2.16.56.13.6.0.1"]))
        .with(Extension::access(&pki.base_url, AuthorityKind::Root))
        .with(Extension::crl(&pki.base_url, AuthorityKind::Root))
        .issue(&pki.root, random)?;
    Ok(KeyPair { certificate_der, key })
}

fn identity(spec: &CardSpec, image: &CardImage) -> Vec<u8> {
    let hash = match spec.applet {
        Applet::V10 | Applet::V11 => HashAlgorithm::Sha1,
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
    field(&mut out, 0x0A, spec.nationality.as_bytes());
    field(&mut out, 0x0B, spec.birth_place.as_bytes());
    field(&mut out, 0x0C, spec.birth.as_bytes());
    field(&mut out, 0x0D, spec.sex.to_string().as_bytes());
    field(&mut out, 0x0E, spec.noble_condition.as_bytes());
    field(&mut out, 0x0F, spec.document.to_string().as_bytes());
    field(&mut out, 0x10, spec.special_status.to_string().as_bytes());
    field(&mut out, 0x11, &photo_hash);
    let before = |tag: &u8| *tag < 0x1A;
    for (tag, value) in spec.further.iter().filter(|(tag, _)| before(tag)) {
        field(&mut out, *tag, value.as_bytes());
    }
    if let Some(basic) = image.file("3F00DF014040") {
        field(&mut out, 0x1A, &HashAlgorithm::Sha384.digest(basic));
    }
    for (tag, value) in spec.further.iter().filter(|(tag, _)| !before(tag)) {
        field(&mut out, *tag, value.as_bytes());
    }
    out
}

fn address(spec: &CardSpec) -> Vec<u8> {
    let mut out = Vec::new();
    if spec.address_version {
        field(&mut out, 0x00, &[0x00, 0x02]);
    }
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
