//! What a signature leaves of a PDF/A and of a PDF/UA, as veraPDF judges: no rule is broken that was not broken before.
//!
//! Tried with veraPDF 1.28.1.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;

use zegel::ades::level::Level;
use zegel::ades::validate::indication::Indication;
use zegel::base::clock::{Clock as _, SystemClock};
use zegel::lab::services::http::ServiceServer;
use zegel::pdf::append;
use zegel::pdf::compose::Composition;
use zegel::pdf::signature_field::Placement;
use zegel::pdf::update::Update;
use zegel::pdf::xref::XrefKind;

use super::eu_dss::{Case, refusals};
use super::judges::{pem, run, text};
use super::world::{P384, World};
use crate::pdf::make;
use crate::pdf::tagged::{Tagged, Top, Tree, USUAL};
use crate::support::{TestFolder, java_judge, judge};

/// The rules that each file breaks of the standard beside it.
fn broken(files: &[(String, PathBuf)]) -> Option<Vec<BTreeSet<String>>> {
    let mut child = java_judge("verapdf", "Judge")?
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines: String = files
        .iter()
        .map(|(standard, file)| format!("{}\t{}\n", standard.to_lowercase(), file.display()))
        .collect();
    let mut input = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    let answers: Vec<BTreeSet<String>> = told
        .lines()
        .map(|line| {
            let rules = line.strip_prefix("ok").unwrap_or_else(|| panic!("{line}"));
            rules.split_whitespace().map(str::to_owned).collect()
        })
        .collect();
    assert_eq!(answers.len(), files.len(), "veraPDF judged every file");
    Some(answers)
}

/// The documents that are signed: PDF/UA-1, and each a PDF/A of another part or built another way.
fn documents() -> Vec<(Tagged, Vec<u8>)> {
    let mut found = Vec::new();
    for archive in ["1A", "2B", "3B"] {
        found.push(Tagged { archive, ..USUAL });
    }
    for tree in [Tree::Flat, Tree::List, Tree::Kids, Tree::Deep, Tree::Direct] {
        let next_key = tree != Tree::Kids;
        found.push(Tagged {
            tree,
            next_key,
            ..USUAL
        });
    }
    let kind = XrefKind::Stream;
    let tabs = true;
    found.push(Tagged {
        top: Top::Mapped,
        kind,
        ..USUAL
    });
    found.push(Tagged {
        top: Top::Loose,
        tabs,
        ..USUAL
    });
    found.push(Tagged {
        top: Top::Nothing,
        ..USUAL
    });
    let media_box = [-100.0, -200.0, 495.0, 642.0];
    found.push(Tagged { media_box, ..USUAL });
    let mut all: Vec<(Tagged, Vec<u8>)> = found.iter().map(|one| (*one, one.write())).collect();
    let packed = make::convert(
        &USUAL.write(),
        &["--object-streams=generate", "--newline-before-endstream"],
    );
    all.extend(packed.map(|bytes| (USUAL, bytes)));
    all
}

/// With a page behind the last one.
fn longer(plain: &[u8]) -> Vec<u8> {
    let mut update = Update::new(&make::open(plain).unwrap());
    let sheet = Composition::new("Publicatieversie", "nl-BE", &["Wie tekende, TEST."]);
    append::pages(&mut update, &sheet).unwrap();
    [plain, &update.finish().unwrap().bytes].concat()
}

#[test]
fn a_signed_pdf_a_and_pdf_ua_stays_one() {
    let world = World::new();
    let (mayor, director) = (world.signer(P384), world.signer(P384));
    let folder = TestFolder::new("conforming");
    let mut files = Vec::new();
    for (index, (tagged, plain)) in documents().into_iter().enumerate() {
        let mut hidden = world.draft(&mayor, Level::Lta);
        hidden.placement = Placement::Invisible;
        let once = world.sealed(&plain, &mayor, Level::Lta);
        let twice = world.sealed(&once, &director, Level::Lta);
        let unseen = world.sealed_with(&plain, &mayor, &hidden);
        let unseen_later = world.sealed_with(&once, &mayor, &hidden);
        assert_eq!(
            world.validate(&twice).indication,
            Indication::TotalPassed,
            "{tagged:?}"
        );
        assert_eq!(world.validate(&unseen_later).indication, Indication::TotalPassed);
        let states = [
            ("with a page more", longer(&plain)),
            ("plain", plain),
            ("once", once),
            ("twice", twice),
            ("unseen", unseen),
            ("unseen later", unseen_later),
        ];
        for (state, bytes) in states {
            for standard in [tagged.archive, "UA1"] {
                let path = folder.path().join(format!("{index}-{state}.pdf"));
                std::fs::write(&path, &bytes).unwrap();
                files.push((
                    standard.to_owned(),
                    path,
                    format!("{tagged:?}, {state}, {standard}"),
                ));
            }
        }
    }
    let asked: Vec<(String, PathBuf)> = files
        .iter()
        .map(|(standard, path, _)| (standard.clone(), path.clone()))
        .collect();
    let Some(answers) = broken(&asked) else { return };
    let failed: Vec<String> = files
        .iter()
        .zip(answers)
        .filter(|(_, rules)| !rules.is_empty())
        .map(|((_, _, name), rules)| format!("{name}: {rules:?}"))
        .collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn other_validators_accept_signatures_in_a_structure() {
    let listener = ServiceServer::reserve(0).unwrap();
    let base = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
    let clock = Arc::new(SystemClock::new());
    let world = World::at(clock.now(), &base);
    let services = ServiceServer::start(world.services.clone(), clock, listener).unwrap();
    let (mayor, director) = (world.signer(P384), world.signer(P384));
    let folder = TestFolder::new("tagged-judges");
    let root = folder.path().join("root.pem");
    std::fs::write(&root, pem(world.pki().root_der())).unwrap();
    let mut cases = Vec::new();
    for (index, tree) in [Tree::Flat, Tree::Kids].into_iter().enumerate() {
        let once = world.sealed(&Tagged { tree, ..USUAL }.write(), &mayor, Level::Lta);
        let twice = world.sealed(&once, &director, Level::Lta);
        for (others, bytes) in [(Vec::new(), once), (vec![Level::Lta], twice)] {
            let file = folder.path().join(format!("{index}-{}.pdf", others.len()));
            std::fs::write(&file, bytes).unwrap();
            let (beside, level) = (Vec::new(), Level::Lta);
            cases.push(Case {
                file,
                beside,
                level,
                others,
            });
        }
    }
    if let Some(pdfsig) = judge("pdfsig") {
        for case in &cases {
            let output = text(&run(&pdfsig, &["-nocert", case.file.to_str().unwrap()]));
            assert!(
                output.contains("Signature is Valid") && !output.contains("Invalid"),
                "{output}"
            );
        }
    }
    // WHY once: pyHanko knows no addition to the structure, so it takes the second signer's element for a forgery.
    if let Some(pyhanko) = judge("pyhanko") {
        let (root, file) = (root.to_str().unwrap(), cases[0].file.to_str().unwrap());
        let arguments = [
            "sign",
            "adesverify",
            "--trust",
            root,
            "--trust-replace",
            "--pretty-print",
            file,
        ];
        let output = run(&pyhanko, &arguments);
        assert!(output.status.success(), "{}", text(&output));
    }
    let Some(refused) = refusals(&root, world.now, &cases) else {
        return;
    };
    let refused: Vec<_> = refused.into_iter().flatten().collect();
    assert!(refused.is_empty(), "{refused:#?}");
    drop(services);
}
