//! Where something is on the card.

use std::fmt;

use crate::asn1::read::{Asn1Error, Reader};
use crate::asn1::write::tag;

/// A path to a file or directory, and the part of the file that is meant.
#[derive(Clone, PartialEq, Eq)]
pub struct Path {
    /// File identifiers, two bytes each. Beginning with the master file `3F00` it is absolute, otherwise it begins in
    /// the application's directory.
    pub ids: Vec<[u8; 2]>,
    /// Offset of the part, or record number.
    pub index: usize,
    /// Length of the part; the rest of the file without it.
    pub length: Option<usize>,
}

/// The deepest path followed: no card nests as deep, and a path is a list of commands to send.
const MAX_IDS: usize = 8;
/// Offsets and lengths in a file have 15 bits and 16.
const MAX_OFFSET: u64 = 0x7FFF;

/// The master file.
pub(super) const MASTER: [u8; 2] = [0x3F, 0x00];

impl Path {
    /// The path with these identifiers, to the whole file.
    pub fn of(ids: &[[u8; 2]]) -> Self {
        Self {
            ids: ids.to_vec(),
            index: 0,
            length: None,
        }
    }

    /// The path whose octets are `octets`.
    pub(super) fn from_octets(octets: &[u8]) -> Option<Self> {
        let (ids, rest) = octets.as_chunks::<2>();
        let fits = rest.is_empty() && !ids.is_empty() && ids.len() <= MAX_IDS;
        // The master file is where a path begins, and nowhere else.
        let tail = ids.get(1..).unwrap_or_default();
        (fits && !tail.contains(&MASTER)).then(|| Self::of(ids))
    }

    /// `Path ::= SEQUENCE { efidOrPath OCTET STRING, index INTEGER OPTIONAL, length [0] INTEGER OPTIONAL }`, the reader
    /// being inside the SEQUENCE.
    ///
    /// Source: ISO 7816-15 §8.2.5.
    pub(super) fn read(parts: &mut Reader<'_>) -> Result<Self, Asn1Error> {
        let octets = parts.expect(tag::OCTET_STRING)?;
        let bad = Asn1Error::Content(octets.offset());
        let mut path = Self::from_octets(octets.content()).ok_or(bad)?;
        if let Some(index) = parts.optional(tag::INTEGER)? {
            let value = index.unsigned()?;
            if value > MAX_OFFSET {
                return Err(Asn1Error::Content(index.offset()));
            }
            path.index = usize::try_from(value).map_err(|_| bad)?;
        }
        if let Some(length) = parts.optional(tag::context(0))? {
            let value = match length.content() {
                [] => return Err(Asn1Error::Content(length.offset())),
                content if content.len() > 3 => return Err(Asn1Error::Content(length.offset())),
                content => content
                    .iter()
                    .fold(0_usize, |sum, byte| (sum << 8) | usize::from(*byte)),
            };
            path.length = Some(value);
        }
        Ok(path)
    }

    /// Whether the path begins at the master file.
    pub(super) fn is_absolute(&self) -> bool {
        self.ids.first() == Some(&MASTER)
    }
}

impl fmt::Debug for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for id in &self.ids {
            f.write_str(&hex::encode_upper(id))?;
        }
        if self.index != 0 || self.length.is_some() {
            write!(f, "[{}, {:?}]", self.index, self.length)?;
        }
        Ok(())
    }
}
