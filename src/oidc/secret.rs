//! Random values handed to clients and browsers, and the hashes that are stored of them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::base::digest::Sha256Digest;
use crate::base::random::{self, Random};
use crate::base::secret::{Secret, constant_time_eq};

/// A random value of 256 bits in base64url, 43 characters: a code, a token, a cookie, a client's secret.
///
/// The store keeps its hash alone. With 256 bits of randomness an unsalted SHA-256 cannot be turned back.
pub struct Opaque(Secret<String>);

impl Opaque {
    /// A new value.
    pub fn generate(random: &dyn Random) -> Self {
        Self(Secret::new(URL_SAFE_NO_PAD.encode(random::bytes::<32>(random))))
    }

    /// Takes a value that came from outside into custody. Any text will do: only its hash is compared.
    pub fn from_text(text: &str) -> Self {
        Self(Secret::new(text.to_owned()))
    }

    /// Lends the text, to be sent to the one party it is for.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// What the store keeps.
    pub fn hash(&self) -> SecretHash {
        SecretHash(Sha256Digest::of(self.expose().as_bytes()).0)
    }
}

impl std::fmt::Debug for Opaque {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Opaque")
    }
}

/// SHA-256 of an [`Opaque`] value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SecretHash(pub [u8; 32]);

impl SecretHash {
    /// Whether `value` hashes to this, in constant time.
    pub fn is_of(&self, value: &Opaque) -> bool {
        constant_time_eq(&self.0, &value.hash().0)
    }
}

impl std::fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretHash")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::random::SeededRandom;

    #[test]
    fn a_value_is_256_bits_and_is_never_shown() {
        let random = SeededRandom::new(1);
        let (one, two) = (Opaque::generate(&random), Opaque::generate(&random));
        assert_eq!(one.expose().len(), 43);
        assert!(one.hash().is_of(&one) && !one.hash().is_of(&two));
        assert_eq!(format!("{one:?} {:?}", one.hash()), "Opaque SecretHash");
    }
}
