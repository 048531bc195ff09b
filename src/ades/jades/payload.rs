//! What the octets of content contribute to a signature: themselves, or their base64url text, read in pieces.

use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::ades::content::Content;
use crate::base::bytes::ReadAt;
use crate::base::digest::{HashAlgorithm, Hasher};

/// A piece of content: a multiple of three, so that the texts of pieces make the text of the whole.
const PIECE: u64 = 3 * 256 * 1024;

/// Adds the octets of `source` to `hashers`, or their base64url text.
///
/// # Errors
/// What reading reports.
pub fn update(hashers: &mut [Hasher], source: &dyn ReadAt, as_text: bool) -> io::Result<()> {
    let mut at = 0;
    while at < source.len() {
        let size = PIECE.min(source.len().saturating_sub(at));
        let piece = source.read_vec(at, usize::try_from(size).unwrap_or(0))?;
        let text;
        let octets = if as_text {
            text = URL_SAFE_NO_PAD.encode(&piece);
            text.as_bytes()
        } else {
            &piece
        };
        for hasher in hashers.iter_mut() {
            hasher.update(octets);
        }
        at = at.saturating_add(size);
    }
    Ok(())
}

/// The digest of what `content` contributes; none when only digests of another form are known.
///
/// # Errors
/// What reading reports.
pub fn digest(content: &Content, hash: HashAlgorithm, as_text: bool) -> io::Result<Option<Vec<u8>>> {
    match content {
        Content::Digests(_) if as_text => Ok(None),
        Content::Digests(_) => content.digest(hash),
        Content::Bytes(source) => {
            let mut hashers = [Hasher::new(hash)];
            update(&mut hashers, &**source, as_text)?;
            let [hasher] = hashers;
            Ok(Some(hasher.finish()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_pieces_is_the_text_of_the_whole() {
        let length = usize::try_from(PIECE).unwrap() * 2 + 1;
        let bytes: Vec<u8> = (0..length).map(|at| u8::try_from(at % 251).unwrap()).collect();
        let content = Content::Bytes(std::sync::Arc::new(bytes.clone()));
        let hash = HashAlgorithm::Sha256;
        assert_eq!(
            digest(&content, hash, true).unwrap(),
            Some(hash.digest(URL_SAFE_NO_PAD.encode(&bytes).as_bytes()))
        );
        assert_eq!(digest(&content, hash, false).unwrap(), Some(hash.digest(&bytes)));
        let known = Content::digest_only(hash, hash.digest(&bytes));
        assert_eq!(digest(&known, hash, true).unwrap(), None);
        assert_eq!(digest(&known, hash, false).unwrap(), Some(hash.digest(&bytes)));
    }
}
