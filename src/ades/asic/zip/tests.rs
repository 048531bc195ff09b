//! What is written reads back; what reads two ways is refused.

use std::io::{Read as _, Write as _};
use std::sync::Arc;

use proptest::prelude::*;

use super::write::{WriteError, Writer};
use super::*;
use crate::base::time::Timestamp;

fn now() -> Timestamp {
    "2026-03-03T09:00:01Z".parse().unwrap()
}

fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new(), now());
    for (name, content) in files {
        let method = if *name == "mimetype" {
            Method::Stored
        } else {
            Method::Deflated
        };
        writer.add(name, content, method).unwrap();
    }
    writer.finish().unwrap()
}

const NOTHING: &[u8] = b"";
const TEXT: &[u8] = b"TEST decision TEST decision TEST decision TEST decision TEST decision";

fn sample() -> Vec<u8> {
    archive(&[
        ("mimetype", b"application/vnd.etsi.asic-e+zip"),
        ("besluit é.txt", TEXT),
        ("map/tweede.bin", &[0, 1, 2]),
    ])
}

fn open(bytes: &[u8]) -> Result<Archive, ZipError> {
    Archive::open(Arc::new(bytes.to_vec()), &Limits::default())
}

/// Names and contents, or the first refusal.
fn all(bytes: &[u8]) -> Result<Vec<(String, Vec<u8>)>, ZipError> {
    let archive = open(bytes)?;
    let read = |entry: &Entry| Ok((entry.name().to_owned(), archive.read(entry, 1 << 20)?));
    archive.entries().iter().map(read).collect()
}

fn code(bytes: &[u8]) -> &'static str {
    all(bytes).map_or_else(|error| error.cause(), |_| "read")
}

/// Where `needle` begins, the `nth` time.
fn place(bytes: &[u8], needle: &[u8], nth: usize) -> usize {
    bytes
        .windows(needle.len())
        .enumerate()
        .filter(|(_, window)| *window == needle)
        .nth(nth)
        .map(|(at, _)| at)
        .unwrap()
}

fn patched(at: usize, with: &[u8]) -> Vec<u8> {
    let mut bytes = sample();
    bytes[at..at + with.len()].copy_from_slice(with);
    bytes
}

#[test]
fn what_is_written_reads_back() {
    let bytes = sample();
    assert_eq!(&bytes[38..69], b"application/vnd.etsi.asic-e+zip");
    assert_eq!(&bytes[28..30], [0, 0], "no extra field before the type");
    let read = all(&bytes).unwrap();
    assert_eq!(read[1], ("besluit é.txt".to_owned(), TEXT.to_vec()));
    assert_eq!(read[2], ("map/tweede.bin".to_owned(), vec![0, 1, 2]));
    let methods: Vec<Method> = open(&bytes)
        .unwrap()
        .entries()
        .iter()
        .map(Entry::method)
        .collect();
    assert_eq!(methods, [Method::Stored, Method::Deflated, Method::Stored]);
    assert_eq!(all(&archive(&[])).unwrap(), []);
}

#[test]
fn adding_leaves_what_is_there_byte_for_byte() {
    let before = sample();
    let first = open(&before).unwrap();
    let mut writer = Writer::append_to(&first, Vec::new(), now()).unwrap();
    for taken in [
        "mimetype",
        "MIMETYPE",
        "map",
        "besluit e\u{301}.txt",
        "map/tweede.bin/x",
    ] {
        assert!(
            matches!(writer.add(taken, &NOTHING, Method::Stored), Err(WriteError::Name)),
            "{taken}"
        );
    }
    writer
        .add("META-INF/signatures001.xml", &b"<x/>".to_vec(), Method::Deflated)
        .unwrap();
    let after = writer.finish().unwrap();
    let directory = usize::try_from(first.directory_offset()).unwrap();
    assert_eq!(after[..directory], before[..directory]);
    let read = all(&after).unwrap();
    assert_eq!(read[..3], all(&before).unwrap());
    assert_eq!(read[3].1, b"<x/>");
}

#[test]
fn names_that_lead_elsewhere_are_neither_written_nor_read() {
    for name in [
        "",
        "/",
        "/a",
        "a//b",
        "../a",
        "a/../b",
        "a/..",
        "./a",
        "a/.",
        "a\\b",
        "c:a",
        "a\u{0}b",
        "a\nb",
        "a/",
        "a\u{202E}b",
        "a\u{200B}",
        "a.",
        "a ",
        "a /b",
        "e\u{301}",
    ] {
        let mut writer = Writer::new(Vec::new(), now());
        let written = writer.add(name, &NOTHING, Method::Stored);
        assert!(matches!(written, Err(WriteError::Name)), "{name:?}");
    }
    // One of the same length, put into both headers.
    for (name, expected) in [
        ("../../../a.bin", "ZIP_NAME"),
        ("/etc/passwdddd", "ZIP_NAME"),
        ("map\\tweede.bin", "ZIP_NAME"),
        ("map//weede.bin", "ZIP_NAME"),
        ("map/tweede.bi/", "ZIP_MALFORMED"),
        ("map/tweede.bim", "read"),
    ] {
        let mut bytes = sample();
        for _ in 0..2 {
            let at = place(&bytes, b"map/tweede.bin", 0);
            bytes[at..at + name.len()].copy_from_slice(name.as_bytes());
        }
        assert_eq!(code(&bytes), expected, "{name}");
    }
    let mut bytes = archive(&[("Besluit.txt", b"1"), ("besluit.tx_", b"2")]);
    for _ in 0..2 {
        let at = place(&bytes, b"besluit.tx_", 0);
        bytes[at..at + 11].copy_from_slice(b"besluit.txt");
    }
    assert_eq!(code(&bytes), "ZIP_DUPLICATE");
    let mut bytes = archive(&[("a", b"1"), ("b/c", b"2")]);
    for _ in 0..2 {
        let at = place(&bytes, b"b/c", 0);
        bytes[at] = b'a';
    }
    assert_eq!(code(&bytes), "ZIP_DUPLICATE", "a file and a folder");
}

#[test]
fn every_byte_belongs_to_one_thing_and_both_headers_agree() {
    let bytes = sample();
    let central = place(&bytes, b"PK\x01\x02", 1);
    let local = place(&bytes, b"PK\x03\x04", 1);
    let end = place(&bytes, b"PK\x05\x06", 0);
    for (name, damaged, expected) in [
        ("nothing", Vec::new(), "ZIP_NOT_ZIP"),
        ("cut off", bytes[..bytes.len() - 1].to_vec(), "ZIP_NOT_ZIP"),
        ("bytes behind", [&bytes[..], b"x"].concat(), "ZIP_NOT_ZIP"),
        ("bytes before", [b"x", &bytes[..]].concat(), "ZIP_AMBIGUOUS"),
        (
            "bytes between",
            {
                let mut longer = bytes[..end].to_vec();
                longer.push(0);
                longer.extend_from_slice(&bytes[end..]);
                longer
            },
            "ZIP_AMBIGUOUS",
        ),
        (
            "an archive in the comment",
            {
                let mut two = bytes.clone();
                let inner = archive(&[]);
                two[end + 20] = u8::try_from(inner.len()).unwrap();
                two.extend_from_slice(&inner);
                two
            },
            "ZIP_AMBIGUOUS",
        ),
        ("fewer entries", patched(end + 8, &[2, 0, 2, 0]), "ZIP_AMBIGUOUS"),
        ("two disks", patched(end + 4, &[1, 0]), "ZIP_UNSUPPORTED"),
        ("encrypted", patched(central + 8, &[1, 8]), "ZIP_ENCRYPTED"),
        (
            "a method nobody has",
            patched(central + 10, &[99, 0]),
            "ZIP_UNSUPPORTED",
        ),
        (
            "stored here, deflated there",
            patched(local + 8, &[0, 0]),
            "ZIP_AMBIGUOUS",
        ),
        ("another name there", patched(local + 30, b"B"), "ZIP_AMBIGUOUS"),
        ("another length there", patched(local + 22, &[1]), "ZIP_AMBIGUOUS"),
        (
            "another checksum there",
            patched(local + 14, &[1]),
            "ZIP_AMBIGUOUS",
        ),
        ("another place", patched(central + 42, &[0]), "ZIP_AMBIGUOUS"),
        ("a link", patched(central + 40, &[0xED, 0xA1]), "ZIP_NAME"),
        ("a device", patched(central + 40, &[0xED, 0x21]), "ZIP_NAME"),
        (
            "bytes that are no UTF-8",
            patched(central + 54, &[0xFF]),
            "ZIP_NAME",
        ),
    ] {
        assert_eq!(code(&damaged), expected, "{name}");
    }
    // UTF-8 that does not say so: the flag is gone from both headers.
    let mut silent = bytes.clone();
    silent[central + 9] = 0;
    silent[local + 7] = 0;
    assert_eq!(code(&silent), "ZIP_AMBIGUOUS");
}

/// The sample's second entry with another packed content and the sizes and checksum given.
fn repacked(packed: &[u8], length: u32, crc: u32) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new(), now());
    writer.add("a", &packed, Method::Stored).unwrap();
    let mut bytes = writer.finish().unwrap();
    let (local, central) = (0, place(&bytes, b"PK\x01\x02", 0));
    for (method, sums, size) in [
        (local + 8, local + 14, local + 22),
        (central + 10, central + 16, central + 24),
    ] {
        bytes[method] = 8;
        bytes[sums..sums + 4].copy_from_slice(&crc.to_le_bytes());
        bytes[size..size + 4].copy_from_slice(&length.to_le_bytes());
    }
    bytes
}

#[test]
fn a_content_is_what_its_sizes_and_checksum_say() {
    let mut deflated = Vec::new();
    flate2::read::DeflateEncoder::new(TEXT, flate2::Compression::default())
        .read_to_end(&mut deflated)
        .unwrap();
    let mut sum = flate2::Crc::new();
    sum.update(TEXT);
    let (length, crc) = (u32::try_from(TEXT.len()).unwrap(), sum.sum());
    assert_eq!(code(&repacked(&deflated, length, crc)), "read");
    for (name, damaged) in [
        ("another checksum", repacked(&deflated, length, crc ^ 1)),
        ("shorter than it is", repacked(&deflated, length - 1, crc)),
        ("longer than it is", repacked(&deflated, length + 1, crc)),
        (
            "bytes behind the stream",
            repacked(&[&deflated[..], b"x"].concat(), length, crc),
        ),
        (
            "half a stream",
            repacked(&deflated[..deflated.len() / 2], length, crc),
        ),
        ("no stream", repacked(b"\xFF\xFF", length, crc)),
    ] {
        assert_eq!(code(&damaged), "ZIP_CONTENT", "{name}");
    }
}

#[test]
fn bombs_end_at_the_door() {
    let bomb = archive(&[("a", &vec![0; 4 << 20])]);
    assert_eq!(code(&bomb), "ZIP_LIMIT", "4 MiB in 4 kB");
    let small = Limits {
        total: 100,
        ..Limits::default()
    };
    let refused = |limits| Archive::open(Arc::new(sample()), &limits).unwrap_err().kind;
    assert_eq!(refused(small), ZipErrorKind::Limit);
    let few = Limits {
        entries: 2,
        ..Limits::default()
    };
    assert_eq!(refused(few), ZipErrorKind::Limit);
    let archive = open(&sample()).unwrap();
    let refused = archive.read(&archive.entries()[1], 10).unwrap_err();
    assert_eq!(refused.kind, ZipErrorKind::Limit);
}

#[test]
fn one_changed_byte_changes_nothing_that_is_read_or_is_refused() {
    let bytes = sample();
    let expected = all(&bytes).unwrap();
    let mut refused = 0;
    for at in 0..bytes.len() {
        for change in [1, 0x80, 0xFF] {
            let mut damaged = bytes.clone();
            damaged[at] ^= change;
            match all(&damaged) {
                Err(_) => refused += 1,
                // A date, a version, a permission: nothing that a signature covers.
                Ok(read) => assert_eq!(read, expected, "byte {at}"),
            }
        }
    }
    assert!(refused > bytes.len() * 2, "{refused}");
}

/// An archive whose second file has its sizes behind its content, as programs write that cannot go back.
fn streamed(mark: bool, large: bool) -> Vec<u8> {
    let mut bytes = archive(&[("a", b"12345"), ("b", b"678")]);
    let central = place(&bytes, b"PK\x01\x02", 0);
    let (crc, sizes): (Vec<u8>, Vec<u8>) = (bytes[14..18].to_vec(), bytes[18..26].to_vec());
    bytes[6] = 8;
    bytes[14..26].fill(0);
    bytes[central + 8] = 8;
    let mut descriptor = Vec::new();
    if mark {
        descriptor.write_all(b"PK\x07\x08").unwrap();
    }
    descriptor.extend_from_slice(&crc);
    for size in sizes.chunks(4) {
        descriptor.extend_from_slice(size);
        descriptor.extend_from_slice(if large { &[0; 4] } else { &[] });
    }
    let second = place(&bytes, b"PK\x03\x04", 1);
    let added = u8::try_from(descriptor.len()).unwrap();
    bytes.splice(second..second, descriptor);
    let second_central = place(&bytes, b"PK\x01\x02", 1);
    bytes[second_central + 42] += added;
    let end = place(&bytes, b"PK\x05\x06", 0);
    bytes[end + 16] += added;
    bytes
}

#[test]
fn sizes_behind_the_content_are_compared() {
    for (mark, large) in [(true, false), (false, false), (true, true), (false, true)] {
        let bytes = streamed(mark, large);
        assert_eq!(code(&bytes), "read", "{mark} {large}");
        let descriptor = 31 + 5;
        for at in descriptor..place(&bytes, b"PK\x03\x04", 1) {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1;
            assert_eq!(code(&damaged), "ZIP_AMBIGUOUS", "{mark} {large} {at}");
        }
    }
}

#[test]
fn sizes_beyond_four_gigabytes_stand_in_the_large_fields() {
    for from in [0, 3, 40, 150] {
        let mut writer = Writer::new(Vec::new(), now()).with_large_from(from);
        for (name, content) in [("mimetype", TEXT), ("b", b"12"), ("c", b"1234")] {
            writer.add(name, &content, Method::Stored).unwrap();
        }
        let bytes = writer.finish().unwrap();
        assert_eq!(
            bytes.windows(4).filter(|four| *four == [0xFF; 4]).count() > 0,
            from < 150 || bytes.len() > 150
        );
        let expected = all(&bytes).unwrap();
        let contents: Vec<&[u8]> = expected.iter().map(|(_, content)| content.as_slice()).collect();
        assert_eq!(contents, [TEXT, b"12", b"1234"], "{from}");
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1;
            if let Ok(read) = all(&damaged) {
                assert_eq!(read, expected, "byte {at}, from {from}");
            }
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = all(&bytes);
        let _ = all(&[&bytes[..], &archive(&[])].concat());
    }

    #[test]
    fn any_files_come_back(files in proptest::collection::btree_map("[a-z]{1,8}(/[a-z]{1,4})?", proptest::collection::vec(any::<u8>(), 0..200), 0..6)) {
        let mut writer = Writer::new(Vec::new(), now());
        let mut written = Vec::new();
        for (name, content) in &files {
            if writer.add(name, content, Method::Deflated).is_ok() {
                written.push((name.clone(), content.clone()));
            }
        }
        prop_assert_eq!(all(&writer.finish().unwrap()).unwrap(), written);
    }
}
