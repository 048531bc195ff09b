//! What goes into a private-key operation where the card does not pad by itself, and how its ECDSA result is coded.

use crate::asn1::read::{Rules, single};
use crate::asn1::write::tag;
use crate::base::digest::{HashAlgorithm, Hasher};

/// DigestInfo: the name of the hash and the digest. Source: RFC 8017 §9.2, note 1.
pub(super) fn digest_info(hash: HashAlgorithm, digest: &[u8]) -> Vec<u8> {
    let head: &[u8] = match hash {
        HashAlgorithm::Sha1 => &[48, 33, 48, 9, 6, 5, 43, 14, 3, 2, 26, 5, 0, 4, 20],
        HashAlgorithm::Sha256 => &[48, 49, 48, 13, 6, 9, 96, 134, 72, 1, 101, 3, 4, 2, 1, 5, 0, 4, 32],
        HashAlgorithm::Sha384 => &[48, 65, 48, 13, 6, 9, 96, 134, 72, 1, 101, 3, 4, 2, 2, 5, 0, 4, 48],
        HashAlgorithm::Sha512 => &[48, 81, 48, 13, 6, 9, 96, 134, 72, 1, 101, 3, 4, 2, 3, 5, 0, 4, 64],
    };
    [head, digest].concat()
}

/// EMSA-PKCS1-v1_5: a block of `modulus_bytes`. `None` when the modulus is too short for the hash.
///
/// Source: RFC 8017 §9.2.
pub(super) fn pkcs1(hash: HashAlgorithm, digest: &[u8], modulus_bytes: usize) -> Option<Vec<u8>> {
    let info = digest_info(hash, digest);
    // At least eight bytes FF.
    let filling = modulus_bytes
        .checked_sub(info.len())?
        .checked_sub(3)
        .filter(|filling| *filling >= 8)?;
    let mut block = vec![0x00, 0x01];
    block.resize(filling.checked_add(2)?, 0xFF);
    block.push(0x00);
    block.extend_from_slice(&info);
    Some(block)
}

/// EMSA-PSS with MGF1 of the same hash: a block as long as a modulus of `modulus_bits`. `None` when the modulus is too
/// short for hash and salt.
///
/// Source: RFC 8017 §9.1.1, §8.1.1.
pub(super) fn pss(hash: HashAlgorithm, digest: &[u8], salt: &[u8], modulus_bits: usize) -> Option<Vec<u8>> {
    let bits = modulus_bits.checked_sub(1)?;
    let length = bits.div_ceil(8);
    let hash_bytes = hash.output_bytes();
    let mask_bytes = length.checked_sub(hash_bytes)?.checked_sub(1)?;
    let filling = mask_bytes.checked_sub(salt.len())?.checked_sub(1)?;
    let mut hasher = Hasher::new(hash);
    hasher.update(&[0; 8]);
    hasher.update(digest);
    hasher.update(salt);
    let seed = hasher.finish();
    let mut block = vec![0; filling];
    block.push(0x01);
    block.extend_from_slice(salt);
    for (byte, mask) in block.iter_mut().zip(mgf1(hash, &seed, mask_bytes)) {
        *byte ^= mask;
    }
    let unused = length.saturating_mul(8).saturating_sub(bits);
    if let Some(first) = block.first_mut() {
        *first &= 0xFF >> unused;
    }
    block.extend_from_slice(&seed);
    block.push(0xBC);
    // A modulus of one bit more than whole bytes leaves a whole byte free.
    let front = modulus_bits.div_ceil(8).saturating_sub(length);
    Some([vec![0; front], block].concat())
}

/// MGF1. Source: RFC 8017 §B.2.1.
fn mgf1(hash: HashAlgorithm, seed: &[u8], length: usize) -> Vec<u8> {
    let mut mask = Vec::with_capacity(length);
    let mut counter = 0_u32;
    while mask.len() < length {
        let mut hasher = Hasher::new(hash);
        hasher.update(seed);
        hasher.update(&counter.to_be_bytes());
        mask.extend(hasher.finish());
        counter = counter.saturating_add(1);
    }
    mask.truncate(length);
    mask
}

/// A digest as ECDSA takes it on a curve whose order is `field_bytes` long: the leftmost bytes of a longer one, zeros
/// in front of a shorter one.
///
/// WHY the zeros: a number does not change by them, and cards exist that refuse an input shorter than the field.
///
/// Source: FIPS 186-5 §6.4.1; reference §19.1.
pub(super) fn ec_input(digest: &[u8], field_bytes: usize) -> Vec<u8> {
    let kept = digest.get(..field_bytes).unwrap_or(digest);
    let mut input = vec![0; field_bytes.saturating_sub(kept.len())];
    input.extend_from_slice(kept);
    input
}

/// `r ‖ s`, each `field_bytes` long, from `SEQUENCE { r, s }`; `None` when `value` is none that fits.
pub(super) fn ecdsa_raw(value: &[u8], field_bytes: usize) -> Option<Vec<u8>> {
    let mut parts = single(value, Rules::Der)
        .ok()
        .filter(|element| element.tag() == tag::SEQUENCE)?
        .inside()
        .ok()?;
    let mut raw = Vec::with_capacity(field_bytes.saturating_mul(2));
    for _ in 0..2 {
        let content = parts.expect(tag::INTEGER).ok()?.integer_content().ok()?;
        let digits = match content {
            [first, ..] if first & 0x80 != 0 => return None,
            [0, digits @ ..] | digits => digits,
        };
        let zeros = field_bytes.checked_sub(digits.len())?;
        raw.extend(std::iter::repeat_n(0, zeros));
        raw.extend_from_slice(digits);
    }
    parts.is_at_end().then_some(raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pkcs1_block_fills_the_modulus() {
        let digest = HashAlgorithm::Sha256.digest(b"abc");
        let block = pkcs1(HashAlgorithm::Sha256, &digest, 256).unwrap();
        assert_eq!(block.len(), 256);
        assert_eq!(block[..4], [0, 1, 0xFF, 0xFF]);
        assert_eq!(block[256 - 52..256 - 48], [0, 0x30, 0x31, 0x30]);
        assert!(block.ends_with(&digest));
        assert!(pkcs1(HashAlgorithm::Sha512, &[0; 64], 93).is_none());
        assert_eq!(pkcs1(HashAlgorithm::Sha512, &[0; 64], 94).unwrap().len(), 94);
    }

    #[test]
    fn a_pss_block_has_its_trailer_and_leaves_the_top_bit_clear() {
        let digest = HashAlgorithm::Sha256.digest(b"abc");
        for (bits, front) in [(2048, 0), (2047, 0), (2049, 1), (1024, 0)] {
            let block = pss(HashAlgorithm::Sha256, &digest, &[7; 32], bits).unwrap();
            assert_eq!(block.len(), bits.div_ceil(8), "{bits}");
            assert_eq!(block.last(), Some(&0xBC));
            assert!(block[..front].iter().all(|byte| *byte == 0));
            let spare = block.len() * 8 - (bits - 1);
            assert!(
                spare >= 8 || u32::from(block[0]).leading_zeros() >= 24 + u32::try_from(spare).unwrap(),
                "{bits}"
            );
        }
        assert!(pss(HashAlgorithm::Sha512, &[0; 64], &[0; 64], 1024).is_none());
    }

    #[test]
    fn a_digest_is_fitted_to_the_field() {
        assert_eq!(ec_input(&[7; 48], 32), [7; 32]);
        assert_eq!(ec_input(&[7; 32], 48), [vec![0; 16], vec![7; 32]].concat());
        assert_eq!(ec_input(&[7; 32], 32), [7; 32]);
    }

    #[test]
    fn a_der_value_becomes_raw_and_nothing_else_does() {
        let der = hex::decode("3008020200ff02020102").unwrap();
        assert_eq!(ecdsa_raw(&der, 3).unwrap(), [0, 0, 0xFF, 0, 1, 2]);
        for bad in [
            "3008020200ff0202010200",
            "3006020200ff0201",
            "300602020101020180",
            "3009020200ff02020102020101",
            "310802020101020201 02",
        ] {
            let bytes = hex::decode(bad.replace(' ', "")).unwrap();
            assert_eq!(ecdsa_raw(&bytes, 3), None, "{bad}");
        }
        assert_eq!(ecdsa_raw(&der, 1), None, "s is longer than the field");
    }

    proptest::proptest! {
        #[test]
        fn any_value_is_raw_or_none(bytes in proptest::collection::vec(0_u8.., 0..120)) {
            if let Some(raw) = ecdsa_raw(&bytes, 48) {
                proptest::prop_assert_eq!(raw.len(), 96);
            }
        }
    }
}
