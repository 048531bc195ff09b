//! The PIV application's state machine (NIST SP 800-73-4 part 2; reference belgian-eid-card §19.1).

use super::token::{Answer, TokenCard};
use super::token_image::{Manner, SecretCode};
use crate::asn1::write::element;
use crate::base::digest::HashAlgorithm;
use crate::card::apdu::{Command, StatusWord};
use crate::crypto::algorithm::SignatureAlgorithm;
use crate::crypto::key::{Curve, KeyKind, PrivateKey};

/// What a reset makes the application forget.
#[derive(Debug, Default)]
pub(super) struct PivState {
    selected: bool,
    verified: bool,
    /// The command before this one was a good VERIFY.
    just_verified: bool,
}

const APPLICATION: [u8; 11] = [0xA0, 0x00, 0x00, 0x03, 0x08, 0x00, 0x00, 0x10, 0x00, 0x01, 0x00];
const PIN: u8 = 0x80;
const PUK: u8 = 0x81;
const GLOBAL: u8 = 0x00;
const SIGNATURE_KEY: u8 = 0x9C;
const CARD_KEY: u8 = 0x9E;

impl TokenCard {
    pub(super) fn piv_answer(&mut self, command: &Command) -> Answer {
        let [_, instruction, p1, p2] = command.header();
        let fresh = std::mem::replace(&mut self.piv.just_verified, false);
        if instruction == 0xA4 {
            return self.piv_select(command);
        }
        if !self.piv.selected {
            return Err(StatusWord::INSTRUCTION_UNKNOWN);
        }
        match (instruction, p1, p2) {
            (0x20, _, _) => self.piv_verify(command),
            (0x24, 0x00, _) => self.piv_change(command),
            (0x2C, 0x00, _) => self.piv_unblock(command),
            (0x87, _, _) => self.piv_authenticate(command, fresh),
            (0xCB, 0x3F, 0xFF) => self.piv_object(command),
            (0xFD | 0xF8 | 0xF7, _, _) => self.yubikey(command),
            (0x24 | 0x2C | 0xCB, _, _) => Err(StatusWord::WRONG_PARAMETERS),
            _ => Err(StatusWord::INSTRUCTION_UNKNOWN),
        }
    }

    fn piv_select(&mut self, command: &Command) -> Answer {
        let [_, _, how, _] = command.header();
        // At least registered provider and application: a shorter name would be of others too.
        let known = how == 0x04 && command.data().len() >= 9 && APPLICATION.starts_with(command.data());
        if !known {
            return Err(StatusWord::NOT_FOUND);
        }
        self.piv.selected = true;
        if self.image.does(Manner::ForgetsWhenSelected) {
            self.piv.verified = false;
        }
        let mut suffix = APPLICATION.get(5..).unwrap_or_default().to_vec();
        if self.image.does(Manner::OtherAid) {
            suffix = vec![0; 6];
        }
        let provider = APPLICATION.get(..5).unwrap_or_default();
        let authority = element(0x79, &element(0x4F, provider));
        let content = [
            element(0x4F, &suffix),
            authority,
            element(0x50, b"TEST PIV Card Application"),
        ]
        .concat();
        Ok(element(0x61, &content))
    }

    fn piv_object(&self, command: &Command) -> Answer {
        let [0x5C, length, tag @ ..] = command.data() else {
            return Err(StatusWord::WRONG_DATA);
        };
        if usize::from(*length) != tag.len() {
            return Err(StatusWord::WRONG_DATA);
        }
        match self.image.object(&hex::encode_upper(tag)) {
            Some(object) => Ok(object.to_vec()),
            None if self.image.does(Manner::EmptyObjects) => Ok(vec![0x53, 0x00]),
            None => Err(StatusWord::NOT_FOUND),
        }
    }

    /// The PIN that `reference` means: the application's own, or the global one where it is the one in use.
    fn piv_code(&mut self, reference: u8) -> Result<&mut SecretCode, StatusWord> {
        let wanted = if self.image.does(Manner::GlobalPin) {
            GLOBAL
        } else {
            PIN
        };
        match reference {
            PUK => Ok(&mut self.image.puk),
            reference if reference == wanted => Ok(&mut self.image.pin),
            _ => Err(StatusWord::REFERENCE_NOT_FOUND),
        }
    }

    fn wrong(&self, left: u8) -> StatusWord {
        if self.image.does(Manner::PlainCounter) && left > 0 {
            return StatusWord(0x6300 | u16::from(left));
        }
        StatusWord(0x63C0 | u16::from(left))
    }

    /// Spends a try of the code `reference` on `block`; a good one gives all tries back.
    fn piv_try(&mut self, reference: u8, block: &[u8]) -> Result<(), StatusWord> {
        if !well_formed(block) {
            return Err(StatusWord::WRONG_DATA);
        }
        let code = self.piv_code(reference)?;
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
        if reference != PUK {
            self.piv.verified = false;
        }
        Err(if left == 0 {
            StatusWord::PIN_BLOCKED
        } else {
            self.wrong(left)
        })
    }

    fn piv_verify(&mut self, command: &Command) -> Answer {
        let [_, _, p1, reference] = command.header();
        if reference == PUK {
            return Err(StatusWord::REFERENCE_NOT_FOUND);
        }
        let left = self.piv_code(reference)?.left;
        match (p1, command.data()) {
            (0xFF, []) if !self.image.does(Manner::NoLogOff) => {
                self.piv.verified = false;
                Ok(Vec::new())
            }
            (0x00, []) if self.piv.verified && !self.image.does(Manner::HidesVerified) => Ok(Vec::new()),
            (0x00, []) if left == 0 => Err(StatusWord::PIN_BLOCKED),
            (0x00, []) => Err(self.wrong(left)),
            (0x00, block) => {
                self.piv_try(reference, block)?;
                self.piv.verified = true;
                self.piv.just_verified = true;
                Ok(Vec::new())
            }
            _ => Err(StatusWord::WRONG_PARAMETERS),
        }
    }

    fn piv_change(&mut self, command: &Command) -> Answer {
        let [_, _, _, reference] = command.header();
        let (old, new) = halves(command.data())?;
        self.piv_try(reference, old)?;
        self.piv_code(reference)?.value = digits_of(new);
        Ok(Vec::new())
    }

    fn piv_unblock(&mut self, command: &Command) -> Answer {
        let [_, _, _, reference] = command.header();
        let (puk, new) = halves(command.data())?;
        self.piv_code(reference)?;
        self.piv_try(PUK, puk)?;
        let code = self.piv_code(reference)?;
        code.value = digits_of(new);
        code.left = code.total;
        self.changed = true;
        Ok(Vec::new())
    }

    /// GENERAL AUTHENTICATE: the key's answer to a challenge.
    fn piv_authenticate(&mut self, command: &Command, just_verified: bool) -> Answer {
        let [_, _, algorithm, reference] = command.header();
        let key = self.keys.0.get(&reference).ok_or(StatusWord::WRONG_PARAMETERS)?;
        let may = match reference {
            CARD_KEY => true,
            // The PIN immediately before each use.
            SIGNATURE_KEY => self.piv.verified && just_verified,
            _ => self.piv.verified,
        };
        if !may || self.image.does(Manner::Untouched) {
            return Err(StatusWord::SECURITY_STATUS);
        }
        let challenge = challenge_in(command.data()).ok_or(StatusWord::WRONG_DATA)?;
        let value = answer_of(key, algorithm, challenge, self.image.does(Manner::WholeField))?;
        Ok(element(0x7C, &element(0x82, &value)))
    }

    fn yubikey(&mut self, command: &Command) -> Answer {
        let version = self.image.yubikey.ok_or(StatusWord::INSTRUCTION_UNKNOWN)?;
        let [_, instruction, _, reference] = command.header();
        match instruction {
            0xFD => Ok(version.to_vec()),
            0xF8 if version >= [5, 0, 0] => Ok(self.image.serial.0.get(..4).unwrap_or_default().to_vec()),
            0xF7 if version >= [5, 3, 0] => match reference {
                SIGNATURE_KEY | 0x9A | 0x9D | CARD_KEY => {
                    let key = self
                        .keys
                        .0
                        .get(&reference)
                        .ok_or(StatusWord::REFERENCE_NOT_FOUND)?;
                    let pin = if reference == SIGNATURE_KEY { 3 } else { 2 };
                    let touch = if self.image.does(Manner::Untouched) { 2 } else { 1 };
                    Ok([
                        element(0x01, &[algorithm_of(key)]),
                        element(0x02, &[pin, touch]),
                        element(0x03, &[2]),
                    ]
                    .concat())
                }
                reference => {
                    let default = if reference == PUK { "12345678" } else { "123456" };
                    let code = self.piv_code(reference)?;
                    Ok([
                        element(0x01, &[0xFF]),
                        element(0x05, &[u8::from(code.value == default)]),
                        element(0x06, &[code.total, code.left]),
                    ]
                    .concat())
                }
            },
            _ => Err(StatusWord::INSTRUCTION_UNKNOWN),
        }
    }
}

/// Algorithm identifier of a key.
fn algorithm_of(key: &PrivateKey) -> u8 {
    match key.public().kind() {
        KeyKind::Ec(Curve::P256) => 0x11,
        KeyKind::Ec(_) => 0x14,
        KeyKind::Rsa { bits: 1024 } => 0x06,
        KeyKind::Rsa { bits: 3072 } => 0x05,
        KeyKind::Rsa { bits: 4096 } => 0x16,
        KeyKind::Rsa { .. } => 0x07,
    }
}

/// The private-key operation on `input`: bare RSA on a whole block, ECDSA in DER.
fn answer_of(key: &PrivateKey, algorithm: u8, input: &[u8], whole_field: bool) -> Answer {
    if algorithm != algorithm_of(key) {
        return Err(StatusWord::WRONG_PARAMETERS);
    }
    match key.public().kind() {
        KeyKind::Rsa { .. } => key.bare_rsa(input).map_err(|_| StatusWord::WRONG_DATA),
        KeyKind::Ec(curve) => {
            let field = curve.field_bytes();
            if input.is_empty() || input.len() > field || (whole_field && input.len() != field) {
                return Err(StatusWord::WRONG_DATA);
            }
            let hash = match curve {
                Curve::P256 => HashAlgorithm::Sha256,
                Curve::P384 => HashAlgorithm::Sha384,
                Curve::P521 => return Err(StatusWord::WRONG_DATA),
            };
            let mut digest = vec![0; field.saturating_sub(input.len())];
            digest.extend_from_slice(input);
            key.sign_digest(SignatureAlgorithm::Ecdsa(hash), &digest)
                .map_err(|_| StatusWord::CONDITIONS)
        }
    }
}

/// The challenge in a dynamic authentication template that asks for a response.
fn challenge_in(template: &[u8]) -> Option<&[u8]> {
    use crate::asn1::read::{Rules, single};
    let mut parts = single(template, Rules::Ber)
        .ok()
        .filter(|element| element.tag() == 0x7C)?
        .inside()
        .ok()?;
    let (mut challenge, mut asked) = (None, false);
    while let Some(part) = parts.next().ok()? {
        match part.tag() {
            0x81 => challenge = Some(part.content()),
            0x82 => asked = part.content().is_empty(),
            _ => return None,
        }
    }
    challenge.filter(|_| asked)
}

/// The block of these digits: ASCII, `FF` up to eight bytes.
fn block_of(digits: &str) -> Vec<u8> {
    let mut block = digits.as_bytes().to_vec();
    block.resize(block.len().max(8), 0xFF);
    block
}

/// Six to eight digits and `FF`.
fn well_formed(block: &[u8]) -> bool {
    let digits = block.iter().take_while(|byte| byte.is_ascii_digit()).count();
    block.len() == 8 && digits >= 6 && block.iter().skip(digits).all(|byte| *byte == 0xFF)
}

fn digits_of(block: &[u8]) -> String {
    block
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .map(|byte| char::from(*byte))
        .collect()
}

/// Two blocks of eight bytes, the second well formed.
fn halves(data: &[u8]) -> Result<(&[u8], &[u8]), StatusWord> {
    let (first, second) = data
        .split_at_checked(8)
        .filter(|(_, second)| second.len() == 8)
        .ok_or(StatusWord::WRONG_LENGTH)?;
    if well_formed(second) {
        Ok((first, second))
    } else {
        Err(StatusWord::WRONG_DATA)
    }
}
