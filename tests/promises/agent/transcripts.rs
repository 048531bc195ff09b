//! Written conversations: `<` is said by the program, `>` to it, `=` is its exit code. Byte for byte.

use std::path::Path;

use super::process::Agent;

#[test]
fn every_written_conversation_goes_as_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/promises/agent/transcripts");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(files.len() >= 4, "{files:?}");
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        for (number, part) in text.split("\n\n").enumerate() {
            let name = format!("{} #{number}", file.file_name().unwrap().to_string_lossy());
            converse(&name, part);
        }
    }
}

fn converse(name: &str, text: &str) {
    let mut agent = Some(Agent::start(|_| {}));
    for line in text
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
    {
        let (mark, rest) = line.split_at(2);
        let running = agent.as_mut().unwrap_or_else(|| panic!("{name}: after the end"));
        match mark {
            "< " => {
                let version = concat!("2.0.0+zegel.", env!("CARGO_PKG_VERSION"));
                let expected: serde_json::Value =
                    serde_json::from_str(&rest.replace("VERSION", version)).unwrap();
                assert_eq!(running.hear(), Some(expected), "{name}: {line}");
            }
            "> " => running.send(rest),
            "= " => assert_eq!(
                agent.take().unwrap().end(),
                rest.parse::<i32>().unwrap(),
                "{name}"
            ),
            _ => panic!("{name}: {line}"),
        }
    }
    assert!(agent.is_none(), "{name}: no exit code");
}
