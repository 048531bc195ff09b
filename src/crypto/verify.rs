//! Which library verifies: the inside of the one seam.
//!
//! AWS-LC verifies what it knows (P-256, P-384, P-521 and RSA of 2048 to 8192 bits, with SHA-2 and,
//! in PSS, a salt as long as the hash), because every card since
//! applet 1.8 is P-384 and it is three times as fast there as OpenSSL 3.0. OpenSSL verifies the rest: SHA-1, salts of other lengths, small and odd
//! RSA keys of old generations. Figures and reasons stand in docs/trust.md.

use std::sync::OnceLock;

use aws_lc_rs::digest::{self, Digest};
use aws_lc_rs::signature::{self as aws, ParsedPublicKey, VerificationAlgorithm};
use openssl::pkey::{PKey, Public};
use openssl::rsa::Padding;

use super::algorithm::SignatureAlgorithm;
use super::key::{Curve, KeyError, KeyKind, md, pss_salt};
use crate::base::digest::HashAlgorithm;

/// A key as the libraries hold it, decoded for each when first asked.
#[derive(Debug)]
pub(super) struct Verifier {
    /// One for each algorithm that AWS-LC has for the key: its keys belong to one.
    fast: [OnceLock<Option<ParsedPublicKey>>; 6],
    openssl: OnceLock<Result<PKey<Public>, KeyError>>,
}

impl Verifier {
    /// Decodes `spki_der`, a key of `kind`, with the library that will verify its usual signatures.
    ///
    /// # Errors
    /// `Malformed` when neither library takes it: no point of the curve, a modulus without a product, …
    pub(super) fn new(spki_der: &[u8], kind: KeyKind) -> Result<Self, KeyError> {
        let verifier = Self {
            fast: std::array::from_fn(|_| OnceLock::new()),
            openssl: OnceLock::new(),
        };
        if verifier.fast(spki_der, kind, kind.default_algorithm()).is_none() {
            verifier.openssl(spki_der)?;
        }
        Ok(verifier)
    }

    /// The key in OpenSSL's hands.
    pub(super) fn openssl(&self, spki_der: &[u8]) -> Result<&PKey<Public>, KeyError> {
        self.openssl
            .get_or_init(|| PKey::public_key_from_der(spki_der).map_err(|_| KeyError::Malformed))
            .as_ref()
            .map_err(|error| *error)
    }

    fn fast(
        &self,
        spki_der: &[u8],
        kind: KeyKind,
        algorithm: SignatureAlgorithm,
    ) -> Option<&ParsedPublicKey> {
        let (slot, known) = fast_algorithm(kind, algorithm)?;
        self.fast
            .get(slot)?
            .get_or_init(|| ParsedPublicKey::new(known, spki_der).ok())
            .as_ref()
    }

    /// Checks `signature` over a message whose digest is `digest`. Encodings and lengths were checked.
    ///
    /// # Errors
    /// `Mismatch` when the library cannot, `Invalid` when it does not verify.
    pub(super) fn verify(
        &self,
        spki_der: &[u8],
        kind: KeyKind,
        algorithm: SignatureAlgorithm,
        digest: &[u8],
        signature: &[u8],
    ) -> Result<(), KeyError> {
        if let Some(key) = self.fast(spki_der, kind, algorithm)
            && let Some(hash) = fast_hash(algorithm.hash())
        {
            let digest = Digest::import_less_safe(digest, hash).map_err(|_| KeyError::Mismatch)?;
            return key
                .verify_digest_sig(&digest, signature)
                .map_err(|_| KeyError::Invalid);
        }
        verify_openssl(self.openssl(spki_der)?, algorithm, digest, signature)
    }
}

fn fast_hash(hash: HashAlgorithm) -> Option<&'static digest::Algorithm> {
    Some(match hash {
        HashAlgorithm::Sha1 => return None,
        HashAlgorithm::Sha256 => &digest::SHA256,
        HashAlgorithm::Sha384 => &digest::SHA384,
        HashAlgorithm::Sha512 => &digest::SHA512,
    })
}

/// AWS-LC's algorithm for a key and a signature algorithm, with its place among those of one key; `None` where OpenSSL
/// verifies.
fn fast_algorithm(
    kind: KeyKind,
    algorithm: SignatureAlgorithm,
) -> Option<(usize, &'static dyn VerificationAlgorithm)> {
    use HashAlgorithm::{Sha256, Sha384, Sha512};
    let slot = match algorithm.hash() {
        HashAlgorithm::Sha1 => return None,
        Sha256 => 0,
        Sha384 => 1,
        Sha512 => 2,
    };
    let is_usual_size = matches!(kind, KeyKind::Rsa { bits } if (2048..=8192).contains(&bits));
    Some(match (kind, algorithm) {
        (KeyKind::Ec(curve), SignatureAlgorithm::Ecdsa(hash)) => (
            slot,
            match (curve, hash) {
                (_, HashAlgorithm::Sha1) => return None,
                (Curve::P256, Sha256) => &aws::ECDSA_P256_SHA256_ASN1,
                (Curve::P256, Sha384) => &aws::ECDSA_P256_SHA384_ASN1,
                (Curve::P256, Sha512) => &aws::ECDSA_P256_SHA512_ASN1,
                (Curve::P384, Sha256) => &aws::ECDSA_P384_SHA256_ASN1,
                (Curve::P384, Sha384) => &aws::ECDSA_P384_SHA384_ASN1,
                (Curve::P384, Sha512) => &aws::ECDSA_P384_SHA512_ASN1,
                (Curve::P521, Sha256) => &aws::ECDSA_P521_SHA256_ASN1,
                (Curve::P521, Sha384) => &aws::ECDSA_P521_SHA384_ASN1,
                (Curve::P521, Sha512) => &aws::ECDSA_P521_SHA512_ASN1,
            },
        ),
        (KeyKind::Rsa { .. }, SignatureAlgorithm::RsaPkcs1(hash)) if is_usual_size => (
            slot,
            match hash {
                HashAlgorithm::Sha1 => return None,
                Sha256 => &aws::RSA_PKCS1_2048_8192_SHA256,
                Sha384 => &aws::RSA_PKCS1_2048_8192_SHA384,
                Sha512 => &aws::RSA_PKCS1_2048_8192_SHA512,
            },
        ),
        (KeyKind::Rsa { .. }, SignatureAlgorithm::RsaPss(hash)) if is_usual_size => (
            slot.saturating_add(3),
            match hash {
                HashAlgorithm::Sha1 => return None,
                Sha256 => &aws::RSA_PSS_2048_8192_SHA256,
                Sha384 => &aws::RSA_PSS_2048_8192_SHA384,
                Sha512 => &aws::RSA_PSS_2048_8192_SHA512,
            },
        ),
        _ => return None,
    })
}

fn verify_openssl(
    key: &PKey<Public>,
    algorithm: SignatureAlgorithm,
    digest: &[u8],
    signature: &[u8],
) -> Result<(), KeyError> {
    let mut context = openssl::pkey_ctx::PkeyCtx::new(key).map_err(|_| KeyError::Malformed)?;
    let prepared = context.verify_init().and_then(|()| {
        match algorithm {
            SignatureAlgorithm::Ecdsa(_) => return context.set_signature_md(md(algorithm.hash())),
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
        Ok(())
    });
    prepared.map_err(|_| KeyError::Mismatch)?;
    match context.verify(digest, signature) {
        Ok(true) => Ok(()),
        Ok(false) | Err(_) => Err(KeyError::Invalid),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::key::PrivateKey;

    #[test]
    fn both_libraries_judge_alike() {
        for kind in [
            KeyKind::Ec(Curve::P256),
            KeyKind::Ec(Curve::P384),
            KeyKind::Ec(Curve::P521),
            KeyKind::Rsa { bits: 2048 },
        ] {
            let key = PrivateKey::generate(kind).unwrap();
            let spki = key.public().spki_der();
            let verifier = Verifier::new(spki, kind).unwrap();
            for hash in HashAlgorithm::ALL {
                for algorithm in [
                    SignatureAlgorithm::Ecdsa(hash),
                    SignatureAlgorithm::RsaPkcs1(hash),
                    SignatureAlgorithm::RsaPss(hash),
                    SignatureAlgorithm::RsaPssSalted(hash, 7),
                ] {
                    if !kind.fits(algorithm) {
                        continue;
                    }
                    let digest = hash.digest(b"decision");
                    let mut signature = key.sign_digest(algorithm, &digest).unwrap();
                    assert_eq!(
                        verifier.fast(spki, kind, algorithm).is_some(),
                        hash != HashAlgorithm::Sha1
                            && !matches!(algorithm, SignatureAlgorithm::RsaPssSalted(..))
                    );
                    let openssl = verifier.openssl(spki).unwrap();
                    for right in [true, false] {
                        let expected = if right { Ok(()) } else { Err(KeyError::Invalid) };
                        assert_eq!(
                            verifier.verify(spki, kind, algorithm, &digest, &signature),
                            expected,
                            "{algorithm}"
                        );
                        assert_eq!(
                            verify_openssl(openssl, algorithm, &digest, &signature),
                            expected,
                            "{algorithm}"
                        );
                        *signature.last_mut().unwrap() ^= 1;
                    }
                }
            }
        }
    }
}
