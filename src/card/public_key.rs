//! What a certificate on a token says of its key: kind, size, use. No more of X.509 than a driver needs.

use crate::asn1::oid::Oid;
use crate::asn1::read::{Asn1Error, Reader, Rules, single};
use crate::asn1::write::tag;

use super::error::CardError;

/// The kind of a key on a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// Elliptic curve over a prime field whose elements are so many bytes: 32 for P-256, 48 for P-384, 66 for P-521.
    Ec {
        /// Length of a field element.
        field_bytes: usize,
    },
    /// RSA.
    Rsa {
        /// Length of the modulus.
        bits: usize,
    },
}

/// What a driver wants to know of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CertificateFacts {
    pub(super) key: KeyKind,
    /// keyUsage names nonRepudiation. `None` without the extension.
    pub(super) non_repudiation: Option<bool>,
    /// keyUsage names digitalSignature. `None` without the extension.
    pub(super) digital_signature: Option<bool>,
}

/// Object identifiers, content octets. Source: RFC 5480 §2.1, RFC 8017 §A.1, RFC 5280 §4.2.1.3.
const EC_PUBLIC_KEY: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01];
const RSA_ENCRYPTION: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01];
const P256: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07];
const P384: &[u8] = &[0x2B, 0x81, 0x04, 0x00, 0x22];
const P521: &[u8] = &[0x2B, 0x81, 0x04, 0x00, 0x23];
const KEY_USAGE: &[u8] = &[0x55, 0x1D, 0x0F];

/// Reads the facts of a certificate in DER.
///
/// # Errors
/// `Malformed` when it is no certificate; `AlgorithmUnsupported` never: an unknown key is `Malformed` too, because no
/// card of these families can hold one.
pub(super) fn of_certificate(der: &[u8]) -> Result<CertificateFacts, CardError> {
    read(der).map_err(|error| CardError::Malformed {
        what: "certificate",
        at: place(error),
    })
}

fn read(der: &[u8]) -> Result<CertificateFacts, Asn1Error> {
    let mut parts = single(der, Rules::Ber)?.inside()?.sequence()?;
    parts.optional(tag::context_constructed(0))?;
    // Serial number, algorithm, issuer, validity, subject (RFC 5280 §4.1).
    for _ in 0..5 {
        parts.any()?;
    }
    let key = key_of(&mut parts)?;
    let mut facts = CertificateFacts {
        key,
        non_repudiation: None,
        digital_signature: None,
    };
    while let Some(element) = parts.next()? {
        if element.tag() == tag::context_constructed(3) {
            usage_of(&mut element.inside()?.sequence()?, &mut facts)?;
        }
    }
    Ok(facts)
}

fn key_of(parts: &mut Reader<'_>) -> Result<KeyKind, Asn1Error> {
    let mut key = parts.sequence()?;
    let at = key.offset();
    let unknown = Asn1Error::Content(at);
    let mut algorithm = key.sequence()?;
    let kind = algorithm.any()?.oid()?;
    let bits = key.any()?.bit_octets()?;
    if kind.content() == EC_PUBLIC_KEY {
        let curve: Oid = algorithm.any()?.oid()?;
        let field_bytes = match curve.content() {
            P256 => 32,
            P384 => 48,
            P521 => 66,
            _ => return Err(unknown),
        };
        return Ok(KeyKind::Ec { field_bytes });
    }
    if kind.content() != RSA_ENCRYPTION {
        return Err(unknown);
    }
    let number = single(bits, Rules::Ber)
        .and_then(|key| key.inside()?.any())
        .map_err(|_| unknown)?;
    let modulus = number.integer_content().map_err(|_| unknown)?;
    let modulus = modulus.strip_prefix(&[0]).unwrap_or(modulus);
    let first = modulus.first().ok_or(unknown)?;
    let unused = usize::try_from(first.leading_zeros()).unwrap_or(0);
    let bits = modulus.len().saturating_mul(8).saturating_sub(unused);
    // The sizes that cards hold; a larger one would be a length to allocate that a stranger chose.
    if !(1024..=4096).contains(&bits) {
        return Err(unknown);
    }
    Ok(KeyKind::Rsa { bits })
}

fn usage_of(extensions: &mut Reader<'_>, facts: &mut CertificateFacts) -> Result<(), Asn1Error> {
    while let Some(extension) = extensions.next()? {
        let mut parts = extension.inside()?;
        if parts.any()?.oid()?.content() != KEY_USAGE {
            continue;
        }
        parts.optional(tag::BOOLEAN)?;
        let value = parts.any()?;
        let bits = value.octets()?;
        let bits = single(&bits, Rules::Ber).map_err(|_| Asn1Error::Content(value.offset()))?;
        facts.digital_signature = Some(bits.named_bit(0)?);
        facts.non_repudiation = Some(bits.named_bit(1)?);
    }
    Ok(())
}

const fn place(error: Asn1Error) -> usize {
    match error {
        Asn1Error::Truncated(at)
        | Asn1Error::Length(at)
        | Asn1Error::Depth(at)
        | Asn1Error::Tag { offset: at, .. }
        | Asn1Error::Content(at)
        | Asn1Error::Trailing(at) => at,
    }
}
