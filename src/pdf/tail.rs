//! The bytes an update appends, with the place kept for a signature.

use std::io;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::number;
use super::signature::hash_range;
use super::update::UpdateError;
use crate::base::bytes::ReadAt;
use crate::base::digest::{HashAlgorithm, Hasher};

/// Digits kept free for each number of `/ByteRange`: any file a table can address.
const RANGE_DIGITS: usize = 10;

/// `/ByteRange` as text of one length, whatever its numbers.
pub(super) fn byte_range_text(range: [u64; 4]) -> String {
    let [first, length, second, rest] = range;
    format!(
        "{:<width$}",
        format!("[{first} {length} {second} {rest}]"),
        width = 3 * RANGE_DIGITS + 6
    )
}

/// What an update appends. The whole file is the base, unchanged, and then these bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tail {
    /// Length of the file before, in bytes: where `bytes` begin.
    pub base_length: u64,
    /// The bytes to append.
    #[serde(with = "as_base64")]
    pub bytes: Vec<u8>,
    /// Where the signature goes, if the update has one.
    pub placeholder: Option<Placeholder>,
}

/// The room kept for a signature, in offsets of the whole file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placeholder {
    /// Offsets of `<` and just after `>`.
    pub contents: Range<u64>,
    /// What `/ByteRange` says.
    pub byte_range: [u64; 4],
}

impl Placeholder {
    /// Most bytes a signature may have to fit.
    pub const fn capacity_bytes(&self) -> u64 {
        self.contents
            .end
            .saturating_sub(self.contents.start)
            .saturating_sub(2)
            / 2
    }
}

/// A signature that is larger than the room kept for it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("signature of {size_bytes} bytes does not fit the {capacity_bytes} bytes kept for it")]
pub struct DoesNotFit {
    /// Size of the signature.
    pub size_bytes: u64,
    /// Room kept.
    pub capacity_bytes: u64,
}

impl Tail {
    /// Length of the whole file with this tail.
    pub fn total_length(&self) -> u64 {
        self.base_length.saturating_add(number::offset(self.bytes.len()))
    }

    pub(super) fn fix_byte_range(
        &mut self,
        range_at: usize,
        contents: Range<u64>,
    ) -> Result<(), UpdateError> {
        let rest = self.total_length().saturating_sub(contents.end);
        let byte_range = [0, contents.start, contents.end, rest];
        let empty = byte_range_text([0; 4]).len();
        let text = byte_range_text(byte_range);
        let place = self.bytes.get_mut(range_at..range_at.saturating_add(empty));
        match place {
            Some(place) if place.len() == text.len() => place.copy_from_slice(text.as_bytes()),
            _ => return Err(UpdateError::Limit("the room of a byte range")),
        }
        self.placeholder = Some(Placeholder { contents, byte_range });
        Ok(())
    }

    /// Adds what the signature covers to `hasher`: the base from `source`, and this tail without the placeholder.
    ///
    /// # Errors
    /// What reading `source` reports; `InvalidInput` when there is no placeholder.
    pub fn hash(&self, source: &dyn ReadAt, mut hasher: Hasher) -> io::Result<Vec<u8>> {
        hash_range(&mut hasher, source, 0, self.base_length)?;
        self.hash_tail(&mut hasher)?;
        Ok(hasher.finish())
    }

    /// Adds what the signature covers of this tail to `hasher`, which has seen the whole base already.
    ///
    /// # Errors
    /// `InvalidInput` when there is no placeholder.
    pub fn hash_tail(&self, hasher: &mut Hasher) -> io::Result<()> {
        let (before, after) = self.around().ok_or(io::ErrorKind::InvalidInput)?;
        hasher.update(before);
        hasher.update(after);
        Ok(())
    }

    /// The digest of what the signature covers.
    ///
    /// # Errors
    /// As [`Self::hash`].
    pub fn digest(&self, source: &dyn ReadAt, algorithm: HashAlgorithm) -> io::Result<Vec<u8>> {
        self.hash(source, Hasher::new(algorithm))
    }

    fn around(&self) -> Option<(&[u8], &[u8])> {
        let place = self.placeholder.as_ref()?;
        let start = usize::try_from(place.contents.start.checked_sub(self.base_length)?).ok()?;
        let end = usize::try_from(place.contents.end.checked_sub(self.base_length)?).ok()?;
        Some((self.bytes.get(..start)?, self.bytes.get(end..)?))
    }

    /// Writes `signature` (DER) into the room kept for it; the rest stays zero.
    ///
    /// # Errors
    /// `DoesNotFit` when it is too large, or no room was kept.
    pub fn embed(&mut self, signature: &[u8]) -> Result<(), DoesNotFit> {
        let capacity_bytes = self.placeholder.as_ref().map_or(0, Placeholder::capacity_bytes);
        let error = DoesNotFit {
            size_bytes: number::offset(signature.len()),
            capacity_bytes,
        };
        if error.size_bytes > capacity_bytes {
            return Err(error);
        }
        let start = self
            .placeholder
            .as_ref()
            .and_then(|place| place.contents.start.checked_sub(self.base_length));
        let start = start
            .and_then(|start| usize::try_from(start).ok())
            .and_then(|start| start.checked_add(1));
        let length = usize::try_from(capacity_bytes)
            .ok()
            .and_then(|capacity| capacity.checked_mul(2));
        let place = start
            .zip(length)
            .and_then(|(start, length)| self.bytes.get_mut(start..start.checked_add(length)?));
        let place = place.ok_or(error)?;
        let digits = hex::encode_upper(signature);
        let padded = digits.bytes().chain(std::iter::repeat(b'0'));
        place
            .iter_mut()
            .zip(padded)
            .for_each(|(target, digit)| *target = digit);
        Ok(())
    }

    /// All of `/Contents` as it stands now, padding too; what [`super::signature::vri_key`] takes.
    pub fn contents(&self) -> Option<Vec<u8>> {
        let place = self.placeholder.as_ref()?;
        let start = usize::try_from(place.contents.start.checked_sub(self.base_length)?)
            .ok()?
            .checked_add(1)?;
        let end = usize::try_from(place.contents.end.checked_sub(self.base_length)?)
            .ok()?
            .checked_sub(1)?;
        hex::decode(self.bytes.get(start..end)?).ok()
    }
}

/// Bytes as base64 text, so that a stored tail does not grow fourfold.
mod as_base64 {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        STANDARD.decode(text).map_err(D::Error::custom)
    }
}
