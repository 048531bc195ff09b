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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asn1::write::{
        bit_string, boolean, element, explicit, integer, integer_bytes, named_bits, null, octet_string,
        sequence,
    };

    fn rsa(bits: usize) -> Vec<u8> {
        let mut modulus = vec![0x80; bits.div_ceil(8)];
        if !bits.is_multiple_of(8) {
            modulus[0] = 1 << (bits % 8 - 1);
        }
        let key = sequence(&[&integer_bytes(&modulus), &integer(65_537)]);
        let algorithm = sequence(&[&element(tag::OID, RSA_ENCRYPTION), &null()]);
        sequence(&[&algorithm, &bit_string(&key)])
    }

    fn ec(curve: &[u8]) -> Vec<u8> {
        let algorithm = sequence(&[&element(tag::OID, EC_PUBLIC_KEY), &element(tag::OID, curve)]);
        sequence(&[&algorithm, &bit_string(&[0x04; 65])])
    }

    /// A certificate with this key and, when given, these bits of keyUsage.
    fn certificate(key: &[u8], usage: Option<&[bool]>) -> Vec<u8> {
        let empty = sequence(&[]);
        let extensions = usage.map(|bits| {
            let other = sequence(&[&element(tag::OID, &[0x55, 0x1D, 0x13]), &octet_string(&empty)]);
            let value = octet_string(&named_bits(bits));
            let usage = sequence(&[&element(tag::OID, KEY_USAGE), &boolean(true), &value]);
            explicit(3, &sequence(&[&other, &usage]))
        });
        let body = sequence(&[
            &explicit(0, &integer(2)),
            &integer(7),
            &empty,
            &empty,
            &empty,
            &empty,
            key,
            &extensions.unwrap_or_default(),
        ]);
        sequence(&[&body, &empty, &bit_string(&[0])])
    }

    #[test]
    fn the_kind_and_size_of_a_key_are_read() {
        for (key, expected) in [
            (rsa(1024), Some(KeyKind::Rsa { bits: 1024 })),
            (rsa(2048), Some(KeyKind::Rsa { bits: 2048 })),
            (rsa(2047), Some(KeyKind::Rsa { bits: 2047 })),
            (rsa(4096), Some(KeyKind::Rsa { bits: 4096 })),
            (rsa(4097), None),
            (rsa(512), None),
            (rsa(65_536), None),
            (ec(P256), Some(KeyKind::Ec { field_bytes: 32 })),
            (ec(P384), Some(KeyKind::Ec { field_bytes: 48 })),
            (ec(P521), Some(KeyKind::Ec { field_bytes: 66 })),
            (ec(&[0x2B, 0x81, 0x04, 0x00, 0x0A]), None),
            (
                sequence(&[
                    &sequence(&[&element(tag::OID, &[0x2B, 0x65, 0x70])]),
                    &bit_string(&[0; 32]),
                ]),
                None,
            ),
        ] {
            let read = of_certificate(&certificate(&key, None));
            assert_eq!(read.ok().map(|facts| facts.key), expected);
        }
    }

    #[test]
    fn the_use_of_a_key_is_read_where_it_is_said() {
        for (usage, expected) in [
            (None, (None, None)),
            (Some(&[true][..]), (Some(true), Some(false))),
            (Some(&[false, true]), (Some(false), Some(true))),
            (Some(&[true, true]), (Some(true), Some(true))),
            (Some(&[false, false, true]), (Some(false), Some(false))),
        ] {
            let facts = of_certificate(&certificate(&ec(P256), usage)).unwrap();
            assert_eq!(
                (facts.digital_signature, facts.non_repudiation),
                expected,
                "{usage:?}"
            );
        }
    }

    #[test]
    fn what_is_cut_is_no_certificate() {
        let whole = certificate(&rsa(2048), Some(&[true]));
        for length in 0..whole.len() {
            let read = of_certificate(&whole[..length]);
            assert!(
                matches!(
                    read,
                    Err(CardError::Malformed {
                        what: "certificate",
                        ..
                    })
                ),
                "{length}: {read:?}"
            );
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_a_certificate_or_not(bytes in proptest::collection::vec(0_u8.., 0..200)) {
            let _ = of_certificate(&bytes);
        }

        #[test]
        fn a_changed_certificate_is_read_or_refused(at in 0_usize..330, byte in 0_u8..) {
            let mut whole = certificate(&rsa(2048), Some(&[true]));
            if let Some(place) = whole.get_mut(at) {
                *place = byte;
            }
            if let Ok(CertificateFacts { key: KeyKind::Rsa { bits }, .. }) = of_certificate(&whole) {
                proptest::prop_assert!((1024..=4096).contains(&bits));
            }
        }
    }
}
