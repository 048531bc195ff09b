//! The help is the manual: what each command does, an example, and every page as it stands in `help/`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::CommandFactory as _;

use super::{is_blessing, run, zegel};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/promises/cli/help")
}

/// Every command a person sees, as the words after `zegel`.
fn commands() -> Vec<Vec<String>> {
    fn walk(command: &clap::Command, words: &[String], found: &mut Vec<Vec<String>>) {
        found.push(words.to_vec());
        for inner in command.get_subcommands().filter(|inner| !inner.is_hide_set()) {
            let words: Vec<String> = words
                .iter()
                .cloned()
                .chain([inner.get_name().to_owned()])
                .collect();
            walk(inner, &words, found);
        }
    }
    let mut found = Vec::new();
    walk(&zegel::cli::Arguments::command(), &[], &mut found);
    found
}

#[test]
fn every_page_of_the_help_is_the_one_that_was_read() {
    let mut known = BTreeSet::new();
    for words in commands() {
        let ran = run(zegel(Path::new("/")).args(&words).arg("--help"));
        assert_eq!((ran.code, ran.messages.as_str()), (Some(0), ""), "{words:?}");
        let name = format!(
            "{}.txt",
            ["zegel".to_owned()]
                .iter()
                .chain(&words)
                .cloned()
                .collect::<Vec<_>>()
                .join("-")
        );
        let file = folder().join(&name);
        if is_blessing() {
            std::fs::write(&file, &ran.out).unwrap();
        }
        let kept = std::fs::read_to_string(&file).unwrap_or_default();
        assert_eq!(ran.out, kept, "{name}; ZEGEL_BLESS=1 rewrites it");
        known.insert(name);
    }
    let there: BTreeSet<String> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(there, known, "a page for each command and no other");
}

#[test]
fn each_command_says_what_it_does_and_shows_an_example() {
    for words in commands() {
        let path = words.join(" ");
        let ran = run(zegel(Path::new("/")).args(&words).arg("--help"));
        let first = ran.out.lines().next().unwrap_or_default();
        assert!(first.len() > 15 && !first.starts_with("Usage"), "{path}: {first}");
        // A command that only holds others may show one of theirs.
        let example = format!("Example: zegel {path}");
        assert!(ran.out.contains(&example), "{path}: `{example}` in\n{}", ran.out);
        assert!(
            ran.out
                .lines()
                .all(|line| line.starts_with("Usage: ") || line.chars().count() <= 100),
            "{path}: lines of 100 at most"
        );
        assert!(!ran.out.contains('\u{1b}'), "{path}: no colour but on a terminal");
    }
}

#[test]
fn the_examples_are_command_lines_that_parse() {
    let mut tried = 0;
    for words in commands() {
        let out = run(zegel(Path::new("/")).args(&words).arg("--help")).out;
        let Some((_, rest)) = out.split_once("Example: zegel") else {
            continue;
        };
        let line = rest
            .split("\n\n")
            .next()
            .unwrap()
            .replace('\n', " ")
            .replace('`', "");
        let line = line.split('>').next().unwrap();
        let mut arguments = vec!["zegel".to_owned()];
        let mut quoted = false;
        for part in line.split('"') {
            if quoted {
                arguments.push(part.to_owned());
            } else {
                arguments.extend(part.split_whitespace().map(str::to_owned));
            }
            quoted = !quoted;
        }
        // Words in capitals stand for something of the reader's own.
        let arguments: Vec<String> = arguments
            .into_iter()
            .map(|word| match word.as_str() {
                "KEY" | "PERSON" | "URI" => "urn:zegel:example:1".to_owned(),
                "per_…" => "per_01m89pyn35rd9xd8mw0ftm3y41".to_owned(),
                _ => word,
            })
            .collect();
        let parsed = zegel::cli::Arguments::command().try_get_matches_from(&arguments);
        assert!(
            parsed.is_ok(),
            "{words:?}: {arguments:?}: {}",
            parsed.unwrap_err()
        );
        tried += 1;
    }
    assert!(tried > 40, "{tried}");
}
