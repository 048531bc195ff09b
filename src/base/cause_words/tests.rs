//! Every cause that a person can meet has its words.

use std::collections::BTreeSet;
use std::path::Path;

use super::*;

/// Causes that stand in no report and on no page: only who runs the service meets them.
const OPERATORS: &[&str] = &[
    // Reading a trusted list, in the job that fetches it.
    "TL_ANCHOR_UNKNOWN",
    "TL_EXPIRED",
    "TL_FORMAT",
    "TL_ROLLBACK",
    "TL_SCOPE",
    "TL_SIGNATURE",
    "TL_VERSION",
    // Not a cause.
    "CARGO_PKG_VERSION",
];

/// Rooms and files that write the causes of reports, documents and seals.
const SOURCES: &[&str] = &[
    "src/ades",
    "src/cli/seal.rs",
    "src/journeys/seal.rs",
    "src/pdf",
    "src/pki",
    "src/signing/device",
    "src/signing/picture.rs",
    "src/xml",
    "src/fetch/device.rs",
];

fn gather(path: &Path, text: &mut String) {
    if path.is_dir() {
        for entry in std::fs::read_dir(path).unwrap().flatten() {
            gather(&entry.path(), text);
        }
    } else {
        // Tests of a file stand at its end, or in a file of their own.
        let source = std::fs::read_to_string(path).unwrap();
        let is_tests = path.file_name().is_some_and(|name| name == "tests.rs");
        let kept = source
            .split("#[cfg(test)]\nmod tests {")
            .next()
            .filter(|_| !is_tests);
        text.push_str(kept.unwrap_or_default());
    }
}

/// What looks like a cause: `"AREA_REASON"` in capitals.
fn written() -> BTreeSet<String> {
    let mut text = String::new();
    for source in SOURCES {
        gather(&Path::new(env!("CARGO_MANIFEST_DIR")).join(source), &mut text);
    }
    let is_part = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
    };
    text.split('"')
        .filter(|word| word.contains('_') && word.split('_').all(is_part))
        .map(str::to_owned)
        .collect()
}

/// The names of EN 319 102-1 stand in the same files; their words are in `ades::validate::words`.
fn is_sub_indication(name: &str) -> bool {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/ades/validate/indication.rs");
    let source = std::fs::read_to_string(file).unwrap();
    source.contains(&format!("\"{name}\""))
}

#[test]
fn every_cause_that_can_reach_a_person_has_words() {
    let lacking: Vec<String> = written()
        .into_iter()
        .filter(|cause| !OPERATORS.contains(&cause.as_str()) && !is_sub_indication(cause))
        .filter(|cause| words(cause, Language::En).is_none())
        .collect();
    assert!(lacking.is_empty(), "without words: {lacking:?}");
}

#[test]
fn no_words_are_for_a_cause_that_nothing_writes() {
    let mut written = written();
    // Handed on by the names that other rooms give them.
    written.extend(["REVOKED", "SUSPENDED"].map(str::to_owned));
    // In one text with what is said of it.
    written.extend(["CMS_PEM", "FILE_TYPE_UNKNOWN"].map(str::to_owned));
    for cause in all().flat_map(|(causes, _)| *causes) {
        assert!(written.contains(*cause), "nothing writes {cause}");
    }
}

#[test]
fn the_words_of_a_cause_are_said_once_in_each_language() {
    let mut causes = BTreeSet::new();
    let mut said = [const { BTreeSet::new() }; 4];
    for (of, texts) in all() {
        for cause in *of {
            assert!(causes.insert(*cause), "{cause} stands twice");
        }
        for (text, said) in texts.iter().zip(&mut said) {
            assert!(said.insert(*text), "said twice: {text}");
            assert!(!text.ends_with('.'), "a part of a sentence: {text}");
        }
    }
}
