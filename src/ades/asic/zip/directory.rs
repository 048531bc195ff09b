//! The end record and the central directory.

use super::raw::{IN_ZIP64, Record, ZIP64, extra_blocks, read, size};
use super::read::{Entry, Limits, Method};
use super::{ZipError, ZipErrorKind, name};
use crate::base::bytes::ReadAt;

pub(super) const END: u32 = 0x0605_4B50;
pub(super) const END_64: u32 = 0x0606_4B50;
pub(super) const END_64_LOCATOR: u32 = 0x0706_4B50;
pub(super) const CENTRAL: u32 = 0x0201_4B50;
/// Length of the end record without its comment.
const END_LENGTH: usize = 22;
const LOCATOR_LENGTH: u64 = 20;
const END_64_LENGTH: u64 = 56;
/// Length of a central record without name, extra field and comment.
const CENTRAL_LENGTH: usize = 46;
/// Longest comment.
const COMMENT: usize = 65_535;

/// Flags an entry may have: how hard the compressor tried (bits 1 and 2), a data descriptor behind the content (3), a
/// name in UTF-8 (11).
const FLAGS: u16 = 0x0806;
pub(super) const FLAG_DESCRIPTOR: u16 = 0x0008;
pub(super) const FLAG_UTF8: u16 = 0x0800;
/// Encrypted, strongly encrypted, directory encrypted.
const FLAGS_ENCRYPTED: u16 = 0x2041;

/// File type bits of the Unix mode in the upper half of the external attributes, and the types that are no link and no
/// device.
const UNIX_TYPE: u32 = 0xF000;
const UNIX_FILE: u32 = 0x8000;
const UNIX_FOLDER: u32 = 0x4000;

/// Where the central directory is, and what it says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct End {
    pub(super) entries: u64,
    pub(super) directory: u64,
    pub(super) directory_length: u64,
    /// Where the end records begin: right behind the directory.
    pub(super) offset: u64,
}

/// Finds the end record: the last bytes of the file are its comment, and only one reading is possible.
pub(super) fn end(source: &dyn ReadAt) -> Result<(End, Vec<u8>), ZipError> {
    let length = source.len();
    let tail_length = usize::try_from(length)
        .unwrap_or(usize::MAX)
        .min(END_LENGTH.saturating_add(COMMENT));
    let from = length.saturating_sub(size(tail_length));
    let tail = read(source, from, tail_length)?;
    let mark = END.to_le_bytes();
    let mut found = Vec::new();
    for (at, _) in tail
        .windows(END_LENGTH)
        .enumerate()
        .filter(|(_, record)| record.starts_with(&mark))
    {
        let rest = tail.len().saturating_sub(at).saturating_sub(END_LENGTH);
        let said = tail.get(at.saturating_add(20)..at.saturating_add(22));
        if said
            == u16::try_from(rest)
                .ok()
                .map(u16::to_le_bytes)
                .as_ref()
                .map(|said| &said[..])
        {
            found.push(at);
        }
    }
    let at = match found.as_slice() {
        [] => {
            return Err(ZipError::new(
                ZipErrorKind::NotZip,
                length,
                "the end record of an archive",
            ));
        }
        [one] => *one,
        [..] => return Err(ZipError::ambiguous(from, "one end record")),
    };
    let offset = from.saturating_add(size(at));
    let mut record = Record::new(tail.get(at..).unwrap_or_default(), offset);
    record.u32()?;
    let disks = (record.u16()?, record.u16()?);
    let (here, total) = (record.u16()?, record.u16()?);
    let (directory_length, directory) = (record.u32()?, record.u32()?);
    let comment_length = record.u16()?;
    let comment = record.bytes(usize::from(comment_length))?.to_vec();
    if disks != (0, 0) || here != total {
        return Err(ZipError::new(
            ZipErrorKind::Unsupported,
            offset,
            "an archive in one piece",
        ));
    }
    let plain = End {
        entries: total.into(),
        directory: directory.into(),
        directory_length: directory_length.into(),
        offset,
    };
    let is_saturated = total == u16::MAX || directory == IN_ZIP64 || directory_length == IN_ZIP64;
    let end = match end_64(source, plain.offset)? {
        Some(large) => {
            let agrees = |small: u64, most: u64, large: u64| small == most || small == large;
            if !agrees(plain.entries, u16::MAX.into(), large.entries)
                || !agrees(plain.directory, IN_ZIP64.into(), large.directory)
                || !agrees(plain.directory_length, IN_ZIP64.into(), large.directory_length)
            {
                return Err(ZipError::ambiguous(offset, "both end records to say the same"));
            }
            large
        }
        None if is_saturated && plain.directory == u64::from(IN_ZIP64) => {
            return Err(ZipError::malformed(offset, "the large end record"));
        }
        None => plain,
    };
    if end.directory.checked_add(end.directory_length) != Some(end.offset) {
        return Err(ZipError::ambiguous(
            offset,
            "the directory right before its end record",
        ));
    }
    Ok((end, comment))
}

fn end_64(source: &dyn ReadAt, end: u64) -> Result<Option<End>, ZipError> {
    let Some(locator_at) = end.checked_sub(LOCATOR_LENGTH) else {
        return Ok(None);
    };
    let bytes = read(source, locator_at, 20)?;
    let mut locator = Record::new(&bytes, locator_at);
    if locator.u32()? != END_64_LOCATOR {
        return Ok(None);
    }
    let (disk, at, disks) = (locator.u32()?, locator.u64()?, locator.u32()?);
    if disk != 0 || disks != 1 {
        return Err(ZipError::new(
            ZipErrorKind::Unsupported,
            locator_at,
            "an archive in one piece",
        ));
    }
    // Without the extensible data that nobody writes.
    if at.checked_add(END_64_LENGTH) != Some(locator_at) {
        return Err(ZipError::ambiguous(
            locator_at,
            "the large end record right before its locator",
        ));
    }
    let bytes = read(source, at, 56)?;
    let mut record = Record::new(&bytes, at);
    let (mark, length) = (record.u32()?, record.u64()?);
    if mark != END_64 || length != END_64_LENGTH.saturating_sub(12) {
        return Err(ZipError::malformed(at, "the large end record"));
    }
    record.bytes(4)?;
    let disks = (record.u32()?, record.u32()?);
    let (here, total) = (record.u64()?, record.u64()?);
    if disks != (0, 0) || here != total {
        return Err(ZipError::new(
            ZipErrorKind::Unsupported,
            at,
            "an archive in one piece",
        ));
    }
    let (directory_length, directory) = (record.u64()?, record.u64()?);
    Ok(Some(End {
        entries: total,
        directory,
        directory_length,
        offset: at,
    }))
}

/// Reads every central record; together they fill the directory to the byte.
pub(super) fn entries(source: &dyn ReadAt, end: End, limits: &Limits) -> Result<Vec<Entry>, ZipError> {
    let at = end.directory;
    if end.entries > limits.entries || end.directory_length > limits.directory {
        return Err(ZipError::new(ZipErrorKind::Limit, at, "fewer entries"));
    }
    let length = usize::try_from(end.directory_length).unwrap_or(usize::MAX);
    let bytes = read(source, at, length)?;
    let mut rest = bytes.as_slice();
    let mut found = Vec::new();
    let mut names = name::Names::default();
    while !rest.is_empty() {
        let offset = at.saturating_add(size(bytes.len().saturating_sub(rest.len())));
        let (entry, used) = central(rest, offset)?;
        if !names.take(&entry.name) {
            return Err(ZipError::new(ZipErrorKind::Duplicate, offset, "each file once"));
        }
        rest = rest.get(used..).unwrap_or_default();
        found.push(entry);
    }
    if size(found.len()) != end.entries {
        return Err(ZipError::ambiguous(
            end.offset,
            "as many entries as the end record says",
        ));
    }
    Ok(found)
}

fn central(bytes: &[u8], offset: u64) -> Result<(Entry, usize), ZipError> {
    let mut record = Record::new(bytes, offset);
    if record.u32()? != CENTRAL {
        return Err(ZipError::malformed(offset, "a central record"));
    }
    let (made_by, _needed) = (record.u16()?, record.u16()?);
    let (flags, method) = (record.u16()?, record.u16()?);
    let _modified = record.u32()?;
    let crc = record.u32()?;
    let (compressed, length) = (record.u32()?, record.u32()?);
    let (name_length, extra_length, comment_length) = (record.u16()?, record.u16()?, record.u16()?);
    let disk = record.u16()?;
    let _internal = record.u16()?;
    let external = record.u32()?;
    let local = record.u32()?;
    let name_bytes = record.bytes(name_length.into())?;
    let extra = record.bytes(extra_length.into())?;
    record.bytes(comment_length.into())?;
    if flags & FLAGS_ENCRYPTED != 0 {
        return Err(ZipError::new(
            ZipErrorKind::Encrypted,
            offset,
            "an entry in the clear",
        ));
    }
    if flags & !(FLAGS | FLAG_DESCRIPTOR) != 0 || disk != 0 {
        return Err(ZipError::new(
            ZipErrorKind::Unsupported,
            offset,
            "an ordinary entry",
        ));
    }
    let method = Method::from_code(method).ok_or(ZipError::new(
        ZipErrorKind::Unsupported,
        offset,
        "a stored or deflated entry",
    ))?;
    let name = text(name_bytes, flags, offset)?;
    let mode = external >> 16;
    let is_link = made_by >> 8 == 3 && !matches!(mode & UNIX_TYPE, 0 | UNIX_FILE | UNIX_FOLDER);
    if !name::is_safe(&name) || is_link {
        return Err(ZipError::new(
            ZipErrorKind::Name,
            offset,
            "a file inside the archive",
        ));
    }
    let large = large_sizes(extra, offset, [length, compressed, local])?;
    let used = CENTRAL_LENGTH
        .saturating_add(name_length.into())
        .saturating_add(extra_length.into())
        .saturating_add(comment_length.into());
    let [length, compressed, local] = large;
    let entry = Entry {
        name,
        name_bytes: name_bytes.to_vec(),
        flags,
        method,
        crc,
        length,
        compressed,
        local,
        content: 0,
        record: bytes.get(..used).unwrap_or_default().to_vec(),
    };
    if entry.is_folder() && (length != 0 || compressed > 2) {
        return Err(ZipError::malformed(offset, "a folder without content"));
    }
    Ok((entry, used))
}

fn text(bytes: &[u8], flags: u16, offset: u64) -> Result<String, ZipError> {
    // WHY: without the flag the bytes are of some code page, and programs guess differently.
    if flags & FLAG_UTF8 == 0 && !bytes.is_ascii() {
        return Err(ZipError::ambiguous(offset, "a name in UTF-8 that says so"));
    }
    String::from_utf8(bytes.to_vec())
        .map_err(|_| ZipError::new(ZipErrorKind::Name, offset, "a name in UTF-8"))
}

/// Length, compressed length and place of the local header, from the record or, where it says so, the ZIP64 block.
fn large_sizes(extra: &[u8], offset: u64, small: [u32; 3]) -> Result<[u64; 3], ZipError> {
    let blocks = extra_blocks(extra, offset)?;
    let mut large = blocks.iter().filter(|(id, _)| *id == ZIP64);
    let block = large.next().map(|(_, block)| *block);
    if large.next().is_some() {
        return Err(ZipError::ambiguous(offset, "sizes once"));
    }
    let mut record = Record::new(block.unwrap_or_default(), offset);
    let mut sizes = [0; 3];
    for (size, small) in sizes.iter_mut().zip(small) {
        *size = if small == IN_ZIP64 && block.is_some() {
            record.u64()?
        } else {
            small.into()
        };
    }
    // Older programs write all sizes into the block, needed or not: then they must agree.
    if !record.is_at_end() {
        let mut all = Record::new(block.unwrap_or_default(), offset);
        for size in sizes {
            if all.is_at_end() {
                break;
            }
            if all.u64()? != size {
                return Err(ZipError::ambiguous(offset, "one value of each size"));
            }
        }
    }
    Ok(sizes)
}
