//! With `--format json` a result is one JSON document on stdout, with the members that were promised. Members are
//! added, never renamed: a name that goes away here is a broken promise.

use super::{run, zegel};
use crate::support::TestFolder;

/// The members of an object, sorted.
pub fn members(value: &serde_json::Value) -> Vec<&str> {
    let object = value.as_object().unwrap_or_else(|| panic!("no object: {value}"));
    object.keys().map(String::as_str).collect()
}

#[test]
fn settings() {
    let folder = TestFolder::new("cli-json");
    std::fs::write(
        folder.path().join("zegel.toml"),
        "environment = \"test\"\nnonsense = 1\n",
    )
    .unwrap();
    let json = |words: &[&str]| run(zegel(folder.path()).args(["--format", "json"]).args(words)).json();
    let checked = json(&["config", "check", "--config", "zegel.toml"]);
    assert_eq!(members(&checked), ["problems"]);
    for problem in checked["problems"].as_array().unwrap() {
        assert_eq!(
            members(problem),
            ["file", "hint", "key", "line", "message", "variable"]
        );
    }
    assert_eq!(
        (
            &checked["problems"][0]["file"],
            &checked["problems"][0]["line"],
            &checked["problems"][0]["key"]
        ),
        (&"zegel.toml".into(), &2.into(), &"nonsense".into())
    );
    assert!(
        json(&["config", "example"])["example"]
            .as_str()
            .unwrap()
            .contains("public_url = ")
    );
    assert!(
        json(&["config", "reference"])["reference"]
            .as_str()
            .unwrap()
            .starts_with("# Settings\n")
    );
    let schema = json(&["config", "schema"]);
    assert_eq!(schema["additionalProperties"], false);
    assert_eq!(schema["properties"]["server"]["additionalProperties"], false);
}

#[test]
fn a_report_on_a_file() {
    let folder = TestFolder::new("cli-json");
    std::fs::write(folder.path().join("a.pdf"), super::pdf("TEST")).unwrap();
    std::fs::write(folder.path().join("b.pdf"), "no").unwrap();
    let one =
        run(zegel(folder.path()).args(["verify", "a.pdf", "--format", "json", "--report", "report.json"]));
    assert_eq!(one.code, Some(4), "{one:?}");
    let report = one.json();
    for member in [
        "algorithm_policy",
        "document",
        "document_time_stamps",
        "file",
        "indication",
        "signatures",
    ] {
        assert!(report.get(member).is_some(), "{member} in {report}");
    }
    let written: serde_json::Value =
        serde_json::from_slice(&std::fs::read(folder.path().join("report.json")).unwrap()).unwrap();
    assert_eq!(written, report, "the report file is the result");
    let two = run(zegel(folder.path()).args(["verify", "a.pdf", "b.pdf", "--format", "json"]));
    assert_eq!(two.code, Some(3), "{two:?}");
    let files: Vec<_> = two
        .json()
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["file"].clone())
        .collect();
    assert_eq!(files, ["a.pdf", "b.pdf"]);
}

#[test]
fn a_report_for_any_validators_reader_and_one_about_later() {
    let folder = TestFolder::new("cli-etsi");
    std::fs::write(folder.path().join("a.pdf"), super::pdf("TEST")).unwrap();
    let etsi = ["--report", "report.xml", "--report-format", "etsi", "--force"];
    let one = run(zegel(folder.path()).args([&["verify", "a.pdf", "--in-years", "10"][..], &etsi].concat()));
    assert_eq!(one.code, Some(4), "{one:?}");
    let xml = std::fs::read_to_string(folder.path().join("report.xml")).unwrap();
    assert!(
        xml.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ValidationReport "),
        "{xml}"
    );
    let later = run(zegel(folder.path()).args(["verify", "a.pdf", "--in-years", "10", "--format", "json"]));
    assert_eq!(
        later.json()["maintainability"]["indication"],
        "INDETERMINATE",
        "{later:?}"
    );
    for (name, arguments) in [
        ("two files", [&["verify", "a.pdf", "a.pdf"][..], &etsi].concat()),
        (
            "no file to write",
            vec!["verify", "a.pdf", "--report-format", "etsi"],
        ),
        ("no such policy", vec!["verify", "a.pdf", "--policy", "easy"]),
        ("no such time", vec!["verify", "a.pdf", "--in-years", "0"]),
    ] {
        assert_eq!(run(zegel(folder.path()).args(arguments)).code, Some(2), "{name}");
    }
}

#[test]
fn a_closed_pipe_is_no_error_and_no_colour_comes_from_a_variable() {
    use std::process::Stdio;
    let folder = TestFolder::new("cli-pipe");
    let mut child = zegel(folder.path())
        .args(["config", "reference"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let ended = child.wait_with_output().unwrap();
    assert_eq!(
        (ended.status.code(), ended.stderr.as_slice()),
        (Some(0), &b""[..])
    );
    for (name, value) in [
        ("NO_COLOR", "1"),
        ("CLICOLOR_FORCE", "0"),
        ("TERM", "xterm-256color"),
    ] {
        let ran = run(zegel(folder.path()).env(name, value).args(["verify"]));
        assert!(!ran.messages.contains('\u{1b}'), "{name}: {ran:?}");
    }
}
