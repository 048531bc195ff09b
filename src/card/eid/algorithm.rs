//! Keys, schemes and the algorithm numbers of MSE SET: one table, chosen by generation and never by trial.

use crate::base::digest::HashAlgorithm;
use crate::card::error::CardError;

use super::recognition::Generation;

/// A key of the card that signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyReference {
    /// Key 82: proves presence.
    Authentication,
    /// Key 83: binds the holder; the card wants the PIN immediately before each use.
    Signature,
}

impl KeyReference {
    pub(super) const fn byte(self) -> u8 {
        match self {
            Self::Authentication => 0x82,
            Self::Signature => 0x83,
        }
    }
}

/// How a signature value is coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureScheme {
    /// ECDSA: `r ‖ s`, each as long as the curve's order (96 bytes together for P-384).
    Ecdsa,
    /// RSA PKCS#1 v1.5: one big-endian integer as long as the modulus.
    RsaPkcs1,
    /// RSA-PSS with MGF1 over the same hash and a salt as long as the hash; coded as PKCS#1 v1.5.
    RsaPss,
}

/// How an RSA card pads. A card with elliptic curves does not pad, and has no second way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Padding {
    /// PKCS#1 v1.5, or ECDSA.
    Usual,
    /// PSS.
    Pss,
}

/// What PSO is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Input {
    /// The digest: the card knows the hash by its algorithm number.
    Digest,
    /// DigestInfo, which names the hash: the card only pads.
    DigestInfo,
}

/// One row: who, scheme, hash, the number in MSE SET, and what PSO is given.
type Row = (Generation, SignatureScheme, HashAlgorithm, u8, Input);

/// The same numbers stand for other algorithms on the two families, and a wrong one is often accepted by the card.
///
/// Source: Belpic applet manuals 1.7 and 1.8, MANAGE SECURITY ENVIRONMENT; reference §11.2.
const TABLE: [Row; 13] = {
    use Generation::{Early, Ec, Rsa};
    use HashAlgorithm::{Sha1, Sha256, Sha384, Sha512};
    use Input::{Digest, DigestInfo};
    use SignatureScheme::{Ecdsa, RsaPkcs1, RsaPss};
    [
        (Early, RsaPkcs1, Sha1, 0x02, Digest),
        (Early, RsaPkcs1, Sha256, 0x01, DigestInfo),
        (Early, RsaPkcs1, Sha384, 0x01, DigestInfo),
        (Early, RsaPkcs1, Sha512, 0x01, DigestInfo),
        (Rsa, RsaPkcs1, Sha1, 0x02, Digest),
        (Rsa, RsaPkcs1, Sha256, 0x08, Digest),
        (Rsa, RsaPkcs1, Sha384, 0x01, DigestInfo),
        (Rsa, RsaPkcs1, Sha512, 0x01, DigestInfo),
        (Rsa, RsaPss, Sha1, 0x10, Digest),
        (Rsa, RsaPss, Sha256, 0x20, Digest),
        (Ec, Ecdsa, Sha256, 0x01, Digest),
        (Ec, Ecdsa, Sha384, 0x02, Digest),
        (Ec, Ecdsa, Sha512, 0x04, Digest),
    ]
};

/// What MSE SET and PSO are given for one signature.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) scheme: SignatureScheme,
    /// The algorithm byte of MSE SET.
    pub(super) number: u8,
    /// The data of PSO.
    pub(super) input: Vec<u8>,
}

/// The row for this card, padding and hash.
///
/// # Errors
/// `AlgorithmUnsupported` when the card has no such algorithm or the digest is not as long as the hash says.
pub(super) fn choose(
    generation: Generation,
    padding: Padding,
    hash: HashAlgorithm,
    digest: &[u8],
) -> Result<Choice, CardError> {
    let fits = |row: &&Row| {
        let (who, scheme, of, ..) = **row;
        who == generation && of == hash && (scheme == SignatureScheme::RsaPss) == (padding == Padding::Pss)
    };
    let row = TABLE
        .iter()
        .find(fits)
        .filter(|_| digest.len() == hash.output_bytes());
    let (_, scheme, _, number, input) = *row.ok_or(CardError::AlgorithmUnsupported(digest.len()))?;
    let head = match input {
        Input::Digest => &[],
        Input::DigestInfo => digest_info(hash),
    };
    Ok(Choice {
        scheme,
        number,
        input: [head, digest].concat(),
    })
}

/// The head of a DigestInfo; the digest follows. Source: RFC 8017 §9.2, note 1.
const fn digest_info(hash: HashAlgorithm) -> &'static [u8] {
    match hash {
        HashAlgorithm::Sha1 => &[48, 33, 48, 9, 6, 5, 43, 14, 3, 2, 26, 5, 0, 4, 20],
        HashAlgorithm::Sha256 => &[48, 49, 48, 13, 6, 9, 96, 134, 72, 1, 101, 3, 4, 2, 1, 5, 0, 4, 32],
        HashAlgorithm::Sha384 => &[48, 65, 48, 13, 6, 9, 96, 134, 72, 1, 101, 3, 4, 2, 2, 5, 0, 4, 48],
        HashAlgorithm::Sha512 => &[48, 81, 48, 13, 6, 9, 96, 134, 72, 1, 101, 3, 4, 2, 3, 5, 0, 4, 64],
    }
}

/// Whether a value is as long as this generation's keys make it.
///
/// # Errors
/// `Malformed` with the length that came.
pub(super) const fn check_length(generation: Generation, value: &[u8]) -> Result<(), CardError> {
    match (generation, value.len()) {
        (Generation::Ec, 64 | 96 | 128 | 132) | (Generation::Early, 128) | (Generation::Rsa, 256) => Ok(()),
        (_, at) => Err(CardError::Malformed {
            what: "signature",
            at,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every algorithm of §11.2 that signs with a hash of ours, and what must not be chosen.
    #[test]
    fn the_algorithm_follows_the_generation() {
        use HashAlgorithm::{Sha1, Sha256, Sha384, Sha512};
        use Padding::{Pss, Usual};
        for (generation, padding, hash, expected) in [
            (Generation::Ec, Usual, Sha1, None),
            (Generation::Ec, Usual, Sha256, Some((0x01, 32))),
            (Generation::Ec, Usual, Sha384, Some((0x02, 48))),
            (Generation::Ec, Usual, Sha512, Some((0x04, 64))),
            (Generation::Ec, Pss, Sha256, None),
            (Generation::Rsa, Usual, Sha1, Some((0x02, 20))),
            (Generation::Rsa, Usual, Sha256, Some((0x08, 32))),
            (Generation::Rsa, Usual, Sha384, Some((0x01, 67))),
            (Generation::Rsa, Usual, Sha512, Some((0x01, 83))),
            (Generation::Rsa, Pss, Sha1, Some((0x10, 20))),
            (Generation::Rsa, Pss, Sha256, Some((0x20, 32))),
            (Generation::Rsa, Pss, Sha384, None),
            (Generation::Rsa, Pss, Sha512, None),
            (Generation::Early, Usual, Sha1, Some((0x02, 20))),
            (Generation::Early, Usual, Sha256, Some((0x01, 51))),
            (Generation::Early, Usual, Sha512, Some((0x01, 83))),
            (Generation::Early, Pss, Sha1, None),
        ] {
            let digest = vec![7; hash.output_bytes()];
            let found = choose(generation, padding, hash, &digest);
            assert_eq!(
                found
                    .as_ref()
                    .ok()
                    .map(|choice| (choice.number, choice.input.len())),
                expected,
                "{generation:?} {padding:?} {hash:?}"
            );
            assert!(found.map_or(true, |choice| choice.input.ends_with(&digest)));
        }
        assert_eq!(
            choose(Generation::Ec, Usual, Sha384, &[0; 32]),
            Err(CardError::AlgorithmUnsupported(32))
        );
    }

    #[test]
    fn a_digest_info_names_its_hash() {
        let input = choose(Generation::Early, Padding::Usual, HashAlgorithm::Sha256, &[7; 32])
            .unwrap()
            .input;
        assert_eq!(
            hex::encode(&input[..19]),
            "3031300d060960864801650304020105000420",
            "RFC 8017 §9.2"
        );
    }

    #[test]
    fn values_are_as_long_as_the_keys_of_their_generation() {
        for (generation, length, fits) in [
            (Generation::Early, 128, true),
            (Generation::Early, 256, false),
            (Generation::Rsa, 256, true),
            (Generation::Rsa, 255, false),
            (Generation::Ec, 96, true),
            (Generation::Ec, 132, true),
            (Generation::Ec, 95, false),
        ] {
            assert_eq!(
                check_length(generation, &vec![1; length]).is_ok(),
                fits,
                "{generation:?} {length}"
            );
        }
    }
}
