//! What of a card's files the national register has signed, and what must be hashed to what.
//!
//! Verifies no signature: it names the bytes, and a room that has cryptography verifies them. The verdicts for
//! each element are put together in `identity::card_data`.

use crate::base::digest::HashAlgorithm;
use crate::card::tlv;

use super::identity::Identity;

/// The bytes under the identity's signature: the whole file, nothing stripped.
pub const fn identity_message(identity: &[u8]) -> &[u8] {
    identity
}

/// The bytes under the address's signature, the likelier first: the address without its trailing zeros, then the
/// identity signature as the card stores it, padding included; and the same with the signature cut at its DER end.
///
/// Only trailing zeros are stripped: a zero inside belongs to a value.
///
/// Source: reference §8.1 step 3; the full form was seen on a re-keyed 1.7 card, the cut one is kept for 1.8.
pub fn address_messages(address: &[u8], identity_signature: &[u8]) -> Vec<Vec<u8>> {
    let address = without_trailing_zeros(address);
    let cut = trimmed_signature(identity_signature);
    let mut messages = vec![[address, identity_signature].concat()];
    if cut.len() != identity_signature.len() {
        messages.push([address, cut].concat());
    }
    messages
}

/// A signature file as it is verified: an EC one cut at its DER end, an RSA one whole.
///
/// A file counts as EC when it is `SEQUENCE { INTEGER, INTEGER }` with nothing but zeros behind it.
pub fn trimmed_signature(file: &[u8]) -> &[u8] {
    match tlv::der_total(file) {
        Some(total) if is_ecdsa_value(file.get(..total)) && is_zero(file.get(total..)) => {
            tlv::der_trimmed(file)
        }
        _ => file,
    }
}

fn is_ecdsa_value(der: Option<&[u8]>) -> bool {
    // Values of the curves on cards need one or two length bytes for the outer SEQUENCE.
    let Some([0x30, 0x81, _, body @ ..] | [0x30, _, body @ ..]) = der else {
        return false;
    };
    let Some(rest) = integer(body) else { return false };
    integer(rest).is_some_and(<[u8]>::is_empty)
}

/// What follows the INTEGER at the start of `bytes`.
fn integer(bytes: &[u8]) -> Option<&[u8]> {
    match bytes {
        [0x02, length @ 1..=0x7F, rest @ ..] => rest.get(usize::from(*length)..),
        _ => None,
    }
}

fn is_zero(bytes: Option<&[u8]>) -> bool {
    bytes.is_some_and(|bytes| bytes.iter().all(|byte| *byte == 0))
}

/// `file` without the zero bytes at its end.
pub fn without_trailing_zeros(file: &[u8]) -> &[u8] {
    let length = file
        .iter()
        .rposition(|byte| *byte != 0)
        .map_or(0, |last| last.saturating_add(1));
    file.get(..length).unwrap_or(file)
}

/// Whether a file hashes to what the identity file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HashVerdict {
    /// It does not.
    Differs,
    /// It does.
    Matches,
    /// The identity file names no hash, or there is no file.
    NotPresent,
}

/// Whether `photo` is the one the identity file was made with.
pub fn photo(identity: &Identity, photo: Option<&[u8]>) -> HashVerdict {
    match (identity.photo_hash_algorithm(), photo) {
        (Some(algorithm), Some(photo)) => verdict(&algorithm.digest(photo), &identity.photo_hash),
        // A hash of no known length protects nothing.
        (None, Some(_)) if !identity.photo_hash.is_empty() => HashVerdict::Differs,
        _ => HashVerdict::NotPresent,
    }
}

/// Whether the basic key is the one the identity file was made with (1.8).
pub fn basic_key(identity: &Identity, file: Option<&[u8]>) -> HashVerdict {
    match file {
        Some(file) if !identity.basic_key_hash.is_empty() => {
            verdict(&HashAlgorithm::Sha384.digest(file), &identity.basic_key_hash)
        }
        _ => HashVerdict::NotPresent,
    }
}

fn verdict(found: &[u8], expected: &[u8]) -> HashVerdict {
    if found == expected {
        HashVerdict::Matches
    } else {
        HashVerdict::Differs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_trailing_zeros_are_stripped() {
        assert_eq!(without_trailing_zeros(&[0, 2, 0, 2, 1, 0, 0]), [0, 2, 0, 2, 1]);
        assert!(without_trailing_zeros(&[0, 0]).is_empty());
    }

    #[test]
    fn an_ec_signature_is_cut_and_an_rsa_one_is_not() {
        let ec = [&[0x30, 0x06, 0x02, 0x01, 5, 0x02, 0x01, 6][..], &[0; 20]].concat();
        assert_eq!(trimmed_signature(&ec).len(), 8);
        let mut rsa = vec![0x30, 0x06, 0x02, 0x01, 5, 0x02, 0x01, 6];
        rsa.extend([9; 120]);
        assert_eq!(trimmed_signature(&rsa).len(), 128);
        assert_eq!(trimmed_signature(&[0x41; 128]).len(), 128);
    }

    #[test]
    fn the_address_is_signed_with_the_identity_signature_as_stored() {
        let signature = [&[0x30, 0x06, 0x02, 0x01, 5, 0x02, 0x01, 6][..], &[0; 4]].concat();
        let messages = address_messages(&[1, 1, 65, 0, 0], &signature);
        assert_eq!(messages.len(), 2);
        assert_eq!(messages[0], [&[1, 1, 65][..], &signature].concat());
        assert_eq!(messages[1].len(), 3 + 8);
    }
}
