//! The runs: every family, on arbitrary bytes and on changed specimens.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestRunner};

use super::families::{ALL, Family};
use super::mutate;

/// A runner that makes the same cases every time and leaves no files.
fn runner(cases: u32, seed: u64) -> TestRunner {
    TestRunner::new(ProptestConfig {
        cases,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(seed),
        max_shrink_iters: 400,
        ..ProptestConfig::default()
    })
}

/// Inputs that the fuzzer found to go where no other goes, smallest first: one in base64 on each line. They are made
/// from the laboratory's specimens alone.
fn kept(name: &str) -> Vec<Vec<u8>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fuzz/corpus/{name}.txt"));
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines().map(|line| STANDARD.decode(line).unwrap()).collect()
}

fn run(family: &Family) {
    let specimens = (family.specimens)();
    assert!(!specimens.is_empty(), "{} has specimens", family.name);
    for specimen in &specimens {
        (family.check)(specimen);
    }
    for input in kept(family.name) {
        (family.check)(&input);
    }
    let bytes = proptest::collection::vec(any::<u8>(), 0..400);
    runner(family.cases, 1)
        .run(&bytes, |bytes| {
            (family.check)(&bytes);
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{}: {error}", family.name));
    let script = (0..specimens.len(), proptest::collection::vec(any::<u8>(), 4..60));
    runner(family.cases, 2)
        .run(&script, |(which, script)| {
            (family.check)(&mutate::apply(&specimens[which], &script));
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{}: {error}", family.name));
}

fn of(names: &[&str]) {
    for name in names {
        run(super::families::find(name));
    }
}

#[test]
fn nothing_a_card_sends_breaks_a_reader() {
    of(&["card_files", "card_driver", "card_images", "der"]);
}

#[test]
fn nothing_a_token_sends_or_an_image_holds_breaks_a_reader() {
    of(&["piv_objects", "pkcs15_files", "token_driver", "token_images"]);
}

#[test]
fn no_certificate_list_or_answer_breaks_a_reader_or_is_believed() {
    of(&["certificate", "paths", "crl", "ocsp", "time_stamp", "cms"]);
}

#[test]
fn no_document_or_trusted_list_breaks_a_reader_or_is_believed() {
    of(&["xml", "trusted_list"]);
}

#[test]
fn no_message_breaks_the_program_beside_the_reader() {
    of(&["native_messages"]);
}

#[test]
fn no_token_or_proof_breaks_a_reader_or_is_believed() {
    of(&["web_eid", "jws", "proof_file"]);
}

#[test]
fn no_file_breaks_the_reader_of_files() {
    of(&["pdf", "pdf_small", "pdf_shown"]);
}

#[test]
fn no_changed_file_passes_over_bytes_that_nobody_signed() {
    of(&["pdf_judged", "pdf_any", "pdf_replaced"]);
}

#[test]
fn no_changed_signature_passes_over_content_that_nobody_signed() {
    of(&["signed_message", "signed_json"]);
}

#[test]
fn no_import_or_setting_breaks_a_reader() {
    of(&["turtle", "tables", "settings"]);
}

#[test]
fn no_request_or_header_breaks_a_reader() {
    of(&["oidc", "headers"]);
}

#[test]
fn no_archive_breaks_the_reader_of_archives_or_reads_two_ways() {
    of(&["zip"]);
}

#[test]
fn no_changed_signature_or_container_passes_over_what_nobody_signed() {
    of(&["xml_signature", "asic"]);
}

#[test]
fn every_family_is_run_here_and_has_its_fuzz_target() {
    let text = include_str!("runs.rs");
    let manifest = include_str!("../../fuzz/Cargo.toml");
    for family in ALL {
        assert!(
            text.contains(&format!("\"{}\"", family.name)),
            "{} is run",
            family.name
        );
        assert!(
            manifest.contains(&format!("name = \"{}\"", family.name)),
            "{} has a target",
            family.name
        );
    }
}
