//! The state machine of a card with an ISO 7816-15 application (ISO 7816-4 and -8; reference belgian-eid-card §19.2).

use super::token::{Answer, TokenCard};
use super::token_image::Manner;
use crate::asn1::write::element;
use crate::base::digest::HashAlgorithm;
use crate::card::apdu::{Command, StatusWord};
use crate::crypto::algorithm::SignatureAlgorithm;
use crate::crypto::ecdsa;
use crate::crypto::key::{Curve, KeyKind, PrivateKey};

/// What a reset makes the card forget.
#[derive(Debug)]
pub(super) struct IsoState {
    /// Full path of the current directory in upper-case hex.
    directory: &'static str,
    /// Full path of the current file.
    file: Option<String>,
    /// Algorithm and key of MSE SET.
    environment: Option<(u8, u8)>,
    verified: bool,
    /// The command before this one was a good VERIFY.
    just_verified: bool,
}

impl Default for IsoState {
    fn default() -> Self {
        Self {
            directory: MASTER,
            file: None,
            environment: None,
            verified: false,
            just_verified: false,
        }
    }
}

const MASTER: &str = "3F00";
/// EF(DIR).
const DIRECTORY: &str = "3F002F00";
/// The file is of another kind than the command reads.
const NOT_OF_THIS_KIND: StatusWord = StatusWord(0x6981);
/// The application's directory.
pub(super) const APPLICATION: &str = "3F005015";
/// The application's identifier.
pub(super) const AID: [u8; 12] = *b"\xA0\x00\x00\x00\x63PKCS-15";
/// References of PIN and PUK: of the application's directory.
pub(super) const PIN: u8 = 0x81;
pub(super) const PUK: u8 = 0x82;
/// Bytes that both are filled up to, with zeros.
pub(super) const STORED: usize = 8;
/// The key that wants the PIN immediately before each use.
pub(super) const SIGNATURE_KEY: u8 = 0x02;
/// Algorithms of MSE SET: bare RSA, RSA with PKCS#1 padding, ECDSA.
pub(super) const BARE_RSA: u8 = 0x00;
pub(super) const PKCS1: u8 = 0x02;
pub(super) const ECDSA: u8 = 0x04;

impl TokenCard {
    pub(super) fn iso_answer(&mut self, command: &Command, wanted: Option<usize>) -> Answer {
        let [_, instruction, p1, p2] = command.header();
        let fresh = std::mem::replace(&mut self.iso.just_verified, false);
        match (instruction, p1, p2) {
            (0xA4, _, _) => self.iso_select(command),
            (0xB0, _, _) => self.iso_read(p1, p2, wanted.unwrap_or(256)),
            (0xB2, _, 0x04) => self.iso_record(p1),
            (0x20, _, PIN) => self.iso_verify(command),
            (0x24, 0x00, PIN) => self.iso_change(command),
            (0x2C, 0x00, PIN) => self.iso_unblock(command),
            (0x20 | 0x24 | 0x2C, _, _) => Err(StatusWord::REFERENCE_NOT_FOUND),
            (0x22, 0x41, 0xB6) => self.iso_environment(command),
            (0x2A, 0x9E, 0x9A) => self.iso_sign(command, fresh),
            (0x22 | 0x2A, _, _) => Err(StatusWord::WRONG_PARAMETERS),
            _ => Err(StatusWord::INSTRUCTION_UNKNOWN),
        }
    }

    fn iso_select(&mut self, command: &Command) -> Answer {
        let [_, _, how, format] = command.header();
        let steps_only = self.image.does(Manner::StepsOnly);
        if !matches!(format, 0x00 | 0x0C) || (steps_only && format == 0x0C) {
            return Err(StatusWord::WRONG_PARAMETERS);
        }
        let data = hex::encode_upper(command.data());
        let target = match how {
            0x00..=0x02 if data == MASTER || data.is_empty() => MASTER.to_owned(),
            0x08 | 0x09 if steps_only => return Err(StatusWord::WRONG_PARAMETERS),
            0x00..=0x02 | 0x09 => format!("{}{data}", self.iso.directory),
            0x04 if !self.image.does(Manner::Unnamed)
                && command.data().len() >= 5
                && AID.starts_with(command.data()) =>
            {
                APPLICATION.to_owned()
            }
            0x04 => return Err(StatusWord::NOT_FOUND),
            0x08 if data.starts_with(MASTER) => data,
            0x08 => format!("{MASTER}{data}"),
            _ => return Err(StatusWord::WRONG_PARAMETERS),
        };
        let directory = [MASTER, APPLICATION]
            .into_iter()
            .find(|directory| *directory == target);
        let description = if let Some(directory) = directory {
            self.iso.directory = directory;
            self.iso.file = None;
            describe(&target, 0x38, 0)
        } else {
            let length = self.image.object(&target).ok_or(StatusWord::NOT_FOUND)?.len();
            let parent = target.get(..target.len().saturating_sub(4)).unwrap_or(MASTER);
            self.iso.directory = if parent == APPLICATION {
                APPLICATION
            } else {
                MASTER
            };
            self.iso.file = Some(target.clone());
            describe(&target, 0x01, length)
        };
        Ok(if format == 0x00 { description } else { Vec::new() })
    }

    /// A record of EF(DIR), which has one template in each.
    fn iso_record(&self, number: u8) -> Answer {
        if !self.is_of_records() {
            return Err(NOT_OF_THIS_KIND);
        }
        let file = self.image.object(DIRECTORY).ok_or(StatusWord::NO_CURRENT_FILE)?;
        let mut rest = file;
        for _ in 1..number {
            let length = crate::asn1::read::der_length(rest).unwrap_or(0);
            rest = rest.get(length..).unwrap_or_default();
        }
        let length = crate::asn1::read::der_length(rest).unwrap_or(0);
        match rest.get(..length) {
            Some(record) if !record.is_empty() => Ok(record.to_vec()),
            // No such record.
            _ => Err(StatusWord(0x6A83)),
        }
    }

    fn is_of_records(&self) -> bool {
        self.image.does(Manner::DirectoryRecords) && self.iso.file.as_deref() == Some(DIRECTORY)
    }

    fn iso_read(&self, high: u8, low: u8, wanted: usize) -> Answer {
        let path = self.iso.file.as_deref().ok_or(StatusWord::NO_CURRENT_FILE)?;
        if self.is_of_records() {
            return Err(NOT_OF_THIS_KIND);
        }
        if path.get(..12) == Some("3F0050154B01") || path.get(..12) == Some("3F0050154B02") {
            return Err(StatusWord::SECURITY_STATUS);
        }
        let file = self.image.object(path).ok_or(StatusWord::NO_CURRENT_FILE)?;
        let offset = usize::from(u16::from_be_bytes([high & 0x7F, low]));
        let rest = file
            .get(offset..)
            .filter(|rest| !rest.is_empty())
            .ok_or(StatusWord::WRONG_OFFSET)?;
        match rest.get(..wanted) {
            Some(part) => Ok(part.to_vec()),
            None if wanted == 256 => Ok(rest.to_vec()),
            None => Err(StatusWord(
                0x6C00 | u16::from(u8::try_from(rest.len()).unwrap_or(0)),
            )),
        }
    }

    /// Spends a try of the PIN or PUK on `block`; a good one gives all tries back.
    fn iso_try(&mut self, reference: u8, block: &[u8]) -> Result<(), StatusWord> {
        if self.iso.directory != APPLICATION {
            return Err(StatusWord::REFERENCE_NOT_FOUND);
        }
        let code = if reference == PUK {
            &mut self.image.puk
        } else {
            &mut self.image.pin
        };
        if code.left == 0 {
            return Err(StatusWord::PIN_BLOCKED);
        }
        let right = block == block_of(&code.value);
        code.left = if right {
            code.total
        } else {
            code.left.saturating_sub(1)
        };
        let left = code.left;
        self.changed = true;
        if right {
            return Ok(());
        }
        if reference == PIN {
            self.iso.verified = false;
        }
        Err(StatusWord(0x63C0 | u16::from(left)))
    }

    fn iso_verify(&mut self, command: &Command) -> Answer {
        let [_, _, p1, reference] = command.header();
        let left = self.image.pin.left;
        match (p1, command.data()) {
            (0xFF, []) if !self.image.does(Manner::NoLogOff) => {
                self.iso.verified = false;
                Ok(Vec::new())
            }
            (0x00, []) if self.iso.verified => Ok(Vec::new()),
            (0x00, []) if left == 0 => Err(StatusWord::PIN_BLOCKED),
            (0x00, []) => Err(StatusWord(0x63C0 | u16::from(left))),
            (0x00, block) => {
                self.iso_try(reference, block)?;
                self.iso.verified = true;
                self.iso.just_verified = true;
                Ok(Vec::new())
            }
            _ => Err(StatusWord::WRONG_PARAMETERS),
        }
    }

    fn iso_change(&mut self, command: &Command) -> Answer {
        let (old, new) = halves(command.data())?;
        self.iso_try(PIN, old)?;
        self.image.pin.value = digits_of(new);
        Ok(Vec::new())
    }

    fn iso_unblock(&mut self, command: &Command) -> Answer {
        let (puk, new) = halves(command.data())?;
        self.iso_try(PUK, puk)?;
        self.image.pin.value = digits_of(new);
        self.image.pin.left = self.image.pin.total;
        Ok(Vec::new())
    }

    fn iso_environment(&mut self, command: &Command) -> Answer {
        self.iso.environment = None;
        let [0x80, 0x01, algorithm, 0x84, 0x01, key] = command.data() else {
            return Err(StatusWord::WRONG_DATA);
        };
        let held = self.keys.0.get(key).ok_or(StatusWord::REFERENCE_NOT_FOUND)?;
        let fits = match held.public().kind() {
            KeyKind::Rsa { .. } => matches!(*algorithm, BARE_RSA | PKCS1),
            KeyKind::Ec(_) => *algorithm == ECDSA,
        };
        if !fits {
            return Err(StatusWord::WRONG_DATA);
        }
        self.iso.environment = Some((*algorithm, *key));
        Ok(Vec::new())
    }

    /// PSO: COMPUTE DIGITAL SIGNATURE.
    fn iso_sign(&mut self, command: &Command, just_verified: bool) -> Answer {
        let (algorithm, reference) = self.iso.environment.ok_or(StatusWord::CONDITIONS)?;
        let may = self.iso.verified && (just_verified || reference != SIGNATURE_KEY);
        if !may {
            return Err(StatusWord::SECURITY_STATUS);
        }
        let key = self.keys.0.get(&reference).ok_or(StatusWord::CONDITIONS)?;
        value_of(key, algorithm, command.data(), self.image.does(Manner::RawEcdsa))
    }
}

/// File control information: size, kind, identifier. Source: ISO 7816-4 §7.4.3.
fn describe(path: &str, kind: u8, length: usize) -> Vec<u8> {
    let id = hex::decode(path.get(path.len().saturating_sub(4)..).unwrap_or_default()).unwrap_or_default();
    let size = u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes();
    let mut content = element(0x81, &size);
    content.extend(element(0x82, &[kind]));
    content.extend(element(0x83, &id));
    if path == APPLICATION {
        content.extend(element(0x84, &AID));
    }
    element(0x6F, &content)
}

fn value_of(key: &PrivateKey, algorithm: u8, data: &[u8], raw_ecdsa: bool) -> Answer {
    match (key.public().kind(), algorithm) {
        (KeyKind::Rsa { .. }, BARE_RSA) => key.bare_rsa(data).map_err(|_| StatusWord::WRONG_LENGTH),
        (KeyKind::Rsa { bits }, PKCS1) => {
            // Whatever the host gives is padded: type 1, at least eight bytes FF.
            let length = usize::try_from(bits.div_ceil(8)).unwrap_or(0);
            let filling = length
                .checked_sub(data.len())
                .and_then(|rest| rest.checked_sub(3))
                .filter(|filling| *filling >= 8)
                .ok_or(StatusWord::WRONG_LENGTH)?;
            let block = [&[0x00, 0x01][..], &vec![0xFF; filling], &[0x00], data].concat();
            key.bare_rsa(&block).map_err(|_| StatusWord::CONDITIONS)
        }
        (KeyKind::Ec(curve), ECDSA) => {
            let hash = match curve {
                Curve::P256 => HashAlgorithm::Sha256,
                Curve::P384 => HashAlgorithm::Sha384,
                Curve::P521 => HashAlgorithm::Sha512,
            };
            if data.len() != hash.output_bytes() {
                return Err(StatusWord::WRONG_LENGTH);
            }
            let der = key
                .sign_digest(SignatureAlgorithm::Ecdsa(hash), data)
                .map_err(|_| StatusWord::CONDITIONS)?;
            if raw_ecdsa {
                ecdsa::der_to_raw(&der, curve).map_err(|_| StatusWord::CONDITIONS)
            } else {
                Ok(der)
            }
        }
        _ => Err(StatusWord::CONDITIONS),
    }
}

/// The block of these digits: ASCII, zeros up to the stored length.
fn block_of(digits: &str) -> Vec<u8> {
    let mut block = digits.as_bytes().to_vec();
    block.resize(block.len().max(STORED), 0x00);
    block
}

fn digits_of(block: &[u8]) -> String {
    block
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .map(|byte| char::from(*byte))
        .collect()
}

/// Two blocks, the second with at least four digits.
fn halves(data: &[u8]) -> Result<(&[u8], &[u8]), StatusWord> {
    let (first, second) = data
        .split_at_checked(STORED)
        .filter(|(_, second)| second.len() == STORED)
        .ok_or(StatusWord::WRONG_LENGTH)?;
    if digits_of(second).len() >= 4 {
        Ok((first, second))
    } else {
        Err(StatusWord::WRONG_DATA)
    }
}
