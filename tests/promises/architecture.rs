//! The arrows between the rooms point down. Every path that begins `crate::` or `zegel::` is read.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Floors from the ground up. On the ground floor the order counts too.
const FLOORS: &[&[&str]] = &[
    &["base"],
    &["asn1"],
    &["crypto"],
    &["xml", "pdf"],
    &["webeid", "card", "pki"],
    &["identity", "ades"],
    &["mandates"],
    &["sources", "login", "oidc", "signing", "audit"],
    &["store", "fetch"],
    &["config"],
    &["journeys"],
    &["http", "jobs", "agent"],
    &["lab"],
    &["telemetry"],
    &["cli"],
];

/// Rooms that see less than their floor allows: the program beside the reader stays small.
const ONLY: &[(&str, &[&str])] = &[
    ("card", &["base", "asn1"]),
    ("webeid", &["base"]),
    ("agent", &["base", "asn1", "webeid", "card"]),
];

/// Rooms whose code may only run without waiting: nothing asynchronous below floor 5.
const NEVER_WAIT: &[&str] = &[
    "base", "asn1", "crypto", "xml", "pdf", "webeid", "card", "pki", "identity", "ades", "mandates",
    "sources", "login", "oidc", "signing", "audit",
];

fn source_files() -> Vec<PathBuf> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    found.sort();
    found
}

fn room_of(file: &Path) -> Option<String> {
    let inside = file
        .strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src"))
        .unwrap();
    let first = inside
        .components()
        .next()
        .unwrap()
        .as_os_str()
        .to_string_lossy()
        .into_owned();
    let room = first.strip_suffix(".rs").unwrap_or(&first).to_owned();
    (room != "lib" && room != "bin").then_some(room)
}

fn without_comments(text: &str) -> String {
    text.lines()
        .map(|line| line.split("//").next().unwrap_or_default())
        .collect::<Vec<_>>()
        .join("\n")
}

/// The first path segments after each `crate::` and `zegel::`, groups in braces taken apart.
fn rooms_used(text: &str) -> Vec<String> {
    let mut used = Vec::new();
    for prefix in ["crate::", "zegel::"] {
        for (at, _) in text.match_indices(prefix) {
            let before = text[..at].chars().next_back();
            if before.is_some_and(|before| before.is_alphanumeric() || before == '_') {
                continue;
            }
            let rest = &text[at + prefix.len()..];
            if let Some(group) = rest.strip_prefix('{') {
                let mut depth = 0;
                let mut segment = String::new();
                let mut at_start = true;
                for character in group.chars() {
                    match character {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        ',' if depth == 0 => at_start = true,
                        ':' => at_start = false,
                        other if at_start && depth == 0 && (other.is_alphanumeric() || other == '_') => {
                            segment.push(other);
                            continue;
                        }
                        _ => {}
                    }
                    if !segment.is_empty() {
                        used.push(std::mem::take(&mut segment));
                        at_start = character == ',';
                    }
                }
                if !segment.is_empty() {
                    used.push(segment);
                }
            } else {
                used.push(
                    rest.chars()
                        .take_while(|next| next.is_alphanumeric() || *next == '_')
                        .collect(),
                );
            }
        }
    }
    used
}

fn floor_of(room: &str) -> Option<usize> {
    FLOORS.iter().position(|rooms| rooms.contains(&room))
}

/// Why `from` may not use `to`, if it may not. Macros and names at the crate's root are no rooms.
fn violation(from: &str, to: &str) -> Option<String> {
    if from == to {
        return None;
    }
    let target = floor_of(to)?;
    let own = floor_of(from)?;
    if let Some((_, allowed)) = ONLY.iter().find(|(room, _)| *room == from)
        && !allowed.contains(&to)
    {
        return Some(format!("`{from}` sees only {allowed:?}, not `{to}`"));
    }
    (target >= own).then(|| format!("`{from}` (floor {own}) uses `{to}` (floor {target})"))
}

#[test]
fn every_arrow_points_down() {
    let mut wrong = Vec::new();
    for file in source_files() {
        let Some(room) = room_of(&file) else { continue };
        let text = without_comments(&std::fs::read_to_string(&file).unwrap());
        for to in rooms_used(&text) {
            if let Some(why) = violation(&room, &to) {
                wrong.push(format!("{}: {why}", file.display()));
            }
        }
    }
    wrong.sort();
    wrong.dedup();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_reader_of_arrows_sees_groups_and_tells_a_wrong_arrow() {
    let used =
        rooms_used("use crate::{pki::path, store::{db, row}}; let x = zegel::oidc::y; mycrate::store::z();");
    assert_eq!(used, ["pki", "store", "oidc"]);
    assert!(violation("pki", "store").is_some());
    assert!(violation("card", "pki").is_some());
    assert!(violation("base", "asn1").is_some());
    assert!(violation("store", "pki").is_none());
    assert!(violation("card", "base").is_none());
}

#[test]
fn every_room_has_a_floor() {
    for file in source_files() {
        if let Some(room) = room_of(&file) {
            assert!(
                floor_of(&room).is_some(),
                "`{room}` stands on no floor: {}",
                file.display()
            );
        }
    }
}

#[test]
fn the_lower_floors_never_wait() {
    for file in source_files() {
        let Some(room) = room_of(&file) else { continue };
        if NEVER_WAIT.contains(&room.as_str()) {
            let text = without_comments(&std::fs::read_to_string(&file).unwrap());
            for word in ["async fn", "async move", ".await", "tokio::"] {
                assert!(
                    !text.contains(word),
                    "{}: `{word}` on a floor that never waits",
                    file.display()
                );
            }
        }
    }
}

#[test]
fn files_stay_short_enough_to_read_in_one_sitting() {
    let mut long: BTreeMap<String, usize> = BTreeMap::new();
    for file in source_files() {
        let lines = std::fs::read_to_string(&file).unwrap().lines().count();
        if lines > 800 {
            long.insert(file.display().to_string(), lines);
        }
    }
    assert!(long.is_empty(), "split these: {long:#?}");
}
