//! signxml, a library of others, beside us: it verifies the XAdES signatures that zegel makes, where it can.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use zegel::ades::xades::data::outline_of;
use zegel::base::bytes::ReadAt;
use zegel::xml::signature::read::XmlSignature;

use crate::support::judge;

/// One file with one signature, for signxml to judge.
pub(super) struct Case {
    /// The XML.
    pub(super) signature: PathBuf,
    /// PEM of whom the signature must be by.
    pub(super) certificate: PathBuf,
    /// Where its references to files lead.
    pub(super) folder: PathBuf,
}

/// What signxml says of each of `cases`: `valid`, or `cannot` and what of it signxml does not make. It fails the test
/// on any other.
pub(super) fn verdicts(cases: &[Case]) -> Option<Vec<String>> {
    let python = judge("pyhanko")?.parent()?.join("python");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/judges/signxml_each.py");
    let mut lines = String::new();
    for case in cases {
        let source: Arc<dyn ReadAt> = Arc::new(std::fs::read(&case.signature).unwrap());
        let outline = outline_of(&source).unwrap();
        let signature = XmlSignature::read(&outline.document, outline.signatures[0]).unwrap();
        let line = serde_json::json!({
            "signature": case.signature,
            "certificate": case.certificate,
            "folder": case.folder,
            "references": signature.references.len(),
        });
        lines.push_str(&line.to_string());
        lines.push('\n');
    }
    let mut child = Command::new(python)
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()));
    let output = child.wait_with_output().unwrap();
    let written = writer.join().unwrap();
    let told: Vec<String> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect();
    assert!(
        output.status.success(),
        "signxml, {}: {}",
        cases
            .get(told.len())
            .map_or_else(String::new, |case| case.signature.display().to_string()),
        String::from_utf8_lossy(&output.stderr)
    );
    written.unwrap();
    assert_eq!(told.len(), cases.len(), "signxml judged every file");
    Some(told)
}
