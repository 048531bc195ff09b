//! How a card is made to sign: by what it declares, or by what is known of its kind.
//!
//! Cards differ widely here, and a wrong guess costs a PIN try. So nothing is guessed: a card that neither declares its
//! algorithms nor is known is read, and does not sign.

use crate::base::digest::HashAlgorithm;
use crate::card::error::CardError;
use crate::card::padding;
use crate::card::public_key::KeyKind;
use crate::card::scheme::Scheme;

use super::directory::TokenInfo;
use super::object::KeyObject;

/// What goes into PSO.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// A whole block as long as the modulus, padded here.
    Block,
    /// The digest as it is; the card names the hash and pads.
    Digest,
    /// The digest with the name of its hash; the card pads.
    DigestInfo,
    /// The digest fitted to the curve's field.
    FieldElement,
}

/// An algorithm of a card: its mechanism as PKCS#11 numbers it, and the byte of MSE SET.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Algorithm {
    /// The mechanism.
    pub mechanism: u64,
    /// The byte of MSE SET; left out of it when there is none.
    pub card_reference: Option<u8>,
}

/// A kind of card whose way is known though it does not declare it.
#[derive(Clone, Copy, Debug)]
pub struct Profile {
    /// What EF(TokenInfo) of all of them says of their maker.
    pub manufacturer: &'static str,
    /// Their algorithms.
    pub algorithms: &'static [Algorithm],
    /// MSE SET names the key's file, and reference 0 in it, instead of the key's reference.
    pub names_file: bool,
    /// VERIFY without data tells the tries left and spends none.
    pub asks_tries: bool,
}

/// PKCS#11 mechanisms: RSA PKCS#1, bare RSA, bare ECDSA. Source: PKCS#11 v2.40, `pkcs11t.h`.
pub const RSA_PKCS: u64 = 0x01;
/// RSA without padding.
pub const RSA_X_509: u64 = 0x03;
/// ECDSA over a digest.
pub const ECDSA: u64 = 0x1041;

/// The kinds that are known. MyEID: algorithm 02 pads PKCS#1, 04 is ECDSA; it has no bare RSA by PSO.
pub const KNOWN: [Profile; 1] = [Profile {
    manufacturer: "Aventra Ltd.",
    algorithms: &[
        Algorithm {
            mechanism: RSA_PKCS,
            card_reference: Some(0x02),
        },
        Algorithm {
            mechanism: ECDSA,
            card_reference: Some(0x04),
        },
    ],
    names_file: true,
    asks_tries: false,
}];

/// How to make this card sign with this key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    /// Data of MSE SET.
    pub(super) environment: Vec<u8>,
    /// Data of PSO.
    pub(super) input: Vec<u8>,
}

/// The profile of a card that does not declare its algorithms.
pub(super) fn known(token: &TokenInfo) -> Option<&'static Profile> {
    let manufacturer = token.manufacturer.as_deref()?;
    KNOWN.iter().find(|profile| profile.manufacturer == manufacturer)
}

/// Whether the tries left may be asked for. ISO 7816-4 says that VERIFY without data spends none, and old cards exist
/// that spend one: a card that declares nothing of itself is not asked.
pub(super) fn asks_tries(token: &TokenInfo) -> bool {
    known(token).map_or(!token.algorithms.is_empty(), |profile| profile.asks_tries)
}

/// How to sign `digest`, or why this card does not.
///
/// # Errors
/// `FunctionUnavailable` when nothing says how, `AlgorithmUnsupported` when the card has no algorithm for it.
pub(super) fn plan(
    token: &TokenInfo,
    key: &KeyObject,
    kind: KeyKind,
    (scheme, hash, digest): (Scheme<'_>, HashAlgorithm, &[u8]),
) -> Result<Plan, CardError> {
    let unsupported = CardError::AlgorithmUnsupported(digest.len());
    if digest.len() != hash.output_bytes() {
        return Err(unsupported);
    }
    let known = known(token);
    let offered: Vec<Algorithm> = match known {
        Some(profile) => profile.algorithms.to_vec(),
        None => token
            .algorithms
            .iter()
            .filter(|one| key.algorithms.is_empty() || key.algorithms.contains(&one.reference))
            .map(|one| Algorithm {
                mechanism: one.mechanism,
                card_reference: one.card_reference,
            })
            .collect(),
    };
    if offered.is_empty() {
        return Err(CardError::FunctionUnavailable("sign in a way that is known here"));
    }
    let choices = choices(kind, scheme, hash).ok_or(unsupported.clone())?;
    let (algorithm, how) = choices
        .iter()
        .find_map(|(mechanism, how)| {
            let found = offered.iter().find(|one| one.mechanism == *mechanism)?;
            Some((*found, *how))
        })
        .ok_or(unsupported.clone())?;
    let input = match (how, kind, scheme) {
        (Input::Digest, _, _) => Some(digest.to_vec()),
        (Input::DigestInfo, _, _) => Some(padding::digest_info(hash, digest)),
        (Input::FieldElement, KeyKind::Ec { field_bytes }, _) => Some(padding::ec_input(digest, field_bytes)),
        (Input::Block, KeyKind::Rsa { bits }, Scheme::RsaPss { salt }) => {
            padding::pss(hash, digest, salt, bits)
        }
        (Input::Block, KeyKind::Rsa { bits }, _) => padding::pkcs1(hash, digest, bits.div_ceil(8)),
        _ => None,
    };
    let names_file = known.is_some_and(|profile| profile.names_file);
    Ok(Plan {
        environment: environment(key, algorithm, names_file),
        input: input.ok_or(unsupported)?,
    })
}

/// Data of MSE SET: algorithm, file, key. Source: ISO 7816-4 §6.3.2 and table 60.
fn environment(key: &KeyObject, algorithm: Algorithm, names_file: bool) -> Vec<u8> {
    let mut data = Vec::new();
    if let Some(reference) = algorithm.card_reference {
        data.extend([0x80, 0x01, reference]);
    }
    let file = key.path.as_ref().and_then(|path| path.ids.last());
    match file {
        Some(file) if names_file => {
            data.extend([0x81, 0x02]);
            data.extend(file);
            data.extend([0x84, 0x01, 0x00]);
        }
        _ => data.extend([0x84, 0x01, key.reference.unwrap_or(0)]),
    }
    data
}

/// The mechanisms that make such a signature, the one that leaves most to the card first. `None` when the key cannot.
///
/// Source: PKCS#11 v2.40, `pkcs11t.h`.
fn choices(kind: KeyKind, scheme: Scheme<'_>, hash: HashAlgorithm) -> Option<Vec<(u64, Input)>> {
    let of = |sha1: u64, sha256: u64, sha384: u64, sha512: u64| match hash {
        HashAlgorithm::Sha1 => sha1,
        HashAlgorithm::Sha256 => sha256,
        HashAlgorithm::Sha384 => sha384,
        HashAlgorithm::Sha512 => sha512,
    };
    match (kind, scheme) {
        (KeyKind::Rsa { .. }, Scheme::RsaPkcs1) => Some(vec![
            (of(0x06, 0x40, 0x41, 0x42), Input::Digest),
            (RSA_PKCS, Input::DigestInfo),
            (RSA_X_509, Input::Block),
        ]),
        (KeyKind::Rsa { .. }, Scheme::RsaPss { .. }) => Some(vec![
            (of(0x0E, 0x43, 0x44, 0x45), Input::Digest),
            (RSA_X_509, Input::Block),
        ]),
        (KeyKind::Ec { .. }, Scheme::Ecdsa) => Some(vec![
            (of(0x1042, 0x1044, 0x1045, 0x1046), Input::Digest),
            (ECDSA, Input::FieldElement),
        ]),
        _ => None,
    }
}
