//! The value a card signed, as CMS carries it.

use crate::card::eid::{CardSignature, SignatureScheme};
use crate::crypto::algorithm::SignatureAlgorithm;
use crate::crypto::ecdsa;
use crate::crypto::key::{KeyKind, PublicKey};

/// The card's value as CMS carries it: ECDSA in DER (RFC 5753 §7.2), RSA as it is. `None` when it cannot be one of
/// `key`.
pub fn encoded(signature: &CardSignature, key: &PublicKey) -> Option<Vec<u8>> {
    match (signature.scheme, key.kind()) {
        (SignatureScheme::Ecdsa, KeyKind::Ec(curve)) => ecdsa::raw_to_der(&signature.value, curve).ok(),
        (SignatureScheme::RsaPkcs1 | SignatureScheme::RsaPss, KeyKind::Rsa { .. }) => {
            Some(signature.value.clone())
        }
        _ => None,
    }
}

/// Whether the card's value signs `digest` under `key`.
pub fn verifies(
    signature: &CardSignature,
    algorithm: SignatureAlgorithm,
    digest: &[u8],
    key: &PublicKey,
) -> bool {
    encoded(signature, key).is_some_and(|value| key.verify_digest(algorithm, digest, &value).is_ok())
}
