//! Sessions in plain files, as in `sessions/*.txt`: a command, what it prints, how it ends.
//!
//! ```text
//! # a remark
//! = FILE           a file to make, from the `| ` lines that follow
//! | its content
//! $ zegel …        a command; words in double quotes are one word; `X=Y $ zegel …` sets a variable; `< FILE` is stdin
//! > a line of stdout
//! ! a line of stderr
//! ? 0              the exit code
//! ```
//!
//! `[..]` in an expected line stands for anything. A session has a folder of its own. What a session does not say it
//! does not expect: a line too many fails. Each says last, by `% …`, which files are left in its folder.
//! `unsigned.pdf` is there for the sessions that name it.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Stdio;

use super::{Ran, is_blessing, pdf, run, zegel};
use crate::support::TestFolder;

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/promises/cli/sessions")
}

#[test]
fn the_sessions_go_as_they_are_written() {
    let mut codes = BTreeSet::new();
    let mut problems = Vec::new();
    let mut files: Vec<_> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(!files.is_empty());
    for file in files {
        let written = std::fs::read_to_string(&file).unwrap();
        let told = play(&written, &mut codes);
        if is_blessing() {
            std::fs::write(&file, &told).unwrap();
        } else if !same(&written, &told) {
            problems.push(format!("{}:\n{told}", file.display()));
        }
    }
    assert!(problems.is_empty(), "this came:\n{}", problems.join("\n"));
    // 5 without a reader daemon, 6 on a terminal, 4 and 3 with sealed files: see the other modules.
    assert!(
        codes.is_superset(&BTreeSet::from([0, 1, 2, 3, 4, 5, 7])),
        "{codes:?}"
    );
}

/// Plays a session and writes it down as it came; expected lines with `[..]` are kept where they fit.
fn play(session: &str, codes: &mut BTreeSet<i32>) -> String {
    let place = TestFolder::new("session");
    if session.contains("unsigned.pdf") {
        std::fs::write(place.path().join("unsigned.pdf"), pdf("TEST")).unwrap();
    }
    let mut told = String::new();
    let mut making: Option<String> = None;
    let mut ran: Option<(Ran, Vec<String>)> = None;
    for line in session.lines() {
        if !line.starts_with(['>', '!', '?'])
            && let Some((ran, expected)) = ran.take()
        {
            told += &shown(&ran, &expected);
            codes.extend(ran.code);
        }
        if let Some(name) = line.strip_prefix("= ") {
            std::fs::write(place.path().join(name), "").unwrap();
            making = Some(name.to_owned());
        } else if let Some(content) = line.strip_prefix("| ") {
            let file = place.path().join(making.as_ref().expect("a file to write to"));
            let before = std::fs::read_to_string(&file).unwrap();
            std::fs::write(&file, format!("{before}{content}\n")).unwrap();
        } else if line.contains("$ zegel") && !line.starts_with('#') {
            ran = Some((start(line, place.path()), Vec::new()));
        } else if line.starts_with(['>', '!', '?']) {
            ran.as_mut()
                .expect("a command before its output")
                .1
                .push(line.to_owned());
            continue;
        } else if line.starts_with('%') {
            told += &left(place.path());
            continue;
        }
        told += line;
        told.push('\n');
    }
    if let Some((ran, expected)) = ran.take() {
        told += &shown(&ran, &expected);
        codes.extend(ran.code);
    }
    told
}

fn start(line: &str, folder: &Path) -> Ran {
    let (before, after) = line.split_once("$ zegel").unwrap();
    let (after, stdin) = match after.split_once(" < ") {
        Some((after, file)) => (after, Some(folder.join(file.trim()))),
        None => (after, None),
    };
    let mut command = zegel(folder);
    // No session meets a reader daemon of this machine.
    command.env("PCSCLITE_CSOCK_NAME", folder.join("no-daemon"));
    for setting in before.split_whitespace() {
        let (name, value) = setting.split_once('=').expect("NAME=VALUE");
        command.env(name, value);
    }
    if let Some(file) = stdin {
        command.stdin(Stdio::from(std::fs::File::open(file).unwrap()));
    }
    for (number, part) in after.split('"').enumerate() {
        if number % 2 == 1 {
            command.arg(part);
        } else {
            command.args(part.split_whitespace());
        }
    }
    let ran = run(&mut command);
    let plain = |text: String| text.replace(&folder.display().to_string(), "{folder}");
    Ran {
        code: ran.code,
        out: plain(ran.out),
        messages: plain(ran.messages),
    }
}

fn shown(ran: &Ran, expected: &[String]) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mark = |mark: &str, line: &str| format!("{mark} {line}").trim_end().to_owned();
    lines.extend(ran.out.lines().map(|line| mark(">", line)));
    lines.extend(ran.messages.lines().map(|line| mark("!", line)));
    lines.push(mark(
        "?",
        &ran.code
            .map_or("ended by a signal".to_owned(), |code| code.to_string()),
    ));
    lines
        .into_iter()
        .enumerate()
        .map(|(number, line)| match expected.get(number) {
            Some(expected) if fits(expected, &line) => format!("{expected}\n"),
            _ => format!("{line}\n"),
        })
        .collect()
}

/// Whether `line` is `expected`, where `[..]` stands for anything.
fn fits(expected: &str, line: &str) -> bool {
    let mut rest = line;
    let parts: Vec<&str> = expected.split("[..]").collect();
    for (number, part) in parts.iter().enumerate() {
        let found = if number == 0 {
            rest.starts_with(part).then_some(0)
        } else {
            rest.find(part)
        };
        match found {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.is_empty() || (parts.len() > 1 && parts.last() == Some(&""))
}

fn left(folder: &Path) -> String {
    let names: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let names: Vec<String> = names.into_iter().collect();
    format!("% {}\n", names.join(" ")).replace("% \n", "%\n")
}

fn same(written: &str, told: &str) -> bool {
    written.trim_end() == told.trim_end()
}

#[test]
fn a_pattern_fits_what_it_should() {
    for (expected, line, fit) in [
        ("> abc", "> abc", true),
        ("> abc", "> abcd", false),
        ("> a[..]c", "> abbc", true),
        ("> a[..]", "> abbc", true),
        ("> a[..]d", "> abbc", false),
        ("> [..]b", "> abbc", false),
    ] {
        assert_eq!(fits(expected, line), fit, "{expected} {line}");
    }
}
