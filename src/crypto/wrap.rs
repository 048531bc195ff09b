//! Keys at rest: AES-256-GCM under a key-encryption key that every instance of the service gets.

use openssl::symm::{Cipher, decrypt_aead, encrypt_aead};
use zeroize::Zeroizing;

use crate::base::random::{self, Random};
use crate::base::secret::Secret;

/// The key that wraps the boards' keys, 32 bytes, from a file or a credential.
pub struct KeyEncryptionKey(Zeroizing<[u8; 32]>);

/// Why something could not be wrapped or unwrapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WrapError {
    /// The key-encryption key is not 32 bytes, given raw or as 64 hex digits.
    #[error("a key-encryption key is 32 bytes, raw or as 64 hex digits")]
    KeyLength,
    /// Wrapped under another key, for another use, or changed.
    #[error("the wrapped value does not open with this key")]
    Refused,
}

const NONCE_BYTES: usize = 12;
const TAG_BYTES: usize = 16;

impl KeyEncryptionKey {
    /// Reads 32 raw bytes, or 64 hex digits with optional white space around them.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, WrapError> {
        if let Ok(raw) = <[u8; 32]>::try_from(bytes) {
            return Ok(Self(Zeroizing::new(raw)));
        }
        let mut key = Zeroizing::new([0_u8; 32]);
        hex::decode_to_slice(bytes.trim_ascii(), key.as_mut_slice()).map_err(|_| WrapError::KeyLength)?;
        Ok(Self(key))
    }

    /// `nonce ‖ ciphertext ‖ tag` of `secret`, bound to `purpose`, which must be given again to open it.
    ///
    /// The nonce is random, 96 bits: far fewer than 2³² values are ever wrapped under one key (SP 800-38D §8.3).
    pub fn wrap(&self, secret: &[u8], purpose: &str, random: &dyn Random) -> Result<Vec<u8>, WrapError> {
        let nonce: [u8; NONCE_BYTES] = random::bytes(random);
        let mut tag = [0_u8; TAG_BYTES];
        let sealed = encrypt_aead(
            Cipher::aes_256_gcm(),
            self.0.as_slice(),
            Some(&nonce),
            purpose.as_bytes(),
            secret,
            &mut tag,
        )
        .map_err(|_| WrapError::Refused)?;
        Ok([&nonce[..], &sealed, &tag].concat())
    }

    /// The secret that was wrapped for `purpose`.
    pub fn unwrap(&self, wrapped: &[u8], purpose: &str) -> Result<Secret<Vec<u8>>, WrapError> {
        let body = wrapped.len().checked_sub(TAG_BYTES).ok_or(WrapError::Refused)?;
        let (front, tag) = wrapped.split_at_checked(body).ok_or(WrapError::Refused)?;
        let (nonce, sealed) = front.split_at_checked(NONCE_BYTES).ok_or(WrapError::Refused)?;
        decrypt_aead(
            Cipher::aes_256_gcm(),
            self.0.as_slice(),
            Some(nonce),
            purpose.as_bytes(),
            sealed,
            tag,
        )
        .map(Secret::new)
        .map_err(|_| WrapError::Refused)
    }
}

impl std::fmt::Debug for KeyEncryptionKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeyEncryptionKey")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::random::SeededRandom;

    #[test]
    fn opens_only_with_its_key_its_purpose_and_unchanged() {
        let kek = KeyEncryptionKey::from_bytes(&[7; 32]).unwrap();
        let wrapped = kek
            .wrap(b"private key", "board:signing", &SeededRandom::new(1))
            .unwrap();
        assert_eq!(
            kek.unwrap(&wrapped, "board:signing").unwrap().expose(),
            b"private key"
        );
        assert_eq!(
            kek.unwrap(&wrapped, "board:token").unwrap_err(),
            WrapError::Refused
        );
        let other = KeyEncryptionKey::from_bytes(&[8; 32]).unwrap();
        assert_eq!(
            other.unwrap(&wrapped, "board:signing").unwrap_err(),
            WrapError::Refused
        );
        for index in 0..wrapped.len() {
            let mut changed = wrapped.clone();
            changed[index] ^= 1;
            assert!(kek.unwrap(&changed, "board:signing").is_err(), "{index}");
        }
        for length in 0..28 {
            assert!(kek.unwrap(&wrapped[..length], "board:signing").is_err());
        }
    }

    #[test]
    fn a_key_is_32_bytes_or_64_hex_digits() {
        let hex = "07".repeat(32) + "\n";
        let from_hex = KeyEncryptionKey::from_bytes(hex.as_bytes()).unwrap();
        assert_eq!(from_hex.0.as_slice(), &[7; 32]);
        assert_eq!(
            KeyEncryptionKey::from_bytes(&[7; 31]).unwrap_err(),
            WrapError::KeyLength
        );
    }
}
