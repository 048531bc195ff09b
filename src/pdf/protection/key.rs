//! From a password to the file's key: the standard security handler. ISO 32000-2 §7.6.4.

use openssl::symm::Mode;
use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

use super::cipher::{block, cbc, md5, rc4};
use super::dictionary::{Parameters, Secrets};
use crate::base::digest::HashAlgorithm;
use crate::base::secret::constant_time_eq;

/// What a shorter password is filled up with. ISO 32000-2 §7.6.4.3.2, algorithm 2 step a.
const PADDING: [u8; 32] = [
    0x28, 0xBF, 0x4E, 0x5E, 0x4E, 0x75, 0x8A, 0x41, 0x64, 0x00, 0x4E, 0x56, 0xFF, 0xFA, 0x01, 0x08, 0x2E,
    0x2E, 0x00, 0xB6, 0xD0, 0x68, 0x3E, 0x80, 0x2F, 0x0C, 0xA9, 0xFE, 0x64, 0x53, 0x69, 0x7A,
];
/// Longest password of revisions 5 and 6, in bytes of UTF-8. Algorithm 2.A step a.
const PASSWORD_LIMIT: usize = 127;
/// Fewest rounds of the hash of revision 6. Algorithm 2.B.
const ROUNDS: u32 = 64;
/// Most: its end depends on a byte that is at most 255, and one of round 287 ends it whatever its value.
const ROUNDS_LIMIT: u32 = 288;

/// As whom a password opens a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// As its owner: no permission is missing.
    Owner,
    /// As one whom `/P` tells what is allowed.
    User,
}

/// A key with what it came from.
pub(super) type Opened = (Zeroizing<Vec<u8>>, Access);

/// Why no password was tried to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyFault {
    /// This computer has no MD5.
    NoMd5,
    /// `/Perms` does not say what `/P` and `/EncryptMetadata` say.
    Permissions,
}

/// The key that `password` opens, if it is one of the file's two.
///
/// `identifier`: the first half of `/ID`.
pub(super) fn open(
    parameters: &Parameters,
    identifier: &[u8],
    password: &[u8],
) -> Result<Option<Opened>, KeyFault> {
    match &parameters.secrets {
        Secrets::Old { owner, user } => {
            for password in single_byte_forms(password) {
                let padded = padded(&password);
                let old = Old {
                    parameters,
                    identifier,
                    owner,
                    user,
                };
                if let Some(found) = old.open(&padded)? {
                    return Ok(Some(found));
                }
            }
            Ok(None)
        }
        Secrets::New {
            owner,
            user,
            owner_key,
            user_key,
            permissions,
        } => {
            for password in unicode_forms(password) {
                let user_data: &[u8] = user;
                let found = new_key(parameters.revision, &password, owner, owner_key, user_data)
                    .map(|key| (key, Access::Owner))
                    .or_else(|| {
                        new_key(parameters.revision, &password, user, user_key, &[])
                            .map(|key| (key, Access::User))
                    });
                if let Some((key, access)) = found {
                    let stated = block(&key, permissions);
                    if !stated.is_some_and(|stated| agrees(&stated, parameters)) {
                        return Err(KeyFault::Permissions);
                    }
                    return Ok(Some((key, access)));
                }
            }
            Ok(None)
        }
    }
}

/// Revisions 2 to 4.
struct Old<'a> {
    parameters: &'a Parameters,
    identifier: &'a [u8],
    owner: &'a [u8; 32],
    user: &'a [u8; 32],
}

impl Old<'_> {
    /// As the owner first: who is both is the owner.
    fn open(&self, padded: &[u8; 32]) -> Result<Option<Opened>, KeyFault> {
        let inner = Zeroizing::new(self.user_password(padded)?);
        if let Some(key) = self.user_key(&inner[..])? {
            return Ok(Some((key, Access::Owner)));
        }
        Ok(self.user_key(padded)?.map(|key| (key, Access::User)))
    }

    const fn hardened(&self) -> bool {
        self.parameters.revision >= 3
    }

    /// Algorithm 7: the user's password out of `/O`.
    fn user_password(&self, padded: &[u8; 32]) -> Result<[u8; 32], KeyFault> {
        let mut key = digest(&[padded])?;
        if self.hardened() {
            for _ in 0..50 {
                key = digest(&[&key])?;
            }
        }
        let key = key.get(..self.parameters.key_bytes).unwrap_or(&key);
        let mut data = *self.owner;
        let last = if self.hardened() { 19 } else { 0 };
        for step in (0..=last).rev() {
            let opened = rc4(&mixed(key, step), &data);
            data.iter_mut()
                .zip(opened)
                .for_each(|(place, byte)| *place = byte);
        }
        Ok(data)
    }

    /// Algorithm 2, and 6 that checks what it gave.
    fn user_key(&self, padded: &[u8]) -> Result<Option<Zeroizing<Vec<u8>>>, KeyFault> {
        let parameters = self.parameters;
        let bits = parameters.permissions.to_le_bytes();
        let open_metadata: &[u8] = if parameters.revision >= 4 && !parameters.encrypt_metadata {
            &[0xFF; 4]
        } else {
            &[]
        };
        let mut key = digest(&[padded, self.owner, &bits, self.identifier, open_metadata])?;
        key.truncate(parameters.key_bytes);
        if self.hardened() {
            for _ in 0..50 {
                key = digest(&[&key])?;
                key.truncate(parameters.key_bytes);
            }
        }
        let holds = if self.hardened() {
            let mut check = digest(&[&PADDING, self.identifier])?.to_vec();
            for step in 0..=19 {
                check = rc4(&mixed(&key, step), &check);
            }
            self.user
                .get(..16)
                .is_some_and(|user| constant_time_eq(user, &check))
        } else {
            constant_time_eq(self.user, &rc4(&key, &PADDING))
        };
        Ok(holds.then_some(key))
    }
}

fn digest(parts: &[&[u8]]) -> Result<Zeroizing<Vec<u8>>, KeyFault> {
    md5(parts).ok_or(KeyFault::NoMd5)
}

fn mixed(key: &[u8], step: u8) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(key.iter().map(|byte| byte ^ step).collect())
}

fn padded(password: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut padded = Zeroizing::new([0; 32]);
    let filled = password.iter().chain(&PADDING);
    padded
        .iter_mut()
        .zip(filled)
        .for_each(|(place, byte)| *place = *byte);
    padded
}

/// Algorithm 2.A for one of the two passwords: `check` is hash, validation salt and key salt.
fn new_key(
    revision: u8,
    password: &[u8],
    check: &[u8; 48],
    sealed: &[u8; 32],
    user_data: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let (hash, salts) = check.split_at_checked(32)?;
    let (validation, key) = salts.split_at_checked(8)?;
    let made = new_hash(revision, password, validation, user_data)?;
    if !constant_time_eq(&made, hash) {
        return None;
    }
    let intermediate = new_hash(revision, password, key, user_data)?;
    cbc(Mode::Decrypt, &intermediate, &[0; 16], sealed)
}

/// Algorithm 2.B; its first line alone is that of revision 5.
fn new_hash(revision: u8, password: &[u8], salt: &[u8], user_data: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let start = Zeroizing::new([password, salt, user_data].concat());
    let mut key = Zeroizing::new(HashAlgorithm::Sha256.digest(&start));
    if revision < 6 {
        return Some(key);
    }
    for round in 0..ROUNDS_LIMIT {
        let once = Zeroizing::new([password, &key, user_data].concat());
        let many = Zeroizing::new(once.repeat(64));
        let sealed = cbc(Mode::Encrypt, key.get(..16)?, key.get(16..32)?, &many)?;
        // The first sixteen bytes as one number, modulo 3: 256 is 1 modulo 3, so the sum of the bytes does.
        let sum: u32 = sealed.get(..16)?.iter().map(|byte| u32::from(*byte)).sum();
        let algorithm = match sum % 3 {
            0 => HashAlgorithm::Sha256,
            1 => HashAlgorithm::Sha384,
            _ => HashAlgorithm::Sha512,
        };
        key = Zeroizing::new(algorithm.digest(&sealed));
        let last = u32::from(*sealed.last()?);
        if round >= ROUNDS.saturating_sub(1) && last <= round.saturating_add(1).saturating_sub(32) {
            break;
        }
    }
    key.truncate(32);
    Some(key)
}

/// Algorithm 13: what the key was sealed with says the same as what stands open in the file.
fn agrees(stated: &[u8], parameters: &Parameters) -> bool {
    let flag = if parameters.encrypt_metadata { b'T' } else { b'F' };
    stated.get(..4) == Some(&parameters.permissions.to_le_bytes()[..])
        && stated.get(8) == Some(&flag)
        && stated.get(9..12) == Some(b"adb")
}

/// The password as bytes of PDFDocEncoding where it has a form there, and as it came. ISO 32000-2 §7.6.4.3.2.
fn single_byte_forms(password: &[u8]) -> Vec<Zeroizing<Vec<u8>>> {
    let mut forms = vec![Zeroizing::new(password.to_vec())];
    if let Ok(text) = std::str::from_utf8(password)
        && !text.is_ascii()
    {
        // Latin-1 and the encoding agree on what it has above 0xA0.
        let latin: Option<Vec<u8>> = text
            .chars()
            .map(|letter| {
                u8::try_from(u32::from(letter))
                    .ok()
                    .filter(|byte| *byte < 0x80 || *byte > 0xA0)
            })
            .collect();
        if let Some(latin) = latin {
            forms.insert(0, Zeroizing::new(latin));
        }
    }
    forms
}

/// The password prepared as RFC 4013 asks (letters composed, odd spaces made plain), and as it came: not every
/// writer prepares it.
fn unicode_forms(password: &[u8]) -> Vec<Zeroizing<Vec<u8>>> {
    let cut = |bytes: &[u8]| Zeroizing::new(bytes.iter().copied().take(PASSWORD_LIMIT).collect::<Vec<u8>>());
    let mut forms = vec![cut(password)];
    if let Ok(text) = std::str::from_utf8(password)
        && !text.is_ascii()
    {
        let prepared: Zeroizing<String> = Zeroizing::new(
            text.chars()
                .filter(|letter| *letter != '\u{AD}')
                .map(|letter| if letter.is_whitespace() { ' ' } else { letter })
                .nfkc()
                .collect(),
        );
        let prepared = cut(prepared.as_bytes());
        if forms.first() != Some(&prepared) {
            forms.insert(0, prepared);
        }
    }
    forms
}
