//! The applet's state machine (reference belgian-eid-card §5, §10, §11, §18).

use super::profile::Applet;
use super::{CardImage, VirtualCard};
use crate::base::digest::HashAlgorithm;
use crate::card::apdu::{Command, Le, StatusWord};
use crate::crypto::algorithm::SignatureAlgorithm;
use crate::crypto::ecdsa;
use crate::crypto::key::{KeyKind, PrivateKey};

/// What a reset makes a card forget.
#[derive(Debug)]
pub(super) struct Volatile {
    /// Full path of the current directory in upper-case hex.
    directory: String,
    /// Full path of the current file.
    file: Option<String>,
    environment: Option<Environment>,
    /// A PIN was verified for authentication.
    authentication_right: bool,
    /// The same before the last good VERIFY.
    right_before_last_verify: bool,
    /// Commands since the last good VERIFY, when it was given for the signature key.
    since_verify: Option<u32>,
    /// What GET RESPONSE fetches.
    pending: Vec<u8>,
}

impl Default for Volatile {
    fn default() -> Self {
        Self {
            directory: MASTER.to_owned(),
            file: None,
            environment: None,
            authentication_right: false,
            right_before_last_verify: false,
            since_verify: None,
            pending: Vec::new(),
        }
    }
}

/// Security environment: which algorithm with which key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Environment {
    algorithm: u8,
    key: u8,
}

const MASTER: &str = "3F00";
const DIRECTORIES: [&str; 3] = [MASTER, "3F00DF00", "3F00DF01"];
const APPLET_AID: &[u8] = b"\xA0\x00\x00\x00\x30\x29\x05\x70\x00\xAD\x13\x10\x01\x01\xFF";
const PKCS15_AID: &[u8] = b"\xA0\x00\x00\x01\x77PKCS-15";
const IDENTITY_AID: &[u8] = b"\xA0\x00\x00\x01\x77IdFiles";
const AUTHENTICATION_KEY: u8 = 0x82;
const SIGNATURE_KEY: u8 = 0x83;
/// INTERNAL AUTHENTICATE works so often between two good PINs.
const BASIC_KEY_LIMIT: u16 = 5000;

/// The answer to a command: data and status word.
type Answer = Result<Vec<u8>, StatusWord>;

impl VirtualCard {
    /// Runs one command without faults and returns data and status word.
    pub(super) fn answer(&mut self, bytes: &[u8]) -> Vec<u8> {
        let Some(command) = Command::parse(bytes) else {
            return StatusWord::WRONG_LENGTH.bytes().to_vec();
        };
        let [class, instruction, _, _] = command.header();
        if !self.image.activated {
            return StatusWord::INSTRUCTION_UNKNOWN.bytes().to_vec();
        }
        if instruction != 0xC0 {
            self.volatile.pending.clear();
            // VERIFY and CHANGE start the count anew themselves; the signature itself ends it.
            if !matches!(instruction, 0x20 | 0x24 | 0x2A) {
                self.volatile.since_verify = self.volatile.since_verify.map(|count| count.saturating_add(1));
            }
        }
        let answer = match (class, instruction) {
            (0x00, 0x20) => self.verify(&command),
            (0x00, 0x22) => self.set_environment(&command),
            (0x00, 0x24) => self.change_pin(&command),
            (0x00, 0x2A) => self.sign(&command),
            (0x00, 0x2C) => self.unblock(&command),
            (0x00, 0x88) => self.internal_authenticate(&command),
            (0x00, 0xA4) => self.select(&command),
            (0x00, 0xB0) => self.read_binary(&command),
            (0x00, 0xC0) => self.get_response(&command),
            (0x80, 0xB2) => self.read_record(&command),
            (0x80, 0xE4) => self.card_data(&command),
            (0x80, 0xE6) => self.log_off(&command),
            (0x00 | 0x80, _) => Err(StatusWord::INSTRUCTION_UNKNOWN),
            // Another logical channel.
            (0x01..=0x03 | 0x81..=0x83, _) => Err(StatusWord(0x6881)),
            _ => Err(StatusWord::CLASS_UNKNOWN),
        };
        match answer {
            Ok(mut data) => {
                let status = if self.volatile.pending.is_empty() || instruction == 0xB0 {
                    StatusWord::OK
                } else {
                    waiting(self.piece())
                };
                data.extend_from_slice(&status.bytes());
                data
            }
            Err(status) => status.bytes().to_vec(),
        }
    }

    fn select(&mut self, command: &Command) -> Answer {
        let [_, _, how, format] = command.header();
        if !matches!(format, 0x00 | 0x0C) {
            return Err(StatusWord::WRONG_PARAMETERS);
        }
        let target = match how {
            0x02 => {
                let [_, _] = command.data() else {
                    return Err(StatusWord::LC_INCONSISTENT);
                };
                let id = hex::encode_upper(command.data());
                if id == MASTER {
                    id
                } else {
                    format!("{}{id}", self.volatile.directory)
                }
            }
            0x04 => directory_of(command.data())
                .ok_or(StatusWord::NOT_FOUND)?
                .to_owned(),
            0x08 => {
                let path = hex::encode_upper(command.data());
                if path.is_empty() || !path.len().is_multiple_of(4) {
                    return Err(StatusWord::LC_INCONSISTENT);
                }
                if path.starts_with(MASTER) {
                    path
                } else {
                    format!("{MASTER}{path}")
                }
            }
            _ => return Err(StatusWord::WRONG_PARAMETERS),
        };
        if DIRECTORIES.contains(&target.as_str()) {
            self.volatile.directory = target;
            self.volatile.file = None;
        } else if self.image.files.contains_key(&target) {
            let parent = target.len().saturating_sub(4);
            target
                .get(..parent)
                .unwrap_or(MASTER)
                .clone_into(&mut self.volatile.directory);
            self.volatile.file = Some(target);
        } else {
            return Err(StatusWord::NOT_FOUND);
        }
        Ok(Vec::new())
    }

    fn current_file(&self) -> Result<&[u8], StatusWord> {
        let path = self.volatile.file.as_deref().ok_or(StatusWord::NO_CURRENT_FILE)?;
        self.image.file(path).ok_or(StatusWord::NO_CURRENT_FILE)
    }

    fn read_binary(&self, command: &Command) -> Answer {
        let [_, _, high, low] = command.header();
        if high & 0x80 != 0 {
            return Err(StatusWord::WRONG_OFFSET);
        }
        let file = self.current_file()?;
        let offset = usize::from(u16::from_be_bytes([high, low]));
        let rest = file
            .get(offset..)
            .filter(|rest| !rest.is_empty())
            .ok_or(StatusWord::WRONG_OFFSET)?;
        let wanted = command.expected().map_or(256, Le::count);
        rest.get(..wanted)
            .map(<[u8]>::to_vec)
            .ok_or_else(|| right_length(rest.len()))
    }

    /// READ RECORD of a TLV file: the records from the first tag to the last (applet 1.8 only).
    fn read_record(&mut self, command: &Command) -> Answer {
        if self.image.applet != Applet::V18 {
            return Err(StatusWord::INSTRUCTION_UNKNOWN);
        }
        let structured = matches!(
            self.volatile.file.as_deref(),
            Some("3F00DF014031" | "3F00DF014033")
        );
        let file = self.current_file()?;
        if !structured {
            return Err(StatusWord(0x6981));
        }
        let [_, _, first, last] = command.header();
        let mut found = Vec::new();
        let mut rest = file;
        while let [tag, length, more @ ..] = rest {
            let Some(value) = more.get(..usize::from(*length)) else {
                break;
            };
            if (first..=last).contains(tag) && !(*tag == 0 && *length == 0) {
                found.extend_from_slice(&[*tag, *length]);
                found.extend_from_slice(value);
            }
            rest = more.get(usize::from(*length)..).unwrap_or_default();
        }
        if found.is_empty() {
            return Err(StatusWord(0x6A83));
        }
        let wanted = command.expected().map_or(256, Le::count);
        let whole = command.expected().is_none_or(|expected| expected.byte() == 0);
        if !whole && wanted > found.len() {
            return Err(right_length(found.len()));
        }
        let rest = found.split_off(found.len().min(wanted));
        self.volatile.pending = rest;
        Ok(found)
    }

    fn card_data(&self, command: &Command) -> Answer {
        let [_, _, p1, p2] = command.header();
        let mut data = self.image.chip.0.clone();
        data.extend_from_slice(&self.image.applet.card_data_tail());
        match (p1, p2) {
            (0, 0) => {}
            (0, 1) if self.image.applet == Applet::V18 => {
                data.extend_from_slice(&[self.image.tries_left, 0xFF, 0xFF]);
            }
            _ => return Err(StatusWord::WRONG_OFFSET),
        }
        let wanted = command.expected().map_or(256, Le::count);
        if wanted == data.len() {
            Ok(data)
        } else {
            Err(right_length(data.len()))
        }
    }

    fn get_response(&mut self, command: &Command) -> Answer {
        let ready = self.piece().min(256);
        if ready == 0 {
            return Err(StatusWord::CONDITIONS);
        }
        let wanted = command.expected().map_or(256, Le::count);
        if wanted != ready {
            return Err(right_length(ready));
        }
        let rest = self.volatile.pending.split_off(ready);
        Ok(std::mem::replace(&mut self.volatile.pending, rest))
    }

    /// How much of what is pending the next GET RESPONSE gives.
    fn piece(&self) -> usize {
        let pending = self.volatile.pending.len();
        self.chunk.map_or(pending, |most| pending.min(usize::from(most)))
    }

    fn log_off(&mut self, command: &Command) -> Answer {
        let [_, _, p1, p2] = command.header();
        if (p1, p2) != (0, 0) {
            return Err(StatusWord::WRONG_OFFSET);
        }
        self.forget_rights();
        Ok(Vec::new())
    }

    fn forget_rights(&mut self) {
        self.volatile.authentication_right = false;
        self.volatile.right_before_last_verify = false;
        self.volatile.since_verify = None;
    }

    fn verify(&mut self, command: &Command) -> Answer {
        let [_, _, p1, reference] = command.header();
        if p1 != 0 {
            return Err(StatusWord::WRONG_PARAMETERS);
        }
        if reference != 1 {
            return Err(StatusWord::REFERENCE_NOT_FOUND);
        }
        if command.data().is_empty() && self.image.applet.empty_verify_is_a_question() {
            // A question is a command like any other: it counts between VERIFY and the signature.
            self.volatile.since_verify = self.volatile.since_verify.map(|count| count.saturating_add(1));
            return if self.image.tries_left == 0 {
                Err(StatusWord::PIN_BLOCKED)
            } else if self.volatile.authentication_right {
                Ok(Vec::new())
            } else {
                Err(tries(self.image.tries_left))
            };
        }
        if !matches!(command.data().len(), 0 | 8) {
            return Err(StatusWord::WRONG_LENGTH);
        }
        self.try_pin(command.data())?;
        self.grant();
        Ok(Vec::new())
    }

    /// Spends a try on `block`; a good one gives all tries back.
    fn try_pin(&mut self, block: &[u8]) -> Result<(), StatusWord> {
        if self.image.tries_left == 0 {
            return Err(StatusWord::PIN_BLOCKED);
        }
        self.changed = true;
        if block != pin_block(&self.image.pin) {
            self.image.tries_left = self.image.tries_left.saturating_sub(1);
            self.forget_rights();
            return Err(tries(self.image.tries_left));
        }
        self.image.tries_left = CardImage::PIN_TRIES;
        self.image.basic_key_uses = 0;
        Ok(())
    }

    fn grant(&mut self) {
        self.volatile.right_before_last_verify = self.volatile.authentication_right;
        self.volatile.authentication_right = true;
        let for_signature = self
            .volatile
            .environment
            .is_some_and(|environment| environment.key == SIGNATURE_KEY);
        self.volatile.since_verify = for_signature.then_some(0);
    }

    fn change_pin(&mut self, command: &Command) -> Answer {
        let [_, _, p1, reference] = command.header();
        if p1 != 0 {
            return Err(StatusWord::WRONG_PARAMETERS);
        }
        if reference != 1 {
            return Err(StatusWord::REFERENCE_NOT_FOUND);
        }
        let Some((old, new)) = command
            .data()
            .split_at_checked(8)
            .filter(|(_, new)| new.len() == 8)
        else {
            return Err(StatusWord::WRONG_LENGTH);
        };
        let digits = digits_of(new).ok_or(StatusWord::WRONG_DATA)?;
        self.try_pin(old)?;
        self.image.pin = digits;
        self.grant();
        Ok(Vec::new())
    }

    /// RESET RETRY COUNTER with both PUKs, on applets that have them.
    fn unblock(&mut self, command: &Command) -> Answer {
        let Some(code) = self
            .image
            .unblock
            .as_deref()
            .filter(|_| self.image.applet != Applet::V18)
        else {
            return Err(StatusWord::INSTRUCTION_UNKNOWN);
        };
        if command.data().len() != 8 {
            return Err(StatusWord::WRONG_LENGTH);
        }
        if self.image.unblock_tries == 0 {
            return Err(StatusWord::PIN_BLOCKED);
        }
        self.changed = true;
        if command.data() != pin_block(code) {
            self.image.unblock_tries = self.image.unblock_tries.saturating_sub(1);
            return Err(tries(self.image.unblock_tries));
        }
        self.image.unblock_tries = CardImage::PUK_TRIES;
        self.image.tries_left = CardImage::PIN_TRIES;
        Ok(Vec::new())
    }

    fn set_environment(&mut self, command: &Command) -> Answer {
        self.volatile.environment = None;
        let [_, _, p1, p2] = command.header();
        if (p1, p2) != (0x41, 0xB6) {
            return Err(StatusWord::WRONG_OFFSET);
        }
        let [0x04, 0x80, algorithm, 0x84, key] = command.data() else {
            let status = if command.data().len() == 5 {
                StatusWord::WRONG_DATA
            } else {
                StatusWord::WRONG_LENGTH
            };
            return Err(status);
        };
        let known: &[u8] = match self.image.applet {
            Applet::V10 | Applet::V11 => &[0x01, 0x02, 0x04],
            Applet::V17 => &[0x01, 0x02, 0x04, 0x08, 0x10, 0x20],
            Applet::V18 => &[0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40],
        };
        if !known.contains(algorithm) {
            return Err(StatusWord::WRONG_DATA);
        }
        match *key {
            0x81 => return Err(StatusWord::WRONG_DATA),
            AUTHENTICATION_KEY if self.keys.authentication.is_some() => {}
            SIGNATURE_KEY if self.keys.signature.is_some() => {}
            _ => return Err(StatusWord::REFERENCE_NOT_FOUND),
        }
        self.volatile.environment = Some(Environment {
            algorithm: *algorithm,
            key: *key,
        });
        Ok(Vec::new())
    }

    /// PSO: COMPUTE DIGITAL SIGNATURE.
    fn sign(&mut self, command: &Command) -> Answer {
        let [_, _, p1, p2] = command.header();
        if (p1, p2) != (0x9E, 0x9A) {
            return Err(StatusWord::WRONG_OFFSET);
        }
        let environment = self.volatile.environment.ok_or(StatusWord::CONDITIONS)?;
        if environment.key == SIGNATURE_KEY {
            let window = self.image.applet.commands_after_verify();
            let given = self.volatile.since_verify.take();
            if given.is_none_or(|since| since > window) {
                return Err(StatusWord::SECURITY_STATUS);
            }
            // WHY: a PIN given for a signature is used up by it, and does not count for authentication.
            self.volatile.authentication_right = self.volatile.right_before_last_verify;
        } else {
            self.volatile.since_verify = None;
            if !self.volatile.authentication_right {
                return Err(StatusWord::SECURITY_STATUS);
            }
        }
        let key = match environment.key {
            SIGNATURE_KEY => self.keys.signature.as_ref(),
            _ => self.keys.authentication.as_ref(),
        };
        let key = key.ok_or(StatusWord::CONDITIONS)?;
        let value = signature_value(key, environment.algorithm, command.data())?;
        self.volatile.pending = value;
        Ok(Vec::new())
    }

    /// INTERNAL AUTHENTICATE with the basic key (applet 1.8 only).
    fn internal_authenticate(&mut self, command: &Command) -> Answer {
        if self.image.applet != Applet::V18 {
            return Err(StatusWord::INSTRUCTION_UNKNOWN);
        }
        let [_, _, algorithm, reference] = command.header();
        if reference != 0x81 {
            return Err(StatusWord::REFERENCE_NOT_FOUND);
        }
        let (0x02, [0x94, 0x30, challenge @ ..]) = (algorithm, command.data()) else {
            return Err(StatusWord::WRONG_DATA);
        };
        let key = self.keys.basic.as_ref().ok_or(StatusWord::REFERENCE_NOT_FOUND)?;
        if challenge.len() != 48 {
            return Err(StatusWord::WRONG_LENGTH);
        }
        if self.image.basic_key_uses >= BASIC_KEY_LIMIT {
            return Err(StatusWord::CONDITIONS);
        }
        let value = ecdsa_value(key, challenge)?;
        self.image.basic_key_uses = self.image.basic_key_uses.saturating_add(1);
        self.changed = true;
        self.volatile.environment = None;
        self.volatile.pending = value;
        Ok(Vec::new())
    }
}

/// The signature over `data` by the card's algorithm number, in the card's own encoding.
fn signature_value(key: &PrivateKey, algorithm: u8, data: &[u8]) -> Answer {
    match key.public().kind() {
        KeyKind::Ec(_) => {
            let lengths: &[usize] = match algorithm {
                0x01 | 0x08 => &[32],
                0x02 | 0x10 => &[48],
                0x04 | 0x20 => &[64],
                _ => &[20, 28, 32, 48, 64],
            };
            if !lengths.contains(&data.len()) {
                return Err(StatusWord::WRONG_DATA);
            }
            ecdsa_value(key, data)
        }
        KeyKind::Rsa { .. } => {
            use HashAlgorithm::{Sha1, Sha256};
            use SignatureAlgorithm::{RsaPkcs1, RsaPss};
            let (scheme, digest) = match algorithm {
                0x01 => digest_info(data).ok_or(StatusWord::WRONG_DATA)?,
                0x02 => (RsaPkcs1(Sha1), data),
                0x08 => (RsaPkcs1(Sha256), data),
                0x10 => (RsaPss(Sha1), data),
                0x20 => (RsaPss(Sha256), data),
                // MD5: no program of today asks for it.
                _ => return Err(StatusWord::CONDITIONS),
            };
            if digest.len() != scheme.hash().output_bytes() {
                return Err(StatusWord::WRONG_LENGTH);
            }
            key.sign_digest(scheme, digest)
                .map_err(|_| StatusWord::CONDITIONS)
        }
    }
}

/// Raw `r‖s` over `data` used as the digest.
fn ecdsa_value(key: &PrivateKey, data: &[u8]) -> Answer {
    let KeyKind::Ec(curve) = key.public().kind() else {
        return Err(StatusWord::CONDITIONS);
    };
    let hash = match data.len() {
        20 => HashAlgorithm::Sha1,
        28 | 32 => HashAlgorithm::Sha256,
        48 => HashAlgorithm::Sha384,
        64 => HashAlgorithm::Sha512,
        _ => return Err(StatusWord::WRONG_DATA),
    };
    // A digest shorter than the curve's order is a number, so leading zeros change nothing.
    let mut digest = vec![0; hash.output_bytes().saturating_sub(data.len())];
    digest.extend_from_slice(data);
    let der = key
        .sign_digest(SignatureAlgorithm::Ecdsa(hash), &digest)
        .map_err(|_| StatusWord::CONDITIONS)?;
    ecdsa::der_to_raw(&der, curve).map_err(|_| StatusWord::CONDITIONS)
}

/// Hash and digest of a PKCS#1 DigestInfo with NULL parameters.
fn digest_info(data: &[u8]) -> Option<(SignatureAlgorithm, &[u8])> {
    const PREFIXES: [(HashAlgorithm, &[u8]); 4] = [
        (
            HashAlgorithm::Sha1,
            b"\x30\x21\x30\x09\x06\x05\x2B\x0E\x03\x02\x1A\x05\x00\x04\x14",
        ),
        (
            HashAlgorithm::Sha256,
            b"\x30\x31\x30\x0D\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20",
        ),
        (
            HashAlgorithm::Sha384,
            b"\x30\x41\x30\x0D\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\x04\x30",
        ),
        (
            HashAlgorithm::Sha512,
            b"\x30\x51\x30\x0D\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\x04\x40",
        ),
    ];
    PREFIXES
        .iter()
        .find_map(|(hash, prefix)| Some((SignatureAlgorithm::RsaPkcs1(*hash), data.strip_prefix(*prefix)?)))
}

fn directory_of(aid: &[u8]) -> Option<&'static str> {
    [
        (APPLET_AID, MASTER),
        (PKCS15_AID, "3F00DF00"),
        (IDENTITY_AID, "3F00DF01"),
    ]
    .into_iter()
    .find(|(known, _)| aid.len() >= 5 && known.starts_with(aid))
    .map(|(_, directory)| directory)
}

/// The PIN block of these digits: `2`, length, digits, filled with `F`.
pub(super) fn pin_block(digits: &str) -> Vec<u8> {
    let text = format!("2{:X}{digits:F<14}", digits.len());
    hex::decode(text).unwrap_or_default()
}

/// The digits in a PIN block, or `None` when it is malformed.
fn digits_of(block: &[u8]) -> Option<String> {
    let text = hex::encode_upper(block);
    let length = text
        .strip_prefix('2')
        .and_then(|rest| usize::from_str_radix(rest.get(..1)?, 16).ok())?;
    let digits = text.get(2..length.checked_add(2)?)?.to_owned();
    let fits = (4..=12).contains(&length) && digits.bytes().all(|byte| byte.is_ascii_digit());
    (fits && pin_block(&digits) == block).then_some(digits)
}

fn tries(left: u8) -> StatusWord {
    StatusWord(0x63C0 | u16::from(left & 0x0F))
}

/// `6C xx`, where more than 255 bytes are told as `00`.
fn right_length(length: usize) -> StatusWord {
    StatusWord(0x6C00 | u16::from(u8::try_from(length).unwrap_or(0)))
}

/// `61 xx`, where more than 255 bytes are told as `00`.
fn waiting(length: usize) -> StatusWord {
    StatusWord(0x6100 | u16::from(u8::try_from(length).unwrap_or(0)))
}
