//! What the agent needs of a card's certificate: whose it is, and how its key signs. Nothing here is believed.

use crate::asn1::oid::Oid;
use crate::asn1::read::{Asn1Error, Reader, Rules, single};
use crate::asn1::write::tag;
use crate::base::digest::HashAlgorithm;
use crate::webeid::SignatureAlgorithm;

/// A certificate as it was read from a card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Certificate {
    /// The holder's name as it stands in the certificate, without what it is for.
    pub(super) holder: String,
    /// Its key.
    pub(super) key: Key,
}

/// A key that signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    /// On a curve whose usual hash this is.
    Ec(HashAlgorithm),
    /// RSA.
    Rsa,
}

impl Key {
    /// The JWA name of how this key signs a log-in, and its hash. Source: reference login-and-oidc §2.1.
    pub(super) const fn login(self) -> (&'static str, HashAlgorithm) {
        match self {
            Self::Ec(HashAlgorithm::Sha384) => ("ES384", HashAlgorithm::Sha384),
            Self::Ec(HashAlgorithm::Sha512) => ("ES512", HashAlgorithm::Sha512),
            Self::Ec(_) => ("ES256", HashAlgorithm::Sha256),
            Self::Rsa => ("RS256", HashAlgorithm::Sha256),
        }
    }

    /// How this key signs a digest of `hash`.
    pub(super) const fn algorithm(self, hash: HashAlgorithm) -> SignatureAlgorithm {
        match self {
            Self::Ec(_) => SignatureAlgorithm::Ecdsa(hash),
            Self::Rsa => SignatureAlgorithm::RsaPkcs1(hash),
        }
    }

    /// All ways in which this key signs, the usual one first.
    pub(super) fn algorithms(self) -> Vec<SignatureAlgorithm> {
        let (_, usual) = self.login();
        let others = [
            HashAlgorithm::Sha256,
            HashAlgorithm::Sha384,
            HashAlgorithm::Sha512,
        ];
        std::iter::once(usual)
            .chain(others.into_iter().filter(|hash| *hash != usual))
            .map(|hash| self.algorithm(hash))
            .collect()
    }
}

const COMMON_NAME: &str = "2.5.4.3";
const EC_KEY: &str = "1.2.840.10045.2.1";
const RSA_KEY: &str = "1.2.840.113549.1.1.1";

/// Curves and the hash that goes with each. Source: RFC 5480 §2.1.1.1, RFC 7518 §3.4.
const CURVES: [(&str, HashAlgorithm); 3] = [
    ("1.2.840.10045.3.1.7", HashAlgorithm::Sha256),
    ("1.3.132.0.34", HashAlgorithm::Sha384),
    ("1.3.132.0.35", HashAlgorithm::Sha512),
];

/// Reads a certificate; `None` for bytes that are none, and for keys that are not ours to use.
pub(super) fn parse(der: &[u8]) -> Option<Certificate> {
    let (subject, key) = fields(der).ok()?;
    let common_name = subject.unwrap_or_default();
    let holder = [" (Authentication)", " (Signature)"]
        .iter()
        .find_map(|purpose| common_name.strip_suffix(purpose))
        .unwrap_or(&common_name);
    Some(Certificate {
        holder: holder.to_owned(),
        key: key?,
    })
}

/// Common name and key. Source: RFC 5280 §4.1.
fn fields(der: &[u8]) -> Result<(Option<String>, Option<Key>), Asn1Error> {
    let mut certificate = single(der, Rules::Der)?.inside()?;
    let mut to_be_signed = certificate.sequence()?;
    to_be_signed.optional(0xA0)?;
    to_be_signed.expect(tag::INTEGER)?;
    for _ in ["signature", "issuer", "validity"] {
        to_be_signed.sequence()?;
    }
    let subject = common_name(to_be_signed.sequence()?)?;
    let key = key(to_be_signed.sequence()?)?;
    Ok((subject, key))
}

fn common_name(mut names: Reader<'_>) -> Result<Option<String>, Asn1Error> {
    while !names.is_at_end() {
        let mut set = names.set()?;
        while !set.is_at_end() {
            let mut attribute = set.sequence()?;
            let kind = attribute.any()?.oid()?;
            let value = attribute.any()?;
            if is(&kind, COMMON_NAME) {
                return Ok(value.text().ok().map(str::to_owned));
            }
        }
    }
    Ok(None)
}

fn key(mut information: Reader<'_>) -> Result<Option<Key>, Asn1Error> {
    let mut algorithm = information.sequence()?;
    let kind = algorithm.any()?.oid()?;
    if is(&kind, EC_KEY) {
        let curve = algorithm.any()?.oid()?;
        let known = CURVES.iter().find(|(name, _)| is(&curve, name));
        return Ok(known.map(|(_, hash)| Key::Ec(*hash)));
    }
    Ok(is(&kind, RSA_KEY).then_some(Key::Rsa))
}

fn is(oid: &Oid, text: &str) -> bool {
    text.parse::<Oid>().is_ok_and(|known| known == *oid)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asn1::write;

    fn certificate(common_name: &str, algorithm: &[&str]) -> Vec<u8> {
        let oid = |text: &str| write::oid(&text.parse().unwrap());
        let attribute = write::sequence(&[&oid(COMMON_NAME), &write::utf8(common_name)]);
        let name = write::sequence(&[&write::set_of(vec![attribute])]);
        let empty = write::sequence(&[]);
        let algorithm: Vec<u8> = algorithm.iter().flat_map(|text| oid(text)).collect();
        let key = write::sequence(&[&write::sequence(&[&algorithm])]);
        let version = write::explicit(0, &write::integer(2));
        let serial = write::integer(7);
        let parts: [&[u8]; 7] = [&version, &serial, &empty, &empty, &empty, &name, &key];
        write::sequence(&[&write::sequence(&parts)])
    }

    #[test]
    fn holder_and_key_are_found_and_other_keys_are_not_ours() {
        for (name, algorithm, expected) in [
            (
                "An Specimen (Authentication)",
                &[EC_KEY, "1.3.132.0.34"][..],
                Some(("An Specimen", Key::Ec(HashAlgorithm::Sha384))),
            ),
            ("Bo (Signature)", &[RSA_KEY], Some(("Bo", Key::Rsa))),
            ("Bo", &[EC_KEY, "1.3.132.0.10"], None),
            ("Bo", &["1.3.101.112"], None),
        ] {
            let found = parse(&certificate(name, algorithm));
            let found = found.as_ref().map(|found| (found.holder.as_str(), found.key));
            assert_eq!(found, expected, "{name}");
        }
    }

    #[test]
    fn the_usual_algorithm_comes_first() {
        let key = Key::Ec(HashAlgorithm::Sha384);
        assert_eq!(
            key.algorithms()[0],
            SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha384)
        );
        assert_eq!(key.algorithms().len(), 3);
        assert_eq!(Key::Rsa.login(), ("RS256", HashAlgorithm::Sha256));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_survived(bytes: Vec<u8>, at: usize, byte: u8) {
            let _ = parse(&bytes);
            let mut changed = certificate("An", &[EC_KEY, "1.3.132.0.34"]);
            let at = at % changed.len();
            changed[at] = byte;
            let _ = parse(&changed);
        }
    }
}
