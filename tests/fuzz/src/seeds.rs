//! The seeds of a family: what the laboratory makes, and what stands in the shared test data beside the repository,
//! which is read there and never becomes part of it. Each run makes its own, for the laboratory's keys are new each time.

use std::path::{Path, PathBuf};

use crate::hostile::families::Family;

/// Where seeds are written: the corpora's folder, one folder for each family.
pub const FOLDER: &str = "ZEGEL_FUZZ_CORPUS";

/// The shared test data, if there is any.
pub const SHARED: &str = "ZEGEL_FUZZ_SHARED";

/// Largest file taken as a seed: a mutation of a longer one is mostly noise.
const LARGEST: u64 = 64 * 1024;

/// Most files with one ending.
const MOST: usize = 200;

/// Families that files with these endings are seeds for.
const ENDINGS: [(&str, &[&str]); 7] = [
    ("crt", &["certificate", "der"]),
    (
        "der",
        &["certificate", "der", "paths", "ocsp", "time_stamp", "cms"],
    ),
    ("pem", &["certificate"]),
    ("crl", &["crl"]),
    ("ors", &["ocsp"]),
    ("tlv", &["card_files"]),
    ("ttl", &["turtle"]),
];

/// Writes them, when a folder is named.
pub fn write(family: &Family) {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else {
        return;
    };
    let place = folder.join(family.name);
    std::fs::create_dir_all(&place).unwrap();
    for (number, specimen) in (family.specimens)().iter().enumerate() {
        std::fs::write(place.join(format!("lab-{number}")), specimen).unwrap();
    }
    let Some(shared) = std::env::var_os(SHARED).map(PathBuf::from) else {
        return;
    };
    let mut files = Vec::new();
    walk(&shared, &mut files);
    files.sort();
    for (ending, _) in ENDINGS
        .iter()
        .filter(|(_, families)| families.contains(&family.name))
    {
        let fitting = files
            .iter()
            .filter(|file| file.extension().is_some_and(|one| one == *ending));
        for (number, file) in fitting.take(MOST).enumerate() {
            std::fs::copy(file, place.join(format!("{ending}-{number}"))).unwrap();
        }
    }
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            walk(&path, found);
        } else if entry.metadata().is_ok_and(|about| about.len() <= LARGEST) {
            found.push(path);
        }
    }
}
