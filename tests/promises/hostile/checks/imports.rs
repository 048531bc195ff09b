//! Facts that others export, and the settings of an operator.

use zegel::base::national::{NationalNumber, Pseudonym};
use zegel::config::read as config;
use zegel::mandates::rules::RuleSet;
use zegel::pki::anchors::TrustData;
use zegel::sources::{Reading, literal, municipality_codes, turtle, upload};

fn pseudonym(number: &NationalNumber) -> Pseudonym {
    number.pseudonym(b"a key of thirty-two bytes, TEST!", "person_link")
}

fn bounded(reading: &Reading, bytes: &[u8]) {
    // Every fact and every finding comes from something in the file.
    assert!(reading.facts.len() <= bytes.len());
    assert!(reading.report.findings.len() <= bytes.len() + 10);
}

/// Turtle.
pub fn turtle(bytes: &[u8]) {
    let reading = turtle::read(bytes, "test", &[]);
    bounded(&reading, bytes);
    let again = turtle::read(bytes, "test", &[]);
    assert_eq!(
        reading.facts.len(),
        again.facts.len(),
        "the same file gives the same facts"
    );
    let text = String::from_utf8_lossy(bytes);
    let _ = (literal::start(&text), literal::end(&text));
}

/// The two tables.
pub fn tables(bytes: &[u8]) {
    let settings = upload::Settings {
        pseudonym: &pseudonym,
        decision: None,
        system: "test",
        known: &[],
    };
    bounded(&upload::read(bytes, &settings), bytes);
    let (taken, report) = municipality_codes::read(bytes);
    assert!(taken.len() + report.findings.len() <= bytes.len() * 2 + 10);
}

/// The operator's own files: settings, trust, rules.
pub fn settings(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let _ = RuleSet::parse(&text);
    let _ = TrustData::test(&text);
    let name = text.lines().next().unwrap_or_default().to_owned();
    let value = text.lines().skip(1).collect::<Vec<_>>().join("\n");
    let environment = [(name, value)];
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    for files in [Vec::new(), vec![file.path().to_owned()]] {
        if let Err(problems) = config::load(&files, &environment) {
            assert!(!problems.is_empty());
            for problem in problems {
                assert!(!problem.to_string().is_empty());
            }
        }
    }
}
