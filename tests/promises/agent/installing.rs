//! The command line: manifests for browsers, help and exit codes.

use std::path::Path;
use std::process::{Command, Output};

use super::process::AGENT;

fn run(words: &[&str]) -> (Option<i32>, String, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = Command::new(AGENT).args(words).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code(), text(stdout), text(stderr))
}

#[test]
fn browsers_are_told_and_untold_and_twice_is_the_same_as_once() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().to_str().unwrap();
    let (code, first, errors) = run(&["install", "--dir", dir]);
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    assert_eq!(first.matches(": written: ").count(), 4, "{first}");
    let (_, second, _) = run(&["install", "--dir", dir]);
    assert_eq!(second.matches(": in place: ").count(), 4, "{second}");
    let manifest = home
        .path()
        .join(".config/chromium/NativeMessagingHosts/be.zegel.agent.json");
    let manifest: serde_json::Value = serde_json::from_slice(&std::fs::read(manifest).unwrap()).unwrap();
    assert_eq!(manifest["path"], AGENT);
    let (code, status, _) = run(&["status", "--dir", dir, "--browser", "firefox"]);
    assert_eq!((code, status.lines().count()), (Some(0), 1), "{status}");
    let (code, gone, _) = run(&["uninstall", "--dir", dir]);
    assert_eq!(
        (code, gone.matches(": removed: ").count()),
        (Some(0), 4),
        "{gone}"
    );
    assert_eq!(
        run(&["uninstall", "--dir", dir]).1,
        "no browser knows this program\n"
    );
    assert!(!has_files(home.path()), "nothing is left behind");
}

#[test]
fn the_stock_applications_name_is_taken_only_when_asked_and_never_from_a_file_that_is_there() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().to_str().unwrap();
    let stock = home
        .path()
        .join(".config/google-chrome/NativeMessagingHosts/eu.webeid.json");
    run(&["install", "--dir", dir, "--silent"]);
    assert!(!stock.exists());
    let (code, said, _) = run(&[
        "install",
        "--dir",
        dir,
        "--take-over-web-eid",
        "--browser",
        "chrome",
    ]);
    assert_eq!(
        (code, said.matches("eu.webeid.json").count()),
        (Some(0), 1),
        "{said}"
    );
    run(&["uninstall", "--dir", dir]);
    assert!(!stock.exists());
    std::fs::write(&stock, "{}").unwrap();
    let (code, said, errors) = run(&[
        "install",
        "--dir",
        dir,
        "--take-over-web-eid",
        "--browser",
        "chrome",
    ]);
    assert_eq!((code, said.as_str()), (Some(1), ""));
    assert!(errors.contains("was left alone"), "{errors}");
    assert_eq!(std::fs::read_to_string(&stock).unwrap(), "{}");
}

#[test]
fn a_copy_stands_where_a_persons_programs_do() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().to_str().unwrap();
    let (code, said, errors) = run(&["install", "--dir", dir, "--copy", "--silent", "--browser", "edge"]);
    assert_eq!((code, said.as_str(), errors.as_str()), (Some(0), "", ""));
    let copy = home.path().join(".local/bin/zegel-agent");
    let manifest = home
        .path()
        .join(".config/microsoft-edge/NativeMessagingHosts/be.zegel.agent.json");
    let manifest: serde_json::Value = serde_json::from_slice(&std::fs::read(manifest).unwrap()).unwrap();
    assert_eq!(manifest["path"], copy.to_str().unwrap());
    let version = Command::new(&copy).arg("--version").output().unwrap();
    assert!(version.status.success());
    run(&["uninstall", "--dir", dir, "--silent"]);
    assert!(copy.exists(), "it goes when that is asked for");
    for _ in 0..2 {
        let (code, _, errors) = run(&["uninstall", "--dir", dir, "--copy", "--silent"]);
        assert_eq!((code, errors.as_str()), (Some(0), ""));
        assert!(!has_files(home.path()), "nothing is left behind");
    }
}

#[test]
fn help_is_the_manual_and_wrong_usage_is_two() {
    let (code, help, errors) = run(&["--help"]);
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    for word in [
        "install",
        "--take-over-web-eid",
        "--silent",
        "docs/agent.md",
        "Example: ",
    ] {
        assert!(help.contains(word), "{word}");
    }
    assert_eq!(
        run(&["--version"]).1,
        concat!("zegel-agent ", env!("CARGO_PKG_VERSION"), "\n")
    );
    for words in [
        &[][..],
        &["fly"],
        &["install", "--browser", "opera"],
        &["install", "--dir"],
        &["run", "now"],
        &["manifest.json"],
        &["pinentry"],
    ] {
        let (code, said, errors) = run(words);
        assert_eq!((code, said.as_str()), (Some(2), ""), "{words:?}");
        assert!(errors.starts_with("zegel-agent: error: "), "{errors}");
    }
}

fn has_files(folder: &Path) -> bool {
    std::fs::read_dir(folder).unwrap().flatten().any(|entry| {
        let path = entry.path();
        !path.is_dir() || has_files(&path)
    })
}
