//! Signature algorithms and their names in X.509, CMS and JOSE.

use std::fmt;

use crate::asn1::oid::Oid;
use crate::asn1::read::{self, Rules};
use crate::asn1::write;
use crate::base::digest::HashAlgorithm;

/// A signature algorithm with its hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub enum SignatureAlgorithm {
    /// ECDSA, FIPS 186-5. Values are DER `SEQUENCE { r, s }` in this room.
    Ecdsa(HashAlgorithm),
    /// RSASSA-PKCS1-v1_5, RFC 8017 §8.2.
    RsaPkcs1(HashAlgorithm),
    /// RSASSA-PSS, RFC 8017 §8.1, MGF1 with the same hash and a salt as long as the hash.
    RsaPss(HashAlgorithm),
    /// RSASSA-PSS with a salt of so many octets, not as long as the hash: what others make (RFC 4055 §3.1 lets
    /// saltLength vary). zegel asks no device for it.
    RsaPssSalted(HashAlgorithm, u16),
}

const ECDSA: [(HashAlgorithm, &str); 4] = [
    (HashAlgorithm::Sha1, "1.2.840.10045.4.1"),
    (HashAlgorithm::Sha256, "1.2.840.10045.4.3.2"),
    (HashAlgorithm::Sha384, "1.2.840.10045.4.3.3"),
    (HashAlgorithm::Sha512, "1.2.840.10045.4.3.4"),
];
const RSA: [(HashAlgorithm, &str); 4] = [
    (HashAlgorithm::Sha1, "1.2.840.113549.1.1.5"),
    (HashAlgorithm::Sha256, "1.2.840.113549.1.1.11"),
    (HashAlgorithm::Sha384, "1.2.840.113549.1.1.12"),
    (HashAlgorithm::Sha512, "1.2.840.113549.1.1.13"),
];
const HASHES: [(HashAlgorithm, &str); 4] = [
    (HashAlgorithm::Sha1, "1.3.14.3.2.26"),
    (HashAlgorithm::Sha256, "2.16.840.1.101.3.4.2.1"),
    (HashAlgorithm::Sha384, "2.16.840.1.101.3.4.2.2"),
    (HashAlgorithm::Sha512, "2.16.840.1.101.3.4.2.3"),
];
const RSA_PSS: &str = "1.2.840.113549.1.1.10";
const MGF1: &str = "1.2.840.113549.1.1.8";

/// The table's identifier for `hash`, as content octets. Every table is total over the algorithms.
fn oid_of(table: &[(HashAlgorithm, &str)], hash: HashAlgorithm) -> Vec<u8> {
    table
        .iter()
        .find(|(known, _)| *known == hash)
        .and_then(|(_, text)| text.parse::<Oid>().ok())
        .map(|oid| write::oid(&oid))
        .unwrap_or_default()
}

fn hash_in(table: &[(HashAlgorithm, &str)], oid: &Oid) -> Option<HashAlgorithm> {
    let text = oid.to_string();
    table
        .iter()
        .find(|(_, known)| *known == text)
        .map(|(hash, _)| *hash)
}

/// AlgorithmIdentifier of a hash with absent parameters (RFC 5754 §2).
pub fn hash_identifier(hash: HashAlgorithm) -> Vec<u8> {
    write::sequence(&[&oid_of(&HASHES, hash)])
}

/// The hash whose object identifier is `oid`.
pub fn hash_from_oid(oid: &Oid) -> Option<HashAlgorithm> {
    hash_in(&HASHES, oid)
}

/// The hash named by an AlgorithmIdentifier; parameters absent or NULL, both are common.
pub fn hash_from_identifier(identifier: &[u8]) -> Option<HashAlgorithm> {
    let mut parts = read::single(identifier, Rules::Ber).ok()?.inside().ok()?;
    let hash = hash_from_oid(&parts.any().ok()?.oid().ok()?)?;
    absent_or_null(&mut parts).then_some(hash)
}

fn absent_or_null(parts: &mut read::Reader<'_>) -> bool {
    match parts.next() {
        Ok(None) => true,
        Ok(Some(element)) => element.whole() == [0x05, 0x00] && parts.is_at_end(),
        Err(_) => false,
    }
}

impl SignatureAlgorithm {
    /// The hash that is signed.
    pub const fn hash(self) -> HashAlgorithm {
        match self {
            Self::Ecdsa(hash) | Self::RsaPkcs1(hash) | Self::RsaPss(hash) | Self::RsaPssSalted(hash, _) => {
                hash
            }
        }
    }

    /// How many octets of salt there are: of PSS alone.
    pub fn salt_bytes(self) -> Option<usize> {
        match self {
            Self::Ecdsa(_) | Self::RsaPkcs1(_) => None,
            Self::RsaPss(hash) => Some(hash.output_bytes()),
            Self::RsaPssSalted(_, salt) => Some(usize::from(salt)),
        }
    }

    /// AlgorithmIdentifier in DER: parameters absent for ECDSA, NULL for PKCS#1, explicit for PSS.
    pub fn algorithm_identifier(self) -> Vec<u8> {
        match self {
            Self::Ecdsa(hash) => write::sequence(&[&oid_of(&ECDSA, hash)]),
            Self::RsaPkcs1(hash) => write::sequence(&[&oid_of(&RSA, hash), &write::null()]),
            Self::RsaPss(hash) | Self::RsaPssSalted(hash, _) => {
                let digest = write::sequence(&[&oid_of(&HASHES, hash), &write::null()]);
                let named = |text: &str| {
                    text.parse::<Oid>()
                        .map(|oid| write::oid(&oid))
                        .unwrap_or_default()
                };
                let mgf = write::sequence(&[&named(MGF1), &digest]);
                let salt = self.salt_bytes().and_then(|salt| u64::try_from(salt).ok());
                let salt = write::integer(salt.unwrap_or_default());
                let parameters = write::sequence(&[
                    &write::explicit(0, &digest),
                    &write::explicit(1, &mgf),
                    &write::explicit(2, &salt),
                ]);
                write::sequence(&[&named(RSA_PSS), &parameters])
            }
        }
    }

    /// The algorithm an AlgorithmIdentifier names, or `None` when zegel does not know it.
    ///
    /// PSS is known in the form of RFC 4055 §3.1 with equal hashes and trailer 1. What its parameters leave out has the
    /// default given there: SHA-1, MGF1 with SHA-1, 20 octets of salt.
    pub fn from_identifier(identifier: &[u8]) -> Option<Self> {
        let mut parts = read::single(identifier, Rules::Ber).ok()?.inside().ok()?;
        let oid = parts.any().ok()?.oid().ok()?;
        if let Some(hash) = hash_in(&ECDSA, &oid) {
            return absent_or_null(&mut parts).then_some(Self::Ecdsa(hash));
        }
        if let Some(hash) = hash_in(&RSA, &oid) {
            return absent_or_null(&mut parts).then_some(Self::RsaPkcs1(hash));
        }
        if oid.to_string() != RSA_PSS {
            return None;
        }
        let mut parameters = parts.sequence().ok()?;
        parts.finish().ok()?;
        let hash = match parameters.optional(0xA0).ok()? {
            Some(digest) => hash_from_identifier(digest.content())?,
            None => HashAlgorithm::Sha1,
        };
        let mask = match parameters.optional(0xA1).ok()? {
            Some(mask) => {
                let mut mask = mask.inside().ok()?.sequence().ok()?;
                let is_mgf1 = mask.any().ok()?.oid().ok()?.to_string() == MGF1;
                is_mgf1.then_some(hash_from_identifier(mask.any().ok()?.whole())?)
            }
            None => Some(HashAlgorithm::Sha1),
        };
        let salt = match parameters.optional(0xA2).ok()? {
            Some(salt) => u16::try_from(salt.inside().ok()?.any().ok()?.unsigned().ok()?).ok()?,
            None => 20,
        };
        let trailer = match parameters.optional(0xA3).ok()? {
            Some(trailer) => trailer.inside().ok()?.any().ok()?.unsigned().ok()? == 1,
            None => true,
        };
        (mask == Some(hash) && trailer).then_some(if usize::from(salt) == hash.output_bytes() {
            Self::RsaPss(hash)
        } else {
            Self::RsaPssSalted(hash, salt)
        })
    }

    /// The name in JOSE (RFC 7518), where there is one. For ECDSA the curve must fit the hash.
    pub const fn jwa_name(self) -> Option<&'static str> {
        match self {
            Self::Ecdsa(HashAlgorithm::Sha256) => Some("ES256"),
            Self::Ecdsa(HashAlgorithm::Sha384) => Some("ES384"),
            Self::Ecdsa(HashAlgorithm::Sha512) => Some("ES512"),
            Self::RsaPkcs1(HashAlgorithm::Sha256) => Some("RS256"),
            Self::RsaPkcs1(HashAlgorithm::Sha384) => Some("RS384"),
            Self::RsaPkcs1(HashAlgorithm::Sha512) => Some("RS512"),
            Self::RsaPss(HashAlgorithm::Sha256) => Some("PS256"),
            Self::RsaPss(HashAlgorithm::Sha384) => Some("PS384"),
            Self::RsaPss(HashAlgorithm::Sha512) => Some("PS512"),
            Self::Ecdsa(HashAlgorithm::Sha1)
            | Self::RsaPkcs1(HashAlgorithm::Sha1)
            | Self::RsaPss(HashAlgorithm::Sha1)
            // RFC 7518 §3.5: the salt is as long as the hash.
            | Self::RsaPssSalted(..) => None,
        }
    }

    /// The algorithm whose JOSE name is `name`.
    pub fn from_jwa_name(name: &str) -> Option<Self> {
        HashAlgorithm::ALL
            .into_iter()
            .flat_map(|hash| [Self::Ecdsa(hash), Self::RsaPkcs1(hash), Self::RsaPss(hash)])
            .find(|known| known.jwa_name() == Some(name))
    }
}

impl fmt::Display for SignatureAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ecdsa(hash) => write!(f, "ECDSA with {}", hash.name()),
            Self::RsaPkcs1(hash) => write!(f, "RSA PKCS#1 v1.5 with {}", hash.name()),
            Self::RsaPss(hash) | Self::RsaPssSalted(hash, _) => write!(f, "RSA PSS with {}", hash.name()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_read_back() {
        for hash in HashAlgorithm::ALL {
            for algorithm in [
                SignatureAlgorithm::Ecdsa(hash),
                SignatureAlgorithm::RsaPkcs1(hash),
                SignatureAlgorithm::RsaPss(hash),
            ] {
                assert_eq!(
                    SignatureAlgorithm::from_identifier(&algorithm.algorithm_identifier()),
                    Some(algorithm)
                );
            }
            assert_eq!(hash_from_identifier(&hash_identifier(hash)), Some(hash));
        }
    }

    #[test]
    fn known_octets() {
        let hex = |algorithm: SignatureAlgorithm| hex::encode(algorithm.algorithm_identifier());
        assert_eq!(
            hex(SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha384)),
            "300a06082a8648ce3d040303"
        );
        assert_eq!(
            hex(SignatureAlgorithm::RsaPkcs1(HashAlgorithm::Sha256)),
            "300d06092a864886f70d01010b0500"
        );
    }

    #[test]
    fn pss_has_the_salt_that_its_parameters_say() {
        use HashAlgorithm::{Sha1, Sha256};
        let good = SignatureAlgorithm::RsaPss(Sha256).algorithm_identifier();
        let mut other = good.clone();
        *other.last_mut().unwrap() = 31;
        let salted = SignatureAlgorithm::RsaPssSalted(Sha256, 31);
        assert_eq!(SignatureAlgorithm::from_identifier(&other), Some(salted));
        assert_eq!(salted.algorithm_identifier(), other);
        assert_eq!(salted.jwa_name(), None);

        // RFC 4055 §3.1: what is left out is SHA-1, MGF1 with SHA-1 and 20.
        let named = |parts: &[&[u8]]| {
            let oid = write::oid(&RSA_PSS.parse::<Oid>().unwrap());
            SignatureAlgorithm::from_identifier(&write::sequence(&[&oid, &write::sequence(parts)]))
        };
        let digest = write::sequence(&[&oid_of(&HASHES, Sha256), &write::null()]);
        let mask = write::sequence(&[&write::oid(&MGF1.parse::<Oid>().unwrap()), &digest]);
        let (digest, mask) = (write::explicit(0, &digest), write::explicit(1, &mask));
        let salt = |octets| write::explicit(2, &write::integer(octets));
        assert_eq!(
            named(&[&digest, &mask]),
            Some(SignatureAlgorithm::RsaPssSalted(Sha256, 20))
        );
        assert_eq!(named(&[]), Some(SignatureAlgorithm::RsaPss(Sha1)));
        assert_eq!(named(&[&digest]), None, "the mask has another hash");
        assert_eq!(named(&[&digest, &mask, &salt(65_536)]), None);
        let trailer = write::explicit(3, &write::integer(2));
        assert_eq!(named(&[&digest, &mask, &salt(32), &trailer]), None);
    }
}
