#![cfg(feature = "lab")]

use std::sync::{Arc, Mutex};

use clap::Parser;

use super::*;
use crate::base::digest::Sha256Digest;
use crate::base::national::NationalNumber;
use crate::base::random::SeededRandom;
use crate::card::readers::MemoryReaders;
use crate::cli::Format;
use crate::lab::card::{Applet, CardSpec, VirtualCard, personal::personalise};
use crate::lab::pki::{Holder, LabPki};

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    arguments: Arguments,
}

#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Sink {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

fn moment() -> Timestamp {
    "2026-03-03T09:00:00Z".parse().unwrap()
}

fn card() -> (VirtualCard, String) {
    let random = SeededRandom::new(3);
    let pki = LabPki::generate("http://127.0.0.1:9", &random, moment()).unwrap();
    let holder = Holder {
        surname: "Specimen".to_owned(),
        given_names: "An".to_owned(),
        national_number: NationalNumber::parse("70611500188").unwrap(),
    };
    let spec = CardSpec {
        structure_version: true,
        ..CardSpec::new(Applet::V18, holder, LabPki::usual_validity(moment()))
    };
    let trust = format!(
        "environment = \"test\"\nsource = \"laboratory\"\nhosts = []\nauthority = []\n[[root]]\nname = \"TEST root\"\n\
         sha256 = \"{}\"\ngeneration = \"lab\"\npurposes = [\"register\"]\n[[generation]]\nname = \"lab\"\n\
         source = \"lab\"\npersonal_issuers = []\nregister_name = \"TEST RRN\"\nauthentication = []\n\
         signature = []\nregister = [\"2.16.56.13.6.0.1\"]\n",
        Sha256Digest::of(pki.root_der())
    );
    (personalise(&pki, &spec, &random).unwrap().card, trust)
}

fn session(world: &MemoryReaders, format: Format, words: &[&str]) -> (Exit, String, String) {
    let readers = Readers::start(
        Arc::new(world.clone()),
        Options::default(),
        Arc::new(SystemClock::new()),
    )
    .unwrap();
    let line = Line::try_parse_from(std::iter::once("card").chain(words.iter().copied())).unwrap();
    let (results, messages) = (Sink::default(), Sink::default());
    let mut console = Console::new(format, Box::new(results.clone()), Box::new(messages.clone()));
    let exit = run_on(&readers, line.arguments, moment(), &mut console);
    (exit, results.text(), messages.text())
}

#[test]
fn a_card_is_read_with_its_verdicts_and_without_its_number() {
    let (card, trust) = card();
    let folder = tempfile::tempdir().unwrap();
    let trust_file = folder.path().join("trust.toml");
    std::fs::write(&trust_file, trust).unwrap();
    let trust_file = trust_file.to_str().unwrap();
    let world = MemoryReaders::new();
    world.insert("Zegel 0", card);

    let (exit, text, messages) = session(&world, Format::Text, &["read", "--trust", trust_file]);
    assert_eq!((exit, messages.as_str()), (Exit::Good, ""), "{text}");
    assert!(text.contains("surname           Specimen\n"), "{text}");
    assert!(
        text.contains("identity          valid\n") && text.contains("signer            valid"),
        "{text}"
    );
    assert!(
        !text.contains("70611500188"),
        "the number is printed only when it is asked for"
    );

    let asked = ["read", "--national-number", "--trust", trust_file];
    let (exit, json, _) = session(&world, Format::Json, &asked);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(exit, Exit::Good);
    assert_eq!(json["person"]["national_number"], "70611500188");
    assert_eq!(
        (&json["verdicts"]["photo"], &json["proved"]),
        (&"valid".into(), &true.into())
    );

    let (exit, _, messages) = session(&world, Format::Text, &["read"]);
    assert_eq!(exit, Exit::Indeterminate);
    assert!(messages.contains("PATH_NO_ANCHOR"), "{messages}");
}

#[test]
fn a_forged_element_is_told_by_the_exit_code() {
    let (mut card, _) = card();
    let path = "3F00DF014035";
    let mut photo = card.image().file(path).unwrap().to_vec();
    photo[50] ^= 1;
    card.image_mut().set_file(path, photo);
    let world = MemoryReaders::new();
    world.insert("Zegel 0", card);
    let (exit, text, _) = session(&world, Format::Text, &["read"]);
    assert_eq!(exit, Exit::NotValid);
    assert!(text.contains("photo             invalid\n"), "{text}");
}

#[test]
fn certificates_are_listed_without_the_holder_and_written_out() {
    let (card, _) = card();
    let world = MemoryReaders::new();
    world.insert("Zegel 0", card);
    let (exit, text, _) = session(&world, Format::Text, &["certificates"]);
    assert_eq!(exit, Exit::Good);
    assert!(
        text.starts_with("authentication\n  issuer       TEST Citizen CA\n"),
        "{text}"
    );
    assert!(
        text.contains("EC P384") && !text.contains("Specimen") && !text.contains("70611500188"),
        "{text}"
    );

    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    assert_eq!(
        session(&world, Format::Text, &["certificates", "--out", out]).0,
        Exit::Good
    );
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 5);
    let (exit, _, messages) = session(&world, Format::Text, &["certificates", "--out", out]);
    assert_eq!(exit, Exit::Usage);
    assert!(messages.contains("--force"), "existing files stay: {messages}");
    let (_, pem, _) = session(&world, Format::Text, &["certificates", "--pem"]);
    assert_eq!(pem.matches("BEGIN CERTIFICATE").count(), 5);
}

#[test]
fn each_state_of_readers_and_cards_has_exit_5_and_its_code() {
    let world = MemoryReaders::new();
    let told = |words: &[&str]| {
        let (exit, _, messages) = session(&world, Format::Text, words);
        (exit, messages)
    };
    let (exit, messages) = told(&["read"]);
    assert!(
        exit == Exit::Card && messages.contains("(CARD_NO_READER)") && messages.contains("hint: "),
        "{messages}"
    );
    world.add("Zegel 0");
    assert!(told(&["read"]).1.contains("(CARD_MISSING)"));
    assert!(
        told(&["read", "--reader", "other"])
            .1
            .contains("(CARD_READER_UNKNOWN)")
    );
    world.insert("Zegel 0", card().0);
    world.insert("Zegel 1", card().0);
    assert!(told(&["certificates"]).1.contains("(CARD_SEVERAL)"));
    let (exit, text, _) = session(&world, Format::Text, &["readers"]);
    assert_eq!(
        (exit, text.as_str()),
        (Exit::Good, "Zegel 0: eID card\nZegel 1: eID card\n")
    );
    let (_, text, _) = session(&world, Format::Json, &["watch", "--events", "0"]);
    assert_eq!(
        text.lines()
            .filter(|line| line.contains("\"card_inserted\""))
            .count(),
        2,
        "{text}"
    );
}
