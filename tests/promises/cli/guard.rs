//! What the system keeps of a run: no dumps of a process that meets secrets, no file of an installation for others.

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::database::{installation, zegel_with};
use super::zegel;
use crate::support::TestFolder;

const BOARD: [&str; 7] = [
    "board",
    "add",
    "zegelgem",
    "--name",
    "Gemeente Zegelgem",
    "--kbo",
    "0999900150",
];

#[test]
fn a_process_that_meets_secrets_may_leave_no_core_file() {
    let folder = TestFolder::new("cli-core");
    let folder = folder.path();
    installation(folder, "sqlite:zegel.db");
    assert_eq!(zegel_with(folder, &["migrate"]).code, Some(0));
    assert_eq!(zegel_with(folder, &BOARD).code, Some(0));
    // It waits for its input, and is looked at meanwhile.
    let mut running = zegel(folder)
        .args([
            "mandate", "import", "--board", "zegelgem", "--input", "turtle", "-",
        ])
        .args(["--config", "zegel.toml"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let core_limit = || {
        let limits = std::fs::read_to_string(format!("/proc/{}/limits", running.id())).unwrap();
        let line = limits.lines().find(|line| line.starts_with("Max core file size"));
        let words: Vec<String> = line.unwrap().split_whitespace().map(str::to_owned).collect();
        (words[4].clone(), words[5].clone())
    };
    let none = ("0".to_owned(), "0".to_owned());
    let until = Instant::now() + Duration::from_secs(20);
    while core_limit() != none && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(core_limit(), none);
    running.stdin.take().unwrap().write_all(b"").unwrap();
    assert_eq!(running.wait().unwrap().code(), Some(0));
}

#[test]
fn the_files_of_an_installation_are_its_users_alone() {
    let folder = TestFolder::new("cli-mode");
    let folder = folder.path();
    installation(folder, "sqlite:zegel.db");
    let mut command = std::process::Command::new("sh");
    command
        .current_dir(folder)
        // Whatever the caller allows others.
        .args(["-c", "umask 000; exec \"$0\" \"$@\"", super::ZEGEL])
        .args(["migrate", "--config", "zegel.toml"]);
    assert_eq!(super::run(&mut command).code, Some(0));
    let made = std::fs::metadata(folder.join("zegel.db")).unwrap();
    assert_eq!(made.permissions().mode() & 0o777, 0o600);
}
