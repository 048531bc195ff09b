//! Writes archives plainly: sizes before contents, no data descriptors, ZIP64 only where a size needs it.

use std::io::{self, Read as _, Write};

use flate2::{Compression, Crc};

use super::directory::{CENTRAL, END, END_64, END_64_LOCATOR, FLAG_UTF8};
use super::layout::LOCAL;
use super::name::{Names, is_writable};
use super::raw::{IN_ZIP64, ZIP64, size};
use super::read::{Archive, Method};
use crate::base::bytes::ReadAt;
use crate::base::time::Timestamp;

/// Contents up to this size are packed when that makes them smaller; larger ones are stored: they are not held in memory.
const PACKED_MOST: u64 = 8 * 1024 * 1024;
/// Bytes moved at once.
const CHUNK: usize = 64 * 1024;
/// A regular file that everybody may read, as Unix writes it into the external attributes.
const FILE_MODE: u32 = 0o100_644 << 16;
/// Made by Unix, APPNOTE 3.0.
const MADE_BY: u16 = 0x031E;

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// Source or target failed.
    #[error("the archive could not be written")]
    Io(#[from] io::Error),
    /// The name cannot stand in this archive: it leads outside, is no plain file name, or is taken.
    #[error("a name cannot stand in the archive")]
    Name,
}

/// Writes one archive from its first byte to its last.
#[derive(Debug)]
pub struct Writer<W> {
    pub(super) out: W,
    pub(super) at: u64,
    /// Central records so far.
    pub(super) records: Vec<u8>,
    pub(super) count: u64,
    pub(super) names: Names,
    modified: [u8; 4],
    pub(super) comment: Vec<u8>,
    /// From this size on the large fields are used.
    large_from: u64,
}

impl<W: Write> Writer<W> {
    /// An archive with nothing in it. `now`: when its files are said to be of.
    pub fn new(out: W, now: Timestamp) -> Self {
        Self {
            out,
            at: 0,
            records: Vec::new(),
            count: 0,
            names: Names::default(),
            modified: dos_time(now),
            comment: Vec::new(),
            large_from: IN_ZIP64.into(),
        }
    }

    /// The same with another bound for the large fields: what four gigabytes do, a few bytes do then.
    #[cfg(test)]
    pub(super) const fn with_large_from(mut self, size: u64) -> Self {
        self.large_from = size;
        self
    }

    /// A size as the small field holds it.
    fn small(&self, size: u64) -> u32 {
        u32::try_from(size)
            .ok()
            .filter(|_| size < self.large_from)
            .unwrap_or(IN_ZIP64)
    }

    /// An archive that begins with all entries of `archive`, byte for byte.
    ///
    /// # Errors
    /// When reading or writing fails.
    pub fn append_to(archive: &Archive, out: W, now: Timestamp) -> Result<Self, WriteError> {
        let mut writer = Self::new(out, now);
        archive.comment().clone_into(&mut writer.comment);
        writer.copy(archive.source(), archive.directory_offset())?;
        for entry in archive.entries() {
            writer.records.extend_from_slice(entry.record());
            writer.count = writer.count.saturating_add(1);
            // What was read had no two alike.
            let _ = writer.names.take(entry.name());
        }
        Ok(writer)
    }

    /// Adds a file. `method`: [`Method::Deflated`] packs it where that is worth it.
    ///
    /// # Errors
    /// `Name`, before anything is written.
    pub fn add(&mut self, name: &str, content: &dyn ReadAt, method: Method) -> Result<(), WriteError> {
        let (header, packed) = self.describe(name, content, method)?;
        self.write(&header)?;
        match packed {
            Some(bytes) => self.write(&bytes)?,
            None => self.copy(content, content.len())?,
        }
        Ok(())
    }

    /// The local header of a file that begins where the archive ends now, and its content when it is packed. Its
    /// central record is kept.
    pub(super) fn describe(
        &mut self,
        name: &str,
        content: &dyn ReadAt,
        method: Method,
    ) -> Result<(Vec<u8>, Option<Vec<u8>>), WriteError> {
        let name_length = u16::try_from(name.len()).map_err(|_| WriteError::Name)?;
        if !is_writable(name) || !self.names.take(name) {
            return Err(WriteError::Name);
        }
        let crc = checksum(content)?;
        let packed = match method {
            Method::Deflated if content.len() <= PACKED_MOST => packed(content)?,
            Method::Deflated | Method::Stored => None,
        };
        let (length, local) = (content.len(), self.at);
        let (method, compressed) = match &packed {
            Some(bytes) => (Method::Deflated, size(bytes.len())),
            None => (Method::Stored, length),
        };
        let is_large = self.small(length).max(self.small(compressed)) == IN_ZIP64;
        let flags = if name.is_ascii() { 0 } else { FLAG_UTF8 };
        let common = |needed: u16| {
            [
                &needed.to_le_bytes()[..],
                &flags.to_le_bytes(),
                &method.code().to_le_bytes(),
                &self.modified,
                &crc.to_le_bytes(),
            ]
            .concat()
        };
        let both = if is_large {
            (IN_ZIP64, IN_ZIP64)
        } else {
            (self.small(compressed), self.small(length))
        };
        let local_extra = if is_large {
            zip64(&[length, compressed])
        } else {
            Vec::new()
        };
        let header = [
            &LOCAL.to_le_bytes()[..],
            &common(needed(is_large)),
            &both.0.to_le_bytes(),
            &both.1.to_le_bytes(),
            &name_length.to_le_bytes(),
            &extra_length(&local_extra),
            name.as_bytes(),
            &local_extra,
        ]
        .concat();
        let far = self.small(local) == IN_ZIP64;
        let mut sizes = Vec::new();
        if is_large {
            sizes.extend([length, compressed]);
        }
        if far {
            sizes.push(local);
        }
        let extra = if sizes.is_empty() {
            Vec::new()
        } else {
            zip64(&sizes)
        };
        let record = [
            &CENTRAL.to_le_bytes()[..],
            &MADE_BY.to_le_bytes(),
            &common(needed(is_large || far)),
            &both.0.to_le_bytes(),
            &both.1.to_le_bytes(),
            &name_length.to_le_bytes(),
            &extra_length(&extra),
            // No comment, disk 0, no internal attributes.
            &[0; 6],
            &FILE_MODE.to_le_bytes(),
            &self.small(local).to_le_bytes(),
            name.as_bytes(),
            &extra,
        ]
        .concat();
        self.records.extend_from_slice(&record);
        self.count = self.count.saturating_add(1);
        Ok((header, packed))
    }

    /// Writes the directory and hands the target back.
    ///
    /// # Errors
    /// When writing fails.
    pub fn finish(mut self) -> Result<W, WriteError> {
        let (directory, length) = (self.at, size(self.records.len()));
        let records = std::mem::take(&mut self.records);
        self.write(&records)?;
        let count = u16::try_from(self.count).unwrap_or(u16::MAX);
        if count == u16::MAX || self.small(directory) == IN_ZIP64 || self.small(length) == IN_ZIP64 {
            let at = self.at;
            let large = [
                &END_64.to_le_bytes()[..],
                &44_u64.to_le_bytes(),
                &MADE_BY.to_le_bytes(),
                &needed(true).to_le_bytes(),
                &[0; 8],
                &self.count.to_le_bytes(),
                &self.count.to_le_bytes(),
                &length.to_le_bytes(),
                &directory.to_le_bytes(),
                &END_64_LOCATOR.to_le_bytes(),
                &[0; 4],
                &at.to_le_bytes(),
                &1_u32.to_le_bytes(),
            ]
            .concat();
            self.write(&large)?;
        }
        let comment = std::mem::take(&mut self.comment);
        let end = [
            &END.to_le_bytes()[..],
            &[0; 4],
            &count.to_le_bytes(),
            &count.to_le_bytes(),
            &self.small(length).to_le_bytes(),
            &self.small(directory).to_le_bytes(),
            &u16::try_from(comment.len()).unwrap_or_default().to_le_bytes(),
            &comment,
        ]
        .concat();
        self.write(&end)?;
        self.out.flush()?;
        Ok(self.out)
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.write_all(bytes)?;
        self.at = self.at.saturating_add(size(bytes.len()));
        Ok(())
    }

    fn copy(&mut self, source: &dyn ReadAt, length: u64) -> io::Result<()> {
        each_chunk(source, length, |chunk| self.write(chunk))
    }
}

fn each_chunk(
    source: &dyn ReadAt,
    length: u64,
    mut take: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<()> {
    let mut buffer = vec![0; CHUNK];
    let mut at = 0_u64;
    while at < length {
        let now = usize::try_from(length.saturating_sub(at))
            .unwrap_or(CHUNK)
            .min(CHUNK);
        let chunk = buffer.get_mut(..now).unwrap_or_default();
        source.read_exact_at(chunk, at)?;
        take(chunk)?;
        at = at.saturating_add(size(now));
    }
    Ok(())
}

fn checksum(content: &dyn ReadAt) -> io::Result<u32> {
    let mut crc = Crc::new();
    each_chunk(content, content.len(), |chunk| {
        crc.update(chunk);
        Ok(())
    })?;
    Ok(crc.sum())
}

fn packed(content: &dyn ReadAt) -> io::Result<Option<Vec<u8>>> {
    let whole = content.read_vec(0, usize::try_from(content.len()).unwrap_or(usize::MAX))?;
    let mut packed = Vec::new();
    flate2::read::DeflateEncoder::new(whole.as_slice(), Compression::default()).read_to_end(&mut packed)?;
    Ok((packed.len() < whole.len()).then_some(packed))
}

/// The version of the format that a reader needs: 2.0, or 4.5 for large sizes.
const fn needed(is_large: bool) -> u16 {
    if is_large { 45 } else { 20 }
}

fn zip64(sizes: &[u64]) -> Vec<u8> {
    let content: Vec<u8> = sizes.iter().flat_map(|size| size.to_le_bytes()).collect();
    let mut block = ZIP64.to_le_bytes().to_vec();
    block.extend_from_slice(&extra_length(&content));
    block.extend_from_slice(&content);
    block
}

fn extra_length(extra: &[u8]) -> [u8; 2] {
    u16::try_from(extra.len()).unwrap_or_default().to_le_bytes()
}

/// Date and time as DOS wrote them, in UTC: time first. Years outside 1980 to 2107 are the nearest of these.
fn dos_time(at: Timestamp) -> [u8; 4] {
    let at = at.to_jiff().to_zoned_datetime(jiff::tz::TimeZone::UTC);
    let field = |value: i8| u16::try_from(value).unwrap_or_default();
    let year = u16::try_from(at.year().clamp(1980, 2107).saturating_sub(1980)).unwrap_or_default();
    let date = (year << 9) | (field(at.month()) << 5) | field(at.day());
    let time = (field(at.hour()) << 11) | (field(at.minute()) << 5) | (field(at.second()) >> 1);
    let ([t0, t1], [d0, d1]) = (time.to_le_bytes(), date.to_le_bytes());
    [t0, t1, d0, d1]
}
