//! Public and private keys behind the one seam for verifying and signing. OpenSSL signs; `verify` says who verifies.

use std::fmt;
use std::sync::Arc;

use openssl::ec::{EcGroup, EcKey};
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private, Public};
use openssl::rsa::{Padding, Rsa};
use openssl::sign::RsaPssSaltlen;

use super::algorithm::SignatureAlgorithm;
use super::verify::Verifier;
use crate::asn1::read::{self, Reader, Rules};
use crate::asn1::write::tag;
use crate::base::digest::HashAlgorithm;
use crate::base::secret::Secret;

/// A named curve over a prime field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub enum Curve {
    /// NIST P-256, secp256r1.
    P256,
    /// NIST P-384, secp384r1: every Belgian card since applet 1.8.
    P384,
    /// NIST P-521, secp521r1.
    P521,
}

impl Curve {
    /// Length of a field element in bytes: half of a raw signature value.
    pub const fn field_bytes(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }

    /// The hash that goes with the curve in JOSE and by default elsewhere.
    pub const fn natural_hash(self) -> HashAlgorithm {
        match self {
            Self::P256 => HashAlgorithm::Sha256,
            Self::P384 => HashAlgorithm::Sha384,
            Self::P521 => HashAlgorithm::Sha512,
        }
    }

    const fn nid(self) -> Nid {
        match self {
            Self::P256 => Nid::X9_62_PRIME256V1,
            Self::P384 => Nid::SECP384R1,
            Self::P521 => Nid::SECP521R1,
        }
    }
}

/// What a key is, as far as policies and encodings care.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub enum KeyKind {
    /// Elliptic curve.
    Ec(Curve),
    /// RSA with a modulus of so many bits.
    Rsa {
        /// Modulus length.
        bits: u32,
    },
}

impl KeyKind {
    /// The kind of a key from its SubjectPublicKeyInfo in DER, without decoding the key; `None` for anything but RSA of
    /// 512 to 16 384 bits and EC on P-256, P-384 or P-521 as a named curve.
    ///
    /// Source: RFC 3279 §2.3.1, RFC 5480 §2.1.1.
    pub fn of_spki_der(spki_der: &[u8]) -> Option<Self> {
        const RSA: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 1];
        const EC: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 2, 1];
        let mut info = read::single(spki_der, Rules::Der).ok()?.inside().ok()?;
        let mut algorithm = info.expect(tag::SEQUENCE).ok()?.inside().ok()?;
        let bits = info.expect(tag::BIT_STRING).ok()?.bit_octets().ok()?;
        info.finish().ok()?;
        let id = algorithm.expect(tag::OID).ok()?;
        let parameters = algorithm.next().ok()?;
        match id.content() {
            RSA => {
                let modulus = Reader::new(bits, Rules::Der).sequence().ok()?.any().ok()?;
                let digits = modulus.integer_content().ok()?;
                let digits = digits.strip_prefix(&[0]).unwrap_or(digits);
                let leading = digits.first()?.leading_zeros();
                let whole = u32::try_from(digits.len()).ok()?.checked_mul(8)?;
                let bits = whole.checked_sub(leading)?;
                (512..=16_384).contains(&bits).then_some(Self::Rsa { bits })
            }
            EC => match parameters?.content() {
                [0x2A, 0x86, 0x48, 0xCE, 0x3D, 3, 1, 7] => Some(Self::Ec(Curve::P256)),
                [0x2B, 0x81, 4, 0, 34] => Some(Self::Ec(Curve::P384)),
                [0x2B, 0x81, 4, 0, 35] => Some(Self::Ec(Curve::P521)),
                _ => None,
            },
            _ => None,
        }
    }

    /// The algorithm zegel signs with when nothing else is asked: the curve's own hash, or PKCS#1 with SHA-256.
    pub const fn default_algorithm(self) -> SignatureAlgorithm {
        match self {
            Self::Ec(curve) => SignatureAlgorithm::Ecdsa(curve.natural_hash()),
            Self::Rsa { .. } => SignatureAlgorithm::RsaPkcs1(HashAlgorithm::Sha256),
        }
    }

    /// Whether a key of this kind can make signatures of `algorithm`.
    pub fn fits(self, algorithm: SignatureAlgorithm) -> bool {
        match (self, algorithm) {
            (Self::Ec(_), SignatureAlgorithm::Ecdsa(_))
            | (Self::Rsa { .. }, SignatureAlgorithm::RsaPkcs1(_) | SignatureAlgorithm::RsaPss(_)) => true,
            // RFC 8017 §9.1.1, step 3: hash, salt and two octets are within emLen.
            (Self::Rsa { bits }, SignatureAlgorithm::RsaPssSalted(hash, salt)) => {
                let encoded = usize::try_from(bits.saturating_sub(1).div_ceil(8)).unwrap_or(0);
                let room = encoded.checked_sub(hash.output_bytes().saturating_add(2));
                room.is_some_and(|room| usize::from(salt) <= room)
            }
            _ => false,
        }
    }
}

/// Why a key or a signature was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The bytes are no key of a kind zegel knows.
    #[error("unknown or malformed key")]
    Malformed,
    /// The key cannot make or check signatures of that algorithm.
    #[error("the key does not fit the algorithm")]
    Mismatch,
    /// The signature does not verify.
    #[error("the signature does not verify")]
    Invalid,
    /// The private key could not sign.
    #[error("the key could not sign")]
    Signing,
}

/// A public key, parsed once. Cloning is cheap.
#[derive(Clone)]
pub struct PublicKey {
    inner: Arc<Inner>,
}

struct Inner {
    verifier: Verifier,
    kind: KeyKind,
    spki_der: Vec<u8>,
}

impl PublicKey {
    /// Reads a SubjectPublicKeyInfo in DER.
    ///
    /// # Errors
    /// `Malformed` for anything but RSA of 512 to 16 384 bits and EC on P-256, P-384 or P-521 as a named curve.
    pub fn from_spki_der(spki_der: &[u8]) -> Result<Self, KeyError> {
        let kind = KeyKind::of_spki_der(spki_der).ok_or(KeyError::Malformed)?;
        Ok(Self {
            inner: Arc::new(Inner {
                verifier: Verifier::new(spki_der, kind)?,
                kind,
                spki_der: spki_der.to_vec(),
            }),
        })
    }

    /// RSA or EC, and how large.
    pub fn kind(&self) -> KeyKind {
        self.inner.kind
    }

    /// The SubjectPublicKeyInfo it was read from.
    pub fn spki_der(&self) -> &[u8] {
        &self.inner.spki_der
    }

    /// Checks `signature` over `message`.
    ///
    /// `signature`: DER `SEQUENCE { r, s }` for EC (strict), octets of exactly the modulus length for RSA.
    ///
    /// # Errors
    /// `Mismatch` when key and algorithm do not fit, `Invalid` when it does not verify.
    ///
    /// Source: FIPS 186-5; RFC 8017 §8.1.2 and §8.2.2, whose length check refuses a value that lost its leading
    /// zero octet.
    pub fn verify(
        &self,
        algorithm: SignatureAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), KeyError> {
        self.verify_digest(algorithm, &algorithm.hash().digest(message), signature)
    }

    /// Checks `signature` over a message whose digest, by the algorithm's own hash, is `digest`.
    ///
    /// # Errors
    /// As [`Self::verify`]; `Mismatch` also when the digest has another length than its hash gives.
    pub fn verify_digest(
        &self,
        algorithm: SignatureAlgorithm,
        digest: &[u8],
        signature: &[u8],
    ) -> Result<(), KeyError> {
        let kind = self.inner.kind;
        if !kind.fits(algorithm) || digest.len() != algorithm.hash().output_bytes() {
            return Err(KeyError::Mismatch);
        }
        match kind {
            KeyKind::Ec(curve) => {
                // WHY: a library may read some BER; a second encoding of one signature is refused here.
                super::ecdsa::der_to_raw(signature, curve).map_err(|_| KeyError::Invalid)?;
            }
            KeyKind::Rsa { bits } => {
                let modulus_bytes = usize::try_from(bits.div_ceil(8)).map_err(|_| KeyError::Invalid)?;
                if signature.len() != modulus_bytes {
                    return Err(KeyError::Invalid);
                }
            }
        }
        self.inner
            .verifier
            .verify(&self.inner.spki_der, kind, algorithm, digest, signature)
    }

    fn openssl(&self) -> Result<&PKey<Public>, KeyError> {
        self.inner.verifier.openssl(&self.inner.spki_der)
    }

    /// The key's JWK members (RFC 7517, RFC 7518 §6), in the lexical order that the thumbprint needs.
    pub fn jwk(&self) -> Result<Vec<(&'static str, String)>, KeyError> {
        use base64::Engine as _;
        let encode = |bytes: &[u8]| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes);
        match self.inner.kind {
            KeyKind::Rsa { .. } => {
                let rsa = self.openssl()?.rsa().map_err(|_| KeyError::Malformed)?;
                Ok(vec![
                    ("e", encode(&rsa.e().to_vec())),
                    ("kty", "RSA".to_owned()),
                    ("n", encode(&rsa.n().to_vec())),
                ])
            }
            KeyKind::Ec(curve) => {
                let (x, y) = self.ec_coordinates(curve)?;
                let name = match curve {
                    Curve::P256 => "P-256",
                    Curve::P384 => "P-384",
                    Curve::P521 => "P-521",
                };
                Ok(vec![
                    ("crv", name.to_owned()),
                    ("kty", "EC".to_owned()),
                    ("x", encode(&x)),
                    ("y", encode(&y)),
                ])
            }
        }
    }

    fn ec_coordinates(&self, curve: Curve) -> Result<(Vec<u8>, Vec<u8>), KeyError> {
        let decoded = self.openssl()?;
        let read = || -> Result<(Vec<u8>, Vec<u8>), openssl::error::ErrorStack> {
            let key = decoded.ec_key()?;
            let mut context = openssl::bn::BigNumContext::new()?;
            let (mut x, mut y) = (openssl::bn::BigNum::new()?, openssl::bn::BigNum::new()?);
            key.public_key()
                .affine_coordinates(key.group(), &mut x, &mut y, &mut context)?;
            let width = i32::try_from(curve.field_bytes()).unwrap_or(i32::MAX);
            Ok((x.to_vec_padded(width)?, y.to_vec_padded(width)?))
        };
        read().map_err(|_| KeyError::Malformed)
    }
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        // One key may be encoded in two ways (a compressed point); OpenSSL compares the numbers.
        self.inner.spki_der == other.inner.spki_der
            || matches!((self.openssl(), other.openssl()), (Ok(ours), Ok(theirs)) if ours.public_eq(theirs))
    }
}
impl Eq for PublicKey {}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({:?})", self.inner.kind)
    }
}

/// A private key held in memory: a board's own keys, and the laboratory's. Never shown.
#[derive(Clone)]
pub struct PrivateKey {
    key: PKey<Private>,
    public: PublicKey,
}

impl PrivateKey {
    /// A new key from OpenSSL's own generator.
    ///
    /// # Errors
    /// `Signing` when OpenSSL cannot make one.
    pub fn generate(kind: KeyKind) -> Result<Self, KeyError> {
        let key = match kind {
            KeyKind::Ec(curve) => EcGroup::from_curve_name(curve.nid())
                .and_then(|group| EcKey::generate(&group))
                .and_then(PKey::from_ec_key),
            KeyKind::Rsa { bits } => Rsa::generate(bits).and_then(PKey::from_rsa),
        };
        Self::new(key.map_err(|_| KeyError::Signing)?)
    }

    fn new(key: PKey<Private>) -> Result<Self, KeyError> {
        let spki = key.public_key_to_der().map_err(|_| KeyError::Malformed)?;
        Ok(Self {
            public: PublicKey::from_spki_der(&spki)?,
            key,
        })
    }

    /// Reads PKCS#8 in DER.
    pub fn from_pkcs8_der(der: &[u8]) -> Result<Self, KeyError> {
        Self::new(PKey::private_key_from_pkcs8(der).map_err(|_| KeyError::Malformed)?)
    }

    /// Reads unencrypted PKCS#8 or traditional PEM.
    pub fn from_pem(pem: &[u8]) -> Result<Self, KeyError> {
        Self::new(PKey::private_key_from_pem(pem).map_err(|_| KeyError::Malformed)?)
    }

    /// The key as PKCS#8 in DER, in custody.
    pub fn to_pkcs8_der(&self) -> Result<Secret<Vec<u8>>, KeyError> {
        self.key
            .private_key_to_pkcs8()
            .map(Secret::new)
            .map_err(|_| KeyError::Malformed)
    }

    /// The key as PKCS#8 in PEM, in custody.
    pub fn to_pkcs8_pem(&self) -> Result<Secret<Vec<u8>>, KeyError> {
        self.key
            .private_key_to_pem_pkcs8()
            .map(Secret::new)
            .map_err(|_| KeyError::Malformed)
    }

    /// The public half.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Signs `message`: DER for EC, octets for RSA.
    pub fn sign(&self, algorithm: SignatureAlgorithm, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        self.sign_digest(algorithm, &algorithm.hash().digest(message))
    }

    /// Signs a message whose digest, by the algorithm's own hash, is `digest`: DER for EC, octets for RSA.
    pub fn sign_digest(&self, algorithm: SignatureAlgorithm, digest: &[u8]) -> Result<Vec<u8>, KeyError> {
        self.check(algorithm)?;
        if digest.len() != algorithm.hash().output_bytes() {
            return Err(KeyError::Mismatch);
        }
        let make = || -> Result<Vec<u8>, openssl::error::ErrorStack> {
            let mut context = openssl::pkey_ctx::PkeyCtx::new(&self.key)?;
            context.sign_init()?;
            match algorithm {
                SignatureAlgorithm::Ecdsa(_) => {}
                SignatureAlgorithm::RsaPkcs1(_) => context.set_rsa_padding(Padding::PKCS1)?,
                SignatureAlgorithm::RsaPss(_) | SignatureAlgorithm::RsaPssSalted(..) => {
                    context.set_rsa_padding(Padding::PKCS1_PSS)?;
                }
            }
            context.set_signature_md(md(algorithm.hash()))?;
            if let Some(salt) = pss_salt(algorithm) {
                context.set_rsa_mgf1_md(md(algorithm.hash()))?;
                context.set_rsa_pss_saltlen(salt)?;
            }
            let mut signature = Vec::new();
            context.sign_to_vec(digest, &mut signature)?;
            Ok(signature)
        };
        make().map_err(|_| KeyError::Signing)
    }

    /// The bare private-key operation on a whole block, as a card does it that leaves padding to its host.
    #[cfg(feature = "lab")]
    pub fn bare_rsa(&self, block: &[u8]) -> Result<Vec<u8>, KeyError> {
        let rsa = self.key.rsa().map_err(|_| KeyError::Mismatch)?;
        let length = usize::try_from(rsa.size()).map_err(|_| KeyError::Mismatch)?;
        if block.len() != length {
            return Err(KeyError::Mismatch);
        }
        let mut value = vec![0; length];
        rsa.private_encrypt(block, &mut value, Padding::NONE)
            .map_err(|_| KeyError::Signing)?;
        Ok(value)
    }

    fn check(&self, algorithm: SignatureAlgorithm) -> Result<(), KeyError> {
        if self.public.kind().fits(algorithm) {
            Ok(())
        } else {
            Err(KeyError::Mismatch)
        }
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({:?})", self.public.kind())
    }
}

/// How long the salt of PSS is, for OpenSSL. It refuses any other when it verifies.
pub(super) fn pss_salt(algorithm: SignatureAlgorithm) -> Option<RsaPssSaltlen> {
    let salt = i32::try_from(algorithm.salt_bytes()?).ok()?;
    Some(RsaPssSaltlen::custom(salt))
}

pub(super) fn md(hash: HashAlgorithm) -> &'static openssl::md::MdRef {
    match hash {
        HashAlgorithm::Sha1 => openssl::md::Md::sha1(),
        HashAlgorithm::Sha256 => openssl::md::Md::sha256(),
        HashAlgorithm::Sha384 => openssl::md::Md::sha384(),
        HashAlgorithm::Sha512 => openssl::md::Md::sha512(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_kind_signs_and_verifies_and_tells_a_change() {
        for kind in [
            KeyKind::Ec(Curve::P256),
            KeyKind::Ec(Curve::P384),
            KeyKind::Ec(Curve::P521),
            KeyKind::Rsa { bits: 2048 },
        ] {
            let key = PrivateKey::generate(kind).unwrap();
            assert_eq!(key.public().kind(), kind);
            let mut algorithms = vec![kind.default_algorithm()];
            if let KeyKind::Rsa { .. } = kind {
                algorithms.push(SignatureAlgorithm::RsaPss(HashAlgorithm::Sha256));
                algorithms.push(SignatureAlgorithm::RsaPkcs1(HashAlgorithm::Sha512));
            }
            for algorithm in algorithms {
                let signature = key.sign(algorithm, b"decision").unwrap();
                let digest = algorithm.hash().digest(b"decision");
                assert_eq!(key.public().verify(algorithm, b"decision", &signature), Ok(()));
                assert_eq!(
                    key.public().verify(algorithm, b"decisiom", &signature),
                    Err(KeyError::Invalid)
                );
                let signature = key.sign_digest(algorithm, &digest).unwrap();
                assert_eq!(key.public().verify_digest(algorithm, &digest, &signature), Ok(()));
                let read = PublicKey::from_spki_der(key.public().spki_der()).unwrap();
                assert_eq!(&read, key.public());
                let again = PrivateKey::from_pkcs8_der(key.to_pkcs8_der().unwrap().expose()).unwrap();
                assert_eq!(again.public(), key.public());
            }
        }
    }

    #[test]
    fn key_and_algorithm_must_fit() {
        let key = PrivateKey::generate(KeyKind::Ec(Curve::P256)).unwrap();
        let rsa = SignatureAlgorithm::RsaPkcs1(HashAlgorithm::Sha256);
        assert_eq!(key.sign(rsa, b""), Err(KeyError::Mismatch));
        assert_eq!(key.public().verify(rsa, b"", b""), Err(KeyError::Mismatch));
        assert_eq!(
            key.public()
                .verify_digest(SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha256), &[0; 31], b""),
            Err(KeyError::Mismatch)
        );
    }

    #[test]
    fn a_salt_fits_that_leaves_room_for_the_hash_and_is_verified_as_long_as_named() {
        use SignatureAlgorithm::{RsaPss, RsaPssSalted};
        let sha256 = HashAlgorithm::Sha256;
        let kind = KeyKind::Rsa { bits: 1024 };
        let key = PrivateKey::generate(kind).unwrap();
        // emLen is 128, hash and two octets are 34.
        for salt in [0, 20, 94] {
            let algorithm = RsaPssSalted(sha256, salt);
            let signature = key.sign(algorithm, b"x").unwrap();
            assert_eq!(key.public().verify(algorithm, b"x", &signature), Ok(()));
            for other in [RsaPss(sha256), RsaPssSalted(sha256, 19), RsaPssSalted(sha256, 93)] {
                let judged = key.public().verify(other, b"x", &signature);
                assert_eq!(judged, Err(KeyError::Invalid), "{salt} as {other:?}");
            }
        }
        assert!(!kind.fits(RsaPssSalted(sha256, 95)));
        // A modulus of 8n + 1 bits encodes in n octets.
        assert!(!KeyKind::Rsa { bits: 1025 }.fits(RsaPssSalted(sha256, 95)));
        assert!(KeyKind::Rsa { bits: 1026 }.fits(RsaPssSalted(sha256, 95)));
        assert!(!KeyKind::Rsa { bits: 512 }.fits(RsaPssSalted(HashAlgorithm::Sha512, 0)));
        assert!(!KeyKind::Ec(Curve::P256).fits(RsaPssSalted(sha256, 20)));
    }

    #[test]
    fn an_rsa_value_of_another_length_than_the_modulus_is_refused() {
        let key = PrivateKey::generate(KeyKind::Rsa { bits: 2048 }).unwrap();
        let algorithm = SignatureAlgorithm::RsaPkcs1(HashAlgorithm::Sha256);
        let signature = key.sign(algorithm, b"x").unwrap();
        assert_eq!(
            key.public()
                .verify(algorithm, b"x", &[&[0], &signature[..]].concat()),
            Err(KeyError::Invalid)
        );
        assert_eq!(
            key.public().verify(algorithm, b"x", &signature[..255]),
            Err(KeyError::Invalid)
        );
    }

    #[test]
    fn private_keys_are_never_shown() {
        let key = PrivateKey::generate(KeyKind::Ec(Curve::P256)).unwrap();
        assert_eq!(format!("{key:?}"), "PrivateKey(Ec(P256))");
    }
}
