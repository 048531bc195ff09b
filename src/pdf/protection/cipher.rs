//! The ciphers and digests of PDF encryption. ISO 32000-2 §7.6.

use openssl::hash::MessageDigest;
use openssl::symm::{Cipher, Crypter, Mode};
use zeroize::Zeroizing;

/// Bytes of an AES block, and of the initialisation vector in front of what AES encrypted.
pub(super) const BLOCK: usize = 16;

/// MD5, which file keys up to revision 4 are made with; `None` where this computer's OpenSSL has none.
pub(super) fn md5(parts: &[&[u8]]) -> Option<Zeroizing<Vec<u8>>> {
    let mut hasher = openssl::hash::Hasher::new(MessageDigest::md5()).ok()?;
    for part in parts {
        hasher.update(part).ok()?;
    }
    Some(Zeroizing::new(hasher.finish().ok()?.to_vec()))
}

/// `data` under RC4: the same both ways.
///
/// WHY: written out here because OpenSSL keeps it in a module of its own that many computers have not, and every
/// file of revision 4 needs it to check its password, AES or not. It is never what protects anything written here.
pub(super) fn rc4(key: &[u8], data: &[u8]) -> Vec<u8> {
    let mut state: [u8; 256] = std::array::from_fn(|index| u8::try_from(index).unwrap_or(0));
    let at = |state: &[u8; 256], index: u8| state.get(usize::from(index)).copied().unwrap_or(0);
    let mut other = 0_u8;
    for (index, key) in (0..=u8::MAX).zip(key.iter().cycle()) {
        other = other.wrapping_add(at(&state, index)).wrapping_add(*key);
        state.swap(usize::from(index), usize::from(other));
    }
    let (mut one, mut two) = (0_u8, 0_u8);
    let mut out = Vec::with_capacity(data.len());
    for byte in data {
        one = one.wrapping_add(1);
        two = two.wrapping_add(at(&state, one));
        state.swap(usize::from(one), usize::from(two));
        let index = at(&state, one).wrapping_add(at(&state, two));
        out.push(byte ^ at(&state, index));
    }
    out
}

/// AES in CBC mode without padding; the key's length says which. `None` for lengths that do not fit.
pub(super) fn cbc(mode: Mode, key: &[u8], vector: &[u8], data: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let cipher = match key.len() {
        16 => Cipher::aes_128_cbc(),
        32 => Cipher::aes_256_cbc(),
        _ => return None,
    };
    if vector.len() != BLOCK {
        return None;
    }
    run(cipher, mode, key, Some(vector), data)
}

/// One block out of AES-256 without chaining, as `/Perms` is stored.
pub(super) fn block(key: &[u8], data: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    (key.len() == 32 && data.len() == BLOCK)
        .then(|| run(Cipher::aes_256_ecb(), Mode::Decrypt, key, None, data))
        .flatten()
}

fn run(
    cipher: Cipher,
    mode: Mode,
    key: &[u8],
    vector: Option<&[u8]>,
    data: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    if !data.len().is_multiple_of(BLOCK) {
        return None;
    }
    let mut crypter = Crypter::new(cipher, mode, key, vector).ok()?;
    crypter.pad(false);
    let mut out = Zeroizing::new(vec![0; data.len().checked_add(BLOCK)?]);
    let written = crypter.update(data, &mut out).ok()?;
    let rest = crypter.finalize(out.get_mut(written..)?).ok()?;
    out.truncate(written.checked_add(rest)?);
    Some(out)
}

/// What AES encrypted with its initialisation vector in front and its padding behind (RFC 8018 §6.1.1).
///
/// Nothing at all stays nothing: writers leave empty strings as they are.
pub(super) fn open_padded(key: &[u8], data: &[u8]) -> Option<Vec<u8>> {
    if data.is_empty() {
        return Some(Vec::new());
    }
    let (vector, sealed) = data.split_at_checked(BLOCK)?;
    let mut opened = cbc(Mode::Decrypt, key, vector, sealed)?;
    let count = usize::from(*opened.last()?);
    let kept = opened.len().checked_sub(count)?;
    let padding = opened.get(kept..)?;
    let whole = (1..=BLOCK).contains(&count) && padding.iter().all(|byte| usize::from(*byte) == count);
    whole.then(|| {
        opened.truncate(kept);
        std::mem::take(&mut *opened)
    })
}

/// The other way round.
pub(super) fn seal_padded(key: &[u8], vector: &[u8], data: &[u8]) -> Option<Vec<u8>> {
    let count = BLOCK.saturating_sub(data.len() % BLOCK);
    let mut padded = Zeroizing::new(Vec::with_capacity(data.len().saturating_add(count)));
    padded.extend_from_slice(data);
    padded.resize(data.len().saturating_add(count), u8::try_from(count).ok()?);
    let sealed = cbc(Mode::Encrypt, key, vector, &padded)?;
    Some([vector, sealed.as_slice()].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rc4_gives_the_published_streams() {
        // RFC 6229, keys of 40 and 128 bits: the first sixteen octets.
        for (key, stream) in [
            ("0102030405", "b2396305f03dc027ccc3524a0a1118a8"),
            (
                "0102030405060708090a0b0c0d0e0f10",
                "9ac7cc9a609d1ef7b2932899cde41b97",
            ),
        ] {
            let made = rc4(&hex::decode(key).unwrap(), &[0; 16]);
            assert_eq!(hex::encode(made), stream, "{key}");
        }
    }

    #[test]
    fn padding_is_checked_whole() {
        let (key, vector) = ([7; 32], [9; 16]);
        for length in [0, 1, 15, 16, 17, 40] {
            let text = vec![3; length];
            let sealed = seal_padded(&key, &vector, &text).unwrap();
            assert_eq!(sealed.len(), 16 + (length / 16 + 1) * 16);
            assert_eq!(open_padded(&key, &sealed).unwrap(), text);
        }
        assert_eq!(open_padded(&key, b"").unwrap(), b"");
        for wrong in [&[2_u8, 1][..], &[0; 2], &[17; 2], &[3, 2, 3]] {
            let mut block = vec![8; 16 - wrong.len()];
            block.extend_from_slice(wrong);
            let sealed = cbc(Mode::Encrypt, &key, &vector, &block).unwrap();
            let whole = [&vector[..], &sealed].concat();
            assert_eq!(open_padded(&key, &whole).is_some(), wrong == [2, 1], "{wrong:?}");
        }
        for length in [1, 15, 16, 17, 31, 33] {
            assert_eq!(open_padded(&key, &vec![0; length]), None, "{length}");
        }
    }
}
