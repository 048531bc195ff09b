//! Names of algorithms, those too that are not worked with: so that who is refused one reads which.

use crate::asn1::oid::Oid;
use crate::asn1::read::{self, Rules};
use crate::asn1::write::tag;

/// Object identifiers and usual names. RFC 5758, RFC 8017, RFC 5639, RFC 8410; NIST's register of algorithms.
const NAMES: [(&str, &str); 30] = [
    ("1.2.840.10040.4.1", "DSA"),
    ("1.2.840.10045.2.1", "EC"),
    ("1.2.840.10045.4.3.1", "ECDSA with SHA-224"),
    ("1.2.840.113549.1.1.1", "RSA"),
    ("1.2.840.113549.1.1.4", "RSA with MD5"),
    (
        "1.2.840.113549.1.1.10",
        "RSA-PSS with parameters that are not worked with",
    ),
    ("1.2.840.113549.1.1.14", "RSA with SHA-224"),
    ("1.2.840.113549.2.5", "MD5"),
    ("1.3.101.112", "Ed25519"),
    ("1.3.101.113", "Ed448"),
    ("1.3.132.0.10", "secp256k1"),
    ("1.3.36.3.2.1", "RIPEMD-160"),
    ("1.3.36.3.3.2.8.1.1.7", "brainpoolP256r1"),
    ("1.3.36.3.3.2.8.1.1.8", "brainpoolP256t1"),
    ("1.3.36.3.3.2.8.1.1.11", "brainpoolP384r1"),
    ("1.3.36.3.3.2.8.1.1.12", "brainpoolP384t1"),
    ("1.3.36.3.3.2.8.1.1.13", "brainpoolP512r1"),
    ("1.3.36.3.3.2.8.1.1.14", "brainpoolP512t1"),
    ("2.16.840.1.101.3.4.2.4", "SHA-224"),
    ("2.16.840.1.101.3.4.2.5", "SHA-512/224"),
    ("2.16.840.1.101.3.4.2.6", "SHA-512/256"),
    ("2.16.840.1.101.3.4.2.7", "SHA3-224"),
    ("2.16.840.1.101.3.4.2.8", "SHA3-256"),
    ("2.16.840.1.101.3.4.2.9", "SHA3-384"),
    ("2.16.840.1.101.3.4.2.10", "SHA3-512"),
    ("2.16.840.1.101.3.4.3.10", "ECDSA with SHA3-256"),
    ("2.16.840.1.101.3.4.3.11", "ECDSA with SHA3-384"),
    ("2.16.840.1.101.3.4.3.12", "ECDSA with SHA3-512"),
    ("2.16.840.1.101.3.4.3.14", "RSA with SHA3-256"),
    ("2.16.840.1.101.3.4.3.16", "RSA with SHA3-512"),
];

/// The usual name of `oid`, else its numbers.
fn name_of(oid: &Oid) -> String {
    let numbers = oid.to_string();
    let known = NAMES.iter().find(|(own, _)| *own == numbers);
    known.map_or(numbers.clone(), |(_, name)| (*name).to_owned())
}

/// What an AlgorithmIdentifier names; its curve, where it is a key's and has one.
pub fn of_identifier(identifier: &[u8]) -> String {
    let read = || -> Result<String, read::Asn1Error> {
        let mut parts = read::single(identifier, Rules::Ber)?.inside()?;
        let oid = parts.any()?.oid()?;
        let curve = parts.next()?.filter(|second| second.tag() == tag::OID);
        Ok(match curve {
            Some(curve) => name_of(&curve.oid()?),
            None => name_of(&oid),
        })
    };
    read().unwrap_or_else(|_| "one that cannot be read".to_owned())
}

/// What kind of key a SubjectPublicKeyInfo says it holds.
pub fn of_spki(spki_der: &[u8]) -> String {
    read::single(spki_der, Rules::Der)
        .and_then(|info| info.inside()?.any())
        .map_or_else(
            |_| "one that cannot be read".to_owned(),
            |identifier| of_identifier(identifier.whole()),
        )
}
