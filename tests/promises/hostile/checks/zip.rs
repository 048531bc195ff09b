//! ZIP archives.

use std::collections::HashSet;
use std::sync::Arc;

use zegel::ades::asic::zip::write::Writer;
use zegel::ades::asic::zip::{Archive, Limits, Method, name};

use crate::hostile::specimens::moment;

/// Most bytes of one content looked at.
const MOST: u64 = 1 << 20;

/// An archive that opens has safe names that nobody takes for one another, and what is added to it leaves every entry
/// as it was.
pub fn archive(bytes: &[u8]) {
    let limits = Limits {
        total: 4 * MOST,
        ..Limits::default()
    };
    let Ok(archive) = Archive::open(Arc::new(bytes.to_vec()), &limits) else {
        return;
    };
    let names: HashSet<String> = archive
        .entries()
        .iter()
        .map(|entry| name::folded(entry.name()))
        .collect();
    assert_eq!(names.len(), archive.entries().len(), "no two are one file");
    assert!(archive.entries().iter().all(|entry| name::is_safe(entry.name())));
    let read = |archive: &Archive| -> Vec<_> {
        let entries = archive.entries().iter();
        entries
            .map(|entry| (entry.name().to_owned(), archive.read(entry, MOST)))
            .collect()
    };
    let before = read(&archive);
    for (entry, (_, content)) in archive.entries().iter().zip(&before) {
        if let Ok(content) = content {
            assert_eq!(u64::try_from(content.len()).unwrap(), entry.len());
        }
    }
    let mut writer = Writer::append_to(&archive, Vec::new(), moment()).unwrap();
    let is_added = writer.add("zz/added", &b"added".to_vec(), Method::Stored).is_ok();
    let written = writer.finish().unwrap();
    let again = Archive::open(Arc::new(written), &Limits::default()).unwrap();
    let after = read(&again);
    assert_eq!(after.len(), before.len() + usize::from(is_added));
    for ((name, content), (later_name, later)) in before.iter().zip(&after) {
        assert_eq!(name, later_name);
        assert_eq!(content.as_ref().ok(), later.as_ref().ok());
    }
}
