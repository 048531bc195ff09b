//! Every byte before the directory belongs to exactly one entry, and each local header says what the directory says.

use super::directory::{FLAG_DESCRIPTOR, FLAG_UTF8};
use super::raw::{IN_ZIP64, Record, ZIP64, extra_blocks, read, size};
use super::read::Entry;
use super::{ZipError, ZipErrorKind};
use crate::base::bytes::ReadAt;

pub(super) const LOCAL: u32 = 0x0403_4B50;
const DESCRIPTOR: u32 = 0x0807_4B50;
/// Length of a local header without name and extra field.
const LOCAL_LENGTH: usize = 30;
/// Longest data descriptor: its mark, the checksum, two large sizes.
const DESCRIPTOR_MOST: usize = 24;

/// Checks that the entries fill the archive from its first byte to `directory`, and sets where each content begins.
pub(super) fn check(source: &dyn ReadAt, entries: &mut [Entry], directory: u64) -> Result<(), ZipError> {
    let mut order: Vec<usize> = (0..entries.len()).collect();
    order.sort_by_key(|number| entries.get(*number).map(|entry| entry.local));
    let mut at = 0_u64;
    for (place, number) in order.iter().enumerate() {
        let next = order
            .get(place.saturating_add(1))
            .and_then(|next| entries.get(*next))
            .map_or(directory, |next| next.local);
        let Some(entry) = entries.get_mut(*number) else {
            continue;
        };
        if entry.local != at {
            return Err(ZipError::ambiguous(at, "an entry where the one before ends"));
        }
        let content = local_header(source, entry)?;
        let end = content
            .checked_add(entry.compressed)
            .filter(|end| *end <= next)
            .ok_or(ZipError::ambiguous(entry.local, "entries that do not overlap"))?;
        entry.content = content;
        at = if entry.flags & FLAG_DESCRIPTOR == 0 {
            end
        } else {
            descriptor(source, entry, end, next)?
        };
    }
    if at != directory {
        return Err(ZipError::ambiguous(at, "the directory where the last entry ends"));
    }
    Ok(())
}

/// Compares the local header with the directory; returns where the content begins.
fn local_header(source: &dyn ReadAt, entry: &Entry) -> Result<u64, ZipError> {
    let at = entry.local;
    let bytes = read(source, at, LOCAL_LENGTH)?;
    let mut record = Record::new(&bytes, at);
    if record.u32()? != LOCAL {
        return Err(ZipError::malformed(at, "a local header"));
    }
    let _needed = record.u16()?;
    let (flags, method) = (record.u16()?, record.u16()?);
    let _modified = record.u32()?;
    let crc = record.u32()?;
    let (compressed, length) = (record.u32()?, record.u32()?);
    let (name_length, extra_length) = (record.u16()?, record.u16()?);
    let tail_length = usize::from(name_length).saturating_add(extra_length.into());
    let tail_at = at.saturating_add(size(LOCAL_LENGTH));
    let tail = read(source, tail_at, tail_length)?;
    let (name, extra) = tail.split_at_checked(name_length.into()).unwrap_or_default();
    let ours = FLAG_DESCRIPTOR | FLAG_UTF8 | 1;
    if name != entry.name_bytes || flags & ours != entry.flags & ours || method != entry.method.code() {
        return Err(ZipError::ambiguous(
            at,
            "the local header to name what the directory names",
        ));
    }
    let said = sizes(extra, tail_at, length, compressed)?;
    let is_same = (crc, said) == (entry.crc, (entry.length, entry.compressed));
    // With a descriptor behind the content, the header leaves them out.
    let is_left_out = entry.flags & FLAG_DESCRIPTOR != 0
        && (crc == 0 || crc == entry.crc)
        && (length == 0 || length == IN_ZIP64 || said.0 == entry.length)
        && (compressed == 0 || compressed == IN_ZIP64 || said.1 == entry.compressed);
    if !is_same && !is_left_out {
        return Err(ZipError::ambiguous(
            at,
            "the local header to say the directory's sizes",
        ));
    }
    Ok(tail_at.saturating_add(size(tail_length)))
}

fn sizes(extra: &[u8], offset: u64, length: u32, compressed: u32) -> Result<(u64, u64), ZipError> {
    let blocks = extra_blocks(extra, offset)?;
    let Some((_, block)) = blocks.iter().find(|(id, _)| *id == ZIP64) else {
        return Ok((length.into(), compressed.into()));
    };
    // Both stand in a local header's block, whichever was too large. Source: APPNOTE §4.5.3.
    let mut record = Record::new(block, offset);
    let (large_length, large_compressed) = (record.u64()?, record.u64()?);
    let chosen = |small: u32, large: u64| if small == IN_ZIP64 { large } else { small.into() };
    Ok((chosen(length, large_length), chosen(compressed, large_compressed)))
}

/// Compares the descriptor behind the content; returns where it ends: where the next thing begins.
fn descriptor(source: &dyn ReadAt, entry: &Entry, at: u64, next: u64) -> Result<u64, ZipError> {
    let length = usize::try_from(next.saturating_sub(at)).unwrap_or(usize::MAX);
    if length > DESCRIPTOR_MOST {
        return Err(ZipError::ambiguous(at, "a data descriptor and nothing else"));
    }
    let bytes = read(source, at, length)?;
    let (small, large) = (
        [entry.compressed, entry.length].map(|size| u32::try_from(size).ok()),
        [entry.compressed, entry.length],
    );
    let mark = DESCRIPTOR.to_le_bytes();
    let mut forms = Vec::new();
    if let [Some(compressed), Some(length)] = small {
        forms.push(
            [
                entry.crc.to_le_bytes(),
                compressed.to_le_bytes(),
                length.to_le_bytes(),
            ]
            .concat(),
        );
    }
    forms.push(
        [
            &entry.crc.to_le_bytes()[..],
            &large[0].to_le_bytes(),
            &large[1].to_le_bytes(),
        ]
        .concat(),
    );
    let is_one = forms
        .iter()
        .any(|form| bytes == *form || bytes.strip_prefix(&mark) == Some(form));
    if is_one {
        Ok(next)
    } else {
        Err(ZipError::new(
            ZipErrorKind::Ambiguous,
            at,
            "the descriptor to say the directory's sizes",
        ))
    }
}
