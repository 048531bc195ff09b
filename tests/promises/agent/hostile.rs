//! Bytes that no browser sends.

use super::process::{Agent, framed};

fn greeted() -> Agent {
    let mut agent = Agent::start(|_| {});
    agent.hear().unwrap();
    agent
}

#[test]
fn frames_that_are_cut_or_too_long_are_answered_once_and_end_it() {
    let long = framed(&format!(r#"{{"command":"status","x":"{}"}}"#, "y".repeat(10_000)));
    let huge = u32::try_from(256 * 1024 + 1).unwrap().to_le_bytes().to_vec();
    for (what, bytes, message) in [
        ("cut length", vec![2, 0], "the input ended inside a message"),
        (
            "cut message",
            framed("{}")[..5].to_vec(),
            "the input ended inside a message",
        ),
        ("no bytes", vec![0; 4], "a message of 0 bytes is not read"),
        ("one byte too many", huge, "a message of 262145 bytes is not read"),
        (
            "four gigabytes",
            vec![0xFF; 4],
            "a message of 4294967295 bytes is not read",
        ),
        ("long for its command", long, "the message is too long"),
        (
            "text where a length is due",
            b"GET / HTTP/1.1\r\n\r\n".to_vec(),
            "a message of 542393671 bytes is not read",
        ),
        (
            "length in the other order",
            [&2_u32.to_be_bytes()[..], b"{}"].concat(),
            "a message of 33554432 bytes is not read",
        ),
    ] {
        let mut agent = greeted();
        agent.send_bytes(&bytes);
        agent.close_input();
        let answer = agent.hear().unwrap();
        assert_eq!(answer["error"]["message"], message, "{what}");
        assert_eq!(
            answer["error"]["code"], "ERR_WEBEID_NATIVE_INVALID_ARGUMENT",
            "{what}"
        );
        assert_eq!(agent.end(), 1, "{what}");
    }
}

#[test]
fn deep_and_doubled_json_and_bytes_that_are_no_text_are_refused() {
    let deep = format!("{}{}", r#"{"command":"status","arguments":"#, "[".repeat(4000));
    let deep_object = format!(
        r#"{{"command":"status","x":{}1{}}}"#,
        r#"{"a":"#.repeat(900),
        "}".repeat(900)
    );
    let doubled = r#"{"command":"status","arguments":{"lang":"nl","lang":"fr"}}"#;
    for text in [
        deep.as_str(),
        deep_object.as_str(),
        doubled,
        "null",
        "\"status\"",
        "{}{}",
    ] {
        let mut agent = greeted();
        agent.send(text);
        let answer = agent.hear().unwrap();
        assert_eq!(
            answer["error"]["code"], "ERR_WEBEID_NATIVE_INVALID_ARGUMENT",
            "{text:.60}"
        );
        assert_eq!(agent.end(), 1);
    }
    let mut agent = greeted();
    agent.send_bytes(&[&4_u32.to_le_bytes()[..], &[0xFF, 0xFE, 0x7B, 0x7D]].concat());
    assert!(agent.hear().unwrap()["error"].is_object());
    assert_eq!(agent.end(), 1);
}

#[test]
fn whoever_leaves_without_asking_ends_it_quietly() {
    let mut agent = greeted();
    agent.close_input();
    assert_eq!(agent.end(), 0);
}

#[test]
fn a_second_message_is_not_served() {
    let mut agent = greeted();
    agent.send_bytes(
        &[
            framed(r#"{"command":"status"}"#),
            framed(r#"{"command":"status"}"#),
        ]
        .concat(),
    );
    assert!(agent.hear().unwrap()["version"].is_string());
    // `end` holds that nothing more comes.
    assert_eq!(agent.end(), 0);
}

#[test]
fn settings_that_cannot_be_read_end_it_before_anything_is_said() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), r#"{"pin_programme":[]}"#).unwrap();
    let output = std::process::Command::new(super::process::AGENT)
        .arg("run")
        .env("ZEGEL_AGENT_SETTINGS", file.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(output.stdout, b"", "stdout is the protocol");
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(
        errors.starts_with("zegel-agent: error: ") && errors.contains("pin_programme"),
        "{errors}"
    );
}
