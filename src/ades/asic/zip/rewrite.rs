//! An archive with some of its files changed: every other entry keeps its bytes and its place.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::assemble::Assembly;
use super::raw::{IN_ZIP64, Record, ZIP64, extra_blocks};
use super::read::{Archive, Entry, Method};
use super::write::{WriteError, Writer};
use super::{ZipError, ZipErrorKind};
use crate::base::bytes::{ReadAt, Slices};
use crate::base::time::Timestamp;

/// Largest content that is written again under another name, in bytes: it is held.
const RENAMED_AT_MOST: u64 = 64 << 20;
/// Length of a central record without name, extra field and comment.
const CENTRAL_LENGTH: usize = 46;

/// What becomes of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// It has this content.
    Content(Vec<u8>),
    /// It has this name.
    Name(String),
}

/// What becomes of an archive.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// The entries that change, by name.
    pub entries: BTreeMap<String, Change>,
    /// Files that are added behind the others: name and content.
    pub added: Vec<(String, Vec<u8>)>,
}

/// `archive` with `changes`. `now`: when what changes is said to be of.
///
/// Entries that do not change keep every byte of header, content and descriptor; in the directory only the place where
/// they begin may be another.
///
/// # Errors
/// `Name` when a new name cannot stand in the archive; what reading a content reports.
pub fn rewrite(archive: &Archive, changes: &Changes, now: Timestamp) -> Result<Arc<dyn ReadAt>, WriteError> {
    let mut writer = Writer::assemble(now);
    archive.comment().clone_into(&mut writer.comment);
    let mut order: Vec<(usize, &Entry)> = archive.entries().iter().enumerate().collect();
    order.sort_by_key(|(_, entry)| entry.local);
    let ends = order
        .iter()
        .skip(1)
        .map(|(_, next)| next.local)
        .chain([archive.directory_offset()]);
    let mut records: BTreeMap<usize, Vec<u8>> = BTreeMap::new();
    for ((number, entry), end) in order.iter().zip(ends) {
        let record = match changes.entries.get(entry.name()) {
            None => {
                if !writer.names.take(entry.name()) {
                    return Err(WriteError::Name);
                }
                let record = moved(entry, writer.at).map_err(std::io::Error::from)?;
                let range = (entry.local, end.saturating_sub(entry.local));
                writer.push(Box::new(Slices::new(Arc::clone(archive.source()), [range])));
                writer.count = writer.count.saturating_add(1);
                record
            }
            Some(Change::Content(content)) => added(&mut writer, entry.name(), content)?,
            Some(Change::Name(name)) => {
                let content = archive
                    .read(entry, RENAMED_AT_MOST)
                    .map_err(std::io::Error::from)?;
                added(&mut writer, name, &content)?
            }
        };
        records.insert(*number, record);
    }
    // The directory keeps its order too, whatever the order of the entries is.
    writer.records = records.into_values().flatten().collect();
    for (name, content) in &changes.added {
        writer.add_bytes(name, content, Method::Deflated)?;
    }
    Ok(writer.finish()?.into_source())
}

/// Adds a file and takes its central record out.
fn added(writer: &mut Writer<Assembly>, name: &str, content: &[u8]) -> Result<Vec<u8>, WriteError> {
    writer.add_bytes(name, content, Method::Deflated)?;
    Ok(std::mem::take(&mut writer.records))
}

/// The central record of `entry` where it begins at `local`.
fn moved(entry: &Entry, local: u64) -> Result<Vec<u8>, ZipError> {
    if local == entry.local {
        return Ok(entry.record.clone());
    }
    let mut record = Record::new(&entry.record, 0);
    let start = record.bytes(6)?;
    let needed = record.u16()?;
    let until_sizes = record.bytes(12)?;
    let (compressed, length) = (record.u32()?, record.u32()?);
    let name_length = record.u16()?;
    let extra_length = record.u16()?;
    let comment_length = record.u16()?;
    let until_place = record.bytes(8)?;
    let place = record.u32()?;
    let name = record.bytes(name_length.into())?;
    let extra = record.bytes(extra_length.into())?;
    let comment = record.bytes(comment_length.into())?;

    let small = u32::try_from(local)
        .ok()
        .filter(|small| place != IN_ZIP64 && *small != IN_ZIP64);
    let mut blocks = extra_blocks(extra, u64::try_from(CENTRAL_LENGTH).unwrap_or_default())?;
    let large = blocks.iter().position(|(id, _)| *id == ZIP64);
    let large = large.map(|at| blocks.remove(at).1).unwrap_or_default();
    // APPNOTE §4.5.3: of length, compressed length, place and disk each that does not fit in its field, in this order.
    let mut fields = Record::new(large, 0);
    let sizes: usize = [length, compressed]
        .iter()
        .filter(|size| **size == IN_ZIP64)
        .count();
    let mut block = fields.bytes(sizes.saturating_mul(8))?.to_vec();
    if place == IN_ZIP64 {
        fields.u64()?;
    }
    if small.is_none() {
        block.extend_from_slice(&local.to_le_bytes());
    }
    while !fields.is_at_end() {
        block.extend_from_slice(fields.bytes(1)?);
    }
    if !block.is_empty() {
        blocks.insert(0, (ZIP64, &block));
    }
    let too_long = || ZipError::new(ZipErrorKind::Limit, entry.local, "a shorter extra field");
    let mut extra = Vec::new();
    for (id, content) in &blocks {
        let length = u16::try_from(content.len()).map_err(|_| too_long())?;
        extra.extend_from_slice(&id.to_le_bytes());
        extra.extend_from_slice(&length.to_le_bytes());
        extra.extend_from_slice(content);
    }
    let extra_length = u16::try_from(extra.len()).map_err(|_| too_long())?;
    let needed = if small.is_none() { needed.max(45) } else { needed };
    Ok([
        start,
        &needed.to_le_bytes(),
        until_sizes,
        &compressed.to_le_bytes(),
        &length.to_le_bytes(),
        &name_length.to_le_bytes(),
        &extra_length.to_le_bytes(),
        &comment_length.to_le_bytes(),
        until_place,
        &small.unwrap_or(IN_ZIP64).to_le_bytes(),
        name,
        &extra,
        comment,
    ]
    .concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ades::asic::zip::Limits;

    fn now() -> Timestamp {
        "2026-03-02T10:00:00Z".parse().unwrap()
    }

    fn open(bytes: Vec<u8>) -> Archive {
        Archive::open(Arc::new(bytes), &Limits::default()).unwrap()
    }

    fn whole(source: &Arc<dyn ReadAt>) -> Vec<u8> {
        source
            .read_vec(0, usize::try_from(source.len()).unwrap())
            .unwrap()
    }

    fn raw(archive: &Archive, name: &str) -> Vec<u8> {
        let entry = archive.entry(name).unwrap();
        let length = usize::try_from(entry.content + entry.compressed - entry.local).unwrap();
        archive.source().read_vec(entry.local, length).unwrap()
    }

    #[test]
    fn what_does_not_change_keeps_its_bytes_and_its_place() {
        let mut writer = Writer::new(Vec::new(), now());
        for name in ["mimetype", "a.txt", "META-INF/x.p7s", "b.txt"] {
            writer
                .add(name, &name.repeat(40).into_bytes(), Method::Deflated)
                .unwrap();
        }
        let before = open(writer.finish().unwrap());
        let later = "2030-01-01T00:00:00Z".parse().unwrap();
        let changes = Changes {
            entries: BTreeMap::from([
                ("a.txt".to_owned(), Change::Name("c.txt".to_owned())),
                ("META-INF/x.p7s".to_owned(), Change::Content(vec![7; 3000])),
            ]),
            added: vec![("a.txt".to_owned(), b"new".to_vec())],
        };
        let after = open(whole(&rewrite(&before, &changes, later).unwrap()));
        let names: Vec<&str> = after.entries().iter().map(Entry::name).collect();
        assert_eq!(names, ["mimetype", "c.txt", "META-INF/x.p7s", "b.txt", "a.txt"]);
        for name in ["mimetype", "b.txt"] {
            assert_eq!(raw(&before, name), raw(&after, name), "{name}");
        }
        let content = |name: &str| after.read(after.entry(name).unwrap(), 1 << 20).unwrap();
        assert_eq!(content("c.txt"), "a.txt".repeat(40).into_bytes());
        assert_eq!(content("META-INF/x.p7s"), vec![7; 3000]);
        assert_eq!(content("a.txt"), b"new");
        // Nothing changed: nothing changes.
        let same = rewrite(&before, &Changes::default(), later).unwrap();
        assert_eq!(whole(&same), whole(before.source()));

        let taken = Changes {
            entries: BTreeMap::from([("a.txt".to_owned(), Change::Name("B.TXT".to_owned()))]),
            ..Changes::default()
        };
        assert!(matches!(rewrite(&before, &taken, later), Err(WriteError::Name)));
    }

    #[test]
    fn a_place_beyond_four_gigabytes_has_its_block() {
        let mut writer = Writer::new(Vec::new(), now());
        writer.add("a.txt", &b"a".as_slice(), Method::Stored).unwrap();
        let archive = open(writer.finish().unwrap());
        let mut entry = archive.entries()[0].clone();
        let far = 5 << 32;
        let record = moved(&entry, far).unwrap();
        assert_eq!(record[42..46], IN_ZIP64.to_le_bytes());
        assert_eq!(record[6..8], 45_u16.to_le_bytes());
        assert_eq!(record[51..], [&[1, 0, 8, 0][..], &far.to_le_bytes()].concat());
        // And moves again, in the block.
        entry.record = record;
        entry.local = far;
        let again = moved(&entry, far + 1).unwrap();
        assert_eq!(
            again[51..],
            [&[1, 0, 8, 0][..], &(far + 1).to_le_bytes()].concat()
        );
    }
}
