//! What the octets of content contribute to a signature: themselves, or their base64url text, read in pieces.

use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::header::Header;
use super::read::Jws;
use crate::ades::content::{Content, DataObject};
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

/// Adds what the content of `jws` is to time-stamps, as it was signed: the payload or, by `sigD`, each object. False when
/// some of it is not at hand.
///
/// # Errors
/// What reading content reports.
///
/// Source: TS 119 182-1 §5.2.6 and §5.3.6.3.
pub(in crate::ades) fn add_content(
    hashers: &mut [Hasher],
    jws: &Jws,
    header: &Header,
    objects: &[DataObject],
) -> io::Result<bool> {
    if let Some(payload) = &jws.payload {
        for hasher in hashers {
            hasher.update(payload.as_bytes());
        }
        return Ok(true);
    }
    let found = detached(header, objects);
    for object in found.iter().flatten() {
        let Some(source) = object.content.bytes() else {
            return Ok(false);
        };
        update(hashers, &**source, header.payload_as_text)?;
    }
    Ok(found.is_some())
}

/// The imprint of a time-stamp over the content alone; none when it is not at hand. One object is enough by its digest.
///
/// # Errors
/// What reading content reports.
///
/// Source: TS 119 182-1 §5.2.6.
pub(in crate::ades) fn content_imprint(
    hash: HashAlgorithm,
    jws: &Jws,
    header: &Header,
    objects: &[DataObject],
) -> io::Result<Option<Vec<u8>>> {
    if jws.payload.is_none()
        && let Some([one]) = detached(header, objects).as_deref()
    {
        return digest(&one.content, hash, header.payload_as_text);
    }
    let mut hashers = [Hasher::new(hash)];
    let is_whole = add_content(&mut hashers, jws, header, objects)?;
    let [hasher] = hashers;
    Ok(is_whole.then(|| hasher.finish()))
}

/// The objects that a signature without a payload is over, in their order; none when they were not all handed in.
fn detached<'o>(header: &Header, objects: &'o [DataObject]) -> Option<Vec<&'o DataObject>> {
    match (&header.objects, objects) {
        (Some(reference), _) => named(&reference.uris, objects),
        (None, [one]) => Some(vec![one]),
        (None, _) => None,
    }
}

/// The objects that `uris` name, in that order. One object without a name stands for the one that is named.
pub(in crate::ades) fn named<'o>(uris: &[String], objects: &'o [DataObject]) -> Option<Vec<&'o DataObject>> {
    if let ([_], [one]) = (uris, objects)
        && one.name.is_none()
    {
        return Some(vec![one]);
    }
    uris.iter()
        .map(|uri| objects.iter().find(|object| object.name.as_ref() == Some(uri)))
        .collect()
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
