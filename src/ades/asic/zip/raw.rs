//! Little-endian records of the archive.

use super::{ZipError, ZipErrorKind};
use crate::base::bytes::ReadAt;

/// Reads fields of one record from its start to its end.
pub(super) struct Record<'a> {
    bytes: &'a [u8],
    /// Where `bytes` begins in the archive.
    offset: u64,
}

impl<'a> Record<'a> {
    pub(super) const fn new(bytes: &'a [u8], offset: u64) -> Self {
        Self { bytes, offset }
    }

    pub(super) fn bytes(&mut self, length: usize) -> Result<&'a [u8], ZipError> {
        let (taken, rest) = self
            .bytes
            .split_at_checked(length)
            .ok_or(ZipError::malformed(self.offset, "a whole record"))?;
        self.bytes = rest;
        self.offset = self.offset.saturating_add(size(length));
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], ZipError> {
        let offset = self.offset;
        self.bytes(N)?
            .try_into()
            .map_err(|_| ZipError::malformed(offset, "a whole record"))
    }

    pub(super) fn u16(&mut self) -> Result<u16, ZipError> {
        self.array().map(u16::from_le_bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32, ZipError> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Result<u64, ZipError> {
        self.array().map(u64::from_le_bytes)
    }

    pub(super) const fn is_at_end(&self) -> bool {
        self.bytes.is_empty()
    }
}

/// A length in memory as a length in a file.
pub(super) fn size(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

pub(super) fn read(source: &dyn ReadAt, offset: u64, length: usize) -> Result<Vec<u8>, ZipError> {
    source.read_vec(offset, length).map_err(|error| {
        let kind = if error.kind() == std::io::ErrorKind::UnexpectedEof {
            ZipErrorKind::Malformed
        } else {
            ZipErrorKind::Io
        };
        ZipError::new(kind, offset, "bytes that are there")
    })
}

/// The blocks of an extra field: identifier and content. Bytes that are no block make the entry unreadable: programs
/// differ in what they do with them.
pub(super) fn extra_blocks(extra: &[u8], offset: u64) -> Result<Vec<(u16, &[u8])>, ZipError> {
    let mut record = Record::new(extra, offset);
    let mut blocks = Vec::new();
    while !record.is_at_end() {
        let (id, length) = (record.u16()?, record.u16()?);
        blocks.push((id, record.bytes(usize::from(length))?));
    }
    Ok(blocks)
}

/// Identifier of the block that holds sizes of more than four gigabytes. Source: APPNOTE §4.5.3.
pub(super) const ZIP64: u16 = 0x0001;
/// The value of a field that stands in the ZIP64 block instead.
pub(super) const IN_ZIP64: u32 = u32::MAX;
